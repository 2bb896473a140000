"""pool-join: a host in a state file of its own becomes a member of the pool in another one."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import Xe
from conftest import run as run_line

from xe_py.store import state_file, store_for

if TYPE_CHECKING:
    from conftest import Process

LOGIN = "master-username=root master-password=secret"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of a pool and of a host, made once."""
    made = {}
    for name, line in (("pool", "preset=classroom hosts=1"), ("host", "nics=3 vms=1")):
        path = tmp_path_factory.mktemp(name) / "state.toml"
        assert run_line(["--state", str(path), "state-init", f"name-label={name}", *line.split()]) == 0
        made[name] = path.read_bytes()
    return made


@pytest.fixture
def pool(tmp_path: Path, files: dict[str, bytes]) -> Xe:
    (tmp_path / "pool.toml").write_bytes(files["pool"])
    return Xe(tmp_path / "pool.toml")


@pytest.fixture
def host(tmp_path: Path, files: dict[str, bytes]) -> Xe:
    (tmp_path / "host.toml").write_bytes(files["host"])
    return Xe(tmp_path / "host.toml")


def edit(xe: Xe, cls: str, fields: dict[str, object]) -> None:
    """Give the first object of the class other values, as a hand in an editor would."""
    with store_for(str(xe.state), {}).write("test") as opened:
        opened.state.update(opened.state.all(cls)[0], fields)
        opened.commit()


def join(host: Xe, pool: Xe, *more: str) -> str:
    result = host.run(["pool-join", f"master-address={pool.state}", *LOGIN.split(), *more], partial=True)
    assert result.status == 0, result.err
    return result.out


def code(host: Xe, pool: Xe, more: str = "") -> str:
    before = pool.state.read_bytes()
    found = host.code(f"pool-join master-address={pool.state} {LOGIN} {more}")
    assert pool.state.read_bytes() == before
    return found


# What comes along


def test_the_file_of_the_host_leads_to_the_pool(host: Xe, pool: Xe) -> None:
    assert join(host, pool) == f"host is a member of the pool in {pool.state} now, and {host.state} leads there.\n"
    assert os.readlink(host.state) == "pool.toml"
    assert host.do("host-list params=name-label --minimal") == "pool,host"
    assert host.do("pool-list params=name-label") == pool.do("pool-list params=name-label")
    assert pool.do("state-check").startswith("The state is sound")
    host.do("vm-create name-label=both")
    assert pool.do("vm-list name-label=both params=name-label --minimal") == "both"


def test_a_host_keeps_its_uuid_its_storage_and_its_vms(host: Xe, pool: Xe) -> None:
    host.do("vm-snapshot vm=vm1 new-name-label=before")
    kept = {
        cls: set(host.do(f"{cls}-list {filters} params=uuid --minimal").split(","))
        for cls, filters in (
            ("host", ""),
            ("sr", "is-tools-sr=false"),
            ("vdi", "is-tools-iso=false"),
            ("vm", ""),
            ("snapshot", ""),
            ("vbd", ""),
            ("vif", ""),
            ("pif", ""),
        )
    }
    join(host, pool)
    for cls, uuids in kept.items():
        assert uuids <= set(pool.do(f"{cls}-list params=uuid --minimal").split(",")), cls
    pool.do("vm-start name-label=vm1 on=host --multiple")
    assert pool.do("vm-list power-state=running is-control-domain=false params=name-label --minimal") == "vm1,vm1"


def test_a_host_gets_what_the_hosts_of_the_pool_have(host: Xe, pool: Xe) -> None:
    uuid = host.do("host-list --minimal")
    join(host, pool)
    srs = pool.do(f"pbd-list host-uuid={uuid} params=sr-name-label currently-attached=true --minimal").split(",")
    assert sorted(srs) == ["DVD drives", "Local storage", "NFS storage", "Removable storage", "XenServer Tools"]
    vlans = pool.do(f"pif-list host-uuid={uuid} params=VLAN currently-attached=true --minimal").split(",")
    assert sorted(vlans) == ["-1", "-1", "-1", "10", "20"]
    assert len(set(pool.do("host-list params=address --minimal").split(","))) == 2
    assert pool.do("pool-list params=default-SR --minimal") == pool.do("sr-list type=nfs --minimal")


def test_networks_join_those_of_the_same_cards_and_others_are_made_anew(host: Xe, pool: Xe) -> None:
    own, other = (xe.do("network-create name-label=inner") for xe in (host, pool))
    bridges = pool.do("network-list params=bridge --minimal").split(",")
    vif = host.do(
        "vif-create vm-uuid={vm} network-uuid={own} device=1", vm=host.do("vm-list name-label=vm1 --minimal"), own=own
    )
    join(host, pool)
    assert sorted(pool.do("network-list params=bridge --minimal").split(",")) == sorted([*bridges, "xapi3"])
    new = pool.do(f"vif-list uuid={vif} params=network-uuid --minimal")
    assert new not in {own, other}
    assert pool.do(f"network-list uuid={new} params=name-label,bridge --minimal") == "inner"
    assert len(pool.do("pif-list device=eth0 VLAN=-1 params=network-uuid --minimal").split(",")) == 2
    assert len(set(pool.do("pif-list device=eth0 VLAN=-1 params=network-uuid --minimal").split(","))) == 1


@pytest.mark.slow
def test_disks_bring_their_contents(host: Xe, pool: Xe, tmp_path: Path) -> None:
    disk = host.do("vbd-list vm-name-label=vm1 params=vdi-uuid --minimal")
    data = os.urandom(1000)
    host.piped(f"vdi-import uuid={disk} filename=-", data)
    join(host, pool)
    pool.do(f"vdi-export uuid={disk} filename={tmp_path}/out")
    assert (tmp_path / "out").read_bytes()[:1000] == data
    assert "Warning" not in pool.do("state-check")


def test_the_guest_tools_are_those_of_the_pool(host: Xe, pool: Xe) -> None:
    host.do("vm-cd-add vm=vm1 cd-name=guest-tools.iso device=3")
    tools = pool.do("vdi-list is-tools-iso=true --minimal")
    join(host, pool)
    assert pool.do("vdi-list is-tools-iso=true --minimal") == tools
    assert pool.do("vbd-list type=CD params=vdi-uuid --minimal") == tools


def test_the_settings_of_a_host_follow_the_pool(host: Xe, pool: Xe) -> None:
    pool.do("pool-disable-ssh")
    host.do("host-disable")
    uuid = host.do("host-list --minimal")
    join(host, pool)
    assert pool.do(f"host-param-get uuid={uuid} param-name=ssh-enabled") == "false"
    assert pool.do(f"host-param-get uuid={uuid} param-name=enabled") == "true"


# What is refused


def software(**other: str) -> dict[str, object]:
    values = {
        "platform_version": "3.4.0",
        "product_brand": "XenServer",
        "xapi": "26.1",
        "network_backend": "openvswitch",
    }
    return {"software-version": {**values, "db_schema": "5.909", **other}}


# What is wrong, in the order of XAPI.
WRONG: list[tuple[str, str, str, dict[str, object]]] = [
    ("LICENCE_RESTRICTION", "host", "pool", {"restrictions": {"restrict_pool_size": "true"}}),
    ("HA_IS_ENABLED", "host", "pool", {"ha-enabled": True}),
    ("HA_IS_ENABLED", "pool", "pool", {"ha-enabled": True}),
    ("JOINING_HOST_CANNOT_HAVE_RUNNING_VMS", "host", "vm", {}),
    ("JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS", "host", "vm", {"current-operations": ["export"]}),
    ("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", "host", "host", {"pending-guidances": ["reboot_host"]}),
    ("HOSTS_NOT_COMPATIBLE", "host", "host", software(platform_version="3.3.0")),
    ("HOSTS_NOT_COMPATIBLE", "host", "host", software(product_brand="XCP-ng")),
    ("HOSTS_NOT_HOMOGENEOUS", "host", "host", software(xapi="25.6")),
    ("HOSTS_NOT_HOMOGENEOUS", "host", "host", {"cpu_info": {"cpu_count": "4", "vendor": "AuthenticAMD"}}),
    ("POOL_JOINING_EXTERNAL_AUTH_MISMATCH", "pool", "host", {"external-auth-type": "AD"}),
    ("LICENSE_HOST_POOL_MISMATCH", "pool", "host", {"edition": "premium"}),
    ("OPERATION_NOT_ALLOWED", "host", "host", software(network_backend="bridge")),
    ("POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION", "host", "host", {"API-version-minor": 21}),
    ("POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA", "host", "host", software(db_schema="5.786")),
    ("POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH", "host", "pool", {"tls-verification-enabled": False}),
    ("NOT_SUPPORTED_DURING_UPGRADE", "pool", "pool", {"current-operations": ["apply_updates"]}),
]


@pytest.mark.parametrize(("wrong", "where", "cls", "fields"), WRONG)
def test_a_host_that_cannot_join(
    host: Xe, pool: Xe, wrong: str, where: str, cls: str, fields: dict[str, object]
) -> None:
    if wrong == "LICENCE_RESTRICTION":
        pool.do("host-add name-label=second")
        pool.do("host-add name-label=third")
    if not fields:
        host.do("vm-start vm=vm1")
    else:
        edit({"host": host, "pool": pool}[where], cls, fields)
    assert code(host, pool) == wrong


def test_the_first_thing_that_is_wrong_is_refused(host: Xe, pool: Xe) -> None:
    pool.do("host-add name-label=second")
    pool.do("host-add name-label=third")
    for wrong, where, cls, fields in reversed(WRONG):
        if not fields:
            host.do("vm-start vm=vm1")
        else:
            edit({"host": host, "pool": pool}[where], cls, fields)
        assert code(host, pool) == wrong


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (("host-add name-label=second",), "JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS"),
        (
            ("sr-create name-label=s type=nfs shared=true device-config:server=a device-config:serverpath=/b",),
            "JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS",
        ),
        (
            ("network-create name-label=b", "bond-create network-uuid={} pif-uuids={eth1},{eth2}"),
            "POOL_JOINING_HOST_HAS_BONDS",
        ),
        (
            ("network-create name-label=v", "vlan-create network-uuid={} pif-uuid={eth1} vlan=7"),
            "POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS",
        ),
        (
            (
                "network-create name-label=v",
                "vlan-create network-uuid={} pif-uuid={eth1} vlan=7",
                "pif-reconfigure-ip uuid={} mode=DHCP",
                "host-management-reconfigure pif-uuid={}",
            ),
            "POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH",
        ),
    ],
)
def test_what_a_host_has_that_no_pool_takes(host: Xe, pool: Xe, lines: tuple[str, ...], wrong: str) -> None:
    cards = {f"eth{number}": host.do(f"pif-list device=eth{number} --minimal") for number in range(3)}
    last = ""
    for line in lines:
        last = host.do(line.replace("{}", last), **cards) or last
    assert code(host, pool) == wrong


@pytest.mark.parametrize(
    "fields",
    [{"cpu_info": {"cpu_count": "4", "vendor": "AuthenticAMD"}}, software(xapi="25.6")],
    ids=["cpus", "software"],
)
def test_force_joins_a_host_that_differs(host: Xe, pool: Xe, fields: dict[str, object]) -> None:
    edit(host, "host", fields)
    assert code(host, pool) == "HOSTS_NOT_HOMOGENEOUS"
    join(host, pool, "--force")


def test_a_host_that_nobody_manages_yet_does_not_join(host: Xe, pool: Xe) -> None:
    host.do("state-set rules=xapi")
    edit(host, "pif", {"management": False})
    assert code(host, pool) == "HOST_STILL_BOOTING"


def test_a_host_with_another_kind_of_address_does_not_join(host: Xe, pool: Xe) -> None:
    pool.do("state-set rules=xapi")
    ipv6 = {"primary-address-type": "IPv6", "IPv6-configuration-mode": "Static", "IPv6": ["fd00::1/64"]}
    edit(pool, "pif", ipv6)
    refused = host(f"pool-join master-address={pool.state} {LOGIN}")
    assert "Primary address type differs" in refused.err


def test_a_suspended_vm_comes_along(host: Xe, pool: Xe) -> None:
    host.do("vm-start vm=vm1")
    host.do("vm-suspend vm=vm1")
    vm = host.do("vm-list name-label=vm1 --minimal")
    join(host, pool)
    pool.do(f"vm-resume uuid={vm}")


def test_a_member_does_not_join_again(host: Xe, pool: Xe, files: dict[str, bytes]) -> None:
    assert "Host cannot become slave of itself" in pool(f"pool-join master-address={pool.state} {LOGIN}").err
    join(host, pool)
    assert code(host, pool) == "OPERATION_NOT_ALLOWED"
    again = Xe(host.state.parent / "again.toml")
    again.state.write_bytes(files["host"])
    refused = again(f"pool-join master-address={pool.state} {LOGIN}")
    assert "Host is already part of a pool" in refused.err


@pytest.mark.parametrize("address", ["192.168.1.10", "xen1.example.com", "/nowhere/pool.toml", ""])
def test_any_other_address_is_a_pool_that_does_not_answer(host: Xe, address: str) -> None:
    refused = host.run(["pool-join", f"master-address={address}", *LOGIN.split()])
    assert (refused.status, "Code: JOINING_HOST_SERVICE_FAILED\n" in refused.err) == (1, True)
    assert "master-address must be the state file of the pool" in refused.err
    assert "secret" not in refused.err


def test_a_pool_whose_coordinator_is_down_does_not_answer(host: Xe, pool: Xe) -> None:
    edit(pool, "host", {"host-metrics-live": False})
    assert code(host, pool) == "JOINING_HOST_SERVICE_FAILED"


# Two files


def test_a_dry_run_joins_nothing(host: Xe, pool: Xe) -> None:
    before = host.state.read_bytes(), pool.state.read_bytes()
    assert "host" in host.do(f"pool-join master-address={pool.state} {LOGIN} --dry-run")
    assert (host.state.read_bytes(), pool.state.read_bytes()) == before
    assert not host.state.is_symlink()


def test_a_crash_between_the_two_files_loses_nothing(host: Xe, pool: Xe, monkeypatch: pytest.MonkeyPatch) -> None:
    before = host.state.read_bytes()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(state_file.OpenedFile, "give_way", crash)
    with pytest.raises(KeyboardInterrupt):
        run_line(["--state", str(host.state), "pool-join", f"master-address={pool.state}", *LOGIN.split()])
    assert host.state.read_bytes() == before
    assert pool.do("host-list params=name-label --minimal") == "pool,host"


def test_the_host_comes_back_from_its_history(host: Xe, pool: Xe) -> None:
    host.do("vm-create name-label=mine")
    edited = host.state.read_text() + "# a remark\n"
    host.state.write_text(edited)
    join(host, pool)
    host.state.unlink()
    assert host.run(["state-undo"]).status == 0
    assert host.do("vm-list name-label=mine params=name-label --minimal") == "mine"
    assert host.do("host-list params=name-label --minimal") == "host"


def test_two_hosts_that_join_each_other_do_not_wait_for_ever(
    process: "Process", host: Xe, tmp_path: Path, files: dict[str, bytes]
) -> None:
    (tmp_path / "other.toml").write_bytes(files["pool"])
    pairs = [("host.toml", "other.toml"), ("other.toml", "host.toml")]
    both = [process.start("--state", a, "pool-join", f"master-address={b}", *LOGIN.split()) for a, b in pairs]
    ended = sorted(each.wait(timeout=60) for each in both)
    for each in both:
        each.communicate()
    assert ended == [0, 1], "one is a member, the other then has a member"
    assert host.do("host-list params=name-label --minimal").count(",") == 1


def test_the_lock_of_the_pool_is_waited_for(host: Xe, pool: Xe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XE_LOCK_TIMEOUT", "0")
    with store_for(str(pool.state), {}).write("somebody"):
        refused = host(f"pool-join master-address={pool.state} {LOGIN}")
    assert (refused.status, "xe somebody" in refused.err) == (3, True)
    monkeypatch.delenv("XE_LOCK_TIMEOUT")
    join(host, pool)
