"""Stores, in which states live: what they promise (`promise.py`), and the TOML file that keeps it."""

from __future__ import annotations

from xe_py.errors import StaleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from xe_py.store.files.terms import Outcome
    from xe_py.store.promise import Opened, Store

    T = TypeVar("T")


def store_for(address: str, variables: Mapping[str, str], outcome: Outcome | None = None, *, folder: str = "") -> Store:
    """The store at the address, with the settings in these variables; the outcome notes what it does.

    Every address is the path of a file today; `folder` is where a relative one begins, if that is not where the process
    is. StateFileError for a path that leads nowhere.
    """
    from xe_py.store.files.document import Site
    from xe_py.store.files.terms import Settings
    from xe_py.store.state_file import FileStore

    return FileStore(Site(address, Settings(variables), outcome, folder))


def surely(opened: Opened, work: Callable[[], T]) -> T:
    """Do the work on the opened state and, where that proves stale, once more on a fresh one.

    What was done to the state before the work stays done. The work prints nothing, for it may be done twice.
    """
    mark = opened.state.mark()
    try:
        return work()
    except StaleError:
        opened.state.rollback(mark)
        opened.refresh()
        return work()
