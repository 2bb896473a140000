"""Interrupts (Ctrl-C): work that must not stop halfway is finished first, then the interrupt comes.

`_signal` is the core of `signal`, whose import costs as much as a whole read.
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
    """The function, during which an interrupt waits. Such functions may call each other."""

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
