"""Of a prompt: what the picture itself is, how it is taken, and what things are made of or look like."""

from mintage.wording import lexicon as lx
from mintage.wording.chunks import Phrase, at, phrase_at
from mintage.wording.reading import Reading
from mintage.wording.tokens import ENDS

SHOWING = lx.word_set("showing depicting portraying featuring containing")
_MADE = lx.word_set("made built constructed sculpted carved woven knitted knit formed composed")
_LOOKING = lx.word_set("shaped looking dressed seen disguised")
_LIKE = lx.word_set("like as")


class Likeness(Reading):
    """A reading that knows styles, media and likenesses: none of them is a thing of the picture."""

    def styled(self) -> bool:
        """In the style of Dali; in Chinese painting; in sketch style."""
        if self.low() != "in":
            return False
        j = self.i + 1 + (self.low(1) in ("the", "a", "an"))
        if at(self.tokens, j).low == "style" and at(self.tokens, j + 1).low == "of":
            j += 2
            while j < len(self.tokens) and at(self.tokens, j).low not in ENDS | {","}:
                j += 1
        else:
            found = phrase_at(self.tokens, self.i + 1)
            if found is None or not (
                found[0].head == "style" or (found[0].head in lx.MEDIA and not found[0].determiner)
            ):
                return False
            j = found[1]
        self.style.append(self.between(self.i, j))
        self.i = j
        return True

    def alike(self) -> bool:
        """Made of glass, in the shape of a heart, like a monster: what follows is no thing of the picture."""
        j = self._likened()
        if j is None or self.last is None:
            return False
        found = phrase_at(self.tokens, j + 1)
        if found is None:
            return False
        end = found[1]
        while at(self.tokens, end).low == "of" and (more := phrase_at(self.tokens, end + 1)):
            end = more[1]
        low, said = self.low(), self.between(self.i, end)
        looks = lx.base(low) == "look"
        self.describe(self.actor(), f"looking{said[len(low) :]}" if looks else said)
        self.i, self.pending = end, None
        return True

    def _likened(self) -> int | None:
        """Where the last word stands before what something is like or made of; None where no such words are."""
        j, low = self.i, self.low()
        if low in _MADE:
            j += 1
            while at(self.tokens, j).low in ("out", "up") or lx.adverb(at(self.tokens, j).low):
                j += 1
            return j if at(self.tokens, j).low in ("of", "from") else None
        if low in ("in", "into"):
            j += 1 + (self.low(1) in ("the", "a"))
            return j + 1 if at(self.tokens, j).low in lx.SHAPES and at(self.tokens, j + 1).low == "of" else None
        if lx.base(low) == "look" or low in _LOOKING:
            return j + 1 if self.low(1) in _LIKE else None
        return j if low in ("like", "resembling") else None

    def is_colour(self, phrase: Phrase) -> bool:
        """Black and white; swirls of blue: a colour of something, and no thing by itself. Nor is a number."""
        if phrase.name[:1].isdigit() and len(phrase.words) == 1:
            return phrase.name.isdigit() or "," in phrase.name
        return phrase.name in lx.COLOURS and not phrase.determiner and bool(self.things or self.style)

    def is_camera(self, phrase: Phrase, end: int) -> bool:
        """Shallow depth of field, from a low angle, highly detailed: how the picture is taken."""
        free = self.low(-1) == "," or self.tokens[self.i].first
        if lx.adjective(phrase.head) and not phrase.determiner and self.things:
            return free and at(self.tokens, end).low in ENDS | {","}
        return phrase.head in lx.CAMERA and (free or self.place in ("from", "in", "with"))

    def is_medium(self, phrase: Phrase, end: int) -> bool:
        after = at(self.tokens, end).low
        if self.pending or self.place or phrase.head not in lx.MEDIA:
            return False
        if self.low(-1) in lx.HAVE or (self.last is not None and self.low(-1) != ","):
            return False
        return after in ENDS | SHOWING | {"of", ",", "with", "in", "from", "where", "that", "and"}


def said_as(phrase: Phrase) -> str:
    own = f"{' '.join(phrase.owner.words)}'s " if phrase.owner else ""
    return own + " ".join(phrase.words)
