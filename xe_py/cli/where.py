"""Which state file a command line means."""

from __future__ import annotations

import os
import sys

from xe_py.errors import StateFileError

_REAL_HOST = "/etc/xensource-inventory"


def state_path(named: str | None, *, make: bool = True) -> str:
    """The state file: the one named on the line, else XE_STATE, else the default file, made on its first use."""
    if named is not None:
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
        _make_default(path)
    return path


def default_path() -> str:
    """`$XDG_STATE_HOME/xe/host.toml`, or that of the user's home."""
    home = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "xe", "host.toml")


def _make_default(path: str) -> None:
    from xe_py.store.fresh import fresh_host  # noqa: PLC0415 - only the first use makes a host
    from xe_py.store.state_file import create  # noqa: PLC0415 - the same

    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    except OSError as error:
        raise StateFileError(f"The folder {os.path.dirname(path)} cannot be made: {error.strerror}.") from None
    try:
        create(path, fresh_host(), "first use")
    except StateFileError:
        if os.path.exists(path):
            return  # Another process was first; its host is as good.
        raise
    sys.stderr.write(f"A fresh host was made in {path}\n")
