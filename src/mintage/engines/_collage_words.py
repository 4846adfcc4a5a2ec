"""Words for environments and styles that the collage engine knows, and what each of them is."""

import re
from collections.abc import Mapping

from mintage.pictures.scenery.styles import STYLES
from mintage.pictures.scenery.surfaces import CLOTH

PLACES = ("environment", "background", "backdrop", "surface", "setting", "place", "location", "scene")
LOOKS = ("style", "medium")
"""The names of axes that say where the object is, and how the picture is made."""

ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {
    "grass": ("on grass", "grass", "lawn", "green grass", "meadow"),
    "beach": ("on a beach", "beach", "sand", "sandy beach"),
    "snow": ("in the snow", "snow", "snowy ground"),
    "wooden floor": ("on a wooden floor", "wooden floor", "wood floor", "parquet", "floorboards", "hardwood floor"),
    "wooden table": ("on a wooden table", "wooden table", "wood table", "table", "wooden desk"),
    "tiled floor": ("on a tiled floor", "tiled floor", "tile floor", "tiles"),
    "carpet": ("on carpet", "carpet", "rug"),
    "dark carpet": ("on dark carpet", "dark carpet", "dark rug"),
    "concrete": ("on concrete", "concrete", "concrete floor", "pavement", "sidewalk"),
    "road": ("on a road", "road", "street", "asphalt", "tarmac"),
    "brick wall": ("against a brick wall", "brick wall", "bricks"),
    "cloth": ("on cloth", "cloth", "fabric", "blanket", "bedspread", "bedsheet", "bed sheet", "tablecloth"),
    "white background": ("on a white background", "white background", "white backdrop"),
    "plain background": ("on a plain background", "plain background", "plain backdrop", "studio background"),
    "surface": ("on a plain surface", "plain surface", "surface"),
    "sky": ("in the sky", "sky", "blue sky", "clouds"),
    "night": ("at night", "night", "dark"),
}
"""What is generated → its name in an axis, and the words for it without preposition and article."""

COLOURED = {"cloth": "cloth", "carpet": "carpet", "background": "plain background", "surface": "surface"}
"""What comes in a colour of `CLOTH`: "on red cloth"."""

_BEFORE = re.compile(r"^(?:(?:standing|lying) )?(?:in front of|on|in|at|by|against|upon) (?!$)")
_ARTICLE = re.compile(r"^(?:the|an|a|some) (?!$)")
_KINDS = {word: kind for kind, words in ENVIRONMENTS.items() for word in words[1:]}


def plain(word: str) -> str:
    """A value or a folder's name without what makes no difference: "on-the-grass" → "grass"."""
    text = re.sub(r"[\s_-]+", " ", word.casefold()).strip()
    return _ARTICLE.sub("", _BEFORE.sub("", text))


def kind_of(word: str) -> tuple[str, str] | None:
    """The generated environment that a word names, with a colour or ""; None: there is none."""
    bare = plain(word)
    if bare in _KINDS:
        return _KINDS[bare], ""
    colour, _, rest = bare.partition(" ")
    colour = "grey" if colour == "gray" else colour
    kind = _KINDS.get(rest) if rest else None
    kind = COLOURED.get(rest) or (kind if kind in COLOURED.values() else None)
    return (kind, colour) if kind and colour in CLOTH else None


def style_of(word: str) -> str | None:
    """The name of a filter of `STYLES`, "" for a photo as it is; None: no such style."""
    bare = plain(word)
    if bare in ("photo", "photograph", "photography", "real photo", "colour photo", "color photo"):
        return ""
    if bare in ("black and white", "black and white photo", "black and white photograph", "monochrome photo"):
        return "black-and-white photo"
    if bare in ("sketch", "pencil drawing"):
        return "pencil sketch"
    return bare if bare in STYLES else None


def words() -> dict[str, list[str]]:
    """The vocabulary without folders of the user's, as axes say it."""
    places = [names[0] for names in ENVIRONMENTS.values()]
    places += [f"on {c} cloth" for c in CLOTH] + [f"on {c} carpet" for c in CLOTH]
    places += [f"on a {c} background" for c in CLOTH if c != "white"] + [f"on a {c} surface" for c in CLOTH]
    return {"environment": [p.replace("a orange", "an orange") for p in places], "style": ["photo", *STYLES]}
