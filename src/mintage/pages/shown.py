"""Something that a command returns: text in a terminal, HTML in a notebook, from the same rich renderable."""

from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType


class Shown:
    """Subclasses say what is shown as a rich renderable; `print`, the command line and notebooks do the rest."""

    def __rich__(self) -> "RenderableType":
        raise NotImplementedError

    def __str__(self) -> str:
        from rich.console import Console

        out = StringIO()
        Console(file=out, width=120, color_system=None, emoji=False).print(self)
        return out.getvalue().rstrip()

    def _repr_html_(self) -> str:
        from rich.console import Console

        console = Console(file=StringIO(), width=120, record=True, emoji=False)
        console.print(self)
        return console.export_html(inline_styles=True, code_format='<pre style="line-height:1.2">{code}</pre>')
