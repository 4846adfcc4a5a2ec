"""Hands pictures and masks to a ComfyUI server, each once, under names that its content gives."""

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from mintage.core.ports import Request
from mintage.engines._comfyui_server import Server
from mintage.engines._comfyui_workflow import Workflow

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

REMEMBERED = 4096
"""Names of pictures that are known to be there."""


class Uploads:
    """Pictures that a server has. No word of the user's is in a name, so none can collide or lead elsewhere."""

    def __init__(self) -> None:
        self._there: OrderedDict[str, str] = OrderedDict()

    def of(self, request: Request, workflow: Workflow, server: Server) -> dict[str, str]:
        """Place → the name that the server knows its picture by.

        Raises:
            Refusal: the server does not take it.
        """
        pictures = dict(zip(workflow.images, request.images, strict=True))
        if request.mask is not None and "mask" in workflow.places:
            if workflow.places["mask"] == workflow.places["image"]:
                pictures["image"] = _with_mask(pictures["image"], request.mask)
            else:
                pictures["mask"] = _with_mask(request.mask, request.mask)
        return {place: self._put(picture, server) for place, picture in pictures.items()}

    def forget(self) -> None:
        """Somebody may have removed them."""
        self._there.clear()

    def _put(self, picture: "Picture", server: Server) -> str:
        from mintage.pictures import encode_png

        png = encode_png(picture)
        name = f"mintage-{hashlib.sha256(png).hexdigest()[:32]}.png"
        if name not in self._there:
            self._there[name] = server.upload(name, png)
            if len(self._there) > REMEMBERED:
                self._there.popitem(last=False)
        self._there.move_to_end(name)
        return self._there[name]


def _with_mask(picture: "Picture", mask: "Picture") -> "Picture":
    """The picture, clear where the mask is white.

    ComfyUI's LoadImage and the alpha channel of its LoadImageMask say 1 where a picture is clear; the other channels
    say 1 where it is bright. A mask that is clear where it is white means the same to all of them.
    """
    from PIL import ImageOps

    whole = picture.convert("RGB").convert("RGBA")
    whole.putalpha(ImageOps.invert(mask.convert("L")))
    return whole
