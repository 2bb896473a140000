"""Uploads of updates: a file becomes a VDI, and what is on it becomes known to the pool."""

from __future__ import annotations

import os
from stat import S_ISREG

from xe_py.classes import vdi as vdis
from xe_py.errors import Failure, NoRoomError, refuse
from xe_py.operations import vdi
from xe_py.operations.effects.disk_data import FileOutside, content_of, has_no_room
from xe_py.operations.effects.storage import file_of
from xe_py.operations.effects.update_info import info_of
from xe_py.schema.numbers import is_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.store.promise import Content

_NAME = "Imported VDI"
# More than any update has; a source without an end comes to one.
_LONGEST = 4 << 30
# What a patch of old has instead of the second and third group of the uuid of its update.
_NO_GROUPS = "0000-0000"


def upload(state: State, file_name: str, sr: Record, client: Client) -> Record | None:
    """The update in the file, which a new VDI on the SR holds then.

    A dry run keeps no data, so it reads the file a second time. A pipe does not allow that: then nothing comes back.
    """
    with client.source(file_name) as source:
        name, draft = state.draft()
        try:
            size = draft.take(source, _LONGEST, lambda _: None)
        except NoRoomError:
            raise has_no_room(state, sr) from None
        if size > _LONGEST:
            raise Failure(
                "INVALID_UPDATE", f"{file_name} is longer than {_LONGEST} bytes, the most that an update has."
            )
        again = _regular(source) if client.rehearses else None
        held = vdi.create(state, sr, _NAME, size)
        state.update(held, {"content": name})
        if client.rehearses and again is None:
            return None
        update = introduce(state, held, None if again is None else FileOutside(os.dup(again)))
    state.update(held, {"name-label": f"Update: {update.name}"})
    return update


def _regular(source: BinaryIO) -> int | None:
    """The handle of a file that can be read at any place; None for a pipe."""
    try:
        file = source.fileno()
    except OSError:
        return None
    return file if S_ISREG(os.fstat(file).st_mode) else None


def introduce(state: State, held: Record, image: Content | None = None) -> Record:
    """The update on the VDI, known to the pool from now on; `image` is what the VDI holds, if it is not there."""
    if held["type"] == "CBT metadata":
        raise Failure("VDI_INCOMPATIBLE_TYPE", held, "cbt_metadata")
    refuse(vdis.can_export(state, held))
    if held["content"] is None and file_of(state, held) is None:
        raise Failure("INVALID_UPDATE", "Nobody has written anything to the VDI.")
    with image or content_of(state, held) as content:
        info = info_of(content)
    uuid = info.pop("uuid")
    if not is_uuid(uuid):
        raise Failure("INTERNAL_ERROR", f"The uuid of the update is no uuid: {uuid}")
    known = state.get("update", uuid)
    if known is None:
        return _added(state, uuid, {**info, "vdi": held["uuid"]})
    if known["vdi"] not in {None, held["uuid"]}:
        raise Failure("UPDATE_ALREADY_EXISTS", uuid, blockers=(known,))
    state.update(known, {"vdi": held["uuid"]})
    return known


def _added(state: State, uuid: str, fields: dict[str, object]) -> Record:
    """A new update, and the patch of old that stands for it."""
    update = state.add("update", fields, uuid)
    first, _, _, *rest = uuid.split("-")
    state.add(
        "patch",
        {
            "name-label": fields["name-label"],
            "name-description": fields["name-description"],
            "size": fields["installation-size"],
            "after-apply-guidance": fields["after-apply-guidance"],
            "update": uuid,
        },
        "-".join((first, _NO_GROUPS, *rest)),
    )
    return update
