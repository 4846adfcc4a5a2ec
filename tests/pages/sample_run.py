"""A small finished run, with pictures on disk and hostile names, for the tests of pages."""

from pathlib import Path

from PIL import Image, ImageDraw

from mintage.core.recipe import Fact, Recipe, Sample, Slot, Verdict
from mintage.pages.report import Gallery
from mintage.results.summary import BINS, Attempts, Histogram, Reached, Shortfall, Summary

HOSTILE = "</script><script>document.title='owned'</script> & \"co\""
PROMPT = "a photo of a \"dog\" <img src=x onerror=\"document.title='owned'\"> & 'more'"


def picture(number: int, size: tuple[int, int] = (64, 64)) -> Image.Image:
    """A disc on a ground; every number has other colours."""
    image = Image.new("RGB", size, (number * 67 % 256, number * 131 % 256, number * 29 % 256))
    ImageDraw.Draw(image).ellipse((8, 8, size[0] - 8, size[1] - 8), (255 - number * 41 % 256, 90, number * 97 % 256))
    return image


def sample(folder: Path, label: str, number: int, kept: bool, prompt: str = PROMPT) -> Sample:
    """One attempt with its picture in `folder`."""
    recipe = Recipe(Slot(label, "scene", number, {"light": "at <night>"}), 0, ((label, 1.0),), "mini", {}, number)
    folder.mkdir(exist_ok=True)
    picture(number).save(folder / f"{recipe.id}.png")
    margin = 0.25 if kept else -0.5
    facts = {
        "words": Fact(recipe.id, "words", "done", {"prompt": prompt}),
        "image": Fact(recipe.id, "image", "done", {"path": f"{recipe.id}.png"}),
        "score.mini": Fact(recipe.id, "score.mini", "done", {"margin": margin}),
    }
    reason = "passes every floor" if kept else "mini.margin -0.5 is below 0 (most like: <chair>)"
    return Sample(recipe, facts, label, Verdict(kept, recipe.id, reason), folder)


def gallery(folder: Path, label: str, kept: int = 2, rejected: int = 1) -> Gallery:
    """`kept` and `rejected` samples of a class."""
    return Gallery(
        tuple(sample(folder, label, n, True) for n in range(kept)),
        tuple(sample(folder, label, kept + n, False) for n in range(rejected)),
    )


def summary(names: tuple[str, ...] = ("dog", HOSTILE, "cat")) -> Summary:
    """Every class with 100 slots: the first all kept, each further one with ten less; yields fall as well."""
    reached = tuple(Reached(n, 100 - 10 * (i % 9), 4 * (i % 9), i % 9, 5 * (i % 9)) for i, n in enumerate(names))
    scores = Histogram((0,) * 12 + (3, 40, 57) + (0,) * (BINS - 15), (0,) * 8 + (30,) + (0,) * (BINS - 9))
    return Summary(
        name="my zoo",
        classes=reached,
        attempts={c.name: Attempts(130 + 10 * i, c.kept, 30 + 20 * i, 0, c.failed) for i, c in enumerate(reached)},
        attributes={"light & shade": (Reached("at <night>", 40, 8, 2, 50), Reached("by day", 190, 10))},
        failed=(Shortfall(names[1], "", 1, "no answer from <server>"),),
        given_up=(Shortfall(names[2], "light: at <night>", 10, "5 attempts; the last: mini.margin is below 0"),),
        histograms={names[0]: scores},
        number="mini.margin",
        floor=0.0,
        seconds={"image": 540.0},
    )
