"""Whether a short text is English, as far as its letters and small words tell."""

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ENGLISH = _set(
    "a an the of on in at by to with and or is are its it for from under over near beside behind into "
    "out as while this "
    "that these those two three one some many next between up down no all their there which who against through"
)
_OTHERS = {
    "German": _set(
        "der die das ein eine einer einem einen eines und oder mit auf im am beim vom zum zur von vor hinter "
        "unter über "
        "neben zwischen ist sind den dem des aus bei nach durch für nicht auch an wird steht liegt sitzt"
    ),
    "French": _set(
        "le la les un une des du de et ou avec sur dans sous au aux devant derrière près est sont en par pour sans qui "
        "que son sa ses deux à il elle d l"
    ),
    "Spanish": _set(
        "el la los las un una unos unas de del y o con en sobre bajo junto al por para sin es son está están "
        "que su sus "
        "dos a entre cerca detrás frente"
    ),
    "Italian": _set(
        "il lo la i gli le un uno una di del della dei delle e o con su sul sulla sullo in nel nella sotto vicino al "
        "alla per senza è sono che due tra davanti dietro da"
    ),
    "Portuguese": _set(
        "o a os as um uma uns umas de do da dos das e ou com em no na nos nas sobre sob ao à por para sem é "
        "são está que "
        "seu sua dois entre perto atrás frente"
    ),
    "Dutch": _set(
        "de het een en of met op in onder boven naast achter voor bij van is zijn aan uit naar door zonder "
        "die dat twee "
        "tussen tegen"
    ),
}
_LEAST = 3
"""So many small words that English has not, and more than it has of its own, say that it is another language; fewer do
where they are most of the text ("con prosciutto e funghi" is a dish)."""


def foreign(text: str, said: str) -> str:
    """The language that a text is in if it is clearly not English, else "". Both texts in lower case.

    Words of `said` (names, attributes: in whatever language they are) do not count. A text without small words of any
    language ("dalmatian, beach, photo") passes: prompts are often no sentences.
    """
    known = set(_WORD.findall(said))
    words = [word for word in _WORD.findall(text) if word not in known]
    script = _script(words, set(said))
    if script:
        return script
    english = sum(word in ENGLISH for word in words)
    counts = {name: sum(word in small and word not in ENGLISH for word in words) for name, small in _OTHERS.items()}
    name = max(counts, key=lambda n: counts[n])
    clear = counts[name] >= _LEAST or 2 * counts[name] > len(words) > 1
    return name if clear and counts[name] > english else ""


def _script(words: list[str], said: set[str]) -> str:
    """The script of most words, where it is not the Latin one; scripts without spaces make a word of what was said and
    what was not."""
    new = [word for word in words if not word.isascii() and not said.issuperset(word)]
    others = [word for word in new if not unicodedata.name(word[0], "").startswith("LATIN")]
    if not others or 2 * len(others) < len(words):
        return ""
    return f"{unicodedata.name(others[0][0], 'unknown').split(' ')[0].capitalize()} letters"
