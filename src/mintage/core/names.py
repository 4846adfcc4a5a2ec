"""Class names ↔ safe folder names, both ways."""

import re
import unicodedata
from collections.abc import Iterable

from mintage.core.errors import MintageError, Problem
from mintage.core.recipe import OTHER

LONGEST = 200
"""Bytes of UTF-8 that a folder name may have: common file systems stop at 255, and file names need some room."""

_UNSAFE = frozenset('<>:"/\\|?*%')
_FIRST = frozenset(".-~_")  # hidden, an option, a home folder; Hugging Face skips folders that begin with `__`
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))  # controls, format characters, surrogates, line ends
_BREAKS = frozenset(("Cc", "Zl", "Zp"))
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE)
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def to_folder(name: str) -> str:
    """The folder of a class: one path component that Linux, macOS and Windows all store and give back.

    Percent-encoded (the bytes of UTF-8, capital hex digits) are: `<>:"/\\|?*%`; control, invisible and line-breaking
    characters; a blank or dot at either end; `-`, `~` or `_` at the start; the first letter of a device name that
    Windows reserves (CON, nul.txt, COM1 …). All else stays as it is, so `dachshund ünï` can be read.

    The result is always in Unicode's composed form (NFC). A name for which that does not come out by itself, such as
    one typed in decomposed form, has all its non-ASCII characters encoded. So a file system that decomposes names
    (HFS+) or does not tell the forms apart (APFS) changes nothing that `from_folder` cannot undo.

    Raises:
        MintageError: the name is empty; every other text has a folder.
    """
    if not name:
        raise MintageError(*name_problems([name]))
    last = len(name) - 1
    device = _DEVICE.match(name) is not None
    unsafe = [
        c in _UNSAFE
        or unicodedata.category(c) in _INVISIBLE
        or (i in (0, last) and (c.isspace() or c == "."))
        or (i == 0 and (device or c in _FIRST))
        for i, c in enumerate(name)
    ]
    folder = "".join(_escape(c) if bad else c for c, bad in zip(name, unsafe, strict=True))
    if unicodedata.is_normalized("NFC", folder):
        return folder
    return "".join(_escape(c) if bad or not c.isascii() else c for c, bad in zip(name, unsafe, strict=True))


def from_folder(folder: str) -> str:
    """The class of a folder: the exact inverse of `to_folder`, also after a file system has decomposed the name.

    A folder that Mintage did not name is read the same way; a `%` that begins no UTF-8 character stays a `%`.
    """
    return _ESCAPES.sub(_unescape, unicodedata.normalize("NFC", folder))


def _escape(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _unescape(found: re.Match[str]) -> str:
    try:
        return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return found[0]


def name_problems(names: Iterable[str]) -> list[Problem]:
    """Every class name that must be refused, and why; `where` is `classes['the name']`. Empty when all are well.

    Refused are: an empty or blank name; line breaks and control characters; half of a surrogate pair; `other`, which is
    the label of pictures that show no class; a folder name over 200 bytes; and names that differ only in case, in
    composed or decomposed accents, or in invisible characters, because some file systems take them for one.
    """
    problems: list[Problem] = []
    first: dict[str, str] = {}
    for name in names:
        alone = _problem_alone(name)
        if alone is not None:
            problems.append(alone)
            continue
        key = _fold(name)
        if key in first:
            problems.append(
                Problem(
                    f"{name!r} and {first[key]!r} would be one folder on macOS or Windows",
                    where=f"classes[{name!r}]",
                    expected="names that differ in more than case, accents' encoding or invisible characters",
                    type_this=f"another name, with `called: {name}` to keep the word in the prompt",
                )
            )
        first.setdefault(key, name)
    return problems


def _problem_alone(name: str) -> Problem | None:
    """What is wrong with one name, whatever the others are."""
    where = f"classes[{name!r}]"
    kinds = {unicodedata.category(c) for c in name}
    if not kinds & _BREAKS and not _visible(name):
        return Problem(
            f"the class name {name!r} is empty", where, "a name that can be seen", "dalmatian: {images: 100}"
        )
    if kinds & _BREAKS:
        plain = " ".join("".join(" " if unicodedata.category(c) in _BREAKS else c for c in name).split())
        return Problem(f"the class name {name!r} has control characters or line breaks", where, "one line", plain)
    if "Cs" in kinds:
        return Problem(f"the class name {name!r} has half of a surrogate pair", where, "text that UTF-8 can hold")
    if _fold(name) == OTHER:
        said = f"the class name {name!r} is reserved: it labels pictures that show no class of the set"
        return Problem(said, where, "another name", f"`background: {{called: {name}}}` words the prompt with {name!r}")
    size = len(to_folder(name).encode())
    if size > LONGEST:
        said = f"the class name {name[:40] + '…'!r} needs a folder name of {size} bytes"
        typed = 'a short name, with `called: "the long words"` for the prompt'
        return Problem(said, f"classes[{name!r}]", f"at most {LONGEST} bytes", typed)
    return None


def _visible(name: str) -> str:
    return "".join(c for c in name if unicodedata.category(c) != "Cf").strip()


def _fold(name: str) -> str:
    """Equal for names that a person or some file system takes for one (Unicode 3.13, canonical caseless match)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", _visible(name)).casefold())
