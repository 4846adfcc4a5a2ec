"""Opens a stored image, and only the very one that its fact tells of."""

import hashlib
from typing import TYPE_CHECKING

from mintage.core.recipe import Sample
from mintage.pictures.read import open_picture

if TYPE_CHECKING:
    from PIL import Image


class FileChanged(Exception):
    """The file is gone, or holds another picture than the one that was made: no verdict may come of it."""


def open_stored(sample: Sample) -> "Image.Image":
    """The sample's picture, as RGB.

    Raises:
        FileChanged: it is missing, or its SHA-256 is not that of its fact.
        OSError: it is the right file and cannot be decoded.
    """
    fact, path = sample.done("image"), sample.path
    if fact is None or path is None:
        raise FileChanged("the recipe has no image")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileChanged(f"{fact.value['path']} cannot be read: {error.strerror or error}") from error
    if hashlib.sha256(data).hexdigest() != fact.value["sha256"]:
        raise FileChanged(f"{fact.value['path']} is not the picture that was made")
    return open_picture(data)
