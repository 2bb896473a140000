"""What several storage commands do: connect an SR to a host, look at what is on it, let go of a VDI."""

from __future__ import annotations

import os

from xe_py.classes._drivers import DRIVERS
from xe_py.classes.sr import UNKNOWN_SIZE
from xe_py.errors import Failure
from xe_py.state.state import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def attach(state: State, pbd: Record) -> None:
    """Plug the PBD and take in what the driver finds."""
    state.update(pbd, {"currently-attached": True})
    take_in(state, state.ref(pbd, "sr-uuid"))


def take_in(state: State, sr: Record) -> None:
    """Ask the driver of a plugged SR for its size and, where it is a folder of ISO files, for the files."""
    driver = DRIVERS.get(sr["type"])
    if driver is None:
        raise Failure("SR_UNKNOWN_DRIVER", sr["type"])
    folder = _folder(state, sr)
    if folder is not None:
        _take_in_files(state, sr, list_isos(folder))
        state.update(sr, {"physical-size": state.sum_of(sr, "vdi.sr-uuid", "virtual-size")})
    elif sr["physical-size"] == UNKNOWN_SIZE:
        state.update(sr, {"physical-size": driver.size})


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
    """Take the VDI away and leave its data: drives that hold it become empty, other VBDs go with it."""
    for vbd in state.pointing_at(vdi, "vbd.vdi-uuid"):
        if vbd["type"] == "CD":
            state.update(vbd, {"vdi-uuid": None})
    state.delete(vdi)


def forget_all(state: State, sr: Record) -> None:
    """Take the SR away, with its PBDs and VDIs."""
    for vdi in state.pointing_at(sr, "vdi.sr-uuid"):
        forget(state, vdi)
    state.delete(sr)


def check_uuid(label: str, uuid: str) -> None:
    """Refuse what has not the form of a uuid."""
    if not is_uuid(uuid):
        raise Failure("UUID_INVALID", label, uuid)


def _folder(state: State, sr: Record) -> str | None:
    """The local folder whose ISO files the SR shows.

    None where they are on a server, as in host:/path, and for the guest tools, which are no file here.
    """
    if sr["type"] != "iso" or sr["is-tools-sr"]:
        return None
    pbds = state.find("pbd", sr_uuid=sr["uuid"], currently_attached=True)
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
        if name not in sizes and state.pointing_at(vdi, "vbd.vdi-uuid"):
            state.update(vdi, {"missing": True})
        elif name not in sizes:
            state.delete(vdi)


def _is_text(name: str) -> bool:
    """Whether the name of a file is UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
