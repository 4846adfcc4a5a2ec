"""The table of engines: which of them make which techniques."""

from io import StringIO

from rich.console import Console

import mintage
from mintage.core import registry


def told(width: int = 100) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(mintage.engines_())
    return console.file.getvalue()  # type: ignore[attr-defined]


def row(name: str) -> list[str]:
    return next(line for line in told().splitlines() if line.split()[:1] == [name] and len(line.split()) < 9).split()


def test_every_technique_has_a_row_and_every_engine_a_column_but_what_is_not_asked_for() -> None:
    head = next(line for line in told().splitlines() if line.strip().startswith("technique"))
    assert head.split()[1:] == registry.names("engines")
    for technique in registry.names("techniques"):
        assert (technique in told()) == (technique != "probe")


def test_an_engine_that_draws_from_words_alone_makes_no_children() -> None:
    at = registry.names("engines").index("flat") + 1
    assert row("vanilla")[at] == "yes"
    assert row("variation")[at] == "–"


def test_an_engine_that_has_another_verb_for_it_makes_it() -> None:
    at = registry.names("engines").index("collage") + 1
    assert row("vanilla")[at] == "–"
    assert row("variation")[at] == row("inpaint")[at] == "yes"


def test_what_no_engine_is_needed_for_is_marked() -> None:
    assert set(row("typographic")[1:]) == {"∗"}
    assert "∗ typographic" in told() and "by no engine" in told()


def test_the_table_fits_into_a_hundred_columns() -> None:
    assert all(len(line) <= 100 for line in told().splitlines())
    assert "…" not in told()
