"""What is wrong with a spec beyond its shape: plug-ins that are not there, and parts that contradict each other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from mintage.core import registry
from mintage.core.errors import Problem, did_you_mean
from mintage.core.rule_mistakes import rule_mistakes
from mintage.core.safety import unsafe
from mintage.core.spec import DatasetSpec, Use
from mintage.core.template import CLASS, template_mistakes

Loc = tuple[str | int, ...]
"""Where in the file: keys and indices, from the outside in."""


def plugin_mistakes(plain: Mapping[str, Any]) -> Iterator[tuple[Loc, Problem]]:
    """Unknown plug-ins and options, also in a file whose other parts are wrong; `plain` is the file as it stands."""
    seen: dict[str, list[Problem]] = {}
    for loc, kind, use in _uses(plain):
        said = f"{kind} {use!r}"
        if said not in seen:
            seen[said] = registry.mistakes(kind, use)
        for problem in seen[said]:
            yield (*loc, problem.where) if problem.where else loc, problem


def _uses(plain: Mapping[str, Any]) -> Iterator[tuple[Loc, str, Use]]:
    """Every plug-in that the file names: (place, kind, use)."""
    make, scores, classes = plain.get("make"), plain.get("score", []), plain.get("classes")
    first = {k: v for k, v in make.items() if k != "except"} if isinstance(make, Mapping) else make
    found: list[tuple[Loc, str, Any]] = [(("write",), "writers", plain.get("write")), (("make",), "engines", first)]
    if isinstance(make, Mapping) and isinstance(make.get("except"), Mapping):
        found += [(("make", "except", t), "engines", v) for t, v in make["except"].items()]
    if isinstance(scores, list):
        found += [(("score", i), "scorers", v) for i, v in enumerate(scores)]
    else:
        found.append((("score",), "scorers", scores))
    for loc, kind, value in found:
        try:
            yield loc, kind, Use.model_validate(value)
        except ValidationError:  # told by the spec's own check
            continue
    yield from _techniques((), plain)
    for name, c in classes.items() if isinstance(classes, Mapping) else ():
        yield from _techniques(("classes", name), c)


def _techniques(loc: Loc, holder: Any) -> Iterator[tuple[Loc, str, Use]]:
    shares = holder.get("techniques") if isinstance(holder, Mapping) else None
    for name in shares if isinstance(shares, Mapping | list) else ():
        share = shares[name] if isinstance(shares, Mapping) else None
        options = dict(share) if isinstance(share, Mapping) else {}
        inner = options.pop("options", None)
        flat = inner if isinstance(inner, dict) else {k: v for k, v in options.items() if k != "share"}
        if isinstance(name, str):
            yield (*loc, "techniques", name), "techniques", Use(use=name, options=flat)


def meaning_mistakes(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    """Mistakes between parts of a spec whose shape is right."""
    if not spec.classes:
        yield ("classes",), Problem("there are no classes", expected="class names, e.g. classes: {dalmatian: 300}")
    yield from _axes(spec)
    yield from rule_mistakes(spec)
    for problem in template_mistakes(spec.template, spec.axes):
        yield ("template",), problem
    yield from _shares(spec)
    if spec.risk == "high":
        said = "risk: high needs certificates, which this version does not have"
        yield ("risk",), Problem(said, expected="risk: ordinary")
    scorers = [s.use for s in spec.score]
    for name in sorted({s for s in scorers if scorers.count(s) > 1}):
        yield ("score",), Problem(f"scorer {name!r} occurs twice")
    for key in spec.keep.floor:
        yield from _floor(key, scorers)
    yield from _more(spec)
    for name in spec.make.others:
        if name not in spec.used_techniques:
            expected = did_you_mean(name, spec.used_techniques)
            yield ("make", "except", name), Problem(f"technique {name!r} is not in use", expected=expected)
    yield from _classes(spec)
    yield from _unsafe(spec)


def _axes(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    """Names that no place of a template could hold."""
    for axis in spec.axes:
        if axis == CLASS or axis != axis.strip() or not axis or set(axis) & set("{}"):
            said = f"{axis!r} cannot name an axis"
            yield ("axes", axis), Problem(said, expected="a word without braces that is not `class`, e.g. environment")


def _more(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    for i, row in enumerate(spec.more):
        if row.of not in spec.classes:
            yield ("more", i), Problem(f"no class {row.of!r}", expected=did_you_mean(row.of, spec.classes))
        for axis, level in row.attributes.items():
            loc, levels = ("more", i, "attributes", axis), spec.levels.get(axis)
            if levels is None:
                yield loc, Problem(f"no axis with values {axis!r}", expected=did_you_mean(axis, spec.levels))
            elif level not in levels:
                yield loc, Problem(f"axis {axis!r} has no value {level!r}", expected=did_you_mean(level, levels))


def _shares(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    places: list[tuple[Loc, Mapping[str, Any]]] = [(("techniques",), spec.techniques)]
    places += [(("classes", n, "techniques"), c.techniques or {}) for n, c in spec.classes.items()]
    for loc, shares in places:
        if shares and sum(s.share for s in shares.values()) <= 0:
            yield loc, Problem("all shares are 0", expected="at least one share above 0")
        if len(loc) > 1:
            for name in [n for n, s in shares.items() if s.options]:
                expected = "a share; options go to the top `techniques:`"
                yield (*loc, name), Problem("options stand here under a class", expected=expected)


def _floor(key: str, scorers: Sequence[str]) -> Iterator[tuple[Loc, Problem]]:
    scorer, dot, number = key.partition(".")
    if not dot:
        yield ("keep", "floor", key), Problem(f"{key!r} names no number", expected=f"`scorer.number`, e.g. {key}.p")
        return
    if scorer not in scorers:
        expected = "`scorer.number`, e.g. mini.p; " + did_you_mean(scorer, scorers)
        yield ("keep", "floor", key), Problem(f"no scorer {scorer!r} in `score`", expected=expected)
        return
    numbers = registry.find("scorers", scorer).numbers if scorer in registry.names("scorers") else ()
    if numbers and number not in numbers:
        said = f"{scorer} gives no number {number!r}"
        yield ("keep", "floor", key), Problem(said, expected=did_you_mean(number, numbers))


def _classes(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    words = {name.casefold(): name for name in spec.classes}
    before: dict[str, str] = {}
    for name, c in spec.classes.items():
        loc = ("classes", name)
        if c.images.fill_to and not c.references:
            said = "fill_to counts real images"
            yield (*loc, "images"), Problem(said, expected="references: FOLDER beside it")
        if c.was and c.was in spec.classes and c.was != name:
            said = f"{c.was!r} is still a class of its own"
            yield (*loc, "was"), Problem(said, expected="its old name, no longer a class")
        if c.was and before.setdefault(c.was, name) != name:
            said = f"{c.was!r} is the old name of {before[c.was]!r} already"
            yield (*loc, "was"), Problem(said, expected="one class for each old name")
        for word in filter(None, [c.called, *c.synonyms]):
            owner = words.setdefault(word.casefold(), name)
            if owner != name:
                yield loc, Problem(f"{word!r} also names the class {owner!r}", expected="a word of its own")


def _unsafe(spec: DatasetSpec) -> Iterator[tuple[Loc, Problem]]:
    """Words that are not drawn, by themselves or as a class with a value."""
    off = spec.safety == "off"
    classes = {
        name: ", ".join([name, c.called, c.description, c.kind, *c.synonyms, *c.lookalikes, *c.text])
        for name, c in spec.classes.items()
    }
    values = {(axis, level): level for axis, levels in spec.levels.items() for level in levels}
    if not unsafe(", ".join([*classes.values(), *values.values(), spec.template]), off=off):
        return
    places: list[tuple[Loc, str]] = [(("classes", name), said) for name, said in classes.items()]
    places += [(("axes", axis), level) for (axis, _), level in values.items()]
    places.append((("template",), spec.template))
    alone = [(loc, word) for loc, said in places if (word := unsafe(said, off=off))]
    pairs = ((("axes", a), unsafe(f"{c}, {v}", off=off)) for c in classes.values() for (a, _), v in values.items())
    found = dict.fromkeys(alone or [(loc, word) for loc, word in pairs if word])
    for loc, word in found:
        expected = "other words" if off else "other words, or safety: off if that is what the set is for"
        yield loc, Problem(f"{word!r} is not drawn", expected=expected)
