"""What the licence of the pool forbids: the keys of `restrictions` that are true. A fresh pool has none."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.state import State


def allows(state: State, feature: str, key: str) -> Iterator[Failure]:
    """Why the feature cannot be used; `key` is its word in the restrictions."""
    if state.all("pool")[0]["restrictions"].get(f"restrict_{key}") == "true":
        yield Failure("LICENCE_RESTRICTION", feature)
