"""What the guest of a VM reports. Only xe_py has this command, because only a simulated guest can be told."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.command import VM, command
from xe_py.schema.fields import Bool, Int, Map, with_key
from xe_py.xapi.guest import BOOT_TIME, REPORTED, TOOLS, reported_as

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "vm-guest-set",
    optional=(
        *(
            Map(name, doc=f"What the guest reports in {name}; it leaves out a key with the empty text.")
            for name in REPORTED
        ),
        Bool("tools", doc="Whether the guest has PV drivers, without which it reports nothing."),
        Int("boot-time", doc="How many seconds after each start of the VM the guest reports for the first time."),
        Bool("reset", doc="First forget all that was set before: the guest reports what follows from its VM."),
    ),
    doc="Set what the guest of a VM reports, for a rehearsal.",
    selector=VM,
    ours=True,
)
def set_guest(
    state: State,
    vm: Record,
    *,
    tools: bool | None = None,
    boot_time: int | None = None,
    reset: bool = False,
    **maps: dict[str, str],
) -> None:
    """Set keys of the maps that the guest reports, whether it has tools, and how long it boots."""
    if boot_time is not None and boot_time < 0:
        raise Failure("INVALID_VALUE", "boot-time", str(boot_time))
    if reset:
        state.update(vm, {BOOT_TIME: 0} | {reported_as(name): {} for name in REPORTED})
        tools = True if tools is None else tools
    for name in REPORTED:
        wanted = vm[reported_as(name)] | maps.get(name.replace("-", "_").lower(), {})
        state.update(vm, {reported_as(name): wanted})
    if boot_time is not None:
        state.update(vm, {BOOT_TIME: boot_time})
    if tools is not None:
        kept = {key: text for key, text in vm["other-config"].items() if key != TOOLS}
        state.update(vm, {"other-config": kept if tools else with_key(vm["other-config"], TOOLS, "false")})
