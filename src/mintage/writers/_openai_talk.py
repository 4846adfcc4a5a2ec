"""What a request about recipes is: those that are still to be worded, how they are told, how its answer is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mintage.core.ports import Atom, Briefed, Rejected
from mintage.writers._openai_asking import Reply

TRIES = 4
"""One request and three rewrites."""
CUT = "the answer was cut off: a larger max_tokens or thinking may do"


@dataclass(frozen=True, slots=True)
class Words:
    """What is good of an entry."""

    prompt: str
    caption: str
    atoms: tuple[Atom, ...]


@dataclass
class Open:
    """A sample to be worded, what asking has cost, and what became of it so far.

    `bytes` is the most that it adds to a request. `problem`: why it is asked again. `prompts`: those that could be read
    and do not do, with what is wrong, the last one last. `spare`: good words, but another sample has the same.
    """

    sample: Briefed
    bytes: int
    asked: int = 0
    cost: float = 0.0
    problem: str = ""
    prompts: list[tuple[Words, str]] = field(default_factory=list)
    spare: Words | None = None

    @property
    def id(self) -> str:
        return self.sample.recipe_id

    def rejected(self, but: str) -> tuple[Rejected, ...]:
        """What was written for it, less the prompt that it gets."""
        return tuple(Rejected(words.prompt, wrong) for words, wrong in self.prompts if words.prompt != but)


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer gives: words for each recipe, or why there are none; `apology`: what the model says instead.

    `wrong`: what is wrong with all words, whatever they say.
    """

    words: Sequence[Words | str]
    apology: str = ""
    wrong: str = ""


class Talk(Protocol):
    """How recipes are told to a model, and how its answer is read."""

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The `response_format` that is asked for where the server has it."""

    @property
    def frame(self) -> int:
        """Bytes of what every request holds."""

    def size(self, sample: Briefed) -> int:
        """The most bytes that a sample adds to a request, with all that is said of its earlier answers."""

    def messages(self, group: Sequence[Open]) -> list[dict[str, str]]: ...

    def read(self, group: Sequence[Open], reply: Reply) -> Heard: ...
