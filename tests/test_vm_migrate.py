"""Moving a VM to another host of the pool, alone or with its disks."""

from typing import TYPE_CHECKING, Any

import pytest
from vm_pool import GIB, VmPool

from xe_py.errors import Failure
from xe_py.operations import vm_migrate
from xe_py.state.record import Record

if TYPE_CHECKING:
    from conftest import Xe

REMOTE = {"remote_master": "xen1", "remote_username": "root", "remote_password": "secret"}


@pytest.fixture
def pool() -> VmPool:
    """The running VM `web` on xen1 with a disk on `share` and a VIF."""
    pool = VmPool()
    for number, host in enumerate(("xen1", "xen2")):
        pool.change(f"eth0-{host}", IP=f"192.168.1.{number}")
    pool.vm("web", "running")
    pool.disk("root", "web", currently_attached=True)
    pool.vif("nic", "web", currently_attached=True)
    return pool


# Inside the pool, where the disks stay


@pytest.mark.parametrize("keyword", ["host", "host_uuid", "host_name"])
def test_a_running_vm_moves_with_its_devices(pool: VmPool, keyword: str) -> None:
    pool.change("eth0-xen2", currently_attached=False, management=False)
    pool.add_bare(
        "eth1", "pif", host_uuid="xen2", network_uuid=pool.add("other", "network", bridge="b")["uuid"], device="eth1",
        physical=True, MAC="00:16:3e:00:00:05", currently_attached=True, management=True, IP_configuration_mode="DHCP",
    )  # fmt: skip
    before = pool.value("web", "dom-id")
    assert pool.do("vm-migrate", "web", live=True, **{keyword: "xen2"}) is None
    assert pool.value("web", "resident-on") == "xen2"
    assert pool.value("web", "power-state") == "running"
    assert pool.value("web", "dom-id") != before
    assert pool.value("web", "affinity") is None
    assert pool.value("root", "currently-attached") is pool.value("nic", "currently-attached") is True
    assert pool.value("eth0-xen2", "currently-attached") is True, "the network is there for the VM"


def test_a_vm_may_move_to_the_host_where_it_is(pool: VmPool) -> None:
    before = pool.value("web", "dom-id")
    pool.do("vm-migrate", "web", host="xen1")
    assert pool.value("web", "resident-on") == "xen1"
    assert pool.value("web", "dom-id") != before


@pytest.mark.parametrize("state", ["halted", "paused", "suspended"])
def test_only_a_running_vm_moves(pool: VmPool, state: str) -> None:
    pool.vm("db", state)
    assert pool.no("vm-migrate", "db", host="xen2") == ("VM_BAD_POWER_STATE", "db", "running", state)


def test_what_the_host_must_have(pool: VmPool) -> None:
    """In the order of XAPI's checks: each reason is taken away after it was seen."""
    pool.change("web", VCPUs_max=9)
    pool.disk("data", "web", "local", userdevice="1", currently_attached=True)
    pool.add("red", "network", bridge="red")
    pool.vif("red-nic", "web", "red", device="1", MAC="00:16:3e:11:11:12", currently_attached=True)
    pool.change("xen2", enabled=False)
    assert pool.no("vm-migrate", "web", host="xen2") == ("HOST_DISABLED", "xen2")
    pool.change("xen2", enabled=True)
    assert pool.no("vm-migrate", "web", host="xen2") == ("VM_REQUIRES_SR", "web", "local")
    pool.add("p-local-2", "pbd", sr_uuid="local", host_uuid="xen2")
    pool.change("local", shared=True)
    pool.change("p-local-2", currently_attached=True)
    assert pool.no("vm-migrate", "web", host="xen2") == ("VM_REQUIRES_NETWORK", "web", "red")
    pool.change("red-nic", currently_attached=False)
    pool.state.delete(pool.named["red-nic"])
    pool.vm(
        "large", "running", "xen2", memory_static_max=15 * GIB, memory_dynamic_max=15 * GIB, memory_dynamic_min=15 * GIB
    )
    pool.change("web", memory_static_max=4 * GIB, memory_dynamic_max=4 * GIB, memory_dynamic_min=4 * GIB)
    assert pool.no("vm-migrate", "web", host="xen2")[0] == "HOST_NOT_ENOUGH_FREE_MEMORY"
    pool.state.delete(pool.named["large"])
    assert pool.no("vm-migrate", "web", host="xen2") == ("HOST_NOT_ENOUGH_PCPUS", "9", "4")
    pool.change("web", VCPUs_max=1)
    pool.change("xen1", host_metrics_live=False)
    assert pool.no("vm-migrate", "web", host="xen2") == ("HOST_OFFLINE", "xen1")
    pool.change("xen1", host_metrics_live=True)
    pool.change("xen2", host_metrics_live=False)
    assert pool.no("vm-migrate", "web", host="xen2") == ("HOST_NOT_LIVE",)
    pool.change("xen2", host_metrics_live=True)
    pool.do("vm-migrate", "web", host="xen2")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"platform": {"nomigrate": "true"}}, "VM_IS_IMMOBILE"),
        ({"platform": {"nested-virt": "true"}}, "VM_IS_IMMOBILE"),
        ({"domain_type": "hvm", "other_config": {"guest-tools": "false"}}, "VM_LACKS_FEATURE"),
    ],
)
def test_force_overcomes_what_the_vm_and_its_guest_do_not_want(pool: VmPool, fields: dict[str, Any], code: str) -> None:
    pool.change("web", **fields)
    assert pool.no("vm-migrate", "web", host="xen2") == (code, "web")
    pool.do("vm-migrate", "web", host="xen2", force=True)
    assert pool.value("web", "resident-on") == "xen2"


def test_a_cached_disk_that_forgets_does_not_move(pool: VmPool) -> None:
    pool.change("v-root", sm_config={"on_boot": "reset", "caching": "true"})
    assert pool.no("vm-migrate", "web", host="xen2") == ("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION",)
    pool.change("v-root", sm_config={"on_boot": "reset"})
    pool.do("vm-migrate", "web", host="xen2")


def test_a_vm_that_moves_needs_a_host(pool: VmPool) -> None:
    assert pool.no("vm-migrate", "web") == ("Error: No destination host specified",)
    assert pool.no("vm-migrate", "web", host="xen3") == ("Error: Host xen3 not found",)
    assert pool.no("vm-migrate", "web", host="xen2", copy=True) == ("Error: Unknown field 'copy'",)
    with pytest.raises(Failure, match="HANDLE_INVALID: host, OpaqueRef:NULL"):
        vm_migrate.migrate(pool.state, pool.named["web"])


# With its disks


def moved(pool: VmPool, host: str = "xen2", **given: Any) -> list[str]:
    """What is told of a move with the disks."""
    return [str(line) for line in pool.do("vm-migrate", "web", host=host, **REMOTE, **given)]


def maps(pool: VmPool, **names: str) -> dict[str, str]:
    """The map from VDIs to SRs, `_` standing for `-`."""
    return {pool.named[vdi.replace("_", "-")]["uuid"]: pool.named[sr]["uuid"] for vdi, sr in names.items()}


def disk_of(pool: VmPool, vbd: str) -> Record:
    return pool.state.ref(pool.named[vbd], "vdi-uuid")


@pytest.fixture
def local(pool: VmPool) -> VmPool:
    """The disk of `web` is on an SR that only xen1 has; xen2 has one of its own."""
    pool.change("v-root", sr_uuid="local", name_description="the root", sharable=True, tags=["gold"])
    pool.change("v-root", other_config={"config-drive": "true", "folder": "x"}, sm_config={"vmhint": "x"})
    pool.add("local2", "sr", type="ext", physical_size=40 * GIB)
    pool.add("p-local2", "pbd", sr_uuid="local2", host_uuid="xen2", currently_attached=True)
    return pool


def test_a_vm_moves_with_its_disks(local: VmPool) -> None:
    before = local.named["v-root"]["uuid"]
    told = moved(local, vdi=maps(local, v_root="local2"))
    assert told == [
        "The VM moves to host xen2 over network lan. Its disks go to these SRs:",
        f"VDI {before} -> SR {local.named['local2']['uuid']}",
    ]
    assert local.value("web", "resident-on") == "xen2"
    disk = disk_of(local, "root")
    assert local.gone() == {"v-root"}
    assert (disk["name-label"], disk["name-description"], disk["virtual-size"]) == ("v-root", "the root", GIB)
    assert (disk["sr-uuid"], disk["location"]) == (local.named["local2"]["uuid"], disk["uuid"])
    assert (disk["other-config"], disk["sm-config"], disk["sharable"], disk["tags"]) == (
        {"config-drive": "true"}, {}, True, [],
    )  # fmt: skip
    assert local.value("root", "currently-attached") is True


@pytest.mark.parametrize("state", ["halted", "suspended"])
def test_a_vm_without_a_domain_moves_only_its_disks(local: VmPool, state: str) -> None:
    local.vm("db", state)
    local.disk("data", "db", "local", currently_attached=state == "suspended")
    told = local.do("vm-migrate", "db", host="xen2", **REMOTE, vdi=maps(local, v_data="local2"))
    assert len(told) == 2
    assert local.value("db", "power-state") == state
    assert disk_of(local, "data")["sr-uuid"] == local.named["local2"]["uuid"]


def test_disks_that_are_not_named_go_to_the_best_sr_of_the_host(local: VmPool) -> None:
    moved(local)
    assert disk_of(local, "root")["sr-uuid"] == local.named["share"]["uuid"], "a shared one comes first"
    moved(local, "xen1", vdi=maps(local) | {disk_of(local, "root")["uuid"]: local.named["local"]["uuid"]})
    assert disk_of(local, "root")["sr-uuid"] == local.named["local"]["uuid"]


def test_the_disks_of_snapshots_and_the_memory_move_along(local: VmPool) -> None:
    local.vm("snap", "suspended", is_a_snapshot=True, is_a_template=True, snapshot_of="web")
    local.named["image"] = local.state.ref(local.named["snap"], "suspend-VDI-uuid")
    local.change("image", sr_uuid="local")
    local.disk("old", "snap", "local", mode="RO")
    local.change("v-old", is_a_snapshot=True, snapshot_of="v-root")
    local.disk("lone", "snap", "local", userdevice="1")
    vdi = maps(local, v_root="local2")
    with local.refused() as refusal:
        moved(local, vdi=vdi)
    assert refusal() == ("VDI_NOT_IN_MAP", "v-lone")
    local.change("pool", default_SR="share")
    moved(local, vdi=vdi)
    assert local.gone() == {"v-root", "v-old", "v-lone", "image"}
    assert disk_of(local, "old")["sr-uuid"] == local.named["local2"]["uuid"]
    assert disk_of(local, "old")["snapshot-of"] == disk_of(local, "root")["uuid"]
    assert disk_of(local, "lone")["sr-uuid"] == local.named["share"]["uuid"]
    assert local.state.ref(local.named["snap"], "suspend-VDI-uuid")["sr-uuid"] == local.named["share"]["uuid"]


def refused(pool: VmPool, host: str = "xen2", **given: Any) -> tuple[str, ...]:
    return pool.no("vm-migrate", "web", host=host, **REMOTE | given)


def test_the_door_for_other_pools_leads_to_this_one(local: VmPool) -> None:
    local.change("xen1", address="192.168.1.0")
    assert refused(local, remote_master="192.168.1.9") == (
        "Error: There is only one pool here, and 192.168.1.9 is no host of it.",
    )
    assert refused(local, remote_master="xen2") == ("HOST_IS_SLAVE", "192.168.1.0")
    assert local.no("vm-migrate", "web", host="xen2", vdi=maps(local, v_root="local2")) == (
        "Error: To move disks too, give remote-master, remote-username and remote-password.",
    )
    moved(local, remote_network="xenbr0", vdi=maps(local, v_root="local2"))


def test_the_host_needs_an_address_on_the_network(local: VmPool) -> None:
    assert refused(local, remote_network="none") == ("UUID_INVALID", "network", "none")
    local.add("red", "network", bridge="red")
    assert refused(local, remote_network="red") == ("HOST_CANNOT_ATTACH_NETWORK", "xen2", "red")
    local.change("eth0-xen2", IP="")
    assert refused(local) == ("INTERFACE_HAS_NO_IP", "eth0-xen2")
    local.change("eth0-xen2", IP_configuration_mode="None")
    assert refused(local, remote_network="lan") == ("PIF_HAS_NO_NETWORK_CONFIGURATION", "eth0-xen2")
    local.change("eth0-xen2", management=False)
    assert refused(local) == ("HOST_HAS_NO_MANAGEMENT_IP",)


def test_what_a_move_with_disks_needs(local: VmPool) -> None:
    """In the order of XAPI's checks: each reason is taken away after it was seen."""
    to_local2 = maps(local, v_root="local2")
    assert refused(local, vdi={"x": "y"}) == ("UUID_INVALID", "VDI", "x")
    assert refused(local, vif={"x": "y"}) == ("UUID_INVALID", "VIF", "x")
    assert refused(local, image_format={"x": "vhd"}) == ("UUID_INVALID", "VDI", "x")
    local.change("web", platform={"nomigrate": "true"})
    for force in (False, True):
        assert refused(local, vdi=to_local2, force=force) == ("VM_IS_IMMOBILE", "web")
    local.change("web", platform={}, VCPUs_max=9)
    for host in ("p-share-xen2", "p-local2"):
        local.change(host, currently_attached=False)
    assert refused(local) == ("VDI_NOT_IN_MAP", "v-root")
    for host in ("p-share-xen2", "p-local2"):
        local.change(host, currently_attached=True)
    local.change("local2", type="iscsi")
    assert refused(local, vdi=to_local2) == ("SR_DOES_NOT_SUPPORT_MIGRATION", "local2", "VDI_SNAPSHOT;VDI_MIRROR")
    local.change("local2", type="ext")
    given = {"vdi": to_local2, "vif": {local.named["nic"]["uuid"]: local.named["lan"]["uuid"]}, "copy": True}
    local.change("v-root", cbt_enabled=True, on_boot="reset")
    assert refused(local, **given) == ("HOST_NOT_ENOUGH_PCPUS", "9", "4")
    local.change("web", VCPUs_max=1)
    assert refused(local, **given)[:1] == ("OPERATION_NOT_ALLOWED",)
    assert "VIFs" in refused(local, **given)[1]
    del given["vif"]
    assert "not copied" in refused(local, **given)[1]
    del given["copy"]
    assert refused(local, **given) == ("VDI_CBT_ENABLED", "v-root")
    local.change("v-root", cbt_enabled=False)
    assert refused(local, **given) == ("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION", "v-root")
    local.change("v-root", on_boot="persist")
    assert refused(local, "xen1", **given) == ("VM_REQUIRES_SR", "web", "local2")
    local.change("local2", physical_size=GIB // 2)
    assert refused(local, **given)[0] == "SR_BACKEND_FAILURE_44"
    local.change("local2", physical_size=2 * GIB)
    local.change("xen1", host_metrics_live=False)
    assert refused(local, **given) == ("HOST_OFFLINE", "xen1")


def test_a_cd_must_stay_where_it_is(local: VmPool) -> None:
    """xe maps the CD as if it were a disk, and CDs cannot move."""
    local.add("isos", "sr", type="iso", shared=True, content_type="iso")
    for host in ("xen1", "xen2"):
        local.add(f"p-{host}", "pbd", sr_uuid="isos", host_uuid=host, device_config={"location": "h:/x"})
        local.change(f"p-{host}", currently_attached=True)
    local.add("debian", "vdi", sr_uuid="isos", read_only=True, location="debian")
    local.add(
        "drive", "vbd", vm_uuid="web", vdi_uuid="debian", userdevice="3", type="CD", mode="RO", currently_attached=True
    )
    to_local2 = maps(local, v_root="local2")
    assert refused(local, vdi=to_local2) == ("SR_DOES_NOT_SUPPORT_MIGRATION", "isos", "VDI_SNAPSHOT;VDI_MIRROR")
    moved(local, vdi=to_local2 | maps(local, debian="isos"))
    assert local.value("drive", "vdi-uuid") == "debian"


def test_a_map_without_a_key_is_no_filter(xe: "Xe") -> None:
    xe.do("vm-create name-label=web")
    xe.do("vm-start vm=web")
    result = xe("vm-migrate vm=web host=xen1 vdi=x")
    assert (result.out, result.status) == ("", 0)
    assert "vdi without a key (it is a map: vdi:<key>=<value>)" in result.err


def test_a_script_moves_its_vms(xe: "Xe") -> None:
    xe.do("vm-create name-label=web")
    xe.do("vm-disk-add vm=web disk-size=1GiB device=0")
    xe.do("vm-start vm=web")
    host = xe.do("host-list --minimal")
    assert xe.do("vm-migrate vm=web live=true host-uuid={host}", host=host) == ""
    assert xe.do("vm-migrate vm=web host=xen1 --live") == ""
    vdi = xe.do("vdi-list name-label={name} --minimal", name="Created by xe")
    sr = xe.do("sr-list name-label={name} --minimal", name="Local storage")
    line = "vm-migrate vm=web remote-master=xen1 remote-username=root remote-password=hush vdi:{vdi}={sr}"
    told = xe.do(line, vdi=vdi, sr=sr)
    assert told.endswith(f"VDI {vdi} -> SR {sr}")
    assert xe.do(line + " --minimal", vdi=vdi, sr=sr) == ""
    assert "hush" not in xe.do("state-history")
