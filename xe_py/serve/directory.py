"""Who does what a message asks for. This needs no state, so the pages about XenAPI are made of it too."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.serve.generic import Implied
from xe_py.serve.memory import SHELVED
from xe_py.serve.model import read_model
from xe_py.serve.on_state import operation_on_state
from xe_py.serve.records import kinds
from xe_py.serve.standing import STANDING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from xe_py.serve.model import Message

    Operation = Callable[..., Awaitable[Any]]

SHELVES = ("session", "task")
"""The classes of which the server holds objects in memory."""


class Directory:
    """The model of XenAPI, the classes that have objects in a state, and who does each message."""

    def __init__(self) -> None:
        self.model = read_model()
        self.kinds = kinds(self.model)
        self._implied: dict[str, Implied] = {}

    def operation(self, message: Message) -> Operation:
        """Who does it; NOT_IMPLEMENTED if nobody can."""
        found = STANDING.get(message.full_name)
        if found is None and message.cls in SHELVES:
            found = SHELVED.get(message.as_writer(self.model.classes[message.cls].fields).verb)
        if found is None:
            found = operation_on_state(self, message)
        if found is None:
            raise Failure("NOT_IMPLEMENTED", message.full_name)
        return found

    def implied(self, message: Message) -> Implied:
        """The message as one that follows from a class or field."""
        name = message.full_name
        if name not in self._implied:
            self._implied[name] = Implied(self.model, self.kinds, message)
        return self._implied[name]

    def can_do(self, message: Message) -> bool:
        """Whether somebody does it."""
        try:
            self.operation(message)
        except Failure:
            return False
        return True
