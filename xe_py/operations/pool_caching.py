"""Whether the hosts of the pool cache disks of shared storage on SRs of their own."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.operations.effects import caching
from xe_py.schema.command import command
from xe_py.schema.fields import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_POOL = Ref("uuid", "pool", doc="The pool.")


@command(
    "pool-enable-local-storage-caching",
    required=(_POOL,),
    doc="Let each host of the pool cache disks on an SR of its own; all hosts are disabled and run no VMs.",
)
def enable(state: State, _pool: Record) -> None:
    """Let each host cache disks on the last of its SRs that can hold a cache; all hosts or none."""
    chosen: dict[str, Record] = {}
    for pbd in state.all("pbd"):
        sr = state.ref(pbd, "sr-uuid")
        if caching.can_hold_a_cache(state, sr):
            chosen[pbd["host-uuid"]] = sr
    hosts, reasons = state.all("host"), []
    for host in hosts:
        no = next(caching.can_disable(state, host), None)
        if no is None and host["uuid"] not in chosen:
            no = Failure("NO_LOCAL_STORAGE")
        if no is not None:
            reasons.append((host, no))
    if reasons:
        raise Failure("HOSTS_FAILED_TO_ENABLE_CACHING", *(host for host, _ in reasons), reasons=tuple(reasons))
    for host in hosts:
        caching.enable(state, host, chosen[host["uuid"]])


@command(
    "pool-disable-local-storage-caching",
    required=(_POOL,),
    doc="Let no host of the pool cache disks; all hosts are disabled and run no VMs.",
)
def disable(state: State, _pool: Record) -> None:
    """Let no host cache disks; all hosts or none."""
    hosts = state.all("host")
    reasons = [(host, no) for host in hosts if (no := next(caching.can_disable(state, host), None)) is not None]
    if reasons:
        raise Failure("HOSTS_FAILED_TO_DISABLE_CACHING", *(host for host, _ in reasons), reasons=tuple(reasons))
    for host in hosts:
        caching.disable(state, host)
