"""The bar that shows how far a transfer is, in the form of the real xe."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client

_WIDTH = 80
_SIGNS = "-\\|/"
# What is before and behind the bar.
_COLUMNS = _WIDTH - len("[*] ") - len("  (100% ETA 00:00:00)") - 1
_DAY = 86400


class Bar:
    """A bar on standard error that is drawn again whenever it becomes longer; it ends with the time that it took."""

    def __init__(self, client: Client, total: int) -> None:
        self._client = client
        self._total = max(total, 1)
        self._start = time.monotonic()
        self._drawn = 0
        self._turn = 0

    def __call__(self, done: int) -> None:
        """Show that so much is done."""
        share = min(done, self._total) / self._total
        columns = int(share * _COLUMNS)
        if columns > self._drawn:
            self._drawn = columns
            self._draw(share, columns)

    def end(self) -> None:
        """Show that all is done, and say how long it took."""
        self(self._total)
        self._client.err(f"\nTotal time: {time.monotonic() - self._start:.3f}s\n")

    def _draw(self, share: float, columns: int) -> None:
        taken = time.monotonic() - self._start
        left = int(taken / share - taken)
        hours = "++:++:++" if left >= _DAY else time.strftime("%H:%M:%S", time.gmtime(left))
        sign = _SIGNS[self._turn % len(_SIGNS)]
        bar = ("#" * (columns - 1) + ">").ljust(_COLUMNS)
        self._client.draw(f"[{sign}] {bar}  ({int(share * 100):3}% ETA {hours})")
        self._turn += 1
