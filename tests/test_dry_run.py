"""`--dry-run` checks everything, says what would change, and changes nothing."""

import json
import re
import subprocess
import sys
from string import Formatter
from typing import TYPE_CHECKING

import pytest
import yaml

from xe_py import classes
from xe_py.state.changes import Change
from xe_py.state.plan import DETAILS, TITLES, plan_of
from xe_py.state.record import Record

if TYPE_CHECKING:
    from conftest import Process, Xe

UUID = "[0-9a-f-]{36}"


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


def plan(*blocks: str, add: int = 0, change: int = 0, remove: int = 0) -> list[str]:
    """The lines of a plan."""
    return [*blocks, "", f"Plan: {add} to add, {change} to change, {remove} to remove"]


def test_a_changed_field_is_shown_as_it_was_and_as_it_would_be(xe: "Xe", vm: str) -> None:
    assert told(xe, f"vm-param-set uuid={vm} name-label=db") == plan(
        f"~ vm db ({vm})", "    name-label: web -> db", change=1
    )
    assert told(xe, f"vm-param-set uuid={vm} name-description=x") == plan(
        f"~ vm web ({vm})", "    name-description: (empty) -> x", change=1
    )
    assert told(xe, f"vm-param-set uuid={vm} VCPUs-max=2") == plan(
        f"~ vm web ({vm})", "    VCPUs-max: 1 -> 2", change=1
    )
    assert told(xe, f"vm-param-set uuid={vm} name-label=web") == ["Nothing changes."]


def test_of_a_map_the_keys_are_shown(xe: "Xe", vm: str) -> None:
    assert told(xe, f"vm-param-set uuid={vm} other-config:a=3 other-config:c=4") == plan(
        f"~ vm web ({vm})", "    other-config:a: 1 -> 3", "    other-config:c: (none) -> 4", change=1
    )
    assert told(xe, f"vm-param-remove uuid={vm} param-name=other-config param-key=b") == plan(
        f"~ vm web ({vm})", "    other-config:b: 2 -> (none)", change=1
    )


def test_of_a_map_with_the_same_keys_the_order_is_shown() -> None:
    change = Change(classes.get("vm"), "u", {"other-config": {"a": "1", "b": "2"}}, None)
    change.after = Record(change.cls, {"other-config": {"b": "2", "a": "1"}})
    assert "    other-config (order): a, b -> b, a\n" in plan_of([change], {}, {})


def test_new_and_deleted_objects_are_shown(xe: "Xe", vm: str) -> None:
    first, *rest = told(xe, "network-create name-label=backend name-description=inside")
    assert re.fullmatch(rf"\+ network backend \({UUID}\)", first)
    assert rest == ["    name-description: inside", "    bridge: xapi0", *plan(add=1)]
    vbd = xe.do("vbd-list --minimal")
    assert told(xe, f"vm-destroy uuid={vm}") == plan(f"- vm web ({vm})", f"- vbd 3 of web ({vbd})", remove=2)


def test_names_stand_for_objects_and_sizes_have_units(xe: "Xe", vm: str) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    shown = told(xe, f"vdi-create sr-uuid={sr} name-label=disk virtual-size={3 << 29}")
    assert shown[1:3] == ["    sr-uuid: Local storage", "    virtual-size: 1.5 GiB"]
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=disk virtual-size={3 << 29}")
    assert told(xe, f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")[1] == "    vdi-uuid: disk"
    nearly = told(xe, f"vm-param-set uuid={vm} memory-static-max={(256 << 20) + 1}")
    assert nearly[1] == "    memory-static-max: 268435456 -> 268435457", "in words both would be 256 MiB"


def test_what_follows_is_shown_too(xe: "Xe", vm: str) -> None:
    vbd = xe.do("vbd-list --minimal")
    assert told(xe, f"vm-start uuid={vm}") == plan(
        f"~ vm web ({vm})",
        "    power-state: halted -> running",
        "    resident-on: (none) -> xen1",
        f"~ vbd 3 of web ({vbd})",
        "    currently-attached: false -> true",
        change=2,
    )


def test_the_full_plan_leaves_nothing_out(xe: "Xe", vm: str) -> None:
    short, full = told(xe, f"vm-start uuid={vm}"), told(xe, f"vm-start uuid={vm} --dry-run=full")
    assert set(short[:-2]) < set(full)
    for detail in ("    dom-id: -1 -> 1", "    name: VM_STARTED"):
        assert (detail in short, detail in full) == (False, True)
    assert any(line.startswith("    last-boot-record: ") and len(line) > 150 for line in full)
    assert full[-1] == "Plan: 1 to add, 2 to change, 0 to remove"
    assert "    name-label: new" in told(xe, "vm-create name-label=new --dry-run=full")


def test_a_change_of_a_detail_alone_is_shown(xe: "Xe", vm: str) -> None:
    assert told(xe, f"vm-param-set uuid={vm} user-version=7") == plan(
        f"~ vm web ({vm})", "    user-version: 0 -> 7", change=1
    )
    shown = told(xe, f"message-create vm-uuid={vm} name=HELLO priority=3 body=there")
    assert shown[0].startswith("+ message HELLO (")
    assert shown[-1] == "Plan: 1 to add, 0 to change, 0 to remove"


def test_a_program_gets_the_plan_with_types(xe: "Xe", vm: str) -> None:
    printed = json.loads("\n".join(told(xe, f"vm-param-set uuid={vm} VCPUs-max=2 name-label=db --json")))
    assert printed == {
        "settings": {},
        "changes": [
            {
                "action": "change",
                "class": "vm",
                "uuid": vm,
                "name-label": "db",
                "fields": {
                    "name-label": {"before": "web", "after": "db"},
                    "VCPUs-max": {"before": 1, "after": 2},
                },
            }
        ],
        "to-add": 0,
        "to-change": 1,
        "to-remove": 0,
    }
    gone = json.loads("\n".join(told(xe, f"vm-destroy uuid={vm} --json")))
    assert [(each["action"], each["class"], each.get("name-label")) for each in gone["changes"]] == [
        ("remove", "vm", "web"),
        ("remove", "vbd", None),
    ]
    assert gone["changes"][0]["fields"]["name-label"] == {"before": "web", "after": None}
    rules = json.loads("\n".join(told(xe, "state-set rules=xapi --json")))
    assert rules["settings"] == {"rules": {"before": "strict", "after": "xapi"}}
    assert yaml.safe_load("\n".join(told(xe, "state-set rules=xapi --yaml"))) == rules


def test_a_value_stands_on_one_line_and_a_long_one_is_cut_short(xe: "Xe", vm: str) -> None:
    line = ["vm-param-set", f"uuid={vm}", f"name-description=one\ntwo {'x' * 200}", "--dry-run"]
    head, value, *_ = xe.run(line).out.splitlines()
    assert (head, len(value)) == (f"~ vm web ({vm})", 150)
    assert value.startswith("    name-description: (empty) -> one\\ntwo xxx")
    assert value.endswith("x…")
    full = xe.run([*line[:-1], "--dry-run=full"]).out.splitlines()
    assert full[1] == f"    name-description: (empty) -> one\\ntwo {'x' * 200}"


def test_every_title_and_detail_is_a_field() -> None:
    fields = {field.name for cls in classes.everything() for field in cls.fields}
    assert not {*DETAILS} - fields
    for name, form in TITLES.items():
        assert {word for _, word, _, _ in Formatter().parse(form) if word} <= set(classes.get(name).stored)


def test_rules_are_shown(xe: "Xe") -> None:
    assert told(xe, "state-set rules=xapi") == plan("~ state", "    rules: strict -> xapi", change=1)


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
    assert f"~ vm other ({other})\n    power-state: halted -> running\n" in result.out
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
    assert result.out.startswith("+ network a (")
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
    assert told(xe, "batch {path}", path=str(path)) == plan(f"~ vm db ({vm})", "    name-label: web -> db", change=1)


def test_a_state_is_made_only_in_words(xe: "Xe") -> None:
    new = xe.state.parent / "new.toml"
    result = xe.run(["--state", str(new), "state-init", "name-label=xen9", "rules=xapi", "--dry-run"])
    assert result.status == 0
    assert "+ host xen9 (" in result.out
    assert result.out.startswith("~ state\n    rules: strict -> xapi\n")
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
    shown = plan_of([Change(pbd, "u", old, Record(pbd, new))], {}, {})
    assert "    device-config:cifspassword: *** -> ***\n    device-config:server: b -> (none)\n" in shown
    assert shown.data["changes"][0]["fields"]["device-config"] == {
        "before": {"cifspassword": "***", "server": "b"},
        "after": {"cifspassword": "***"},
    }


def test_control_characters_are_written_out(xe: "Xe") -> None:
    result = xe.run(["network-create", "name-label=a\x1b[31m", "--dry-run"])
    assert "\x1b" not in result.out
    assert r"+ network a\x1b[31m (" in result.out
