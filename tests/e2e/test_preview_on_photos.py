"""A word that no ranking knows is told by real photos of it, and by what its kind looks like."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mintage.core.ports import Request
from mintage.engines import mini
from mintage.run import Run
from trial import write_spec

ROOT = Path(__file__).parents[2]
PHOTOS = Path(os.environ.get("MINTAGE_DATA", ROOT.parent / "shared" / "data")) / "caltech" / "sunflower"

pytestmark = pytest.mark.skipif(not PHOTOS.is_dir(), reason="shared data is absent: set MINTAGE_DATA")

Plug = Callable[[str, str, type[Any]], None]


class Renaming(mini.Engine):
    """The embedded engine, which takes a word that it does not know for one that it does."""

    version = "1"
    vocabulary = None
    takes_for = ""

    def make(self, requests: Sequence[Request]) -> Any:
        return super().make([replace(r, prompt=r.prompt.replace("tournesol", self.takes_for)) for r in requests])


@pytest.mark.parametrize(
    ("drawn", "verdict", "instead"), [("sunflower", "drawn", ""), ("stop sign", "drawn as something else", "stop sign")]
)
def test_photos_tell_whether_an_unknown_word_is_drawn(
    drawn: str, verdict: str, instead: str, tmp_path: Path, plugged: Plug
) -> None:
    plugged("engines", "renaming", type("Renaming", (Renaming,), {"takes_for": drawn, "__doc__": Renaming.__doc__}))
    run = Run(
        write_spec(
            tmp_path / "garden",
            classes={"tournesol": {"images": 6, "kind": "stop sign", "references": str(PHOTOS)}},
            axes={"environment": ["on a white background", "on a wooden floor"], "style": ["photo", "painting"]},
            techniques={"vanilla": 1},
            write="grammar",
            make={"use": "renaming", "steps": 8},
            score=["technical"],
        )
    )
    (look,) = run.preview().looks
    assert (look.verdict, look.instead) == (verdict, instead), look.why
    assert "its references" in look.why
