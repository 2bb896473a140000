"""`--dry-run` checks everything, says what would change, and changes nothing."""

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from xe_py import classes
from xe_py.state.differences import differences

if TYPE_CHECKING:
    from conftest import Process, Xe


@pytest.fixture
def vm(xe: "Xe") -> str:
    """A VM with an empty CD drive and a description."""
    vm = xe.do("vm-create name-label=web domain-type=hvm")
    xe.do(f"vm-param-set uuid={vm} other-config:a=1 other-config:b=2")
    xe.do(f"vbd-create vm-uuid={vm} device=3 type=CD mode=RO")
    return vm


def told(xe: "Xe", line: str, **words: str) -> list[str]:
    """What a dry run prints, with nothing changed."""
    before = xe.state.read_bytes(), xe.state.stat()
    result = xe(line + " --dry-run", **words)
    assert result.status == 0, result.err
    assert result.err == ""
    assert (xe.state.read_bytes(), xe.state.stat()) == before
    return result.out.splitlines()


@pytest.mark.parametrize(
    ("switch", "changes"), [("--dry-run=true", False), ("--dry-run=1", False), ("--dry-run=No", True)]
)
def test_the_switch_may_have_a_value(xe: "Xe", switch: str, *, changes: bool) -> None:
    before = xe.state.read_bytes()
    assert xe(f"vm-create name-label=web {switch}").status == 0
    assert (xe.state.read_bytes() != before) == changes


def test_a_value_that_says_neither_yes_nor_no_is_refused(xe: "Xe") -> None:
    refused = xe("vm-create name-label=web --dry-run=perhaps")
    assert (refused.status, refused.err.splitlines()[0]) == (
        1,
        "Error: Failed to parse parameter '--dry-run': expecting true or false, got 'perhaps'",
    )


def test_a_changed_field_is_shown_as_it_was_and_as_it_would_be(xe: "Xe", vm: str) -> None:
    assert told(xe, f"vm-param-set uuid={vm} name-label=db") == [f"vm {vm} (db): name-label: web -> db"]
    assert told(xe, f"vm-param-set uuid={vm} name-description=x") == [f"vm {vm} (web): name-description: (empty) -> x"]
    assert told(xe, f"vm-param-set uuid={vm} VCPUs-max=2") == [f"vm {vm} (web): VCPUs-max: 1 -> 2"]
    assert told(xe, f"vm-param-set uuid={vm} name-label=web") == ["Nothing changes."]


def test_of_a_map_the_keys_are_shown(xe: "Xe", vm: str) -> None:
    assert told(xe, f"vm-param-set uuid={vm} other-config:a=3 other-config:c=4") == [
        f"vm {vm} (web): other-config:a: 1 -> 3",
        f"vm {vm} (web): other-config:c: (empty) -> 4",
    ]
    assert told(xe, f"vm-param-remove uuid={vm} param-name=other-config param-key=b") == [
        f"vm {vm} (web): other-config:b: 2 -> (empty)"
    ]


def test_new_and_deleted_objects_are_shown(xe: "Xe", vm: str) -> None:
    first, *fields = told(xe, "network-create name-label=backend")
    what = first.removesuffix(": created")
    assert what.startswith("network ")
    assert what.endswith(" (backend)")
    assert f"{what}: name-label: backend" in fields
    vbd = xe.do("vbd-list --minimal")
    assert told(xe, f"vm-destroy uuid={vm}") == [f"vm {vm} (web): deleted", f"vbd {vbd}: deleted"]


def test_what_follows_is_shown_too(xe: "Xe", vm: str) -> None:
    host = xe.do("host-list --minimal")
    shown = told(xe, f"vm-start uuid={vm}")
    assert f"vm {vm} (web): power-state: halted -> running" in shown
    assert f"vm {vm} (web): resident-on: <not in database> -> {host}" in shown
    assert any(line.endswith(": currently-attached: false -> true") for line in shown)


def test_rules_are_shown(xe: "Xe") -> None:
    assert told(xe, "state-set rules=xapi") == ["rules: strict -> xapi"]


def test_a_refusal_is_one_as_without(xe: "Xe", vm: str) -> None:
    for line in (f"vm-shutdown uuid={vm}", "vm-destroy uuid=x", "vm-create", "vm-nothing", "vm-start vm=nobody"):
        real, dry = xe(line), xe(line + " --dry-run")
        assert real.status == 1
        assert dry == real


def test_of_several_objects_those_that_would_be_done_are_shown(xe: "Xe", vm: str) -> None:
    other = xe.do("vm-create name-label=other")
    xe.do(f"vm-start uuid={vm}")
    result = xe.run(["vm-start", "--multiple", "is-control-domain=false", "--dry-run"], partial=True)
    assert result.status == 1
    assert f"vm {other} (other): power-state: halted -> running\n" in result.out
    assert f"operation failed on {vm}" in result.out
    assert xe.do(f"vm-param-get uuid={other} param-name=power-state") == "halted"


def test_it_takes_no_lock(process: "Process", xe: "Xe") -> None:
    holder = f"import time; from xe_py.host import open_host\nwith open_host({str(xe.state)!r}): print(flush=True); time.sleep(60)"
    running = subprocess.Popen(
        [sys.executable, "-c", holder], env=process.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "\n"
        result = process.xe("--state", str(xe.state), "vm-create", "name-label=a", "--dry-run", XE_LOCK_TIMEOUT="0")
        assert result.status == 0, result.err
    finally:
        running.kill()
        running.communicate()


def test_the_environment_asks_for_it_too(process: "Process", xe: "Xe") -> None:
    before = xe.state.read_bytes()
    result = process.xe("network-create", "name-label=a", XE_DRY_RUN="1", XE_STATE=str(xe.state))
    assert result.status == 0
    assert " (a): created\n" in result.out
    assert xe.state.read_bytes() == before
    assert process.xe("network-create", "name-label=a", XE_DRY_RUN="0", XE_STATE=str(xe.state)).status == 0
    assert xe.state.read_bytes() != before


def test_what_only_reads_is_done(xe: "Xe", vm: str) -> None:
    assert xe.do("vm-list name-label=web --minimal --dry-run") == vm
    assert xe.do("state-check --dry-run").startswith("The state is sound")


def test_a_script_is_shown_as_one_change(xe: "Xe", vm: str) -> None:
    path = xe.state.parent / "script.sh"
    path.write_text(
        f"NEW=$(xe vm-create name-label=new)\nxe vm-destroy uuid=$NEW\nxe vm-param-set uuid={vm} name-label=db\n"
    )
    assert told(xe, "batch {path}", path=str(path)) == [f"vm {vm} (db): name-label: web -> db"]


def test_a_state_is_made_only_in_words(xe: "Xe") -> None:
    new = xe.state.parent / "new.toml"
    result = xe.run(["--state", str(new), "state-init", "name-label=xen9", "rules=xapi", "--dry-run"])
    assert result.status == 0
    assert " (xen9): created\n" in result.out
    assert result.out.startswith("rules: strict -> xapi\n")
    assert not new.exists()
    assert not (xe.state.parent / "new.toml.d").exists()
    assert xe("state-init --dry-run").status == 3
    assert xe("state-init --dry-run --force").status == 0


def test_the_default_file_is_not_made(process: "Process") -> None:
    result = process.xe("vm-create", "name-label=a", "--dry-run")
    assert result.status == 3
    assert "does not exist" in result.err
    assert not (process.home / ".local").exists()


def test_an_unsound_state_is_refused(xe: "Xe") -> None:
    xe.state.write_text(xe.state.read_text() + "\n[disk]\n")
    assert xe("vm-create name-label=a --dry-run").status == 3


def test_secrets_are_not_told() -> None:
    pbd = classes.get("pbd")
    old, new = {"device-config": {"cifspassword": "a", "server": "b"}}, {"device-config": {"cifspassword": "c"}}
    assert differences(pbd, "u", old, new) == [
        "pbd u: device-config:cifspassword: *** -> ***",
        "pbd u: device-config:server: b -> (empty)",
    ]


def test_control_characters_are_written_out(xe: "Xe") -> None:
    result = xe.run(["network-create", "name-label=a\x1b[31m", "--dry-run"])
    assert "\x1b" not in result.out
    assert r"(a\x1b[31m): created" in result.out
