"""What a run teaches a writer: prompts whose images were kept, and pairs of one that did and one that did not."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from mintage.core.decide import judge
from mintage.core.errors import MintageError, shown
from mintage.core.ledger_reading import LedgerReader
from mintage.core.ports import Briefed
from mintage.core.recipe import Sample, digest
from mintage.core.spec import DatasetSpec
from mintage.results.prompts import Briefs
from mintage.wording.chat import Message, messages
from mintage.wording.text import clean

TRAIN, HELD_OUT = "train", "held_out"
SPLITS = (TRAIN, HELD_OUT)
KINDS = ("supervised", "preference", "preference_service")
ASKED = 200
"""So many briefs of held-out classes at most are worded before and after."""

Told = Callable[[int, int], None]
"""Hears of progress: how many of how many."""


@dataclass(frozen=True)
class TuningData:
    """What was written. `counts`: file → its lines. `held_out`: names of classes that no example of `train` is of.

    `asked`: samples of the held-out classes with what is to be said of each, no two told alike, the classes in turn.
    """

    folder: Path
    counts: Mapping[str, int]
    classes: tuple[str, ...]
    held_out: tuple[str, ...]
    asked: tuple[Briefed, ...]

    def path(self, kind: str, split: str) -> Path:
        return self.folder / name_of(kind, split)

    def count(self, kind: str, split: str) -> int:
        return self.counts[name_of(kind, split)]


def name_of(kind: str, split: str) -> str:
    return f"{kind}.{split}.jsonl"


def write_data(
    ledger: LedgerReader, spec: DatasetSpec, share: float, folder: Path, tell: Told = lambda done, total: None
) -> TuningData:
    """Write the examples and pairs of a run, whole or partly made, into a folder: JSON, UTF-8, one object a line.

    `supervised`: `messages`, the chat with the answer. `preference`: `prompt`, `chosen`, `rejected`, as trl has it;
    `preference_service`: the same as `input`, `preferred_output`, `non_preferred_output`, as tuning services have it.
    A file without a line is left out. Memory holds a hash of each example, and the prompts that did not do.

    Args:
        share: of the classes with kept images that are held out, at least one; by the spec's seed and a class's name.

    Raises:
        MintageError: fewer than two classes have kept images.
    """
    briefs = Briefs(spec)
    keys = [spec.key_of(name) for name in spec.classes]
    kept = [key for key in keys if _has_kept(ledger, spec, briefs, key)]
    if len(kept) < 2:
        names = f"{spec.name_of(kept[0])!r} alone has" if kept else "no class has"
        raise MintageError(
            f"{names} kept images whose prompts were read by an engine",
            expected="at least two such classes: one is held out, to see what was learnt",
            type_this=f"mintage run {shown(ledger.folder)}",
        )
    held = held_out(kept, share, spec.seed)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files = {
            name_of(kind, split): stack.enter_context((folder / name_of(kind, split)).open("w", encoding="utf-8"))
            for kind in KINDS
            for split in SPLITS
        }
        writing = _Writing(files, _Sides(held, frozenset(keys)), briefs)
        writing.look(ledger, tell)
        writing.write(ledger, tell)
    for name, lines in writing.counts.items():
        if not lines:  # readers of JSONL stumble over files with nothing in them
            (folder / name).unlink()
    return TuningData(
        folder,
        writing.counts,
        tuple(map(spec.name_of, kept)),
        tuple(spec.name_of(key) for key in kept if key in held),
        tuple(_in_turn(writing.asked, ASKED)),
    )


def held_out(keys: Sequence[str], share: float, seed: int) -> frozenset[str]:
    """Which classes are held out: at least one and not all; more of them with a larger share, and none comes back."""
    count = min(len(keys) - 1, max(1, round(share * len(keys))))
    return frozenset(sorted(keys, key=lambda key: digest([seed, "tuning", key]))[:count])


def _has_kept(ledger: LedgerReader, spec: DatasetSpec, briefs: Briefs, key: str) -> bool:
    read = [t for t in spec.shares(spec.name_of(key)) if briefs.reads(t)]
    return any(next(ledger.samples(state="kept", key=key, technique=t, limit=1), None) for t in read)


@dataclass(frozen=True)
class _Sides:
    held: frozenset[str]
    keys: frozenset[str]

    def of(self, sample: Sample) -> str | None:
        """The split of a sample; None: it shows classes of both."""
        objects = {word for word, _ in sample.recipe.objects} & self.keys
        sides = {key in self.held for key in (sample.recipe.slot.key, *objects)}
        return None if len(sides) > 1 else HELD_OUT if True in sides else TRAIN


class _Writing:
    def __init__(self, files: Mapping[str, TextIO], sides: _Sides, briefs: Briefs) -> None:
        self._files, self._sides, self._briefs = files, sides, briefs
        self.counts = dict.fromkeys(files, 0)
        self.asked: dict[str, list[Briefed]] = {}
        self._bad: dict[bytes, dict[str, None]] = {}
        self._good: dict[bytes, dict[str, None]] = {}
        self._seen: set[bytes] = set()

    def look(self, ledger: LedgerReader, tell: Told) -> None:
        """Find the prompts that did not do, by what was asked."""
        assert ledger.policy is not None
        for _, sample in self._read(ledger, None, tell):
            words = sample.facts.get("words")
            bad = [prompt for prompt, _ in ((words.value or {}).get("rejected", ()) if words else ())]
            if sample.prompt and judge(sample, ledger.policy).state in ("rejected", "refused"):
                bad.append(sample.prompt)
            bad = [prompt for prompt in map(clean, bad) if prompt]
            if bad:
                chat = _hashed(messages(self._briefed(sample)))
                self._bad.setdefault(chat, {}).update(dict.fromkeys(bad))

    def write(self, ledger: LedgerReader, tell: Told) -> None:
        """Write what did, and the pairs; what was kept comes first."""
        pairs: dict[bytes, tuple[str, list[Message]]] = {}
        for state in ("kept", "passed"):
            for split, sample in self._read(ledger, state, tell):
                asked, answer = self._briefed(sample), clean(sample.prompt)
                chat = messages(asked)
                hashed = _hashed(chat)
                if hashed in self._bad:
                    self._good.setdefault(hashed, {}).setdefault(answer)
                    pairs[hashed] = (split, chat)
                if state == "kept":
                    self._example(split, asked, chat, answer, hashed)
        for hashed, (split, chat) in pairs.items():
            self._pairs(split, chat, hashed)

    def _read(self, ledger: LedgerReader, state: str | None, tell: Told) -> Iterator[tuple[str, Sample]]:
        """Samples whose prompt an engine read, with their split."""
        total = sum(count for *_, count in ledger.judgements())
        for done, (_, sample) in enumerate(ledger.samples(state=state)):
            if done % 256 == 0:
                tell(done, total)
            split = self._sides.of(sample)
            if split is not None and self._briefs.reads(sample.technique):
                yield split, sample

    def _briefed(self, sample: Sample) -> Briefed:
        """As if it were worded for the first time: so every attempt at a slot answers the same question."""
        return Briefed(sample, self._briefs.brief(sample.recipe))

    def _example(self, split: str, asked: Briefed, chat: list[Message], answer: str, hashed: bytes) -> None:
        if split == HELD_OUT and hashed not in self._seen and len(self._of(asked)) < ASKED:
            self._of(asked).append(asked)
        self._seen.add(hashed)
        example = hashlib.blake2b(hashed + answer.encode(), digest_size=16).digest()
        if example not in self._seen:
            self._seen.add(example)
            self._line("supervised", split, {"messages": [*chat, _answer(answer)]})

    def _of(self, asked: Briefed) -> list[Briefed]:
        return self.asked.setdefault(asked.sample.recipe.slot.key, [])

    def _pairs(self, split: str, chat: list[Message], hashed: bytes) -> None:
        good = self._good[hashed]
        chosen = [_answer(next(iter(good)))]
        for bad in self._bad[hashed]:
            if bad in good:  # another picture of the same words was kept
                continue
            rejected = [_answer(bad)]
            self._line("preference", split, {"prompt": chat, "chosen": chosen, "rejected": rejected})
            line = {"input": {"messages": chat}, "preferred_output": chosen, "non_preferred_output": rejected}
            self._line("preference_service", split, line)

    def _line(self, kind: str, split: str, value: Mapping[str, Any]) -> None:
        name = name_of(kind, split)
        self._files[name].write(json.dumps(value, ensure_ascii=False) + "\n")
        self.counts[name] += 1


def _answer(prompt: str) -> Message:
    return {"role": "assistant", "content": prompt}


def _hashed(chat: Sequence[Message]) -> bytes:
    return hashlib.blake2b("\0".join(m["content"] for m in chat).encode(), digest_size=16).digest()


def _in_turn(asked: Mapping[str, Sequence[Briefed]], most: int) -> Iterator[Briefed]:
    """The first of each class, the second of each, …"""
    longest = max(map(len, asked.values()), default=0)
    every = (samples[row] for row in range(longest) for samples in asked.values() if row < len(samples))
    for _, sample in zip(range(most), every, strict=False):
        yield sample
