"""A chat as the text that a model reads: by its chat template where it has one, else as plain lines.

The writer and the tuning of a model for it put chats the same way. Takes any tokenizer of transformers; imports none.
"""

from collections.abc import Sequence
from typing import Any

from mintage.wording.chat import Message, plain


class Rendering:
    """`chats`: the tokenizer has a chat template. Its text is made into tokens with `add_special_tokens=not chats`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.chats = bool(tokenizer.chat_template)
        self._folds = self.chats and self._knows_no_system()
        added = tokenizer.added_tokens_decoder.values()
        marks = {str(t.content) for t in added if t.special} | set(tokenizer.all_special_tokens)
        self._marks = sorted((m for m in marks if len(m) > 1), key=lambda m: (-len(m), m))

    def asked(self, chat: Sequence[Message]) -> str:
        """What asks for the next answer. No text in the chat can look like the marks between its turns."""
        told = self._told(chat)
        return self._templated(told, add_generation_prompt=True) if self.chats else plain(told)

    def answered(self, chat: Sequence[Message], answer: str) -> tuple[str, str]:
        """What asks, and the answer behind it with the mark that ends it."""
        asked, end = self.asked(chat), self._tokenizer.eos_token or ""
        if not self.chats:
            return asked, f" {self._harmless(answer)}\n{end}"
        whole = self._templated(self._told([*chat, {"role": "assistant", "content": answer}]))
        if whole.startswith(asked) and whole.count(end) > asked.count(end):
            return asked, whole.removeprefix(asked)
        return asked, self._harmless(answer) + end  # a template that shows what was said otherwise than what is asked

    def _told(self, chat: Sequence[Message]) -> list[Message]:
        told = [{**m, "content": self._harmless(m["content"])} for m in chat]
        if self._folds:
            system, user, *rest = told
            told = [{"role": "user", "content": f"{system['content']}\n\n{user['content']}"}, *rest]
        return told

    def _templated(self, chat: list[Message], **how: bool) -> str:
        return str(self._tokenizer.apply_chat_template(chat, tokenize=False, enable_thinking=False, **how))

    def _harmless(self, text: str) -> str:
        for mark in self._marks:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
        return text

    def _knows_no_system(self) -> bool:
        """Some templates refuse a system turn, others leave it out."""
        try:
            shown = self._templated([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello."}])
        except Exception:  # a template raises what it likes
            return True
        return "Be brief." not in shown
