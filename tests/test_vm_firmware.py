"""BIOS strings from a host, the UEFI mode, recovery, the console, and pausing a VBD."""

from typing import TYPE_CHECKING

import pytest
from small_pool import Refusal
from vm_pool import VmPool

from xe_py.operations import find
from xe_py.running import Call, run

if TYPE_CHECKING:
    from conftest import Xe


@pytest.fixture
def pool() -> VmPool:
    pool = VmPool()
    pool.vm("web")
    return pool


def customized(pool: VmPool) -> str:
    return str(pool.do("vm-is-bios-customized", "web"))


def test_bios_strings_are_copied_from_a_host_once(pool: VmPool) -> None:
    assert customized(pool) == "The VM has no BIOS strings yet."
    pool.do("vm-copy-bios-strings", "web", host=pool.named["xen2"])
    assert customized(pool) == "The VM is BIOS-customized."
    assert pool.value("web", "affinity") == "xen2"
    strings = pool.value("web", "bios-strings")
    assert strings["system-serial-number"] == pool.named["xen2"]["uuid"]
    assert list(strings)[-3:] == ["hp-rombios", "oem-1", "oem-2"]
    assert pool.no("vm-copy-bios-strings", "web", host=pool.named["xen1"]) == ("VM_BIOS_STRINGS_ALREADY_SET",)


def test_a_start_makes_a_vm_generic(pool: VmPool) -> None:
    pool.do("vm-start", "web")
    assert customized(pool) == "The VM is BIOS-generic."


def test_the_uefi_mode_is_one_of_two(pool: VmPool) -> None:
    for mode in ("setup", "user"):
        assert str(pool.do("vm-set-uefi-mode", "web", mode=mode)) == f"The firmware of VM web is in {mode} mode."
    wrong = "Error: The UEFI mode must be 'setup' or 'user', not secure"
    assert pool.no("vm-set-uefi-mode", "web", mode="secure") == (wrong,)


# Recovery


def recovering(pool: VmPool, **database: str) -> Refusal:
    command = find("vm-assert-can-be-recovered")
    assert command is not None
    with pool.refused() as refusal:
        run(pool.state, Call(command, {"uuid": pool.named["web"]["uuid"], "database": database}))
    return refusal()


def test_no_disk_holds_a_database(pool: VmPool) -> None:
    pool.disk("root", "web")
    vdi = pool.named["v-root"]["uuid"]
    missing = "Error: Give the VDI with the database of the other pool: database:vdi-uuid=<uuid>"
    assert recovering(pool) == recovering(pool, uuid=vdi) == (missing,)
    assert recovering(pool, **{"vdi-uuid": "x"}) == ("UUID_INVALID", "VDI", "x")
    assert recovering(pool, **{"vdi-uuid": vdi}) == ("VDI_INCOMPATIBLE_TYPE", "v-root", "User")
    pool.change("v-root", type="Metadata")
    assert recovering(pool, **{"vdi-uuid": vdi}) == ("COULD_NOT_IMPORT_DATABASE", "there is no database on the VDI")


def test_the_database_is_named_on_the_command_line(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do("vm-disk-add vm=web disk-size=1GiB device=0")
    vdi = xe.do("vdi-list name-label={name} --minimal", name="Created by xe")
    line = "vm-assert-can-be-recovered uuid={vm} database:vdi-uuid={vdi}"
    assert xe.code(line, vm=vm, vdi=vdi) == "VDI_INCOMPATIBLE_TYPE"


# Consoles


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("console vm=web", "No text console available\nNote: a simulated guest has no console\n"),
        ("console vm=nobody", "No VM found\n"),
        ("console is-a-template=false", "Multiple VMs found: please narrow your request to one VM.\n"),
    ],
)
def test_a_simulated_guest_has_no_console(xe: "Xe", line: str, told: str) -> None:
    xe.do("vm-create name-label=web")
    result = xe(line)
    assert (result.out, result.status) == ("", 1)
    assert result.err.startswith(told)


# Pausing a VBD


@pytest.mark.parametrize(("command", "arguments"), [("vbd-pause", {}), ("vbd-unpause", {"token": "x"})])
def test_no_driver_can_pause(pool: VmPool, command: str, arguments: dict[str, object]) -> None:
    pool.disk("root", "web")
    assert pool.no(command, "root", **arguments) == ("VM_BAD_POWER_STATE", "web", "running", "halted")
    pool.do("vm-start", "web")
    assert pool.no(command, "root", **arguments) == ("SR_OPERATION_NOT_SUPPORTED", "share")
    pool.add("drive", "vbd", vm_uuid="web", userdevice="3", type="CD", mode="RO")
    assert pool.no(command, "drive", **arguments) == ("HANDLE_INVALID", "VDI", "OpaqueRef:NULL")
    pool.change("v-root", managed=False)
    assert pool.no(command, "root", **arguments) == ("VDI_NOT_MANAGED", "root")
