"""What XenServer has and this simulation has not: moments that never came, objects of classes that are not here."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.fields import Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EPOCH = "19700101T00:00:00Z"
"""How XAPI prints a moment that has not come."""


class Absent(Field):
    """A reference to objects of a class that is not simulated, by XAPI's name for it: there is none to refer to.

    The default, None or an empty list, is the only value.
    """

    __slots__ = ("label",)

    def __init__(self, name: str, label: str, **rest: Any) -> None:
        self.label = label
        super().__init__(name, **rest)

    def accepts(self, value: Any) -> bool:
        return bool(value == self.default)

    def parse(self, text: str) -> Any:
        if text:
            raise Failure("UUID_INVALID", self.label, text)
        return self.default

    def member(self, text: str) -> str:
        raise Failure("UUID_INVALID", self.label, text)
