"""What the state holds otherwise than XenAPI: what guests reported, and what snapshots say of their VMs."""

from __future__ import annotations

from xe_py.state.record import Record
from xe_py.xapi.guest import LIVE, REPORTED, TOOLS, reported_as
from xe_py.xapi.vm_copies import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xe_py.dumps.found import Found
    from xe_py.state.state import State


def fill(state: State, found: Iterable[Found]) -> None:
    """Give each VM what its guest reported where that is not what xe_py would report, and what it reverts to."""
    for each in found:
        vm = state.get("vm", each.uuid)
        if vm is None:
            continue
        if each.reports is not None:
            state.update(vm, _with_reports(state, vm, each.reports))
        if each.reverts:
            state.update(vm, {"reverts-to": _reverts_to(vm, each.reverts)})
    state.settle()


def _with_reports(state: State, vm: Record, reports: dict[str, dict[str, str]]) -> dict[str, Any]:
    if not reports:
        has_none = vm["power-state"] in LIVE and vm["domain-type"] == "hvm" and not vm["is-control-domain"]
        return {"other-config": {**vm["other-config"], TOOLS: "false"}} if has_none else {}
    found = {}
    for name in REPORTED:
        told, simulated = reports.get(name, {}), state.value(vm, name) or {}
        silent = {key: "" for key in simulated if key not in told}
        found[reported_as(name)] = {key: text for key, text in told.items() if simulated.get(key) != text} | silent
    return found


def _reverts_to(vm: Record, fields: dict[str, Any]) -> dict[str, str]:
    defaults = vm.cls.defaults
    told = {name: value for name, value in fields.items() if value is not None and value != defaults[name]}
    return described(Record(vm.cls, {"uuid": vm["uuid"], **told}))
