"""`mintage prompts`: listed, found, exported, edited, taken back; what stood on edited words is made again."""

import csv
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintage.core.errors import MintageError
from mintage.core.ledger import Ledger
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ledger_words import stranded
from mintage.core.recipe import Fact, Sample
from mintage.pages.prompts import EditsPage, PromptsFile, PromptsPage
from mintage.run import Run
from trial import ended, image_hashes, kill_at

AXES = {"environment": ["on grass", "at night"], "style": ["photo", "painting"]}
SET: dict[str, Any] = {
    "classes": {"lemon": 6, "chair": 6},
    "axes": AXES,
    "write": "grammar",
    "make": "flat",
    "score": [],
}


@pytest.fixture
def made(a_set: Callable[..., Run]) -> Run:
    run = a_set(**SET)
    run.make().finish()
    return run


def listed(run: Run, **which: Any) -> PromptsPage:
    page = run.prompts(**which)
    assert isinstance(page, PromptsPage)
    return page


def edited(run: Run, **how: Any) -> EditsPage:
    page = run.prompts(**how)
    assert isinstance(page, EditsPage)
    return page


def sample(run: Run, recipe_id: str) -> Sample:
    return next(s for s in run.samples() if s.id == recipe_id)


def words_facts(run: Run) -> int:
    ledger = LedgerReader(run.folder)
    try:
        return int(ledger.db.execute("SELECT count(*) FROM facts WHERE name = 'words'").fetchone()[0])
    finally:
        ledger.close()


def exported(run: Run, path: Path) -> list[dict[str, str]]:
    page = run.prompts(csv=path)
    assert isinstance(page, PromptsFile)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8", **dialect: Any) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), **dialect)
        writer.writeheader()
        writer.writerows(rows)
    return path


# ── listed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_prompts_are_listed_with_their_writer_state_and_image(made: Run, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = ended(capsys, "prompts", str(made.folder), "--limit", "3")
    assert code == 0
    assert "kept, by grammar" in said and "made from it: images/lemon/" in said
    assert "3 of 12 prompts" in said and "--limit 0" in said
    assert "pairs of attributes told by the prompts: 4 of 4 planned (every class)" in said
    rows = listed(made, limit=0).rows
    assert [r.id for r in rows] == [s.id for name in ("lemon", "chair") for s in sorted_by_position(made, name)]
    assert all((made.folder / r.image).is_file() for r in rows)


def sorted_by_position(run: Run, name: str) -> list[Sample]:
    ledger = LedgerReader(run.folder)
    try:
        sql = "SELECT r.id FROM standing s JOIN recipes r ON r.n = s.recipe WHERE s.key = ? ORDER BY s.position"
        ids = [i for (i,) in ledger.db.execute(sql, (name,))]
    finally:
        ledger.close()
    return [sample(run, i) for i in ids]


def test_prompts_are_found_by_text_class_technique_and_what_is_wrong(made: Run) -> None:
    found = listed(made, find="A PHOTO of A lemon", limit=0)
    assert found.rows and all("a photo of a lemon" in r.prompt.casefold() for r in found.rows)
    assert {r.name for r in listed(made, of="chair", limit=0).rows} == {"chair"}
    assert {r.technique for r in listed(made, technique="vanilla", limit=0).rows} == {"vanilla"}
    first = listed(made, technique="scene").rows[0]
    assert listed(made, wrong=True).total == 0
    edited(made, edit=first.id[:10], to="a lemon")
    odd = listed(made, wrong=True)
    assert [r.id for r in odd.rows] == [first.id] and odd.total == 1
    assert "does not tell" in odd.rows[0].wrong
    both = listed(made, find="a", limit=2)
    assert (len(both.rows), both.total) == (2, 12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--of", "lemmon"], "did you mean 'lemon'?"),
        (["--technique", "scen"], "did you mean 'scene'?"),
        (["--limit", "-1"], "--limit is -1"),
        (["--edit", "zz", "--to", "a lemon"], "no recipe begins with 'zz'"),
        (["--edit", "", "--to", "a lemon"], "it is not said which prompt"),
        (["--edit", "abc"], "--edit alone"),
        (["--to", "a lemon"], "--to alone"),
        (["--back", "abc", "--csv", "x.csv"], "--csv with --back"),
        (["--take", "nowhere.csv"], "cannot be read"),
        (["--csv", "no/where.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(
    made: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    before = words_facts(made)
    code, printed = ended(capsys, "prompts", str(made.folder), *arguments)
    assert code == 2 and said in printed and "Traceback" not in printed
    assert words_facts(made) == before


# ── edited ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_makes_its_image_again_by_the_same_recipe_and_keeps_the_old_file(
    made: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    row = listed(made, technique="scene").rows[0]
    files = image_hashes(made.folder)
    code, said = ended(capsys, "prompts", str(made.folder), "--edit", row.id[:8], "--to", " a lemon at the dentist\n")
    assert code == 0
    assert f"was: {row.prompt}" in said and "now: a lemon at the dentist" in said
    assert row.image in said and "1 image of the old words does not count any more" in said
    assert "does not tell" in said and "would not pass the checks" in said
    after = next(r for r in listed(made, limit=0).rows if r.id == row.id)
    assert (after.prompt, after.by, after.state, after.image) == ("a lemon at the dentist", "person", "waiting", "")
    assert after.old_images == (row.image,)
    made.make().finish()
    done = sample(made, row.id)
    assert done.kept and done.prompt == "a lemon at the dentist"
    again = image_hashes(made.folder)
    assert files.items() < again.items() and len(again) == len(files) + 1
    assert sum(s.kept for s in made.samples()) == 12
    made.make().finish()
    assert image_hashes(made.folder) == again, "nothing is made twice"


def test_an_edit_is_no_longer_asked_what_it_no_longer_tells(made: Run) -> None:
    row = next(r for r in listed(made, technique="scene", limit=0).rows if r.attributes["environment"] == "on grass")
    edited(made, edit=row.id, to='a photo of two lemons on grass with the words "ACME"')
    value = sample(made, row.id).facts["words"].value
    asked = {(a["kind"], a["text"]) for a in value["atoms"]}
    assert ("object", "lemon") in asked and ("attribute", "on grass") in asked
    assert ("text", "ACME") in asked and any(kind == "count" for kind, _ in asked)
    assert value["caption"].startswith("lemon, on grass")
    edited(made, edit=row.id, to="a dragon")
    kept = sample(made, row.id).facts["words"].value["atoms"]
    assert kept[0]["text"] == "lemon", "what it is labelled as is asked in any case"
    assert all(a["text"] != "on grass" for a in kept)


def test_the_writer_may_change_and_an_edit_stays(made: Run, a_set: Callable[..., Run]) -> None:
    row = listed(made, technique="scene").rows[0]
    edited(made, edit=row.id, to="my own lemon")
    run = a_set(**SET | {"template": "there is a {class}"})
    run.make().finish()
    assert sample(run, row.id).prompt == "my own lemon"
    assert sample(run, row.id).kept


def test_an_edited_prompt_that_does_not_pass_is_tried_again_with_the_same_words(a_set: Callable[..., Run]) -> None:
    coin = {"use": "coin", "log": ""}
    run = a_set(**SET | {"score": [coin], "keep": {"attempts": 9, "floor": {"coin.value": 0.85}}})
    run.make(despite=["yield"]).finish()
    ids = [r.id for r in listed(run, limit=0).rows]
    for i in ids:
        edited(run, edit=i, to=f"a lemon and a chair, number {i}")
    run.make(despite=["yield"]).finish()
    samples = list(run.samples())
    later = [s for s in samples if s.prompt.startswith("a lemon and a chair, number") and s.id not in ids]
    assert later, "every one passed at once, so nothing is proved"
    assert all(s.facts["words"].note.startswith("as attempt") for s in later)
    assert all(s.facts["words"].made_by == "person" for s in later)


def test_after_a_refusal_of_an_edited_prompt_the_writer_words_the_next_attempt(a_set: Callable[..., Run]) -> None:
    run = a_set(**SET | {"make": {"use": "flat", "refuse_on": ["dentist"]}})
    run.make().finish()
    row = listed(run, technique="scene").rows[0]
    edited(run, edit=row.id, to="a lemon at the dentist")
    run.make().finish()
    slot = [s for s in run.samples() if s.recipe.slot == sample(run, row.id).recipe.slot]
    assert [s.recipe.attempt for s in slot] == [0, 1]
    assert slot[0].facts["image"].outcome == "refused" and slot[1].kept
    assert "dentist" not in slot[1].prompt


def test_a_slot_that_was_refused_twice_is_taken_up_again_by_an_edit(a_set: Callable[..., Run]) -> None:
    run = a_set(**SET | {"make": {"use": "flat", "refuse_on": ["lemon"]}})
    run.make().finish()
    rows = listed(run, of="lemon", limit=0).rows
    assert {r.state for r in rows} == {"given up"}
    edited(run, edit=rows[0].id, to="a yellow fruit")
    run.make().finish()
    assert sample(run, rows[0].id).kept


def test_another_engine_makes_what_a_person_said(made: Run, a_set: Callable[..., Run]) -> None:
    row = listed(made, technique="scene").rows[0]
    edited(made, edit=row.id, to="my own lemon")
    run = a_set(**SET | {"make": {"use": "flat", "size": 32}})
    run.make().finish()
    own = [s for s in run.samples(kept=True) if s.prompt == "my own lemon"]
    assert len(own) == 1 and own[0].id != row.id
    assert sum(s.kept for s in run.samples()) == 12


def test_words_are_put_back_with_the_image_that_was_made_from_them(
    made: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    row = listed(made, technique="scene").rows[0]
    edited(made, edit=row.id, to="one lemon")
    edited(made, edit=row.id, to="two lemons")
    made.make().finish()
    files = image_hashes(made.folder)
    page = edited(made, back=row.id)
    assert page.rows[0].prompt == "one lemon" and not page.edits.done[0].put_back
    code, said = ended(capsys, "prompts", str(made.folder), "--back", row.id)
    assert code == 0 and "1 image made from the same words before counts again" in said
    after = next(r for r in listed(made, limit=0).rows if r.id == row.id)
    assert (after.prompt, after.by, after.state, after.image) == (row.prompt, "grammar", "kept", row.image)
    made.make().finish()
    assert image_hashes(made.folder) == files
    with pytest.raises(MintageError, match="was not edited"):
        made.prompts(back=row.id)


def test_an_image_whose_file_is_gone_is_not_put_back(made: Run) -> None:
    row = listed(made, technique="scene").rows[0]
    edited(made, edit=row.id, to="one lemon")
    (made.folder / row.image).unlink()
    assert not edited(made, back=row.id).edits.done[0].put_back
    made.make().finish()
    assert (made.folder / row.image).is_file()


@pytest.mark.parametrize(
    ("to", "said"), [("  \n", "empty"), ("a\ud800", "half of a character"), ("a nude woman", "nude")]
)
def test_some_words_are_refused(made: Run, to: str, said: str) -> None:
    row = listed(made).rows[0]
    with pytest.raises(MintageError, match=said):
        made.prompts(edit=row.id, to=to)
    assert listed(made).rows[0] == row


def test_safety_off_takes_more(made: Run, a_set: Callable[..., Run]) -> None:
    run = a_set(**SET | {"safety": "off"})
    run.make().finish()
    assert edited(run, edit=listed(run).rows[0].id, to="a marble statue of a nude woman with a lemon").rows


def test_a_prompt_that_another_slot_has_is_told(made: Run) -> None:
    one, other = (r for r in listed(made, technique="scene", of="lemon", limit=2).rows)
    page = edited(made, edit=one.id, to=other.prompt)
    assert page.edits.done[0].wrong


def test_what_no_engine_reads_cannot_be_edited(a_set: Callable[..., Run], tmp_path: Path) -> None:
    words = {"share": 1, "parents": "made", "words": ["iPod"]}
    run = a_set(**SET | {"axes": None, "techniques": {"vanilla": 1, "typographic": words}})
    run.make().finish()
    row = listed(run, technique="typographic").rows[0]
    assert row.by == "nobody" and not row.reads
    with pytest.raises(MintageError, match="no engine reads the words of typographic"):
        run.prompts(edit=row.id, to="a lemon")


def test_a_child_of_an_edited_parent_stands_by_itself(a_set: Callable[..., Run]) -> None:
    words = {"share": 1, "parents": "made", "words": ["iPod"]}
    run = a_set(**SET | {"axes": None, "techniques": {"vanilla": 1, "typographic": words}})
    run.make().finish()
    children = {s.id for s in run.samples(technique="typographic", kept=True)}
    files = image_hashes(run.folder)
    for row in listed(run, technique="vanilla", limit=0).rows:
        edited(run, edit=row.id, to=f"{row.prompt}, {row.id}")
    run.make().finish()
    assert {s.id for s in run.samples(technique="typographic", kept=True)} == children
    assert len(image_hashes(run.folder)) == len(files) + len(listed(run, technique="vanilla", limit=0).rows)


# ── beside a maker, and killed ──────────────────────────────────────────────────────────────────────────────────────


def test_an_image_in_flight_about_old_words_does_not_count_and_is_made_again(
    a_set: Callable[..., Run], plugged: Callable[[str, str, type[Any]], None]
) -> None:
    from mintage.engines.flat import Engine

    drawing, go_on = threading.Event(), threading.Event()

    class Slow(Engine):
        def make(self, requests: Any) -> Any:
            drawing.set()
            assert go_on.wait(30)
            yield from super().make(requests)

    plugged("engines", "slow", Slow)
    run = a_set(**SET | {"make": "slow"})
    maker = threading.Thread(target=lambda: run.make().finish())
    maker.start()
    assert drawing.wait(30)
    row = listed(run).rows[0]
    edited(run, edit=row.id, to="a lemon meanwhile")
    go_on.set()
    maker.join(60)
    done = sample(run, row.id)
    assert done.kept and done.prompt == "a lemon meanwhile"
    assert done.facts["image"].about == done.facts["words"].number
    assert next(r for r in listed(run, limit=0).rows if r.id == row.id).old_images


def test_what_was_sent_for_words_that_were_edited_is_found_as_stranded(made: Run) -> None:
    row = listed(made).rows[0]
    ledger = Ledger(made.folder)
    try:
        made._as_ordered(ledger)
        words = sample(made, row.id).facts["words"].number
        ledger.add([Fact(row.id, "image", "sent", {"ticket": "t", "bound": 0.25}, words)])
        assert not stranded(ledger), "its engine can be asked for it"
    finally:
        ledger.close()
    edited(made, edit=row.id, to="another lemon")
    reader = LedgerReader(made.folder)
    try:
        assert stranded(reader) == {(row.id, "image"): 0.25}
    finally:
        reader.close()


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
@pytest.mark.parametrize("point", ["before words committed", "in the middle of words", "after words committed"])
def test_an_edit_that_is_killed_is_there_whole_or_not_at_all(made: Run, outside: dict[str, str], point: str) -> None:
    row = listed(made).rows[0]
    kill_at(point, 1, "prompts", made.folder, "--edit", row.id, "--to", "a killed lemon", env=outside)
    now = next(r for r in listed(made, limit=0).rows if r.id == row.id)
    assert now.prompt == ("a killed lemon" if point.startswith("after") else row.prompt)
    made.make().finish()
    assert sum(s.kept for s in made.samples()) == 12
    assert sample(made, row.id).prompt == now.prompt


# ── out and back ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_export_that_nobody_edited_changes_nothing(made: Run, tmp_path: Path) -> None:
    rows = exported(made, tmp_path / "p.csv")
    assert len(rows) == 12 and list(rows[0])[:2] == ["id", "class"]
    assert json.loads(rows[0]["attributes"]).keys() <= AXES.keys()
    before = words_facts(made)
    page = edited(made, take=tmp_path / "p.csv")
    assert (page.edits.done, page.edits.same) == ((), 12)
    assert words_facts(made) == before
    with pytest.raises(MintageError, match="already"):
        made.prompts(csv=tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("encoding", "dialect"), [("utf-8", {}), ("utf-8-sig", {"delimiter": ";"}), ("utf-8", {"delimiter": "\t"})]
)
def test_edited_rows_are_taken_back_and_once(made: Run, tmp_path: Path, encoding: str, dialect: dict[str, Any]) -> None:
    rows = exported(made, tmp_path / "p.csv")
    rows[0]["prompt"] = 'eine "Zitrone", größer; Ü\nund mehr'
    rows[1]["negative"] = "blurry"
    path = written(tmp_path / "edited.csv", rows, encoding, **dialect)
    page = edited(made, take=path)
    assert [r.id for r in page.rows] == [rows[0]["id"], rows[1]["id"]]
    assert page.rows[0].prompt == 'eine "Zitrone", größer; Ü und mehr'
    assert (page.rows[1].negative, page.rows[1].prompt) == ("blurry", rows[1]["prompt"])
    made.make().finish()
    assert sum(s.kept for s in made.samples()) == 12
    before = words_facts(made)
    assert edited(made, take=path).edits.done == ()
    assert words_facts(made) == before


@pytest.mark.parametrize("prompt", ["=cmd|' /C calc'!A0", "-lemon", "'=quoted", "'90s lemon", "@lemon", "+1 lemon"])
def test_no_program_for_tables_runs_a_prompt_and_it_comes_back_as_it_was(
    prompt: str, made: Run, tmp_path: Path
) -> None:
    which = listed(made).rows[0].id
    edited(made, edit=which, to=prompt)
    rows = exported(made, tmp_path / "p.csv")
    assert rows[0]["prompt"][0] not in "=+-@" and rows[0]["prompt"].endswith(prompt)
    assert edited(made, take=tmp_path / "p.csv").edits.done == ()
    rows[0]["prompt"] += ", edited"
    edited(made, take=written(tmp_path / "q.csv", rows))
    assert listed(made).rows[0].prompt == f"{prompt}, edited"


def test_rows_that_were_emptied_are_none(made: Run, tmp_path: Path) -> None:
    rows = exported(made, tmp_path / "p.csv")
    rows += [dict.fromkeys(rows[0], ""), dict.fromkeys(rows[0], " ")]
    assert edited(made, take=written(tmp_path / "q.csv", rows)).edits.same == 12


def test_every_mistake_of_a_file_is_told_with_its_row_and_nothing_is_written(made: Run, tmp_path: Path) -> None:
    rows = exported(made, tmp_path / "p.csv")
    rows[0]["prompt"] = "fine"
    rows[1]["prompt"] = "  "
    rows[2]["id"] = "0" * 24
    rows[3]["id"] = rows[0]["id"]
    rows[4]["prompt"] = "a nude woman"
    edited(made, edit=rows[5]["id"], to="changed meanwhile")
    edited(made, edit=rows[6]["id"], to="changed meanwhile, too")
    rows[5]["prompt"] = "edited in the file"
    path = written(tmp_path / "edited.csv", rows)
    with path.open("ab") as file:
        file.write(b"short,row\r\n")
        file.write(f"{rows[7]['id']},,,,,caf".encode() + b"\xe9 lemon,,,,,,x\r\n")
    before = words_facts(made)
    with pytest.raises(MintageError) as error:
        made.prompts(take=path)
    said = [str(p).splitlines()[0] for p in error.value.problems]
    expected = {
        3: "the prompt is empty",
        4: "is not what fills or holds",
        5: "is that of row 2 already",
        6: "'nude woman'",
        7: "changed in the run since it was exported: it is 'changed meanwhile'",
        14: "it has 2 columns",
        15: "is that of row 9 already",
    }
    for row, words in expected.items():
        assert any(f"row {row}:" in line and words in line for line in said), (row, said)
    assert len(said) == len(expected)
    assert words_facts(made) == before


def test_a_file_in_another_encoding_or_without_its_columns_is_told(made: Run, tmp_path: Path) -> None:
    rows = exported(made, tmp_path / "p.csv")
    rows[0]["prompt"] = "café"
    with pytest.raises(MintageError, match=r"row 2.*not UTF-8"):
        made.prompts(take=written(tmp_path / "latin.csv", rows, "latin-1"))
    short = [{k: v for k, v in row.items() if k not in ("was", "prompt")} for row in rows]
    with pytest.raises(MintageError, match="no column 'prompt', 'was'"):
        made.prompts(take=written(tmp_path / "short.csv", short))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(MintageError, match="no column 'id'"):
        made.prompts(take=tmp_path / "empty.csv")
