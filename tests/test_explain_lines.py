"""`xe --explain` says how the words of a line are read, what it acts on and changes, and which rules that touches."""

import json
from typing import Any

import pytest
from conftest import Xe

from xe_py import operations


@pytest.fixture
def web(xe: Xe) -> str:
    return xe.do("vm-create name-label=web")


def explained(xe: Xe, line: str) -> dict[str, list[str]]:
    """The lines below each head."""
    before = xe.state.read_bytes()
    parts = [part.splitlines() for part in xe.do(line).split("\n\n")]
    assert xe.state.read_bytes() == before
    return {head: [line.strip() for line in lines] for head, *lines in parts}


READ, ON, CHANGES, RULES, REFUSED = (
    "How its words are read", "What it acts on", "What changes", "Rules that are asked", "It is refused",
)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("vm-start vm=web", "vm=web: chooses the VM with this name or uuid."),
        ("vm-start vm=web on=xen1", "on=xen1: the parameter on. The name or uuid of the host; the pool chooses one if left out."),
        ("vm-start power-state=halted", "power-state=halted: a filter: only VMs with this value."),
        ("vm-start vm=web --multiple", "multiple=true: allows more than one VM."),
        ("vm-list power-state=halted", "power-state=halted: a filter on the field power-state. Whether the VM is halted, paused, running or suspended."),
        ("vm-list params=uuid", "params=uuid: the parameter params. The fields to show, separated by commas, or all."),
        ("vm-param-set uuid={web} other-config:a=b", "other-config:a=b: a new value of the key a of the field other-config. Extra settings that clients keep."),
        ("network-create name-label=n colour=red", "colour=red: network-create does not know it; ignored."),
        ("secret-create value=x", "value=***: the parameter value. The password."),
        ("vm-tree web", "vm=web: chooses the VM with this name or uuid."),
        ("state-diff 1", "serial=1: the parameter serial. The state to start from: a version in the history, a state file, or REV:FILE of git. By default the version before the other one."),
        ("batch x.sh", "file=x.sh: the parameter file. "),
    ],
)  # fmt: skip
def test_words(xe: Xe, web: str, line: str, read: str) -> None:
    found = explained(xe, f"--explain {line.format(web=web)}")
    assert any(each.startswith(read) for each in found[READ]), found[READ]


def test_objects_changes_and_rules(xe: Xe, web: str) -> None:
    found = explained(xe, "vm-start vm=web --explain")
    assert found[ON] == [f"VM web ({web})"]
    assert any(line.startswith("VM web: ") and "power-state" in line for line in found[CHANGES])
    assert "templates_do_not_run of class vm: " in "".join(found[RULES])
    assert REFUSED not in found
    assert explained(xe, "--explain vm-list name-label=web")[ON] == [f"VM web ({web})"]
    assert explained(xe, "--explain vm-list")[CHANGES] == ["Nothing: it only reads."]
    assert explained(xe, f"--explain vm-param-set uuid={web} name-label=www")[CHANGES] == ["VM www: name-label"]
    assert explained(xe, f"--explain vm-destroy uuid={web}")[CHANGES] == [f"VM {web} is removed"]
    assert explained(xe, "--explain network-create name-label=lan")[CHANGES] == ["network lan is made"]
    assert explained(xe, "--explain state-undo")[ON] == ["It works on the state file as a whole."]


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("vm-shutdown vmm=web", "Error: Unknown field 'vmm'"),
        ("vm-suspend vm=web", "The VM is in the wrong power state for this operation. (VM_BAD_POWER_STATE)"),
        ("vm-start vm=other", "Error: No matching VMs found"),
    ],
)
@pytest.mark.usefixtures("web")
def test_a_refusal_is_told(xe: Xe, line: str, refused: str) -> None:
    found = explained(xe, f"--explain {line}")
    assert found[REFUSED] == [refused]
    assert CHANGES not in found


@pytest.mark.usefixtures("web")
def test_some_of_several_are_told(xe: Xe) -> None:
    xe.do("vm-create name-label=db")
    xe.do("vm-start vm=db")
    found = explained(xe, "--explain vm-start --multiple is-control-domain=false")
    assert len(found[ON]) == 2
    assert found[REFUSED][0].endswith("(VM_BAD_POWER_STATE)")
    assert any(line.startswith("VM web: ") for line in found[CHANGES])


def test_a_program_gets_an_object(xe: Xe, web: str) -> None:
    found: dict[str, Any] = json.loads(xe.do("--explain vm-start vm=web --json"))
    assert found["objects"] == [web]
    assert {"class": "vm", "rule": "templates_do_not_run"} in found["rules"]


def test_a_script_cannot_hold_such_a_line(xe: Xe) -> None:
    script = xe.state.with_name("script")
    script.write_text("xe --explain vm-create name-label=web\n")
    assert "--explain" in xe.run(["batch", str(script)]).err
    assert xe.do("vm-list name-label=web --minimal") == ""


def test_every_command_can_be_explained_on_its_required_words(xe: Xe, web: str) -> None:
    before = xe.state.read_bytes()
    for name in operations.names()[::3]:
        command = operations.find(name)
        assert command is not None
        words = [f"{each.name}={web}" if each.name.endswith("uuid") else f"{each.name}=1" for each in command.required]
        result = xe.run([name, *words, "--explain"])
        assert (result.status, "INTERNAL_ERROR" in result.err) == (0, False), (name, result.err)
    assert xe.state.read_bytes() == before
