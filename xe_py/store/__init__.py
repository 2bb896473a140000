"""Stores keep states. `promise.py` says what every store promises; the store here is a TOML file."""

from __future__ import annotations

from xe_py.errors import StaleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from xe_py.state.state import State
    from xe_py.store.promise import Opened, Store
    from xe_py.store.terms import Outcome

    T = TypeVar("T")


def store_for(address: str, variables: Mapping[str, str], outcome: Outcome | None = None, *, folder: str = "") -> Store:
    """The store at the address, with the settings in these variables; the outcome notes what the store does.

    Today every address is the path of a file; a relative one begins in the folder, or where the process is.
    StateFileError for a path that leads nowhere.
    """
    from xe_py.store.files.document import Site
    from xe_py.store.state_file import FileStore
    from xe_py.store.terms import Settings

    return FileStore(Site(address, Settings(variables), outcome, folder))


def surely(opened: Opened, work: Callable[[], T]) -> T:
    """Do the work on the opened state and, if that is stale, once more on a fresh one.

    Changes from before the work are kept. The work prints nothing, because it may run twice.
    """
    mark = opened.state.mark()
    try:
        return work()
    except StaleError:
        opened.state.rollback(mark)
        opened.refresh()
        return work()


def text_of(state: State) -> bytes:
    """The state as a text to hand on; it is that of a new state file."""
    from xe_py.store.toml.render import canonical

    return canonical(state).encode()


def opened_text(name: str, text: bytes) -> Opened:
    """The state in the text of a state file, opened to read under this name; StateFileError if it holds none."""
    from xe_py.errors import StateFileError
    from xe_py.store.files.document import Document, Site
    from xe_py.store.state_file import OpenedFile

    try:
        document = Document(name, name, (), text=text.decode())
    except UnicodeDecodeError:
        raise StateFileError(f"{name} is not UTF-8 text.") from None
    return OpenedFile(Site(name), None, document)


def text_with(opened: Opened, serial: int) -> bytes:
    """The text of the state that was opened, with the changes that were made to it since, and this serial."""
    from xe_py.store.state_file import OpenedFile
    from xe_py.store.toml.rewriting import rewritten

    if not isinstance(opened, OpenedFile):
        raise TypeError("Only a state that is the text of a file has a next text.")
    return rewritten(opened.document, opened.state, opened.state.changes(), serial)


def tables_in(name: str, text: bytes) -> dict[str, Any]:
    """The tables of a text of this name, which need not be a whole state; StateFileError if it is no TOML."""
    from xe_py.errors import StateFileError
    from xe_py.store.files.document import Document
    from xe_py.store.toml.reader import parse

    try:
        return parse(Document(name, name, (), text=text.decode()))
    except UnicodeDecodeError:
        raise StateFileError(f"{name} is not UTF-8 text.") from None


def state_in(text: bytes) -> State | None:
    """The state in such a text; None if it holds none, or more than a state can take in."""
    from xe_py.store.toml.reader import read_back

    return read_back(text.decode(errors="replace"))
