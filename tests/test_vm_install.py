"""vm-install: how a template is named, what is refused in which order, and what the new VM is."""

from typing import TYPE_CHECKING

import pytest

from xe_py.xapi.addresses import derived_mac

if TYPE_CHECKING:
    from conftest import Xe

DEBIAN = "07d91aaa-43f7-430a-bf84-0edb6714df0f"
OTHER = "552bce37-51b2-445d-84f2-5f33fa112d7e"
WINDOWS = "1f8728f9-6354-4a68-adc3-222c34f2bb94"
SNAPSHOT = "5a5a0000-0000-4000-8000-000000000001"
GIB = 1 << 30


def words(line: str, **names: str) -> list[str]:
    """The words of a line; `~` stands for a space in a word."""
    return [word.replace("~", " ").format(**names) for word in line.split()]


def done(xe: "Xe", line: str, **names: str) -> str:
    result = xe.run(words(line, **names))
    assert result.status == 0, result.err
    return result.out.removesuffix("\n")


def install(xe: "Xe", line: str, **names: str) -> str:
    return done(xe, f"vm-install new-name-label=web {line}", **names)


def refused(xe: "Xe", line: str, **names: str) -> str:
    """The code of the refusal with its values, or the text."""
    result = xe.run(words(f"vm-install new-name-label=web {line}", **names))
    assert result.status == 1, result.out
    code = next((text.removeprefix("Code: ") for text in result.err.splitlines() if text.startswith("Code: ")), "")
    return code or result.err.splitlines()[0]


def get(xe: "Xe", vm: str, name: str, key: str = "") -> str:
    return xe.do(f"vm-param-get uuid={vm} param-name={name}{f' param-key={key}' if key else ''}")


def local(xe: "Xe") -> str:
    return done(xe, "sr-list name-label=Local~storage --minimal")


def with_snapshot(xe: "Xe") -> None:
    """A snapshot that is a template; one made by hand, because nothing else is asked of it."""
    table = f'[vm.{SNAPSHOT}]\nname-label = "snap"\nis-a-template = true\nis-a-snapshot = true\n'
    xe.state.write_text(f"{xe.state.read_text()}\n{table}")


# Naming


@pytest.mark.parametrize(
    "line",
    [
        f"template-uuid={OTHER}",
        "template-name-label=Other~install~media",
        "template-name=Other~install~media",
        "template=Other~install~media",
        f"template={OTHER}",
        f"template-uuid={OTHER} template=nobody template-name=nobody",
        "template-name-label=Other~install~media template-name=nobody template=nobody",
        f"template-name=Other~install~media template={DEBIAN}",
    ],
)
def test_a_template_is_named_in_all_ways_and_the_surest_one_counts(xe: "Xe", line: str) -> None:
    vm = install(xe, line)
    assert get(xe, vm, "reference-label") == "other-install-media"


def test_a_snapshot_is_a_template_too(xe: "Xe") -> None:
    with_snapshot(xe)
    vm = install(xe, "template=snap")
    assert get(xe, vm, "is-a-template") == get(xe, vm, "is-a-snapshot") == "false"
    assert get(xe, vm, "other-config", "base_template_name") == "snap"


# Refusals, in their order: each line has the faults of later rows too


NO_SR = "pool-param-clear uuid={pool} param-name=default-SR"
LATER = "sr-uuid=none sr-name-label=nobody copy-bios-strings-from=none"
REFUSALS = {
    "no template is named": ((), LATER, "Error: Template must be specified by parameter 'template-uuid', 'template-name', 'template-name-label' or 'template'"),
    "no such uuid": ((), f"template-uuid=none {LATER}", "Error: Cannot find template"),
    "no such name": ((), f"template=nobody {LATER}", "Error: No templates matched"),
    "the name of a VM": ((), f"template-name=plain {LATER}", "Error: No templates matched"),
    "the name of a control domain": ((), f"template-name=Control~domain~on~host:~xen1 {LATER}", "Error: No templates matched"),
    "two templates have the name": (("vm-param-set uuid={plain} is-a-template=true name-label=Windows~11",), f"template=Windows~11 {LATER}", "Error: More than one matching template found"),
    "the uuid of a VM": ((), "template-uuid={plain} " + LATER, "Error: Can only install from templates"),
    "an SR for a snapshot": ((), f"template=snap {LATER}", "Error: Do not use the sr-name-label or sr-uuid argument when installing from a snapshot. By default, it will install each new disk on the same SR as the corresponding snapshot disks."),
    "no SR has the uuid": ((NO_SR,), f"template={DEBIAN} {LATER}", "UUID_INVALID"),
    "no SR has the name": ((NO_SR,), f"template={DEBIAN} sr-uuid={{sr}} sr-name-label=nobody", "Error: No SR with that name-label found"),
    "the SR has another name": ((NO_SR,), f"template={DEBIAN} sr-uuid={{sr}} sr-name-label=DVD~drives", "Error: SR specified via sr-uuid doesn't have the name specified via sr-name-label"),
    "two SRs have the name": ((NO_SR, "sr-param-set uuid={tools} name-label=Local~storage"), f"template={DEBIAN} sr-name-label=Local~storage", "Error: Multiple SRs with that name-label found"),
    "no default SR": ((NO_SR, f"template-param-set uuid={DEBIAN} blocked-operations:clone=1"), f"template={DEBIAN}", "Error: Failed to find a valid default SR for the Pool. Please provide an sr-name-label or sr-uuid parameter."),
    "the clone is blocked": ((f"template-param-set uuid={DEBIAN} blocked-operations:clone=1 other-config:disks=no"), f"template={DEBIAN}", "OPERATION_BLOCKED"),
    "the copy is blocked": ((f"template-param-set uuid={DEBIAN} blocked-operations:copy=1"), f"template={DEBIAN} sr-uuid={{tools}}", "OPERATION_BLOCKED"),
    "a copy to an ISO SR": ((f"template-param-set uuid={DEBIAN} other-config:disks=no"), f"template={DEBIAN} sr-uuid={{tools}}", "OPERATION_NOT_ALLOWED"),
    "no XML": ((f"template-param-set uuid={DEBIAN} other-config:disks=no"), f"template={DEBIAN} copy-bios-strings-from=none", "INTERNAL_ERROR"),
    "other XML": ((f"template-param-set uuid={DEBIAN} other-config:disks=<provision><floppy/></provision>"), f"template={DEBIAN}", "INTERNAL_ERROR"),
    "a disk without a size": ((f"template-param-set uuid={DEBIAN} other-config:disks=<provision><disk~device='0'~sr=''~bootable='true'/></provision>"), f"template={DEBIAN}", "INTERNAL_ERROR"),
    "a disk with a wrong size": ((f"template-param-set uuid={DEBIAN} other-config:disks=<provision><disk~device='0'~sr=''~bootable='true'~size='x'/></provision>"), f"template={DEBIAN}", "INTERNAL_ERROR"),
    "no room for the disk": ((f"template-param-set uuid={DEBIAN} other-config:postinstall=/bin/sh other-config:disks=<provision><disk~device='0'~sr=''~bootable='true'~size='999999999999'/></provision>"), f"template={DEBIAN}", "SR_BACKEND_FAILURE_44"),
    "the SR is not plugged": (("pbd-unplug uuid={pbd}",), f"template={DEBIAN} copy-bios-strings-from=none", "SR_HAS_NO_PBDS"),
    "a script from elsewhere": ((f"template-param-set uuid={DEBIAN} other-config:postinstall=/bin/sh"), f"template={DEBIAN} copy-bios-strings-from=none", "PERMISSION_DENIED"),
    "a script with dots": ((f"template-param-set uuid={OTHER} other-config:postinstall=/opt/xensource/packages/post-install-scripts/..x"), f"template={OTHER}", "PERMISSION_DENIED"),
    "no such host": ((f"template-param-set uuid={DEBIAN} bios-strings:bios-vendor=x",), f"template={DEBIAN} copy-bios-strings-from=none", "UUID_INVALID"),
    "BIOS strings are there": ((f"template-param-set uuid={DEBIAN} bios-strings:bios-vendor=x",), f"template={DEBIAN} copy-bios-strings-from={{host}}", "VM_BIOS_STRINGS_ALREADY_SET"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "line", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_come_in_their_order_and_leave_nothing(
    xe: "Xe", before: tuple[str, ...] | str, line: str, expected: str
) -> None:
    names = {
        "plain": xe.do("vm-create name-label=plain"),
        "pool": xe.do("pool-list --minimal"),
        "host": xe.do("host-list --minimal"),
        "sr": local(xe),
        "tools": done(xe, "sr-list name-label=XenServer~Tools --minimal"),
        "pbd": xe.do(f"pbd-list sr-uuid={local(xe)} --minimal"),
    }
    with_snapshot(xe)
    for each in (before,) if isinstance(before, str) else before:
        done(xe, each, **names)
    assert refused(xe, line, **names) == expected


# Effects


def test_a_vm_from_a_template_with_a_disk(xe: "Xe") -> None:
    done(xe, f"template-param-set uuid={DEBIAN} blocked-operations:start=1 other-config:xensource_internal=1 order=3")
    done(xe, f"template-param-add uuid={DEBIAN} param-name=tags param-key=mine")
    vm = install(xe, f"template={DEBIAN}")
    shown = {
        "name-label": "web",
        "name-description": "Installed via xe CLI",
        "is-a-template": "false",
        "is-default-template": "false",
        "power-state": "halted",
        "blocked-operations": "",
        "order": "0",
        "version": "0",
        "user-version": "1",
        "tags": "mine",
        "reference-label": "debian-12",
        "suspend-SR-uuid": "<not in database>",
        "has-vendor-device": "false",
        "memory-static-max": str(2 * GIB),
        "generation-id": "",
    }
    assert {name: get(xe, vm, name) for name in shown} == shown
    assert get(xe, vm, "recommendations") == get(xe, DEBIAN, "recommendations")
    assert get(xe, vm, "platform") == get(xe, DEBIAN, "platform")
    assert get(xe, vm, "install-time") != "19700101T00:00:00Z"
    config = [pair.partition(": ") for pair in get(xe, vm, "other-config").split("; ")]
    assert [key for key, _, _ in config] == [
        "base_template_name",
        "linux_template",
        "install-methods",
        "mac_seed",
        "import_task",
    ]
    assert get(xe, vm, "other-config", "base_template_name") == "Debian Bookworm 12"
    assert get(xe, vm, "other-config", "mac_seed") != get(xe, DEBIAN, "other-config", "mac_seed")
    vbd = xe.do(f"vbd-list vm-uuid={vm} --minimal")
    fields = ("userdevice", "bootable", "mode", "type", "unpluggable", "other-config", "currently-attached")
    assert [xe.do(f"vbd-param-get uuid={vbd} param-name={name}") for name in fields] == [
        "0", "true", "RW", "Disk", "false", "owner: ", "false",
    ]  # fmt: skip
    vdi = xe.do(f"vbd-param-get uuid={vbd} param-name=vdi-uuid")
    fields = ("name-label", "name-description", "type", "virtual-size", "sr-uuid", "sm-config")
    assert [xe.do(f"vdi-param-get uuid={vdi} param-name={name}") for name in fields] == [
        "0", "Created by template provisioner", "System", str(10 * GIB), local(xe), f"vmhint: {vm}",
    ]  # fmt: skip
    assert xe.do(f"vif-list vm-uuid={vm} --minimal") == ""
    done(xe, "vm-start vm=web")


def test_windows_wants_the_vendor_device_unless_the_pool_does_not(xe: "Xe") -> None:
    first = install(xe, f"template={WINDOWS}")
    xe.do(f"pool-param-set uuid={xe.do('pool-list --minimal')} policy-no-vendor-device=true")
    second = install(xe, f"template={WINDOWS}")
    assert [get(xe, vm, "has-vendor-device") for vm in (first, second)] == ["true", "false"]
    numbers = [get(xe, vm, "generation-id") for vm in (first, second)]
    assert all(number.count(":") == 1 and number != "0:0" for number in numbers)
    assert len(set(numbers)) == 2
    assert xe.do(f"vbd-list vm-uuid={first} params=bootable --minimal") == "false"


def test_broken_recommendations_recommend_nothing(xe: "Xe") -> None:
    text = xe.state.read_text()
    xe.state.write_text(f'{text}\n[vm.{SNAPSHOT}]\nname-label = "odd"\nis-a-template = true\nrecommendations = "<a>"\n')
    assert get(xe, install(xe, "template=odd"), "has-vendor-device") == "false"


@pytest.mark.parametrize("way", ["sr-uuid={sr}", "sr-name-label=data", "sr-uuid={sr} sr-name-label=data"])
def test_the_given_sr_gets_the_disks_and_the_memory(xe: "Xe", way: str) -> None:
    host = xe.do("host-list --minimal")
    sr = xe.do(
        f"sr-create host-uuid={host} name-label=data type=nfs shared=true device-config:server=a device-config:serverpath=/b"
    )
    vm = install(xe, f"template={DEBIAN} {way}", sr=sr)
    assert get(xe, vm, "suspend-SR-uuid") == sr
    assert xe.do(f"vdi-list sr-uuid={sr} params=name-label --minimal") == "0"


def test_without_a_default_sr_a_template_without_disks_will_do(xe: "Xe") -> None:
    xe.do(f"pool-param-clear uuid={xe.do('pool-list --minimal')} param-name=default-SR")
    vm = install(xe, f"template={OTHER}")
    assert xe.do(f"vbd-list vm-uuid={vm} --minimal") == ""


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_template_of_a_user_is_copied_with_its_devices(xe: "Xe", elsewhere: bool) -> None:
    host, network = xe.do("host-list --minimal"), xe.do("network-list bridge=xenbr0 --minimal")
    sr = xe.do(
        f"sr-create host-uuid={host} name-label=data type=nfs shared=true device-config:server=a device-config:serverpath=/b"
    )
    golden = xe.do("vm-create name-label=golden")
    disk = xe.do(f"vdi-create sr-uuid={local(xe)} name-label=root virtual-size=1GiB")
    xe.do(f"vbd-create vm-uuid={golden} vdi-uuid={disk} device=0 bootable=true")
    xe.do(f"vbd-create vm-uuid={golden} device=3 type=CD mode=RO")
    xe.do(f"vif-create vm-uuid={golden} device=1 network-uuid={network} mac=00:16:3e:00:00:01")
    xe.do(f"vm-param-set uuid={golden} is-a-template=true")
    vm = install(xe, "template=golden" + (" sr-name-label=data" if elsewhere else ""))
    assert xe.do(f"vbd-list vm-uuid={vm} params=userdevice --minimal") == "0,3"
    copy = xe.do(f"vbd-list vm-uuid={vm} userdevice=0 params=vdi-uuid --minimal")
    assert copy != disk
    assert xe.do(f"vdi-param-get uuid={copy} param-name=sr-uuid") == (sr if elsewhere else local(xe))
    assert xe.do(f"vdi-param-get uuid={copy} param-name=name-label") == "root"
    assert xe.do(f"vbd-list vm-uuid={vm} userdevice=0 params=other-config --minimal") == "owner: "
    assert xe.do(f"vbd-list vm-uuid={vm} userdevice=3 params=empty --minimal") == "true"
    seed = get(xe, vm, "other-config", "mac_seed")
    assert xe.do(f"vif-list vm-uuid={vm} params=MAC --minimal") == derived_mac(seed, "1")
    assert xe.do(f"vif-list vm-uuid={vm} params=MAC-autogenerated --minimal") == "true"
    assert get(xe, vm, "suspend-SR-uuid") == (sr if elsewhere else "<not in database>")


def test_a_script_of_the_host_is_taken_as_run(xe: "Xe") -> None:
    done(
        xe,
        f"template-param-set uuid={OTHER} other-config:postinstall=/opt/xensource/packages/post-install-scripts/debian",
    )
    assert "postinstall" not in get(xe, install(xe, f"template={OTHER}"), "other-config")


def test_a_disk_for_data_may_be_unplugged(xe: "Xe") -> None:
    disk = "<provision><disk~device='1'~size='1073741824'~sr=''~bootable='false'~type='user'/></provision>"
    done(xe, f"template-param-set uuid={OTHER} other-config:disks={disk}")
    vm = install(xe, f"template={OTHER}")
    assert xe.do(f"vbd-list vm-uuid={vm} params=unpluggable --minimal") == "true"
    assert xe.do(f"vbd-list vm-uuid={vm} params=userdevice --minimal") == "1"


def test_bios_strings_of_a_host(xe: "Xe") -> None:
    host = xe.do("host-list --minimal")
    vm = install(xe, f"template={OTHER} copy-bios-strings-from={host}")
    assert get(xe, vm, "bios-strings", "bios-vendor") != ""
    assert get(xe, vm, "affinity") == host


# Templates and VMs become one another


def test_a_vm_that_becomes_a_template_forgets_its_times(xe: "Xe") -> None:
    for change in ("is-a-template=true", "is-default-template=true"):
        vm = install(xe, f"template={OTHER}")
        xe.do(f"vm-param-set uuid={vm} {change}")
        assert get(xe, vm, "install-time") == get(xe, vm, "start-time") == "19700101T00:00:00Z"
        assert vm in xe.do("template-list --minimal")
        assert vm not in xe.do("vm-list --minimal")
        xe.do(f"vm-param-set uuid={vm} is-default-template=false is-a-template=false")
        assert get(xe, vm, "install-time") != "19700101T00:00:00Z"
        assert get(xe, vm, "other-config").startswith("default_template: false; ")
