"""Moving VMs to other hosts of the pool, with their disks or without."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations.effects import domain
from xe_py.schema.command import CONTROL_DOMAINS, HOST, VM, command
from xe_py.schema.fields import Bool, Map, Text
from xe_py.schema.values import Named
from xe_py.xapi import placement
from xe_py.xapi.hosts import answers
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.listing import Sentence
    from xe_py.state.record import Record
    from xe_py.state.state import State

_REMOTE = ("remote_master", "remote_username", "remote_password")
# With any of these, the disks of the VM may move too.
_WITH_DISKS = (*_REMOTE, "remote_network", "vif", "vdi", "vgpu", "image_format")
_TO = "The name or uuid of the host to which the VM moves."


def _has_a_target(state: State, _vm: Record, **given: Any) -> None:
    if not any(given.get(name) is not None for name in _WITH_DISKS):
        if "copy" in given:
            raise Misuse("Error: Unknown field 'copy'")
        if _given_host(given) is None:
            raise Misuse("Error: No destination host specified")
    elif not all(given.get(name) is not None for name in _REMOTE):
        raise Misuse("Error: To move disks too, give remote-master, remote-username and remote-password.")
    else:
        from xe_py.operations.effects.migration import pool_members

        if not pool_members(state, given["remote_master"]):
            raise Misuse(f"Error: There is only one pool here, and {given['remote_master']} is no host of it.")


@command(
    "vm-migrate",
    optional=(
        Bool("live", doc="Move the VM while it runs; without effect, because a running VM always moves so."),
        Named("host", HOST, doc=_TO),
        Named("host-uuid", HOST, doc=_TO),
        Text("remote-master", doc="To move disks too: the address, name or uuid of the pool's coordinator."),
        Text("remote-username", doc="The name of a user there; every name will do."),
        Text("remote-password", doc="The password of that user; every password will do."),
        Text("remote-network", doc="The network for the data; the management network of the host if left out."),
        Bool("force", doc="Move the VM even if its settings or its guest forbid it; not if its disks move too."),
        Bool("copy", doc="Copy the VM instead of moving it; only to another pool, and there is none here."),
        Bool("compress", doc="Compress the data on the way; without effect."),
        Map("vif", doc="The network for each VIF; only for a move to another pool."),
        Map("vdi", doc="The SR for each VDI, as vdi:<uuid of the VDI>=<uuid of the SR>."),
        Map("image-format", doc="The format of each VDI on its new SR; without effect."),
    ),
    undeclared=(Named("host-name", HOST, doc=_TO), Map("vgpu", doc="The GPU group for each virtual GPU.")),
    doc="Move a VM to another host of the pool, while it runs, and its disks to other SRs.",
    selector=VM.also(CONTROL_DOMAINS),
    called={"host-uuid": "host_uuid", "host-name": "host_name"},
    grammar=_has_a_target,
    standard=True,
)
def migrate(state: State, vm: Record, *, force: bool = False, **given: Any) -> list[Sentence] | None:
    """Move the running VM to the host; with remote parameters, move its disks too, in any power state but paused."""
    host = _given_host(given)
    if given.get("remote_master") is not None:
        from xe_py.operations.effects.migration import migrate_with_disks

        return migrate_with_disks(state, vm, host, **given)
    if host is None:
        raise Failure("HANDLE_INVALID", "host", "OpaqueRef:NULL")
    refuse(refusals(state, vm, "pool_migrate", forced=force))
    refuse(placement.can_run_on(state, vm, host))
    refuse(placement.keeps_failover_plan(state, vm, host))
    refuse(answers(state, state.ref(vm, "resident-on")))
    domain.migrate(state, vm, host)
    return None


def _given_host(given: dict[str, Any]) -> Record | None:
    return next((given[name] for name in ("host", "host_uuid", "host_name") if given.get(name) is not None), None)
