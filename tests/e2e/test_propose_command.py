"""`mintage propose` at a scripted chat server: what is refused, asked again, paid, lost, and put into the file."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.servers.chat import ChatShop
from tests.servers.loopback import Loopback

from mintage.core.ledger_reading import LedgerReader
from mintage.core.lock import MakerLock
from mintage.core.specfile import parse
from mintage.run import Run
from paid_trial import environment
from trial import ended, kill_at

PRICE = 0.01
"""Dollars for a request."""

Doubted = tuple[str, list[str]]
"""A value, and the classes that it is not for."""

HEAD = """\
# a small zoo
name: zoo
classes:
  lemon: {images: 3, kind: fruit, lookalikes: [tennis ball]}   # sour
  wing chair: {images: 3, kind: furniture, called: armchair, synonyms: [fauteuil]}
axes:
  environment: [on grass, "at night"]
"""
TAIL = "make: flat\nscore: [technical]\nseed: 1\n"


@dataclass
class Script:
    """What the model says: to questions for values one answer after another, the last again and again.

    `odd`: value → class, when it is asked whether values suit. `asked`: (kind, data) of every question. `then` is
    called before an answer leaves.
    """

    values: Sequence[Sequence[str | Doubted]] = ()
    odd: Mapping[str, str] = field(default_factory=dict)
    lookalikes: Sequence[str] = ()
    meanings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def __call__(self, messages: list[Mapping[str, str]]) -> str:
        told = json.loads(messages[-1]["content"])
        kind = ("values" if "axis" in told else "lookalikes") if "count" in told else "suits"
        kind = kind if "axis" in told or "count" in told else "meaning"
        self.asked.append((kind, told))
        self.then()
        if kind == "meaning":
            first, second = self.meanings[told["class"]]
            return json.dumps({"kind": first, "description": second})
        if kind == "lookalikes":
            return json.dumps({"values": [{"value": word} for word in self.lookalikes]})
        if kind == "suits":
            said: list[Doubted] = [(v, [self.odd[v]] if v in self.odd else []) for v in told["have"]]
        else:
            turn = sum(k == "values" for k, _ in self.asked) - 1
            words = self.values[min(turn, len(self.values) - 1)]
            said = [(word, []) if isinstance(word, str) else word for word in words]
        return json.dumps({"values": [{"value": v, "not_for": names} for v, names in said]})

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.asked]


@dataclass
class Zoo:
    folder: Path
    script: Script
    capsys: pytest.CaptureFixture[str]
    server: Loopback
    shop: ChatShop

    @property
    def file(self) -> Path:
        return self.folder / "dataset.yaml"

    @property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    def write(self, axes: str, more: str = "", head: str = HEAD, price: float = PRICE) -> None:
        model = f'write: {{use: openai, model: gpt-6-luna, base_url: "{self.server.url}/v1", price: {price}}}\n'
        self.folder.mkdir(exist_ok=True)
        self.file.write_text(head + axes + model + more + TAIL, encoding="utf-8")

    def propose(self, *arguments: str) -> tuple[int, str]:
        return ended(self.capsys, "propose", str(self.folder), *arguments)

    def spent(self) -> float:
        ledger = LedgerReader(self.folder)
        try:
            return sum(cost for _, _, cost in ledger.spent().values())
        finally:
            ledger.close()


@pytest.fixture
def zoo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Zoo]]:
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    opened: list[Loopback] = []

    def begin(axes: str = "  action: auto\n", more: str = "", **script: Any) -> Zoo:
        said = Script(**script)
        shop = ChatShop(answers=said)
        server = Loopback(shop.app)
        opened.append(server)
        server.__enter__()
        made = Zoo(tmp_path / "zoo", said, capsys, server, shop)
        made.write(axes, more)
        return made

    yield begin
    for server in opened:
        server.__exit__()


TODAY = time.strftime("%Y-%m-%d")


def test_what_names_a_class_repeats_or_suits_one_class_is_refused_and_asked_again(zoo: Callable[..., Zoo]) -> None:
    first: list[str | Doubted] = [
        "next to lemons",
        "on an armchair",
        "beside a fauteuil",
        "like tennis balls",
        "among fruits",
        "on the grass",
        "photo",
        "of photo",
        "",
        "**bold**",
        "one two three four five six seven eight nine",
        "лежит",
        "naked person",
        ("being peeled", ["lemon"]),
        "lying down",
    ]
    z = zoo(
        values=[first, ["upside down", "with legs apart"], ["hanging from a rope"]], odd={"with legs apart": "lemon"}
    )
    z.write("  style: [photo, painting]\n  action: auto   # what it does\n")
    before = z.text
    code, said = z.propose("--values", "3")
    assert code == 0, said
    assert z.text == before.replace(
        "  action: auto   # what it does",
        f"  # by openai gpt-6-luna, {TODAY}\n  action: [lying down, upside down, hanging from a rope]   # what it does",
    )
    assert z.script.kinds() == ["values", "suits"] * 3
    second = z.script.asked[2][1]
    assert second["count"] == 2 and second["have"] == ["lying down"]
    why = second["refused"]
    assert why["next to lemons"] == "it names the class 'lemon'"
    assert "which is the class 'wing chair'" in why["on an armchair"] and "fauteuil" in why["beside a fauteuil"]
    assert "look-alike" in why["like tennis balls"] and "kind" in why["among fruits"]
    assert why["on the grass"] == "it repeats 'on grass' of environment" and "of style" in why["of photo"]
    assert "plain text" in why["**bold**"] and "8 words" in why["one two three four five six seven eight nine"]
    assert "Cyrillic" in why["лежит"] and "not drawn" in why["naked person"]
    assert why["being peeled"] == "it does not suit 'lemon'"
    assert z.script.asked[4][1]["refused"]["with legs apart"] == "it does not suit 'lemon'"
    assert z.script.asked[1][1]["have"] == ["lying down"], "what was refused is not asked about"
    assert "refused for axes.action" in said and "cost: $0.06" in said and "mintage plan" in said
    assert z.spent() == pytest.approx(6 * PRICE)


def test_a_writer_is_asked_again_twice_at_most_and_what_there_is_is_taken(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down", "lemon"], ["armchairs in a row", "a lemon"]])
    code, said = z.propose("--values", "4")
    assert z.script.kinds().count("values") == 3
    assert code == 0 and "axes.action has 1 of 4" in said
    assert list(parse(z.text).levels["action"]) == ["upside down"]


def test_if_nothing_is_left_the_file_stays_and_the_user_is_told_what_to_type(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["lemon"], ["a lemon"], ["lemons"]])
    before = z.text
    code, said = z.propose()
    assert code == 2 and "dataset.yaml:8" in said and "it names the class 'lemon'" in said
    assert "axes: {action: [VALUE, VALUE]}" in said and z.text == before
    assert "have a model write" not in said, "a model did"
    z.propose()
    assert z.script.kinds().count("values") == 6, "who asks again wants new answers"


def test_an_answer_of_no_use_is_paid_and_asked_for_again(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down", "lying down"]])
    z.server.faults.extend([{"content": "prose"}, {}, {"content": "truncated"}])
    code, said = z.propose("--values", "2")
    assert code == 0 and list(parse(z.text).levels["action"]) == ["upside down", "lying down"], said
    assert len(z.shop.delivered) == 4 and "cost: $0.04" in said


def test_the_budget_holds_and_what_was_answered_is_not_bought_again(zoo: Callable[..., Zoo]) -> None:
    values = [["upside down", "lying down"], ["dim light", "soft light"]]
    z = zoo("  action: auto\n  light: auto\n", "budget: {dollars: 0.035}\n", values=values)
    code, said = z.propose("--values", "2")
    assert code == 3 and "stopped by the budget" in said and z.spent() == pytest.approx(0.03), said
    spec = parse(z.text)
    assert list(spec.levels) == ["environment", "action"] and spec.axes["light"] == {}
    z.file.write_text(z.text.replace("dollars: 0.035", "dollars: 1"), encoding="utf-8")
    assert z.propose("--values", "2")[0] == 0
    assert z.script.kinds() == ["values", "suits", "values", "suits"], "a paid answer was asked for again"
    assert z.spent() == pytest.approx(0.04)
    assert z.propose()[0] == 0 and len(z.script.asked) == 4


def test_a_budget_needs_a_price(zoo: Callable[..., Zoo]) -> None:
    z = zoo(more="budget: {dollars: 1}\n", values=[["upside down"]])
    z.file.write_text(z.text.replace(", price: 0.01", "").replace("gpt-6-luna", "luna"), encoding="utf-8")
    code, said = z.propose()
    assert code == 2 and "nobody can say what 'luna' costs" in said and not z.script.asked


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
@pytest.mark.parametrize(
    ("point", "asked", "lost"),
    [
        ("after proposal sent committed", 0, 1),
        ("before reply read", 1, 1),
        ("before proposal committed", 1, 1),
        ("after proposal committed", 1, 0),
    ],
)
def test_a_kill_between_request_and_answer_costs_its_bound_and_no_answer_is_bought_twice(
    point: str, asked: int, lost: int, zoo: Callable[..., Zoo]
) -> None:
    z = zoo(values=[["upside down", "lying down"]])
    before = z.text
    kill_at(point, 1, "propose", str(z.folder), "--values", "2", env=environment())
    while z.server.now:
        time.sleep(0.01)
    assert z.text == before and len(z.script.asked) == asked
    code, said = z.propose("--values", "2")
    assert code == 0 and z.text != before
    assert z.script.kinds().count("values") == asked + lost, "a committed answer was asked for again"
    assert z.spent() == pytest.approx(PRICE * (2 + lost))
    assert ("at most $0.01 more were in flight" in said) == bool(lost)
    assert ("1 answers of an earlier call" in said) == (not lost)


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_a_request_that_was_taken_back_and_sent_again_is_lost_once(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down", "lying down"]])
    z.server.faults.append({"status": 429, "headers": {"retry-after": "0"}})
    kill_at("before reply read", 2, "propose", str(z.folder), env=environment())
    z.propose("--values", "2")
    assert z.spent() == pytest.approx(3 * PRICE)


def test_of_many_classes_those_get_a_meaning_that_the_budget_bears(zoo: Callable[..., Zoo]) -> None:
    names = ["crane", "nail", "mouse", "bat", "seal"]
    z = zoo(meanings=dict.fromkeys(names, ("thing", "a grey thing on two legs")))
    head = "name: many\nclasses:\n" + "".join(f"  {name}: 2\n" for name in names)
    z.write("", "budget: {dollars: 0.03}\n", head)
    code, said = z.propose()
    assert code == 3 and sum(c.kind == "thing" for c in parse(z.text).classes.values()) == 3, said
    z.file.write_text(z.text.replace("0.03", "0.05"), encoding="utf-8")
    assert z.propose()[0] == 0 and all(c.kind for c in parse(z.text).classes.values())
    assert len(z.script.asked) == 5 and z.spent() == pytest.approx(0.05)


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_a_run_counts_what_a_dead_proposal_had_sent(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down"]])
    kill_at("before reply read", 1, "propose", str(z.folder), env=environment())
    z.file.write_text(re.sub("write: .*", "write: grammar", z.text), encoding="utf-8")
    assert "at most $0.01" in ended(z.capsys, "run", str(z.folder))[1]
    assert z.spent() == pytest.approx(PRICE)
    said = ended(z.capsys, "status", str(z.folder))[1]
    assert "spent: $0.01" in said and "1 answers that got lost" in said


def test_plan_shows_what_proposing_cost_before_anything_is_made(zoo: Callable[..., Zoo]) -> None:
    z = zoo(more="budget: {dollars: 5}\n", values=[["upside down"]])
    assert "auto is left out until mintage propose" in str(Run(z.folder).plan())
    z.propose("--values", "2")
    assert "$0.04 spent" in str(Run(z.folder).plan()), str(Run(z.folder).plan())


def test_a_file_that_is_edited_meanwhile_is_left_alone(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down", "lying down"]])
    edited = z.text.replace("seed: 1", "seed: 2")

    def edit() -> None:
        z.file.write_text(edited, encoding="utf-8")

    z.script.then = edit
    code, said = z.propose("--values", "2")
    assert code == 2 and "was changed while the writer was asked" in said
    assert z.text == edited and len(z.script.asked) == 2
    assert z.propose("--values", "2")[0] == 0
    assert len(z.script.asked) == 2, "the answers fit still, and are paid"
    assert list(parse(z.text).levels["action"]) == ["upside down", "lying down"] and parse(z.text).seed == 2


def test_a_file_that_is_gone_meanwhile_is_told_and_its_answers_stay(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down", "lying down"]])
    before = z.text
    z.script.then = lambda: z.file.unlink(missing_ok=True)
    code, said = z.propose("--values", "2")
    assert code == 2 and "was changed while the writer was asked" in said and not z.file.exists()
    z.script.then = lambda: None
    z.file.write_text(before, encoding="utf-8")
    assert z.propose("--values", "2")[0] == 0 and len(z.script.asked) == 2


def test_a_class_that_is_an_alias_is_told_before_anything_is_paid(zoo: Callable[..., Zoo]) -> None:
    z = zoo(meanings={"crane": ("bird", "a tall bird"), "nail": ("fastener", "a thin bit of steel")})
    z.write("", head="name: x\nclasses:\n  crane: &same {images: 2}\n  nail: *same\n")
    code, said = z.propose()
    assert code == 2 and not z.script.asked
    assert "nothing can be put into it" in said and "by hand: classes.crane.kind: VALUE" in said, said


def test_what_a_writer_says_again_is_not_told_as_refused(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down"], ["upside down", "lying down"]])
    code, said = z.propose("--values", "2")
    assert code == 0 and "refused" not in said, said
    assert list(parse(z.text).levels["action"]) == ["upside down", "lying down"]


def test_where_nothing_is_open_nothing_is_asked(zoo: Callable[..., Zoo]) -> None:
    z = zoo("")
    before = z.text
    code, said = z.propose()
    assert code == 0 and "nothing to propose" in said and z.text == before
    assert not z.script.asked and [p.name for p in z.folder.iterdir()] == ["dataset.yaml"]


def test_meanings_come_first_and_look_alikes_that_are_the_class_are_refused(zoo: Callable[..., Zoo]) -> None:
    z = zoo(
        meanings={"crane": ("bird", "a tall wading bird, grey."), "nail": ("fastener", "a thin crane of steel")},
        lookalikes=["crane", "heron", "birds", "herons", "flagpole", "umbrella", "ladder"],
    )
    head = "name: birds\nclasses:\n  crane: 2\n  nail: {images: 2, techniques: {vanilla: 1}}\n"
    z.write("", "techniques: {vanilla: 1, lookalike: 0.5}\n", head)
    code, said = z.propose()
    crane = parse(z.text).classes["crane"]
    assert (crane.kind, crane.description) == ("bird", "a tall wading bird, grey")
    assert crane.lookalikes == ["heron", "flagpole", "umbrella"]
    assert code == 0 and "no meaning for nail" in said and "its description: it names the class 'crane'" in said
    assert z.script.kinds() == ["meaning"] * 4 + ["lookalikes"]
    assert z.script.asked[-1][1]["classes"]["crane"] == "bird, a tall wading bird, grey"
    assert "crane: {images: 2, kind: bird" in z.text and f"# by openai gpt-6-luna, {TODAY}" in z.text
    assert ended(z.capsys, "plan", str(z.folder))[0] == 0


def test_a_server_that_refuses_is_quoted(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down"]])
    z.server.faults.append({"content": "refusal"})
    code, said = z.propose()
    assert code == 2 and "I can't write about that." in said


@pytest.mark.slow
def test_a_server_that_is_gone_costs_nothing_and_changes_nothing(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down"]])
    z.write("  action: auto\n")
    z.file.write_text(z.text.replace(", price", ", timeout: 2, patience: 1, price"), encoding="utf-8")
    z.server.__exit__()
    before = z.text
    code, said = z.propose()
    assert code == 2 and z.text == before and z.spent() == 0, said


def test_beside_a_run_nothing_is_asked(zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down"]])
    with MakerLock(z.folder):
        code, said = z.propose()
    assert code == 2 and "is being made by process" in said and not z.script.asked


@pytest.mark.parametrize("values", ["1", "31", "-2"])
def test_odd_numbers_of_values_are_refused(values: str, zoo: Callable[..., Zoo]) -> None:
    z = zoo(values=[["upside down"]])
    code, said = z.propose(f"--values={values}")
    assert code == 2 and "from 2 to 30" in said
