"""Shutting hosts down and switching them on."""

from __future__ import annotations

from xe_py.classes import host as guards
from xe_py.errors import Misuse, refuse
from xe_py.operations.effects import host_boot
from xe_py.schema.command import HOST, command
from xe_py.schema.fields import Ref, Text
from xe_py.schema.values import UnmarkedMap
from xe_py.xapi import host_power

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command("host-shutdown", doc="Shut a host down. It must be disabled, and nothing may run on it.", selector=HOST)
def shutdown(state: State, host: Record) -> None:
    """Let the host go down."""
    _check(state, host)
    host_boot.go_down(state, host)


@command("host-reboot", doc="Reboot a host. It must be disabled, and nothing may run on it.", selector=HOST)
def reboot(state: State, host: Record) -> None:
    """Let the host go down and come up again, at once."""
    _check(state, host)
    host_boot.go_down(state, host)
    host_boot.come_up(state, host)


def _check(state: State, host: Record) -> None:
    refuse(guards.can_go_down(state, host))
    refuse(host_power.is_at_rest(state, host))


@command("host-power-on", doc="Switch a host on that is down.", selector=HOST)
def power_on(state: State, host: Record) -> None:
    """Let the host come up; the power-on mode works, whichever it is."""
    refuse(guards.can_power_on(state, host))
    host_boot.come_up(state, host)


@command(
    "host-set-power-on-mode",
    required=(
        Text(
            "power-on-mode",
            doc="How the host is switched on remotely: wake-on-lan, IPMI or the name of a script; empty: not at all.",
        ),
    ),
    optional=(UnmarkedMap("power-on-config", doc="The settings of the mode, as power-on-config:power_on_ip=…"),),
    doc="Choose how a host can be switched on remotely.",
    selector=HOST,
)
def set_power_on_mode(
    state: State, host: Record, power_on_mode: str, power_on_config: dict[str, str] | None = None
) -> None:
    """Set the mode, and its settings in the place of those of the mode before."""
    state.update(host, {"power-on-mode": power_on_mode, "power-on-config": power_on_config or {}})


def _host_is_named(_state: State, *, uuid: Record | None = None) -> None:
    if uuid is None:
        raise Misuse("Error: Required parameter not found: uuid")


@command(
    "host-prepare-for-poweroff",
    undeclared=(Ref("uuid", "host", doc="The host."),),
    doc="Let a host leave its storage before it goes down. Until it has booted, it cannot be enabled.",
    hidden=True,
    grammar=_host_is_named,
)
def prepare_for_poweroff(state: State, uuid: Record) -> None:
    """Unplug the storage of the host, and note that only a boot enables it again."""
    refuse(host_power.is_at_rest(state, uuid))
    host_boot.leave_storage(state, uuid)
    state.update(uuid, {"disabled-until-reboot": True})
