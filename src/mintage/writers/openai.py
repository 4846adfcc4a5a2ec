"""Has a chat model word prompts: many recipes in one request, one prompt back for each, checked one by one."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, field_validator, model_validator

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.ports import Brief, Briefed, Failed, Hosting, Proposed, Question, Refused, Sent, Wrote, how
from mintage.core.recipe import Recipe, Sample, Slot
from mintage.hosted.client import connect, scrub
from mintage.hosted.flight import fly
from mintage.hosted.options import ServerOptions, refuse_secrets
from mintage.hosted.prices import Tariff, hosting_of, tariff_of
from mintage.writers._openai_asking import Asking, Form, Reply
from mintage.writers._openai_bounds import Bounds
from mintage.writers._openai_grouped import Grouped
from mintage.writers._openai_plain import Plain
from mintage.writers._openai_proposing import Proposing
from mintage.writers._openai_rounds import Rounds
from mintage.writers._openai_talk import TRIES, Open, Talk
from mintage.writers._openai_words import size_of

if TYPE_CHECKING:
    import openai

_OURS = frozenset(
    ("model", "messages", "n", "stream", "response_format", "max_tokens", "max_completion_tokens", "temperature")
)


class OpenaiOptions(ServerOptions):
    """How `openai` words prompts, beside the server's own options.

    `group`: recipes in one request. `temperature`: sent if given. `max_tokens`: for one prompt with caption and atoms;
    `thinking`: for what a reasoning model thinks, in one request; together they bound reply and price. `form`: `schema`
    asks for structured outputs, `json` for JSON in plain text, `auto` for the first where the server has it; `plain`
    asks for one prompt and no more, as small and tuned models can. `instructions`: what else the model is told.
    `extra`: further fields of the request ({reasoning_effort: low}).
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

    @model_validator(mode="after")
    def _one_by_one(self) -> Self:
        if self.form == "plain" and self.group != 1 and "group" in self.model_fields_set:
            raise ValueError(f"`form: plain` asks for one recipe at a time, not for {self.group}: leave `group` away")
        return self

    @property
    def together(self) -> int:
        """So many recipes go in one request."""
        return 1 if self.form == "plain" else self.group


class Writer(ports.Writer):
    """Any chat server that speaks OpenAI's API: hosted ones, vLLM, Ollama, llama.cpp, `transformers serve`.

    A reply is read item by item (each n once, no prompt twice) and each prompt is checked; only what is missing or
    wrong is asked again, at most three times. A refusal is told apart: the group is asked one by one.
    """

    Options = OpenaiOptions
    needs = ports.Resources(batch=512)
    version = "1"  # of the words that the model is told: a change makes all prompts due again
    repairs = True

    options: OpenaiOptions
    _client: "openai.OpenAI | None" = None

    def load(self) -> None:
        """Raises MintageError where the key of the server is missing."""
        self._client = client = connect(self.options)
        weakref.finalize(self, client.close)  # it keeps connections open from one batch to the next

    @property
    def saw(self) -> Any:
        """The template, and of each class all that words are made from; and that they were asked for one by one."""
        fields = {"called", "description", "kind", "synonyms", "text"}
        classes = {name: c.model_dump(mode="json", include=fields) for name, c in self.spec.classes.items()}
        return [self.spec.template, classes, *(["plain"] if self.options.form == "plain" else [])]

    @cached_property
    def _tariff(self) -> Tariff:
        return tariff_of(self.options, self.spec.folder)

    @cached_property
    def _talk(self) -> Talk:
        told = self.options.instructions
        return Plain(told) if self.options.form == "plain" else Grouped(told, self.spec.template)

    @cached_property
    def _bounds(self) -> Bounds:
        return Bounds(self._tariff, self._talk.frame, self.options.max_tokens, self.options.thinking)

    def price(self, sample: Briefed) -> float:
        """One request for it alone and three rewrites; in a group its parts are never larger."""
        return TRIES * self._bounds.of([self._talk.size(sample)])

    @property
    def hosting(self) -> Hosting:
        """Of the class with the longest words: a prompt in a full group, and the most that one can cost."""
        sample, group = self._longest, self.options.together
        asked = self._talk.messages([Open(sample, 0)])[1:]
        sent = self._talk.frame + group * size_of(asked)
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
        rounds = Rounds(self._talk, self._bounds, self._ask, self._shown)
        rounds.put([Open(sample, self._talk.size(sample)) for sample in samples], self.options.together)
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

    def propose(self, questions: Sequence[Question]) -> Iterator[Sent | Proposed | Refused | Failed]:
        if self._client is None:
            self.load()
        asked = {question.recipe_id: question for question in questions}
        for event in fly(self._proposing.calls(questions), self.options, book=not self._tariff.free):
            if isinstance(event, Sent):
                yield event
            else:
                yield self._proposing.land(asked[event.call.ids[0]], event)

    def price_of(self, question: Question) -> float:
        return self._proposing.price(question)

    @cached_property
    def _proposing(self) -> Proposing:
        told = self.options
        return Proposing(self._tariff, self._ask, self._shown, told.instructions, told.max_tokens, told.thinking)

    @cached_property
    def _asking(self) -> Asking:
        told = self.options
        return Asking(told, told.form, told.temperature, told.extra)

    def _ask(
        self, told: Sequence[Mapping[str, str]], format: Mapping[str, Any] | None, most_tokens: int, ticket: str
    ) -> Reply:
        assert self._client is not None, "write() and propose() load"
        return self._asking.ask(self._client, told, format, most_tokens, ticket)

    def _shown(self, words: str) -> str:
        return scrub(words, self.options)


_USUAL_TOKENS = 150
"""A prompt with its caption and a few atoms, as JSON."""
