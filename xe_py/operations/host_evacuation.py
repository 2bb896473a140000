"""Moving all VMs away from a host."""

from __future__ import annotations

from xe_py.classes.vm import VM
from xe_py.errors import Failure, Misuse, named, refuse
from xe_py.operations import vm_migrate
from xe_py.schema.command import HOST, ONE, READS, command
from xe_py.schema.derived import Computed
from xe_py.schema.fields import Int, Ref, Text
from xe_py.schema.listing import Listing, columns
from xe_py.xapi import evacuation, networks
from xe_py.xapi.hosts import can_do_without

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_SHOWN = ("uuid", "name-label")
_REASON = "reason"


def _is_a_number(_state: State, _host: Record, *, batch_size: int = 0, **_others: object) -> None:
    if batch_size < 0:
        raise Misuse("Error: batch-size must be 0 or more")


@command(
    "host-evacuate",
    optional=(
        Ref("network-uuid", "network", doc="The network for the data; each host must have an address on it."),
        Int("batch-size", doc="How many VMs move at the same time; without effect, because no move takes time."),
    ),
    doc="Move all VMs of a host to other hosts of the pool; if one of them cannot move, all of them stay.",
    selector=HOST.taking(ONE),
    grammar=_is_a_number,
)
def evacuate(state: State, host: Record, network: Record | None = None, **_without_effect: object) -> None:
    """Move the VMs as planned; without a plan for all of them, the first that cannot move is the reason."""
    refuse(can_do_without(state, host))
    plan = evacuation.plan(state, host)
    if plan.prevented:
        raise _told_of_all(plan.prevented)
    if network is not None:
        for target in {target["uuid"]: target for _, target in plan.moves}.values():
            refuse(networks.has_address_on(state, network, target))
    for vm, target in plan.moves:
        vm_migrate.migrate(state, vm, host=target)


def _told_of_all(prevented: list[tuple[Record, Failure]]) -> Failure:
    """The refusal for the first VM, which names the other VMs that cannot move too."""
    (_, first), *others = prevented
    first.reasons += tuple(others)
    return first


@command(
    "host-get-vms-which-prevent-evacuation",
    required=(Ref("uuid", "host", doc="The host."),),
    undeclared=(Text("params", doc="The fields of the VMs to show, separated by commas, or all."),),
    doc="List the VMs that cannot leave a host, each with the reason.",
    kind=READS,
)
def get_vms_which_prevent_evacuation(state: State, host: Record, params: str | None = None) -> list[Listing]:
    """Each VM that cannot leave the host, and behind its fields the code and the values of the reason."""
    reasons = {vm["uuid"]: _in_a_row(why) for vm, why in evacuation.plan(state, host).prevented}
    reason = Computed(_REASON, Text, lambda _state, vm: reasons[vm["uuid"]])
    shown = columns(VM, params, _SHOWN)
    if params is None or params == "all" or _REASON in params.split(","):
        shown = (*shown, reason)
    return [Listing(VM, [state.need("vm", uuid)], shown, one=True) for uuid in reasons]


def _in_a_row(failure: Failure) -> str:
    values = (value["uuid"] if isinstance(value, dict) else named(value) for value in failure.values)
    return ",".join([failure.code, *values])
