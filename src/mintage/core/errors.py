"""What a user can fix: one error class, said as found, where, expected, and what to type."""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

MOST = 30
"""So many names are listed in a message."""

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and what turns the direction of writing."""


def tame(text: str) -> str:
    """The text without what a terminal or a page obeys instead of showing it; its place is marked with a `�`.

    Words of a user, a model or a server may hold anything.
    """
    return _OBEYED.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: what was found and where, what was expected, what to type."""

    found: str
    where: str = ""
    expected: str = ""
    type_this: str = ""

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.found}" if self.where else self.found]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.type_this:
            lines.append(f"  try: {self.type_this}")
        return tame("\n".join(lines))


class MintageError(Exception):
    """What a user can fix. Printed without a traceback; anything else is a bug and keeps its own.

    `problems` holds every mistake that was found, not only the first. `exit_code` is what the command line ends with.
    """

    exit_code = 2

    def __init__(self, *problems: Problem | str, expected: str = "", type_this: str = "", where: str = "") -> None:
        self.problems = tuple(
            Problem(p, where=where, expected=expected, type_this=type_this) if isinstance(p, str) else p
            for p in problems
        )
        super().__init__("\n".join(str(p) for p in self.problems))


def shown(path: Path) -> str:
    """A path as a user would type it from here: relative where it lies below, in quotes where a shell needs them."""
    try:
        here = Path.cwd()
    except OSError:  # the folder we were started in is gone
        return shlex.quote(str(path))
    below = path.is_absolute() and path != here and path.is_relative_to(here)
    return shlex.quote(str(path.relative_to(here) if below else path))


def nearest(word: str, known: Iterable[str], n: int = 3) -> list[str]:
    """The known words most like `word` (difflib), best first; at most `n`, possibly none. Case does not matter."""
    words = {k.casefold(): k for k in known}
    found = get_close_matches(word.casefold(), words, n=n, cutoff=0.65)
    inside = [w for w in words if w not in found and (w in word.casefold().split() or word.casefold() in w.split())]
    return [words[w] for w in [*found, *inside][:n]]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'scene'? there are: …`, for the end of a message about an unknown name."""
    names = sorted(known)
    close = nearest(word, names, n=1)
    start = f"did you mean {close[0]!r}? " if close else ""
    listed = ", ".join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")
    return start + (f"there are: {listed}" if names else "there is none")
