"""BIOS strings: what a VM's BIOS tells the guest about the hardware. They can be set only once."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_GENERIC = {"bios-vendor": "Xen", "system-manufacturer": "Xen", "system-product-name": "HVM domU"}
_OTHERS = {"hp-rombios": "", "oem-1": "Xen", "oem-2": "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d"}
_OF_HOSTS = {"bios-vendor": "xe_py", "system-manufacturer": "xe_py", "system-product-name": "Simulated host"}
_LONGEST = 512


def can_be_given(_state: State, vm: Record, strings: Mapping[str, str]) -> Iterator[Failure]:
    """Why these strings are refused: the VM already has strings, or no BIOS can have one of the texts."""
    if vm["bios-strings"]:
        yield Failure("VM_BIOS_STRINGS_ALREADY_SET")
    for key, text in strings.items():
        if not text:
            yield Failure("INVALID_VALUE", key, "a value cannot be empty")
        elif len(text) > _LONGEST:
            yield Failure("INVALID_VALUE", key, f"{text[:20]}... has more than {_LONGEST} characters")
        elif not (text.isascii() and text.isprintable()):
            yield Failure("INVALID_VALUE", key, f"{text} has characters that are not printable ASCII")


def of_host(keys: Iterable[str], host: Record) -> dict[str, str]:
    """What the BIOS of a simulated host says of its hardware."""
    return with_generic(keys, {**_OF_HOSTS, "system-serial-number": host["uuid"]})


def with_generic(keys: Iterable[str], strings: Mapping[str, str]) -> dict[str, str]:
    """The strings, with generic ones for the keys that are not given and for those that nobody can give."""
    return {key: strings.get(key, _GENERIC.get(key, "")) for key in keys} | _OTHERS
