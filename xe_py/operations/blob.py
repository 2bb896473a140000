"""Binary data that clients keep with objects: making it, writing it and reading it."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, NoRoomError, refuse
from xe_py.schema.client import STANDARD_OUTPUT
from xe_py.schema.command import EXPORTS, IMPORTS, command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.schema.listing import Sentence
from xe_py.xapi.blobs import OWNERS, can_be_kept
from xe_py.xapi.vm_settings import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_BLOB = Ref("uuid", "blob", doc="The blob.")
_MIME_TYPE = "application/octet-stream"
# So many bytes a blob takes: a source without an end must not fill the disk.
_LONGEST = 1 << 30


def _names_an_object(_state: State, **given: object) -> None:
    if given.keys().isdisjoint(OWNERS):
        raise Misuse("Error: Say whose blob it is, with vm-uuid, host-uuid, sr-uuid, network-uuid or pool-uuid.")


@command(
    "blob-create",
    required=(Text("name", doc="The name by which the object knows the blob."),),
    optional=(
        Text("mime-type", doc=f"What kind of data it is; {_MIME_TYPE} if left out."),
        Ref("vm-uuid", "vm", doc="The VM that the blob belongs to."),
        Ref("host-uuid", "host", doc="The host that it belongs to."),
        Ref("sr-uuid", "sr", doc="The SR that it belongs to."),
        Ref("network-uuid", "network", doc="The network that it belongs to."),
        Ref("pool-uuid", "pool", doc="The pool, if it belongs to that."),
        Bool("public", doc="Whether anybody may read it without a login."),
    ),
    doc="Make a blob, in which clients can keep binary data with an object.",
    grammar=_names_an_object,
    hidden=True,
)
def create(state: State, name: str, mime_type: str = "", *, public: bool = False, **owners: Record) -> Record:
    """Make a blob without data. If several objects are given, xe takes one of them."""
    owner = next(owners[cls] for cls in OWNERS if cls in owners)
    reference = f"{owner.cls.name}-uuid"
    if any(blob["name"] == name for blob in state.pointing_at(owner, f"blob.{reference}")):
        raise Failure("MAP_DUPLICATE_KEY", owner.cls.label, "blobs", owner, name)
    fields = {"name": name, "mime-type": mime_type or _MIME_TYPE, "public": public}
    return state.add("blob", {**fields, reference: owner["uuid"]})


@command(
    "blob-put",
    required=(_BLOB, Text("filename", doc="The file with the data; - reads standard input.")),
    doc="Put the data of a file into a blob, in the place of what it has.",
    hidden=True,
    kind=IMPORTS,
)
def put(state: State, blob: Record, filename: str, *, client: Client | None) -> Sentence | None:
    """Write a new content."""
    refuse(can_be_kept(state))
    if client is None:
        return None
    with client.source(filename) as source:
        name, draft = state.draft()
        try:
            size = draft.take(source, _LONGEST, lambda _: None)
        except NoRoomError:
            raise Failure("INTERNAL_ERROR", f"This machine has no room for {filename}, or XE_DISK_LIMIT.") from None
    if size > _LONGEST:
        raise Failure("INTERNAL_ERROR", f"{filename} is longer than {_LONGEST} bytes, the most that a blob takes.")
    state.update(blob, {"content": name, "size": size, "last-updated": now()})
    return Sentence("Blob put succeeded")


@command(
    "blob-get",
    required=(_BLOB, Text("filename", doc="The new file for the data; - writes to standard output.")),
    doc="Write the data of a blob to a file.",
    hidden=True,
    kind=EXPORTS,
)
def get(state: State, blob: Record, filename: str, *, client: Client | None) -> Sentence | None:
    """Write the content, unless nobody has put anything into the blob."""
    refuse(can_be_kept(state))
    if blob["content"] is None:
        raise Failure("INTERNAL_ERROR", f"Nobody has put anything into the blob {blob['uuid']}: use blob-put.")
    if client is None or client.rehearses:
        return None
    from xe_py.operations.effects.images import export_raw

    with state.contents.open(blob["content"]) as content, client.target(filename) as target:
        export_raw(content, blob["size"], target, lambda _: None)
    return None if filename in STANDARD_OUTPUT else Sentence("Blob get succeeded")
