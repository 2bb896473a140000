"""Writing the changes of a state into its file: the next content, and the index of the next version."""

from __future__ import annotations

from xe_py.errors import DamagedIndexError, StateFileError
from xe_py.schema.fields import LARGEST
from xe_py.schema.xenclass import TEMPLATES
from xe_py.state.changes import Committed
from xe_py.state.state import CONTENT
from xe_py.store.files.delta import joined
from xe_py.store.files.document import Document
from xe_py.store.files.interrupts import uninterrupted
from xe_py.store.index.reading import discard
from xe_py.store.index.stretches import after
from xe_py.store.replacing import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.state.changes import Change
    from xe_py.state.state import State
    from xe_py.store.contents.disks import Disks
    from xe_py.store.files.delta import Part
    from xe_py.store.files.document import Site
    from xe_py.store.index.reading import Head
    from xe_py.store.state_file import OpenedFile


@uninterrupted
def commit(
    site: Site, index: str | None, document: Document, state: State, command: str, *, disks: Disks | None = None
) -> tuple[Committed, Document]:
    """Replace the file with one that has the state's changes; what was done, and the next version with its index.

    Without changes, nothing is written. A StateFileError leaves the file and the state as they were. `disks` are the
    contents of disks, if any were asked for.
    """
    changes = state.changes()
    if not changes and not state.header_changed():
        return Committed(state.serial, []), document
    serial = next_serial(document.path, state.serial)
    going = _going(changes)
    if going:
        from xe_py.store.contents.past import fills_the_chain, keep_within
    mark = state.mark()
    try:
        if TEMPLATES in state.header and any(change.after is None for change in changes):
            from xe_py.state.templates import note_destroyed

            note_destroyed(state, changes)
        content = list(joined(_content(index, document, state, changes, serial)))
        if disks is not None:
            disks.flush({change.after.get(CONTENT) for change in changes if change.after is not None})
        anew = bool(going) and fills_the_chain(site, going)
        version = replace(site, content, document.identity, serial, command, anew=anew)
    except StateFileError:
        state.rollback(mark)
        raise
    if going:
        keep_within(site)
    if disks is not None:
        disks.settle()
    elif going:
        from xe_py.store.contents.disks import settle

        settle(site.target)
    committed = state.settle(changes)
    # If someone has already written to the file, the next commit finds that this version is gone.
    following = Document(document.path, document.target, version or ())
    following.is_plain = document.is_plain
    if version is not None and not document.reordered:
        following.head = _carried_on(index, document.head, following, state, changes, content=content)
    return committed, following


def _going(changes: list[Change]) -> list[str]:
    """The contents that disks have no longer."""
    befores = [change.before for change in changes if change.touches(CONTENT) and change.before is not None]
    return [before[CONTENT] for before in befores if CONTENT in before]


@uninterrupted
def restore(
    site: Site,
    index: str | None,
    present: tuple[int, ...] | None,
    head: Head | None,
    *,
    wanted: OpenedFile,
    serial: int,
    command: str,
) -> None:
    """Replace the file with the text of the wanted version, which is sound, with this serial.

    `present` identifies the file, if there is one. If `head` is its index, only what differs is written anew, and the
    index is carried on.
    """
    from xe_py.store.index.catching_up import differing
    from xe_py.store.toml.rewriting import rewritten, with_serial

    content = with_serial(wanted.document, serial)
    if content is None:
        content = rewritten(wanted.document, wanted.state, [], serial)
    is_of_present = head is not None and head.identity == present
    found = differing(head, content) if head is not None and is_of_present and head.stretches else None
    version = replace(site, [content] if found is None else found.parts, present, serial, command)
    if found is not None and version is not None:
        try:
            found.carry_on(index, Document(site.path, site.target, version))
        except (DamagedIndexError, StateFileError, MemoryError):
            discard(index)


def next_serial(path: str, serial: int) -> int:
    """The next serial; StateFileError if there is none."""
    if serial + 1 < LARGEST:  # The largest number itself is unsound, because none follows it.
        return serial + 1
    raise StateFileError(
        f"The serial of {path} is {serial}, the largest possible one, so no change can follow it.\n"
        "Set a smaller serial by hand, in the table [state]: serial = 1"
    )


def serial_behind(path: str, last: int, otherwise: int) -> int:
    """The serial after the last one or, if there is none, after the other."""
    return next_serial(path, last if last + 1 < LARGEST else otherwise)


def _carried_on(
    index: str | None,
    head: Head | None,
    document: Document,
    state: State,
    changes: list[Change],
    *,
    content: list[Part],
) -> Head | None:
    """The index for the new version of the file; None if there is none, so that the next command makes it."""
    from xe_py.store.index.making import advance, build

    try:
        if head is None:
            return build(index, document, state)
        stretches = after(head.stretches, content, document.content()) if head.plain else b""
        return advance(index, document, head, state, changes, stretches=stretches)
    except (DamagedIndexError, StateFileError, MemoryError):
        discard(index)
        return None


def _content(index: str | None, document: Document, state: State, changes: list[Change], serial: int) -> Iterable[Part]:
    """The next content of the file, in parts."""
    head = document.head
    if head is not None and head.plain:
        from xe_py.store.toml.excerpt import Excerpt, NotFoundError
        from xe_py.store.toml.splice import STATE, anchors, edits

        try:
            near = [(path, head.base.near(path[0], place)) for path, place in anchors(state, changes).items()]
            excerpt = Excerpt(document.content(), [(STATE, 0), *near])
            return excerpt.apply(edits(excerpt.text, state, changes, serial))
        except (NotFoundError, DamagedIndexError):
            discard(index)
            document.head, document.is_plain = None, False
    from xe_py.store.toml.rewriting import rewritten

    try:
        return [rewritten(document, state, changes, serial)]
    except StateFileError:
        discard(index)
        raise
