"""What only drivers, and those who look after them, need: locks, configurations, reports, the copy of the database."""

import re
from typing import TYPE_CHECKING
from xmlrpc.client import loads

import pytest

if TYPE_CHECKING:
    from conftest import Xe

FORCE = "Error: This operation is dangerous and may cause data loss. This operation must be forced (use --force)."


@pytest.fixture
def names(xe: "Xe") -> dict[str, str]:
    """A disk of a VM, and the host."""
    found = {"sr": xe.do("sr-list type=ext --minimal"), "host": xe.do("host-list --minimal")}
    found["vdi"] = xe.do(f"vdi-create sr-uuid={found['sr']} name-label=root virtual-size=1GiB")
    found["vm"] = xe.do("vm-create name-label=web")
    found["vbd"] = xe.do(f"vbd-create vm-uuid={found['vm']} vdi-uuid={found['vdi']} device=0")
    return found


def iscsi(xe: "Xe", name: str = "lun") -> str:
    config = f"device-config:target=10.0.0.1 device-config:targetIQN=iqn.a device-config:SCSIid={name}"
    return xe.do(f"sr-create name-label={name} type=lvmoiscsi {config} device-config:chappassword=hush")


# Locks


@pytest.mark.parametrize(
    ("given", "line", "code"),
    [
        ("", "vdi-unlock uuid={vdi}", FORCE),
        ("", "vdi-unlock uuid=nobody --force", "UUID_INVALID"),
        ("", "vdi-unlock uuid={vdi} --force", "MESSAGE_DEPRECATED"),
        ("vm-start vm=web", "vdi-unlock uuid={vdi} --force", "VDI_IN_USE"),
    ],
)
def test_no_lock_is_removed(xe: "Xe", names: dict[str, str], given: str, line: str, code: str) -> None:
    if given:
        xe.do(given)
    assert xe.code(line, **names) == code
    if code == "VDI_IN_USE":
        assert "\noperation: force_unlock\n" in xe(line, **names).err


# Configurations


def test_a_driver_says_how_a_host_attaches_a_disk(xe: "Xe") -> None:
    sr, host = iscsi(xe), xe.do("host-list --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=d virtual-size=1GiB")
    (inner,), _ = loads(xe.do(f"vdi-generate-config uuid={vdi} host-uuid={host}"))
    (config,), method = loads(str(inner))
    assert method == "vdi_attach_from_config"
    secret = xe.do("secret-list --minimal")
    shown = {"target": "10.0.0.1", "targetIQN": "iqn.a", "SCSIid": "lun", "chappassword_secret": secret}
    expected = {"device_config": shown, "sr_uuid": sr, "vdi_uuid": vdi, "command": method}
    assert config == expected


@pytest.mark.parametrize(
    ("given", "line", "code"),
    [
        (("vm-start vm=web",), "vdi-generate-config uuid={vdi} host-uuid={host}", "VDI_IN_USE"),
        (
            ("pbd: pbd-list sr-uuid={sr} --minimal", "pbd-unplug uuid={pbd}"),
            "vdi-generate-config uuid={vdi} host-uuid={host}",
            "SR_HAS_NO_PBDS",
        ),
        (
            (
                "old: sr-create name-label=o type=lvm device-config:device=/dev/sdz",
                "disk: vdi-create sr-uuid={old} name-label=d virtual-size=1GiB",
            ),
            "vdi-generate-config uuid={disk} host-uuid={host}",
            "SR_OPERATION_NOT_SUPPORTED",
        ),
        ((), "vdi-generate-config uuid=nobody host-uuid={host}", "UUID_INVALID"),
        ((), "vdi-generate-config uuid={vdi}", "Required parameter not found: host-uuid"),
    ],
)
def test_when_it_cannot_say_so(xe: "Xe", names: dict[str, str], given: tuple[str, ...], line: str, code: str) -> None:
    for step in given:
        name, colon, rest = step.partition(": ")
        names[name] = xe.do(rest if colon else step, **names)
    assert xe.code(line, **names) == code


# Reports


def test_a_report_on_a_disk(xe: "Xe", names: dict[str, str]) -> None:
    head = (
        f"uuid ( RO)            : {names['vdi']}\n"
        "      name-label ( RW): root\n"
        f"         sr-uuid ( RO): {names['sr']}\n"
        "        sharable ( RO): false\n"
        "       read-only ( RO): false\n"
        "    storage-lock ( RO): false\n\n\n"
    )
    unused = xe.do("diagnostic-vdi-status uuid={vdi}", **names)
    assert unused.startswith(f"{head}No VBD is attached.\nOther VBDs:\nuuid ( RO)            : {names['vbd']}\n")
    assert "\n      userdevice ( RW): 0\n" in unused
    xe.do("vm-start vm=web")
    used = xe.do("diagnostic-vdi-status uuid={vdi}", **names)
    assert used.startswith(f"{head}Attached VBDs:\nuuid ( RO)            : {names['vbd']}\n")
    assert "Other VBDs:" not in used
    assert xe.code("diagnostic-vdi-status uuid=nobody") == "UUID_INVALID"


# The copy of the database


def replicas(xe: "Xe") -> list[str]:
    return list(filter(None, xe.do("vdi-list type=Metadata params=uuid --minimal").split(",")))


def test_the_database_is_on_a_disk_of_the_control_domain(xe: "Xe") -> None:
    sr = iscsi(xe)
    for _ in range(2):  # The second time, it is there.
        xe.do(f"sr-enable-database-replication uuid={sr}")
    (vdi,) = replicas(xe)
    fields = {
        "sr-uuid": sr,
        "virtual-size": str(3804 << 20),
        "sm-config": "type: raw",
        "metadata-of-pool": xe.do("pool-list --minimal"),
        "metadata-latest": "true",
    }
    assert {name: xe.do(f"vdi-param-get uuid={vdi} param-name={name}") for name in fields} == fields
    vbd = xe.do(f"vbd-list vdi-uuid={vdi} currently-attached=true --minimal")
    domain = xe.do("vm-list is-control-domain=true --minimal")
    assert xe.do(f"vbd-param-get uuid={vbd} param-name=vm-uuid") == domain
    xe.do(f"sr-disable-database-replication uuid={sr}")
    assert replicas(xe) == []
    assert xe.do(f"vbd-list vm-uuid={domain} --minimal") == ""
    xe.do(f"sr-disable-database-replication uuid={sr}")


def test_a_disk_that_no_longer_has_the_latest_database_is_used_again(xe: "Xe") -> None:
    sr = iscsi(xe)
    xe.do(f"sr-enable-database-replication uuid={sr}")
    (vdi,) = replicas(xe)
    xe.state.write_text(xe.state.read_text().replace("metadata-latest = true\n", ""))
    xe.do(f"sr-enable-database-replication uuid={sr}")
    assert replicas(xe) == [vdi]
    assert len(xe.do(f"vbd-list vdi-uuid={vdi} --minimal").split(",")) == 1


@pytest.mark.parametrize("command", ["sr-enable-database-replication", "sr-disable-database-replication"])
def test_it_is_about_an_sr(xe: "Xe", command: str) -> None:
    assert xe.code(f"{command} uuid=nobody") == "UUID_INVALID"


def test_not_every_sr_can_hold_it(xe: "Xe", names: dict[str, str]) -> None:
    assert xe.code("sr-enable-database-replication uuid={sr}", **names) == "SR_OPERATION_NOT_SUPPORTED"
    sr = iscsi(xe)
    pbd = xe.do(f"pbd-list sr-uuid={sr} --minimal")
    xe.do(f"pbd-unplug uuid={pbd}")
    told = xe(f"sr-enable-database-replication uuid={sr}").err
    assert "Code: SR_HAS_NO_PBDS\n" in told
    assert told.endswith(f" pbd-plug uuid={pbd}\n")
    assert replicas(xe) == []


def test_xapi_writes_to_eight_disks_at_most(xe: "Xe") -> None:
    for number in range(8):
        xe.do(f"sr-enable-database-replication uuid={iscsi(xe, f'lun{number}')}")
    assert xe.code(f"sr-enable-database-replication uuid={iscsi(xe)}") == "NO_MORE_REDO_LOGS_ALLOWED"


# What a driver says


def test_what_a_driver_says_is_not_said_again(xe: "Xe") -> None:
    sr = xe.do("sr-list type=ext --minimal")
    refused = xe(f"vdi-create sr-uuid={sr} name-label=large virtual-size=3TiB")
    assert refused.err.count("The VDI cannot have this size") == 1
    refused = xe("sr-create type=nfs name-label=nas device-config:server=nas")
    assert "\nNote: The device-config lacks the path on the server.\n" in refused.err


def test_a_check_tells_of_a_driver_without_its_empty_values(xe: "Xe") -> None:
    sr = xe.do("sr-list type=ext --minimal")
    xe.do(f"vdi-create sr-uuid={sr} name-label=large virtual-size=1GiB")
    text = xe.state.read_text()
    head, _, tail = text.partition(f"[sr.{sr}]")
    assert "physical-size = " in tail
    xe.state.write_text(head + f"[sr.{sr}]" + re.sub(r"physical-size = \d+", "physical-size = 1", tail, count=1))
    said = xe.run(["state-check"], partial=True).out
    assert "SR_BACKEND_FAILURE_44" in said
    assert "stdout: The SR is full" in said
    assert "status: " not in said
    assert "stderr: " not in said
