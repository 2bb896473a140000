"""`event-wait`: until an object is as somebody wants it, whoever makes it so, and however long that takes."""

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
from vm_pool import VmPool

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.operations.event import wait
from xe_py.python import open_host

if TYPE_CHECKING:
    import subprocess

    from conftest import Process, Xe

SOON = 20
"""The seconds after which a test that waits has failed."""


def started(process: "Process", state: str, *words: str) -> "subprocess.Popen[str]":
    """An event-wait in a process of its own that has begun to wait."""
    waiter = process.start("--state", state, "event-wait", *words)
    time.sleep(1)
    assert waiter.poll() is None, waiter.communicate()
    return waiter


def ended(waiter: "subprocess.Popen[str]") -> tuple[str, str, int]:
    out, err = waiter.communicate(timeout=SOON)
    return out, err, waiter.returncode


@pytest.mark.parametrize("name", classes.names())
def test_every_class_can_be_waited_for(name: str) -> None:
    pool = VmPool()
    view = classes.view(name)
    pool.vm("vm", is_a_template=name == "template", is_a_snapshot=name == "snapshot")
    pool.disk("vbd", "vm")
    pool.vif("vif", "vm")
    there = bool(pool.state.count(view.of))
    assert (wait(pool.state, [("class", name), ("uuid", "/=nothing")]) is None) == there
    assert wait(pool.state, [("class", name), ("uuid", "nothing")]) == float("inf")


def test_a_view_has_only_its_own_objects(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do("event-wait class=vm uuid={vm}", vm=vm)
    with open_host(xe.state) as host:
        assert wait(host.state, [("class", "template"), ("uuid", vm)]) is not None


@pytest.mark.parametrize(
    "words",
    [
        "power-state=halted",
        "power-state=/=running",
        "power-state=/=running power-state=/=paused",
        "uuid={vm} power-state=halted",
        "uuid={vm} networks=<not_in_database>",
        "name-label=web name-label=/=db is-a-template=false",
        "VCPUs-max=1",
        "tags=a,_b",
        "other-config=/=",
        "possible-hosts=/=",
    ],
)
def test_what_is_so_is_not_waited_for(xe: "Xe", words: str) -> None:
    vm = xe.do("vm-create name-label=web")
    for tag in ("b", "a"):
        xe.do(f"vm-param-add uuid={vm} param-name=tags param-key={tag}")
    given = [word.replace("_", " ") for word in words.format(vm=vm).split()]
    done = xe.run(["event-wait", "class=vm", *given])
    assert (done.out, done.err, done.status) == ("", "", 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("class=vms", "Error: There is no class 'vms' to wait for."),
        ("class=volume", "Error: There is no class 'volume' to wait for."),
        ("class=vm power=halted", "Error: key missing: power"),
        ("class=vm other-config:x=1", "Error: key missing: other-config:x"),
        ("power-state=halted", "Required parameter not found: class"),
    ],
)
def test_what_nobody_can_wait_for_is_refused(xe: "Xe", words: str, said: str) -> None:
    xe.do("vm-create name-label=web")
    assert xe.code(f"event-wait {words}") == said


def test_a_commit_of_another_process_ends_the_wait(process: "Process", xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    waiter = started(process, str(xe.state), "class=vm", f"uuid={vm}", "power-state=running")
    xe.do("vm-param-set uuid={vm} name-description=x", vm=vm)
    time.sleep(0.5)
    assert waiter.poll() is None
    xe.do("vm-start vm=web")
    assert ended(waiter) == ("", "", 0)


def test_an_edit_by_hand_ends_the_wait(process: "Process", xe: "Xe") -> None:
    xe.do("vm-create name-label=web")
    waiter = started(process, str(xe.state), "class=vm", "name-label=db")
    xe.state.write_text(xe.state.read_text().replace('"web"', '"db"'))
    assert ended(waiter) == ("", "", 0)


def test_a_file_that_goes_ends_the_wait_with_an_error(process: "Process", xe: "Xe") -> None:
    waiter = started(process, str(xe.state), "class=vm", "name-label=db")
    xe.state.unlink()
    out, err, status = ended(waiter)
    assert (out, status) == ("", 3)
    assert "does not exist" in err


def test_an_unsound_state_is_told_of_once(process: "Process", xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    text = xe.state.read_text()
    xe.state.write_text(text.replace(f"[vm.{vm}]\n", f"[vm.{vm}]\nVCPUs-max = 0\n"))
    waiter = started(process, str(xe.state), "class=vm", "name-label=db")
    xe.state.write_text(xe.state.read_text().replace('"web"', '"webs"'))
    time.sleep(0.3)
    xe.state.write_text(xe.state.read_text().replace('"webs"', '"db"'))
    out, err, status = ended(waiter)
    assert (out, status) == ("", 0)
    assert err.count("Warning: ") == 1


def test_an_interrupt_ends_the_wait(process: "Process", xe: "Xe") -> None:
    waiter = started(process, str(xe.state), "class=vm", "name-label=db")
    waiter.send_signal(signal.SIGINT)
    assert ended(waiter) == ("", "", 130)


def test_time_ends_a_wait_for_a_guest(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do("vif-create vm-uuid={vm} network-uuid={net} device=0 mac=random", vm=vm, net=network(xe))
    xe.do("vm-guest-set vm=web boot-time=2")
    xe.do("vm-start vm=web")
    before = time.time()
    xe.do("event-wait class=vm uuid={vm} networks=/=", vm=vm)
    assert time.time() - before < SOON
    assert xe.do("vm-param-get uuid={vm} param-name=networks param-key=0/ip", vm=vm)


def network(xe: "Xe") -> str:
    return xe.do("network-list bridge=xenbr0 --minimal")


def batch(xe: "Xe", script: str) -> tuple[str, str, int]:
    path = xe.state.parent / "script.sh"
    path.write_text(script)
    done = xe.run(["batch", str(path)])
    return done.out, done.err, done.status


def test_a_script_in_one_process_waits_for_what_time_brings(xe: "Xe") -> None:
    script = """\
xe vm-create name-label=web
xe vm-guest-set vm=web boot-time=2
xe vm-start vm=web
xe event-wait class=vm name-label=web PV-drivers-detected=true
xe vm-list name-label=web params=PV-drivers-detected --minimal
"""
    out, err, status = batch(xe, script)
    assert (err, status) == ("", 0)
    assert out.splitlines()[-1] == "true"


def test_a_script_in_one_process_does_not_wait_for_others(xe: "Xe") -> None:
    _, err, status = batch(xe, "xe event-wait class=vm name-label=web\n")
    assert status == 1
    assert "Error: The wait would never end, because nobody else can change the state meanwhile." in err


def test_a_program_waits_as_a_script_does(xe: "Xe") -> None:
    xe.do("vm-create name-label=web")
    with open_host(os.fspath(xe.state)) as host:
        assert host.run("event-wait", {"class": "vm"}, power_state="halted", name_label="/=db") is None
        with pytest.raises(Misuse, match="never end"):
            host.run("event-wait", {"class": "vm"}, power_state="running", is_control_domain=False)
        with pytest.raises(Misuse, match="class"):
            host.run("event-wait", power_state="running")
