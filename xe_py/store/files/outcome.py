"""What the commits of a store have done, for whoever talks to the user.

A module without imports, loaded before any commit: an interrupt may come while other modules are half loaded.
"""

from __future__ import annotations


class Outcome:
    """Whoever opens a store hands it one of these, and can ask it at any moment, however a command ends.

    `replaced` says that the state was replaced by another. `warnings` are what could not be done besides, such as
    keeping a history; whoever tells them clears them.
    """

    __slots__ = ("_noted", "replaced", "warnings")

    def __init__(self) -> None:
        self.replaced = False
        self.warnings: list[str] = []
        self._noted: set[str] = set()

    def begin(self) -> None:
        """From here on it is about something else that is done."""
        self.replaced = False
        self.warnings.clear()
        self._noted.clear()

    def warn(self, text: str) -> None:
        """Note what could not be done; each reason once."""
        if text not in self._noted:
            self._noted.add(text)
            self.warnings.append(text)
