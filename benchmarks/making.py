"""Makes a technique's pictures from photos, by the parts of a run, without a run: plan, words, request, engine."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image

from independent import Photo
from mintage.core import registry
from mintage.core.array import Array
from mintage.core.errors import MintageError
from mintage.core.pool import RealParents
from mintage.core.ports import Briefed, Made
from mintage.core.recipe import Fact, Recipe, Sample, Slot, seed_of
from mintage.core.spec import DatasetSpec, Use
from mintage.pictures import open_picture
from mintage.pictures.cutouts.references import read_references
from mintage.stages.parents import ParentFiles

GREY = (128, 128, 128)


@dataclass(frozen=True)
class Child:
    """A made picture, its sample, and its parents' pictures as the engine had them.

    Of a composed one, `shown` are squares around its boxes, a tenth wider; `objects` the same with grey around the
    object, and `own` the parents' cut-outs on grey.
    """

    sample: Sample
    picture: Image.Image
    parents: tuple[Image.Image, ...]
    shown: tuple[Image.Image, ...] = ()
    objects: tuple[Image.Image, ...] = ()
    own: tuple[Image.Image, ...] = ()

    @property
    def name(self) -> str:
        return self.sample.recipe.slot.key


@contextmanager
def family(photos: Sequence[Photo]) -> Iterator[DatasetSpec]:
    """A spec whose classes have these photos as references, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        for photo in photos:
            target = Path(folder) / photo.name
            target.mkdir(exist_ok=True)
            shutil.copy(photo.path, target / photo.path.name)
        names = dict.fromkeys(p.name for p in photos)
        classes = {name: {"references": name} for name in names}
        yield DatasetSpec.model_validate({"name": "x", "classes": classes}).placed(Path(folder))


def children(
    spec: DatasetSpec, technique: str, options: Mapping[str, Any], engine: str, each: int
) -> list[Child] | None:
    """`each` children of every photo; None (and it says why) where the engine cannot, or is not there."""
    try:
        maker = registry.build("engines", Use(use=engine), spec)
        plugin = registry.build("techniques", Use(use=technique, options=dict(options)), spec)
        verb = next((v for v in plugin.wants if v in maker.can), None)
        if verb is None:
            print(f"\n{engine} has none of the verbs {', '.join(plugin.wants)}: left out.")
            return None
        maker.load()
    except MintageError as error:
        print(f"\n{engine} is left out: {error}")
        return None
    references = read_references(spec, spec.folder, masks=verb == "compose")
    pool = RealParents(references, spec.references.sure)
    files = ParentFiles(references, _nobody, spec.references, maker.size, None)
    writer = registry.build("writers", Use(use="grammar"), spec)
    asked = []
    for name in spec.classes:
        sure = len(pool.real(name, cut=verb == "compose"))
        rows = islice(plugin.plan(name, each * sure, Array({}).attributes), each * sure)
        asked += [(plugin, Slot(name, technique, i, row)) for i, row in enumerate(rows)]
    requests, samples = [], {}
    for _, slot in asked:
        origin = plugin.origin(slot, verb, pool)
        if origin is None:
            continue
        seed = seed_of(spec.seed, slot.key, technique, slot.number, 0)
        parents = tuple(p.name for p in origin.parents)
        recipe = Recipe(slot, 0, origin.objects, engine, maker.settings, seed, parents, origin.roots)
        (wrote,) = writer.write([Briefed(Sample(recipe), plugin.brief(recipe), maker.phrasing)])
        words = Fact(recipe.id, "words", "done", {"prompt": wrote.prompt, "negative": ""})
        sample = samples[recipe.id] = Sample(recipe, {"words": words}, spec.label_of(recipe))
        requests.append(plugin.prepare(sample, files, verb))
    made = []
    for answer in maker.make(requests):
        if isinstance(answer, Made):
            picture = open_picture(answer.image) if isinstance(answer.image, bytes) else answer.image
            sample = samples[answer.recipe_id]
            shown = tuple(around(picture, box) for box in answer.boxes)
            given = tuple(files.picture(p) for p in sample.recipe.parents)
            objects, own = (), ()
            if verb == "compose" and answer.mask is not None:
                alone = Image.composite(picture.convert("RGB"), Image.new("RGB", picture.size, GREY), answer.mask)
                objects = tuple(around(alone, box) for box in answer.boxes)
                own = tuple(on_grey(files.cut_out(p)) for p in sample.recipe.parents)
            made.append(Child(sample, picture.convert("RGB"), given, shown, objects, own))
    if len(made) < len(requests):
        print(f"\n{engine} made {len(made)} of {len(requests)}.")
    return made


def around(picture: Image.Image, box: Mapping[str, Any]) -> Image.Image:
    side = 1.1 * max(box["w"], box["h"])
    left, top = box["x"] + (box["w"] - side) / 2, box["y"] + (box["h"] - side) / 2
    ends = (round(left), round(top), round(left + side), round(top + side))
    if left >= 0 and top >= 0 and ends[2] <= picture.width and ends[3] <= picture.height:
        return picture.convert("RGB").crop(ends)
    whole = Image.new("RGB", (ends[2] - ends[0], ends[3] - ends[1]), GREY)
    whole.paste(picture.convert("RGB"), (-ends[0], -ends[1]))
    return whole


def on_grey(cut: Image.Image | None) -> Image.Image:
    """A cut-out in the middle of a grey square, as `around` shows it."""
    assert cut is not None
    whole = Image.new("RGB", cut.size, GREY)
    whole.paste(cut, mask=cut.getchannel("A"))
    return around(whole, {"x": 0, "y": 0, "w": cut.width, "h": cut.height})


def _nobody(recipe_id: str) -> Sample:
    raise KeyError(recipe_id)
