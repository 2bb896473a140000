"""Power states: what each allows, what each change brings about, and what is refused with which values."""

import pytest
from vm_pool import MIB, VmPool

STATES = ("halted", "paused", "running", "suspended")

# The command, its arguments, what it makes of the VM in each of the states where it is allowed, and the words with
# which a refusal names these states.
Change = tuple[str, dict[str, object], dict[str, str], str]
CHANGES: list[Change] = [
    ("vm-start", {}, {"halted": "running"}, "halted"),
    ("vm-start", {"on": "xen2"}, {"halted": "running"}, "halted"),
    ("vm-start", {"paused": True}, {"halted": "paused"}, "halted"),
    ("vm-resume", {}, {"suspended": "running"}, "suspended"),
    ("vm-resume", {"on": "xen2"}, {"suspended": "running"}, "suspended"),
    ("vm-pause", {}, {"running": "paused"}, "running"),
    ("vm-unpause", {}, {"paused": "running"}, "paused"),
    ("vm-suspend", {}, {"running": "suspended"}, "running"),
    ("vm-shutdown", {}, {"running": "halted"}, "running"),
    (
        "vm-shutdown",
        {"force": True},
        {"paused": "halted", "suspended": "halted", "running": "halted"},
        "paused, suspended, running",
    ),
    ("vm-reboot", {}, {"running": "running"}, "running"),
    ("vm-reboot", {"force": True}, {"paused": "running", "running": "running"}, "paused, running"),
]


@pytest.fixture
def pool() -> VmPool:
    return VmPool()


def web(pool: VmPool, state: str, **fields: object) -> None:
    """A VM in the state, with a disk and a VIF that are attached unless it is halted."""
    if state == "suspended":
        pool.add("image", "vdi", sr_uuid="share", virtual_size=MIB, location="image", type="Suspend")
        fields["suspend_VDI_uuid"] = "image"
    pool.vm("web", state, **fields)
    pool.disk("root", "web", currently_attached=state != "halted")
    pool.vif("nic", "web", currently_attached=state != "halted")
    pool.assert_sound()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("change", CHANGES)
def test_power_state(pool: VmPool, change: Change, state: str) -> None:
    command, arguments, becomes, expected = change
    web(pool, state)
    if state not in becomes:
        assert pool.no(command, "web", **arguments) == ("VM_BAD_POWER_STATE", "web", expected, state)
        return
    pool.do(command, "web", **arguments)
    after = becomes[state]
    live = after in {"running", "paused"}
    assert pool.value("web", "power-state") == after
    assert (pool.value("web", "resident-on") is not None) == live
    assert (pool.value("web", "dom-id") > 0) == live
    assert (pool.value("web", "VCPUs-number") == 1) == live
    assert pool.value("root", "currently-attached") == (after != "halted")
    assert pool.value("nic", "currently-attached") == (after != "halted")
    if "on" in arguments:
        assert pool.value("web", "resident-on") == "xen2"


def test_a_started_vm_tells_when_and_how(pool: VmPool) -> None:
    pool.vm("web", VCPUs_max=2, VCPUs_at_startup=2)
    assert pool.value("web", "last-boot-record") == "''"
    pool.do("vm-start", "web")
    assert pool.value("web", "start-time") is not None
    assert "('VCPUs-at-startup' '2')" in pool.value("web", "last-boot-record")
    assert pool.value("web", "memory-actual") == 256 * MIB
    assert pool.value("web", "current-domain-type") == "pv"
    assert pool.value("web", "PV-drivers-detected") is True


def test_each_domain_of_a_host_has_a_number_of_its_own(pool: VmPool) -> None:
    numbers = []
    for name in ("a", "b", "c"):
        pool.vm(name)
        pool.do("vm-start", name, on="xen1")
        numbers.append(pool.value(name, "dom-id"))
    assert len(set(numbers)) == 3


@pytest.mark.parametrize(("domain_type", "attached"), [("pv", False), ("hvm", True)])
def test_only_hvm_guests_see_empty_drives(pool: VmPool, domain_type: str, attached: bool) -> None:
    pool.vm("web", domain_type=domain_type)
    pool.add("drive", "vbd", vm_uuid="web", userdevice="3", type="CD", mode="RO")
    pool.do("vm-start", "web")
    assert pool.value("drive", "currently-attached") is attached


def test_a_reboot_attaches_what_was_added(pool: VmPool) -> None:
    web(pool, "running")
    pool.disk("data", "web", userdevice="1")
    pool.do("vm-reboot", "web")
    assert pool.value("data", "currently-attached") is True
    assert pool.value("web", "resident-on") == "xen1"


def test_a_start_is_refused_for_a_disk_that_another_vm_writes(pool: VmPool) -> None:
    pool = VmPool("xapi")
    web(pool, "running")
    pool.vm("other")
    pool.add("same", "vbd", vm_uuid="other", vdi_uuid="v-root", userdevice="0")
    assert pool.no("vm-start", "other") == ("VDI_IN_USE", "v-root")


# Suspending


@pytest.mark.parametrize(
    ("of_vm", "of_pool", "of_host", "chosen"),
    [
        ("local", "share", "share", "local"),
        (None, "share", "local", "share"),
        (None, None, "local", "local"),
        ("unplugged", "unplugged", "local", "local"),
    ],
)
def test_suspend_sr(pool: VmPool, of_vm: str | None, of_pool: str | None, of_host: str, chosen: str) -> None:
    pool.add("unplugged", "sr", type="ext", physical_size=1 << 40)
    web(pool, "running", suspend_SR_uuid=of_vm)
    pool.change("pool", suspend_image_SR=of_pool)
    pool.change("xen1", suspend_image_sr_uuid=of_host)
    pool.do("vm-suspend", "web")
    image = pool.state.ref(pool.named["web"], "suspend-VDI-uuid")
    assert (image["type"], image["name-label"]) == ("Suspend", "Suspend image")
    assert image["sr-uuid"] == pool.named[chosen]["uuid"]
    pool.do("vm-resume", "web")
    assert pool.value("web", "suspend-VDI-uuid") is None
    assert pool.state.get("vdi", image["uuid"]) is None


def test_suspend_needs_an_sr_with_room(pool: VmPool) -> None:
    web(pool, "running")
    pool.change("share", physical_size=(1 << 30) + MIB)
    assert pool.no("vm-suspend", "web") == ("SR_SUSPEND_SPACE_INSUFFICIENT", "share")
    pool.change("pool", suspend_image_SR=None)
    assert pool.no("vm-suspend", "web") == ("VM_NO_SUSPEND_SR", "web")


def test_a_forced_shutdown_of_a_suspended_vm_destroys_its_memory(pool: VmPool) -> None:
    web(pool, "suspended")
    pool.do("vm-shutdown", "web", force=True)
    assert pool.gone() == {"image"}
    assert pool.value("web", "suspend-VDI-uuid") is None


def test_disks_that_forget_are_not_suspended(pool: VmPool) -> None:
    web(pool, "running")
    pool.change("v-root", sm_config={"on_boot": "reset"})
    assert pool.no("vm-suspend", "web") == ("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION",)


# Guests


@pytest.mark.parametrize("command", ["vm-shutdown", "vm-reboot", "vm-suspend", "vm-vcpu-hotplug"])
@pytest.mark.parametrize(
    ("domain_type", "tools", "refused"),
    [("hvm", {"guest-tools": "false"}, True), ("hvm", {}, False), ("pv", {"guest-tools": "false"}, False)],
)
def test_hvm_guests_without_drivers_do_not_cooperate(
    pool: VmPool, command: str, domain_type: str, tools: dict[str, str], refused: bool
) -> None:
    web(pool, "running", domain_type=domain_type, other_config=tools)
    assert pool.value("web", "PV-drivers-detected") is (not tools)
    arguments = {"new_vcpus": 1} if command == "vm-vcpu-hotplug" else {}
    if refused:
        assert pool.no(command, "web", **arguments) == ("VM_LACKS_FEATURE", "web")
        if command in {"vm-shutdown", "vm-reboot"}:
            pool.do(command, "web", force=True)
    else:
        pool.do(command, "web", **arguments)


# What XAPI asks before every operation, in its order


def test_blocked_operations_come_first(pool: VmPool) -> None:
    web(pool, "halted", blocked_operations={"start": "not today", "destroy": "never"})
    assert pool.no("vm-start", "web") == ("OPERATION_BLOCKED", "web", "not today")
    assert pool.no("vm-destroy", "web") == ("OPERATION_BLOCKED", "web", "never")
    pool.do("vm-start", "web", on="xen1")
    assert pool.no("vm-start", "web") == ("OPERATION_BLOCKED", "web", "not today")


@pytest.mark.parametrize("platform", [{"nomigrate": "true"}, {"nested-virt": "1"}])
def test_vms_that_cannot_move_are_not_suspended(pool: VmPool, platform: dict[str, str]) -> None:
    web(pool, "running", platform=platform)
    assert pool.no("vm-suspend", "web") == ("VM_IS_IMMOBILE", "web")


def test_templates_and_snapshots_do_not_start(pool: VmPool) -> None:
    pool.vm("template", is_a_template=True)
    pool.vm("snapshot", is_a_template=True, is_a_snapshot=True)
    assert pool.no("vm-start", "template") == ("VM_IS_TEMPLATE", "template", "start")
    assert pool.no("vm-start", "snapshot") == ("VM_IS_SNAPSHOT", "snapshot", "start")


def test_control_domains_stay_as_they_are(pool: VmPool) -> None:
    no = ("OPERATION_NOT_ALLOWED", "This operation is not allowed on a control domain")
    for command in ("vm-shutdown", "vm-reboot", "vm-suspend", "vm-pause"):
        assert pool.no(command, "dom0") == no
    assert pool.no("vm-reset-powerstate", "dom0", force=True) == no


@pytest.mark.parametrize(
    ("state", "allowed", "forbidden"),
    [
        ("halted", {"start", "start_on", "destroy", "clone", "copy", "export"}, {"clean_shutdown", "resume", "pause"}),
        ("running", {"clean_shutdown", "hard_reboot", "pause", "suspend", "pool_migrate"}, {"start", "destroy"}),
        ("paused", {"unpause", "hard_shutdown", "hard_reboot"}, {"suspend", "clean_shutdown", "start"}),
        ("suspended", {"resume", "resume_on", "hard_shutdown", "destroy"}, {"start", "clone", "hard_reboot"}),
    ],
)
def test_allowed_operations(pool: VmPool, state: str, allowed: set[str], forbidden: set[str]) -> None:
    web(pool, state)
    found = set(pool.value("web", "allowed-operations"))
    assert allowed | {"snapshot", "metadata_export"} <= found
    assert not forbidden & found
    assert not {"provision", "revert", "snapshot_with_quiesce"} & found


def test_allowed_operations_of_templates_and_snapshots(pool: VmPool) -> None:
    pool.vm("template", is_a_template=True)
    pool.vm("default", is_a_template=True, is_default_template=True)
    pool.vm("snapshot", "suspended", is_a_template=True, is_a_snapshot=True)
    mine, theirs, kept = (set(pool.value(name, "allowed-operations")) for name in ("template", "default", "snapshot"))
    assert {"provision", "clone", "copy", "destroy", "migrate_send"} <= mine
    assert mine - theirs == {"destroy", "migrate_send"}
    assert kept == {"revert", "clone", "copy", "export", "metadata_export", "destroy", "hard_shutdown"}


# Lost hosts


@pytest.mark.parametrize("command", ["vm-shutdown", "vm-reboot", "vm-suspend", "vm-pause"])
def test_a_host_that_does_not_answer_does_nothing(pool: VmPool, command: str) -> None:
    web(pool, "running", host="xen2")
    pool.change("xen2", host_metrics_live=False)
    assert pool.no(command, "web") == ("HOST_OFFLINE", "xen2")


def test_reset_powerstate(pool: VmPool) -> None:
    web(pool, "running", host="xen2")
    pool.vm("near", "paused")
    assert pool.no("vm-reset-powerstate", "web")[0].endswith("This operation must be forced (use --force).")
    assert pool.no("vm-reset-powerstate", "near", force=True) == ("DOMAIN_EXISTS", "near")
    assert pool.no("vm-reset-powerstate", "web", force=True) == ("HOST_IS_LIVE", "xen2")
    pool.change("xen2", host_metrics_live=False)
    pool.do("vm-reset-powerstate", "web", force=True)
    assert pool.value("web", "power-state") == "halted"
    assert pool.value("root", "currently-attached") is False
