"""What several storage commands do: connect an SR to a host, look at what is on it, check that a VDI is there."""

from __future__ import annotations

import os

from xe_py.errors import Failure
from xe_py.operations.effects.contents import drop, take_back
from xe_py.schema.numbers import is_uuid
from xe_py.xapi.drivers import DRIVERS, is_folder_of_host, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State


def attach(state: State, pbd: Record) -> None:
    """Plug the PBD and take in what the driver finds."""
    state.update(pbd, {"currently-attached": True})
    take_in(state, state.ref(pbd, "sr-uuid"))


def take_in(state: State, sr: Record, *, scanning: bool = False) -> None:
    """Update the plugged SR from its storage: its size, and a VDI for each volume on it."""
    driver = DRIVERS.get(sr["type"])
    if driver is None:
        raise Failure("SR_UNKNOWN_DRIVER", sr["type"])
    folder = _folder(state, sr)
    take_back(state, sr, driver, are_files=folder is not None)
    if folder is not None:
        _take_in_files(state, sr, list_isos(folder, scanning=scanning))
        state.update(sr, {"physical-size": state.sum_of(sr, "vdi.sr-uuid", "virtual-size")})


def list_isos(folder: str, *, scanning: bool = False) -> dict[str, int]:
    """The names of the ISO files in the folder, sorted, and their sizes."""
    if not os.path.isabs(folder) or "\0" in folder:
        said = reason("The location is not a folder", f"{folder} is not an absolute path")
        raise Failure("SR_BACKEND_FAILURE_226", "", said, "")
    try:
        with os.scandir(folder) as entries:
            names = [name for name in (entry.name for entry in entries) if name.lower().endswith(".iso")]
    except (FileNotFoundError, NotADirectoryError):
        said = reason("The location is not a folder", f"{folder} is not a folder here")
        raise Failure("SR_BACKEND_FAILURE_47" if scanning else "SR_BACKEND_FAILURE_226", "", said, "") from None
    except OSError as error:
        said = reason("The driver cannot use the folder", f"{folder}: {error.strerror}")
        raise Failure("SR_BACKEND_FAILURE_222", "", said, "") from None
    # isfile takes a link in a circle, or to nothing, for what it is worth.
    paths = {name: os.path.join(folder, name) for name in sorted(filter(_is_text, names))}
    return {name: os.stat(path).st_size for name, path in paths.items() if os.path.isfile(path)}


def check_uuid(label: str, uuid: str) -> None:
    """Refuse a text that does not have the form of a uuid."""
    if not is_uuid(uuid):
        raise Failure("UUID_INVALID", label, uuid)


def is_there(state: State, vdi: Record) -> Iterator[Failure]:
    """Why no VM can use the VDI now: its file is no longer in the folder of ISO files."""
    sr = state.ref(vdi, "sr-uuid")
    folder = _folder(state, sr)
    if vdi["missing"] or (folder is not None and not os.path.isfile(os.path.join(folder, vdi["location"]))):
        yield Failure("VDI_MISSING", sr, vdi, blockers=tuple(state.pointing_at(vdi, "vbd.vdi-uuid")))


def file_of(state: State, vdi: Record) -> str | None:
    """The path of the ISO file that the VDI shows; None if it shows none that is here."""
    folder = _folder(state, state.ref(vdi, "sr-uuid"))
    return None if folder is None else os.path.join(folder, vdi["location"])


def _folder(state: State, sr: Record) -> str | None:
    """The local folder whose ISO files the SR shows.

    None if they are on a server, as in host:/path, and for the guest tools, which are not a file here.
    """
    if sr["type"] != "iso" or sr["is-tools-sr"]:
        return None
    pbds = state.find("pbd", sr_uuid=sr["uuid"], currently_attached=True)
    config = pbds[0]["device-config"]
    location = str(config.get("location", ""))
    if not is_folder_of_host(config) and (":" in location or location.startswith(("//", "\\\\"))):
        return None
    return location


def _take_in_files(state: State, sr: Record, sizes: dict[str, int]) -> None:
    known = {vdi["location"]: vdi for vdi in state.pointing_at(sr, "vdi.sr-uuid")}
    for name, size in sizes.items():
        if name in known:
            state.update(known[name], {"virtual-size": size, "missing": False})
        else:
            file = {"name-label": name, "location": name, "virtual-size": size, "read-only": True}
            state.add("vdi", {**file, "sr-uuid": sr["uuid"]}, _uuid_in(state, name))
    for name, vdi in known.items():
        if name not in sizes:
            drop(state, vdi)


def _uuid_in(state: State, name: str) -> str | None:
    """The uuid in the name of a file, unless another object has it."""
    stem = os.path.splitext(name)[0]
    return stem if is_uuid(stem) and state.class_of(stem) is None else None


def _is_text(name: str) -> bool:
    """Whether the name of a file is UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
