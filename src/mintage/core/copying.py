"""The verb `copy`, which needs no engine: it is the first image as it is."""

from collections.abc import Iterator, Sequence

from mintage.core.ports import Engine, Failed, Made, Refused, Request, Sent

COPY = "copy"
"""The name of the verb, and of what does it."""


class Copy(Engine):
    """The verb `copy`, which needs no engine: the first image as it is, for the technique's last touch."""

    name = COPY
    can = frozenset({COPY})
    draws = False

    @property
    def seconds_per_image(self) -> float:
        return 0.02

    def make(self, requests: Sequence[Request]) -> Iterator[Sent | Made | Refused | Failed]:
        for request in requests:
            yield Made(request.recipe_id, request.images[0])
