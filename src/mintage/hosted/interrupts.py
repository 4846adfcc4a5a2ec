"""The first Ctrl-C lets what is in flight land; the second one is at once."""

import signal
import threading
from types import FrameType
from typing import Any, Protocol


class Interruptible(Protocol):
    """What is in flight in the main thread."""

    def interrupt(self) -> bool:
        """Called from a signal handler, so it may only set a flag. False: it has nothing that could be lost."""


_flying: list[Interruptible] = []
_before: Any = None


def guard(flight: Interruptible) -> None:
    """From now on Ctrl-C is told to this one first. Does nothing outside the main thread, or where SIGINT is ignored.

    Several may fly, one inside the other, and they may end in any order: one handler serves all of them.
    """
    global _before
    if threading.current_thread() is not threading.main_thread():
        return
    if not _flying or signal.getsignal(signal.SIGINT) is not _handle:
        before = signal.getsignal(signal.SIGINT)
        if before is None or before is signal.SIG_IGN:
            return
        if before is not _handle:
            _before = before
            signal.signal(signal.SIGINT, _handle)
    _flying.append(flight)


def release(flight: Interruptible) -> None:
    """It has landed: the last one puts the handler back that was there before."""
    if flight not in _flying:
        return
    _flying.remove(flight)
    if _flying or threading.current_thread() is not threading.main_thread():
        return  # a generator that is collected elsewhere: without flights the handler only passes on
    if signal.getsignal(signal.SIGINT) is _handle:
        signal.signal(signal.SIGINT, _before)


def _handle(number: int, frame: FrameType | None) -> None:
    waits = [flight.interrupt() for flight in list(_flying)]
    if any(waits):
        return
    if callable(_before):
        _before(number, frame)
    else:
        raise KeyboardInterrupt
