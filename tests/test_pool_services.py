"""Workload balancing, updates, Secure Boot and licences: what the commands set and show, and what is refused."""

import base64
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from small_pool import Refusal, SmallPool

if TYPE_CHECKING:
    from conftest import Xe

Changes = dict[str, dict[str, object]]

WLB = "pool-initialize-wlb wlb_url=wlb:8012 wlb_username=u wlb_password=p xenserver_username=root xenserver_password=q"
NO_WLB: Changes = {"pool": {"restrictions": {"restrict_wlb": "true"}}}
PROXY = "pool-configure-repository-proxy proxy-url=http://proxy:3128"
SYNC = "pool-configure-update-sync update-sync-frequency"
MARK = "vm-update-secureboot-certificates-on-boot vm=web mark"
STATE = "secureboot-certificates-state"


def pool_with(changes: Changes) -> SmallPool:
    pool = SmallPool("xapi")
    pool.add("web", "vm")
    for name, fields in changes.items():
        pool.change(name, **fields)
    return pool


def runs(**fields: object) -> Changes:
    return {"web": {"power_state": "running", "resident_on": "xen1", "dom_id": 1, "VCPUs_number": 1} | fields}


@pytest.mark.parametrize(
    ("changes", "line", "expected"),
    [
        ({}, WLB, {"pool": {"wlb-url": "wlb:8012", "wlb-username": "u", "wlb-enabled": False}}),
        (
            {"pool": {"wlb_url": "x", "wlb_username": "u", "wlb_enabled": True}},
            "pool-deconfigure-wlb",
            {"pool": {"wlb-url": "", "wlb-username": "", "wlb-enabled": False}},
        ),
        (
            {},
            f"{PROXY} proxy-username=u proxy-password=p",
            {"pool": {"repository-proxy-url": "http://proxy:3128", "repository-proxy-username": "u"}},
        ),
        (
            {"pool": {"repository_proxy_username": "u"}},
            PROXY.replace("http", "HTTPS"),
            {"pool": {"repository-proxy-url": "HTTPS://proxy:3128", "repository-proxy-username": ""}},
        ),
        (
            {"pool": {"repository_proxy_url": "http://x", "repository_proxy_username": "u"}},
            "pool-disable-repository-proxy",
            {"pool": {"repository-proxy-url": "", "repository-proxy-username": ""}},
        ),
        ({}, f"{SYNC}=weekly update-sync-day=6", {"pool": {"update-sync-frequency": "weekly", "update-sync-day": 6}}),
        (
            {"pool": {"update_sync_day": 3}},
            f"{SYNC}=DAILY update-sync-day=x",
            {"pool": {"update-sync-frequency": "daily", "update-sync-day": 0}},
        ),
        (
            {"pool": {"update_sync_enabled": True}},
            "pool-set-update-sync-enabled value=false",
            {"pool": {"update-sync-enabled": False}},
        ),
        ({"web": {STATE: "update_available"}}, f"{MARK}=true", {"web": {STATE: "update_on_boot"}}),
        ({"web": {STATE: "update_on_boot"}}, f"{MARK}=true", {"web": {STATE: "update_on_boot"}}),
        ({"web": {STATE: "update_on_boot"}}, f"{MARK}=false", {"web": {STATE: "update_available"}}),
        (runs(), "vm-restart-device-models vm=web", {"web": {"resident-on": "xen1", "dom-id": 2}}),
    ],
)
def test_what_is_set(changes: Changes, line: str, expected: Changes) -> None:
    pool = pool_with(changes)
    pool.xe(line)
    assert {name: {field: pool.value(name, field) for field in fields} for name, fields in expected.items()} == expected


@pytest.mark.parametrize(
    ("changes", "line", "refusal"),
    [
        (NO_WLB, WLB, ("LICENCE_RESTRICTION", "WLB")),
        ({}, "pool-deconfigure-wlb", ("WLB_NOT_INITIALIZED",)),
        ({}, PROXY.replace("http", "ftp"), ("INVALID_REPOSITORY_PROXY_URL", "ftp://proxy:3128")),
        ({}, f"{PROXY} proxy-username=u", ("INVALID_REPOSITORY_PROXY_CREDENTIAL",)),
        ({}, f"{PROXY} proxy-password=p", ("INVALID_REPOSITORY_PROXY_CREDENTIAL",)),
        (
            {},
            f"{SYNC}=weekly update-sync-day=7",
            ("Error: The update-sync-day must be a number from 0 to 6, not 7.",),
        ),
        (
            {},
            f"{SYNC}=weekly update-sync-day=sunday",
            ("Error: The update-sync-day must be a number from 0 to 6, not sunday.",),
        ),
        ({}, f"{SYNC}=monthly update-sync-day=1", ("Error: Expected one of 'daily', 'weekly', got monthly",)),
        ({}, "pool-set-update-sync-enabled value=true", ("NO_REPOSITORIES_CONFIGURED",)),
        ({}, "vm-query-services vm=web", ("NOT_IMPLEMENTED", "query_services")),
        ({}, "vm-restart-device-models vm=web", ("VM_BAD_POWER_STATE", "web", "running", "halted")),
        (
            runs(blocked_operations={"pool_migrate": "no"}),
            "vm-restart-device-models vm=web",
            ("OPERATION_BLOCKED", "web", "no"),
        ),
        (
            runs() | {"xen1": {"host_metrics_live": False}},
            "vm-restart-device-models vm=web",
            ("HOST_OFFLINE", "xen1"),
        ),
    ],
)
def test_what_is_refused(changes: Changes, line: str, refusal: Refusal) -> None:
    assert pool_with(changes).refusal(line) == refusal


@pytest.mark.parametrize("mark", ["true", "false"])
def test_certificates_that_are_up_to_date_cannot_be_marked(mark: str) -> None:
    pool = pool_with({})
    vm = pool.named["web"]["uuid"]
    assert pool.refusal(f"{MARK}={mark}") == (
        "OPERATION_NOT_ALLOWED",
        f"There are no new Secure Boot certificates for VM '{vm}'",
    )


UEFI = {"HVM-boot-params": {"firmware": "uefi"}}
SECURE = UEFI | {"platform": {"secureboot": "true"}}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "not_supported"),
        ({"HVM-boot-params": {"firmware": "bios"}, "platform": {"secureboot": "true"}}, "not_supported"),
        (UEFI, "disabled"),
        (UEFI | {"platform": {"secureboot": "auto"}}, "disabled"),
        (SECURE, "first_boot"),
        (SECURE | {"NVRAM": {"EFI-variables": "VkFSUw=="}}, "ready"),
    ],
)
def test_whether_a_vm_is_ready_for_secure_boot(fields: dict[str, object], said: str) -> None:
    assert str(pool_with({"web": fields}).xe("vm-get-secureboot-readiness uuid=web")) == said


def certificates(*names: str) -> str:
    """An archive of files with these names, as the field of the pool holds it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return base64.b64encode(packed.getvalue()).decode()


MOST = ("PK.auth", "./KEK.auth", "db.auth")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "not_ready"),
        ({"uefi_certificates": "?"}, "not_ready"),
        ({"uefi_certificates": base64.b64encode(b"no archive").decode()}, "not_ready"),
        ({"uefi_certificates": certificates("PK.auth")}, "not_ready"),
        ({"uefi_certificates": certificates(*MOST)}, "ready_no_dbx"),
        ({"uefi_certificates": certificates(*MOST, "dbx.auth")}, "ready"),
        (
            {
                "custom_uefi_certificates": certificates(*MOST),
                "uefi_certificates": certificates(*MOST, "dbx.auth"),
            },
            "ready_no_dbx",
        ),
    ],
)
def test_whether_the_pool_is_ready_for_secure_boot(fields: dict[str, object], said: str) -> None:
    assert str(pool_with({"pool": fields}).xe("pool-get-guest-secureboot-readiness")) == said


def test_what_is_shown(xe: "Xe") -> None:
    host = xe.do("host-list --minimal")
    xe.do("vm-create name-label=web")
    assert xe.do("vm-crashdump-list vm=web") == ""
    assert xe.do("host-get-system-status-capabilities").splitlines()[1] == "<system-status-capabilities/>"
    head, rule, first, *_, last = xe.do("diagnostic-license-status").splitlines()
    assert head.split() == ["Hostname", "UUID", "Features", "Edition", "Expiry", "Days", "left"]
    assert rule.split() == ["-"] * 6
    assert first.split() == ["xen1", host[:8], "-", "-", "-", "-"]
    assert "VLAN QoS SStorage" in last


def test_sysprep_halts_a_guest_that_can_do_it(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=win domain-type=hvm")
    answers = xe.state.with_name("unattend.xml")
    line = f"vm-sysprep vm=win filename={answers}"

    def refused(reason: str) -> None:
        told = xe(line).err
        assert told.splitlines()[1:4] == [f"vm: {vm}", f"message: {reason}", "Code: SYSPREP"], told

    assert xe.code(line).startswith(f"The file {answers} cannot be read: ")
    answers.write_bytes(bytes((32 << 10) + 1))
    refused("the VM does not run")
    xe.do("vm-start vm=win")
    refused("the file has more than 32 KiB")
    answers.write_bytes(bytes(32 << 10))
    refused("the guest has no driver for sysprep")
    xe.do(f"vm-guest-set vm={vm} other:feature-sysprep=1")
    refused("the VM has no empty CD drive")
    xe.do("vm-shutdown vm=win")
    xe.do(f"vbd-create vm-uuid={vm} device=3 type=CD mode=RO")
    xe.do("vm-start vm=win")
    assert xe.do(line) == ""
    assert xe.do(f"vm-param-get uuid={vm} param-name=power-state") == "halted"


def test_a_licence_file_is_read_and_no_more(xe: "Xe") -> None:
    file = xe.state.with_name("licence")
    assert xe.code(f"host-license-add license-file={file}").startswith(f"The file {file} cannot be read: ")
    file.write_text("x")
    assert xe.do(f"host-license-add license-file={file}") == "The licence is applied."


def test_no_vm_can_be_recovered(xe: "Xe") -> None:
    vm = "11111111-2222-4333-8444-555555555555"
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=x virtual-size=1GiB")
    assert xe.code(f"vm-recover uuid={vm}").startswith("Error: Give the VDI")
    assert xe.code(f"vm-recover uuid={vm} database:vdi-uuid={vdi}") == "VDI_INCOMPATIBLE_TYPE"


def test_no_password_is_kept(xe: "Xe") -> None:
    xe.do(WLB.replace("=p ", "=hidden-1 ").replace("=q", "=hidden-2"))
    xe.do(f"{PROXY} proxy-username=u proxy-password=hidden-3")
    assert "hidden" not in xe.state.read_text()
    assert "hidden" not in xe.do("state-history")
