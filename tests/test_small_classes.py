"""The classes whose objects follow from others, and what the other small classes have in common."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_objects import add_small_objects
from vm_pool import VmPool

from xe_py import classes, open_host
from xe_py.errors import Failure

if TYPE_CHECKING:
    from conftest import Xe


# Objects that no file holds


def test_what_follows_is_declared_so() -> None:
    assert {cls.name for cls in classes.everything() if cls.follows is not None} == classes.FOLLOWING
    assert not classes.FOLLOWING & set(classes.order())


def test_the_roles_are_those_of_xapi(xe: "Xe") -> None:
    assert xe.do("role-list params=name --minimal") == (
        "pool-admin,pool-operator,vm-power-admin,vm-admin,vm-operator,client-cert,read-only"
    )
    assert xe.do("role-list name=pool-admin --minimal") == "0165f154-ba3e-034e-6b27-5d271af109ba"
    assert xe.do("role-list name=pool-operator --minimal") == "b9ce9791-0604-50cd-0649-09b3284c7dfd"
    assert "[role" not in xe.state.read_text()


def test_a_vm_has_a_console_while_it_runs(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web domain-type=hvm")
    assert xe.do(f"console-list vm-uuid={vm} --minimal") == ""
    xe.do("vm-start vm=web")
    address = xe.do("host-list params=address --minimal")
    console = xe.do(f"console-list vm-uuid={vm} --minimal")
    assert xe.do(f"vm-param-get uuid={vm} param-name=console-uuids") == console
    assert xe.do("console-list vm-name-label=web params=protocol --minimal") == "RFB"
    assert xe.do(f"console-param-get uuid={console} param-name=location") == f"https://{address}/console?uuid={console}"
    xe.do("vm-shutdown vm=web force=true")
    assert xe.do(f"console-list vm-uuid={vm} --minimal") == ""
    assert xe.code(f"console-param-list uuid={console}") == "UUID_INVALID"


def test_a_guest_without_emulated_hardware_has_a_text_console() -> None:
    pool = VmPool()
    for kind, protocol in (("pv", "VT100"), ("pvh", "VT100"), ("hvm", "RFB")):
        vm = pool.vm(kind, "running", domain_type=kind)
        assert [each["protocol"] for each in pool.state.pointing_at(vm, "console.vm-uuid")] == [protocol]


def test_the_settings_of_a_console_are_kept(xe: "Xe") -> None:
    console = xe.do("console-list --minimal")
    xe.do(f"console-param-set uuid={console} other-config:a=1")
    xe.do(f"console-param-add uuid={console} param-name=other-config b=2")
    assert xe.do(f"console-param-get uuid={console} param-name=other-config") == "b: 2; a: 1"
    assert xe.code(f"console-param-add uuid={console} param-name=other-config b=2") == "MAP_DUPLICATE_KEY"
    xe.do(f"console-param-remove uuid={console} param-name=other-config param-key=a")
    assert xe.do(f"console-param-get uuid={console} param-name=other-config param-key=b") == "2"


def test_a_host_has_the_cpus_that_it_says(xe: "Xe") -> None:
    host = xe.do("host-list --minimal")
    count = xe.do(f"host-param-get uuid={host} param-name=cpu_info param-key=cpu_count")
    assert xe.do(f"host-cpu-list host-uuid={host} params=number --minimal") == ",".join(map(str, range(int(count))))
    assert set(xe.do("host-cpu-list params=speed --minimal").split(",")) == {"2400"}


@pytest.mark.parametrize("name", sorted(classes.FOLLOWING))
def test_nothing_changes_what_follows(name: str) -> None:
    state = VmPool().state
    (obj, *_) = state.all(name)
    assert state.get(name, obj["uuid"]) == obj
    with pytest.raises(Failure, match="OPERATION_NOT_ALLOWED"):
        state.delete(obj)
    with pytest.raises(Failure, match="OPERATION_NOT_ALLOWED"):
        state.update(obj, {next(iter(obj.cls.stored)): "x"})


# The file


def test_a_field_that_follows_today_may_be_written_empty(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    text = xe.state.read_text().replace('name-label = "web"\n', 'name-label = "web"\nvtpms = []\n')
    xe.state.write_text(text)
    assert xe.do("state-check")
    xe.do(f"vm-param-set uuid={vm} name-label=db other-config:password=x")
    assert "\nvtpms = []\n" in xe.state.read_text()
    assert xe.do(f"vm-param-get uuid={vm} param-name=vtpms") == ""
    xe.state.write_text(text.replace("vtpms = []", 'vtpms = ["x"]'))
    assert "vtpms is computed and not stored in the file; remove it" in xe.run(["state-check"], partial=True).out


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('roles = ["admin"]', 'roles has "admin" in it; it must be a list of pool-admin, pool-operator, '),
        ("roles = [1]", "roles has 1 in it; it must be a list of pool-admin, "),
        ('roles = ["read-only", "read-only"]', 'roles has "read-only" twice; each member may be there only once'),
        ('roles = "read-only"', 'roles is "read-only"; it must be a list of pool-admin, '),
    ],
)
def test_a_subject_has_roles_that_there_are(xe: "Xe", written: str, said: str) -> None:
    xe.state.write_text(f"{xe.state.read_text()}\n[subject.11111111-2222-4333-8444-555555555555]\n{written}\n")
    refused = xe.run(["state-check"], partial=True)
    assert refused.status == 3
    assert said in refused.out


def test_a_secret_is_shown_by_its_commands_alone(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        secret = host.state.add("secret", {"value": "5ecret"})["uuid"]
        host.commit()
    assert xe.do("secret-list params=value --minimal") == "5ecret"
    assert xe.do(f"secret-param-get uuid={secret} param-name=value") == "5ecret"
    assert f"+ secret {secret}\n    value: ***\n" in xe.do("state-diff")
    line = f"secret-param-set uuid={secret} value=0ther"
    assert f"~ secret {secret}\n    value: *** -> ***\n" in xe.do(f"{line} --dry-run")
    xe.do(line)
    assert "0ther" not in xe.do("state-history")
    kept = [path for path in Path(os.environ["XDG_CACHE_HOME"]).rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"0ther" in path.read_bytes() or b"5ecret" in path.read_bytes()]
    assert xe.do("secret-list params=value --minimal") == "0ther"


def test_a_reference_in_a_set_names_an_object(xe: "Xe") -> None:
    pool = xe.do("pool-list --minimal")
    nobody = "11111111-2222-4333-8444-555555555555"
    for line in (
        f"pool-param-set uuid={pool} repositories={nobody}",
        f"pool-param-add uuid={pool} param-name=repositories param-key={nobody}",
    ):
        assert xe.code(line) == "UUID_INVALID"


# What follows from other objects


def test_a_cluster_counts_its_hosts() -> None:
    pool = VmPool()
    cluster = pool.state.add("cluster", {})
    for host, enabled in (("xen1", True), ("xen2", True)):
        where = {"cluster": cluster["uuid"], "host": pool.named[host]["uuid"]}
        pool.state.add("cluster-host", {**where, "enabled": enabled})

    def counted() -> list[object]:
        names = ("expected-hosts", "live-hosts", "quorum", "is-quorate")
        return [pool.state.value(cluster, name) for name in names]

    assert counted() == [2, 2, 2, True]
    pool.change("xen2", host_metrics_live=False)
    assert counted() == [2, 1, 2, False]
    (member,) = pool.state.find("cluster-host", host=pool.named["xen2"]["uuid"])
    pool.state.update(member, {"enabled": False})
    assert counted() == [1, 1, 1, True]


def test_fields_follow_from_other_small_objects() -> None:
    pool = VmPool()
    pool.vm("vm")
    pool.disk("vbd", "vm")
    pool.vif("vif", "vm")
    made = add_small_objects(pool.state)
    values = {
        ("pgpu", "vendor-name"): "Maker",
        ("pgpu", "device-name"): "Card",
        ("pgpu", "pci-id"): "0000:05:00.0",
        ("pgpu", "dependencies"): ["0000:05:00.1"],
        ("pgpu", "resident-VGPUs"): [made["vgpu"]["uuid"]],
        ("gpu-group", "enabled-VGPU-types"): [made["vgpu-type"]["uuid"]],
        ("gpu-group", "supported-VGPU-types"): [made["vgpu-type"]["uuid"]],
        ("vgpu-type", "enabled-on-GPU-groups"): [made["gpu-group"]["uuid"]],
        ("vgpu-type", "supported-on-GPU-groups"): [made["gpu-group"]["uuid"]],
        ("vgpu-type", "max-resolution"): "1920x1080",
        ("vgpu", "type-model-name"): "whole",
        ("vgpu", "pci"): "0000:05:00.0",
        ("vtpm", "secret"): "MD5=6709e08f41e64f155478db98dcf95d83 size=6 bytes",
        ("hostdriver", "active-variant"): "generic",
        ("hostdriver", "selected-variant"): "generic",
        ("hostdriver", "variants"): ["generic/1.0"],
        ("hostdriver", "variants-dev-status"): ["generic=production"],
        ("hostdriver", "variants-uuid"): [f"generic/{made['hostdriver-variant']['uuid']}"],
        ("hostdriver", "variants-hw-present"): [],
        ("hostdriver-variant", "active"): True,
        ("hostdriver-variant", "selected"): True,
        ("hostdriver-variant", "driver-name"): "net",
        ("hostdriver-variant", "host-uuid"): pool.named["xen1"]["uuid"],
        ("rate-limit", "callers"): [made["caller"]["uuid"]],
    }
    assert {key: pool.state.value(made[key[0]], key[1]) for key in values} == values
    bare = {cls: pool.state.add(cls, {}) for cls in ("pgpu", "hostdriver")}
    assert pool.state.value(bare["pgpu"], "pci-id") is None
    assert pool.state.value(bare["hostdriver"], "active-variant") == "<none>"
