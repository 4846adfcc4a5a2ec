"""The plug-ins that docs/engines.md shows work as they stand there."""

import re
from pathlib import Path
from typing import Any

import pytest

import mintage
from mintage.core import registry

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"


def test_the_engine_and_the_scorer_of_the_page_make_and_keep_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    engine = next(b for b in blocks if "class Engine" in b)
    scorer = next(b for b in blocks if "mintage.scorer" in b)
    for kind in ("engines", "scorers"):
        monkeypatch.setitem(registry._decorated, kind, dict(registry._decorated[kind]))
    names: dict[str, Any] = {"mintage": mintage}
    exec(engine, names)
    exec(scorer, names)
    names["Engine"].name = "mine"
    registry._decorated["engines"]["mine"] = names["Engine"]
    text = "name: x\nclasses: {zebra: 4, dog: 4}\nmake: mine\nscore: [technical, sharp]\n"
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    page = mintage.open(tmp_path).make().finish()
    assert page.summary.total.kept == 8
    assert page.summary.number == "technical.ok"
