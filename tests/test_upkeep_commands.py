"""Updates, patches, drivers of hosts, and disaster recovery tasks."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_objects import add_small_objects
from vm_pool import VmPool

from xe_py.errors import Failure
from xe_py.operations import hostdriver
from xe_py.operations.drtask import WITH_METADATA

if TYPE_CHECKING:
    from conftest import Xe

DRIVERS = json.loads((Path(__file__).parent / "facts" / "drivers.json").read_text())


@pytest.fixture
def pool() -> VmPool:
    """A pool with one small object of each class; no host has the update or the patch yet."""
    pool = VmPool()
    pool.vm("vm")
    pool.disk("vbd", "vm")
    pool.vif("vif", "vm")
    pool.named |= add_small_objects(pool.state)
    for name in ("update", "patch"):
        pool.change(name, hosts=[])
    return pool


# Updates and patches


def test_an_update_is_applied_host_by_host_and_then_stays(pool: VmPool) -> None:
    pool.change("update", after_apply_guidance=["restartHost"])
    assert str(pool.xe("update-precheck host=xen1 uuid=update")) == "Ok."
    pool.xe("update-apply host=xen1 uuid=update")
    applied = ("UPDATE_ALREADY_APPLIED", "update")
    assert pool.refusal("update-apply host=xen1 uuid=update") == applied
    assert pool.refusal("update-precheck host=xen1 uuid=update") == applied
    assert pool.value("xen1", "updates") == pool.value("xen1", "updates-requiring-reboot") == ["update"]
    pool.xe("update-pool-apply uuid=update")
    assert pool.value("update", "hosts") == ["xen1", "xen2"]
    assert pool.refusal("update-pool-apply uuid=update") == ("UPDATE_ALREADY_APPLIED_IN_POOL", "update")
    assert pool.refusal("update-destroy uuid=update") == ("UPDATE_IS_APPLIED",)
    pool.xe("update-resync-host host-uuid=xen1")


def test_an_update_that_no_host_has_is_dropped_with_its_patch(pool: VmPool) -> None:
    pool.state.delete(pool.named["vbd"])
    pool.xe("update-pool-clean uuid=update")
    assert "v-vbd" in pool.gone()
    pool.xe("update-pool-clean uuid=update")
    pool.xe("update-destroy uuid=update")
    assert {"update", "patch"} <= pool.gone()


def test_a_patch_is_applied_host_by_host_and_then_stays(pool: VmPool) -> None:
    pool.xe("patch-precheck uuid=patch host-uuid=xen1")
    pool.xe("patch-apply uuid=patch host-uuid=xen1")
    for command in ("patch-apply", "patch-precheck"):
        assert pool.refusal(f"{command} uuid=patch host-uuid=xen1") == ("PATCH_ALREADY_APPLIED", "patch")
    pool.xe("patch-pool-apply uuid=patch")
    assert pool.value("patch", "hosts") == ["xen1", "xen2"]
    assert pool.value("xen2", "patches") == ["patch"]
    assert pool.refusal("patch-destroy uuid=patch") == ("PATCH_IS_APPLIED",)
    for command in ("patch-clean", "patch-pool-clean"):
        pool.xe(f"{command} uuid=patch")
    pool.change("patch", hosts=[])
    pool.xe("patch-destroy uuid=patch")
    assert "patch" in pool.gone()


# Drivers of hosts


def test_a_variant_of_a_driver_is_chosen(pool: VmPool) -> None:
    what = {"driver-uuid": pool.named["hostdriver"]["uuid"], "name": "new", "priority": 2.0, "hw-present": True}
    pool.named["variant2"] = pool.state.add("hostdriver-variant", what)
    assert pool.value("hostdriver", "variants") == ["new/", "generic/1.0"]
    pool.xe("hostdriver-select uuid=hostdriver variant-name=new")
    shown = ("active-variant", "selected-variant")
    assert [pool.value("hostdriver", name) for name in shown] == ["generic", "new"]
    none = ("HOST_DRIVER_NO_HARDWARE", "hostdriver-variant")
    assert pool.refusal("hostdriver-select uuid=hostdriver variant-name=generic") == none
    assert pool.refusal("hostdriver-variant-select uuid=hostdriver-variant") == none
    said = "Error: old does not identify a variant of this driver"
    assert pool.refusal("hostdriver-select uuid=hostdriver variant-name=old") == (said,)
    with pytest.raises(Failure, match="INVALID_VALUE"):  # Whoever calls the function itself gets the code of XAPI.
        hostdriver.select(pool.state, pool.named["hostdriver"], "old")
    forced = "This operation is dangerous and may cause data loss. This operation must be forced (use --force)."
    assert pool.refusal("hostdriver-deselect uuid=hostdriver") == (f"Error: {forced}",)
    pool.do("hostdriver-deselect", "hostdriver", force=True)
    assert [pool.value("hostdriver", name) for name in shown] == ["<none>", "<none>"]
    pool.xe("hostdriver-rescan host=xen1")
    pool.xe("hostdriver-variant-select uuid=variant2")
    assert pool.value("hostdriver", "selected-variant") == "new"


# Disaster recovery

LUN = "device-config:target=192.0.2.1 device-config:targetIQN=iqn.x device-config:SCSIid=lun"


def test_the_types_with_metadata_are_those_of_the_real_host() -> None:
    assert {type for type, facts in DRIVERS.items() if "SR_METADATA" in facts["features"]} == WITH_METADATA


def test_a_task_brings_forgotten_srs_in_and_takes_them_out(xe: "Xe") -> None:
    sr = xe.do(f"sr-create name-label=lost type=lvmoiscsi shared=true {LUN}")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=disk virtual-size=1GiB")
    xe.do(f"pbd-unplug uuid={xe.do(f'pbd-list sr-uuid={sr} --minimal')}")
    xe.do(f"sr-forget uuid={sr}")
    unwanted = xe.do(f"drtask-create type=lvmoiscsi {LUN}")
    assert xe.do(f"drtask-param-get uuid={unwanted} param-name=introduced-SRs") == ""
    task = xe.do(f"drtask-create type=lvmoiscsi {LUN} sr-whitelist={sr}")
    assert xe.do(f"drtask-param-get uuid={task} param-name=introduced-SRs") == sr
    assert xe.do(f"vdi-list uuid={vdi} params=name-label --minimal") == "disk"
    known = xe.do(f"drtask-create type=lvmoiscsi {LUN} sr-whitelist={sr}")
    assert xe.do(f"drtask-param-get uuid={known} param-name=introduced-SRs") == ""
    xe.do(f"drtask-destroy uuid={task}")
    assert xe.do(f"sr-list uuid={sr} --minimal") == ""
    assert xe.do("drtask-list --minimal").split(",") == [unwanted, known]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("drtask-create type=nfs", "OPERATION_NOT_ALLOWED"),
        ("drtask-create type=lvmoiscsi", "SR_BACKEND_FAILURE_95"),
        (f"drtask-create type=lvmoiscsi {LUN} device-config:chappassword_secret=x", "UUID_INVALID"),
    ],
)
def test_what_is_no_disaster_is_refused(xe: "Xe", line: str, code: str) -> None:
    assert xe.code(line) == code


def test_a_licence_may_leave_out_disaster_recovery(pool: VmPool) -> None:
    pool.change("pool", restrictions={"restrict_dr": "true"})
    assert pool.refusal("drtask-create type=lvmohba") == ("LICENCE_RESTRICTION", "DR")
