"""Sets and maps that are read from the command line, or printed, in a way of their own."""

from __future__ import annotations

from xe_py.schema.fields import Int, Map, Set, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Numbers(Set):
    """A set of whole numbers; a word that is none is refused as `value`, which is how xe names it."""

    __slots__ = ()

    def member(self, text: str) -> str:
        return str(Int("value").parse(text))


class Words(Set):
    """A set whose members may be written with blanks around them and with nothing between two commas."""

    __slots__ = ()

    def parse(self, text: str) -> list[str]:
        return words(text)


class OrderedMap(Map):
    """A map of which the keys of `order` are printed first and in this order, the others as they are stored."""

    __slots__ = ("order",)

    def __init__(self, name: str, order: tuple[str, ...], **rest: Any) -> None:
        self.order = order
        super().__init__(name, **rest)

    def show(self, value: Any) -> str:
        return super().show({key: value[key] for key in (*self.order, *value) if key in value})
