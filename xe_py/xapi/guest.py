"""The guest: what the operating system in a VM does, and what it reports from the VM's first start on."""

from __future__ import annotations

import time

from xe_py.schema.derived import kind_of
from xe_py.schema.fields import LARGEST, Derived
from xe_py.schema.values import EPOCH, TIME_FORM
from xe_py.schema.xenclass import GUESTS_ACT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

HALTED, PAUSED, RUNNING, SUSPENDED = "halted", "paused", "running", "suspended"
FEATURES = {
    "platform-feature-multiprocessor-suspend": "1",
    "feature-shutdown": "1",
    "feature-reboot": "1",
    "feature-suspend": "1",
    "feature-balloon": "1",
    "feature-vcpu-hotplug": "1",
}
"""The features of a guest with tools."""
LIVE = frozenset((RUNNING, PAUSED))

TOOLS = "guest-tools"
"""The key in a VM's other-config that says, with `false`, that its guest has no PV drivers."""

NEVER = float("inf")
"""The seconds to something that does not come."""

BOOT_TIME = "guest-boot-time"
"""The field with the seconds from the start of a VM to the first report of its guest."""

ACTS = {"guest-halts-after": "actions-after-shutdown", "guest-reboots-after": "actions-after-reboot"}
"""The fields with the seconds from the start of a VM to what its guest does by itself; what happens to the VM then."""

ACTS_AT = ("power-state", "start-time", *ACTS)
"""What decides when a guest acts."""

REPORTED = ("os-version", "netbios-name", "PV-drivers-version", "networks", "services", "other")
"""The maps that a guest reports. What somebody wants it to report there is in a field of its own; see `reported_as`."""


def reported_as(name: str) -> str:
    """The field that says what the guest reports in a map, for keys that differ from what the VM says."""
    return f"guest-{name}"


def is_live(vm: Record) -> bool:
    """Whether the VM has a domain on a host."""
    return vm["power-state"] in LIVE


def has_drivers(vm: Record) -> bool:
    """Whether the guest has PV drivers, which it needs for hotplug, for a clean shutdown and to be suspended.

    A guest that still boots has none yet.
    """
    return bool(vm["other-config"].get(TOOLS) != "false") and not still_boots(vm)


def still_boots(vm: Record) -> bool:
    """Whether the guest has not yet had the time that it needs to boot."""
    return vm[BOOT_TIME] > 0 and is_live(vm) and reports_at(vm) > time.time()


def reports_at(vm: Record) -> float:
    """When the guest reported for the first time since its last start, in seconds since 1970."""
    return _started(vm) + max(0, int(vm[BOOT_TIME]))


def acts_at(vm: Record, *fields: str) -> float:
    """When the guest does the first of these things by itself, or of all; NEVER if nothing, or if it does not run."""
    after = [vm[field] for field in fields or ACTS if vm[field] > 0]
    return _started(vm) + min(after) if after and vm["power-state"] == RUNNING else NEVER


def next_act(state: State) -> int | None:
    """When the next guest acts, as the header has it; None if none will."""
    return _moment(min(map(acts_at, state.some("vm", ACTS_AT)), default=NEVER))


def note_next_act(state: State, vm: Record) -> None:
    """Let the header name the moment at which the guest acts, if no other guest acts before."""
    moment = _moment(acts_at(vm))
    if moment is not None and moment < state.header.get(GUESTS_ACT, NEVER):
        state.set_header({GUESTS_ACT: moment})


def _moment(seconds: float) -> int | None:
    return None if seconds == NEVER else min(int(seconds), LARGEST)


def _started(vm: Record) -> float:
    from calendar import timegm

    try:
        return float(timegm(time.strptime(vm["start-time"] or EPOCH, TIME_FORM)))
    except ValueError:  # A text in the file that only looks like a time.
        return 0


def cooperates(vm: Record) -> bool:
    """Whether the guest obeys the toolstack: a paravirtualised guest always does, others only with PV drivers."""
    return vm["domain-type"] != "hvm" or has_drivers(vm)


def domain_type(_state: State, vm: Record) -> str:
    """How Xen runs the VM now."""
    return "unspecified" if vm["power-state"] == HALTED else str(vm["domain-type"])


def platform_says(vm: Record, key: str) -> bool:
    """Whether a setting of the virtual hardware is true."""
    return vm["platform"].get(key) in {"true", "1"}


def seconds_to_next_report(state: State) -> float:
    """How long it takes until a guest reports or acts by itself; infinite if none will."""
    acts = max(0.0, float(state.header.get(GUESTS_ACT, NEVER)) - time.time())
    vms = state.some("vm", ("power-state", "start-time", BOOT_TIME))
    return min([acts, *(reports_at(vm) - time.time() for vm in vms if still_boots(vm))])


class Told(Derived):
    """A field that the guest fills: `value` is what it reports with PV drivers, `without` what is known without them.

    There is nothing before the VM starts for the first time. As in XAPI, a VM that halts keeps the last report.
    `value` may be a function of the state and the VM. A map also has what somebody wants the guest to report, and lacks
    the keys for which that is the empty text.
    """

    __slots__ = ("kind", "value", "without")

    def __init__(self, name: str, value: Callable[[State, Record], Any] | Any, without: Any, **rest: Any) -> None:
        self.value = value
        self.without = without
        self.kind = kind_of(without)
        super().__init__(name, **rest)

    def by_itself(self, state: State, obj: Record) -> Any:
        """What a guest with PV drivers reports if nobody has set anything."""
        return self.value(state, obj) if callable(self.value) else self.value

    def compute(self, state: State, obj: Record) -> Any:
        if not has_report(obj):
            return None
        if not has_drivers(obj):
            return self.without
        value = self.by_itself(state, obj)
        wanted = obj[reported_as(self.name)] if self.name in REPORTED else None
        return {key: text for key, text in {**value, **wanted}.items() if text} if wanted else value


def last_report(_state: State, vm: Record) -> str | None:
    """When the guest last reported; the start of the VM if it did not report since."""
    if not has_report(vm):
        return None
    if vm[BOOT_TIME] <= 0 or not has_drivers(vm):
        return vm["start-time"] or EPOCH
    return time.strftime(TIME_FORM, time.gmtime(reports_at(vm)))


def has_report(vm: Record) -> bool:
    """Whether anything is known of what the guest reported."""
    return not vm["is-control-domain"] and (vm["power-state"] != HALTED or vm["start-time"] is not None)
