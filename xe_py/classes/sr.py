"""SR: the storage repository, in which VDIs live and which PBDs connect to hosts."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Back, Computed
from xe_py.schema.fields import CLEAR, RW, Bool, Map, Ref, Text
from xe_py.schema.values import Size
from xe_py.schema.xenclass import NAMES, OPERATIONS, OTHER_CONFIG, STRICT, TAGS, XenClass, rule
from xe_py.xapi import blobs
from xe_py.xapi.drivers import capabilities, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.schema.fields import Guard
    from xe_py.state.record import Record
    from xe_py.state.state import State

UNKNOWN_SIZE = -1


# Guards, in the order in which XAPI asks them


def driver_can(sr: Record, capability: str) -> Iterator[Failure]:
    """Why work that needs a capability of the driver is refused. The SR of the guest tools never changes."""
    of_tools = sr["is-tools-sr"] and capability in {"VDI_CREATE", "VDI_DELETE"}
    if of_tools or capability not in capabilities(sr["type"]):
        yield Failure("SR_OPERATION_NOT_SUPPORTED", sr)


def is_plugged(state: State, sr: Record) -> Iterator[Failure]:
    """Why work on the storage is refused: no PBD of the SR is plugged."""
    pbds = tuple(state.pointing_at(sr, "pbd.sr-uuid"))
    if not any(pbd["currently-attached"] for pbd in pbds):
        yield Failure("SR_HAS_NO_PBDS", sr, blockers=pbds)


def can_forget(state: State, sr: Record) -> Iterator[Failure]:
    """Why the SR cannot be forgotten."""
    plugged = tuple(pbd for pbd in state.pointing_at(sr, "pbd.sr-uuid") if pbd["currently-attached"])
    if plugged:
        yield Failure("SR_HAS_PBD", sr, blockers=plugged)


def can_destroy(state: State, sr: Record) -> Iterator[Failure]:
    """Why the SR cannot be destroyed with all that is on it."""
    yield from can_forget(state, sr)
    if not state.pointing_at(sr, "pbd.sr-uuid"):
        yield Failure("SR_HAS_NO_PBDS", sr)
    kept, forgotten = _in_use(state.pointing_at(sr, "vdi.sr-uuid")), _in_use(volumes(state, sr))
    if kept or forgotten:
        yield Failure("SR_NOT_EMPTY", blockers=kept or (sr,))
    if sr["other-config"].get("indestructible") == "true":
        yield Failure("SR_INDESTRUCTIBLE", sr)
    for host in state.pointing_at(sr, "host.local-cache-sr"):
        yield Failure("SR_IS_CACHE_SR", host)


def _in_use(disks: list[Record]) -> tuple[Record, ...]:
    """Those that a user has made, or a scan would show to one."""
    return tuple(disk for disk in disks if disk["managed"] and disk["type"] != "rrd")


def storage_of(state: State, sr: Record) -> Record | None:
    """The storage that the SR left when it was forgotten; None once the SR has been plugged again."""
    return next(iter(state.having("storage", "sr", sr["uuid"])), None)


def volumes(state: State, sr: Record) -> list[Record]:
    """The volumes on the SR that have no VDI."""
    found = state.pointing_at(sr, "volume.sr-uuid")
    storage = storage_of(state, sr)
    return found if storage is None else [*found, *state.pointing_at(storage, "volume.storage-uuid")]


def _with_driver(capability: str) -> Guard:
    def guard(state: State, sr: Record) -> Iterator[Failure]:
        yield from driver_can(sr, capability)
        yield from is_plugged(state, sr)

    return guard


def _always(_state: State, _sr: Record) -> Iterator[Failure]:
    return iter(())


can_create_vdi = _with_driver("VDI_CREATE")
can_introduce_vdi = _with_driver("VDI_INTRODUCE")
can_update = _with_driver("SR_UPDATE")


def _has_one_pbd(state: State, sr: Record, shared: bool) -> Iterator[Failure]:
    pbds = state.pointing_at(sr, "pbd.sr-uuid")
    if not shared and len(pbds) > 1:
        yield Failure("SR_HAS_MULTIPLE_PBDS", *pbds)


def has_space(state: State, sr: Record, more: int) -> Iterator[Failure]:
    """Why the SR cannot hold so many bytes more: its size is known, and too small."""
    size = sr["physical-size"]
    taken = _taken(state, sr) + more if size > 0 else 0
    if taken > size > 0:
        said = reason("The SR is full", f"{taken} bytes are needed, the SR has {size}")
        yield Failure("SR_BACKEND_FAILURE_44", "", said, "", blockers=(sr,))


# Derived fields


def _host(state: State, sr: Record) -> str | None:
    pbds = state.pointing_at(sr, "pbd.sr-uuid")
    if len(pbds) > 1:
        return "<shared>"
    return state.name_of(pbds[0], "host-uuid") if pbds else None


def _allocated(state: State, sr: Record) -> int:
    return state.sum_of(sr, "vdi.sr-uuid", "virtual-size")


def _taken(state: State, sr: Record) -> int:
    forgotten = state.sum_of(sr, "volume.sr-uuid", "virtual-size") - state.sum_of(sr, "volume.sr-uuid", "shared-size")
    return _allocated(state, sr) - state.sum_of(sr, "vdi.sr-uuid", "shared-size") + forgotten


# Rules


@rule(
    "physical-size",
    "vdi.sr-uuid",
    "vdi.sr-uuid/virtual-size",
    "vdi.sr-uuid/is-a-snapshot",
    "vdi.sr-uuid/type",
    "volume.sr-uuid",
    "volume.sr-uuid/virtual-size",
    "volume.sr-uuid/is-a-snapshot",
    "volume.sr-uuid/type",
    profile=STRICT,
)
def vdis_fit(state: State, sr: Record) -> Iterator[Failure]:
    """The VDIs on an SR, also forgotten ones but not snapshots, fit into its physical-size if that is known."""
    yield from has_space(state, sr, 0)


SR = XenClass(
    "sr",
    label="SR",
    section=70,
    doc="A storage repository: the place where VDIs are kept.",
    fields=(
        *NAMES,
        Computed("host", Text, _host, reads=(), doc="The name of the host if it is the only one; else <shared>."),
        *OPERATIONS,
        Back("VDIs", "vdi.sr-uuid", mode="SRO", doc="The VDIs of the SR."),
        Back("PBDs", "pbd.sr-uuid", mode="SRO", doc="The PBDs of the SR."),
        Computed("virtual-allocation", Size, _allocated, doc="The size of all its VDIs together, in bytes."),
        Computed("physical-utilisation", Size, _taken, doc="The space in use, in bytes; forgotten VDIs count too."),
        Size("physical-size", default=UNKNOWN_SIZE, doc="The size, in bytes; -1 until the driver reports it."),
        Text("type", doc="The driver, such as ext, lvm, nfs or iso."),
        Text("content-type", doc="What the SR is for, such as user, iso or disk."),
        Bool("shared", mode=RW, guard=_has_one_pbd, doc="Whether several hosts may use the SR at once."),
        Ref("introduced-by", "drtask", on_delete=CLEAR, doc="The disaster recovery task that made it visible."),
        Bool("is-tools-sr", doc="Whether the SR holds the guest tools."),
        OTHER_CONFIG,
        Map("sm-config", mode="MRO", doc="Extra settings of the driver."),
        blobs.of("SR"),
        Bool("local-cache-enabled", doc="Whether a host uses the SR as its local cache."),
        TAGS,
        Bool("clustered", doc="Whether the SR keeps its data on several hosts."),
    ),
    rules=(vdis_fit,),
    operations={
        "scan": is_plugged,
        "destroy": can_destroy,
        "forget": can_forget,
        "plug": _always,
        "unplug": _always,
        "VDI.create": can_create_vdi,
        "VDI.destroy": _with_driver("VDI_DELETE"),
        "VDI.resize": _with_driver("VDI_RESIZE"),
        "VDI.clone": _with_driver("VDI_CLONE"),
        "VDI.snapshot": _with_driver("VDI_SNAPSHOT"),
        "VDI.mirror": _with_driver("VDI_MIRROR"),
        "VDI.enable_cbt": _with_driver("VDI_CONFIG_CBT"),
        "VDI.disable_cbt": _with_driver("VDI_CONFIG_CBT"),
        "VDI.data_destroy": _with_driver("VDI_CONFIG_CBT"),
        "VDI.list_changed_blocks": _with_driver("VDI_CONFIG_CBT"),
        "VDI.set_on_boot": _with_driver("VDI_RESET_ON_BOOT"),
        "VDI.introduce": can_introduce_vdi,
        "update": can_update,
        "PBD.create": _always,
        "PBD.destroy": _always,
    },
    list_fields=("uuid", "name-label", "name-description", "host", "type", "content-type"),
)
