"""Pictures on disk: opened safely, encoded without metadata, saved whole or not at all."""

from mintage.pictures.folder import Folder
from mintage.pictures.read import inspect, open_picture
from mintage.pictures.stored import FileChanged, open_stored
from mintage.pictures.write import encode_png, write_atomically

__all__ = ["FileChanged", "Folder", "encode_png", "inspect", "open_picture", "open_stored", "write_atomically"]
