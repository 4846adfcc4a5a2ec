"""Commands without a run: new, demo, doctor, engines, fetch, try."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.core import names, registry, specfile
from mintage.core.errors import MintageError, Problem, did_you_mean
from mintage.core.plan import PROBE
from mintage.core.ports import Engine, Scorer
from mintage.core.spec import DatasetSpec, Use
from mintage.core.starter import starter
from mintage.run import Run

if TYPE_CHECKING:
    from mintage.pages.overview import DoctorPage, EnginesPage
    from mintage.pages.tables import DemoPage
    from mintage.pages.trial import TrialPage
    from mintage.pages.weights import FetchPage

EXAMPLE = "wardrobe.yaml"


def new(
    folder: Path | str, *, classes: Sequence[str] | Mapping[str, int], images: int = 100, make: str = "mini"
) -> Run:
    """Start a run: write a commented dataset.yaml into a new folder.

    Parameters
    ----------
    folder
        A new or empty folder; its name becomes the dataset's.
    classes
        Class names, with commas between them.
    images
        Images of each class.
    make
        The engine; `mintage engines` lists them.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        known = f"mintage plan {folder} (in Python: mintage.open)" if (folder / specfile.FILE).is_file() else ""
        raise MintageError(
            f"{folder} is there already and not empty", expected="a new or empty folder", type_this=known
        )
    if make not in registry.names("engines"):
        expected = did_you_mean(make, registry.names("engines"))
        raise MintageError(f"there is no engine called {make!r}", expected=expected)
    counts = dict(classes) if isinstance(classes, Mapping) else _counted(_split(classes), images)
    if not counts:
        raise MintageError("no classes", expected="at least one", type_this="--classes lemon,chair")
    wrong = names.name_problems(counts)
    wrong += [
        Problem(f"{n} images of {c!r}", "", "a number from 1 to 10,000,000")
        for c, n in counts.items()
        if not 1 <= n <= 10_000_000
    ]
    if wrong:
        raise MintageError(*wrong)
    engine = _engine(make)
    comments = _unknown(engine, list(counts))
    folder.mkdir(parents=True, exist_ok=True)
    photos = None if "text" in engine.can else {c: f"photos/{names.to_folder(c)}" for c in counts}
    for place in (photos or {}).values():
        (folder / place).mkdir(parents=True)
    score = _score(engine, list(counts))
    text = starter(
        folder.resolve().name, counts, engine.starter, comments, _written(make), score, photos, _is_paid(engine)
    )
    (folder / specfile.FILE).write_text(text, encoding="utf-8")
    return Run(folder)


def _split(classes: Sequence[str]) -> list[str]:
    return [c.strip() for part in classes for c in part.split(",") if c.strip()]


def _counted(classes: list[str], images: int) -> dict[str, int]:
    twice = sorted({c for c in classes if classes.count(c) > 1})
    if twice:
        raise MintageError(f"{', '.join(map(repr, twice))} occurs twice", expected="each class once")
    return dict.fromkeys(classes, images)


def _score(engine: Engine | type[Engine], classes: list[str]) -> list[str]:
    """The scorers that can judge what this engine draws of these classes."""
    if not engine.draws:
        return []
    if "text" not in engine.can:  # it shows the user's own photos, which a small ranking model may never have seen
        return ["technical"]
    ranking: Scorer = registry.build("scorers", Use(use="mini"), _nothing())
    return ["technical"] if ranking.knows(classes) else ["mini", "technical"]


def _engine(name: str) -> Engine | type[Engine]:
    """An engine with the options that `new` writes; its class, where these are not enough (a file is missing)."""
    cls: type[Engine] = registry.find("engines", name)
    try:
        engine: Engine = registry.build("engines", Use(use=name, options=dict(cls.starter_options)), _nothing())
        assert engine.can
    except MintageError:
        return cls
    return engine


def _is_paid(engine: Engine | type[Engine]) -> bool:
    hosting = None if isinstance(engine, type) else engine.hosting
    return hosting is not None and hosting.most != 0


def _nothing() -> DatasetSpec:
    return DatasetSpec.model_validate({"name": "any", "classes": {}})


def _written(make: str) -> str:
    """The engine and its options as `make:` has them."""
    options = registry.find("engines", make).starter_options
    return f"{{use: {make}, {', '.join(f'{k}: {v}' for k, v in options.items())}}}" if options else make


def _unknown(engine: Engine | type[Engine], classes: list[str]) -> list[str]:
    return (
        []
        if isinstance(engine, type)
        else [
            f"# {engine.name} cannot draw {u.word!r}"
            + (f"; the nearest it knows: {', '.join(u.nearest)}" if u.nearest else "")
            for u in engine.knows({"class": classes})
        ]
    )


def demo(folder: Path | str = "wardrobe") -> "DemoPage":
    """Make a small dataset in a minute, offline: class names in, labelled images and a report out.

    Parameters
    ----------
    folder
        A new or empty folder, or one that this made before: then it continues.
    """
    from mintage.pages.tables import DemoPage

    folder = Path(folder)
    text = _example().read_text(encoding="utf-8")
    spec = folder / specfile.FILE
    if folder.exists() and any(folder.iterdir()) and not (spec.is_file() and spec.read_text(encoding="utf-8") == text):
        raise MintageError(
            f"{folder} is there already", expected="a new or empty folder", type_this=f"mintage demo {folder}-2"
        )
    folder.mkdir(parents=True, exist_ok=True)
    if not spec.exists():
        spec.write_text(text, encoding="utf-8")
    run = Run(folder)
    status = run.make().finish()
    return DemoPage(status, run.report())


def _example() -> Path:
    """The example beside the package (installed) or beside its source (a clone)."""
    here = Path(__file__).parent
    places = (here / "examples" / EXAMPLE, here.parents[1] / "examples" / EXAMPLE)
    return next(p for p in places if p.is_file())


def engines_(name: str | None = None) -> "EnginesPage":
    """List the engines and which techniques each can make; with a name, the words that it knows and its options.

    Parameters
    ----------
    name
        One engine.
    """
    from mintage.pages.overview import EnginesPage

    if name is not None:
        return EnginesPage((_engine(name),), whole=True)
    techniques = [n for n in registry.names("techniques") if n != PROBE]
    built = tuple(registry.build("techniques", Use(use=n), _nothing()) for n in techniques)
    return EnginesPage(tuple(_engine(n) for n in registry.names("engines")), techniques=built)


def try_(
    engine: str, text: str, *, n: int = 4, options: Mapping[str, str] | None = None, to: Path | None = None
) -> "TrialPage":
    """Make a few images from a text with one engine, outside any run, and put them in one sheet.

    The text goes to the engine as it is. Nothing is overwritten: a name that is taken gets a number.

    Parameters
    ----------
    engine
        The engine; `mintage engines` lists them.
    text
        What to draw, e.g. "a red apple".
    n
        So many images, 1 to 64.
    options
        The engine's own options, e.g. `--options.steps 20`.
    to
        The sheet, a PNG; by default try.png, here.
    """
    from mintage.pages.progress import counted
    from mintage.pages.trial import TrialPage, free_path, save_trial
    from mintage.results.trial import build_trial, made_of, try_out

    maker = build_trial(engine, text, n, options or {})
    path: Path | None = free_path(to or Path("try.png"))
    with counted(f"{engine} draws") as tell:
        tell(0, n)
        maker.load()
        tried = tuple(try_out(maker, text, n, tell))
    if made_of(tried):
        assert path is not None
        given = ", ".join(f"{k} {v}" for k, v in (options or {}).items())
        save_trial(path, tried, text, f"by {engine}{f' with {given}' if given else ''}, unpicked")
    else:
        path = None
    return TrialPage(engine, text, tried, path)


def fetch(what: Path | str, *, model: str = "") -> "FetchPage":
    """Download the weights that the engines of a run need, or those of one engine.

    What is on this machine already stays as it is; a download that was broken off goes on.

    Parameters
    ----------
    what
        A run's folder, or the name of an engine.
    model
        With an engine's name: which of its models, as `dataset.yaml` would say it.
    """
    from mintage.pages.weights import FetchPage

    if (Path(what) / specfile.FILE).is_file():
        spec = Run(what).spec
        uses = {json.dumps(u.model_dump()): u for u in map(spec.engine, spec.used_techniques)}
    elif str(what) in registry.names("engines"):
        spec = DatasetSpec.model_validate({"name": "any", "classes": {}})
        uses = {"": Use(use=str(what), options={"model": model} if model else {})}
    else:
        raise MintageError(
            f"{what} is neither a run nor an engine", expected=did_you_mean(str(what), registry.names("engines"))
        )
    engines: list[Engine] = [registry.build("engines", use, spec) for use in uses.values()]
    for engine in engines:
        engine.fetch()
    return FetchPage(tuple((engine.name, engine.weights) for engine in engines))


def doctor(folder: Path | str = ".") -> "DoctorPage":
    """Look at Python, packages, GPU, memory, disk and keys, and say what to type where something is missing.

    Parameters
    ----------
    folder
        Where you want to make datasets: its disk is looked at.
    """
    from mintage.pages.overview import DoctorPage
    from mintage.results.checkup import check_up

    return DoctorPage(check_up(Path(folder)))
