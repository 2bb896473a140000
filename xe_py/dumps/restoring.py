"""Putting a dump back on the machine at hand: the coordinator of the dump becomes the one of the pool that is there."""

from __future__ import annotations

from xe_py.dumps.building import build
from xe_py.dumps.capture import DumpError
from xe_py.dumps.database import MAJOR, MINOR
from xe_py.dumps.filling import fill
from xe_py.dumps.found import Report
from xe_py.dumps.taking import objects
from xe_py.dumps.writing import schema_of
from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.dumps.capture import Capture
    from xe_py.dumps.found import Found
    from xe_py.state.record import Record
    from xe_py.state.state import State


def restored(state: State, capture: Capture) -> State:
    """The state that the dump makes of this one; DumpError if it is no pool.

    The codes are those of XAPI, which asks in this order.
    """
    manifest = capture.manifest
    if (manifest.get(MAJOR), manifest.get(MINOR)) != schema_of(state):
        raise _incompatible(capture, state)
    report = Report()
    found = objects(capture, report)
    pool = next((each for each in found if each.cls.name == "pool"), None)
    coordinator = next((each for each in found if pool and each.ref == pool.values.get("master")), None)
    if coordinator is None:
        raise DumpError("it has no pool with a coordinator")
    here = state.ref(state.all("pool")[0], "master")
    kept = list(_on_one_host(found, coordinator))
    _become(state, here, coordinator, kept)
    _take_interfaces(state, here, [each for each in kept if each.cls.name == "pif"])
    made = build(kept, capture.complete, report)
    fill(made, kept)
    return made


def _incompatible(capture: Capture, state: State) -> Failure:
    failure = Failure("RESTORE_INCOMPATIBLE_VERSION")
    failure.notes = (
        f"It is {capture.title}; the schema of this pool is {'.'.join(schema_of(state))}.",
        "xe state-import makes a state file of its own of any dump.",
    )
    return failure


def _on_one_host(found: list[Found], coordinator: Found) -> Iterator[Found]:
    """The objects without other hosts, and without their PIFs and control domains."""
    others = {each.ref for each in found if each.cls.name == "host" and each is not coordinator}
    for each in found:
        values = each.values
        is_pif = each.cls.name == "pif" and values.get("host-uuid") in others
        is_domain = values.get("is-control-domain") and values.get("resident-on") in others
        if each.ref not in others and not is_pif and not is_domain:
            yield each


def _become(state: State, here: Record, coordinator: Found, found: list[Found]) -> None:
    """Give the coordinator and its control domain the uuids that they have here, and the hardware that is here."""
    domains = state.find("vm", resident_on=here["uuid"], dom_id=0)
    domain = next((each for each in found if each.cls.name == "vm" and _is_domain_zero(each, coordinator)), None)
    became = {coordinator.uuid: here["uuid"]}
    coordinator.uuid = here["uuid"]
    coordinator.own["nics"] = here["nics"]
    if domain is not None and domains:
        became[domain.uuid] = domain.uuid = domains[0]["uuid"]
    for each in found:
        for name, value in each.own.items():
            if isinstance(value, str):
                each.own[name] = became.get(value, value)


def _is_domain_zero(vm: Found, coordinator: Found) -> bool:
    return vm.values.get("resident-on") == coordinator.ref and vm.values.get("dom-id") == 0


def _take_interfaces(state: State, here: Record, pifs: list[Found]) -> None:
    """Give the PIFs of the dump the MAC addresses of the network cards here; the management interface stays."""
    present = state.having("pif", "host-uuid", here["uuid"])
    macs = {pif["device"]: pif["MAC"] for pif in present if pif["physical"]}
    managing = next(((pif["device"], pif["VLAN"]) for pif in present if pif["management"]), None)
    is_managed = managing is None
    for pif in pifs:
        device = pif.values.get("device", "")
        manages = (device, pif.values.get("VLAN", -1)) == managing
        pif.values["management"] = manages
        is_managed |= manages
        if pif.values.get("physical"):
            if device not in macs:
                raise Failure("RESTORE_TARGET_MISSING_DEVICE", device)
            pif.values["MAC"] = macs[device]
    if not is_managed:
        raise Failure(
            "RESTORE_TARGET_MGMT_IF_NOT_IN_BACKUP", *dict.fromkeys(str(pif.values.get("device", "")) for pif in pifs)
        )
