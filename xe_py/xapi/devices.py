"""Devices: the names under which a VM has its disks and floppies."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.numbers import decimal_of
from xe_py.schema.xenclass import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

OWNER = "owner"
"""The key in a VBD's other-config that says, with any text, that the VDI goes when the VM is uninstalled."""

_BUSES = ("xvd", "hd", "sd")
_LETTERS = 26
_VBD_DEVICES, _VIF_DEVICES = 255, 16


def position(vbd: Record) -> tuple[str, int] | None:
    """The bus (`disk` or `floppy`) and the number on it that `userdevice` means; None if it means none."""
    return position_of(vbd["userdevice"], floppy=vbd["type"] == "Floppy")


def position_of(word: str, *, floppy: bool = False) -> tuple[str, int] | None:
    """The bus and the number that a device word means: `3`, `xvdd`, `hdd`, `sdd` are one disk, `fda` is a floppy."""
    number = decimal_of(word)
    if number is not None and not floppy:
        return "disk", number
    for bus in (*_BUSES, "fd"):
        letters = word.removeprefix(bus)
        if letters != word and letters.isascii() and letters.isalpha() and letters.islower() and len(letters) in {1, 2}:
            number = 0
            for letter in letters:
                number = number * _LETTERS + ord(letter) - ord("a") + 1
            return "floppy" if bus == "fd" else "disk", number - 1
    return None


def device_name(number: int, bus: str = "xvd") -> str:
    """The name under which the guest sees the device: xvda, xvdb, … xvdaa."""
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, _LETTERS)
        letters = chr(ord("a") + letter) + letters
    return bus + letters


# The third rule compares two VBDs. Breaking it takes a change of one of them, so it watches only its own VBD.


@rule("userdevice", "type")
def device_is_known(_state: State, vbd: Record) -> Iterator[Failure]:
    """The device is a number, or a name such as xvda, hda, sda or fda."""
    if position(vbd) is None:
        yield Failure("INVALID_DEVICE", vbd["userdevice"])


@rule("attached-as")
def name_in_guest_is_known(_state: State, vbd: Record) -> Iterator[Failure]:
    """The field attached-as is a name such as xvda or fda."""
    name = vbd["attached-as"]
    if name and (name.isdecimal() or position_of(name) is None):
        yield Failure("INVALID_DEVICE", name)


@rule("vm-uuid", "userdevice", "type")
def device_is_used_once(state: State, vbd: Record) -> Iterator[Failure]:
    """A VM has at most one VBD for each device, by whichever name the device is called."""
    place = position(vbd)
    for other in state.having("vbd", "vm-uuid", vbd["vm-uuid"]):
        if other is not vbd and place is not None and position(other) == place:
            yield Failure("DEVICE_ALREADY_EXISTS", vbd["userdevice"], blockers=(other,))
            return


def free_vbd_devices(state: State, vm: Record) -> list[str]:
    """The numbers that no disk of the VM has."""
    used = {position(vbd) for vbd in state.pointing_at(vm, "vbd.vm-uuid")}
    return [str(number) for number in range(_VBD_DEVICES) if ("disk", number) not in used]


def free_vif_devices(state: State, vm: Record) -> list[str]:
    """The numbers that no VIF of the VM has."""
    used = {vif["device"] for vif in state.pointing_at(vm, "vif.vm-uuid")}
    return [device for device in map(str, range(_VIF_DEVICES)) if device not in used]
