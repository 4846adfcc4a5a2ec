"""Any ComfyUI server: the user's own workflow, with prompt, seed and pictures put in their places."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from mintage.core import ports
from mintage.core.errors import MintageError
from mintage.core.plugin import Told
from mintage.core.ports import Failed, Hosting, Made, Refused, Request, Resources, Sent, how
from mintage.engines._comfyui_calls import Calls
from mintage.engines._comfyui_server import Server, shown_server
from mintage.engines._comfyui_workflow import EXPORT, MARK, Workflow, read_workflow

if TYPE_CHECKING:
    from mintage.core.spec import DatasetSpec, Use


ALL = frozenset({"text", "image", "images", "mask"})


class Options(ports.Options):
    """`workflow`: a JSON file in API format, from where dataset.yaml lies. `places`: which node is the prompt, the
    seed, the image …, by its title (or id), where it is not simply called so; `title.input` names an input as well.

    How, without changing the pictures: `server`, `concurrency` (so many wait in its queue at once), `timeout` of one
    call and `patience` with a server that does not answer, both in seconds.
    """

    workflow: str = Field("", validate_default=True)
    server: str = how("http://127.0.0.1:8188")
    places: dict[str, str] = how({})
    concurrency: int = how(2, ge=1, le=64)
    timeout: float = how(60.0, gt=0)
    patience: float = how(900.0, ge=0)

    @field_validator("workflow")
    @classmethod
    def _given(cls, workflow: str) -> str:
        if not workflow.strip():
            raise ValueError(f"the file of a workflow ({EXPORT})")
        return workflow

    @field_validator("server")
    @classmethod
    def _address(cls, server: str) -> str:
        try:
            parts = urlsplit(server)
            sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
        except ValueError:
            sound = False
        if not sound or re.search(r"[\s?#]", server):
            raise ValueError("an address such as http://127.0.0.1:8188")
        return server


class Engine(ports.Engine):
    """Runs a workflow of yours on a ComfyUI server. What it can do follows from the places that the workflow has.

    Each prompt has an id of ours that is noted before it is sent. After a kill the server is asked for it: what is
    finished is fetched, what waits is waited for, and what it does not know is sent again under the same id. So nothing
    is made twice while the server keeps its history, which ends when it is restarted.
    """

    Options = Options
    can = Told(ALL, lambda engine: engine._can)
    needs = Resources(batch=16)
    starter_options = {"workflow": "workflow.json"}  # noqa: RUF012
    streams = True

    def __init__(self, options: Any, spec: "DatasetSpec") -> None:
        super().__init__(options, spec)
        if "@" in urlsplit(options.server).netloc:
            raise MintageError(
                "the server's address holds a user's name or a password, which would be written down",
                where="make.server",
                expected="the address alone",
            )

    # ── what it is, by the workflow; no server is asked ─────────────────────────────────────────────────────────────

    @cached_property
    def _source(self) -> tuple[Any, Workflow | None]:
        """The options to work with, and the workflow; None: it is known by its content alone, and no file has that."""
        if not self.options.workflow.startswith(MARK):
            path = self.spec.folder / Path(self.options.workflow)
            return self.options, read_workflow(path, self.options.places)
        here = [o for use in (self.spec.make, *self.spec.make.others.values()) for o in _options_of(use)]
        for options in here:
            try:
                workflow = read_workflow(self.spec.folder / Path(options.workflow), options.places)
            except MintageError:
                continue
            if workflow.digest == self.options.workflow:
                return options, workflow
        return (here or [self.options])[0], None

    @property
    def _workflow(self) -> Workflow | None:
        return self._source[1]

    @property
    def _can(self) -> frozenset[str]:
        return frozenset({self._workflow.verb}) if self._workflow else ALL

    @cached_property
    def settings(self) -> dict[str, Any]:
        """In place of the file's name what is in it: a moved workflow is the same, an edited one is another."""
        return {"workflow": self._workflow.digest if self._workflow else self.options.workflow}

    @property
    def size(self) -> tuple[int, int] | None:
        return self._workflow.size if self._workflow else None

    @property
    def hosting(self) -> Hosting:
        options = self._source[0]
        name = Path(options.workflow).name
        return Hosting(name, shown_server(options.server), 0.0, 0.0, priced="a server of one's own")

    # ── making ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self) -> None:
        with self._server() as server:
            server.check()
        self._calls = Calls(self._workflow)

    def _server(self) -> Server:
        options = self._source[0]
        return Server(options.server, options.timeout, options.patience)

    def make(self, requests: Iterable[Request]) -> Iterator[Sent | Made | Refused | Failed]:
        with self._server() as server:
            yield from self._calls.make(requests, server, self._source[0].concurrency)


def _options_of(use: "Use") -> list[Options]:
    """The options of an engine in the spec, if it is this one and a file is named."""
    try:
        options = [Options.model_validate(use.options)] if use.use == Engine.name else []
    except ValidationError:
        return []
    return [o for o in options if not o.workflow.startswith(MARK)]
