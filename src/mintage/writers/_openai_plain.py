"""One recipe in one request, as a chat whose answer is the prompt and nothing else: for small and tuned models."""

from collections.abc import Sequence
from dataclasses import replace

from mintage.core.ports import Briefed, Rejected
from mintage.wording import chat
from mintage.wording.finished import caption_of, closed, parsed_atoms
from mintage.wording.text import clean
from mintage.writers._openai_asking import Reply
from mintage.writers._openai_reading import is_apology
from mintage.writers._openai_talk import CUT, TRIES, Heard, Open, Words
from mintage.writers._openai_words import size_of

_PROMPT, _WRONG = 600, 300
"""Bytes of an earlier prompt, and of what was wrong with it, that the model is told."""


class Plain:
    """The talk of `form: plain`. Tuning data has the same form (`wording.chat`); atoms are read off the prompt."""

    schema = None

    def __init__(self, instructions: str) -> None:
        added = clean(instructions)
        self.added = f"\n\nFurther instructions:\n{added}" if added else ""

    @property
    def frame(self) -> int:
        return size_of(chat.SYSTEM + self.added)

    def size(self, sample: Briefed) -> int:
        most = [Rejected("x" * _PROMPT, "x" * _WRONG)] * (TRIES - 1)
        return size_of(chat.messages(replace(sample, again=tuple(most)))[1:])

    def messages(self, group: Sequence[Open]) -> list[dict[str, str]]:
        """What was written before stands in it as earlier turns; what could not be read leaves no trace."""
        (one,) = group
        again = tuple(Rejected(_cut(w.prompt, _PROMPT), _cut(wrong, _WRONG)) for w, wrong in one.prompts)
        first, *rest = chat.messages(replace(one.sample, again=again))
        return [{**first, "content": first["content"] + self.added}, *rest]

    def read(self, group: Sequence[Open], reply: Reply) -> Heard:
        (one,) = group
        if is_apology(reply.text):
            return Heard(["the model will not"], apology=reply.text)
        prompt = chat.read_prompt(reply.text)
        if not prompt:
            return Heard([CUT if reply.cut else "the answer was empty"])
        whole = not reply.cut or "\n" in reply.text.strip().partition(prompt)[2]
        brief = one.sample.brief
        prompt = closed(prompt, brief.phrases)
        words = Words(prompt, caption_of(brief), parsed_atoms(brief, prompt))
        return Heard([words], wrong="" if whole else "it is too long and was cut off")


def _cut(text: str, most: int) -> str:
    return clean(text).encode()[:most].decode(errors="ignore")
