"""Which store a command line means: today a state file."""

from __future__ import annotations

import os

from xe_py.errors import StateFileError
from xe_py.store.terms import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.cli.environment import Environment
    from xe_py.store.promise import Store

_REAL_HOST = "/etc/xensource-inventory"
_FIRST_USE = """\
There is no state file yet: neither --state nor XE_STATE names one, and {path} does not exist.
Without a terminal xe does not make a host unasked. Make one there with: xe state-init
Or name a file with --state FILE or XE_STATE=FILE; XE_FIRST_USE=1 makes the host when it is first needed."""


def store(named: str | None, environment: Environment, *, make: bool = True) -> Store:
    """The store: the one named on the line, else that of XE_STATE, else the default file, made on its first use.

    A script that has lost XE_STATE (to sudo, cron, `env -i`) must not go on with another host. So a host is made only
    if a person types or reads, or if XE_FIRST_USE asks for it.
    """
    if named is not None:
        if not named:
            raise StateFileError("--state names no file: its value is empty.\nName one, as in: xe --state host.toml")
        return environment.store(named)
    if path := environment.variables.get("XE_STATE"):
        return environment.store(path)
    if os.path.exists(_REAL_HOST) and os.path.basename(environment.program) == "xe":
        raise StateFileError(
            "This is a XenServer host, and this xe is not its real one.\n"
            "Name a state file with --state or XE_STATE, or use the command xe-py."
        )
    path = default_path(environment.variables)
    found = environment.store(path)
    if make and not os.path.lexists(path):
        if not (environment.says("XE_FIRST_USE") or environment.has_person):
            raise StateFileError(_FIRST_USE.format(path=path))
        _make_default(found, environment)
    return found


def default_path(variables: Mapping[str, str]) -> str:
    """`$XDG_STATE_HOME/xe/host.toml`, or that of the user's home."""
    home = variables.get("XDG_STATE_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(Settings(variables).home(), ".local", "state")
    return os.path.join(home, "xe", "host.toml")


def _make_default(store: Store, environment: Environment) -> None:
    from xe_py.fresh.host import fresh_host

    try:
        store.create(fresh_host(), "first use")
    except StateFileError:
        if os.path.exists(store.name):
            return  # Another process was first; its host is as good.
        raise
    environment.tell(f"A fresh host was made in {store.name}\n")
    environment.outcome.replaced = False  # The command itself has done nothing yet.
