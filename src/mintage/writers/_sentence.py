"""A whole sentence in good English from its parts: the noun with what belongs to it, and every axis in its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mintage.core.nouns import article, counted, has_determiner, head, indefinite, number, with_article
from mintage.writers._phrases import Piece, is_adjective, readable
from mintage.writers._vocabulary import SINGLE


@dataclass(frozen=True, slots=True)
class Said:
    """An axis, its value, and the piece that says it."""

    axis: str
    value: str
    piece: Piece


@dataclass(frozen=True, slots=True)
class Thing:
    """What is drawn: the name that the sentence uses, its kind, an article instead of the usual one, words on it."""

    name: str
    kind: str = ""
    article: str | None = None
    text: tuple[str, ...] = ()


def alike(name: str, like: str, *, in_order: bool = False) -> str:
    """The name of a thing that looks like another: "dalmatian-like car", "soccer-ball-like watch".

    With `in_order` plain words alone, for an engine that asks for its own order of words: "dalmatian car car", twice as
    many for what it is. Told each once, `mini` draws a mixture that is neither (docs/techniques/lookalike.md).
    """
    if not like:
        return name
    if in_order:
        times = max(1, round(2 * len(like.split()) / len(name.split())))
        return " ".join([like, *[name] * times])
    first, _, rest = name.partition(" ") if has_determiner(name) else ("", "", name)
    other = like.partition(" ")[2] if has_determiner(like) else like
    return " ".join(filter(None, [first, f"{'-'.join(other.split())}-like", rest]))


def closed(prompt: str, added: Sequence[str], phrases: Sequence[str]) -> str:
    """A prompt with what is added behind it, and the phrases that close it as they are."""
    whole = ", ".join([prompt, *added])
    stop = "." if phrases and whole.endswith(".") else ""
    return ", ".join([whole.removesuffix(stop), *phrases]) + stop


def noun_phrase(thing: Thing, said: Sequence[Said]) -> str:
    """The thing with article, count, adjectives and what it is made of: "two small red cars", "pants made of paper"."""
    return " ".join([_counted_noun(thing, said), *tail(said, "behind")])


def _counted_noun(thing: Thing, said: Sequence[Said]) -> str:
    adjectives = [s.piece for s in said if s.piece.place == "adjective"]
    before = "".join(f"{p.text} " for p in sorted(adjectives, key=lambda p: p.rank))
    count = next((s.value for s in said if s.piece.place == "count"), "")
    if count:
        quantity = f"a {count}" if count.casefold() == "single" else count
        amount, noun = counted(quantity, thing.name, thing.kind, one=count.casefold() in SINGLE)
        return f"{amount} {before}{noun}"
    own, _, noun = thing.name.partition(" ") if has_determiner(thing.name) else ("", "", thing.name)
    start = own or article(thing.name, thing.kind) if thing.article is None else thing.article
    whole = f"{before}{noun}"
    start = indefinite(whole) if start in ("a", "an") else start
    return f"{start} {whole}" if start else whole


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def words_on(thing: Thing, said: Sequence[Said]) -> str:
    """with the words "ACME" on it; "" where nothing is to be read."""
    if not thing.text:
        return ""
    many = any(s.piece.place == "count" and s.value.casefold() not in SINGLE for s in said)
    on = "them" if many or number(thing.name, thing.kind) == "many" else "it"
    quoted = [f'"{words}"' for words in thing.text]
    return f"with the words {listed(quoted)} on {on}"


def apposition(description: str) -> str:
    """A class's description as it stands behind its noun: "a white dog with black spots"."""
    said = description.strip().rstrip(".")
    first, _, rest = said.partition(" ")
    if first in ("A", "An", "The"):
        said = f"{first.lower()} {rest}"
    return said if is_adjective(head(said)) else with_article(said)


def aside(said: Said) -> str:
    """A value behind a comma, where its own place is taken or the sentence has none."""
    if said.piece.place == "lead":
        return f"as {said.piece.text.removesuffix(' of')}"
    if said.piece.place in ("count", "adjective"):
        return f"{readable(said.axis)}: {said.value}"
    return said.piece.text


def tail(said: Iterable[Said], *places: str) -> list[str]:
    """The texts of all pieces of some places: place by place, in the order of the axes."""
    pieces = [s.piece for s in said]
    return [p.text for place in places for p in pieces if p.place == place]


def sentence(thing: Thing, said: Sequence[Said], medium: str, description: str = "") -> str:
    """style of thing, description, with …, action, environment, time, then light, view and the rest behind commas."""
    leads = [s for s in said if s.piece.place == "lead"]
    counts = [s for s in said if s.piece.place == "count"]
    lead = leads[0].piece.text if leads else f"{with_article(medium)} of"
    start = f"{lead} {noun_phrase(thing, said)}"
    rest = _with(thing, said) + tail(said, "action", "where", "when")
    if description and ". " not in description:
        each = "each " if counts and counts[0].value.casefold() not in SINGLE else ""
        start += f", {each}{apposition(description)}" + ("," if rest else "")
    asides = [aside(s) for s in leads[1:] + counts[1:]] + tail(said, "aside")
    if ". " in description:
        asides.append(apposition(description))
    return ", ".join([" ".join([start, *rest]), *asides])


def _with(thing: Thing, said: Sequence[Said]) -> list[str]:
    """Everything that the thing has, as one phrase: "with dented packaging, two wheels and the words "ACME" on it"."""
    pieces = [s for s in said if s.piece.place == "with"]
    having = [s.piece.text for s in pieces if s.piece.text.startswith("with ")]
    whole = [s.value for s in pieces if s.value == s.piece.text and s.value.startswith("with ")]
    written = words_on(thing, said)
    bare = [t.removeprefix("with ") for t in [*having, *filter(None, [written])] if t not in whole]
    items = [*whole, *bare] if whole or not bare else [f"with {bare[0]}", *bare[1:]]
    others = [s.piece.text for s in pieces if s.piece.text not in having]
    return [listed(items), *others] if items else others


def caption(thing: Thing, said: Sequence[Said]) -> str:
    """What is seen, without style and wording: "a dalmatian on grass at night"."""
    return " ".join([noun_phrase(thing, said), *tail(said, "action", "where", "when")])
