"""Which state file a command line means."""

from __future__ import annotations

import os
import sys

from xe_py.cli import streams
from xe_py.errors import StateFileError

_REAL_HOST = "/etc/xensource-inventory"
_FIRST_USE = """\
There is no state file yet: neither --state nor XE_STATE names one, and {path} does not exist.
Without a terminal no host is made by itself. Make one there with: xe state-init
Or name a file with --state FILE or XE_STATE=FILE; XE_FIRST_USE=1 makes the host when it is first needed."""


def state_path(named: str | None, *, make: bool = True) -> str:
    """The state file: the one named on the line, else XE_STATE, else the default file, made on its first use.

    A script that has lost XE_STATE (to sudo, cron, `env -i`) must not go on with another host: a host is made only
    where a person reads along, or where XE_FIRST_USE=1 asks for it.
    """
    if named is not None:
        if not named:
            raise StateFileError("--state names no file: its value is empty.\nName one, as in: xe --state host.toml")
        return named
    if path := os.environ.get("XE_STATE"):
        return path
    if os.path.exists(_REAL_HOST) and os.path.basename(sys.argv[0]) == "xe":
        raise StateFileError(
            "This is a XenServer host, and this xe is not its real one.\n"
            "Name a state file with --state or XE_STATE, or use the command xe-py."
        )
    path = default_path()
    if make and not os.path.lexists(path):
        if os.environ.get("XE_FIRST_USE") != "1" and not (os.isatty(0) or os.isatty(1)):
            raise StateFileError(_FIRST_USE.format(path=path))
        _make_default(path)
    return path


def default_path() -> str:
    """`$XDG_STATE_HOME/xe/host.toml`, or that of the user's home."""
    home = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "xe", "host.toml")


def _make_default(path: str) -> None:
    from xe_py.fresh.host import fresh_host
    from xe_py.store.state_file import create

    try:
        create(path, fresh_host(), "first use")
    except StateFileError:
        if os.path.exists(path):
            return  # Another process was first; its host is as good.
        raise
    streams.err(f"A fresh host was made in {path}\n")
    streams.begin()  # The command itself has done nothing yet.
