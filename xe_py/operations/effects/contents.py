"""What is on the storage besides the records: kept when a VDI or an SR is forgotten, found again by a scan."""

from __future__ import annotations

from xe_py.classes.sr import UNKNOWN_SIZE, storage_of, volumes
from xe_py.xapi.drivers import DRIVERS, lies_at, taken_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.xapi.drivers import Driver

_KEPT = ("location", "virtual-size", "read-only", "managed", "cbt-enabled", "content")
_KEPT_BY_LVM = ("name-label", "name-description", "type", "is-a-snapshot", "snapshot-time")
_LINK = "snapshot-of"
_PARENT = "vhd-parent"


def forget(state: State, vdi: Record) -> None:
    """Remove the record of the VDI, and keep what it says as a volume on the SR."""
    _remember(state, vdi, {"sr-uuid": vdi["sr-uuid"]})
    drop(state, vdi)


def drop(state: State, vdi: Record) -> None:
    """Remove the VDI: drives with it become empty, and its other VBDs are removed too."""
    for vbd in state.pointing_at(vdi, "vbd.vdi-uuid"):
        if vbd["type"] == "CD":
            state.update(vbd, {"vdi-uuid": None})
    state.delete(vdi)


def forget_all(state: State, sr: Record) -> None:
    """Remove the record of the SR with its PBDs and VDIs, and keep what is on it."""
    storage = _leave_storage(state, sr)
    for volume in state.pointing_at(sr, "volume.sr-uuid"):
        state.update(volume, {"sr-uuid": None, "storage-uuid": storage["uuid"]})
    vdis = state.pointing_at(sr, "vdi.sr-uuid")
    for vdi in vdis:
        _remember(state, vdi, {"storage-uuid": storage["uuid"]})
    for vdi in vdis:
        drop(state, vdi)
    state.delete(sr)


def destroy_all(state: State, sr: Record) -> None:
    """Remove the SR with its PBDs and all that is on it."""
    for vdi in state.pointing_at(sr, "vdi.sr-uuid"):
        drop(state, vdi)
    storage = storage_of(state, sr)
    if storage is not None:
        state.delete(storage)
    state.delete(sr)


def format_devices(state: State, host: Record, type: str, device_config: dict[str, str]) -> None:
    """Remove what was on the devices that a new SR takes for itself."""
    key, devices = taken_by(type, device_config)
    for storage in state.all("storage") if devices else ():
        owner = storage["host-uuid"] if key == "device" else host["uuid"]
        if owner == host["uuid"] and not devices.isdisjoint(storage["devices"]):
            state.delete(storage)


def take_back(state: State, sr: Record, driver: Driver, *, are_files: bool) -> None:
    """Make VDIs of the volumes on the SR, and set the size of the SR.

    If VDIs are files in a folder, the files count and not the volumes.
    """
    storage = storage_of(state, sr)
    size = sr["physical-size"]
    if size == UNKNOWN_SIZE and storage is not None:
        size = storage["physical-size"]
    state.update(sr, {"physical-size": driver.size if size == UNKNOWN_SIZE else size})
    lying = volumes(state, sr)
    known = {vdi["location"] for vdi in state.pointing_at(sr, "vdi.sr-uuid")} if lying else set()
    links = []
    for volume in lying:
        if are_files or volume["location"] in known:
            state.delete(volume)
        elif state.class_of(volume["vdi"]) is None:
            known.add(volume["location"])
            link = volume[_LINK]
            links.append((make_vdi(state, sr, volume), link))
        else:
            state.update(volume, {"sr-uuid": sr["uuid"], "storage-uuid": None})
    for vdi, link in links:
        if state.get("vdi", link) is not None:
            state.update(vdi, {_LINK: link})
    if storage is not None:
        state.delete(storage)


def make_vdi(state: State, sr: Record, volume: Record, uuid: str | None = None) -> Record:
    """Make a VDI of the volume on the SR, with the given uuid or else with the uuid that it had before."""
    fields = {name: volume[name] for name in (*_KEPT, *_KEPT_BY_LVM, "sm-config")}
    state.delete(volume)
    return state.add("vdi", {**fields, "sr-uuid": sr["uuid"]}, uuid or volume["vdi"])


def _remember(state: State, vdi: Record, place: dict[str, str]) -> None:
    driver = DRIVERS.get(state.ref(vdi, "sr-uuid")["type"])
    kept = _KEPT + ((*_KEPT_BY_LVM, _LINK) if driver is not None and driver.keeps_names else ())
    if vdi["type"] == "CBT metadata":
        kept += ("type",)  # On every storage it lies in a file of another kind.
    parent = {key: text for key, text in vdi["sm-config"].items() if key == _PARENT}
    state.add("volume", {**{name: vdi[name] for name in kept}, **place, "vdi": vdi["uuid"], "sm-config": parent})


def _leave_storage(state: State, sr: Record) -> Record:
    """The storage that the SR leaves behind; a new one if there is none yet."""
    found = storage_of(state, sr)
    if found is not None:
        return found
    pbds = state.pointing_at(sr, "pbd.sr-uuid")
    of_one_host, places = lies_at(sr["type"], pbds[0]["device-config"]) if pbds else (False, frozenset[str]())
    fields = {"sr": sr["uuid"], "type": sr["type"], "physical-size": sr["physical-size"], "devices": sorted(places)}
    return state.add("storage", fields | ({"host-uuid": pbds[0]["host-uuid"]} if of_one_host else {}))
