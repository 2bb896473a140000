"""The formats of xe_py: JSON, CSV, YAML, assignments for a shell, and tables; and refusals as objects."""

import csv
import io
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Process, Xe
from torture import furnish

from xe_py import classes

FORMATS = ("json", "csv", "yaml", "table", "shell")
# Whatever may stand in a name, and what must never reach a terminal as it is.
ODD = 'it\'s "odd", $HOME `x`; \\n # - é 名'
STEERING = "a\x1b[31m\x7f\x9b\u202eb"


@pytest.fixture
def web(xe: Xe) -> str:
    """A halted VM with two tags and a key in a map."""
    vm = xe.do("vm-create name-label=web")
    for tag in ("b", "a"):
        xe.do(f"vm-param-add uuid={vm} param-name=tags param-key={tag}")
    xe.do(f"vm-param-set uuid={vm} other-config:role=front")
    return vm


def values(text: str) -> Any:
    return json.loads(text)


def test_a_list_is_an_array_of_objects_whose_values_keep_their_types(xe: Xe, web: str) -> None:
    shown = "uuid,name-label,memory-static-max,is-a-template,tags,other-config,resident-on,HVM-shadow-multiplier"
    printed = xe.do(f"vm-list uuid={web} params={shown} --json")
    assert values(printed) == [
        {
            "uuid": web,
            "name-label": "web",
            "memory-static-max": 268435456,
            "is-a-template": False,
            "tags": ["a", "b"],
            "other-config": {
                "role": "front",
                "mac_seed": xe.do(f"vm-param-get uuid={web} param-name=other-config param-key=mac_seed"),
            },
            "resident-on": None,
            "HVM-shadow-multiplier": 1.0,
        }
    ]
    assert xe.do("vm-list name-label=nobody --json") == "[]"
    assert values(xe.do(f"vm-list uuid={web} --json")) == [{"uuid": web, "name-label": "web", "power-state": "halted"}]


def test_one_object_is_an_object_and_one_value_a_value(xe: Xe, web: str) -> None:
    found = values(xe.do(f"vm-param-list uuid={web} --json"))
    assert (found["name-label"], found["allowed-operations"][0]) == ("web", "create_vtpm")
    for field, value in (("memory-static-max", 268435456), ("tags", ["a", "b"]), ("resident-on", None)):
        assert values(xe.do(f"vm-param-get uuid={web} param-name={field} --json")) == value
    assert values(xe.do(f"vm-param-get uuid={web} param-name=other-config param-key=role --json")) == "front"


def test_what_a_command_makes_is_an_object(xe: Xe, web: str) -> None:
    made = values(xe.do("vm-create name-label=new --json"))
    assert made == {"uuid": xe.do("vm-list name-label=new --minimal")}
    assert xe.do("network-create name-label=n --shell") == f"uuid={xe.do('network-list name-label=n --minimal')}"
    assert xe.do(f"vm-param-set uuid={web} name-description=x --json") == ""


def test_a_name_may_follow_references(xe: Xe, web: str) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=disk virtual-size=1GiB")
    xe.do(f"vbd-create vm-uuid={web} vdi-uuid={vdi} device=0")
    empty = xe.do(f"vbd-create vm-uuid={web} device=1 type=CD mode=RO")
    chosen = "vdi.sr.name-label,vm-uuid.name-label,vdi-uuid.virtual-size"
    assert values(xe.do(f"vbd-list vm-uuid={web} params={chosen} --json")) == [
        {"vdi.sr.name-label": "Local storage", "vm-uuid.name-label": "web", "vdi-uuid.virtual-size": 1 << 30},
        {"vdi.sr.name-label": None, "vm-uuid.name-label": "web", "vdi-uuid.virtual-size": None},
    ]
    assert values(xe.do(f"vdi-list uuid={vdi} params=vbd-uuids.userdevice,sr.PBDs.host.name-label --json")) == [
        {"vbd-uuids.userdevice": ["0"], "sr.PBDs.host.name-label": ["xen1"]}
    ]
    assert values(xe.do(f"vbd-list uuid={empty} params=vdi.vbd-uuids.device --json")) == [{"vdi.vbd-uuids.device": []}]
    # Without a format, xe knows no such names.
    assert xe.do(f"vbd-list uuid={empty} params=uuid,vdi.sr.name-label --minimal") == empty


@pytest.mark.parametrize(
    ("line", "said", "note"),
    [
        ("vdi-list params=uuid,name-lable", "'name-lable' is no field of a VDI.", "did you mean name-label?"),
        (
            "vdi-list params=sr.nam-label",
            "'nam-label' in sr.nam-label is no field of a SR.",
            "did you mean name-label?",
        ),
        ("vdi-list params=name-label.uuid", "'name-label' in name-label.uuid is no reference of a VDI.", None),
        ("vm-disk-list vm=web vdi-params=x", "'x' is no field of a VDI.", None),
        ("cd-list params=x", "'x' is no field of a VDI.", None),
    ],
)
def test_a_name_that_is_no_field_is_refused(xe: Xe, web: str, line: str, said: str, note: str | None) -> None:
    vdi = xe.do(f"vdi-create sr-uuid={xe.do('sr-list type=ext --minimal')} name-label=disk virtual-size=1GiB")
    xe.do(f"vbd-create vm-uuid={web} vdi-uuid={vdi} device=0")
    for form in FORMATS:
        refused = xe(f"{line} --{form}")
        assert (refused.status, refused.out) == (1, "")
        assert said in refused.err
        assert note is None or note in refused.err
    assert xe(line).status == 0  # The real xe shows nothing of it.


def test_every_list_and_record_says_the_same_in_every_format(tmp_path: Path) -> None:
    """Of every class: the records of a list, as many as xe prints, and each value as xe prints it."""
    state = tmp_path / "host.toml"
    furnish(state)
    xe = Xe(state)
    for family in classes.names():
        listed = values(xe.do(f"{family}-list params=all --json"))
        assert [each["uuid"] for each in listed] == [
            line.rpartition(": ")[2] for line in xe(f"{family}-list params=uuid").out.splitlines() if line
        ]
        assert yaml.safe_load(xe.do(f"{family}-list params=all --yaml")) == listed
        rows = list(csv.DictReader(io.StringIO(xe.do(f"{family}-list params=all --csv"))))
        assert len(rows) == len(listed)
        for row, record in zip(rows, listed, strict=True):
            assert list(row) == list(record)
            for name, value in record.items():
                plain = isinstance(value, str)
                assert row[name] == ("" if value is None else value if plain else json.dumps(value, ensure_ascii=False))
        if listed:
            uuid = listed[0]["uuid"]
            assert values(xe.do(f"{family}-param-list uuid={uuid} --json")) == listed[0]
            assert yaml.safe_load(xe.do(f"{family}-param-list uuid={uuid} --yaml")) == listed[0]


def test_a_shell_takes_the_values_of_one_record(xe: Xe, web: str) -> None:
    xe.run(["vm-param-set", f"uuid={web}", f"name-label={ODD}"])
    text = xe.do(f"vm-list uuid={web} params=uuid,name-label,tags,resident-on,memory-static-max,is-a-template --shell")
    names = ("uuid", "name_label", "tags", "resident_on", "memory_static_max", "is_a_template")
    script = f"{text}\nprintf '%s\\n' " + " ".join(f'"${name}"' for name in names)
    done = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [web, ODD, "a; b", "", "268435456", "false"]
    for line, found in (("vm-list name-label=nobody", "no record"), ("sr-list", "4 records")):
        refused = xe(f"{line} --shell")
        assert (refused.status, refused.out) == (1, "")
        assert refused.err.startswith(f"Error: --shell needs exactly one record, and the command found {found}.\n")


def test_csv_may_come_without_its_head(xe: Xe, web: str) -> None:
    line = f"vm-list uuid={web} params=uuid,tags"
    assert xe.do(f"{line} --csv") == f'uuid,tags\n{web},"[""a"", ""b""]"'
    for word in ("--csv=noheader", "csv=noheader"):
        assert xe.do(f"{line} {word}") == f'{web},"[""a"", ""b""]"'
    assert xe.do("vm-list name-label=nobody params=uuid --csv") == ""


def test_a_table_has_names_for_references_and_sizes_with_units(xe: Xe, web: str) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    xe.do(f"vdi-create sr-uuid={sr} name-label=disk virtual-size=1536MiB")
    assert xe.do("vdi-list name-label=disk params=name-label,sr-uuid,virtual-size,read-only --table") == (
        "name-label  sr-uuid        virtual-size  read-only\ndisk        Local storage  1.5 GiB       false"
    )
    assert xe.do(f"vm-list uuid={web} params=name-label,memory-static-max,affinity --table") == (
        "name-label  memory-static-max  affinity\nweb         256 MiB"
    )
    shown = xe.do(f"vm-param-list uuid={web} --table").splitlines()
    assert [line.split() for line in shown[:3]] == [["field", "value"], ["uuid", web], ["name-label", "web"]]


def test_a_table_fits_its_terminal_and_colours_states(process: Process) -> None:
    process.xe("state-init", "name-label=xen1")
    process.xe("vm-create", "name-label=" + "long name " * 9)
    leader, follower = pty.openpty()
    environment = process.environment | {"COLUMNS": "60", "TERM": "xterm"}
    argv = [
        sys.executable,
        "-m",
        "xe_py",
        "vm-list",
        "params=name-label,power-state",
        "is-control-domain=false",
        "--table",
    ]
    with subprocess.Popen(argv, stdout=follower, env=environment):
        os.close(follower)
        shown = b""
        try:
            while part := os.read(leader, 4096):
                shown += part
        except OSError:
            pass
    os.close(leader)
    assert b"\x1b[2mhalted" in shown
    assert max(map(len, re.sub(r"\x1b\[\d*m", "", shown.decode()).splitlines())) <= 60
    assert shown.count(b"long") == 9


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_in_any_format_steers_a_terminal(xe: Xe, web: str, form: str) -> None:
    xe.run(["vm-param-set", f"uuid={web}", f"name-label={STEERING}", f"other-config:{STEERING}={STEERING}"])
    printed = xe.do(f"vm-list uuid={web} params=name-label,other-config --{form}")
    assert not set("\x1b\x7f\x9b\u202e") & set(printed)
    if form == "json":
        assert values(printed)[0]["name-label"] == STEERING
    if form == "yaml":
        assert yaml.safe_load(printed)[0]["name-label"] == STEERING


# Which format counts


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--json --csv", "Error: --json and --csv exclude each other. Give one of them."),
        ("--minimal --table", "Error: --minimal and --table exclude each other. Give one of them."),
        ("--csv=head", "Error: --csv takes no value or noheader, not 'head'."),
        ("--json=x", "Error: --json takes no value, not 'x'."),
        ("json=x", "Error: Unknown field 'json'"),
        ("json", "Error: Unknown field 'json'"),
    ],
)
def test_one_format_counts(xe: Xe, words: str, said: str) -> None:
    refused = xe(f"vm-list {words}")
    assert (refused.status, refused.out, refused.err.splitlines()[0]) == (1, "", said)


def test_a_format_may_stand_before_the_command_and_as_a_pair(xe: Xe) -> None:
    plain = xe.do("sr-list --json")
    assert xe.do("--json sr-list") == xe.do("sr-list json=true") == xe.do("sr-list --json --json") == plain


def test_a_person_may_set_a_format(xe: Xe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table, plain, first = xe.do("sr-list --table"), xe.do("sr-list"), xe.do("sr-list --minimal")
    script = tmp_path / "script"
    script.write_text("xe sr-list\n")
    monkeypatch.setenv("XE_FORMAT", "table")
    assert xe.do("sr-list") == table
    assert xe.do("sr-list --minimal") == first
    assert values(xe.do("sr-list params=type --json"))[0] == {"type": "ext"}
    assert xe.do(f"batch {script}") == plain
    monkeypatch.setenv("XE_FORMAT", "tabel")
    refused = xe("sr-list")
    assert (refused.status, refused.err.splitlines()[0]) == (
        1,
        "Error: XE_FORMAT is 'tabel', which is no format. Set it to one of json, csv, yaml, table, shell.",
    )


def test_a_line_of_a_script_may_have_a_format(xe: Xe, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(
        "uuid=$(xe vm-create name-label=new --shell)\necho $uuid\nxe vm-list name-label=new params=tags --json\n"
    )
    uuid = xe.do(f"batch {script}").splitlines()[0]
    assert uuid == f"uuid={xe.do('vm-list name-label=new --minimal')}"
    assert xe.do("vm-list name-label=new params=tags --json") == '[\n{"tags": []}\n]'


# Refusals as objects


def refused(xe: Xe, line: str) -> dict[str, Any]:
    done = xe(f"{line} --json")
    assert done.status in {1, 3}
    assert len(done.err.splitlines()) == 1
    return dict(json.loads(done.err))


def test_a_refusal_is_an_object(xe: Xe, web: str) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=disk virtual-size=1GiB")
    vbd = xe.do(f"vbd-create vm-uuid={web} vdi-uuid={vdi} device=0")
    xe.do("vm-start vm=web")
    found = refused(xe, f"vdi-destroy uuid={vdi}")
    assert found.pop("message").startswith("The VDI is in use. vdi: ")
    assert found == {
        "code": "VDI_IN_USE",
        "parameters": [vdi, "destroy"],
        "in-the-way": [{"class": "vbd", "uuid": vbd, "name-label": None}],
        "notes": [],
        "remedies": [f"xe --state {shlex.quote(str(xe.state))} vm-shutdown uuid={web}"],
        "command": f"xe vdi-destroy uuid={vdi}",
    }


def test_misuse_is_an_object_without_a_code(xe: Xe) -> None:
    found = refused(xe, "vm-param-lst")
    assert (found["code"], found["message"].splitlines()[0]) == (None, "Unknown command: vm-param-lst")
    assert found["notes"] == ["did you mean vm-param-list, vm-param-set, vtpm-param-list?"]
    found = refused(xe, "vm-create")
    assert found["message"].splitlines()[0] == "Required parameter not found: name-label"


def test_each_of_several_refusals_is_in_the_object(xe: Xe, web: str) -> None:
    other = xe.do("vm-create name-label=other")
    xe.do("vm-start vm=web")
    done = xe.run(["vm-start", "--multiple", "power-state=running", "is-control-domain=false", "--json"], partial=True)
    assert json.loads(done.err)["code"] == "VM_BAD_POWER_STATE"
    done = xe.run(["vm-start", "--multiple", "is-a-template=false", "--json"], partial=True)
    found = json.loads(done.err)
    assert (done.status, done.out, found["code"]) == (1, "", None)
    assert found["message"] == "2 of the objects were refused; the others are done."
    assert [(each["uuid"], each["code"]) for each in found["refused"]] == [
        (each, "VM_BAD_POWER_STATE") for each in (xe.do("vm-list is-control-domain=true --minimal"), web)
    ]
    assert xe.do(f"vm-list uuid={other} params=power-state --minimal") == "running"


def test_a_warning_is_an_object_too(xe: Xe) -> None:
    done = xe("vm-create name-label=x colour=red --json")
    assert done.status == 0
    assert json.loads(done.err) == {"warning": "vm-create does not know the parameter: colour; ignored."}


def test_the_findings_of_an_unsound_state_are_objects(xe: Xe, web: str) -> None:
    xe.state.write_text(xe.state.read_text().replace('name-label = "web"', 'name-label = "web"\naffinity = "nowhere"'))
    done = xe.run(["state-check", "--json"], partial=True)
    (finding,) = json.loads(done.out)
    assert (done.status, finding["class"], finding["uuid"], finding["field"]) == (3, "vm", web, "affinity")
    assert finding["place"].startswith(str(xe.state))
    found = json.loads(xe("vm-create name-label=x --json").err)
    assert [each["field"] for each in found["findings"]] == ["affinity"]
