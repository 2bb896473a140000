"""What is refused of SRs, PBDs and VDIs, and with which values: the tables of XAPI, row by row."""

import pytest
from small_pool import GIB, SmallPool

NOBODY = "00000000-0000-4000-8000-000000000000"


def missing(number: str, key: str) -> tuple[str, ...]:
    """How a driver refuses a device-config without the key."""
    said = f"The device-config is not valid [opterr=device-config:{key} is missing]"
    return f"SR_BACKEND_FAILURE_{number}", "", said, ""


def storage(rules: str) -> SmallPool:
    """A running VM with disks of its own, and SRs in every state."""
    pool = SmallPool(rules)
    pool.add("local", "sr", type="ext", physical_size=10 * GIB)
    pool.add(
        "p-local",
        "pbd",
        sr_uuid="local",
        host_uuid="xen1",
        currently_attached=True,
        device_config={"device": "/dev/sda"},
    )
    pool.add("spare", "sr", type="lvm")
    pool.add("p-spare", "pbd", sr_uuid="spare", host_uuid="xen2")
    pool.add("share", "sr", type="nfs", shared=True)
    for host in ("xen1", "xen2"):
        pool.add(f"p-share-{host}", "pbd", sr_uuid="share", host_uuid=host, currently_attached=True)
    pool.add("isos", "sr", type="iso")
    pool.add(
        "p-isos",
        "pbd",
        sr_uuid="isos",
        host_uuid="xen1",
        currently_attached=True,
        device_config={"location": "nas:/iso"},
    )
    pool.add("drives", "sr", type="udev")
    pool.add("p-drives", "pbd", sr_uuid="drives", host_uuid="xen1", currently_attached=True)
    pool.add("tools", "sr", type="ext", is_tools_sr=True)
    pool.add("p-tools", "pbd", sr_uuid="tools", host_uuid="xen1", currently_attached=True)
    pool.add("lone", "sr", type="ext")
    pool.add("spare-too", "sr", type="ext")
    pool.add("odd", "sr", type="tape")
    pool.add("p-odd", "pbd", sr_uuid="odd", host_uuid="xen1")
    pool.add("web", "vm", power_state="running", resident_on="xen1", dom_id=7)
    pool.add("root", "vdi", sr_uuid="local", virtual_size=4 * GIB, location="place-1")
    pool.add("v-root", "vbd", vm_uuid="web", vdi_uuid="root", userdevice="0", currently_attached=True)
    pool.add("data", "vdi", sr_uuid="local", virtual_size=GIB, location="place-2")
    pool.add("base", "vdi", sr_uuid="local", managed=False)
    pool.add("stats", "vdi", sr_uuid="local", type="rrd")
    pool.add("bitmap", "vdi", sr_uuid="local", type="CBT metadata")
    pool.add("tracked", "vdi", sr_uuid="local", cbt_enabled=True)
    pool.add("kept", "vdi", sr_uuid="spare")
    pool.add("disc", "vdi", sr_uuid="isos", read_only=True)
    pool.add("stick", "vdi", sr_uuid="drives", location="place-3")
    pool.add("far", "sr", type="iscsi")
    pool.add("left", "volume", vdi=NOBODY, sr_uuid="drives", location="gone")
    pool.add("guest-tools", "vdi", sr_uuid="tools")
    pool.assert_sound()
    return pool


@pytest.fixture
def pool() -> SmallPool:
    return storage("strict")


@pytest.fixture
def xapi() -> SmallPool:
    return storage("xapi")


REFUSALS = [
    # VDIs
    ("vdi-create sr-uuid=isos name-label=x virtual-size=1", ("SR_OPERATION_NOT_SUPPORTED", "isos")),
    ("vdi-create sr-uuid=drives name-label=x virtual-size=1", ("SR_OPERATION_NOT_SUPPORTED", "drives")),
    ("vdi-create sr-uuid=tools name-label=x virtual-size=1", ("SR_OPERATION_NOT_SUPPORTED", "tools")),
    ("vdi-create sr-uuid=odd name-label=x virtual-size=1", ("SR_OPERATION_NOT_SUPPORTED", "odd")),
    ("vdi-create sr-uuid=spare name-label=x virtual-size=1", ("SR_HAS_NO_PBDS", "spare")),
    ("vdi-create sr-uuid=lone name-label=x virtual-size=1", ("SR_HAS_NO_PBDS", "lone")),
    (
        "vdi-create sr-uuid=local name-label=x virtual-size=6GiB",
        (
            "SR_BACKEND_FAILURE_44",
            "",
            f"The SR is full [opterr={11 * GIB} bytes are needed, the SR has {10 * GIB}]",
            "",
        ),
    ),
    (f"vdi-create sr-uuid={NOBODY} name-label=x virtual-size=1", ("UUID_INVALID", "SR", NOBODY)),
    ("vdi-destroy uuid=root", ("VDI_IN_USE", "root", "destroy")),
    ("vdi-destroy uuid=disc", ("SR_OPERATION_NOT_SUPPORTED", "isos")),
    ("vdi-destroy uuid=stick", ("SR_OPERATION_NOT_SUPPORTED", "drives")),
    ("vdi-destroy uuid=guest-tools", ("SR_OPERATION_NOT_SUPPORTED", "tools")),
    ("vdi-destroy uuid=stats", ("VDI_HAS_RRDS", "stats")),
    ("vdi-destroy uuid=kept", ("SR_HAS_NO_PBDS", "spare")),
    ("vdi-destroy uuid=base", ("VDI_NOT_MANAGED", "base")),
    ("vdi-forget uuid=root", ("VDI_IN_USE", "root", "forget")),
    ("vdi-forget uuid=stats", ("VDI_HAS_RRDS", "stats")),
    ("vdi-resize uuid=kept disk-size=1GiB", ("SR_HAS_NO_PBDS", "spare")),
    ("vdi-resize uuid=root disk-size=5GiB", ("VDI_IN_USE", "root", "resize")),
    ("vdi-resize uuid=disc disk-size=5GiB", ("SR_OPERATION_NOT_SUPPORTED", "isos")),
    ("vdi-resize uuid=bitmap disk-size=5GiB", ("VDI_INCOMPATIBLE_TYPE", "bitmap", "CBT metadata")),
    ("vdi-resize uuid=base disk-size=5GiB", ("VDI_NOT_MANAGED", "base")),
    ("vdi-resize uuid=root disk-size=5GiB online=true", ("SR_OPERATION_NOT_SUPPORTED", "local")),
    (
        "vdi-resize uuid=data disk-size=1",
        (
            "SR_BACKEND_FAILURE_79",
            "",
            "The VDI cannot have this size [opterr=1 bytes is less than it has now]",
            "",
        ),
    ),
    (
        "vdi-resize uuid=data disk-size=7GiB",
        (
            "SR_BACKEND_FAILURE_44",
            "",
            f"The SR is full [opterr={11 * GIB} bytes are needed, the SR has {10 * GIB}]",
            "",
        ),
    ),
    ("vdi-update uuid=root", ("VDI_IN_USE", "root", "update")),
    ("vdi-update uuid=disc", ("SR_OPERATION_NOT_SUPPORTED", "isos")),
    ("vdi-update uuid=kept", ("SR_HAS_NO_PBDS", "spare")),
    *(
        (f"vdi-introduce uuid={NOBODY} sr-uuid={sr} type=user location=x", ("SR_OPERATION_NOT_SUPPORTED", sr))
        for sr in ("isos", "local", "share", "spare", "odd")
    ),
    (f"vdi-introduce uuid={NOBODY} sr-uuid=far type=user location=x", ("SR_HAS_NO_PBDS", "far")),
    (
        f"vdi-introduce uuid={NOBODY} sr-uuid=drives type=user location=place-3",
        ("LOCATION_NOT_UNIQUE", "drives", "place-3"),
    ),
    ("vdi-introduce uuid=x sr-uuid=drives type=user location=place-3", ("LOCATION_NOT_UNIQUE", "drives", "place-3")),
    ("vdi-introduce uuid=x sr-uuid=drives type=user location=y", ("UUID_INVALID", "VDI", "x")),
    (
        f"vdi-introduce uuid={NOBODY} sr-uuid=drives type=user location=y",
        ("SR_BACKEND_FAILURE_46", "", "The SR does not have this VDI [opterr=there is nothing at y]", ""),
    ),
    (
        "vdi-introduce uuid=data sr-uuid=drives type=user location=gone",
        ("DB_UNIQUENESS_CONSTRAINT_VIOLATION", "VDI", "uuid", "data"),
    ),
    # SRs
    ("sr-create name-label=x type=tape host-uuid=xen1", ("SR_UNKNOWN_DRIVER", "tape")),
    ("sr-create name-label=x type=ext", ("Error: Required parameter not found: host-uuid",)),
    (
        "sr-create name-label=x type=ext host-uuid=xen1 device-config:device=/dev/sda",
        ("SR_DEVICE_IN_USE",),
    ),
    (
        "sr-create name-label=x type=LVM host-uuid=xen1 device-config:device=sdb",
        ("SR_BACKEND_FAILURE_91", "", "The device-config is not valid [opterr=device-config:device cannot be sdb]", ""),
    ),
    (
        "sr-create name-label=x type=smb shared=true device-config:server=nas device-config:SRmaster=true",
        ("VALUE_NOT_SUPPORTED", "SRmaster", "true", "only the storage drivers set this key"),
    ),
    ("sr-introduce name-label=x type=ext uuid=local", ("SR_UUID_EXISTS", "local")),
    ("sr-introduce name-label=x type=ext uuid=1", ("UUID_INVALID", "SR", "1")),
    ("sr-introduce name-label=x type=ext uuid=web", ("DB_UNIQUENESS_CONSTRAINT_VIOLATION", "SR", "uuid", "web")),
    ("sr-forget uuid=local", ("SR_HAS_PBD", "local")),
    ("sr-destroy uuid=local", ("SR_HAS_PBD", "local")),
    ("sr-destroy uuid=lone", ("SR_HAS_NO_PBDS", "lone")),
    ("sr-destroy uuid=spare", ("SR_NOT_EMPTY",)),
    ("sr-scan uuid=spare", ("SR_HAS_NO_PBDS", "spare")),
    ("sr-update uuid=spare", ("SR_HAS_NO_PBDS", "spare")),
    ("sr-update uuid=isos", ("SR_OPERATION_NOT_SUPPORTED", "isos")),
    # PBDs
    ("pbd-create sr-uuid=local host-uuid=xen1", ("PBD_EXISTS", "local", "xen1", "p-local")),
    (
        "pbd-create sr-uuid=lone host-uuid=xen1 device-config:SRmaster=true",
        ("VALUE_NOT_SUPPORTED", "SRmaster", "true", "only the storage drivers set this key"),
    ),
    (f"pbd-create sr-uuid=lone host-uuid={NOBODY}", ("UUID_INVALID", "host", NOBODY)),
    ("pbd-plug uuid=p-odd", ("SR_UNKNOWN_DRIVER", "tape")),
    ("pbd-plug uuid=p-spare", missing("90", "device")),
    ("pbd-unplug uuid=p-local", ("VDI_IN_USE", "root")),
    ("pbd-destroy uuid=p-local", ("OPERATION_NOT_ALLOWED", "PBD is currently attached")),
]


@pytest.mark.parametrize("rules", ["strict", "xapi"])
@pytest.mark.parametrize(("line", "refusal"), REFUSALS, ids=[line for line, _ in REFUSALS])
def test_refused(line: str, refusal: tuple[str, ...], rules: str) -> None:
    assert storage(rules).refusal(line) == refusal


MISSING_KEYS = [
    ("file", "location=", "94", "location"),
    ("linstor", "", "5004", "group-name"),
    ("linstor", "group-name=g", "5005", "redundancy"),
    ("lvmofcoe", "", "107", "SCSIid"),
    ("moosefs", "", "102", "masterhost"),
    ("moosefs", "masterhost=m", "101", "rootpath"),
    ("shm", "", "94", "location"),
    ("cephfs", "", "102", "server"),
    ("cephfs", "server=mon", "101", "serverpath"),
    ("ext", "", "90", "device"),
    ("ext", "device=", "90", "device"),
    ("file", "", "94", "location"),
    ("glusterfs", "", "102", "server"),
    ("iscsi", "target=san", "96", "targetIQN"),
    ("iso", "", "94", "location"),
    ("largeblock", "", "90", "device"),
    ("lvm", "", "90", "device"),
    ("lvmohba", "", "107", "SCSIid"),
    ("lvmoiscsi", "", "95", "target"),
    ("lvmoiscsi", "target=san", "96", "targetIQN"),
    ("lvmoiscsi", "target=san targetIQN=iqn.x", "107", "SCSIid"),
    ("nfs", "", "102", "server"),
    ("nfs", "server=nas", "101", "serverpath"),
    ("smb", "", "102", "server"),
    ("udev", "", "94", "location"),
    ("xfs", "", "90", "device"),
    ("zfs", "", "94", "location"),
]


@pytest.mark.parametrize(("type", "given", "number", "key"), MISSING_KEYS)
def test_a_driver_needs_its_keys(pool: SmallPool, type: str, given: str, number: str, key: str) -> None:
    config = " ".join(f"device-config:{word}" for word in given.split())
    refusal = pool.refusal(f"sr-create name-label=x type={type} host-uuid=xen1 {config}")
    assert refusal == missing(number, key)


WRONG_KEYS = [
    ("iscsi", "target=san port=0 targetIQN=iqn.x", "142", "port cannot be 0"),
    ("lvmoiscsi", "target=san port=65536", "142", "port cannot be 65536"),
    ("lvmoiscsi", "target=san port=x targetIQN=iqn.x SCSIid=1", "142", "port cannot be x"),
    ("lvmohba", "SCSIid=1 allocation=fat", "1", "allocation cannot be fat"),
    ("ext", "device=/dev/sdb,sdc", "91", "device cannot be /dev/sdb,sdc"),
]


@pytest.mark.parametrize(("type", "given", "number", "said"), WRONG_KEYS)
def test_a_driver_does_not_take_any_value(pool: SmallPool, type: str, given: str, number: str, said: str) -> None:
    config = " ".join(f"device-config:{word}" for word in given.split())
    refusal = pool.refusal(f"sr-create name-label=x type={type} host-uuid=xen1 {config}")
    said = f"The device-config is not valid [opterr=device-config:{said}]"
    assert refusal == (f"SR_BACKEND_FAILURE_{number}", "", said, "")


def test_the_last_port_and_both_allocations_are_taken(pool: SmallPool) -> None:
    config = "target=san port=65535 targetIQN=iqn.x SCSIid=1 allocation=thin"
    words = " ".join(f"device-config:{word}" for word in config.split())
    pool.xe(f"sr-create name-label=x type=lvmoiscsi host-uuid=xen1 {words}")


def test_nfs_asks_for_the_path_first_when_it_is_plugged(pool: SmallPool) -> None:
    pool.add("exports", "sr", type="nfs")
    pool.named["p"] = pool.xe("pbd-create sr-uuid=exports host-uuid=xen1")
    assert pool.refusal("pbd-plug uuid=p") == missing("101", "serverpath")


def test_a_lun_belongs_to_one_sr_whichever_host_sees_it(pool: SmallPool) -> None:
    line = "sr-create name-label=x type=lvmohba host-uuid={} device-config:SCSIid=360a"
    pool.xe(line.format("xen1"))
    assert pool.refusal(line.format("xen2")) == ("SR_DEVICE_IN_USE",)


def test_a_disk_of_another_host_is_another_disk(pool: SmallPool) -> None:
    pool.xe("sr-create name-label=x type=ext host-uuid=xen2 device-config:device=/dev/sda")


def test_two_srs_are_not_plugged_on_one_device(pool: SmallPool) -> None:
    pool.named["p"] = pool.xe("pbd-create sr-uuid=lone host-uuid=xen1 device-config:device=/dev/sdx,/dev/sda")
    said = "The storage does not hold this SR [opterr=/dev/sda holds another SR]"
    assert pool.refusal("pbd-plug uuid=p") == ("SR_BACKEND_FAILURE_47", "", said, "")
    pool.named["q"] = pool.xe("pbd-create sr-uuid=spare-too host-uuid=xen2 device-config:device=/dev/sda")
    pool.xe("pbd-plug uuid=q")


def test_an_sr_marked_as_indestructible_is_not_destroyed(pool: SmallPool) -> None:
    pool.change("local", other_config={"indestructible": "true"})
    pool.add("q", "pbd", sr_uuid="lone", host_uuid="xen1")
    pool.change("lone", other_config={"indestructible": "true"})
    assert pool.refusal("sr-destroy uuid=lone") == ("SR_INDESTRUCTIBLE", "lone")


def test_an_sr_that_caches_for_a_host_is_not_destroyed(pool: SmallPool) -> None:
    pool.add("q", "pbd", sr_uuid="lone", host_uuid="xen1")
    pool.change("xen2", local_cache_sr="lone")
    assert pool.refusal("sr-destroy uuid=lone") == ("SR_IS_CACHE_SR", "xen2")


def test_a_host_that_does_not_answer_does_nothing(pool: SmallPool) -> None:
    for host in ("xen1", "xen2"):
        pool.change(host, host_metrics_live=False)
    assert pool.refusal("pbd-plug uuid=p-spare") == ("HOST_OFFLINE", "xen2")
    assert pool.refusal("pbd-unplug uuid=p-isos") == ("HOST_OFFLINE", "xen1")
    line = "sr-create name-label=x type=ext host-uuid=xen2 device-config:device=/dev/sdb"
    assert pool.refusal(line) == ("HOST_OFFLINE", "xen2")


def test_an_sr_of_no_known_driver_that_a_hand_plugged_is_not_scanned(pool: SmallPool) -> None:
    pool.change("p-odd", currently_attached=True)
    assert pool.refusal("sr-scan uuid=odd") == ("SR_UNKNOWN_DRIVER", "tape")


def test_plugging_and_unplugging_twice_is_no_error(pool: SmallPool) -> None:
    pool.xe("pbd-plug uuid=p-local")
    pool.xe("pbd-unplug uuid=p-spare")


def test_a_pbd_is_not_unplugged_under_any_vdi_of_a_vm_on_its_host(pool: SmallPool) -> None:
    pool.add("shared-root", "vdi", sr_uuid="share")
    pool.add("shared-data", "vdi", sr_uuid="share")
    pool.add("replica", "vdi", sr_uuid="share", type="Metadata")
    for device, vdi in enumerate(("shared-root", "shared-data", "replica"), start=5):
        pool.add(f"v-{vdi}", "vbd", vm_uuid="web", vdi_uuid=vdi, userdevice=str(device), currently_attached=True)
    assert pool.refusal("pbd-unplug uuid=p-share-xen1") == ("VDI_IN_USE", "shared-root", "shared-data")
    pool.xe("pbd-unplug uuid=p-share-xen2")


# Two PBDs of an SR that is not shared


def test_under_the_strict_rules_an_sr_has_one_pbd_whatever_the_host(pool: SmallPool) -> None:
    assert pool.refusal("pbd-create sr-uuid=local host-uuid=xen2") == ("PBD_EXISTS", "local", "xen2", "p-local")


def test_under_the_rules_of_xapi_a_second_pbd_is_accepted_and_not_plugged(xapi: SmallPool) -> None:
    xapi.named["second"] = xapi.xe("pbd-create sr-uuid=local host-uuid=xen2 device-config:device=/dev/sda")
    assert xapi.value("local", "host") == "<shared>"
    assert xapi.refusal("pbd-plug uuid=second") == ("SR_NOT_SHARABLE", "local", "xen1")


# Who writes the file does not matter

BROKEN = [
    (
        "local",
        {"physical_size": GIB},
        {
            (
                "sr",
                "SR_BACKEND_FAILURE_44",
                "",
                f"The SR is full [opterr={5 * GIB} bytes are needed, the SR has {GIB}]",
                "",
            )
        },
    ),
    (
        "data",
        {"virtual_size": -1},
        {
            (
                "vdi",
                "SR_BACKEND_FAILURE_79",
                "",
                "The VDI cannot have this size [opterr=-1 bytes is not a valid size]",
                "",
            )
        },
    ),
    ("data", {"sr_uuid": NOBODY}, {("vdi", "HANDLE_INVALID", "SR", NOBODY)}),
    ("data", {"sr_uuid": None}, {("vdi", "FIELD_TYPE_ERROR", "sr-uuid")}),
    ("data", {"sr_uuid": "web"}, {("vdi", "HANDLE_INVALID", "SR", "web")}),
    ("data", {"type": "user"}, {("vdi", "FIELD_TYPE_ERROR", "type")}),
    ("data", {"location": "place-1"}, {("vdi", "LOCATION_NOT_UNIQUE", "local", "place-1")}),
    (
        "p-share-xen2",
        {"host_uuid": "xen1"},
        {
            ("pbd", "PBD_EXISTS", "share", "xen1", "p-share-xen1"),
            ("pbd", "PBD_EXISTS", "share", "xen1", "p-share-xen2"),
        },
    ),
    ("p-local", {"currently_attached": False}, {("vbd", "VM_REQUIRES_SR", "web", "local")}),
    ("p-local", {"host_uuid": "xen2"}, {("vbd", "VM_REQUIRES_SR", "web", "local")}),
    ("root", {"sr_uuid": "spare", "location": ""}, {("vbd", "VM_REQUIRES_SR", "web", "spare")}),
]


@pytest.mark.parametrize(("name", "fields", "found"), BROKEN, ids=[f"{name} {fields}" for name, fields, _ in BROKEN])
def test_a_hand_that_breaks_a_rule_is_found_out(
    pool: SmallPool, name: str, fields: dict[str, object], found: set[tuple[str, ...]]
) -> None:
    pool.change(name, **fields)
    assert pool.unsound() == found
    pool.assert_shown(name)


def test_an_sr_that_loses_its_sharing_is_found_out(xapi: SmallPool) -> None:
    xapi.change("share", shared=False)
    assert xapi.unsound() == {("pbd", "SR_NOT_SHARABLE", "share", host) for host in ("xen1", "xen2")}
    xapi.state.header["rules"] = "strict"
    assert {code for _, code, *_ in xapi.unsound()} == {"SR_NOT_SHARABLE", "PBD_EXISTS"}


def test_an_sr_stays_while_it_has_vdis_and_takes_its_pbds_along(pool: SmallPool) -> None:
    pool.state.delete(pool.named["lone"])
    pool.assert_sound()
    pool.state.delete(pool.named["drives"])
    assert pool.unsound() == {("vdi", "HANDLE_INVALID", "SR", "drives")}
    assert pool.gone() == {"lone", "drives", "p-drives", "left"}
