"""Words prompts by rules: no model, no cost, the same words for the same recipe on every machine."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, product
from math import prod
from typing import Any

from pydantic import Field, field_validator

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.ports import Brief, Briefed, Failed, Proposed, Question, Wrote
from mintage.core.recipe import OTHER, digest
from mintage.core.template import template_mistakes
from mintage.writers._fill import fill_order, fill_template
from mintage.writers._grammar_proposing import answers
from mintage.writers._phrases import Piece, piece
from mintage.writers._sentence import Said, Thing, alike, caption, closed, sentence

_TAILS = ("clearly visible", "in sharp focus", "in plain view")
_MOST_ROWS = 512

Wording = tuple[str, str]
"""The name that the sentence uses for the thing, and what is added behind it after a refusal."""


class GrammarOptions(ports.Options):
    """How `grammar` words prompts.

    `vocabulary`: kind of thing (or `any`) → `article`, or an axis → its phrase, with {} for the value. `frames`:
    further sentences like the spec's `template`; a slot takes one by its number. `describe`: say a class's description
    behind its name. `medium`: what a picture is when no axis says its style.
    """

    vocabulary: dict[str, dict[str, str]] = Field(default={})
    frames: list[str] = Field(default=[])
    describe: bool = True
    medium: str = "photo"

    @field_validator("vocabulary")
    @classmethod
    def _one_place(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for kind, phrases in value.items():
            for axis, phrase in phrases.items():
                if axis != "article" and phrase.count("{}") != 1:
                    raise ValueError(f"{kind}: {axis}: {phrase!r} needs one {{}} for the value: 'with {{}} {axis}'")
        return value


class Writer(ports.Writer):
    """One sentence per recipe; every attribute's value stands in it verbatim.

    The words follow from the brief, the slot's number and the number of refusals alone. A spec's `template` (and
    `frames`) win over the engine's phrasing, and that over good English.
    """

    calls_model = False

    Options = GrammarOptions
    needs = ports.Resources(batch=1000)

    def __init__(self, options: GrammarOptions, spec: Any) -> None:
        super().__init__(options, spec)
        self._templates = [t for t in (spec.template, *options.frames) if t.strip()]
        wrong = [p for frame in options.frames for p in template_mistakes(frame, spec.axes)]
        if wrong:
            raise MintageError(*wrong)

    @property
    def saw(self) -> Any:
        """The template, and of each class all that words are made from."""
        fields = {"called", "description", "kind", "synonyms", "text"}
        classes = {name: c.model_dump(mode="json", include=fields) for name, c in self.spec.classes.items()}
        return [self.spec.template, classes]

    def write(self, samples: Sequence[Briefed]) -> Iterator[Wrote]:
        for sample in samples:
            brief = sample.brief
            frames = self._frames(sample)
            wording = self._wording(sample)
            said = self._said(brief.kind, brief.attributes)
            prompt = self._say(frames[self._turn(sample, len(frames))], brief, wording, said)
            prompt += self._apart(frames, brief, wording, prompt)
            short = caption(self._thing(brief, alike(brief.subject, brief.like)), said)
            yield Wrote(sample.recipe_id, prompt, caption=short, atoms=brief.atoms)

    def propose(self, questions: Sequence[Question]) -> Iterator[Proposed | Failed]:
        """Values of axes whose names say what they are; it knows no look-alikes, and guesses no meaning."""
        return answers(questions, self.spec)

    @staticmethod
    def _turn(sample: Briefed, count: int) -> int:
        """Which of several sentences: by the slot's number, so that it says nothing about class or attributes."""
        slot = sample.sample.recipe.slot
        return (int(digest([slot.technique, slot.number], 8), 16) + sample.refusals) % count if count > 1 else 0

    def _frames(self, sample: Briefed) -> list[tuple[str, str]]:
        """The sentences that this sample may have, as (whose it is, template)."""
        if self._templates:
            return [("user", t) for t in self._templates]
        return [("engine", sample.phrasing)] if sample.phrasing is not None else [("english", "")]

    def _say(self, frame: tuple[str, str], brief: Brief, wording: Wording, said: Sequence[Said]) -> str:
        whose, template = frame
        thing = self._thing(brief, alike(wording[0], brief.like, in_order=whose == "engine"))
        if whose == "user":
            prompt = fill_template(template, thing, said, self.options.medium)
        elif whose == "engine":
            prompt = fill_order(template, thing, said)
        else:
            prompt = sentence(thing, said, self.options.medium, brief.description if self.options.describe else "")
        missing = [word for word in brief.must if word.casefold() not in prompt.casefold()]
        return closed(prompt, [*filter(None, [wording[1]]), *missing], brief.phrases)

    def _thing(self, brief: Brief, name: str) -> Thing:
        return Thing(name, brief.kind, self._phrase(brief.kind, "article"), brief.text)

    def _said(self, kind: str, attributes: Mapping[str, str]) -> list[Said]:
        return [Said(axis, value, self._piece(kind, axis, value)) for axis, value in attributes.items() if value]

    def _piece(self, kind: str, axis: str, value: str) -> Piece:
        usual = piece(axis, value)
        phrase = self._phrase(kind, axis)
        if phrase is None:
            return usual
        place = usual.place if usual.place in ("with", "action", "where", "when") else "with"
        return Piece(place, phrase.replace("{}", value))

    def _phrase(self, kind: str, key: str) -> str | None:
        words = self.options.vocabulary
        return words.get(kind, {}).get(key, words.get("any", {}).get(key)) if words else None

    def _wording(self, sample: Briefed) -> Wording:
        """The subject at first; after each refusal the next synonym, then the description or a neutral addition."""
        brief, refusals = sample.brief, sample.refusals
        if not refusals:
            return brief.subject, ""
        label = self.spec.label(brief.subject)
        synonyms = self.spec.classes[label].synonyms if label != OTHER else []
        names = {name.casefold(): name for name in [*synonyms, brief.subject]}
        names = {brief.subject.casefold(): brief.subject} | names
        told = self.options.describe and not self._templates and sample.phrasing is None
        extras = [
            "",
            "" if told else brief.description,
            *_TAILS,
            f"the whole {brief.kind} in view" if brief.kind else "",
        ]
        every = [(name, extra) for extra in dict.fromkeys(extras) for name in names.values()]
        banned = [word.casefold() for word in brief.must_not]
        fit = [w for w in every[1:] if not any(b in " ".join(w).casefold() for b in banned)]
        return fit[refusals - 1] if refusals <= len(fit) else (brief.subject, f"picture {refusals + 1}")

    @cached_property
    def _partial_rows(self) -> list[dict[str, str]]:
        return [dict(m.attributes) for m in self.spec.more if set(m.attributes) != set(self.spec.levels)]

    def _apart(self, frames: Sequence[tuple[str, str]], brief: Brief, wording: Wording, prompt: str) -> str:
        """What keeps a prompt apart from one with other attributes ("dark" "red wood", "dark red" "wood"), or "".

        Every value stands in its prompt verbatim, so only levels that occur in this prompt can give the same words.
        """
        own, levels = dict(brief.attributes), self.spec.levels
        found = {axis: [v for v in levels.get(axis, ()) if v in prompt] for axis in own}
        unsure = [axis for axis, values in found.items() if any(v != own[axis] for v in values)]
        partial = [row for row in self._partial_rows if all(v in prompt for v in row.values())]
        if not unsure and not (own and partial):
            return ""

        def same(row: dict[str, str]) -> bool:
            said = self._said(brief.kind, row)
            return row == own or any(self._say(frame, brief, wording, said) == prompt for frame in frames)

        choices = [found[axis] if axis in unsure else [own[axis]] for axis in own]
        if prod(len(c) for c in choices) <= _MOST_ROWS:  # the first row that gives these words has them as they are
            rows = chain(partial, (dict(zip(own, row, strict=True)) for row in product(*choices)))
            if next(filter(same, rows), own) == own:
                return ""
        return " (" + "; ".join(f"{axis}: {own[axis]}" for axis in unsure or own) + ")"
