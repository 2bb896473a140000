"""How a store is opened: the caller gives the settings, and an outcome that the store fills in.

This module is loaded before any commit and needs no module that is loaded later, because an interrupt may come while
other modules are half loaded.
"""

from __future__ import annotations

import os

from xe_py.errors import StateFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Placed(Protocol):
        """What is said of a field of an object, and has its place in the text: a finding, for one."""

        @property
        def cls(self) -> str:
            """The class."""

        @property
        def uuid(self) -> str:
            """The object; empty for the class as a whole."""

        @property
        def field(self) -> str:
            """The field; empty for the object as a whole."""


class Settings:
    """The settings in these variables; each is read when it is asked for; StateFileError if it is not valid.

    XE_LOCK_TIMEOUT                    how long to wait for the lock, in seconds
    XE_BACKUPS                         how many versions the history keeps, 0 for none
    XE_HISTORY_DAYS, XE_HISTORY_BYTES  for how long, and up to what size
    XE_DISK_LIMIT                      how many bytes the contents of disks may take
    XDG_CACHE_HOME, HOME               where the index is
    """

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def seconds(self, name: str, otherwise: float) -> float:
        """A time in seconds."""
        text = self._variables.get(name, "")
        if not text:
            return otherwise
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not seconds >= 0:
            raise StateFileError(f"{name} must be a number of seconds, not {text!r}.")
        return seconds

    def number(self, name: str, digits: int, otherwise: int) -> int:
        """A whole number with at most so many digits."""
        text = self._variables.get(name, "")
        if not text:
            return otherwise
        if not (text.isascii() and text.isdecimal() and len(text) <= digits):
            raise StateFileError(f"{name} must be a whole number, 0 to {10**digits - 1}, not {text!r}.")
        return int(text)

    def cache(self) -> str:
        """The folder for files that can be made again; not an absolute path if the user has none."""
        cache = self._variables.get("XDG_CACHE_HOME", "")
        return cache if os.path.isabs(cache) else os.path.join(self.home(), ".cache")

    def home(self) -> str:
        """The user's home folder."""
        home = self._variables.get("HOME")
        if home is None:
            from pwd import getpwuid

            try:
                home = getpwuid(os.getuid()).pw_dir
            except KeyError:
                return "~"
        return home or "/"


class Outcome:
    """The caller of a store passes one of these and can read it at any moment, however a command ends.

    `replaced` says that the state was replaced. `warnings` say what else could not be done, such as keeping a history;
    whoever prints them clears them.
    """

    __slots__ = ("_noted", "replaced", "warnings")

    def __init__(self) -> None:
        self.replaced = False
        self.warnings: list[str] = []
        self._noted: set[str] = set()

    def begin(self) -> None:
        """Start again, for the next command."""
        self.replaced = False
        self.warnings.clear()
        self._noted.clear()

    def warn(self, text: str) -> None:
        """Note what could not be done; each reason once."""
        if text not in self._noted:
            self._noted.add(text)
            self.warnings.append(text)
