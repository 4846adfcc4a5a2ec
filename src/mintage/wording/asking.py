"""What can be checked in a picture, from what a prompt says: questions that yes answers."""

from collections import Counter

from mintage.core.nouns import PREPOSITIONS, plural, with_article
from mintage.core.passing import Atom
from mintage.wording import lexicon as lx
from mintage.wording.pictured import Picture, Thing

_WORDS = tuple(lx.NUMBERS)[:13]
_NO_PREDICATE = frozenset(
    [
        "main",
        "own",
        "other",
        "next",
        "last",
        "first",
        "second",
        "third",
        "front",
        "rear",
        "upper",
        "lower",
        "middle",
        "top",
        "bottom",
        "back",
    ]
)


def atoms(picture: Picture) -> tuple[Atom, ...]:
    """Objects first, then how each looks and how many there are, then relations and text. Nothing is asked twice."""
    names = Counter(thing.name for thing in picture.things if thing.count != 0)
    asked: list[Atom] = []
    for thing in picture.things:
        if thing.count != 0:
            asked.append(Atom("object", thing.name, f"Does the picture show {_shown(thing)}?"))
    for thing in picture.things:
        asked += _of(thing, names[thing.name] > 1)
    for one, text, other in picture.relations:
        asked.append(_relation(_Pair(picture.things[one], picture.things[other], names), text))
    asked += [Atom("attribute", style, _style(style)) for style in picture.style]
    asked += [Atom("attribute", when, f"Is the scene {when}?") for when in picture.setting]
    asked += [Atom("text", said, f'Can "{said}" be read in the picture?') for said in picture.text]
    return tuple({atom.question: atom for atom in reversed(asked)}.values())[::-1]


def _several(thing: Thing) -> str:
    return thing.name if thing.proper else plural(thing.name)


def _noun(thing: Thing) -> str:
    return _several(thing) if thing.many else thing.name


def _shown(thing: Thing, looks: str = "") -> str:
    """A dog, dogs, the Great Wall; with what it looks like: a red box."""
    noun = f"{looks} {_noun(thing)}".strip()
    if thing.proper:
        article = thing.determiner if thing.determiner in ("a", "an", "the") else ""
        return with_article(noun) if article in ("a", "an") else f"{article} {noun}".strip()
    return noun if thing.many else with_article(noun)


def _the(thing: Thing, twin: bool) -> str:
    """How a thing is spoken of once it is known: the box; the red box where there are two."""
    looks = " ".join(thing.colours or tuple(a for a in thing.attributes if " " not in a)[:1]) if twin else ""
    if thing.proper and thing.determiner not in ("a", "an"):
        return _shown(thing, looks)
    return f"the {looks} {_noun(thing)}".replace("  ", " ")


def _is(thing: Thing) -> str:
    return "Are" if thing.many else "Is"


def _of(thing: Thing, twin: bool) -> list[Atom]:
    """Colours and other looks of a thing, and how many there are of it."""
    if thing.count == 0:
        return [Atom("count", f"no {_several(thing)}", f"Is the picture free of {_several(thing)}?")]
    found = []
    for look in (*thing.colours, *thing.attributes):
        after = " " in look or look.endswith("ing")
        if not after and (twin or look in _NO_PREDICATE or look[:1].isdigit()):
            question = f"Does the picture show {_shown(thing, look)}?"
        else:
            question = f"{_is(thing)} {_the(thing, twin and after)} {look}?"
        found.append(Atom("attribute", look, question))
    if thing.count and (thing.count > 1 or thing.determiner == "one"):
        number = _WORDS[thing.count] if thing.count < len(_WORDS) else str(thing.count)
        looks = " ".join(thing.colours) if twin else ""
        what = " ".join(filter(None, (number, looks, _several(thing) if thing.count > 1 else thing.name)))
        found.append(Atom("count", what, f"{'Are' if thing.count > 1 else 'Is'} there exactly {what} in the picture?"))
    return found


class _Pair:
    """Two things as a question names them."""

    def __init__(self, one: Thing, other: Thing, names: Counter[str]) -> None:
        self.one, self.other = one, other
        self.first, self.second = _the(one, names[one.name] > 1), _the(other, names[other.name] > 1)
        self.shown = _shown(other, " ".join(other.colours) if names[other.name] > 1 else "")


def _relation(pair: _Pair, text: str) -> Atom:
    one, other = pair.one, pair.other
    said = f"{one.name} {text} {other.name}"
    if text == "of":
        return Atom("relation", said, f"Does the picture show {_shown(one)} of {_shown(other)}?")
    if text == "with":
        return Atom("relation", said, f"{'Do' if one.many else 'Does'} {pair.first} have {pair.shown}?")
    known = text.split(" ")[-1] in (PREPOSITIONS | {"to"})
    if text in ("left of", "right of"):
        text = f"to the {text}"
    return Atom("relation", said, f"{_is(one)} {pair.first} {text} {pair.second if known else pair.shown}?")


def _style(style: str) -> str:
    last = style.removesuffix(" of field").split(" ")[-1].casefold()
    if last in lx.CAMERA:
        return f"Does the picture have {with_article(style)}?"
    bare = style.startswith("in ") or style[:1].isupper() or lx.adjective(last)
    return f"Is the picture {style if bare else with_article(style)}?"
