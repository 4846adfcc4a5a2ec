"""One brief as a chat of one turn: what a small or tuned model is told, and how its answer is read.

Prompts for tuning are written in the same form, so that a tuned model is a writer at once.
"""

import re
from collections.abc import Sequence

from mintage.core.passing import Briefed
from mintage.wording.text import clean

SYSTEM = (
    "You write one prompt for an image generator. It names the class, tells everything that is to be shown, and "
    "invents no further thing, place or style. Answer with the prompt alone, on one line."
)

Message = dict[str, str]
"""`role` (system, user, assistant) and `content`."""

_THOUGHT = re.compile(r"\A.*</think(?:ing)?>|<think(?:ing)?>.*", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(r"\A(?:\*\*)?(?:image )?prompt(?:\*\*)?\s*:\s*(?:\*\*)?\s*", re.IGNORECASE)
_QUOTES = (('"', '"'), ("“", "”"), ("'", "'"), ("`", "`"))


def told(sample: Briefed) -> str:
    """What the model is told of one recipe, a line each; nothing of it can look like another line."""
    brief = sample.brief
    lines = [("class", brief.subject), ("kind", brief.kind), ("description", brief.description), ("like", brief.like)]
    lines += [("show", f"{clean(axis)} = {value}") for axis, value in brief.attributes.items()]
    lines += [("text on it", text) for text in brief.text]
    lines += [("must say", word) for word in brief.must]
    lines += [("must not say", word) for word in brief.must_not]
    lines += [("ends with", phrase) for phrase in brief.phrases]
    if sample.refusals:
        lines.append(("refused before", f"{sample.refusals}: use plainer, more harmless words"))
    return "\n".join(f"{name}: {clean(said)}" for name, said in lines if clean(said))


def messages(sample: Briefed) -> list[Message]:
    """The chat that asks for one prompt; what was written before and does not do stands in it as earlier turns."""
    chat = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": told(sample)}]
    for rejected in sample.again:
        chat += [
            {"role": "assistant", "content": clean(rejected.prompt)},
            {"role": "user", "content": f"That does not do: {clean(rejected.wrong)}. Write it again."},
        ]
    return chat


def plain(chat: Sequence[Message]) -> str:
    """A chat for a model without a chat template: it goes on behind "prompt:" up to the end of the line."""
    said = {"system": "", "user": "", "assistant": "prompt: "}
    return "\n\n".join(said[m["role"]] + m["content"] for m in chat) + "\nprompt:"


def read_prompt(answer: str) -> str:
    """The prompt in a model's answer: its first line, without thoughts, a label or quotes; "" if there is none."""
    spoken = _THOUGHT.sub("", answer).strip()
    line = next((clean(line) for line in spoken.splitlines() if clean(line)), "")
    line = _LABEL.sub("", line).strip()
    for first, last in _QUOTES:
        if len(line) > 2 and line.startswith(first) and line.endswith(last):
            line = line[1:-1].strip()
    return line
