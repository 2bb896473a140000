"""What is written to the content of a VDI: data from outside, or the content of another VDI."""

from __future__ import annotations

import os

from xe_py.errors import Failure, NoRoomError, refuse
from xe_py.operations.effects.storage import file_of, is_there
from xe_py.xapi.drivers import reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, Self

    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.store.promise import Content
    from xe_py.xva.blocks import Disk

_PIECE = 4 << 20


class FileOutside:
    """A file that is in no store as a content, such as one in a folder of ISO files; it is closed in the end."""

    def __init__(self, file: int) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def spans(self, start: int = 0) -> Iterator[range]:
        size = os.fstat(self._file).st_size
        for place in range(start, size, _PIECE):
            yield range(place, min(place + _PIECE, size))

    def read(self, span: range) -> bytes:
        return os.pread(self._file, len(span), span.start).ljust(len(span), b"\0")

    def copy_to(self, file: int, span: range) -> None:
        os.pwrite(file, self.read(span), span.start)


def content_of(state: State, vdi: Record) -> Content:
    """The content of the VDI, open to read; VDI_MISSING for an ISO file that is gone."""
    path = file_of(state, vdi)
    if path is None:
        return state.contents.open(vdi["content"])
    refuse(is_there(state, vdi))
    return FileOutside(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))


def write(state: State, vdi: Record, source: BinaryIO, done: Callable[[int], None]) -> None:
    """Write the data to the beginning of the VDI; what is behind stays. Failure if it does not fit.

    `done` is told how many bytes are done.
    """
    most = vdi["virtual-size"]
    name, draft = state.draft()
    try:
        length = draft.take(source, most, done)
        if length > most:
            raise Failure("INTERNAL_ERROR", f"The data is longer than the disk, which has {most} bytes.")
        with content_of(state, vdi) as before:
            draft.follow(before, length)
    except NoRoomError:
        raise is_full(state, vdi) from None
    state.update(vdi, {"content": name})


def write_archived(state: State, vdi: Record, disk: Disk) -> None:
    """Write what an archive has for the VDI, which is all of it."""
    name, draft = state.draft()
    try:
        draft.follow(disk, 0)
    except NoRoomError:
        raise is_full(state, vdi) from None
    disk.finish()
    state.update(vdi, {"content": name})


def copy_content(state: State, source: Record, target: Record) -> None:
    """Give the target the content of the source, at its beginning; what is behind stays.

    A copy that is at least as long names the same content: it takes no time and no room. An ISO file is copied.
    """
    size = source["virtual-size"]
    if file_of(state, source) is None and target["content"] is None:
        state.update(target, {"content": source["content"]})
        return
    with content_of(state, target) as behind:
        if file_of(state, source) is None and not any(True for _ in behind.spans(size)):
            state.update(target, {"content": source["content"]})
            return
        name, draft = state.draft()
        try:
            with content_of(state, source) as before:
                draft.follow(before, 0)
            draft.follow(behind, size)
        except NoRoomError:
            raise is_full(state, target) from None
    state.update(target, {"content": name})


def is_full(state: State, vdi: Record) -> Failure:
    """The refusal where there is no room for the content of the VDI."""
    return has_no_room(state, state.ref(vdi, "sr-uuid"))


def has_no_room(state: State, sr: Record) -> Failure:
    """The refusal where there is no room for a content on the SR."""
    said = reason(
        "The SR is full", "this machine has no more room for contents of disks, or XE_DISK_LIMIT allows no more"
    )
    failure = Failure("SR_BACKEND_FAILURE_44", "", said, "", blockers=(sr,))
    past = sum(state.contents.past().values())
    if past:
        note = f"Only older versions of the state need {past} bytes of the contents."
        failure.notes = (f"{note} A command with XE_BACKUPS=0 drops all older versions.",)
    return failure
