"""pool-eject: a member leaves its pool, and is a new host in a state file of its own."""

from pathlib import Path

import pytest
from conftest import Xe
from conftest import run as run_line

from xe_py.errors import StateFileError
from xe_py.store import committing, store_for

DONE = "Specified host will attempt to restart as a master of a new pool in 10. seconds..."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a pool of two hosts with bonds and a shared SR, made once."""
    path = tmp_path_factory.mktemp("pool") / "pool.toml"
    assert run_line(["--state", str(path), "state-init", "name-label=xen", "preset=bonded", "hosts=2", "vms=1"]) == 0
    return path.read_bytes()


@pytest.fixture
def pool(tmp_path: Path, made: bytes) -> Xe:
    (tmp_path / "pool.toml").write_bytes(made)
    return Xe(tmp_path / "pool.toml")


def member(pool: Xe) -> str:
    return pool.do("host-list name-label=xen-2 --minimal")


def alone(pool: Xe) -> Xe:
    return Xe(pool.state.parent / "xen-2.toml")


def test_a_member_gets_a_state_of_its_own(pool: Xe) -> None:
    uuid = member(pool)
    macs = pool.do(f"pif-list host-uuid={uuid} physical=true params=MAC --minimal")
    memory = pool.do(f"host-param-get uuid={uuid} param-name=memory-total")
    assert pool.do(f"pool-eject host-uuid={uuid} force=true") == DONE
    own = alone(pool)
    assert own.do("state-check").startswith("The state is sound")
    assert own.do("host-list params=name-label --minimal") == "xen-2"
    assert own.do("host-list --minimal") == uuid
    assert own.do("pif-list params=MAC --minimal") == macs
    assert own.do(f"host-param-get uuid={uuid} param-name=memory-total") == memory
    assert own.do("sr-list shared=false params=name-label --minimal") == "Local storage,Removable storage,DVD drives"
    assert own.do("template-list --minimal") == pool.do("template-list --minimal")
    own.do("vm-create name-label=new")


def test_nothing_of_the_member_stays_in_the_pool(pool: Xe) -> None:
    uuid = member(pool)
    before = {cls: pool.do(f"{cls}-list --minimal").count(",") + 1 for cls in ("pif", "bond", "pbd", "sr")}
    local = pool.do(f"host-param-get uuid={uuid} param-name=suspend-image-sr-uuid")
    disk = pool.do(f"vdi-create sr-uuid={local} name-label=gone virtual-size=1GiB")
    forgotten = pool.do(f"vdi-create sr-uuid={local} name-label=too virtual-size=1GiB")
    pool.do(f"vdi-forget uuid={forgotten}")
    pool.do(f"pool-eject host-uuid={uuid} force=true")
    after = {cls: pool.do(f"{cls}-list --minimal").count(",") + 1 for cls in before}
    assert after == {
        "pif": before["pif"] // 2,
        "bond": before["bond"] // 2,
        "pbd": before["pbd"] // 2,
        "sr": before["sr"] - 3,
    }
    assert pool.do("host-list params=name-label --minimal") == "xen"
    assert pool.do("vm-list is-control-domain=true params=name-label --minimal").count(",") == 0
    assert pool.code(f"vdi-param-get uuid={disk} param-name=uuid") == "UUID_INVALID"
    assert "volume" not in pool.state.read_text()
    pool.do("vm-start vm=vm1")


def test_what_lies_on_a_server_stays_there(pool: Xe) -> None:
    uuid = member(pool)
    at = "device-config:server=a device-config:serverpath=/b"
    sr = pool.do(f"sr-create name-label=mine type=nfs host-uuid={uuid} {at}")
    pool.do(f"vdi-create sr-uuid={sr} name-label=kept virtual-size=1GiB")
    pool.do(f"pool-eject host-uuid={uuid} force=true")
    assert sr in pool.state.read_text(), "the server still has it"
    again = pool.do(f"sr-introduce uuid={sr} type=nfs name-label=mine")
    pbd = pool.do(f"pbd-create sr-uuid={again} host-uuid={pool.do('host-list --minimal')} {at}")
    pool.do(f"pbd-plug uuid={pbd}")
    assert len(pool.do(f"vdi-list sr-uuid={sr} --minimal").split(",")) == 1


def test_xe_shows_what_will_be_lost_and_asks(pool: Xe) -> None:
    uuid = member(pool)
    local = pool.do(f"host-param-get uuid={uuid} param-name=suspend-image-sr-uuid")
    disk = pool.do(f"vdi-create sr-uuid={local} name-label=data virtual-size=1GiB")
    printed, _ = pool.piped(f"pool-eject host-uuid={uuid}", b"no\n")
    assert printed.decode().splitlines() == [
        "WARNING: Ejecting a host from the pool will reinitialise that host's local SRs.",
        "WARNING: What is on them will be lost.",
        "These VDIs will be gone:",
        f"VDI: {disk} (data)",
        "Type 'yes' to continue",
        "Aborted (you typed: 'no')",
    ]
    assert not alone(pool).state.exists()
    printed, result = pool.piped(f"pool-eject host-uuid={uuid}", b"yes\n")
    assert result.status == 0
    assert printed.decode().endswith(f"{DONE}\n")
    assert alone(pool).state.exists()


def test_a_script_puts_a_host_out_by_force(pool: Xe, tmp_path: Path) -> None:
    script = tmp_path / "script.sh"
    script.write_text(f"xe pool-eject host-uuid={member(pool)} --force\n")
    out = pool.do(f"batch {script}")
    assert out == DONE
    assert alone(pool).state.exists()


@pytest.mark.parametrize(
    ("cls", "fields", "wrong"),
    [
        ("host", {"host-metrics-live": False}, "HOST_OFFLINE"),
        ("pool", {"ha-enabled": True}, "HA_IS_ENABLED"),
        ("pool", {"current-operations": ["apply_updates"]}, "NOT_SUPPORTED_DURING_UPGRADE"),
    ],
)
def test_a_member_that_stays(pool: Xe, cls: str, fields: dict[str, object], wrong: str) -> None:
    with store_for(str(pool.state), {}).write("test") as opened:
        opened.state.update(opened.state.all(cls)[-1], fields)
        opened.commit()
    assert pool.code(f"pool-eject host-uuid={member(pool)} force=true") == wrong
    assert not alone(pool).state.exists()


def test_a_host_with_a_vm_stays_until_the_vm_stops(pool: Xe) -> None:
    uuid = member(pool)
    pool.do("vm-start vm=vm1 on=xen-2")
    refused = pool(f"pool-eject host-uuid={uuid} force=true")
    assert "VM resident on host" in refused.err
    vm = pool.do("vm-list name-label=vm1 --minimal")
    assert refused.err.endswith(f"Hint: xe --state {pool.state} vm-shutdown uuid={vm}\n")
    pool.do(f"vm-shutdown uuid={vm}")
    pool.do(f"pool-eject host-uuid={uuid} force=true")


def test_a_disk_in_use_keeps_the_host(pool: Xe) -> None:
    uuid = member(pool)
    local = pool.do(f"host-param-get uuid={uuid} param-name=suspend-image-sr-uuid")
    domain = pool.do(f"host-param-get uuid={uuid} param-name=control-domain-uuid")
    disk = pool.do(f"vdi-create sr-uuid={local} name-label=data virtual-size=1GiB")
    vbd = pool.do(f"vbd-create vm-uuid={domain} vdi-uuid={disk} device=0")
    pool.do(f"vbd-plug uuid={vbd}")
    assert pool.code(f"pool-eject host-uuid={uuid} force=true") == "VDI_IN_USE"


def test_the_coordinator_stays_until_another_host_coordinates(pool: Xe) -> None:
    uuid = pool.do("host-list name-label=xen --minimal")
    refused = pool(f"pool-eject host-uuid={uuid} force=true")
    assert "Code: INTERNAL_ERROR\n" in refused.err
    hint = f"pool-designate-new-master host-uuid={member(pool)}"
    assert refused.err.endswith(f"Hint: xe --state {pool.state} {hint}\n")
    pool.do(hint)
    pool.do(f"pool-eject host-uuid={uuid} force=true")
    assert Xe(pool.state.parent / "xen.toml").do("host-list --minimal") == uuid


# Two files


def test_a_dry_run_puts_nobody_out(pool: Xe) -> None:
    before = pool.state.read_bytes()
    assert "xen-2" in pool.do(f"pool-eject host-uuid={member(pool)} force=true --dry-run")
    assert pool.state.read_bytes() == before
    assert not alone(pool).state.exists()


def test_a_file_that_is_there_already_is_left_alone(pool: Xe) -> None:
    alone(pool).state.write_text("mine")
    refused = pool(f"pool-eject host-uuid={member(pool)} force=true")
    assert refused.status == 3
    assert f"{alone(pool).state} is needed, but there is one already" in refused.err
    assert alone(pool).state.read_text() == "mine"


def test_a_host_that_joined_gets_its_file_back(pool: Xe) -> None:
    own = Xe(pool.state.parent / "late.toml")
    assert own.run(["state-init", "name-label=late", "nics=4"]).status == 0
    uuid = own.do("host-list --minimal")
    assert own.run(["pool-join", f"master-address={pool.state}", "master-username=a", "master-password=b"]).status == 0
    assert own.state.is_symlink()
    pool.do(f"pool-eject host-uuid={uuid} force=true")
    assert not own.state.is_symlink()
    assert own.do("host-list --minimal") == uuid
    assert own.do("state-history")


@pytest.mark.parametrize(("hostname", "file"), [("a/../b", "a_.._b.toml"), ("..", None), ("a b", "a_b.toml")])
def test_the_file_has_a_safe_name(pool: Xe, hostname: str, file: str | None) -> None:
    uuid = member(pool)
    with store_for(str(pool.state), {}).write("test") as opened:
        opened.state.update(opened.state.need("host", uuid), {"hostname": hostname})
        opened.commit()
    pool.do(f"pool-eject host-uuid={uuid} force=true")
    assert (pool.state.parent / (file or f"{uuid}.toml")).exists()


def test_if_the_pool_cannot_be_saved_no_file_is_left(pool: Xe, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StateFileError("The disk is full.")

    monkeypatch.setattr(committing, "commit", full)
    assert pool(f"pool-eject host-uuid={member(pool)} force=true").status == 3
    assert not alone(pool).state.exists()


def test_a_crash_between_the_two_files_loses_nothing(pool: Xe, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    uuid = member(pool)
    with monkeypatch.context() as patched:
        patched.setattr(committing, "commit", crash)
        with pytest.raises(KeyboardInterrupt):
            run_line(["--state", str(pool.state), "pool-eject", f"host-uuid={uuid}", "force=true"])
    assert alone(pool).do("host-list --minimal") == uuid
    assert pool.do("host-list params=name-label --minimal") == "xen,xen-2"
    alone(pool).state.unlink()
    pool.do(f"pool-eject host-uuid={uuid} force=true")
