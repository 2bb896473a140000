"""What can be done to hosts."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import HOST, ONE, READS, command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.schema.listing import Facts
from xe_py.xapi import host_power, hosts, memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_FEATURES = ("features_pv", "features_hvm", "features_pv_host", "features_hvm_host")


@command("host-enable", doc="Enable a host, so that VMs can start on it again.", selector=HOST)
def enable(state: State, host: Record) -> None:
    """Let VMs start on the host, and end its maintenance."""
    refuse(hosts.answers(state, host))
    others = {key: text for key, text in host["other-config"].items() if key != "MAINTENANCE_MODE"}
    if not host["enabled"]:
        refuse(host_power.can_be_enabled(state, host))
        state.update(host, {"enabled": True, "auto-enable": True})
    state.update(host, {"other-config": others})


@command(
    "host-disable",
    selector=HOST,
    optional=(Bool("auto-enable", doc="Whether the host enables itself at its next boot; true if left out."),),
    doc="Disable a host, so that no more VMs start on it.",
)
def disable(state: State, host: Record, *, auto_enable: bool = True) -> None:
    """Let no more VMs start on the host; one that is disabled keeps what was said of its next boot."""
    refuse(hosts.can_do_without(state, host))
    refuse(hosts.answers(state, host))
    if host["enabled"]:
        state.update(host, {"enabled": False, "auto-enable": auto_enable})


@command(
    "host-set-hostname-live",
    required=(Ref("host-uuid", "host", doc="The host."), Text("host-name", doc="The new name on the network.")),
    doc="Give a host another name on the network.",
)
def set_hostname_live(state: State, host: Record, host_name: str) -> None:
    """Set the name, after which the control domain is called too."""
    refuse(hosts.answers(state, host))
    if wrong := hosts.wrong_hostname(host_name):
        raise Failure("HOST_NAME_INVALID", wrong)
    state.update(host, {"hostname": host_name})
    for domain in state.find("vm", resident_on=host["uuid"], dom_id=0):
        state.update(domain, {"name-label": f"{hosts.CONTROL_DOMAIN}{host_name}"})


_OF_HOST = Ref("uuid", "host", doc="The host; the one that xe talks to if left out.")


@command("host-cpu-info", optional=(_OF_HOST,), doc="Show the CPUs of a host.", kind=READS)
def cpu_info(state: State, uuid: Record | None = None) -> Facts:
    """What is known of the CPUs."""
    return Facts(list((uuid or hosts.this_host(state))["cpu_info"].items()))


@command("host-get-cpu-features", optional=(_OF_HOST,), doc="Show the CPU features of a host.", kind=READS)
def get_cpu_features(state: State, uuid: Record | None = None) -> Facts:
    """The features of the CPUs: for guests now, and those that the host has."""
    known = (uuid or hosts.this_host(state))["cpu_info"]
    return Facts([(key, known[key]) for key in _FEATURES if key in known])


@command(
    "host-compute-free-memory",
    doc="Show how much memory a host has for more VMs.",
    selector=HOST.taking(ONE),
    kind=READS,
)
def compute_free_memory(state: State, host: Record) -> str:
    """How much memory would be free if every VM shrank to its minimum, in bytes."""
    return str(memory.free(state, host))


@command(
    "host-compute-memory-overhead",
    doc="Show how much memory Xen itself uses on a host.",
    selector=HOST.taking(ONE),
    kind=READS,
)
def compute_memory_overhead(_state: State, host: Record) -> str:
    """How much memory Xen itself uses, in bytes."""
    return str(host["memory-overhead"])
