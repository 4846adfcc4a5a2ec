"""What keeps a spec from being planned: engines without a verb or a word, techniques without parents, no folder."""

from collections.abc import Mapping, Sequence
from math import isinf
from pathlib import Path

from mintage.core import registry
from mintage.core.array import Array
from mintage.core.errors import MintageError, Problem
from mintage.core.parents import Pool, References
from mintage.core.ports import Engine, Hosting, Request, Scorer, Technique, Unknown, Writer
from mintage.core.spec import DatasetSpec

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def count_images(spec: DatasetSpec, folder: Path, references: References) -> tuple[dict[str, int], list[Problem]]:
    """Class → images to make, and the folders of real images that are not there."""
    counts: dict[str, int] = {}
    problems = []
    for name, c in spec.classes.items():
        counts[name] = c.images.count or 0
        if c.images.fill_to:
            real = folder / c.references
            if not real.is_dir():
                where = f"classes.{name}.references"
                problems.append(Problem(f"there is no folder {real}", where, "a folder of real images of the class"))
                continue
            there = references.of.get(spec.key_of(name))
            counts[name] = max(0, c.images.fill_to - (_files(real) if there is None else len(there)))
    return counts, problems


def _files(folder: Path) -> int:
    files = (f for f in folder.rglob("*") if f.suffix.lower() in PICTURES and not f.name.startswith("."))
    return sum(f.is_file() for f in files)


def unplanned(
    spec: DatasetSpec,
    counts: Mapping[str, int],
    techniques: Mapping[str, Technique],
    verbs: Mapping[str, str],
    array: Array,
    pool: Pool,
) -> list[Problem]:
    """What techniques with a share say of a spec that they cannot plan, such as scene without axes."""
    problems: dict[Problem, None] = {}
    for name, key in ((c, spec.key_of(c)) for c in spec.classes):
        shares = {t: s.share for t, s in spec.shares(name).items() if s.share > 0}
        for technique in shares:
            try:
                techniques[technique].plan(key, 0, array.attributes)
            except MintageError as error:
                problems |= dict.fromkeys(error.problems)
            if technique in verbs and counts.get(name, 1):
                problems |= dict.fromkeys(techniques[technique].mistakes(name, verbs[technique], pool))
        if shares and all(techniques[t].on_top for t in shares):
            said = f"{', '.join(shares)} comes on top of other techniques, and {name!r} has none"
            problems[Problem(said, f"classes.{name}", "another technique beside it", "techniques: {scene: 1, …}")] = (
                None
            )
    return list(problems)


def choose_verbs(
    techniques: Mapping[str, Technique], engines: Mapping[str, Engine]
) -> tuple[dict[str, str], list[Problem]]:
    """Technique → the first verb that it wants and its engine has; and those that have none, with who could."""
    verbs, problems = {}, []
    for name, technique in techniques.items():
        engine = engines[name]
        verb = next((v for v in technique.wants if v in engine.can), None)
        if verb is not None:
            verbs[name] = verb
            continue
        others = [e for e in registry.names("engines") if e != engine.name]
        able = [e for e in others if can_make(registry.find("engines", e), technique)]
        has, needs = ", ".join(sorted(engine.can)) or "nothing", " or ".join(technique.wants)
        found = f"the engine {engine.name!r} cannot do {name!r}: it has {has}, and that needs {needs}"
        expected = f"an engine that can: {', '.join(able) or 'none is installed'}"
        type_this = f"make: {{use: {engine.name}, except: {{{name}: {able[0]}}}}}" if able else ""
        problems.append(Problem(found, "make", expected, type_this))
    return verbs, problems


def can_make(engine: type[Engine] | Engine, technique: Technique) -> bool:
    """Whether an engine has one of the verbs that a technique wants."""
    return bool({*technique.wants} & {"copy", *engine.can})


def unable(
    spec: DatasetSpec, techniques: Mapping[str, Technique], engines: Mapping[str, Engine], verbs: Mapping[str, str]
) -> list[Problem]:
    """Words that an engine cannot draw, and real images that it cannot keep in their own shape."""
    problems: dict[Problem, None] = {}
    for name in verbs:
        engine = engines[name]
        users = [c for c in spec.classes if name in spec.shares(c)]
        for unknown in engine.knows(techniques[name].draws(users)):
            problems[_unknown(unknown, engine, _place(spec, unknown))] = None
        if engine.one_size and spec.references.fit == "keep" and verbs[name] != "text":
            size = "×".join(map(str, engine.size or ()))
            said = f"{engine.name!r} makes {size} alone, and cannot keep other shapes"
            problems[Problem(said, "references.fit", "fit: crop, or fit: pad")] = None
    return list(problems)


def unranked(spec: DatasetSpec, scorers: Sequence[Scorer]) -> list[Problem]:
    """Words that a scorer has never seen."""
    words = {spec.subject(c): None for c in spec.classes} | {
        w: None for c in spec.classes.values() for w in c.lookalikes
    }
    problems = []
    for scorer in scorers:
        for unknown in scorer.knows(words):
            near = f" (near: {', '.join(unknown.nearest)})" if unknown.nearest else ""
            expected = f"words that it knows{near}, or another scorer"
            found = f"the scorer {scorer.name!r} has never seen {unknown.word!r}"
            problems.append(Problem(found, _place(spec, unknown), expected, "score: [technical]"))
    return problems


def hosting_of(engine: Engine) -> Hosting | None:
    """What an engine says of its server; of one that only has a price, that."""
    if engine.hosting is not None or type(engine).price is Engine.price:
        return engine.hosting
    price = engine.price(Request("", next(iter(engine.can), "text"), ""))
    known = None if isinf(price) else price
    return Hosting(engine.name, "", known, known) if price else None


def unpriced(
    spec: DatasetSpec, writer: Writer, engines: Mapping[str, Engine], scorers: Sequence[Scorer]
) -> list[Problem]:
    """Models under a budget whose requests have no upper bound: nothing could keep them within it."""
    if spec.budget is None or spec.budget.dollars is None:
        return []
    found_in: list[tuple[str, str, Hosting | None]] = [("write", writer.name, writer.hosting)]
    found_in += [("make", e.name, hosting_of(e)) for e in engines.values()]
    found_in += [("score", s.name, s.hosting) for s in scorers]
    problems: dict[Problem, None] = {}
    for where, name, hosting in found_in:
        if hosting is not None and hosting.most is None:
            found = f"there is a budget, and nobody can say what {hosting.model!r} costs at most"
            expected = (
                "max_cost: dollars for one request; price: 0 for a server of your own; or an entry in prices.yaml"
            )
            problems[Problem(found, where, expected, f"{where}: {{use: {name}, …, max_cost: 0.25}}")] = None
    return list(problems)


def _place(spec: DatasetSpec, unknown: Unknown) -> str:
    """Where an unknown word stands in the spec."""
    if unknown.kind != "class":
        return f"axes.{unknown.kind}"
    named = (c for c, told in spec.classes.items() if unknown.word in (spec.subject(c), *told.lookalikes))
    return f"classes.{next(named, '')}"


def _unknown(unknown: Unknown, engine: Engine, place: str) -> Problem:
    able = [
        e
        for e in registry.names("engines")
        if (cls := registry.find("engines", e)).draws and cls.vocabulary is Engine.vocabulary
    ]
    near = f"one of {', '.join(unknown.nearest)}, or " if unknown.nearest else ""
    others = (
        f"an engine that draws anything: {', '.join(able)}"
        if able
        else "an engine that draws anything (your own: docs/engines.md)"
    )
    what = "class" if unknown.kind == "class" else f"{unknown.kind}"
    return Problem(
        f"the engine {engine.name!r} cannot draw the {what} {unknown.word!r}",
        place,
        near + others,
        f"mintage engines {engine.name}",
    )
