"""diagnostic-vm-status: the VM, its disks, its hosts, and whether it is agile."""

from typing import TYPE_CHECKING

import pytest
from vm_pool import VmPool

from xe_py.xapi.agility import is_agile

if TYPE_CHECKING:
    from conftest import Xe


def test_what_a_person_reads(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do("vm-disk-add vm=web disk-size=1GiB device=0")
    vbd = xe.do("vbd-list --minimal")
    host = xe.do("host-list --minimal")
    text = xe.do("diagnostic-vm-status uuid={vm}", vm=vm)
    assert text.startswith(f"uuid ( RO)              : {vm}\n        name-label ( RW): web\n")
    assert f"    possible-hosts ( RO): {host}\n" in text
    assert f"\n\n\nCan the disks be attached?\nuuid ( RO)            : {vbd}\n" in text
    assert "      attachable ( RO): true\n" in text
    assert "\n\n\nCan the VM start on each host?\nxen1    : OK\n\n\nThe VM is not agile: The SR is not shared" in text
    minimal = xe.do("diagnostic-vm-status uuid={vm} --minimal", vm=vm)
    assert f",OK,Can the VM start on each host?,{vbd},Can the disks be attached?,{vm}" in minimal
    xe.do("host-disable host=xen1")
    assert f"Cannot start here [The host is disabled, so no VM can start on it. host: {host} (xen1)]" in xe.do(
        "diagnostic-vm-status uuid={vm}", vm=vm
    )


@pytest.fixture
def pool() -> VmPool:
    pool = VmPool()
    pool.vm("web")
    pool.disk("root", "web")
    pool.vif("nic", "web")
    pool.add("drive", "vbd", vm_uuid="web", userdevice="3", type="CD", mode="RO")
    return pool


def why(pool: VmPool) -> list[tuple[str, str]]:
    return [(failure.code, failure.values[0].name) for failure in is_agile(pool.state, pool.named["web"])]


def test_an_agile_vm_uses_only_what_every_enabled_host_has(pool: VmPool) -> None:
    assert why(pool) == []
    pool.change("p-share-xen2", currently_attached=False)
    assert why(pool) == [("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", "share")]
    pool.change("xen2", enabled=False)
    assert why(pool) == []
    pool.change("share", shared=False)
    assert why(pool) == [("HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", "share")]
    pool.change("share", shared=True)
    pool.add("red", "network", bridge="red")
    pool.change("nic", network_uuid="red")
    assert why(pool) == [("HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED", "red")]
