"""The ledger only grows, loses nothing, and what it decided can be worked out again."""

import errno
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from core_trial import POLICY, Trial, by, mixed, passing, recipes, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.core import schema
from mintage.core.decide import Floor, Policy
from mintage.core.errors import MintageError
from mintage.core.ledger import Ledger
from mintage.core.ledger_reading import LedgerReader
from mintage.core.recipe import Fact, Sample


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(tmp_path)
    yield trial
    trial.ledger.close()


def reopened(trial: Trial) -> LedgerReader:
    reader = LedgerReader(trial.ledger.folder)
    reader.policy = trial.policy
    return reader


# ── only added to ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", ["slots", "recipes", "facts", "changes", "frozen"])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET rowid = rowid + 1", "UPDATE {} SET {} = {}"])
def test_what_was_written_can_neither_be_changed_nor_deleted(trial: Trial, table: str, sql: str) -> None:
    trial.order(rows({"dog": 3}))
    trial.fill()
    trial.ledger.freeze({})
    column = trial.table(f"SELECT name FROM pragma_table_info('{table}')")[0][0]
    before = trial.table(f"SELECT * FROM {table}")
    if table == "frozen" and "rowid" in sql:
        sql = "UPDATE {} SET label = 'cat'"
    with pytest.raises(sqlite3.IntegrityError, match="only added"):
        trial.ledger.db.execute(sql.format(table, column, column))
    assert before
    assert trial.table(f"SELECT * FROM {table}") == before


def test_facts_come_back_whole_with_their_numbers(trial: Trial) -> None:
    trial.order(rows({"dog": 1}))
    trial.ledger.begin(1, recipes())
    ((_, sample),) = trial.ledger.due("words")
    value = {"prompt": 'a “dög”\n\0 {"x": 1}', "atoms": [{"kind": "object", "n": 1.5}]}
    fact = Fact(sample.id, "words", "done", value, None, "w", "a note", 1.5, 0.25)
    (numbered,) = trial.ledger.add([fact])
    assert numbered.number > 0
    assert numbered == replace(fact, number=numbered.number)
    stored = trial.ledger.sample(sample.id).facts["words"]
    assert replace(stored, recipe=sample.id) == numbered
    assert trial.ledger.spent()["words"] == (1, 1.5, 0.25)


def test_half_of_a_surrogate_pair_from_a_server_harms_nothing(trial: Trial) -> None:
    trial.order(rows({"dog": 1}))
    trial.ledger.begin(1, recipes())
    ((_, sample),) = trial.ledger.due("words")
    trial.ledger.add([Fact(sample.id, "words", "done", {"prompt": "cut \ud83d off"}, note="\udc00!", made_by="w")])
    words = trial.ledger.sample(sample.id).facts["words"]
    assert words.value == {"prompt": "cut \ud83d off"}
    assert words.note == "\\udc00!"


def test_a_transaction_is_all_or_nothing(trial: Trial) -> None:
    trial.order(rows({"dog": 2}))
    trial.ledger.begin(2, recipes())
    samples = [s for _, s in trial.ledger.due("words")]
    before = trial.table("SELECT * FROM standing"), trial.table("SELECT * FROM facts")
    with pytest.raises(KeyError):
        trial.ledger.add([trial.word(samples[0]), Fact("nobody", "words", "done")])
    assert (trial.table("SELECT * FROM standing"), trial.table("SELECT * FROM facts")) == before
    assert len(trial.ledger.add([trial.word(s) for s in samples])) == 2


def test_an_order_whose_rows_break_off_writes_nothing_and_the_ledger_goes_on(trial: Trial) -> None:
    def breaking() -> Iterator[Any]:
        yield from rows({"dog": 5})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trial.ledger.order(breaking(), {}, POLICY)
    assert trial.table("SELECT count(*) FROM slots") == [(0,)]
    assert trial.ledger.newest("order") is None
    trial.order(rows({"dog": 5}))
    assert len(trial.content()) == 5


# ── what stands ─────────────────────────────────────────────────────────────────────────────────────────────────────


def standing(trial: Trial) -> list[Any]:
    """What is derived, of the set; slots that left it are as they were when they left."""
    kept = "slot, key, technique, position, state, attempts, recipe, due, new_words, refusals, reason"
    return [
        trial.table(f"SELECT {kept} FROM standing WHERE position IS NOT NULL ORDER BY slot"),
        trial.table(
            "SELECT j.* FROM judged j JOIN recipes r ON r.n = j.recipe JOIN standing s ON s.slot = r.slot"
            " WHERE s.position IS NOT NULL ORDER BY j.recipe"
        ),
    ]


def wipe(trial: Trial) -> None:
    trial.ledger.db.executescript("DELETE FROM standing; DELETE FROM judged; DELETE FROM meta WHERE name = 'policy';")


actions = st.lists(
    st.sampled_from(["begin", "step", "fill", "order", "freeze", "floor", "engine", "scorer", "attempts", "again"]),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(actions, st.lists(st.integers(0, 6), min_size=8, max_size=8))
def test_what_stands_is_what_a_rebuild_from_the_facts_gives(done: list[str], numbers: list[int]) -> None:
    with TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        trial.order(rows({"dog": 4, "cat": 2}))
        for action, number in zip(done, numbers, strict=False):
            policy = trial.policy
            if action == "begin":
                trial.ledger.begin(number, recipes(trial.engine))
            elif action == "step":
                trial.step(mixed, limit=number + 1)
            elif action == "fill":
                trial.fill(mixed)
            elif action == "order":
                trial.order(rows({"dog": number, "cow": 2}, levels=("a", "b", "c")[: number % 3 + 1]))
            elif action == "freeze":
                trial.ledger.freeze({})
            elif action == "floor":
                policy = replace(policy, floors=(Floor("s", "p", number / 6),))
            elif action == "engine":
                trial.engine = "flat" if number % 2 else "other"
                policy = by(trial.engine, policy)
            elif action == "scorer":
                policy = replace(policy, made_by=policy.made_by | {"score.s": f"s@{number}"})
            elif action == "attempts":
                policy = replace(policy, attempts=number + 1)
            else:
                policy = replace(policy, again=not policy.again)
            if policy is not trial.policy:
                trial.policy = policy
                trial.ledger.refresh(policy)
        before, wanted = standing(trial), trial.content()
        wipe(trial)
        trial.ledger.refresh(trial.policy)
        assert standing(trial) == before
        wipe(trial)
        difference = trial.ledger.order([], {"name": "none"}, trial.policy)
        assert sum(difference.leaving.values()) == len(wanted)
        trial.ledger.close()


def test_an_order_after_the_derived_tables_were_emptied_finds_every_slot_again(trial: Trial) -> None:
    trial.order(rows({"dog": 6, "cat": 3}))
    trial.fill(mixed)
    before, slots = trial.kept(), trial.table("SELECT * FROM slots")
    wipe(trial)
    difference = trial.ledger.order(rows({"dog": 6, "cat": 3}), {}, POLICY)
    assert not difference.new
    assert sum(difference.kept.values()) == len(before)
    assert trial.kept() == before
    assert trial.table("SELECT * FROM slots") == slots


def test_an_equal_policy_decides_nothing_anew_and_another_one_every_slot_that_was_tried(trial: Trial) -> None:
    trial.order(rows({"dog": 10}))
    trial.ledger.begin(4, recipes())
    told: list[tuple[int, int]] = []
    trial.ledger.refresh(POLICY, lambda done, total: told.append((done, total)))
    assert told == []
    trial.ledger.refresh(replace(POLICY, attempts=9), lambda done, total: told.append((done, total)))
    assert told == [(4, 4)]


def test_a_higher_floor_and_back_is_the_same_set_without_a_call(trial: Trial) -> None:
    trial.order(rows({"dog": 30}))
    trial.fill(mixed)
    before, facts = trial.kept(), trial.table("SELECT count(*) FROM facts")
    trial.ledger.refresh(replace(POLICY, floors=(Floor("s", "p", 0.9),)))
    fewer = trial.kept()
    assert fewer < before
    trial.ledger.refresh(POLICY)
    assert trial.kept() == before
    assert trial.table("SELECT count(*) FROM facts") == facts


# ── rounds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_class_goes_on_after_its_first_twenty_are_settled_and_does_not_wait_for_others(trial: Trial) -> None:
    trial.order(rows({"dog": 50, "cat": 5}))
    assert trial.ledger.begin(1000, recipes()) == 25
    assert trial.ledger.begin(1000, recipes()) == 0
    for _, sample in trial.ledger.due("words"):
        trial.ledger.add([trial.word(sample)])
    for _, sample in trial.ledger.due("image"):
        if sample.recipe.slot.key == "dog":
            trial.ledger.add([trial.image(sample)])
    trial.ledger.add([trial.score(s, 0.9) for _, s in trial.ledger.due("score.s")])
    assert trial.ledger.begin(1000, recipes()) == 30
    assert Counter(s.recipe.slot.key for _, s in trial.ledger.due("words")) == {"dog": 30}


def test_first_rounds_of_very_many_classes_are_no_longer_a_query_than_sqlite_takes(trial: Trial) -> None:
    trial.order(rows(dict.fromkeys(map(str, range(300_000 // 8)), 1)))
    assert trial.ledger.begin(100, recipes()) == 100


def test_a_rejected_attempt_hands_its_words_on_and_a_refused_one_does_not(trial: Trial) -> None:
    trial.order(rows({"dog": 2}))
    trial.ledger.begin(2, recipes())
    for _, sample in trial.ledger.due("words"):
        trial.ledger.add([trial.word(sample)])
    (_, one), (_, two) = trial.ledger.due("image")
    trial.ledger.add([trial.image(one), trial.image(two, "refused")])
    trial.ledger.add([trial.score(s, 0.1) for _, s in trial.ledger.due("score.s")])
    trial.ledger.begin(2, recipes())
    ((_, next_one),) = trial.ledger.due("image")
    ((_, next_two),) = trial.ledger.due("words")
    assert next_one.recipe.slot == one.recipe.slot
    assert next_one.facts["words"].value == one.facts["words"].value
    assert next_one.facts["words"].note == "as attempt 0"
    assert next_one.recipe.seed != one.recipe.seed
    assert next_two.recipe.slot == two.recipe.slot
    assert (next_two.refusals, next_one.refusals) == (1, 0)


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """1,200 slots with up to three attempts each; many scores are equal."""
    trial = Trial(tmp_path_factory.mktemp("many"))
    trial.order(rows({"dog": 700, "cat": 500}))
    trial.ledger.db.execute("PRAGMA synchronous=OFF")
    trial.fill(lambda s: mixed(s) if s.recipe.seed % 3 else "failed")
    yield trial
    trial.ledger.close()


WHICH: list[dict[str, Any]] = [
    {},
    {"state": "kept"},
    {"state": "rejected"},
    {"state": "failed", "key": "dog"},
    {"state": "refused", "technique": "scene"},
    {"key": "cat", "order": "score"},
    {"state": "kept", "order": "score"},
]


@pytest.mark.parametrize("which", WHICH, ids=lambda w: ",".join(map(str, w.values())) or "all")
def test_pages_of_any_size_visit_each_sample_exactly_once_in_order(many: Trial, which: dict[str, Any]) -> None:
    whole = [(n, s.id) for n, s in many.ledger.samples(**which)]
    assert len(whole) == len(set(whole)) > 10
    paged: list[tuple[int, str]] = []
    after: tuple[Any, ...] = ()
    while page := list(many.ledger.samples(**which, after=after, limit=7)):
        paged += [(n, s.id) for n, s in page]
        last = page[-1][1].facts.get("score.s")
        after = (last.value["p"], page[-1][0]) if which.get("order") == "score" and last else (page[-1][0],)
        if len(paged) > 140:
            break
    assert paged == whole[: len(paged)]
    assert len(paged) > 140 or paged == whole


def test_states_of_samples_part_the_set(many: Trial) -> None:
    every = Counter(s.id for _, s in many.ledger.samples())
    parts = [many.ledger.samples(state=s) for s in ("kept", "passed", "rejected", "refused", "failed", "due")]
    assert Counter(s.id for part in parts for _, s in part) == every
    assert max(every.values()) == 1
    counted = sum(n for _, _, n in many.ledger.judgements())
    assert (
        counted
        == len(every)
        == sum(n for _, _, _, n in many.ledger.histogram(0, 1, 10))
        + len([1 for _, s in many.ledger.samples() if "score.s" not in s.facts])
    )


def test_every_slot_has_one_kept_attempt_or_none(many: Trial) -> None:
    slots = Counter(str(s.recipe.slot) for _, s in many.ledger.samples(state="kept"))
    assert max(slots.values()) == 1
    assert len(slots) == many.states()["kept"]


def test_pages_of_what_is_due_visit_each_once(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.order(rows(dict.fromkeys("abcdef", 20)))
    trial.ledger.begin(1000, recipes())
    seen, after = [], 0
    while page := trial.ledger.due("words", after, 7):
        seen += [s.id for _, s in page]
        after = page[-1][0]
    assert len(seen) == len(set(seen)) == 120
    trial.ledger.close()


def test_a_sample_is_found_by_the_start_of_its_id(many: Trial) -> None:
    _, sample = next(many.ledger.samples())
    assert many.ledger.sample(sample.id).id == many.ledger.sample(sample.id[:14]).id == sample.id
    for start, said in (("", "more than one"), ("zz", "no recipe"), (sample.id + "0", "no recipe"), ("%", "no recipe")):
        with pytest.raises(MintageError, match=said):
            many.ledger.sample(start)


# ── beside a writer, killed, damaged ────────────────────────────────────────────────────────────────────────────────


def test_readers_work_beside_a_writer_and_see_whole_commits(trial: Trial) -> None:
    trial.order(rows({"dog": 60}))
    stop = threading.Event()
    wrong: list[str] = []

    def read() -> None:
        while not stop.is_set():
            reader = reopened(trial)
            total = sum(n for _, _, _, n in reader.states())
            if total != 60:
                wrong.append(f"{total} slots")
            if any(s.verdict is None or "image" not in s.facts for _, s in reader.samples(state="kept")):
                wrong.append("a kept sample without an image")
            reader.difference(rows({"dog": 61}))
            reader.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        trial.fill(mixed)
    finally:
        stop.set()
        thread.join()
    assert wrong == []
    assert sum(trial.states().values()) == 60


def test_an_open_transaction_of_the_maker_does_not_stop_a_reader(trial: Trial) -> None:
    trial.order(rows({"dog": 3}))
    trial.ledger.db.execute("BEGIN IMMEDIATE")
    reader = reopened(trial)
    assert len(reader.difference(rows({"dog": 5})).new) == 1
    assert list(reader.samples()) == []
    reader.close()
    trial.ledger.db.execute("ROLLBACK")


def test_a_reader_cannot_write(trial: Trial) -> None:
    trial.order(rows({"dog": 1}))
    reader = reopened(trial)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.db.execute("INSERT INTO meta VALUES ('a', 'b')")
    reader.close()


@pytest.mark.parametrize("damage", ["text", "zeros", "cut", "half a header"])
@pytest.mark.parametrize("opens", [Ledger, LedgerReader])
def test_a_damaged_file_is_said_and_left_alone(tmp_path: Path, damage: str, opens: type[LedgerReader]) -> None:
    trial = Trial(tmp_path)
    trial.order(rows({"dog": 30}))
    trial.ledger.close()
    path = tmp_path / "ledger.db"
    data = path.read_bytes()
    path.write_bytes(
        {
            "text": b"this is a text file, and rather a long one\n" * 100,
            "zeros": bytes(len(data)),
            "cut": data[:5000],
            "half a header": data[:60],
        }[damage]
    )
    before = path.read_bytes()
    with pytest.raises(MintageError, match="is no ledger"):
        opens(tmp_path)
    assert path.read_bytes() == before


def test_a_ledger_of_a_newer_version_is_refused_by_both_and_unchanged(trial: Trial) -> None:
    trial.ledger.db.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    for opens in (Ledger, LedgerReader):
        with pytest.raises(MintageError, match="newer Mintage") as caught:
            opens(trial.ledger.folder)
        assert caught.value.problems[0].type_this == "pip install -U mintage"


def test_another_programs_database_gets_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE mine (a)")
    other.commit()
    other.close()
    for opens in (Ledger, LedgerReader):
        with pytest.raises(MintageError):
            opens(tmp_path)
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    other.close()


def test_without_a_ledger_a_reader_says_what_to_type_and_makes_none(tmp_path: Path) -> None:
    for empty in (False, True):
        if empty:
            (tmp_path / "ledger.db").touch()  # killed before its first page
        with pytest.raises(MintageError, match="nothing is made") as caught:
            LedgerReader(tmp_path)
        assert caught.value.problems[0].type_this.startswith("mintage run")
    Ledger(tmp_path).close()


def pages(ledger: Ledger) -> int:
    ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return int(ledger.db.execute("PRAGMA page_count").fetchone()[0])


def test_a_full_disk_is_said_and_nothing_that_was_finished_is_lost(trial: Trial) -> None:
    trial.order(rows({"dog": 200}))
    trial.ledger.begin(1000, recipes())
    trial.ledger.db.execute(f"PRAGMA max_page_count={pages(trial.ledger) + 6}")
    finished: list[Fact] = []
    with pytest.raises(MintageError, match="the disk is full") as caught:
        while True:
            for _, sample in trial.ledger.due("words", limit=5):
                finished += trial.ledger.add([replace(trial.word(sample), value={"prompt": "dog " * 500})])
            trial.step(mixed)
            trial.ledger.begin(1000, recipes())
    assert "nothing finished is lost" in caught.value.problems[0].expected
    assert len(finished) > 3
    assert not trial.ledger.db.in_transaction
    numbers = {n for (n,) in trial.table("SELECT number FROM facts")}
    assert {f.number for f in finished} <= numbers
    assert trial.table("PRAGMA integrity_check") == [("ok",)]
    before = standing(trial)
    trial.ledger.db.execute("PRAGMA max_page_count=1000000")  # space is freed
    wipe(trial)
    trial.ledger.refresh(POLICY)
    assert standing(trial) == before
    trial.fill(mixed)
    assert trial.states().get("open", 0) == trial.states().get("due", 0) == 0


@pytest.mark.parametrize("room", [0, 2, 8])
def test_a_disk_that_is_full_during_an_order_leaves_the_earlier_order(trial: Trial, room: int) -> None:
    trial.order(rows({"dog": 20}), "small")
    trial.fill()
    before = standing(trial), trial.table("SELECT count(*) FROM changes")
    trial.ledger.db.execute(f"PRAGMA max_page_count={pages(trial.ledger) + room}")
    with pytest.raises(MintageError, match="the disk is full"):
        trial.ledger.order(rows({"dog": 5000}), {"name": "big"}, POLICY)
    assert (standing(trial), trial.table("SELECT count(*) FROM changes")) == before
    assert trial.ledger.newest("order").value == {"name": "small"}  # type: ignore[union-attr]
    trial.ledger.db.execute("PRAGMA max_page_count=1000000")
    assert trial.order(rows({"dog": 500})).new == {"dog": 480}


# ── vectors ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def scored(trial: Trial, sample: Sample, space: str = "clip", size: int = 8) -> tuple[Fact, np.ndarray[Any, Any]]:
    vector = np.random.default_rng(sample.recipe.seed).normal(size=size)
    return replace(trial.score(sample, 0.9), vector=(space, vector)), vector.astype("<f4")


def imaged(trial: Trial, count: int) -> list[Sample]:
    trial.order(rows({"dog": count}))
    trial.ledger.begin(count, recipes())
    for name in ("words", "image"):
        trial.ledger.add([(trial.word if name == "words" else trial.image)(s) for _, s in trial.ledger.due(name)])
    return [s for _, s in trial.ledger.due("score.s")]


def test_vectors_survive_closing_and_are_read_beside_the_maker(trial: Trial) -> None:
    samples = imaged(trial, 10)
    facts = [scored(trial, s) for s in samples]
    trial.ledger.add([f for f, _ in facts[:5]])
    reader = reopened(trial)
    images = [s.facts["image"].number for s in samples]
    assert set(reader.vectors.get("clip", images)) == set(images[:5])
    trial.reopen()
    trial.ledger.add([f for f, _ in facts[5:]])
    found = reader.vectors.get("clip", images)
    assert {n: data == vector.tobytes() for (n, data), (_, vector) in zip(found.items(), facts, strict=True)} == (
        dict.fromkeys(images, True)
    )
    assert reader.vectors.get("other", images) == {}
    assert reader.vectors.get("clip", []) == {}
    reader.close()


def test_a_torn_tail_that_a_kill_left_is_overwritten(trial: Trial) -> None:
    samples = imaged(trial, 4)
    trial.ledger.add([scored(trial, s)[0] for s in samples[:2]])
    trial.ledger.close()
    path = trial.ledger.vectors.path("clip")
    path.write_bytes(path.read_bytes() + b"\x01" * 41)  # one row that nothing names, and part of another
    trial.reopen()
    last = [scored(trial, s) for s in samples[2:]]
    trial.ledger.add([f for f, _ in last])
    images = [s.facts["image"].number for s in samples]
    found = trial.ledger.vectors.get("clip", images)
    assert [found[n] for n in images[2:]] == [v.tobytes() for _, v in last]
    assert path.stat().st_size == 4 * 32 or path.read_bytes()[: 4 * 32].count(b"\x01" * 8) == 0


def test_damaged_rows_are_left_out_and_the_others_stay(trial: Trial) -> None:
    samples = imaged(trial, 4)
    trial.ledger.add([scored(trial, s)[0] for s in samples])
    images = [s.facts["image"].number for s in samples]
    path = trial.ledger.vectors.path("clip")
    data = path.read_bytes()
    path.write_bytes(data[:32] + bytes(32) + data[64 : 3 * 32 + 7])
    assert set(trial.ledger.vectors.get("clip", images)) == {images[0], images[2]}
    path.unlink()
    assert trial.ledger.vectors.get("clip", images) == {}


def test_vectors_put_after_a_transaction_that_failed_are_found(trial: Trial) -> None:
    samples = imaged(trial, 2)
    with pytest.raises(KeyError):
        trial.ledger.add([scored(trial, samples[0])[0], Fact("nobody", "words", "done")])
    fact, vector = scored(trial, samples[1])
    trial.ledger.add([fact])
    image = samples[1].facts["image"].number
    assert trial.ledger.vectors.get("clip", [image]) == {image: vector.tobytes()}


def test_a_vector_of_another_length_is_refused_and_harms_no_neighbour(trial: Trial) -> None:
    samples = imaged(trial, 3)
    first, vector = scored(trial, samples[0])
    trial.ledger.add([first])
    with pytest.raises(ValueError, match="9 numbers"):
        trial.ledger.add([scored(trial, samples[1], size=9)[0]])
    trial.ledger.add([scored(trial, samples[2])[0]])
    images = [s.facts["image"].number for s in samples]
    found = trial.ledger.vectors.get("clip", images)
    assert set(found) == {images[0], images[2]}
    assert found[images[0]] == vector.tobytes()


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is a Linux device")
def test_a_disk_that_is_full_for_vectors_is_said_and_the_facts_wait(trial: Trial) -> None:
    samples = imaged(trial, 1)
    path = trial.ledger.vectors.path("clip")
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    with pytest.raises(MintageError, match="the disk is full") as caught:
        trial.ledger.add([scored(trial, samples[0])[0]])
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert [s.id for _, s in trial.ledger.due("score.s")] == [samples[0].id]


# ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_never_changes_and_an_equal_one_is_taken_again(trial: Trial) -> None:
    trial.order(rows({"dog": 6}))
    trial.fill()
    one = trial.ledger.freeze({"policy": "p"})
    before = [(s.id, label, sha) for s, label, sha in trial.ledger.listed(one)]
    assert len(before) == trial.ledger.listed_count(one) == 6
    assert trial.ledger.freeze({"policy": "p"}) == one
    assert trial.ledger.freeze({"policy": "q"}) != one
    trial.order(rows({"dog": 8}), "more")
    trial.fill()
    two = trial.ledger.freeze({"policy": "q"})
    assert trial.ledger.listed_count(two) == 8
    assert [(s.id, label, sha) for s, label, sha in trial.ledger.listed(one)] == before


def test_a_renamed_class_or_another_picture_makes_another_list(trial: Trial) -> None:
    trial.order(rows({"dog": 2}))
    trial.fill()
    one = trial.ledger.freeze({})
    trial.ledger.labels = lambda recipe: "hound"
    two = trial.ledger.freeze({})
    assert two != one
    assert {label for _, label, _ in trial.ledger.listed(two)} == {"hound"}
    sample = next(s for s, _, _ in trial.ledger.listed(two))
    trial.ledger.add([replace(trial.image(sample), value={"path": "new.png", "sha256": "f" * 64})])
    trial.step(passing)
    three = trial.ledger.freeze({})
    assert three != two
    assert "f" * 64 in {sha for _, _, sha in trial.ledger.listed(three)}


def test_what_is_listed_keeps_its_slot_when_a_lower_attempt_comes_to_pass(trial: Trial) -> None:
    trial.order(rows({"dog": 30}))
    trial.fill(lambda s: 0.4 if s.recipe.attempt == 0 else 0.9)
    kept = trial.kept()
    trial.ledger.freeze({})
    low: Policy = replace(POLICY, floors=(Floor("s", "p", 0.3),))
    trial.ledger.refresh(low)
    assert trial.kept() == kept
    trial.ledger.refresh(replace(POLICY, floors=(Floor("s", "p", 0.95),)))
    assert trial.kept() == set()
    trial.ledger.refresh(low)
    assert trial.kept() == kept


def test_a_second_writer_waits_until_the_first_has_committed(trial: Trial) -> None:
    trial.order(rows({"dog": 1}))
    trial.ledger.db.execute("BEGIN IMMEDIATE")
    noted = threading.Event()

    def note() -> None:
        ledger = Ledger(trial.ledger.folder)
        ledger.note("export", {"to": "x"})
        ledger.close()
        noted.set()

    thread = threading.Thread(target=note)
    thread.start()
    assert not noted.wait(0.3)
    trial.ledger.db.execute("COMMIT")
    thread.join()
    assert [f.value for f in trial.ledger.all("export")] == [{"to": "x"}]
