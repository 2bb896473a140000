"""What the guest of a VM reports. Only xe_py has this command, because only a simulated guest can be told."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.command import TEMPLATES, VM, command
from xe_py.schema.fields import Bool, Int, Map, with_key
from xe_py.xapi.guest import BOOT_TIME, REPORTED, TOOLS, note_next_act, reported_as

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
        Int("halts-after", doc="How many seconds after a start the guest halts by itself, once."),
        Int("reboots-after", doc="How many seconds after a start the guest boots again by itself, once."),
        Bool("reset", doc="First forget all that was set before: the guest reports what follows from its VM."),
    ),
    doc="Set what the guest of a VM, or of the VMs of a template, reports and does by itself, for a rehearsal.",
    selector=VM.also(TEMPLATES),
    ours=True,
)
def set_guest(
    state: State,
    vm: Record,
    *,
    tools: bool | None = None,
    boot_time: int | None = None,
    halts_after: int | None = None,
    reboots_after: int | None = None,
    reset: bool = False,
    **maps: dict[str, str],
) -> None:
    """Set keys of the maps that the guest reports, whether it has tools, how long it boots, and when it acts."""
    seconds = {BOOT_TIME: boot_time, "guest-halts-after": halts_after, "guest-reboots-after": reboots_after}
    for name, number in seconds.items():
        if number is not None and number < 0:
            raise Failure("INVALID_VALUE", name.removeprefix("guest-"), str(number))
    if reset:
        state.update(vm, dict.fromkeys(seconds, 0) | {reported_as(name): {} for name in REPORTED})
        tools = True if tools is None else tools
    for name in REPORTED:
        wanted = vm[reported_as(name)] | maps.get(name.replace("-", "_").lower(), {})
        state.update(vm, {reported_as(name): wanted})
    state.update(vm, {name: number for name, number in seconds.items() if number is not None})
    note_next_act(state, vm)
    if tools is not None:
        kept = {key: text for key, text in vm["other-config"].items() if key != TOOLS}
        state.update(vm, {"other-config": kept if tools else with_key(vm["other-config"], TOOLS, "false")})
