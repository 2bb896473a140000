"""Hosts: taking VMs or not, and what they show."""

import pytest
from vm_pool import VmPool


@pytest.fixture
def pool() -> VmPool:
    return VmPool()


def test_a_disabled_host_takes_no_vms(pool: VmPool) -> None:
    pool.vm("web")
    pool.vm("busy", "running")
    for host in ("xen1", "xen2"):
        pool.do("host-disable", host, auto_enable=False)
    assert pool.value("busy", "power-state") == "running"
    assert pool.no("vm-start", "web") == ("NO_HOSTS_AVAILABLE",)
    assert pool.no("vm-start", "web", on="xen2") == ("HOST_DISABLED", "xen2")
    pool.change("xen2", other_config={"MAINTENANCE_MODE": "1", "rack": "4"})
    pool.do("host-enable", "xen2")
    assert pool.value("xen2", "other-config") == {"rack": "4"}
    pool.do("vm-start", "web")
    assert pool.value("web", "resident-on") == "xen2"


@pytest.mark.parametrize("command", ["host-disable", "host-enable"])
def test_a_host_that_does_not_answer(pool: VmPool, command: str) -> None:
    pool.change("xen2", host_metrics_live=False)
    assert pool.no(command, "xen2") == ("HOST_OFFLINE", "xen2")


@pytest.mark.parametrize(
    ("fields", "allowed", "forbidden"),
    [
        ({}, {"provision", "evacuate", "VM.start", "VM.resume", "enable"}, {"shutdown", "reboot", "power_on"}),
        ({"enabled": False}, {"shutdown", "reboot", "apply_updates"}, {"power_on"}),
        ({"host_metrics_live": False, "power_on_mode": "wake-on-lan"}, {"power_on"}, {"enable"}),
        ({"host_metrics_live": False}, set(), {"power_on"}),
    ],
)
def test_allowed_operations(pool: VmPool, fields: dict[str, object], allowed: set[str], forbidden: set[str]) -> None:
    pool.change("xen2", **fields)
    found = set(pool.value("xen2", "allowed-operations"))
    assert allowed <= found
    assert not forbidden & found


def test_what_runs_on_a_host(pool: VmPool) -> None:
    pool.vm("web", "running")
    assert pool.value("xen1", "resident-vms") == ["dom0", "web"]
    assert pool.value("xen1", "control-domain-uuid") == "dom0"
    assert pool.do("host-compute-memory-overhead", "xen2") == "0"
    pool.state.delete(pool.named["dom0-xen2"])
    assert pool.value("xen2", "control-domain-uuid") is None


def test_the_cpus_of_a_pool_are_those_of_its_hosts(pool: VmPool) -> None:
    pool.state.update(pool.named["xen2"], {"cpu_info": {"cpu_count": "8", "socket_count": "2"}})
    assert pool.value("pool", "cpu_info") == {"cpu_count": "12", "socket_count": "3", "vendor": "GenuineIntel"}
