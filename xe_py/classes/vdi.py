"""VDI: the virtual disk image, which lives on one SR and which VBDs present to VMs."""

from __future__ import annotations

from xe_py.classes.sr import driver_can, is_plugged
from xe_py.errors import Failure
from xe_py.schema.derived import Back, Computed, NameOf
from xe_py.schema.fields import CLEAR, RW, Bool, Choice, Map, Ref, Text
from xe_py.schema.values import EPOCH, Absent, FirmBool, Size, Time, Uuid
from xe_py.schema.xenclass import NAMES, OPERATIONS, OTHER_CONFIG, STRICT, TAGS, Unique, XenClass, rule
from xe_py.xapi.drivers import reason, size_refused
from xe_py.xapi.lineage import has_no_loop, says_that_it_is_a_snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

TYPES = (
    "System",
    "User",
    "Ephemeral",
    "Suspend",
    "Crashdump",
    "HA statefile",
    "Metadata",
    "Redo log",
    "rrd",
    "PVS cache",
    "CBT metadata",
)

# Of high availability, the one that may not even be forgotten first.
_OF_HA = ("HA statefile", "Redo log")

CONTENT = Uuid("content", hidden=True, unknown="", doc="The name of its content; none if nothing was ever written.")


def shared_size(vdi: Record) -> int:
    """What the VDI takes no space for: a snapshot shares the data of its disk. A checkpoint's memory is its own."""
    return int(vdi["virtual-size"]) if vdi["is-a-snapshot"] and vdi["type"] != "Suspend" else 0


SIZES: dict[str, dict[str, Callable[[Record], int]]] = {
    "sr-uuid": {"virtual-size": lambda vdi: int(vdi["virtual-size"]), "shared-size": shared_size}
}
"""What is summed up over the disks of an SR."""


# Guards, in the order in which XAPI asks them


def can_clone(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the VDI cannot be cloned."""
    yield from _driver_can(state, vdi, "VDI_CLONE")
    yield from _has_data(vdi)
    yield from _can_be_reached(state, vdi)


def can_copy(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the VDI cannot be copied."""
    yield from _is_detached(state, vdi, "copy", modes=("RW",))
    yield from _has_data(vdi)
    yield from _keeps_what_is_written(vdi)


def can_be_read(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the data of the VDI cannot be read for a copy, besides what `can_copy` says."""
    yield from _is_managed(vdi)
    yield from is_plugged(state, state.ref(vdi, "sr-uuid"))


def can_be_filled(state: State, vdi: Record, size: int) -> Iterator[Failure]:
    """Why so many bytes cannot be copied into the VDI."""
    if vdi["read-only"]:
        yield Failure("VDI_READONLY", vdi)
    if vdi["virtual-size"] < size:
        yield Failure("VDI_TOO_SMALL", vdi, str(size))
    yield from _is_detached(state, vdi, "copy")
    yield from _can_be_reached(state, vdi)


def can_migrate(vdi: Record) -> Iterator[Failure]:
    """Why the VDI cannot move to another SR."""
    yield from _has_data(vdi)
    if vdi["cbt-enabled"]:
        yield Failure("VDI_CBT_ENABLED", vdi)


def can_resize(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the size of the VDI cannot be changed while it is not in use."""
    yield from is_plugged(state, state.ref(vdi, "sr-uuid"))
    yield from _is_detached(state, vdi, "resize")
    yield from _driver_can(state, vdi, "VDI_RESIZE")
    yield from _has_data(vdi)
    yield from _is_managed(vdi)


def can_resize_online(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the size of the VDI cannot be changed while it is in use: no driver can do it."""
    return _driver_can(state, vdi, "VDI_RESIZE_ONLINE")


def can_snapshot(state: State, vdi: Record) -> Iterator[Failure]:
    """Why no snapshot of the VDI can be taken."""
    yield from _driver_can(state, vdi, "VDI_SNAPSHOT")
    yield from _has_data(vdi)
    if vdi["sharable"]:
        yield Failure("VDI_IS_SHARABLE", vdi)
    yield from _keeps_what_is_written(vdi)
    yield from _can_be_reached(state, vdi)


def can_destroy(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the VDI cannot be destroyed with its data."""
    yield from _is_detached(state, vdi, "destroy")
    yield from _driver_can(state, vdi, "VDI_DELETE")
    yield from _has_no_statistics(vdi)
    yield from _is_not_watched(state, vdi, _OF_HA)
    yield from _can_be_reached(state, vdi)


def can_forget(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the VDI cannot be forgotten; its data would stay."""
    yield from _is_detached(state, vdi, "forget")
    yield from _is_not_watched(state, vdi, _OF_HA[:1])
    yield from _has_no_statistics(vdi)


def can_update(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the driver cannot report on the VDI."""
    yield from _is_detached(state, vdi, "update")
    yield from _driver_can(state, vdi, "VDI_UPDATE")
    yield from is_plugged(state, state.ref(vdi, "sr-uuid"))


def can_generate_config(state: State, vdi: Record) -> Iterator[Failure]:
    """Why no configuration can be made with which a host would attach the VDI at boot."""
    yield from _is_detached(state, vdi, "generate_config")
    yield from _driver_can(state, vdi, "VDI_GENERATE_CONFIG")
    yield from _can_be_reached(state, vdi)


def can_unlock(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the lock of the VDI cannot be removed: XAPI can no longer do it."""
    yield from _is_detached(state, vdi, "force_unlock")
    yield Failure("MESSAGE_DEPRECATED")


def can_import(state: State, vdi: Record) -> Iterator[Failure]:
    """Why nothing can be written to the VDI: for that, the control domain attaches it."""
    yield from _can_be_reached(state, vdi)
    yield from _has_data(vdi)
    if vdi["read-only"]:
        yield Failure("VDI_READONLY", vdi)
    yield from _is_free(state, vdi, ("RO", "RW"))


def can_export(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the VDI cannot be read: for that, the control domain attaches it."""
    yield from _can_be_reached(state, vdi)
    yield from _has_data(vdi)
    yield from _is_free(state, vdi, ("RW",))


def can_destroy_data(state: State, vdi: Record) -> Iterator[Failure]:
    """Why the data of the VDI cannot be destroyed while it is still known which blocks changed."""
    yield from _driver_can(state, vdi, "VDI_CONFIG_CBT")
    if not vdi["is-a-snapshot"]:
        yield Failure("OPERATION_NOT_ALLOWED", f"VDI is not a snapshot: {vdi['uuid']}")
    if not vdi["cbt-enabled"]:
        yield Failure("VDI_NO_CBT_METADATA", vdi)
    yield from _has_no_statistics(vdi)
    yield from _can_be_reached(state, vdi)
    vbds = tuple(state.pointing_at(vdi, "vbd.vdi-uuid"))
    if vbds:
        yield Failure("VDI_IN_USE", vdi, "data_destroy", blockers=vbds)


def can_set_cbt(state: State, vdi: Record) -> Iterator[Failure]:
    """Why tracking of changed blocks cannot be turned on or off."""
    yield from _driver_can(state, vdi, "VDI_CONFIG_CBT")
    yield from _has_data(vdi)
    if vdi["is-a-snapshot"]:
        yield Failure("OPERATION_NOT_ALLOWED", f"VDI is a snapshot: {vdi['uuid']}")
    if vdi["type"] not in {"User", "System"}:
        yield Failure("VDI_INCOMPATIBLE_TYPE", vdi, vdi["type"])
    yield from _keeps_what_is_written(vdi)
    yield from _can_be_reached(state, vdi)
    if vdi["sm-config"].get("type") == "raw":
        yield Failure("SR_BACKEND_FAILURE_66", "", reason("The VDI has the wrong type", "it is raw"), "")


def can_list_changed_blocks(state: State, vdi: Record) -> Iterator[Failure]:
    """Why it cannot be told which blocks of the VDI changed; a VBD of a snapshot does not matter."""
    attached = [vbd for vbd in state.pointing_at(vdi, "vbd.vdi-uuid") if vbd["currently-attached"]]
    blockers = tuple(vbd for vbd in attached if not state.ref(vbd, "vm-uuid")["is-a-snapshot"])
    if blockers:
        yield Failure("VDI_IN_USE", vdi, "list_changed_blocks", blockers=blockers)
    yield from _driver_can(state, vdi, "VDI_CONFIG_CBT")
    yield from _can_be_reached(state, vdi)


def _is_free(state: State, vdi: Record, modes: tuple[str, ...]) -> Iterator[Failure]:
    if not vdi["sharable"]:
        for failure in _is_detached(state, vdi, "", modes):
            yield Failure("VDI_IN_USE", vdi, blockers=failure.blockers)


def _is_detached(state: State, vdi: Record, operation: str, modes: tuple[str, ...] = ("RO", "RW")) -> Iterator[Failure]:
    attached = tuple(
        vbd for vbd in state.pointing_at(vdi, "vbd.vdi-uuid") if vbd["currently-attached"] and vbd["mode"] in modes
    )
    if attached:
        yield Failure("VDI_IN_USE", vdi, operation, blockers=attached)


def _driver_can(state: State, vdi: Record, capability: str) -> Iterator[Failure]:
    return driver_can(state.ref(vdi, "sr-uuid"), capability)


def _has_data(vdi: Record) -> Iterator[Failure]:
    if vdi["type"] == "CBT metadata":
        yield Failure("VDI_INCOMPATIBLE_TYPE", vdi, vdi["type"])


def _is_not_watched(state: State, vdi: Record, types: tuple[str, ...]) -> Iterator[Failure]:
    """Why the VDI stays: it is of one of these types, and high availability needs it."""
    if vdi["type"] in types:
        for pool in state.find("pool", ha_enabled=True):
            yield Failure("HA_IS_ENABLED", blockers=(pool,))


def _has_no_statistics(vdi: Record) -> Iterator[Failure]:
    if vdi["type"] == "rrd":
        yield Failure("VDI_HAS_RRDS", vdi)


def _keeps_what_is_written(vdi: Record) -> Iterator[Failure]:
    if vdi["on-boot"] == "reset":
        yield Failure("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")


def _can_be_reached(state: State, vdi: Record) -> Iterator[Failure]:
    yield from is_plugged(state, state.ref(vdi, "sr-uuid"))
    yield from _is_managed(vdi)


def _is_managed(vdi: Record) -> Iterator[Failure]:
    if not vdi["managed"]:
        yield Failure("VDI_NOT_MANAGED", vdi)


def _can_set_on_boot(state: State, vdi: Record, _on_boot: str) -> Iterator[Failure]:
    yield from _vms_are_halted(state, vdi, _on_boot)
    yield from _driver_can(state, vdi, "VDI_RESET_ON_BOOT")
    yield from _has_data(vdi)
    if vdi["cbt-enabled"]:
        yield Failure("VDI_CBT_ENABLED", vdi)


def _vms_are_halted(state: State, vdi: Record, _value: object) -> Iterator[Failure]:
    for vbd in state.pointing_at(vdi, "vbd.vdi-uuid"):
        vm = state.ref(vbd, "vm-uuid")
        if vm["power-state"] != "halted":
            yield Failure("VM_BAD_POWER_STATE", vm, "halted", vm["power-state"])


# Rules


@rule("virtual-size")
def size_is_not_negative(_state: State, vdi: Record) -> Iterator[Failure]:
    """The size of a VDI is not negative."""
    if vdi["virtual-size"] < 0:
        yield size_refused(f"{vdi['virtual-size']} bytes is not a valid size")


@rule("snapshot-of", "is-a-snapshot", profile=STRICT)
def only_snapshots_are_of_a_vdi(_state: State, vdi: Record) -> Iterator[Failure]:
    """A VDI that has snapshot-of also has is-a-snapshot."""
    yield from says_that_it_is_a_snapshot(vdi)


@rule("snapshot-of", "parent", profile=STRICT)
def no_vdi_comes_from_itself(state: State, vdi: Record) -> Iterator[Failure]:
    """A VDI does not come from itself, as a snapshot or as a child, directly or through other VDIs."""
    yield from has_no_loop(state, vdi)


VDI = XenClass(
    "vdi",
    label="VDI",
    section=90,
    doc="A virtual disk image: the disk that a VBD presents to a VM.",
    fields=(
        *NAMES,
        Bool("is-a-snapshot", doc="Whether it is a snapshot of another VDI."),
        Ref("snapshot-of", "vdi", on_delete=CLEAR, doc="The VDI that it is a snapshot of."),
        Back("snapshots", "vdi.snapshot-of", doc="The snapshots of this VDI."),
        Time("snapshot-time", unknown=EPOCH, doc="When the snapshot was taken."),
        *OPERATIONS,
        Ref("sr-uuid", "sr", required=True, doc="The SR that the VDI is on."),
        NameOf("sr-name-label", "sr-uuid", doc="The name of that SR."),
        Back("vbd-uuids", "vbd.vdi-uuid", mode="SRO", doc="The VBDs of the VDI."),
        Absent("crashdump-uuids", "crashdump", default=[], mode="SRO", doc="The crash dumps on the VDI."),
        Size("virtual-size", doc="The size that the guest sees, in bytes."),
        Computed(
            "physical-utilisation",
            Size,
            lambda _state, vdi: vdi["virtual-size"] - shared_size(vdi),
            reads=("virtual-size", "is-a-snapshot", "type"),
            doc="The space on the SR, in bytes: the full size, because a guest may fill it; 0 for a snapshot.",
        ),
        Text("location", doc="The name that the driver uses for the VDI: a uuid or a file name."),
        Choice("type", TYPES, default="User", doc="What the VDI is used for."),
        Bool("sharable", doc="Whether several VMs may write to it at once."),
        Bool("read-only", doc="Whether the VDI is read-only."),
        Bool("storage-lock", doc="Whether the driver has locked the VDI."),
        Bool("managed", default=True, doc="Whether VMs may use the VDI; drivers keep other VDIs for themselves."),
        Ref("parent", "vdi", on_delete=CLEAR, deprecated=True, doc="The VDI that this one is based on."),
        Bool("missing", doc="Whether the last scan of the SR did not find the VDI."),
        Bool("is-tools-iso", doc="Whether the VDI holds the guest tools."),
        OTHER_CONFIG,
        Map("xenstore-data", mode="MRO", clears=True, doc="Data for the guest in XenStore."),
        Map("sm-config", mode="MRO", doc="Extra settings of the driver."),
        Choice(
            "on-boot",
            ("persist", "reset"),
            default="persist",
            mode=RW,
            guard=_can_set_on_boot,
            doc="Whether the VDI keeps its data (persist) or loses it (reset) when its VM starts.",
        ),
        FirmBool("allow-caching", mode=RW, guard=_vms_are_halted, doc="Whether the host may cache the VDI."),
        Bool("metadata-latest", doc="Whether the VDI holds the latest metadata of its pool."),
        Ref("metadata-of-pool", "pool", on_delete=CLEAR, doc="The pool whose metadata the VDI holds."),
        TAGS,
        Bool("cbt-enabled", doc="Whether changed blocks are tracked."),
        CONTENT,
    ),
    unique=(Unique("location", "sr-uuid", refusal="LOCATION_NOT_UNIQUE", shows=("sr-uuid", "location"), nothing=""),),
    rules=(size_is_not_negative, only_snapshots_are_of_a_vdi, no_vdi_comes_from_itself),
    sums=SIZES,
    operations={
        "clone": can_clone,
        "copy": can_copy,
        "resize": can_resize,
        "resize_online": can_resize_online,
        "snapshot": can_snapshot,
        "destroy": can_destroy,
        "forget": can_forget,
        "update": can_update,
        "generate_config": can_generate_config,
    },
    list_fields=("uuid", "name-label", "name-description", "sr-uuid", "virtual-size", "sharable", "read-only"),
)
