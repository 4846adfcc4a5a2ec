"""Whether the engines and scorers of a spec know a word that is only proposed, and what an engine knows by itself."""

from collections.abc import Sequence
from functools import cached_property

from mintage.core import registry
from mintage.core.copying import COPY
from mintage.core.parents import References
from mintage.core.plan import build_engine
from mintage.core.pool import RealParents
from mintage.core.ports import Engine, Scorer, Technique
from mintage.core.spec import DatasetSpec, Use
from mintage.results.lookalikes import LOOKALIKE

SCENE = "scene"
"""The technique that a spec has by itself as soon as it has axes."""

TOLD = 12
"""So many of an engine's words are told to who proposed another."""


class Drawable:
    """What `plan` would say of a proposed word, asked before the word stands in the file."""

    def __init__(self, spec: DatasetSpec) -> None:
        self.spec = spec

    @cached_property
    def _engines(self) -> list[Engine]:
        """Those that draw the axes, each once; where no technique has them yet, the one of the plain scene."""
        uses: list[Use] = []
        for name in self.spec.used_techniques:
            technique: Technique = registry.build("techniques", self.spec.technique(name), self.spec)
            use = self.spec.engine(name)
            if technique.uses_axes and COPY not in technique.wants and use not in uses:
                uses.append(use)
        return [build_engine(use, self.spec) for use in uses or [self.spec.engine(SCENE)]]

    def value(self, axis: str, value: str) -> str:
        """Why no picture can show a value; "": it can."""
        for engine in self._engines:
            if engine.knows({axis: [value]}):
                own = list((engine.vocabulary or {}).get(axis, ()))
                told = f"; it draws {', '.join(own[:TOLD])}" if own else f", nor anything else of {axis!r}"
                return f"the engine {engine.name!r} does not draw it{told}"
        return ""

    def own_words(self, axis: str) -> tuple[str, list[str]]:
        """The first engine that has words of its own for an axis, and those that all engines know."""
        named = (e for e in self._engines if (e.vocabulary or {}).get(axis))
        engine = next(named, None)
        words = list((engine.vocabulary or {})[axis]) if engine else []
        return engine.name if engine else "", [w for w in words if not self.value(axis, w)]

    def decoy(self, name: str, word: str, given: Sequence[str]) -> str:
        """Why a thing cannot be a look-alike of a class that has these already; "": it can."""
        classes = self.spec.classes
        trial = classes[name].model_copy(update={"lookalikes": [*given, word]})
        spec = self.spec.model_copy(update={"classes": {**classes, name: trial}})
        technique: Technique = registry.build("techniques", spec.technique(LOOKALIKE), spec)
        where = f"classes.{name}.lookalikes"
        pool = RealParents(References(), spec.references.sure)
        found = [p.found for p in technique.mistakes(name, "text", pool) if p.where == where]
        unknown: list[Engine | Scorer] = [e for e in (self._decoy_engine,) if e.knows({"class": [word]})]
        unknown += [s for s in self._scorers if s.knows([word])]
        return next(iter(found), "") or next((f"{u.name!r} does not know it" for u in unknown), "")

    @cached_property
    def _decoy_engine(self) -> Engine:
        return build_engine(self.spec.engine(LOOKALIKE), self.spec)

    @cached_property
    def _scorers(self) -> list[Scorer]:
        return [registry.build("scorers", use, self.spec) for use in self.spec.score]
