"""The hardware and the software of a host, and whether the host answers."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

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


def cpus(host: Record) -> int:
    """How many physical CPUs the host has."""
    count = host["cpu_info"].get("cpu_count", "")
    return int(count) if count.isascii() and count.isdecimal() else 0


def has_hvm(host: Record) -> bool:
    """Whether the CPUs can run hardware-virtualised guests."""
    return any(capability.startswith("hvm") for capability in host["capabilities"])


def coordinator(state: State) -> Record:
    """The host that coordinates the pool."""
    return state.ref(state.all("pool")[0], "master")


def answers(_state: State, host: Record) -> Iterator[Failure]:
    """Why the host cannot do anything: it does not answer."""
    if not host["host-metrics-live"]:
        yield Failure("HOST_OFFLINE", host)
