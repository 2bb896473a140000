"""`xe can <command>`: one line and the exit status say whether the command would be done; nothing is changed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe


@pytest.fixture
def vm(xe: "Xe") -> str:
    """A halted VM."""
    return xe.do("vm-create name-label=web")


def asked(xe: "Xe", line: str) -> tuple[int, str, str]:
    """The exit status and the output of the question, which changes nothing."""
    before = xe.state.read_bytes()
    result = xe.run(["can", *line.split()], partial=True)
    assert xe.state.read_bytes() == before
    return result.status, result.out, result.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("vm-start vm=web", "yes: 0 to add, 1 to change, 0 to remove\n"),
        ("vm-param-set uuid={vm} name-label=web", "yes: nothing changes\n"),
        ("vm-list", "yes\n"),
        ("state-show", "yes\n"),
        ("state-check", "yes\n"),
        ("state-undo", "yes: 0 to add, 0 to change, 1 to remove\n"),
        ("batch {script}", "yes: 1 to add, 0 to change, 0 to remove\n"),
    ],
)
def test_what_would_be_done_is_a_yes(xe: "Xe", vm: str, tmp_path: Path, line: str, said: str) -> None:
    script = tmp_path / "script"
    script.write_text("xe network-create name-label=n\n")
    assert asked(xe, line.format(vm=vm, script=script)) == (0, said, "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "vm-shutdown vm=web",
            "no: The VM is in the wrong power state for this operation. vm: {vm} (web), expected: running, ",
        ),
        ("vm-destroy uuid=x", "no: No object of this class has this uuid. type: VM, uuid: x [UUID_INVALID]\n"),
        ("batch {script}", "no: line 2: "),
        ("vm-shutdown --multiple is-a-template=false is-control-domain=false", "no: 2 of the objects would be refused"),
    ],
)
def test_what_would_be_refused_is_a_no_with_the_reason(xe: "Xe", vm: str, tmp_path: Path, line: str, said: str) -> None:
    xe.do("vm-create name-label=other")
    script = tmp_path / "script"
    script.write_text("xe network-create name-label=n\nxe vm-shutdown vm=web\n")
    status, out, err = asked(xe, line.format(script=script))
    assert (status, err, out.count("\n")) == (1, "", 1)
    assert out.startswith(said.format(vm=vm))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Error: Name a command behind can, as in: xe can vm-start vm=web"),
        ("vm-strat vm=web", "Unknown command: vm-strat"),
        ("vm-create", "Required parameter not found: name-label"),
        ("vm-start vm=nobody", "Error: No matching VMs found"),
        ("event-wait class=vm", "Error: event-wait changes nothing and is never refused. Run it without can."),
    ],
)
@pytest.mark.usefixtures("vm")
def test_what_makes_no_sense_is_no_answer(xe: "Xe", line: str, said: str) -> None:
    status, out, err = asked(xe, line)
    assert (status, out, err.splitlines()[0]) == (1, "", said)


def test_an_unsound_state_is_no_answer(xe: "Xe") -> None:
    xe.state.write_text(xe.state.read_text() + "\n[disk]\n")
    assert asked(xe, "vm-create name-label=a")[:2] == (3, "")


def test_a_program_gets_an_object(xe: "Xe", vm: str) -> None:
    yes = json.loads(asked(xe, "vm-start vm=web --json")[1])
    assert (yes["can"], yes["to-change"], yes["changes"][0]["uuid"]) == (True, 1, vm)
    no = json.loads(asked(xe, "vm-shutdown vm=web --json")[1])
    assert (no["can"], no["code"], no["parameters"][0]) == (False, "VM_BAD_POWER_STATE", vm)
    assert json.loads(asked(xe, "vm-list --json")[1]) == {"can": True}


@pytest.mark.usefixtures("vm")
def test_nothing_is_made_to_answer(xe: "Xe", tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    assert xe.run(["--state", str(new), "can", "state-init"]).out.startswith("yes: ")
    assert not new.exists()
    assert xe.do(f"can vm-export vm=web filename={tmp_path / 'web.xva'}") == "yes"
    assert not (tmp_path / "web.xva").exists()
    script = tmp_path / "script"
    script.write_text("xe can vm-start vm=web\n")
    assert "can" in xe(f"batch {script}").err


def test_can_may_be_a_value_and_a_name(xe: "Xe") -> None:
    xe.do("vm-create name-label=can")
    assert xe.do("vm-list name-label=can params=name-label --minimal") == "can"
    assert xe.code("can can") == "Unknown command: can"
