"""What a prompt says is in the picture, found by rule: things, how many, how they look, how they stand to each other.

Nothing is learned and nothing is downloaded: closed classes of English words, endings, and the order of words.
"""

from dataclasses import replace

from mintage.wording import lexicon as lx
from mintage.wording.asking import atoms
from mintage.wording.chunks import AFTER, CLOSED, Phrase, at, phrase_at
from mintage.wording.likeness import SHOWING, Likeness, said_as
from mintage.wording.pictured import Picture, Thing
from mintage.wording.places import Place, place_at
from mintage.wording.reading import HELD, LOOSE
from mintage.wording.tokens import ENDS, QUOTE, tokens_of

__all__ = ["Picture", "Thing", "atoms", "parse"]


_SAYING = lx.word_set("say read write spell label title name call")
_CALLED = lx.word_set("written called named labeled labelled titled entitled spelled")


def parse(prompt: str) -> Picture:
    """What a prompt says is in the picture. Any text does: what is not understood is left out."""
    return _Reader(tokens_of(prompt)).read()


class _Reader(Likeness):
    """Reads a prompt word by word."""

    def read(self) -> Picture:
        while self.i < len(self.tokens):
            before = self.i
            self._step()
            self.i = max(self.i, before + 1)
        if not self.things and not self.text and self.medium:
            self.style.remove(said_as(self.medium))
            self.add(self.medium)
        unique = dict.fromkeys
        return Picture(
            tuple(self.things), tuple(unique(self.relations)), tuple(unique(self.style)), tuple(unique(self.setting)),
            tuple(unique(self.text)),
        )  # fmt: skip

    def _step(self) -> None:
        low = self.low()
        if low in ENDS:
            self.earlier = self.earlier if self.subject is None else self.subject
            self.subject = self.last = self.doer = self.pending = self.shared = None
            self.absent, self.acting, self.place = False, False, ""
        elif low == QUOTE:
            self.text.append(self.tokens[self.i].text)
            self.pending, self.place = None, ""
        elif low in lx.DENIALS:
            self.denied = True
        elif low in (",", "and", "or", "nor"):
            self._coordinate()
        elif self.styled() or self.alike() or self._placed():
            return
        elif low in lx.BE:
            self._be()
        elif low in lx.HAVE:
            if lx.participle(self.low(1)):
                self.i, self.acting = self.i + 1, True
            else:
                self._relate("with")
        elif low in CLOSED - lx.DETERMINERS:
            self._pronoun(low)
        elif self.acting or self._acts() or not self._phrase():
            self._verb()

    def _acts(self) -> bool:
        """Whether a word begins what somebody does: after "that", "it", "to", and where a phrase ended before it."""
        low, before = self.low(), self.low(-1)
        if self.last is None or not lx.base(low):
            return False
        return before in lx.RELATIVES | lx.PRONOUNS | lx.AUXILIARIES | lx.DENIALS or (
            before == "to" and low == lx.base(low)
        )

    def _coordinate(self) -> None:
        self.acting, self.absent = False, self.absent and self.low() != ","
        kept = self.shared and (self.shared[1] in ("with", "between") or self.shared[1].split(" ")[0].endswith("ing"))
        self.pending = self.shared if kept else None
        self.place = ""

    # Where things are

    def _placed(self) -> bool:
        """A preposition, or several words that are one: to the left of."""
        found = place_at(self.tokens, self.i)
        if found is None:
            return False
        self.i, self.acting, self.absent = found.end, False, False
        if self.low() in ("each", "one") and self.low(1) in ("other", "another"):
            if self.last is not None:
                verb = f"{self.pending[1]} " if self.pending else ""
                self.describe(self.pending[0] if self.pending else self.last, f"{verb}{found.text} each other")
            self.i, self.pending = self.i + 2, None
        elif found.text == "without":
            self.absent = True
            self.pending = None
        elif found.of_holder:
            self.hold(found.text)
        elif found.text:
            self._prepare(found)
        return True

    def _prepare(self, found: Place) -> None:
        self.place = found.text
        if self.pending and self.low(found.start - self.i - 1) in (",", "and"):
            self.pending = (self.pending[0], found.text)
        elif self.pending:
            self.pending = (self.pending[0], f"{self.pending[1]} {found.text}")
        elif self.last is not None and found.text not in LOOSE - {"at"}:
            self.pending = (self.near(found.text), found.text)
        else:
            self.pending = None

    def _pronoun(self, low: str) -> None:
        if low in lx.PRONOUNS and self.last is None and low != "there":
            self.last = self.subject = self.earlier
        elif low in lx.PRONOUNS and self.pending:
            self.pending = None
        if low in lx.RELATIVES and low not in ("that", "which", "who", "whom", "where"):
            self.pending = self.shared = None

    # What things do

    def _relate(self, text: str) -> None:
        actor = self.actor()
        self.pending = None if actor is None or self.denied else (actor, text)
        self.absent, self.denied = self.denied, False
        self.i += 1

    def _be(self) -> None:
        """The dog is black; the rest of what is, are sentences of their own words."""
        actor = self.actor()
        self.pending, self.shared = None, None
        self.i += 1
        while lx.adverb(self.low()) or self.low() in lx.AUXILIARIES - lx.DENIALS:
            self.i += 1
        token, after = at(self.tokens, self.i), self.low(1)
        if actor is None or token.low in lx.DENIALS or lx.participle(token.low) or not lx.adjective(token.text):
            return
        if after in CLOSED or after == "":
            self.describe(actor, token.low)
            self.i += 1

    def _verb(self) -> None:
        """A word that is no part of a phrase: what the last thing does, with or to what follows."""
        low, after = self.low(), self.low(1)
        if lx.adverb(low) or low in lx.NUMBERS:
            self.i += 1
            return
        self.acting = self.absent = False
        root = lx.base(low)
        stem = low[:-3] if low.endswith("ing") else ""
        passive = lx.participle(low) and (after in CLOSED - lx.DETERMINERS or lx.adverb(after))
        said = low if stem or passive else lx.doing(root) if root else low
        saying = (root or lx.base(stem) or lx.base(f"{stem}e")) in _SAYING or low in _CALLED
        capital = at(self.tokens, self.i + 1).text[:1].isupper()
        if saying and self.last is not None and (after == QUOTE or (capital and low not in _CALLED)):
            self._spoken()
            return
        actor = self.doer = self.actor()
        self.i += 1
        while self._is_manner():
            self.i += 1
        if actor is None or (said == low and lx.participle(low) and not passive and self.low() in lx.DETERMINERS):
            self.pending = None
            return
        self.pending = (actor, said)
        if self.denied:
            self.pending, self.denied, self.absent = None, False, said in HELD
            return
        goes_on = (
            place_at(self.tokens, self.i) is not None
            or self.low() in lx.DETERMINERS
            or (phrase_at(self.tokens, self.i) is not None)
        )
        if not goes_on:
            self.describe(actor, said)
            self.pending = None

    def _is_manner(self) -> bool:
        """Stands tall; crashed right through; runs quickly."""
        low, after = self.low(), self.low(1)
        if low == "right" and after in lx.PREPOSITIONS_ALL:
            return after != "of"
        return (low in AFTER and after in CLOSED) or (lx.adverb(low) and phrase_at(self.tokens, self.i) is None)

    def _spoken(self) -> None:
        """What a sign says without quotation marks: words with capitals, to the end of the sentence."""
        self.i += 1
        start = self.i
        if self.low() == QUOTE:
            return
        while self.low() not in ENDS | {",", QUOTE} and at(self.tokens, self.i).text[:1].isupper():
            self.i += 1
        self.text.append(self.between(start, self.i))

    # Things

    def _phrase(self) -> bool:
        found = phrase_at(self.tokens, self.i)
        if found is None:
            return False
        phrase, end = found
        after = at(self.tokens, end).low
        if after == "of" and not phrase.proper and (phrase.head in lx.GROUPS or phrase.head in lx.PLACES):
            inner = phrase_at(self.tokens, end + 1)
            if inner is not None:
                phrase, end = _gathered(phrase, inner[0]), inner[1]
        elif (after == QUOTE and phrase.head in lx.SPOKEN | lx.COLOURS) or self.is_colour(phrase):
            self.i, self.pending, self.place = end, None, ""
            return True
        elif self.is_medium(phrase, end):
            self.style.append(said_as(phrase))
            self.medium = self.medium or phrase
            self.i = end + (after == "of" or after in SHOWING)
            return True
        elif self.place and phrase.head in lx.TIMES and not phrase.proper:
            self.setting.append(f"{self.place} {self.between(self.i, end)}")
            self.i, self.pending, self.place = end, None, ""
            return True
        elif self.is_camera(phrase, end):
            self.style.append(said_as(phrase) + (" of field" if after == "of" and phrase.head == "depth" else ""))
            self.i, self.pending, self.place = end + 2 * (phrase.head == "depth"), None, ""
            return True
        elif len(phrase.words) > 1 and phrase.words[-1].isupper() and phrase.words[-2] in lx.SPOKEN:
            self.text.append(phrase.words[-1])
            self.i, self.pending = end, None
            return True
        acts = self.pending == self.shared and phrase.determiner and lx.gerund(after)
        if self.pending and acts and self.pending[1] not in HELD | {"with"}:
            self.pending = self.subject = None
        if phrase.name == "one" and self.last is not None:
            phrase = replace(phrase, name=self.things[self.last].name)
        self.i = end
        self.add(phrase)
        self.acting = self.low() not in CLOSED
        return True


def _gathered(group: Phrase, inner: Phrase) -> Phrase:
    """A couple of dogs are two; of a flock nobody knows how many; a pair of jeans is one thing that has no one."""
    if inner.count is not None:
        return inner
    two = group.head == "couple" or (group.head == "pair" and inner.many and inner.name != inner.head)
    return replace(inner, count=2 if two else None)
