"""The hardware and the software of a host, and whether the host answers."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.numbers import decimal_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

CPU_INFO = (
    "cpu_count",
    "socket_count",
    "threads_per_core",
    "nr_nodes",
    "vendor",
    "speed",
    "modelname",
    "family",
    "model",
    "stepping",
    "flags",
    "features_pv",
    "features_hvm",
    "features_hvm_host",
    "features_pv_host",
)
"""The keys of cpu_info, in the order in which they are printed."""

SOFTWARE = (
    "product_version",
    "product_version_text",
    "product_version_text_short",
    "platform_name",
    "platform_version",
    "product_brand",
    "xapi",
    "build_number",
    "git_id",
    "hostname",
    "date",
    "dbv",
    "xapi_build",
    "xen",
    "linux",
    "xencenter_min",
    "xencenter_max",
    "network_backend",
    "db_schema",
)
"""The keys of software-version, in the order in which they are printed."""

CONTROL_DOMAIN = "Control domain on host: "
"""How the name of a control domain begins; the name of its host follows."""
_LONGEST_NAME = 255
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")


def wrong_hostname(name: str) -> str:
    """What is wrong with a name for a host on the network, as XAPI says it; nothing if it can be one."""
    if not name:
        return "hostname empty"
    if len(name) > _LONGEST_NAME:
        return "hostname is too long"
    return "hostname contains invalid characters" if not _LETTERS.issuperset(name) or "-" in name[0] + name[-1] else ""


MOST_CPUS = 4096
"""More CPUs than Xen can be built for; a larger number in a file counts as this one."""


def cpus(host: Record) -> int:
    """How many physical CPUs the host has."""
    return min(_whole(host["cpu_info"].get("cpu_count", "")), MOST_CPUS)


def physical_cpus(state: State) -> Iterator[dict[str, Any]]:
    """The fields of each CPU of each host."""
    from xe_py.xapi.seeded import uuid_from

    for host in state.all("host"):
        info = host["cpu_info"]
        texts = {name: info.get(name, "") for name in ("vendor", "modelname", "stepping", "flags")}
        numbers = {name: _whole(info.get(name, "")) for name in ("speed", "model", "family")}
        for number in range(cpus(host)):
            uuid = uuid_from(f"host-cpu {host['uuid']} {number}")
            yield {"uuid": uuid, "host-uuid": host["uuid"], "number": number, **texts, **numbers}


def _whole(text: str) -> int:
    """The whole number before the point; 0 if the text is none."""
    return decimal_of(text.partition(".")[0]) or 0


def has_hvm(host: Record) -> bool:
    """Whether the CPUs can run hardware-virtualised guests."""
    return any(capability.startswith("hvm") for capability in host["capabilities"])


def coordinator(state: State) -> Record:
    """The host that coordinates the pool."""
    return state.ref(state.all("pool")[0], "master")


def serves_nobody(state: State, host: Record) -> Iterator[Failure]:
    """Why the host cannot be taken out of service: it may get VMs, has some, or its own domain uses a disk."""
    if host["enabled"]:
        yield Failure("HOST_NOT_DISABLED", blockers=(host,))
    residents = [vm for vm in state.pointing_at(host, "vm.resident-on") if vm["power-state"] == "running"]
    for vm in residents:
        if not vm["is-control-domain"]:
            yield Failure("HOST_IN_USE", host, "vm", vm, blockers=(vm,))
            return
    for vm in residents:
        for vbd in state.pointing_at(vm, "vbd.vm-uuid"):
            if vbd["currently-attached"]:
                yield Failure("HOST_IN_USE", host, "vbd", vbd, blockers=(vbd,))
                return


# Of the keys of software-version, those that must not go down when a VM moves.
_VERSIONS = ("platform_version", "xapi_build", "xen")


def is_no_older(host: Record, *, than: Record) -> bool:
    """Whether the host has the same software as the other one, or newer software."""
    return all(
        _version(host["software-version"].get(key, "")) >= _version(than["software-version"].get(key, ""))
        for key in _VERSIONS
    )


def _version(text: str) -> list[int]:
    numbers = map(decimal_of, text.replace("-", ".").split("."))
    return [number for number in numbers if number is not None]


def can_do_without(state: State, host: Record) -> Iterator[Failure]:
    """Why the pool cannot do without the host: high availability would no longer have a plan."""
    if any(pool["ha-enabled"] for pool in state.all("pool")):
        from xe_py.xapi.failover import Change, keeps_plan

        yield from keeps_plan(state, Change(disabled=host))


def answers(_state: State, host: Record) -> Iterator[Failure]:
    """Why the host cannot do anything: it does not answer."""
    if not host["host-metrics-live"]:
        yield Failure("HOST_OFFLINE", host)


def is_leaderless(state: State) -> bool:
    """Whether the hosts that answer have lost their coordinator: they are in emergency mode."""
    return not coordinator(state)["host-metrics-live"] and any(host["host-metrics-live"] for host in state.all("host"))


def this_host(state: State) -> Record:
    """The host that xe talks to: the coordinator or, if that does not answer, the first host that does."""
    live = [host for host in state.all("host") if host["host-metrics-live"]]
    return live[0] if is_leaderless(state) else coordinator(state)
