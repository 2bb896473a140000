"""Which store a command line means: today a state file."""

from __future__ import annotations

import os
import sys

from xe_py.cli import streams
from xe_py.errors import StateFileError
from xe_py.store import store_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.store.promise import Store

_REAL_HOST = "/etc/xensource-inventory"
_FIRST_USE = """\
There is no state file yet: neither --state nor XE_STATE names one, and {path} does not exist.
Without a terminal no host is made by itself. Make one there with: xe state-init
Or name a file with --state FILE or XE_STATE=FILE; XE_FIRST_USE=1 makes the host when it is first needed."""


def store(named: str | None, *, make: bool = True) -> Store:
    """The store: the one named on the line, else that of XE_STATE, else the default file, made on its first use.

    A script that has lost XE_STATE (to sudo, cron, `env -i`) must not go on with another host: a host is made only
    where a person reads along, or where XE_FIRST_USE=1 asks for it.
    """
    if named is not None:
        if not named:
            raise StateFileError("--state names no file: its value is empty.\nName one, as in: xe --state host.toml")
        return _store_at(named)
    if path := os.environ.get("XE_STATE"):
        return _store_at(path)
    if os.path.exists(_REAL_HOST) and os.path.basename(sys.argv[0]) == "xe":
        raise StateFileError(
            "This is a XenServer host, and this xe is not its real one.\n"
            "Name a state file with --state or XE_STATE, or use the command xe-py."
        )
    path = default_path()
    found = _store_at(path)
    if make and not os.path.lexists(path):
        if os.environ.get("XE_FIRST_USE") != "1" and not (os.isatty(0) or os.isatty(1)):
            raise StateFileError(_FIRST_USE.format(path=path))
        _make_default(found)
    return found


def _store_at(address: str) -> Store:
    return store_for(address, os.environ, streams.outcome)


def default_path() -> str:
    """`$XDG_STATE_HOME/xe/host.toml`, or that of the user's home."""
    home = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "xe", "host.toml")


def _make_default(store: Store) -> None:
    from xe_py.fresh.host import fresh_host

    try:
        store.create(fresh_host(), "first use")
    except StateFileError:
        if os.path.exists(store.name):
            return  # Another process was first; its host is as good.
        raise
    streams.err(f"A fresh host was made in {store.name}\n")
    streams.outcome.replaced = False  # The command itself has done nothing yet.
