"""What several storage commands do: connect an SR to a host, look at what is on it, let go of a VDI."""

from __future__ import annotations

import os

from xe_py.classes import _contents as contents
from xe_py.classes._drivers import DRIVERS
from xe_py.classes.sr import UNKNOWN_SIZE
from xe_py.errors import Failure
from xe_py.schema.uuids import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State


def attach(state: State, pbd: Record) -> None:
    """Plug the PBD and take in what the driver finds."""
    state.update(pbd, {"currently-attached": True})
    take_in(state, state.ref(pbd, "sr-uuid"))


def take_in(state: State, sr: Record) -> None:
    """Ask the driver of a plugged SR for its size and for what lies on it: files of a folder, disks without a VDI."""
    driver = DRIVERS.get(sr["type"])
    if driver is None:
        raise Failure("SR_UNKNOWN_DRIVER", sr["type"])
    folder = iso_folder(state, sr)
    if folder is not None:
        _take_in_files(state, sr, list_isos(folder))
        state.update(sr, {"physical-size": state.sum_of(sr, "vdi.sr-uuid", "virtual-size")})
    elif sr["physical-size"] == UNKNOWN_SIZE:
        state.update(sr, {"physical-size": driver.size})
    if "VDI_INTRODUCE" not in driver.capabilities:
        for key, disk in contents.of_sr(state, sr).items():
            _take_in_disk(state, sr, key, disk)


def recall(state: State, sr: Record, location: str) -> dict[str, Any]:
    """What the storage knows of the disk at this location that no VDI tells of; from now on one does."""
    key = contents.key_of(sr["uuid"], location)
    disk = contents.of_sr(state, sr).get(key, {})
    _drop(state, key)
    return disk


def scan(state: State, sr: Record) -> None:
    """Look anew at a storage that was there when it was plugged."""
    folder = iso_folder(state, sr)
    if folder is not None and not os.path.isdir(folder):
        raise Failure("SR_BACKEND_FAILURE_47", "", f"{folder} is not there any more", "")
    take_in(state, sr)


def lies_there(state: State, vdi: Record) -> Iterator[Failure]:
    """What forbids to attach the VDI: it is a file that is gone from its folder. Where no folder is, nobody looks."""
    sr = state.ref(vdi, "sr-uuid")
    folder = iso_folder(state, sr)
    if folder and os.path.isdir(folder) and not os.path.isfile(os.path.join(folder, vdi["location"])):
        yield Failure("VDI_MISSING", sr, vdi, blockers=tuple(state.pointing_at(vdi, "vbd.vdi-uuid")))


def list_isos(folder: str) -> dict[str, int]:
    """The names of the ISO files in the folder, sorted, and their sizes."""
    if not os.path.isabs(folder) or "\0" in folder:
        raise Failure("SR_BACKEND_FAILURE_226", "", f"{folder} is not an absolute path", "")
    try:
        with os.scandir(folder) as entries:
            names = [name for name in (entry.name for entry in entries) if name.lower().endswith(".iso")]
    except (FileNotFoundError, NotADirectoryError):
        raise Failure("SR_BACKEND_FAILURE_226", "", f"{folder} is no folder here", "") from None
    except OSError as error:
        raise Failure("SR_BACKEND_FAILURE_222", "", f"{folder}: {error.strerror}", "") from None
    # isfile takes a link in a circle, or to nothing, for what it is worth.
    paths = {name: os.path.join(folder, name) for name in sorted(filter(_is_text, names))}
    return {name: os.stat(path).st_size for name, path in paths.items() if os.path.isfile(path)}


def forget(state: State, vdi: Record) -> None:
    """Take the VDI away and leave what is on it: drives that hold it become empty, other VBDs go with it."""
    sr = state.ref(vdi, "sr-uuid")
    driver = DRIVERS.get(sr["type"])
    if driver is not None and sr["type"] != "iso" and vdi["location"]:
        names = ("type", "name-label", "name-description") if driver.names else ()
        disk = {name: vdi[name] for name in ("uuid", "virtual-size", *names)}
        pool = state.all("pool")[0]
        key = contents.key_of(sr["uuid"], vdi["location"])
        state.update(pool, {contents.FIELD: {**pool[contents.FIELD], key: contents.written(disk)}})
    vanish(state, vdi)


def vanish(state: State, vdi: Record) -> None:
    """Take the VDI away: drives that hold it become empty, other VBDs go with it."""
    for vbd in state.pointing_at(vdi, "vbd.vdi-uuid"):
        if vbd["type"] == "CD":
            state.update(vbd, {"vdi-uuid": None})
    state.delete(vdi)


def forget_all(state: State, sr: Record) -> None:
    """Take the SR away, with its PBDs and VDIs."""
    for vdi in state.pointing_at(sr, "vdi.sr-uuid"):
        forget(state, vdi)
    state.delete(sr)


def destroy_all(state: State, sr: Record) -> None:
    """Take the SR away, with its PBDs, its VDIs and what is on them."""
    for vdi in state.pointing_at(sr, "vdi.sr-uuid"):
        vanish(state, vdi)
    state.delete(sr)


def check_uuid(label: str, uuid: str) -> None:
    """Refuse what has not the form of a uuid."""
    if not is_uuid(uuid):
        raise Failure("UUID_INVALID", label, uuid)


def iso_folder(state: State, sr: Record) -> str | None:
    """The local folder whose ISO files the SR shows.

    None where they are on a server, as in host:/path, and for the guest tools, which are no file here.
    """
    if sr["type"] != "iso" or sr["is-tools-sr"]:
        return None
    pbds = state.find("pbd", sr_uuid=sr["uuid"], currently_attached=True)
    if not pbds:
        return None
    location = str(pbds[0]["device-config"].get("location", ""))
    return None if ":" in location or location.startswith(("//", "\\\\")) else location


def _take_in_files(state: State, sr: Record, sizes: dict[str, int]) -> None:
    known = {vdi["location"]: vdi for vdi in state.pointing_at(sr, "vdi.sr-uuid")}
    for name, size in sizes.items():
        if name in known:
            state.update(known[name], {"virtual-size": size, "missing": False})
        else:
            file = {"name-label": name, "location": name, "virtual-size": size, "read-only": True}
            state.add("vdi", {**file, "sr-uuid": sr["uuid"]})
    for name, vdi in known.items():
        if name not in sizes:
            vanish(state, vdi)


def _take_in_disk(state: State, sr: Record, key: str, disk: dict[str, Any]) -> None:
    """Make a VDI of a disk that was forgotten, unless another has its uuid or location meanwhile."""
    uuid, location = disk.pop("uuid"), disk["location"]
    if state.class_of(uuid) is None and not state.find("vdi", location=location, sr_uuid=sr["uuid"]):
        state.add("vdi", {**disk, "sr-uuid": sr["uuid"]}, uuid)
    _drop(state, key)


def _drop(state: State, key: str) -> None:
    for pool in state.all("pool"):
        if key in pool[contents.FIELD]:
            left = {other: text for other, text in pool[contents.FIELD].items() if other != key}
            state.update(pool, {contents.FIELD: left})


def _is_text(name: str) -> bool:
    """Whether the name of a file is UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
