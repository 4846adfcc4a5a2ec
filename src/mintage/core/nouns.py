"""Articles and plurals of English noun phrases, by rule and by lists of exceptions.

Every class name, axis value and axis name of a spec may pass through here, so the lists are short and the rules lean on
what people photograph. A phrase that already has its article ("the Eiffel Tower", "a pair of pants") is left alone.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Number = Literal["one", "many", "mass", "name"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ARTICLES = _set("a an the")
DETERMINERS = ARTICLES | _set("some my your his her its our their this that these those")
PREPOSITIONS = _set(
    "on in at under by near inside outside beside behind among amid against over above below beneath underneath along "
    "across around between next with without within through during before after from atop upon into onto of off "
    "toward towards beyond past facing like"
)
_ENDS_HEAD = PREPOSITIONS | _set("for to that which who wearing holding")

_PLURAL = _set(
    "people children men women feet teeth geese mice oxen cattle police fungi cacti bacteria dice lice menus emus "
    "gnus tutus skis taxis kiwis bikinis zucchinis chilis safaris"
)
_NOT_PLURAL_MEN = _set("specimen abdomen ramen omen stamen")
_ENDS_IN_S = _set(
    "lens gas canvas atlas christmas bias alias pancreas pampas texas rhinoceros thermos asbestos cosmos chaos "
    "mercedes series species always adidas mars"
)
_MASS = _set(
    "bread toast rice pasta spaghetti milk cream butter cheese yogurt yoghurt tofu sushi soup broth water juice "
    "coffee tea beer wine whisky soda lemonade sugar salt flour honey jam ketchup mustard mayonnaise chocolate "
    "popcorn cereal granola oatmeal bacon ham beef pork meat seafood corn celery spinach lettuce broccoli garlic "
    "ginger asparagus kale parsley basil mint rhubarb hummus fruit food sand snow ice grass gravel wood "
    "timber metal plastic paper cardboard gold silver steel iron copper brass cloth fabric clothing footwear headwear "
    "underwear furniture luggage jewelry jewellery equipment machinery lightning thunder smoke fog mist rain hail mud "
    "soil dirt dust moss ivy wheat barley hay straw wool cotton silk denim leather lace linen hair fur lava seaweed "
    "bamboo shampoo soap toothpaste money cash traffic news concrete asphalt marble packaging lighting wrapping "
    "coating stitching padding flooring lettering wiring bedding piping nature space darkness daylight sunlight "
    "moonlight sunshine weather art graffiti origami embroidery pottery molasses tennis soccer chess makeup rust "
    "mould mold damage oil concealer gum trash garbage litter"
)
_MASS_AS_FOOD = _set("chicken lamb fish turkey duck salmon tuna")
_COUNTED = _set("passion dragon jack star citrus")  # "a passion fruit", though fruit is not counted
_NAMED_KINDS = _set("person people character celebrity place city country landmark monument mountain brand planet")
_NAME_FIRST = _set("mount lake saint st king queen mr mrs ms dr sir")
_NAME_LAST = _set("tower bridge cathedral wall ocean sea river museum palace canyon falls colosseum pyramids kremlin")
_PAIRS = _set(
    "pants trousers jeans shorts scissors glasses sunglasses goggles binoculars headphones earphones earbuds shoes "
    "socks boots sneakers sandals slippers gloves mittens tights leggings pyjamas pajamas pliers tweezers overalls "
    "skis"
)

_SAYS_YOU = re.compile(
    r"uni(?!n(?!g)|mp|mag|dent)|us(?:e|u|a|b)(?!her|h)|u(?:k|r(?:i|a)|t(?:e|i|o)|b(?:i|u)|fo|v)|eu|ew(?:e|er)\b|one\b|once|"
    r"one-|u-|uw"
)
_SILENT_H = re.compile(r"hour|hono|honest|heir")
_SPOKEN = _set("SIM RAM ROM NES SIG FIFA")
_AN_LETTERS = frozenset("aefhilmnorsx")


@lru_cache(maxsize=65536)
def indefinite(phrase: str) -> str:
    """`a` or `an`, by the sound that the phrase begins with: an hour, a unicorn, an umbrella, an SUV, an 8."""
    plain = unicodedata.normalize("NFKD", phrase).encode("ascii", "ignore").decode()
    start = re.search(r"[A-Za-z0-9]+", plain)
    if start is None:
        return "a"
    word, rest = start[0], plain[start.end() :]
    if word[0].isdigit():
        return "an" if re.match(r"8|1[18](?:\D|$|\d\d(?:\D|$)|\d{3}(?:\D|$))", plain[start.start() :]) else "a"
    spelled = word.isupper() and word not in _SPOKEN and (len(word) < 4 or not re.match(r".?[AEIOUY]", word))
    if len(word) == 1 or spelled:
        return "an" if word[0].lower() in _AN_LETTERS else "a"
    low = (word + rest).lower()
    if low[0] in "aeiou":
        return "a" if _SAYS_YOU.match(low) else "an"
    return "an" if _SILENT_H.match(low) else "a"


def _head_at(words: list[str]) -> int:
    """Where the noun stands that decides number: the last word before a preposition or a comma."""
    for i, word in enumerate(words):
        if i and word.casefold() in _ENDS_HEAD:
            return i - 1
        if word.endswith(",") and len(word) > 1:
            return i
    return len(words) - 1


def head(phrase: str) -> str:
    """The noun of a phrase in lower case: "cup" of "cup of coffee", "sign" of "stop sign"; "" of an empty phrase."""
    words = phrase.split()
    return words[_head_at(words)].rstrip(",.;:").casefold() if words else ""


def _is_plural(word: str) -> bool:
    low = word.casefold()
    if low in _PLURAL or (low.endswith("men") and low not in _NOT_PLURAL_MEN):
        return True
    if not low.endswith("s") or low.endswith(("ss", "us", "is", "'s", "’s")) or len(low) < 4:
        return False
    return low not in _ENDS_IN_S and not word[-1].isupper()


@lru_cache(maxsize=65536)
def number(phrase: str, kind: str = "") -> Number:
    """Is a phrase one thing, many (pants), a mass (bread) or a name that takes no article (kind: person, place, …)?"""
    words = phrase.split()
    if not words:
        return "name"
    at = _head_at(words)
    word = words[at].rstrip(",.;:")
    low = word.casefold()
    if _is_plural(word):
        return "many"
    if low in _MASS and not (at and words[at - 1].casefold() in _COUNTED):
        return "mass"
    if kind.casefold() in ("food", "meal", "dish") and low in _MASS_AS_FOOD:
        return "mass"
    capital = all(w[:1].isupper() for w in words if w.casefold() not in _ENDS_HEAD | ARTICLES)
    if capital and (kind.casefold() in _NAMED_KINDS or words[0].rstrip(".").casefold() in _NAME_FIRST):
        return "name"
    return "one"


@lru_cache(maxsize=65536)
def has_determiner(phrase: str) -> bool:
    """Does a phrase bring its own article: "a pair of pants", "the Eiffel Tower"? A lone "A" is a letter."""
    first, _, rest = phrase.partition(" ")
    return bool(rest.strip()) and first.casefold() in DETERMINERS


@lru_cache(maxsize=65536)
def article(phrase: str, kind: str = "") -> str:
    """What goes before a phrase: "a", "an", "the" (Eiffel Tower) or "" (pants, bread, "my desk")."""
    words = phrase.split()
    if not words or has_determiner(phrase) or (words[0].casefold() in PREPOSITIONS and len(words) > 1):
        return ""
    if len(words) > 1 and words[0][:1].isupper() and words[-1][:1].isupper() and words[-1].casefold() in _NAME_LAST:
        return "the"
    return indefinite(phrase) if number(phrase, kind) == "one" else ""


@lru_cache(maxsize=65536)
def with_article(phrase: str, kind: str = "") -> str:
    """A phrase with its article: "a dalmatian", "an umbrella", "pants", "bread", "the Eiffel Tower"."""
    before = article(phrase, kind)
    return f"{before} {phrase}" if before else phrase


_IRREGULAR = {
    "child": "children", "person": "people", "foot": "feet", "tooth": "teeth", "goose": "geese", "mouse": "mice",
    "ox": "oxen", "leaf": "leaves", "wolf": "wolves", "knife": "knives", "shelf": "shelves", "calf": "calves",
    "half": "halves", "loaf": "loaves", "thief": "thieves", "wife": "wives", "life": "lives", "elf": "elves",
    "scarf": "scarves", "cactus": "cacti", "fungus": "fungi", "quiz": "quizzes", "die": "dice",
}  # fmt: skip
_UNCHANGED = _set("sheep deer fish aircraft spacecraft hovercraft moose salmon tuna trout bison squid series species")
_OES = _set("potato tomato hero mango echo torpedo mosquito volcano buffalo domino tornado")
_NOT_MEN = _set("human german roman caiman talisman ottoman shaman")


def _plural_word(word: str) -> str:
    low = word.casefold()
    if word.isupper() or len(word) == 1:
        return word + "s"
    if low in _UNCHANGED or _is_plural(word):
        return word
    if low in _IRREGULAR:
        new = _IRREGULAR[low]
        return word[0] + new[1:] if new[0] == low[0] else new
    if low.endswith("man") and low not in _NOT_MEN:
        return word[:-2] + "en"
    if low.endswith("y") and low[-2:-1] not in tuple("aeiou") and len(low) > 1:
        return word[:-1] + "ies"
    if (low.endswith(("s", "x", "z", "ch", "sh")) and not low.endswith(("stomach", "monarch"))) or low in _OES:
        return word + "es"
    return word + "s"


def plural(phrase: str) -> str:
    """Several of a thing: "stop signs", "cups of coffee", "wolves"; what is plural or a mass already stays."""
    if not phrase.split() or number(phrase) in ("many", "mass"):
        return phrase
    spans = list(re.finditer(r"\S+", phrase))
    at = spans[_head_at([s[0] for s in spans])]
    return phrase[: at.start()] + _plural_word(at[0]) + phrase[at.end() :]


def counted(quantity: str, phrase: str, kind: str = "", one: bool = False) -> tuple[str, str]:
    """A quantity and the noun after it: "two", "dogs"; "two pairs of", "pants"; "two pieces of", "bread"."""
    if has_determiner(phrase):
        phrase = phrase.partition(" ")[2]
    if quantity.endswith(" of"):
        return quantity, plural(phrase)
    count = number(phrase, kind)
    unit = "pair" if count == "many" and head(phrase) in _PAIRS else "piece" if count == "mass" else ""
    if unit:
        return f"{quantity} {unit if one else unit + 's'} of", phrase
    return quantity, phrase if one else plural(phrase)
