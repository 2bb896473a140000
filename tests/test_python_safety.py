"""A Python program is as safe as a command line: nothing is lost, no lock is passed by, no secret is shown."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from small_objects import with_passwords

from xe_py import classes
from xe_py.errors import Failure, Misuse, ScriptRefused, SeveralFailed, StateFileError, XeError
from xe_py.python import Host, open_host
from xe_py.state.core import Finding
from xe_py.store import store_for
from xe_py.store.index import cache, making
from xe_py.store.terms import Settings
from xe_py.store.toml import reader

if TYPE_CHECKING:
    from conftest import Process, Xe

SECRET = "HUNTER2"  # noqa: S105 - nobody's


# Objects of another time


def earlier_block(xe: "Xe") -> Any:
    with open_host(str(xe.state)) as host:
        return host.run("vm-create", name_label="web")


def refused_batch(host: Host) -> Any:
    vm = host.run("vm-create", name_label="web")
    with pytest.raises(ScriptRefused):
        host.batch([f"xe vm-destroy uuid={vm.uuid}", "xe vm-destroy uuid=none"])
    return vm


def record_of(host: Host) -> Any:
    vm = host.run("vm-create", name_label="web")
    record = host.state.get("vm", vm.uuid)
    with pytest.raises(ScriptRefused):
        host.batch([f"xe vm-destroy uuid={vm.uuid}", "xe vm-destroy uuid=none"])
    return record


def before_rollback(host: Host) -> Any:
    vm = host.run("vm-create", name_label="web")
    host.commit()
    host.run("vm-destroy", vm=vm)
    host.rollback()
    return vm


@pytest.mark.parametrize("make", [refused_batch, record_of, before_rollback])
def test_an_object_of_another_time_is_followed_by_its_uuid(xe: "Xe", make: Callable[[Host], Any]) -> None:
    with open_host(str(xe.state)) as host:
        vm = make(host)
        host.run("vm-memory-set", vm=vm, memory=3 << 30)
        assert vm["memory-static-max"] == 3 << 30
    assert xe.do("vm-list name-label=web params=memory-static-max --minimal") == str(3 << 30)


def test_so_is_one_of_an_earlier_block(xe: "Xe") -> None:
    vm = earlier_block(xe)
    with open_host(str(xe.state)) as host:
        host.run("vm-param-set", vm=vm, name_label="www")
        assert host.get("vm", vm) == vm
        assert host.get("vm", vm)["name-label"] == "www"
        assert vm["name-label"] == "web"
    assert xe.do("vm-list name-label=www --minimal") == vm.uuid


def test_an_object_that_is_gone_is_refused(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        vm, other = (host.run("vm-create", name_label=name) for name in ("web", "db"))
        record = host.state.get("vm", vm.uuid)
        host.run("vm-destroy", vm=vm)
        mark = host.state.mark()
        for given in (vm, vm.uuid, record):
            for name, arguments in {
                "vm-start": {"vm": given},
                "vm-destroy": {"vm": given},
                "vm-param-set": {"vm": given, "name_label": "x"},
                "vm-param-list": {"vm": given},
                "vbd-create": {"vm": given, "device": "0", "type": "CD", "mode": "RO"},
            }.items():
                with pytest.raises(Failure, match=f"UUID_INVALID: VM, {vm.uuid}"):
                    host.run(name, **arguments)
        with pytest.raises(Failure, match="UUID_INVALID"):
            vm["name-label"]
        assert vm["uuid"] == vm.uuid
        assert host.state.mark() == mark
        assert other["name-label"] == "db"


def test_the_state_itself_changes_no_record_but_its_own(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        vm = host.run("vm-create", name_label="web")
        gone = host.state.get("vm", vm.uuid)
        host.run("vm-destroy", vm=vm)
        stranger = type(gone)(gone.cls, {**host.state.all("vm")[0]})
        mark = host.state.mark()
        for record in (gone, stranger):
            with pytest.raises(Failure, match="HANDLE_INVALID"):
                host.state.update(record, {"name-label": "x"})
            with pytest.raises(Failure, match="HANDLE_INVALID"):
                host.state.delete(record)
        assert host.state.mark() == mark


def test_a_record_is_the_state_s_again_when_its_deletion_is_taken_back(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        vm = host.run("vm-create", name_label="web")
        host.run("vbd-create", vm=vm, device="0", type="CD", mode="RO")
        host.commit()
        before = {cls.name: host.state.all(cls.name) for cls in classes.sections()}
        host.run("vm-destroy", vm=vm)
        host.rollback()
        for cls, records in before.items():
            assert all(now is then for now, then in zip(host.state.all(cls), records, strict=True))


def test_what_is_read_is_the_reader_s_own(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        vm, other = (host.run("vm-create", name_label=name) for name in ("web", "db"))
        vm["tags"].append("x")
        vm["other-config"]["x"] = "y"
        with pytest.raises(TypeError):
            vm["name-label"] = "x"  # type: ignore[index] # that is what is tried
        assert (vm["tags"], other["tags"]) == ([], [])
        assert "x" not in vm["other-config"]


# After the block, in a fork, in threads


@pytest.mark.parametrize(
    "use",
    [
        lambda host: host.run("vm-create", name_label="x"),
        lambda host: host.run("vm-list"),
        lambda host: host.batch(["xe vm-create name-label=x"]),
        lambda host: host.get("pool", "x"),
        lambda host: host.find("vm"),
        lambda host: host.commit(),
        lambda host: host.rollback(),
    ],
    ids=["run", "run a list", "batch", "get", "find", "commit", "rollback"],
)
@pytest.mark.parametrize("leave", [None, ValueError("on purpose")], ids=["ended", "left"])
def test_a_host_is_of_no_use_after_its_block(xe: "Xe", use: Callable[[Host], Any], leave: Exception | None) -> None:
    try:
        with open_host(str(xe.state)) as host:
            vm = host.find("vm", is_control_domain=True)[0]
            if leave:
                raise leave
    except ValueError:
        pass
    before = xe.state.read_bytes()
    with pytest.raises(Misuse, match="The block of this host has ended"):
        use(host)
    assert xe.state.read_bytes() == before
    assert vm["is-control-domain"] is True
    assert repr(host).endswith(", ended>")


# How the child leaves the block: with "later" after its parent has left it.
LEAVING = [
    "sys.exit", "os._exit", "end of the block", "later", "later, unknown to Python", "parent killed",
    "later, parent killed",
]  # fmt: skip
FORK = """
import ctypes, os, sys, time
from xe_py import open_host
from xe_py.errors import Misuse

path, leave = sys.argv[1:]
parent = os.getpid()
with open_host(path) as host:
    web = host.run("vm-create", name_label="web")
    child = ctypes.CDLL(None).fork() if leave == "later, unknown to Python" else os.fork()
    if child and "killed" in leave:
        os.kill(parent, 9)
    elif child and "later" not in leave:
        os.waitpid(child, 0)
    elif not child:
        refused = 0
        for use in (lambda: host.run("vm-create", name_label="child"), host.commit, host.rollback,
                    lambda: host.find("vm"), lambda: host.batch([]), lambda: host.value(web, "name-label")):
            try:
                use()
            except Misuse as misuse:
                refused += f"opened by process {parent}" in misuse.text
        print(refused, "refused by", os.getpid(), flush=True)
        if "later" in leave:
            time.sleep(60)
        if leave == "os._exit":
            os._exit(0)
        if leave == "sys.exit":
            sys.exit(0)
"""


@pytest.mark.parametrize("leave", LEAVING)
def test_a_forked_child_neither_writes_nor_keeps_the_lock(process: "Process", xe: "Xe", leave: str) -> None:
    # The output goes to files: a child may outlive its parent.
    out, err = process.home / "out", process.home / "err"
    with out.open("w") as told, err.open("w") as said:
        subprocess.run(
            [sys.executable, "-c", FORK, str(xe.state), leave],
            env=process.environment, stdout=told, stderr=said, check=False,
        )  # fmt: skip
    while not out.read_text().endswith("\n"):
        time.sleep(0.01)
    done = process.xe("--state", str(xe.state), "vm-create", "name-label=next", XE_LOCK_TIMEOUT="0")
    assert done.status == 0, done.err
    refused, *_, child = out.read_text().split()
    if "later" in leave:
        os.kill(int(child), 9)
    assert refused == "6"
    names = xe.do("vm-list is-control-domain=false params=name-label --minimal")
    assert names == ("next" if "killed" in leave else "web,next")
    assert ("Misuse" in err.read_text()) == (leave in {"end of the block", "parent killed"})


def in_threads(count: int, work: Callable[[int], None]) -> list[BaseException]:
    """Do the work in so many threads at once; what was raised."""
    raised: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - it is told to the test
            raised.append(error)

    threads = [Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_threads_on_one_host_lose_nothing(xe: "Xe") -> None:
    def work(number: int) -> None:
        for turn in range(10):
            vm = host.run("vm-create", name_label=f"{number}-{turn}")
            with pytest.raises(Failure):
                host.run("vm-resume", vm=vm)
            host.run("vm-param-set", vm=vm, name_description=vm["name-label"])
            if turn % 5 == 4:
                host.commit()

    with open_host(str(xe.state)) as host:
        assert not in_threads(6, work)
    rows = xe.do("vm-list is-control-domain=false params=name-description --minimal").split(",")
    assert sorted(rows) == sorted(f"{number}-{turn}" for number in range(6) for turn in range(10))


def test_threads_that_open_the_same_file_wait_for_one_another(xe: "Xe") -> None:
    def work(number: int) -> None:
        for turn in range(3):
            with open_host(str(xe.state)) as host:
                host.run("vm-create", name_label=f"{number}-{turn}")

    assert not in_threads(4, work)
    assert len(xe.do("vm-list is-control-domain=false --minimal").split(",")) == 12
    assert "serial: 13" in xe.do("state-show")


def test_a_block_in_a_block_of_the_same_file_is_told_whom_it_waits_for(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XE_LOCK_TIMEOUT", "0")
    with (
        open_host(str(xe.state)),
        pytest.raises(StateFileError, match=r"locked by this process itself \(xe python\)"),
        open_host(str(xe.state)),
    ):
        pass


def test_a_thread_that_outlives_the_block_is_refused_and_loses_nothing(xe: "Xe") -> None:
    made: list[str] = []

    def work(_: int) -> None:
        while True:
            made.append(host.run("vm-create", name_label="x").uuid)

    with open_host(str(xe.state)) as host:
        thread = Thread(target=lambda: made.append(str(in_threads(1, work)[0])))
        thread.start()
        while len(made) < 5:
            time.sleep(0.01)
    thread.join()
    assert "The block of this host has ended" in made.pop()
    assert sorted(xe.do("vm-list is-control-domain=false --minimal").split(",")) == sorted(made)


# The index


def settle(xe: "Xe") -> Path:
    """Have the file indexed; the base of the index."""
    then = time.time_ns() - 10 * making.GRAIN
    os.utime(xe.state, ns=(then, then))
    xe.do("vm-list")
    base = Path(f"{cache.path_for(os.path.realpath(xe.state), Settings(os.environ))}.base")
    assert base.exists()
    return base


def test_one_object_is_read_without_the_others(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    with open_host(str(xe.state)) as host:
        host.batch(["xe vm-create name-label=x"] * 1000)
        vm = host.run("vm-create", name_label="web")
    base = settle(xe)
    read: list[int] = []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda handle, length, start: read.append(length) or pread(handle, length, start))
    monkeypatch.setattr(reader, "read", None)
    with open_host(str(xe.state)) as host:
        assert host.get("vm", vm)["name-label"] == "web"
        host.run("vm-param-set", vm=vm, name_label="www")
    assert 0 < sum(read) < base.stat().st_size / 10


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("committed", [False, True])
def test_a_damaged_index_costs_nothing_that_was_done(xe: "Xe", changed: bool, committed: bool) -> None:
    vm, other = (xe.do(f"vm-create name-label={name}") for name in ("web", "db"))
    base = settle(xe)
    with open_host(str(xe.state)) as host:
        if changed:
            host.run("vm-param-set", vm=vm, name_label="www")
            new = host.run("vm-create", name_label="new")
            host.run("vm-destroy", vm=other)
        if committed:
            host.commit()
        data = bytearray(base.read_bytes())
        data[:] = bytes(byte ^ 0xFF for byte in data)
        with base.open("r+b") as file:
            file.write(data)
        network = host.find("network", bridge="xenbr0")[0]
        host.run("network-param-set", network=network, name_label="seen")
        names = [each["name-label"] for each in host.find("vm", is_control_domain=False, is_a_template=False)]
        assert names == (["www", "new"] if changed else ["web", "db"])
        if changed:
            host.run("vm-param-set", vm=new, name_description="x")
            if not committed:
                host.rollback()
                assert [
                    each["name-label"] for each in host.find("vm", is_control_domain=False, is_a_template=False)
                ] == ["web", "db"]
    names = xe.do("vm-list is-control-domain=false params=name-label --minimal")
    assert names == ("www,new" if changed and committed else "web,db")
    if not (changed and not committed):
        assert xe.do("network-list bridge=xenbr0 params=name-label --minimal") == "seen"


def test_what_has_a_secret_is_read_after_a_commit_too(xe: "Xe") -> None:
    pbd = with_secret(xe)
    settle(xe)
    with open_host(str(xe.state)) as host:
        host.run("vm-create", name_label="web")
        host.commit()
        assert host.get("pbd", pbd)["device-config"]["chappassword"] == SECRET
        host.run("pbd-param-set", pbd=pbd, other_config={"a": "b"})
    assert xe.state.read_text().count(SECRET) == 1


# Secrets


def with_secret(xe: "Xe") -> str:
    sr = xe.do("sr-introduce uuid=00000000-0000-4000-8000-000000000001 name-label=n type=iscsi shared=true")
    host = xe.do("host-list --minimal")
    pbd = xe.do(f"pbd-create sr-uuid={sr} host-uuid={host} device-config:target=t")
    with_passwords(xe, (pbd,), {"target": "t", "chappassword": SECRET})
    return pbd


def test_nothing_that_is_printed_shows_a_secret(xe: "Xe") -> None:
    uuid = with_secret(xe)
    with open_host(str(xe.state)) as host:
        pbd = host.get("pbd", uuid)
        host.run("pbd-param-set", {"other-config:secret": SECRET}, pbd=pbd)
        record = host.state.get("pbd", uuid)
        failure = Failure("PBD_EXISTS", record, record, blockers=(record,))
        finding = Finding("pbd", uuid, "device-config", failure)
        unsound = store_for(str(xe.state), os.environ).read()
        unsound.findings = [finding]
        shown = [
            pbd, record, host, host.state, failure, finding, host.state.changes(), host.find("pbd"),
            SeveralFailed([(uuid, failure)]), ScriptRefused("x", [(1, failure)]), unsound.unsound(),
            host.run("pbd-list", params="all"), host.run("pbd-param-list", pbd=pbd), [host.run("pbd-list")],
        ]  # fmt: skip
        for each in shown:
            assert SECRET not in f"{each} {each!r} {getattr(each, 'args', '')}"
        assert host.value(pbd, "device_config")["chappassword"] == SECRET
        assert uuid in f"{failure}"
        assert f"in the way: pbd {uuid}" in f"{failure}"
        assert uuid in f"{SeveralFailed([(uuid, failure)])}"
        assert repr(record) == f"<pbd {record['uuid']}>"
        with pytest.raises(XeError) as refused:
            host.run("pbd-param-set", {"device-config": SECRET}, pbd=pbd)
        assert SECRET not in repr(refused.value) + str(refused.value)
