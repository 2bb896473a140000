"""Made-up words in the place of those that say whose pool it is: the same word for the same, wherever it stands."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_MAC = r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}"
_IPV6 = r"(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}"
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_WORD = r"\w*[^\W\d_]\w*"
_ADDRESSES = (
    rf"(?P<uuid>{_UUID})|(?<![\w:])(?:(?P<mac>{_MAC})|(?P<v6>{_IPV6}))(?![\w:])|(?<![\w.])(?P<v4>{_IPV4})(?![\w.])"
)
_ADDRESS = re.compile(_ADDRESSES)
_TOKEN = re.compile(rf"{_ADDRESSES}|(?P<word>{_WORD})|(?P<number>\d{{7,}})")
_LINK_LOCAL, _NO_ADDRESS = "fe80:", frozenset(("::", "::1"))
# This machine, links, masks, groups and no address: they say nothing about whose pool it is.
_ALIKE_EVERYWHERE = ("0.", "127.", "169.254.")
_FIRST_OF_NO_HOST = 224
_PRIVATE = 10
_BYTE = 256
_BLOCKS_OF_IPV6 = 4


class Pseudonyms:
    """What stands for what. `known` are words, in small letters, that every XenServer has, and uuids that it has."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._made: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def named(self, kind: str, name: str) -> str:
        """The name for an object of this kind: `VM 3`."""
        return self._once(kind, name, lambda number: f"{kind} {number}")

    def uuid(self, uuid: str) -> str:
        """The uuid for this one."""
        if uuid.lower() in self._known or not uuid.strip("0-"):
            return uuid
        return self._once("uuid", uuid.lower(), lambda number: f"00000000-0000-4000-8000-{number:012x}")

    def text(self, text: str, *, numbers: bool = False) -> str:
        """The text with other words, uuids and addresses; with `numbers` also with other long numbers."""

        def other(found: re.Match[str]) -> str:
            if found["word"]:
                return self._word(found[0])
            if found["number"]:
                return self._number(found[0]) if numbers else found[0]
            return self._address(found)

        return _TOKEN.sub(other, text)

    def addresses(self, text: str) -> str:
        """The text with other uuids and addresses, and its own words."""
        return _ADDRESS.sub(self._address, text)

    def _once(self, kind: str, value: str, make: Callable[[int], str]) -> str:
        if (kind, value) not in self._made:
            self._counts[kind] = number = self._counts.get(kind, 0) + 1
            self._made[kind, value] = make(number)
        return self._made[kind, value]

    def _word(self, word: str) -> str:
        if word.lower() in self._known or word.lower().rstrip("0123456789") in self._known:
            return word
        return self._once("word", word, lambda number: f"x{number}")

    def _number(self, number: str) -> str:
        return self._once("number", number, lambda count: f"{_PRIVATE**7 + count}")

    def _address(self, found: re.Match[str]) -> str:
        if found["uuid"]:
            return self.uuid(found[0])
        if found["mac"]:
            return self._once("MAC", found[0].lower(), _mac)
        return self._ipv6(found[0]) if found["v6"] else self._ipv4(found[0])

    def _ipv4(self, address: str) -> str:
        """Another address in a private block; the last two numbers stay, so blocks stay together."""
        if address.startswith(_ALIKE_EVERYWHERE) or int(address.partition(".")[0]) >= _FIRST_OF_NO_HOST:
            return address
        first, second, rest = address.split(".", 2)
        block = self._once(
            "block", f"{first}.{second}", lambda number: f"{_PRIVATE + number // _BYTE}.{number % _BYTE}"
        )
        return f"{block}.{rest}"

    def _ipv6(self, address: str) -> str:
        from ipaddress import IPv6Address

        try:
            whole = IPv6Address(address).exploded
        except ValueError:
            return address  # It is a time, or something else with colons.
        if address in _NO_ADDRESS:
            return address
        parts = whole.split(":")
        block = ":".join(parts[:_BLOCKS_OF_IPV6])
        host = self._once("interface", ":".join(parts[_BLOCKS_OF_IPV6:]), lambda number: f"{number:x}")
        if whole.startswith(_LINK_LOCAL):
            return f"fe80::{host}"
        return f"{self._once('block6', block, lambda number: f'fd00:0:0:{number:x}')}::{host}"


def _mac(number: int) -> str:
    """A MAC address that no manufacturer has given."""
    digits = f"{number:06x}"
    return f"02:00:00:{digits[:2]}:{digits[2:4]}:{digits[4:]}"
