"""Pictures on disk: opened safely, encoded without metadata, saved whole or not at all."""

from mintage.pictures.folder import Folder
from mintage.pictures.read import inspect, open_picture
from mintage.pictures.write import encode_png, write_atomically

__all__ = ["Folder", "encode_png", "inspect", "open_picture", "write_atomically"]
