"""Prompts as a person edits them: checked, then added as new facts; what stood on the old ones no longer counts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

from mintage.core.decide import COPIED, PERSON, PUT_BACK
from mintage.core.errors import MintageError, Problem, shown
from mintage.core.ledger import Ledger
from mintage.core.ledger_words import PAGE, Worded, worded_as, words_of
from mintage.core.passing import Atom, Brief
from mintage.core.plan import PROBE
from mintage.core.recipe import Fact
from mintage.core.safety import unsafe
from mintage.core.spec import DatasetSpec
from mintage.results.prompts import Briefs, Prompt, Told
from mintage.stages.words import SAME
from mintage.wording.checks import tells
from mintage.wording.parsing import atoms, parse
from mintage.wording.text import clean, named, occurs, same

EDITED = "edited"
"""The note of words that a person wrote."""

MOST_ATOMS = 8
"""So many are added to those of the brief."""


@dataclass(frozen=True)
class Edit:
    """What a prompt is to be; `recipe_id` whole."""

    recipe_id: str
    prompt: str
    negative: str


@dataclass(frozen=True)
class Edited:
    """A prompt before, and what it is now. `wrong`: what the checks say of it. `put_back`: it had the same words once,
    and the image that was made from them counts again."""

    was: Prompt
    prompt: str
    negative: str
    wrong: str = ""
    put_back: bool = False


@dataclass(frozen=True)
class Edits:
    """What was edited. `unmade`: images that no longer count; `cost`: the most that making them again costs in dollars,
    None where nobody can say."""

    done: tuple[Edited, ...]
    same: int = 0
    cost: float | None = 0.0

    @property
    def unmade(self) -> tuple[str, ...]:
        return tuple(e.was.image for e in self.done if e.was.image)


def holder(ledger: Ledger, which: str) -> Worded:
    """The words that an id, or its beginning, names.

    Raises:
        MintageError: none or several begin so, or it is not what fills or holds a slot of the set.
    """
    if not which.strip():
        raise MintageError("it is not said which prompt is meant", expected="an id or its beginning, as listed")
    sample = ledger.sample(which.strip())
    found = worded_as(ledger, [sample.id]).get(sample.id)
    if found is None:
        why = "has no words yet" if "words" not in sample.facts else "is not what fills or holds a slot of the set now"
        typed = f"mintage prompts {shown(ledger.folder)} --of '{sample.label}'"
        raise MintageError(f"{sample.id} {why}", expected="an id that is listed", type_this=typed)
    return found


def edit_one(ledger: Ledger, spec: DatasetSpec, which: str, to: str) -> Edits:
    """Give one prompt other words; its negative stays.

    Raises:
        MintageError: no such prompt, or words that cannot be taken.
    """
    one, briefs = holder(ledger, which), Briefs(spec)
    said = mistake(briefs, one, to, one.negative)
    if said is not None:
        raise MintageError(said)
    if clean(to) == one.prompt:
        return Edits((), same=1)
    return apply(ledger, briefs, [Edit(one.recipe_id, to, one.negative)])


def put_back(ledger: Ledger, spec: DatasetSpec, which: str) -> Edits:
    """Give a prompt the words that it had before its last edit, and the image that was made from them.

    Raises:
        MintageError: it was not edited.
    """
    one, briefs = holder(ledger, which), Briefs(spec)
    stack: list[Fact] = []
    for words in words_of(ledger, one.recipe_id):
        if words.note.startswith(PUT_BACK) and len(stack) > 1:
            stack.pop()
        else:
            stack.append(words)
    if len(stack) < 2 or stack[-1].note != EDITED:
        copied = one.words.made_by == PERSON and one.words.note.startswith(COPIED)
        why = "has the edited words of an earlier attempt, whose own are gone by" if copied else "was not edited"
        typed = f"mintage prompts {shown(ledger.folder)} --edit {one.recipe_id[:12]} --to '…'" if copied else ""
        raise MintageError(f"{one.recipe_id} {why}", expected="a prompt with edited words", type_this=typed)
    before = stack[-2]
    words = Fact(one.recipe_id, "words", "done", before.value, made_by=before.made_by, note=PUT_BACK)
    return _added(ledger, briefs, [(one, words)])


def mistake(briefs: Briefs, one: Worded, prompt: str, negative: str) -> Problem | None:
    """Why a prompt cannot get these words; None: it can."""
    technique = one.slot.technique
    if not briefs.reads(technique):
        found = f"no engine reads the words of {technique}: its pictures are put together from others"
        return Problem(found, one.recipe_id, "a prompt of another technique")
    if technique == PROBE:
        found = "a probe shows a thing by itself, to compare with; its words are no part of the set"
        return Problem(found, one.recipe_id, "a prompt of another technique")
    if any("\ud800" <= letter <= "\udfff" for letter in prompt + negative):
        return Problem("it holds half of a character", one.recipe_id, "text in UTF-8")
    if not clean(prompt):
        return Problem("the prompt is empty", one.recipe_id, "words")
    word = unsafe(prompt, off=briefs.spec.safety == "off")
    if word:
        expected = "other words" + ("" if briefs.spec.safety == "off" else ", or safety: off in dataset.yaml")
        return Problem(f"the prompt says {word!r}, which is not drawn", one.recipe_id, expected)
    return None


def apply(ledger: Ledger, briefs: Briefs, edits: Sequence[Edit], tell: Told = lambda done, total: None) -> Edits:
    """Add edits that were checked, as new facts, some hundred at a time: a maker that goes on need not wait long."""
    done: list[Edited] = []
    unsure, cost = False, 0.0
    for start in range(0, len(edits), PAGE):
        part = edits[start : start + PAGE]
        there = worded_as(ledger, [e.recipe_id for e in part])
        pairs = [(there[e.recipe_id], _words(briefs, there[e.recipe_id], e)) for e in part if e.recipe_id in there]
        added = _added(ledger, briefs, pairs)
        done += added.done
        unsure, cost = unsure or added.cost is None, cost + (added.cost or 0.0)
        tell(start + len(part), len(edits))
    return Edits(tuple(done), cost=None if unsure else cost)


def _words(briefs: Briefs, one: Worded, edit: Edit) -> Fact:
    """The fact of an edit; what is asked of its picture is what the new words still tell."""
    prompt, brief = clean(edit.prompt), briefs.brief(one.recipe)
    told = [value for value in brief.attributes.values() if tells(value, prompt)]
    value = {
        "prompt": prompt,
        "negative": clean(edit.negative),
        "caption": ", ".join([brief.subject, *told]),
        "atoms": [asdict(atom) for atom in _atoms(brief, prompt)],
    }
    return Fact(one.recipe_id, "words", "done", value, made_by=PERSON, note=EDITED)


def _atoms(brief: Brief, prompt: str) -> list[Atom]:
    """Of the brief those that the prompt still tells, and its object in any case: that is the label. Then what else the
    prompt says, as far as a parser reads it."""
    text = same(prompt)

    def is_told(atom: Atom) -> bool:
        if atom.kind == "text":
            return occurs(same(atom.text), text)
        return named(atom.text, text) if atom.kind == "object" else tells(atom.text, prompt)

    kept = [atom for i, atom in enumerate(brief.atoms) if (i == 0 and atom.kind == "object") or is_told(atom)]
    asked = {same(atom.question) for atom in kept} | {(atom.kind, same(atom.text)) for atom in kept}
    more = [a for a in atoms(parse(prompt)) if same(a.question) not in asked and (a.kind, same(a.text)) not in asked]
    return kept + more[:MOST_ATOMS]


def _added(ledger: Ledger, briefs: Briefs, pairs: Sequence[tuple[Worded, Fact]]) -> Edits:
    """Commit new words, and again the images that were once made from the same ones and are still there."""
    committed = ledger.add([words for _, words in pairs])
    images = [_image_of(ledger, one, words) for (one, _), words in zip(pairs, committed, strict=True)]
    ledger.add([image for image in images if image is not None])
    done, cost = [], 0.0
    for (one, words), image in zip(pairs, images, strict=True):
        was, prompt = briefs.row(one), str(words.value["prompt"])
        wrong = briefs.wrong(one.recipe, prompt) or (SAME if _is_taken(ledger, briefs, one, prompt) else "")
        done.append(Edited(was, prompt, str(words.value.get("negative", "")), wrong, image is not None))
        if was.image and image is None:
            price = briefs.price(one)
            cost += inf if price is None else price
    return Edits(tuple(done), cost=cost if cost < inf else None)


def _image_of(ledger: Ledger, one: Worded, words: Fact) -> Fact | None:
    """The image that the recipe made from the same words before, about the new fact; None: none, or it is gone."""
    said = (words.value["prompt"], words.value.get("negative", ""))
    for before in reversed(words_of(ledger, one.recipe_id)):
        if (before.value["prompt"], before.value.get("negative", "")) != said or before.number == words.number:
            continue
        made = [f for f in one.images if f.about == before.number and f.outcome == "done"]
        if made and Path(ledger.folder, *made[-1].value["path"].split("/")).is_file():
            value, by = made[-1].value, made[-1].made_by
            return Fact(one.recipe_id, "image", "done", value, words.number, by, PUT_BACK)
    return None


def _is_taken(ledger: Ledger, briefs: Briefs, one: Worded, prompt: str) -> bool:
    """Whether another slot of its class, which shows something else, has the same prompt."""
    mine = briefs.brief(one.recipe)
    return any(
        briefs.brief(r) != mine
        for r in ledger.saying(one.recipe, prompt)
        if r.slot.technique in briefs.spec.used_techniques
    )
