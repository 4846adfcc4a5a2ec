"""A few images from a text by one engine, outside any run, and what the embedded scorers say of them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mintage.core import registry
from mintage.core.errors import MintageError, Problem, nearest
from mintage.core.ports import Engine, Failed, Item, Made, Refused, Request, Rivals, Scored, Sent, Unknown
from mintage.core.recipe import Fact, Recipe, Sample, Slot, seed_of
from mintage.core.spec import DatasetSpec, Use
from mintage.pictures import open_picture
from mintage.stages.guard import answers

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

MOST = 64
"""So many images at most: more than that is a run."""

SKIPPED = frozenset({"a", "an", "the", "of"})


@dataclass(frozen=True)
class Tried:
    """One image, or why there is none. `scores`: `mini.similarity`, … → number; `note` is what is wrong with it."""

    seed: int
    picture: "Picture | None" = None
    why: str = ""
    seconds: float = 0.0
    cost: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


def build_trial(name: str, text: str, n: int, options: Mapping[str, str]) -> Engine:
    """The engine, with its options.

    Raises:
        MintageError: no such engine or option, one that draws nothing from words, words that it does not know; a text
            that is empty, or a number that is no number of images.
    """
    if not text.strip():
        raise MintageError("the text is empty", expected="what to draw", type_this=f'mintage try {name} "a red apple"')
    if not 1 <= n <= MOST:
        raise MintageError(f"--n is {n}", expected=f"a number of images, from 1 to {MOST}")
    spec = DatasetSpec.model_validate({"name": "trial", "classes": {text.strip(): 1}})
    named = {k.replace("-", "_"): v for k, v in options.items()}  # a command line has dashes in its names
    engine: Engine = registry.build("engines", Use(use=name, options=named), spec)
    if "text" not in engine.can:
        able = [e for e in registry.names("engines") if "text" in (c := registry.find("engines", e)).can and c.draws]
        has = ", ".join(sorted(engine.can)) or "nothing"
        raise MintageError(
            f"the engine {name!r} draws nothing from words: it has {has}",
            expected=f"an engine that does: {', '.join(able)}; this one works in a run, from images that it is given",
            type_this=f'mintage try {able[0]} "{text}"' if able else "",
        )
    unknown = unknown_in(text, engine)
    if unknown:
        raise MintageError(*(_problem(engine, u) for u in unknown))
    return engine


def unknown_in(text: str, engine: Engine) -> list[Unknown]:
    """The words of a text that stand in no phrase of an engine's vocabulary, each with the nearest that does."""
    if engine.vocabulary is None:
        return []
    phrases = {tuple(_words(p)): p for known in engine.vocabulary.values() for p in known}
    single = {word for phrase in phrases for word in phrase}
    longest = max(map(len, phrases), default=0)
    words, found, at = _words(text), [], 0
    while at < len(words):
        size = next((k for k in range(longest, 0, -1) if tuple(words[at : at + k]) in phrases), 0)
        if not size:
            found.append(words[at])
        at += size or 1
    strange = dict.fromkeys([w for w in found if w not in single] or found)
    return [Unknown("word", w, tuple(nearest(w, {*phrases.values(), *(single - strange.keys())}))) for w in strange]


def _words(text: str) -> list[str]:
    return [w for w in re.findall(r"[\w'-]+", text.casefold()) if w not in SKIPPED]


def _problem(engine: Engine, unknown: Unknown) -> Problem:
    near = f"one of {', '.join(unknown.nearest)}" if unknown.nearest else "words that it knows"
    return Problem(
        f"the engine {engine.name!r} cannot draw {unknown.word!r}",
        expected=f"{near}, or an engine that draws anything",
        type_this=f"mintage engines {engine.name}",
    )


def try_out(
    engine: Engine, text: str, n: int, tell: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Tried]:
    """Make n images, each with a seed of its own, and score them as they come. Ends once each has its answer.

    `tell(done, total)` hears of progress.
    """
    requests = {f"trial-{i}": Request(f"trial-{i}", "text", text, seed=seed_of(1, text, "try", i, 0)) for i in range(n)}
    score = _scoring(text)
    tell(0, n)
    kinds = (Sent, Made, Refused, Failed)
    stream = answers(engine.make, list(requests.values()), f"the engine {engine.name!r}", kinds)
    for done, answer in enumerate((a for a in stream if not isinstance(a, Sent)), 1):
        seed = requests[answer.recipe_id].seed
        if isinstance(answer, Made):
            yield _tried(answer, seed, score)
        else:
            assert isinstance(answer, Refused | Failed)
            yield Tried(seed, None, answer.reason, answer.seconds, answer.cost)
        tell(done, n)


def _tried(made: Made, seed: int, score: "Callable[[Picture], tuple[Mapping[str, float], str]]") -> Tried:
    try:
        picture = open_picture(made.image) if isinstance(made.image, bytes) else made.image.convert("RGB")
    except OSError as error:
        return Tried(seed, None, f"what the engine gave is no image: {error}", made.seconds, made.cost)
    scores, note = score(picture)
    return Tried(seed, picture, "", made.seconds, made.cost, scores, note or made.note)


def _scoring(text: str) -> "Callable[[Picture], tuple[Mapping[str, float], str]]":
    """Scores of a picture by the embedded scorers: the ranking's only where it knows every word."""
    name = text.strip()
    spec = DatasetSpec.model_validate({"name": "trial", "classes": {name: 1}})
    scorers = [registry.build("scorers", Use(use=s), spec) for s in ("mini", "technical")]
    scorers = [s for s in scorers if not s.knows([name])]
    for scorer in scorers:
        scorer.load()
    recipe = Recipe(Slot(name, "try", 0), 0, ((name, 1.0),), "", {}, 0)
    sample = Sample(recipe, {"words": Fact(recipe.id, "words", "done", {"prompt": text})}, name)

    def score(picture: "Picture") -> tuple[Mapping[str, float], str]:
        values: dict[str, float] = {}
        wrong = ""
        item = Item(sample, name, Rivals(), lambda: picture)
        for scorer in scorers:
            for answer in answers(scorer.score, [item], f"the scorer {scorer.name!r}", (Scored, Failed)):
                if isinstance(answer, Scored):
                    values |= {f"{scorer.name}.{key}": value for key, value in answer.values.items()}
                    wrong = answer.note if scorer.name == "technical" else wrong
        return values, wrong

    return score


def made_of(tried: Sequence[Tried]) -> list["Picture"]:
    return [t.picture for t in tried if t.picture is not None]
