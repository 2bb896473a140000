"""The consoles of running VMs: a screen or, for a guest without emulated hardware, a text terminal."""

from __future__ import annotations

from xe_py.xapi.guest import domain_type, is_live
from xe_py.xapi.seeded import uuid_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

SCREEN, TEXT = "RFB", "VT100"
KEPT = "console-other-config"
"""The field of a VM that keeps the settings of its console."""


def consoles(state: State) -> Iterator[dict[str, Any]]:
    """The fields of the console of each VM that has one."""
    for vm in state.all("vm"):
        for uuid in uuids(vm):
            host = state.ref(vm, "resident-on")
            yield {
                "uuid": uuid,
                "vm-uuid": vm["uuid"],
                "protocol": SCREEN if domain_type(state, vm) == "hvm" else TEXT,
                "location": f"https://{host['address']}/console?uuid={uuid}",
            }


def uuids(vm: Record) -> list[str]:
    """The uuid of the console of the VM; none if the VM does not run. Each domain has a console of its own."""
    return [uuid_from(f"console {vm['uuid']} {vm['dom-id']}")] if is_live(vm) else []


def other_config(state: State, console: Record) -> dict[str, str]:
    """The settings that clients keep with the console."""
    found: dict[str, str] = state.ref(console, "vm-uuid")[KEPT]
    return found


def other_config_was_set(state: State, console: Record, value: dict[str, str]) -> None:
    """Keep them with the VM."""
    state.update(state.ref(console, "vm-uuid"), {KEPT: value})
