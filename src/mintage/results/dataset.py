"""The kept images as a sequence of (image, class index) for a data loader."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mintage.core.errors import MintageError
from mintage.core.names import to_folder
from mintage.core.recipe import Sample
from mintage.pictures import FileChanged, open_stored

if TYPE_CHECKING:
    from PIL import Image


class Dataset(Sequence["tuple[Image.Image, int]"]):
    """`dataset[i]` is (RGB PIL image, class index); `targets` are the indexes. Classes are numbered as readers of an
    exported folder number them: by the names of their folders.

    What torch calls a map-style dataset; torch is not needed. Images with another label (`other`) are left out.
    """

    def __init__(self, samples: Sequence[Sample], classes: tuple[str, ...]) -> None:
        self.classes = tuple(sorted(classes, key=to_folder))
        index = {name: i for i, name in enumerate(self.classes)}
        self.samples = [s for s in samples if s.label in index]
        self.targets = [index[s.label] for s in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, at: int) -> "tuple[Image.Image, int]":  # type: ignore[override]  # no slices
        try:
            return open_stored(self.samples[at]), self.targets[at]
        except FileChanged as error:
            raise MintageError(
                str(error), expected="the file as it was made", type_this="mintage retry, if it is gone"
            ) from error

    def __repr__(self) -> str:
        return f"Dataset({len(self)} images, {len(self.classes)} classes)"
