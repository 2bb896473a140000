"""Interrupts (Ctrl-C): what must not be left half done is done to its end, and the interrupt comes then.

`_signal` is what `signal` is made of. The latter costs as much to import as a whole read.
"""

from __future__ import annotations

from _signal import SIGINT, getsignal, signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ParamSpec, TypeVar

    Given = ParamSpec("Given")
    Result = TypeVar("Result")


def uninterrupted(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """The function, in which an interrupt waits until it is done. One may be called within another."""

    def whole(*given: Given.args, **named: Given.kwargs) -> Result:
        waiting: list[tuple[Any, ...]] = []
        before = getsignal(SIGINT)
        if not callable(before):
            return work(*given, **named)
        try:
            signal(SIGINT, lambda *interrupt: waiting.append(interrupt))
        except ValueError:
            return work(*given, **named)  # Only the main thread is ever interrupted.
        try:
            return work(*given, **named)
        finally:
            signal(SIGINT, before)
            if waiting:
                before(*waiting[0])

    return whole
