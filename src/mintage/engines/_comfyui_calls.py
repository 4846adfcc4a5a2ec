"""Prompts on their way: sent once, found again by their ids, fetched when they are finished."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from mintage.core.errors import MintageError
from mintage.core.ports import LOST, Failed, Made, Refused, Request, Sent
from mintage.engines import _comfyui_words as words
from mintage.engines._comfyui_server import Refusal, Server
from mintage.engines._comfyui_uploads import Uploads
from mintage.engines._comfyui_workflow import Workflow

VANISHED = "the server no longer knew of it"

FRUITLESS = 5
"""So many failures with the same words, and nothing made: then the rest is not tried."""

SHORTEST_POLL, LONGEST_POLL = 0.05, 0.5
"""Seconds between two looks at the queue."""


@dataclass
class _Flight:
    """A prompt in the server's queue, or on its way there. `nodes` is None where only its result can be fetched."""

    request: Request
    prompt_id: str
    nodes: Mapping[str, Any] | None
    note: str = ""
    again: bool = False


class Calls:
    """What one engine makes by a workflow; None: one that no file has now, whose results are fetched and no more."""

    def __init__(self, workflow: Workflow | None) -> None:
        self.workflow = workflow
        self.uploads = Uploads()
        self._failures: Counter[str] = Counter()
        self._made = 0

    def make(
        self, requests: Iterable[Request], server: Server, concurrency: int
    ) -> Iterator[Sent | Made | Refused | Failed]:
        """Answers as they come; at most so many prompts are in the server's queue at once."""
        waiting, more = iter(requests), True
        flights: dict[str, _Flight] = {}
        pause = SHORTEST_POLL
        while more or flights:
            while more and len(flights) < concurrency:
                request = next(waiting, None)
                more = request is not None
                if request is not None:
                    yield from self._judged(self._begun(server, request, flights))
            before = len(flights)
            yield from self._judged(self._landed(server, flights))
            if flights and len(flights) == before:
                time.sleep(pause)
                pause = min(1.3 * pause, LONGEST_POLL)
            else:
                pause = SHORTEST_POLL

    def _begun(self, server: Server, request: Request, flights: dict[str, _Flight]) -> Iterator[Sent | Failed]:
        """Send a request on its way, or take up one that an earlier process sent."""
        flight = None
        if request.ticket is not None:
            flight = _Flight(request, request.ticket, None)
            if not _is_ours(request.ticket):
                yield Failed(request.recipe_id, f"{LOST}its ticket is none of ComfyUI's")
                return
            try:
                known = server.knows(request.ticket)
            except Refusal as error:
                yield Failed(request.recipe_id, f"{LOST}{error}")
                return
            if known:
                flights[request.ticket] = flight
                return
            if self.workflow is None:
                yield Failed(request.recipe_id, f"{LOST}{VANISHED}, and its workflow is another one now")
                return
            flight.note = f"sent again: {VANISHED}"
        reason = self._reason_against(request)
        try:
            nodes, note = ({}, "") if reason else self._filled(server, request)
        except (Refusal, OSError, ValueError) as error:
            reason = f"the pictures could not be handed over: {error}"
        if reason:
            yield Failed(request.recipe_id, reason)
            return
        if flight is None:
            flight = _Flight(request, str(uuid5(uuid4(), request.recipe_id)), None)
            yield Sent(request.recipe_id, flight.prompt_id)
        flight.nodes, flight.note = nodes, "; ".join(filter(None, (flight.note, note)))
        flights[flight.prompt_id] = flight
        yield from self._ordered(server, flight, flights)

    def _reason_against(self, request: Request) -> str:
        """Why a request cannot be sent; empty when it can."""
        workflow = self.workflow
        if workflow is None:
            return "the workflow that this was planned for is another one now"
        if request.verb != workflow.verb:
            return f"this workflow cannot do {request.verb!r}: by its places it does {workflow.verb!r}"
        if len(request.images) != len(workflow.images):
            return f"the workflow has places for {len(workflow.images)} images, and {len(request.images)} were given"
        if request.verb == "mask" and (request.mask is None or request.mask.size != request.images[0].size):
            return "the mask is missing" if request.mask is None else "the mask is not of the image's size"
        if not 0 <= request.strength <= 1:
            return f"the strength is {request.strength:g}: expected 0 to 1"
        if request.strength == 0 and "strength" in workflow.places and request.verb in ("image", "mask"):
            return "the strength is 0: the image would stay as it is"
        return ""

    def _filled(self, server: Server, request: Request) -> tuple[dict[str, Any], str]:
        assert self.workflow is not None
        return self.workflow.filled(request, self.uploads.of(request, self.workflow, server))

    def _ordered(self, server: Server, flight: _Flight, flights: dict[str, _Flight]) -> Iterator[Failed]:
        """Put a prompt into the queue; what the server will not run has failed, or is the workflow's own mistake."""
        assert flight.nodes is not None and self.workflow is not None
        recipe_id = flight.request.recipe_id
        try:
            told, said = server.order(flight.prompt_id, flight.nodes), "the server found errors in the workflow"
        except Refusal as error:
            told, said = error.told, str(error)
        else:
            if not told.get("node_errors"):
                if told.get("prompt_id") == flight.prompt_id:
                    return
                server.forget(str(told.get("prompt_id")))
                yield Failed(recipe_id, "the server gives prompts ids of its own")
                raise MintageError(
                    f"ComfyUI at {server.shown} gives prompts ids of its own, so that none could be found again",
                    expected="a newer ComfyUI, which takes the ids that it is given",
                )
            server.forget(flight.prompt_id)  # it makes what it can of a workflow that is partly wrong
        del flights[flight.prompt_id]
        self.uploads.forget()
        try:
            reason = words.refused(told, said, self.workflow, server)
        except MintageError as error:
            yield Failed(recipe_id, " ".join(str(error.problems[0]).split()))
            raise
        yield Failed(recipe_id, reason)

    def _landed(self, server: Server, flights: dict[str, _Flight]) -> Iterator[Made | Refused | Failed]:
        """What has left the queue since the last look."""
        queued = server.queued() if flights else set()
        for prompt_id, flight in [(i, f) for i, f in flights.items() if i not in queued]:
            try:
                entry = server.history(prompt_id)
            except Refusal as error:
                del flights[prompt_id]
                yield Failed(flight.request.recipe_id, f"{LOST}{error}")
                continue
            if entry is not None:
                del flights[prompt_id]
                yield self._answer(server, flight, entry)
            elif flight.again or self.workflow is None:
                del flights[prompt_id]
                yield Failed(flight.request.recipe_id, f"{LOST}{VANISHED}, twice" if flight.again else LOST + VANISHED)
            else:
                yield from self._sent_again(server, flight, flights)

    def _sent_again(self, server: Server, flight: _Flight, flights: dict[str, _Flight]) -> Iterator[Failed]:
        """A server that was restarted has forgotten its queue: nothing was made, and the id is free again."""
        if flight.nodes is None:
            try:
                flight.nodes, flight.note = self._filled(server, flight.request)
            except (Refusal, OSError, ValueError) as error:
                del flights[flight.prompt_id]
                yield Failed(flight.request.recipe_id, f"the pictures could not be handed over: {error}")
                return
        flight.again = True
        flight.note = "; ".join(filter(None, (f"sent again: {VANISHED}", flight.note)))
        yield from self._ordered(server, flight, flights)

    def _answer(self, server: Server, flight: _Flight, entry: Mapping[str, Any]) -> Made | Refused | Failed:
        recipe_id = flight.request.recipe_id
        reason = words.failed(entry, self.workflow)
        if reason:
            return Failed(recipe_id, reason)
        output = self.workflow.places.get("output") if self.workflow else None
        found = words.pictures(entry, output.node if output else "")
        if not found:
            return Failed(recipe_id, "the workflow ended and gave no image")
        try:
            data = server.view(found[0])
        except Refusal as error:
            return Failed(recipe_id, f"{LOST}its picture could not be fetched: {error}")
        if _is_black(data):
            return Refused(recipe_id, "the picture is black", words.seconds(entry))
        return Made(recipe_id, data, words.seconds(entry), note=flight.note)

    def _judged(self, answers: Iterator[Sent | Made | Refused | Failed]) -> Iterator[Sent | Made | Refused | Failed]:
        """Stop where the same thing goes wrong again and again, and nothing else has ever come of it."""
        for answer in answers:
            yield answer
            if isinstance(answer, Made | Refused):
                self._made += 1
            elif isinstance(answer, Failed) and not answer.reason.startswith(LOST):
                self._failures[answer.reason] += 1
                if not self._made and self._failures[answer.reason] >= FRUITLESS:
                    self._failures.clear()
                    raise MintageError(
                        f"{FRUITLESS} pictures failed alike, and none was made: {answer.reason}",
                        expected="a workflow that runs in ComfyUI itself",
                        type_this="mend it there, export it again, then `mintage retry`",
                    )


def _is_ours(ticket: str) -> bool:
    """Whether a ticket is a canonical UUID, as ComfyUI wants its ids: it becomes part of an address."""
    try:
        return str(UUID(ticket)) == ticket
    except ValueError:
        return False


def _is_black(data: bytes) -> bool:
    """Whether there is nothing in a picture at all; what is no picture is told by those who store it."""
    from mintage.pictures import open_picture

    try:
        return open_picture(data).getbbox() is None
    except OSError:
        return False
