"""What is measured of VMs, hosts and SRs: the names, the values that follow from the state, and who is refused."""

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

MEMORY = "1024MiB"


@pytest.fixture
def vm(xe: "Xe") -> str:
    """A VM that runs, with a disk and a network card."""
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-memory-set uuid={vm} memory={MEMORY}")
    xe.do("vm-disk-add vm=web disk-size=1GiB device=0")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={xe.do('network-create name-label=n')} device=0 mac=random")
    xe.do("vm-start vm=web")
    return vm


def names(xe: "Xe", line: str) -> list[str]:
    """The first value of each record, as scripts take them."""
    return xe.do(f"{line} --minimal").split(",")


def test_a_vm_is_measured_by_its_devices(xe: "Xe", vm: str) -> None:
    assert names(xe, f"vm-data-source-list uuid={vm}") == [
        "cpu0", "memory", "memory_target", "vbd_xvda_read", "vbd_xvda_write", "vif_0_rx", "vif_0_tx",
    ]  # fmt: skip


def test_a_host_is_measured_by_its_cpus_and_cards(xe: "Xe") -> None:
    found = names(xe, "host-data-source-list host=xen1")
    assert found == sorted(found)
    assert {"cpu0", "cpu3", "cpu_avg", "loadavg", "memory_total_kib", "memory_free_kib", "pif_eth0_rx"} < {*found}
    assert "cpu4" not in found


@pytest.mark.parametrize("count", [1 << 50, "9" * 18, "9" * 5000])
def test_an_absurd_number_of_cpus_ends(xe: "Xe", count: object) -> None:
    text = xe.state.read_text()
    xe.state.write_text(re.sub(r'cpu_count = "4"', f'cpu_count = "{count}"', text))
    expected = min(int(str(count)[:18]), 4096) if len(str(count)) <= 18 else 0
    assert len(names(xe, "host-data-source-list host=xen1")) > expected
    assert xe.do("host-cpu-list --minimal").count("-") == 4 * expected


def test_an_absurd_number_of_virtual_cpus_ends(xe: "Xe", vm: str) -> None:
    xe.do("state-set rules=xapi")
    text = xe.state.read_text()
    xe.state.write_text(text.replace("VCPUs-number = 1\n", f"VCPUs-number = {1 << 50}\n"))
    assert len(names(xe, f"vm-data-source-list uuid={vm}")) > 4096


def test_no_driver_measures_an_sr(xe: "Xe") -> None:
    sr = xe.do("sr-list type=ext --minimal")
    assert xe.do(f"sr-data-source-list uuid={sr}") == ""


def test_a_data_source_as_a_person_reads_it(xe: "Xe", vm: str) -> None:
    text = xe.do(f"vm-data-source-list uuid={vm}")
    assert text.startswith(
        "name_label          : cpu0\n"
        "    name_description: How busy the virtual CPU 0 is\n"
        "             enabled: true\n"
        "            standard: true\n"
        "                 min: 0.\n"
        "                 max: 1.\n"
        "               units: (fraction)\n\n\n"
        "name_label          : memory\n"
    )
    assert "                 max: inf\n               units: B\n" in text


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("vm-data-source-query uuid={vm} data-source=memory", "1073741824.000000"),
        ("vm-data-source-query vm=web data-source=cpu0", "0.000000"),
        ("host-data-source-query host=xen1 data-source=running_domains", "2.000000"),
        ("host-data-source-query data-source=cpu_avg", "0.000000"),
        ("vm-data-source-record uuid={vm} data-source=memory", ""),
        ("vm-data-source-forget uuid={vm} data-source=anything", ""),
        ("host-data-source-record data-source=loadavg", ""),
        ("host-data-source-forget data-source=loadavg", ""),
        ("sr-data-source-forget uuid={sr} data-source=anything", ""),
    ],
)
def test_values_follow_from_the_state_and_nothing_is_kept(xe: "Xe", vm: str, line: str, value: str) -> None:
    before = xe.state.read_bytes()
    assert xe.do(line, vm=vm, sr=xe.do("sr-list type=ext --minimal")) == value
    assert xe.state.read_bytes() == before


def test_free_memory_is_what_the_host_has(xe: "Xe", vm: str) -> None:
    host = xe.do("host-list --minimal")
    assert vm
    for field, source in (("memory-total", "memory_total_kib"), ("memory-free", "memory_free_kib")):
        kib = int(xe.do(f"host-param-get uuid={host} param-name={field}")) // 1024
        assert xe.do(f"host-data-source-query data-source={source}") == f"{kib}.000000"


@pytest.mark.parametrize(
    ("given", "line", "code"),
    [
        ("vm-shutdown vm=web", "vm-data-source-list vm=web", "VM_BAD_POWER_STATE"),
        ("vm-pause vm=web", "vm-data-source-list vm=web", "VM_BAD_POWER_STATE"),
        ("vm-pause vm=web", "vm-data-source-forget vm=web data-source=memory", "VM_BAD_POWER_STATE"),
        ("vm-shutdown vm=web", "vm-data-source-query vm=web data-source=memory", "VM_BAD_POWER_STATE"),
        ("", "vm-data-source-query vm=web data-source=cpu9", "INTERNAL_ERROR"),
        ("", "vm-data-source-record vm=web data-source=cpu9", "INTERNAL_ERROR"),
        ("", "host-data-source-query data-source=cpu9", "INTERNAL_ERROR"),
        ("", "sr-data-source-query uuid={sr} data-source=cpu9", "INTERNAL_ERROR"),
        ("", "sr-data-source-record uuid={sr} data-source=cpu9", "INTERNAL_ERROR"),
        ("", "vm-data-source-query vm=web", "Required parameter not found: data-source"),
        ("", "vm-data-source-list vm=nobody", "Error: No matching VMs found"),
        ("vm-create name-label=db", "vm-data-source-list", "Error: Multiple matches VMs found. Operation can only be performed on one VM at a time"),
    ],
)  # fmt: skip
def test_what_is_refused(xe: "Xe", vm: str, given: str, line: str, code: str) -> None:
    if given:
        xe.do(given)
    assert xe.code(line, vm=vm, sr=xe.do("sr-list type=ext --minimal")) == code


def test_a_paused_vm_can_be_queried(xe: "Xe", vm: str) -> None:
    xe.do("vm-pause vm=web")
    assert xe.do(f"vm-data-source-query uuid={vm} data-source=memory") == "1073741824.000000"


def test_a_refusal_names_what_there_is(xe: "Xe", vm: str) -> None:
    told = xe(f"vm-data-source-query uuid={vm} data-source=cpu9").err
    assert "There is no data source 'cpu9' here; there are: cpu0, memory, memory_target, vbd_xvda_read" in told
    sr = xe.do("sr-list type=ext --minimal")
    assert "there are: none" in xe(f"sr-data-source-query uuid={sr} data-source=x").err
