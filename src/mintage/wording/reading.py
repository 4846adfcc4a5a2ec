"""The state of reading a prompt: things found, which of them is spoken of, what the next one will be to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mintage.wording import lexicon as lx
from mintage.wording.chunks import Phrase, at
from mintage.wording.pictured import Thing
from mintage.wording.tokens import Token

HELD = lx.word_set("wearing holding carrying")
LOOSE = lx.word_set("for to from as about than during until via per at")
"""Prepositions that place nothing in a picture."""


@dataclass
class Reading:
    """What was read so far of a prompt, and where. `last`: the thing named last, `subject` the first of its sentence,
    `earlier` that of the sentence before.

    `pending`: what the next thing is to an earlier one; `shared` what the last one was, which "and" repeats; `holders`
    keeps it for each thing. `place`: the preposition just read; `doer`: who did something last. `acting`: a verb
    follows; `denied`: it is not done; `absent`: what follows is not there.
    """

    tokens: Sequence[Token]
    i: int = 0
    things: list[Thing] = field(default_factory=list)
    holders: dict[int, tuple[int, str]] = field(default_factory=dict)
    relations: list[tuple[int, str, int]] = field(default_factory=list)
    style: list[str] = field(default_factory=list)
    setting: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    medium: Phrase | None = None
    subject: int | None = None
    earlier: int | None = None
    last: int | None = None
    pending: tuple[int, str] | None = None
    place: str = ""
    shared: tuple[int, str] | None = None
    doer: int | None = None
    denied: bool = False
    acting: bool = False
    absent: bool = False

    def between(self, start: int, end: int) -> str:
        return " ".join(t.text for t in self.tokens[start:end]).replace(" 's", "'s").replace(" ,", ",")

    def low(self, ahead: int = 0) -> str:
        return at(self.tokens, self.i + ahead).low

    def near(self, text: str) -> int:
        """What a preposition goes with: the nearest thing, or whoever wears it."""
        assert self.last is not None
        near = self.last if text == "of" else self.whole(self.last)
        held = self.holders.get(near)
        if held and (held[1] in HELD if text != "with" else self.things[near].proper and held[1] != "of"):
            return held[0] if text != "of" else near
        return near

    def whole(self, index: int) -> int:
        """The cup of "a cup of coffee"; a drawing of an owl is left for the owl."""
        while (held := self.holders.get(index)) and held[1] == "of" and self.things[held[0]].name not in lx.MEDIA:
            index = held[0]
        return index

    def hold(self, text: str) -> None:
        """With a sticker on it: what "it" is, is what has the sticker."""
        if self.last is None:
            return
        one, held = self.last, self.holders.get(self.last)
        while held and held[1] == "of":
            one, held = held[0], self.holders.get(held[0])
        holder = held[0] if held else self.subject
        if self.pending and self.pending[0] in (self.last, one):
            one, text = self.pending[0], f"{self.pending[1]} {text}"
        if holder is not None and holder != one and text not in LOOSE:
            self.relations.append((one, text, holder))
        self.pending, self.place = None, ""

    def actor(self) -> int | None:
        """Who does what the word here says: the nearest thing, but no thing that somebody holds or rides."""
        before = at(self.tokens, self.i - 1).low
        if self.last is None or lx.adverb(before) or before in ("that", "which", "who"):
            return self.last
        held = self.holders.get(self.last)
        if before in ("and", ",", "while"):
            return self.subject if self.doer is None else self.doer
        if (before in lx.BE or before in lx.PRONOUNS) and self.subject is not None:
            back = at(self.tokens, self.i - 2).low
            return self.last if back in ("that", "which", "who") else self.subject
        passive = lx.participle(self.low())
        if held and (held[1].split(" ")[0].endswith("ing") or not (passive or held[1] in ("with", "of"))):
            return held[0]
        return self.last if passive else self.whole(self.last) if held and held[1] == "of" else self.last

    def add(self, phrase: Phrase) -> None:
        """A thing more, how it stands to an earlier one, and whose it is."""
        count = 0 if self.absent else phrase.count
        same = phrase.determiner == "the" and self._index_of(phrase.name)
        if isinstance(same, int) and same is not False and not phrase.colours and not phrase.attributes:
            index = same
        else:
            index = len(self.things)
            self.things.append(
                Thing(
                    phrase.name, count, phrase.colours, phrase.attributes, phrase.many, phrase.proper, phrase.determiner
                )
            )
        if self.pending and count != 0 and self.pending[0] != index:
            self.relations.append((self.pending[0], self.pending[1], index))
            self.holders[index] = self.pending
        owner = phrase.owner
        if owner and count != 0 and not (self.pending and self.pending[1] in HELD):
            self._own(owner, index)
        self.shared, self.pending, self.place = self.pending, None, ""
        if count == 0:
            return
        self.last = index
        self.subject = index if self.subject is None else self.subject

    def _index_of(self, name: str) -> int | None:
        return next((k for k, thing in enumerate(self.things) if thing.name == name), None)

    def _own(self, owner: Phrase, index: int) -> None:
        self.things.append(
            Thing(owner.name, owner.count, owner.colours, owner.attributes, owner.many, owner.proper, owner.determiner)
        )
        self.relations.append((index, "of", len(self.things) - 1))

    def describe(self, index: int | None, words: str) -> None:
        if index is None:
            return
        thing = self.things[index]
        if words in lx.COLOURS:
            self.things[index] = replace(thing, colours=(*thing.colours, words))
        elif words not in thing.attributes:
            self.things[index] = replace(thing, attributes=(*thing.attributes, words))
