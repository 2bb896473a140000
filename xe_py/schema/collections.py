"""Sets and maps with their own way of reading from the command line, or of printing."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.fields import Choice, Int, Map, Refs, Set, Text, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.command import Selector


class Numbers(Set):
    """A set of whole numbers. A refusal calls any other word `value`, as xe does."""

    __slots__ = ()

    def member(self, text: str) -> str:
        return str(Int("value").parse(text))


class Words(Set):
    """A set that ignores blanks around its members, and empty members, on the command line."""

    __slots__ = ()

    def parse(self, text: str) -> list[str]:
        return words(text)


class Choices(Set):
    """Some of a few words, in any case on the command line."""

    __slots__ = ("options",)

    def __init__(self, name: str, options: tuple[str, ...], **rest: Any) -> None:
        self.options = options
        super().__init__(name, **rest)

    def accepts(self, value: Any) -> bool:
        return super().accepts(value) and all(member in self.options for member in value)

    def parse(self, text: str) -> list[str]:
        return list(dict.fromkeys(map(self.member, text.split(","))))

    def member(self, text: str) -> str:
        return Choice(self.name, self.options).parse(text)


class OrderedMap(Map):
    """A map that prints the keys of `order` first, in this order, and then the others as they are stored."""

    __slots__ = ("order",)

    def __init__(self, name: str, order: tuple[str, ...], **rest: Any) -> None:
        self.order = order
        super().__init__(name, **rest)

    def show(self, value: Any) -> str:
        return super().show({key: value[key] for key in (*self.order, *value) if key in value})


class EachRef(Refs):
    """The uuids of several objects; the word is repeated for each."""

    __slots__ = ()
    repeats = True


class EachNamed(EachRef):
    """Several objects, each of which is named as with a selector; a name must mean one object."""

    __slots__ = ("selector",)

    def __init__(self, name: str, selector: Selector, **rest: Any) -> None:
        self.selector = selector
        super().__init__(name, selector.name, **rest)


class EachText(Text):
    """Several texts with commas between them; the word is repeated for each."""

    __slots__ = ()
    repeats = True


class OnceText(Text):
    """A text that xe refuses if it is given twice."""

    __slots__ = ()
    repeats = True

    def joined(self, first: str, second: str) -> str:
        del first, second
        raise Misuse(f"Error: Parameter {self.name} is defined multiple times, define it only once.")
