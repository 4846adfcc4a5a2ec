"""Has a chat model word prompts: many recipes in one request, one prompt back for each, checked one by one."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.ports import Brief, Briefed, Failed, Hosting, Refused, Sent, Wrote, how
from mintage.core.recipe import OTHER, Recipe, Sample, Slot
from mintage.hosted.client import connect, scrub
from mintage.hosted.flight import fly
from mintage.hosted.options import ServerOptions, refuse_secrets
from mintage.hosted.prices import Tariff, hosting_of, tariff_of
from mintage.writers._openai_asking import Asking, Form, Reply
from mintage.writers._openai_rounds import TRIES, Bounds, Open, Rounds
from mintage.writers._openai_words import item_of, size_of, system

if TYPE_CHECKING:
    import openai

_OURS = frozenset(
    ("model", "messages", "n", "stream", "response_format", "max_tokens", "max_completion_tokens", "temperature")
)


class OpenaiOptions(ServerOptions):
    """How `openai` words prompts, beside the server's own options.

    `group`: recipes in one request. `temperature`: sent if given. `max_tokens`: for one prompt with caption and atoms;
    `thinking`: for what a reasoning model thinks, in one request; together they bound reply and price. `form`: `schema`
    asks for structured outputs, `json` for JSON in plain text, `auto` for the first where the server has it.
    `instructions`: what else the model is told. `extra`: further fields of the request ({reasoning_effort: low}).
    """

    group: int = Field(16, ge=1, le=100)
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int = how(400, ge=50, le=20_000)
    thinking: int = how(1_000, ge=0, le=100_000)
    form: Form = how("auto")
    instructions: str = ""
    extra: dict[str, Any] = Field(default={})

    @field_validator("extra")
    @classmethod
    def _not_ours(cls, value: dict[str, Any]) -> dict[str, Any]:
        refuse_secrets(value)
        taken = sorted(_OURS & value.keys())
        if taken:
            raise ValueError(f"no {taken[0]!r}, which the writer sets itself")
        return value


class Writer(ports.Writer):
    """Any chat server that speaks OpenAI's API: hosted ones, vLLM, Ollama, llama.cpp.

    A reply is checked item by item (each n once, the class named, what must be said said, no prompt twice), and only
    what is missing or wrong is asked again, at most twice. A refusal is told apart: the group is asked one by one.
    """

    Options = OpenaiOptions
    needs = ports.Resources(batch=512)
    version = "1"  # of the words that the model is told: a change makes all prompts due again

    options: OpenaiOptions
    _client: "openai.OpenAI | None" = None

    def load(self) -> None:
        """Raises MintageError where the key of the server is missing."""
        self._client = client = connect(self.options)
        weakref.finalize(self, client.close)  # it keeps connections open from one batch to the next

    @property
    def saw(self) -> Any:
        """The template, and of each class all that words are made from."""
        fields = {"called", "description", "kind", "synonyms", "text"}
        classes = {name: c.model_dump(mode="json", include=fields) for name, c in self.spec.classes.items()}
        return [self.spec.template, classes]

    @cached_property
    def _tariff(self) -> Tariff:
        return tariff_of(self.options, self.spec.folder)

    @cached_property
    def _bounds(self) -> Bounds:
        told = self.options
        return Bounds(self._tariff, system(told.instructions), told.max_tokens, told.thinking)

    def price(self, sample: Briefed) -> float:
        """One request for it alone and two repairs; in a group its parts are never larger."""
        return TRIES * self._bounds.of([self._open(sample).bytes])

    @property
    def hosting(self) -> Hosting:
        """Of the class with the longest words: a prompt in a full group, and the most that one can cost."""
        sample, group = self._longest, self.options.group
        sent = len(self._bounds.said.encode()) + group * size_of(self._open(sample).item)
        whole = self._tariff.usual_for_chat(bytes=sent, tokens=group * _USUAL_TOKENS)
        usual = None if whole is None else whole / group
        return hosting_of(self.options, self._tariff, usual, self.price(sample))

    @property
    def _longest(self) -> Briefed:
        """A sample of the class and the levels that take the most words."""
        name, c = max(self.spec.classes.items(), key=lambda item: len(item[0]) + len(item[1].description))
        row = {axis: max(levels, key=len) for axis, levels in self.spec.levels.items()}
        slot = Slot(self.spec.key_of(name), "scene", 0, row)
        brief = Brief(self.spec.subject(name), row, c.kind, c.description, tuple(c.text))
        return Briefed(Sample(Recipe(slot, 0, ((slot.key, 1.0),), "", {}, 0)), brief)

    def write(self, samples: Sequence[Briefed]) -> Iterator[Sent | Wrote | Refused | Failed]:
        if self._client is None:
            self.load()
        rounds = Rounds(self._bounds, self._ask, lambda words: scrub(words, self.options))
        rounds.put([self._open(sample) for sample in samples], self.options.group)
        try:
            while rounds.queue:
                for event in fly(rounds.calls(), self.options, book=not self._tariff.free):
                    if isinstance(event, Sent):
                        yield event
                    else:
                        yield from rounds.land(event)
        except (MintageError, KeyboardInterrupt):
            yield from rounds.abandoned()
            raise

    def _open(self, sample: Briefed) -> Open:
        label = self.spec.label(sample.brief.subject)
        c = self.spec.classes.get(label) if label != OTHER else None
        names = [label, c.called, *c.synonyms] if c else []
        return Open(sample, item_of(sample, self.spec.template), [name for name in names if name])

    @cached_property
    def _asking(self) -> Asking:
        told = self.options
        return Asking(told, told.form, told.temperature, told.extra)

    def _ask(self, told: Sequence[Mapping[str, str]], most_tokens: int, ticket: str) -> Reply:
        assert self._client is not None, "write() loads"
        return self._asking.ask(self._client, told, most_tokens, ticket)


_USUAL_TOKENS = 150
"""A prompt with its caption and a few atoms, as JSON."""
