"""Images: prompts in, pixels on disk out; an image is on disk before its fact is told."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.core.errors import MintageError
from mintage.core.parents import Parents
from mintage.core.ports import Answer, Engine, Failed, Made, Refused, Request, Resources, Sent, Store, Technique
from mintage.core.purse import Purse
from mintage.core.recipe import Fact, Outcome, Sample
from mintage.pictures import encode_png, inspect, open_picture
from mintage.stages.guard import Handed, asked, said, settled_at

if TYPE_CHECKING:
    from PIL import Image


SAYS = logging.getLogger("mintage.hosted")


class ImageStage:
    """One engine's part of the image stage: the samples of the techniques that it makes, each by its verb."""

    name = "image"

    def __init__(
        self,
        engine: Engine,
        techniques: Mapping[str, Technique],
        verbs: Mapping[str, str],
        parents: Parents,
        store: Store,
        folder: Path,
        purse: Purse | None = None,
    ) -> None:
        self.engine = engine
        self.techniques = techniques
        self.verbs = verbs
        self.parents = parents
        self.store = store
        self.folder = folder
        self.purse = purse or Purse()
        self.needs: Resources = engine.needs
        self.streams = engine.streams
        self._warned = False

    def load(self) -> None:
        self.engine.load()

    def run(self, samples: Sequence[Sample]) -> Iterator[Fact]:
        by_id = {sample.id: sample for sample in samples}
        paid_first = sorted(samples, key=lambda sample: "image:sent" not in sample.facts)  # it waits for no budget
        handed = Handed(paid_first, self._request, self._price, self.purse, self.name)
        last = time.perf_counter()
        who = f"the engine {self.engine.name!r}"
        kinds = (Sent, Made, Refused, Failed)
        for answer in asked(self.engine.make, handed, who, kinds, streams=self.engine.streams):
            seconds = time.perf_counter() - last
            known = handed.items.get if isinstance(answer, Sent) else handed.items.pop
            yield self._fact(answer, by_id[answer.recipe_id], known(answer.recipe_id, None), seconds)
            last = time.perf_counter()

    def _price(self, request: Request) -> float:
        """What was sent by an earlier run is paid for."""
        return 0.0 if request.ticket else self.engine.price(request)

    def _request(self, sample: Sample) -> Request:
        technique = sample.technique
        request = self.techniques[technique].prepare(sample, self.parents, self.verbs[technique])
        sent = sample.facts.get("image:sent")
        if sent is None:
            return request
        return replace(request, ticket=sent.value["ticket"])

    def _fact(self, answer: Answer, sample: Sample, request: Request | None, seconds: float) -> Fact:
        if isinstance(answer, Sent):
            value = {"ticket": answer.ticket, "bound": answer.bound}
            return Fact(sample.id, "image", "sent", value, sample.facts["words"].number, self.engine.made_by)
        if isinstance(answer, Refused | Failed):
            lost, cost = settled_at(answer, sample, self.name, self.purse)
            outcome: Outcome = "refused" if isinstance(answer, Refused) else "failed"
            return self._settled(sample, outcome, answer.reason, answer.seconds or seconds, cost, lost)
        assert isinstance(answer, Made) and request is not None
        try:
            data, suffix, width, height = self._finished(answer, sample, request)
        except Exception as error:  # Pillow meets odd pictures with errors of every kind
            why = str(error) if isinstance(error, OSError) else said(error)
            return self._settled(sample, "failed", f"what the engine gave is no image: {why}", seconds, answer.cost)
        value = self._stored(answer, sample, request, data, suffix) | {"width": width, "height": height}
        words = sample.facts["words"].number
        return Fact(
            sample.id,
            "image",
            "done",
            value,
            words,
            self.engine.made_by,
            "; ".join(filter(None, [answer.note, self._beyond(sample, answer.cost)])),
            answer.seconds or seconds,
            answer.cost,
        )

    def _beyond(self, sample: Sample, cost: float) -> str:
        """What is said of a picture that cost more than it could at most: then a budget is no limit."""
        most = self.purse.bound(sample.id, self.name)
        if not most or cost <= most * 1.000001:
            return ""
        said = f"it cost ${cost:,.4g}, and ${most:,.4g} was thought to be the most"
        if not self._warned:
            self._warned = True
            SAYS.warning("an image by %s: %s; `prices.yaml` or `max_cost:` can say more", self.engine.name, said)
        return said

    def _finished(self, made: Made, sample: Sample, request: Request) -> tuple[bytes, str, int, int]:
        """What is stored, its suffix, width and height. Bytes as delivered, unless the technique has a last touch; what
        came as bytes is decoded whole to be sure of it."""
        technique = self.techniques[sample.technique]
        if isinstance(made.image, bytes):
            if type(technique).finish is Technique.finish:
                return (made.image, *inspect(made.image))
            picture = technique.finish(open_picture(made.image), request)
        else:
            picture = technique.finish(made.image, request)
        return encode_png(picture), ".png", picture.width, picture.height

    def _stored(self, made: Made, sample: Sample, request: Request, data: bytes, suffix: str) -> dict[str, Any]:
        """Where picture and masks lie. A mask of what it shows is the engine's, or known beforehand."""
        shows = made.mask or request.shows
        try:
            path, sha256 = self.store.put(data, sample.recipe, suffix)
            mask = self.store.put(encode_png(shows), sample.recipe, ".mask.png")[0] if shows else None
            repaint = (
                self.store.put(encode_png(request.mask), sample.recipe, ".repaint.png")[0] if request.mask else None
            )
        except OSError as error:
            raise MintageError(
                f"an image could not be written: {error.strerror or error}",
                where=str(self.folder),
                expected="a folder that can be written to, with free space; nothing finished is lost",
                type_this="free space, then `mintage run` again",
            ) from error
        boxes = [dict(b) for b in made.boxes] or _boxed(request.shows, sample.recipe.slot.key)
        return {"path": path, "sha256": sha256, "boxes": boxes, "mask": mask} | (
            {"repaint": repaint} if repaint else {}
        )

    def _settled(
        self,
        sample: Sample,
        outcome: Outcome,
        note: str,
        seconds: float = 0.0,
        cost: float = 0.0,
        value: Mapping[str, int] | None = None,
    ) -> Fact:
        words = sample.facts["words"].number
        return Fact(sample.id, "image", outcome, value, words, self.engine.made_by, note, seconds, cost)


def _boxed(shows: "Image.Image | None", key: str) -> list[dict[str, Any]]:
    """The bounds of what a mask shows, as a box."""
    bounds = shows.getbbox() if shows else None
    if bounds is None:
        return []
    left, top, right, bottom = bounds
    return [{"class": key, "x": left, "y": top, "w": right - left, "h": bottom - top}]
