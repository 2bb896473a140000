"""A state file that people have today can be read, checked, shown and changed by every xe to come."""

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_toml_styles import meant, said

from xe_py import classes
from xe_py.schema.values import Absent
from xe_py.schema.xenclass import XenClass
from xe_py.state.state import FORMAT
from xe_py.store import store_for
from xe_py.store.files.document import Document, Site
from xe_py.store.state_file import OpenedFile
from xe_py.store.toml.reader import judge, read
from xe_py.store.toml.render import canonical
from xe_py.store.toml.rewriting import rewritten
from xe_py.store.toml.upgrade import STEPS, upgrade

if TYPE_CHECKING:
    from conftest import Xe

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.toml"))
UPGRADES = (Path(__file__).parent.parent / "docs" / "upgrades.md").read_text()
# A row of a table with a cell in code, or a number, at its beginning, and nothing empty behind it.
ROW = re.compile(r"^\| `?(\S+?)`? \|((?: [^|\s][^|]* \|)+)$", re.MULTILINE)


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest, xe: "Xe") -> "Xe":
    """A command line on a copy of the file."""
    xe.state.write_bytes(request.param.read_bytes())
    return xe


def format_of(data: bytes) -> int:
    return int(tomllib.loads(data.decode())["state"]["format"])


def says_what_it_should(xe: "Xe") -> None:
    """Nothing in the file is unsound, and what is read of it is what tomllib reads and the steps make of that."""
    state, findings = judge(read(Site(str(xe.state))))
    assert not findings
    data = xe.state.read_bytes()
    found = said(data)
    if format_of(data) < FORMAT:
        tables: dict[str, dict[str, object]] = {}
        for key, fields in found.items():
            if key != "state":
                tables.setdefault(key[0], {})[key[1]] = fields
        upgrade(tables, format_of(data))
        found["state"] = {**found["state"], "format": FORMAT}
    assert found == meant(state, state.header["serial"])


def test_a_golden_file_is_read_as_it_is_meant(golden: "Xe") -> None:
    says_what_it_should(golden)
    assert golden.do("state-check").startswith("The state is sound")


def test_every_field_of_a_golden_file_is_shown(golden: "Xe") -> None:
    for cls, objects in tomllib.loads(golden.state.read_text()).items():
        if cls != "state" and cls not in classes.HIDDEN:
            for uuid, fields in objects.items():
                shown = golden.do(f"{cls}-param-list uuid={uuid}")
                assert fields.get("name-label", "") in shown
                names = [name for name in fields if not classes.get(cls).by_name[name].hidden]
                assert not [name for name in names if not re.search(rf"^ *{name} \(", shown, re.MULTILINE)]


def test_a_golden_file_is_changed_by_commands(golden: "Xe") -> None:
    comments = [line for line in golden.state.read_text().split("\n") if line.startswith("#")]
    before, listed = golden.state.read_bytes(), golden.do("vm-list params=all")
    assert golden.state.read_bytes() == before
    vm = golden.do("vm-create name-label=new")
    for uuid in golden.do("vm-list --minimal").split(","):
        golden.do(f"vm-param-set uuid={uuid} name-description=changed other-config:a=b")
        golden.do(f"vm-param-add uuid={uuid} param-name=tags param-key=changed")
    golden.do("vm-start vm=new")
    for uuid in golden.do("network-list --minimal").split(","):
        golden.do(f"network-param-set uuid={uuid} name-label=net-{uuid[-1]}")
    golden.do(f"vm-shutdown uuid={vm} --force")
    golden.do(f"vm-destroy uuid={vm}")
    says_what_it_should(golden)
    assert format_of(golden.state.read_bytes()) == FORMAT
    assert [line for line in golden.state.read_text().split("\n") if line.startswith("#")] == comments
    golden.do("state-undo")
    assert golden.do("vm-list name-label=new --minimal") == vm

    golden.do(f"state-undo serial={said(before)['state']['serial']}")
    assert golden.do("vm-list params=all") == listed
    assert format_of(golden.state.read_bytes()) == FORMAT
    says_what_it_should(golden)


@pytest.mark.parametrize("cls", classes.sections(), ids=lambda cls: cls.name)
def test_every_stored_field_is_in_a_golden_file(cls: XenClass) -> None:
    written = {
        name
        for path in GOLDEN.glob(f"format-{FORMAT}*.toml")
        for fields in tomllib.loads(path.read_text()).get(cls.name, {}).values()
        for name in fields
        if name in cls.stored or fields[name]  # What was stored once, and nothing but empty, follows today.
    }
    # A field of no value but None cannot be written.
    expected = {
        name for name, field in cls.stored.items() if field.default is not None or not isinstance(field, Absent)
    }
    assert written == expected - {"uuid"}, f"write them into tests/golden/format-{FORMAT}-<when>.toml"


# From one format to the next


def test_there_is_a_step_a_row_and_golden_files_for_each_format() -> None:
    rows = [(number, cells) for number, cells in ROW.findall(UPGRADES.partition("## Rules")[0]) if number.isdecimal()]
    assert [number for number, _ in rows] == [str(number) for number in range(1, FORMAT)]
    assert all(cells.count("|") == 3 for _, cells in rows)
    assert len(STEPS) == FORMAT - 1
    assert {format_of(path.read_bytes()) for path in FILES} == set(range(1, FORMAT + 1))


def test_a_rule_that_is_new_says_what_it_breaks_and_how_it_is_mended() -> None:
    there = set((GOLDEN / "rules.txt").read_text().split())
    told = {name for name, cells in ROW.findall(UPGRADES.partition("## Rules")[2]) if cells.count("|") == 2}
    now = {f"{cls.name}.{rule.name}" for cls in classes.sections() for rule in cls.rules}
    assert now - there <= told, "add a row for each to the table of rules in docs/upgrades.md"


def test_what_an_upgrade_takes_out_leaves_the_text_with_the_first_commit_and_not_before(xe: "Xe") -> None:
    text = (GOLDEN / "format-1-texts.toml").read_text()
    xe.state.write_text(text)
    names = ("blobs", "console-uuids", "vtpms", "patches", "updates", "features", "updates-requiring-reboot")
    for name in names:
        assert name in text
    for line in ("vm-list", "state-check", "state-show", "network-create name-label=x --dry-run", "state-history"):
        xe.do(line)
        assert xe.state.read_text() == text
    # One that touches an object of which something is taken out, and none of the others.
    uuid = "70000000-0000-4000-8000-000000000002"
    xe.do(f"vm-param-set uuid={uuid} name-description=changed")
    after = xe.state.read_text()
    assert not [name for name in names if re.search(rf"(?<![a-z-]){name}", after.partition(chr(10))[2])]
    assert "format = 2\n" in after
    assert {"# Applied in March", "# two sockets of two"} <= {
        f"#{line.partition('#')[2]}" for line in after.split("\n")
    }
    assert xe.do("state-diff").splitlines()[:2] == [f"~ vm db ({uuid})", "    name-description: (empty) -> changed"]
    xe.do("state-undo")
    assert xe.do(f"vm-param-get uuid={uuid} param-name=name-description") == ""


def test_a_plain_file_of_an_older_format_has_an_index_and_is_plain_ever_after(xe: "Xe") -> None:
    xe.state.write_text(xe.state.read_text().replace(f"format = {FORMAT}\n", "format = 1\n"))
    os.utime(xe.state, ns=(10**18, 10**18))
    xe.do("vm-list")
    opened = store_for(str(xe.state), os.environ).read()
    assert isinstance(opened, OpenedFile)
    assert opened.document.head is not None
    xe.do("network-create name-label=new")
    assert f"format = {FORMAT}\n" in xe.state.read_text()
    opened = store_for(str(xe.state), os.environ).read()
    assert isinstance(opened, OpenedFile)
    assert opened.document.head is not None
    assert opened.document.head.plain
    assert xe.state.read_text() == canonical(judge(read(Site(str(xe.state))))[0])


@pytest.mark.parametrize("commits", [1, 3])
def test_one_that_something_is_taken_out_of_has_an_index_from_the_first_commit_on(xe: "Xe", commits: int) -> None:
    (host,) = xe.do("host-list --minimal").split(",")
    text = xe.state.read_text().replace(f"format = {FORMAT}\n", "format = 1\n")
    header = f"[host.{host}]\n"
    xe.state.write_text(text.replace(header, f'{header}patches = [\n    "a",\n]\n'))
    os.utime(xe.state, ns=(10**18, 10**18))
    xe.do("vm-list")
    with store_for(str(xe.state), os.environ).write("test") as opened:
        assert isinstance(opened, OpenedFile)
        assert opened.document.head is None
        for number in range(commits):
            opened.state.update(opened.state.need("host", host), {"name-description": f"{number}"})
            opened.commit()
            assert opened.document.head is not None
            assert opened.document.head.plain
    assert "patches" not in xe.state.read_text()
    assert xe.do(f"host-param-get uuid={host} param-name=name-description") == str(commits - 1)
    assert xe.do("state-check")


def test_an_object_that_stands_there_by_nothing_else_stays() -> None:
    """All that is said of it may be what is taken out."""
    uuid = "11111111-2222-4333-8444-555555555555"
    for written in (
        f"vm.{uuid}.vtpms = []\n",
        f"[vm.{uuid}.blobs]\na = 'b'\n",
        f"vm = {{ {uuid} = {{ vtpms = [] }} }}\n",
    ):
        text = f'{written}\n[state]\nformat = 1\nlineage = "x"\nserial = 1\nrules = "xapi"\n'
        document = Document("text", "text", (), text=text)
        state, _ = judge(document)
        assert state.get("vm", uuid) is not None
        found = said(rewritten(document, state, [], 2))
        assert found["state"]["format"] == FORMAT
        assert found["vm", uuid] == {}


def test_a_newer_format_is_refused_and_told_as_that(xe: "Xe") -> None:
    xe.state.write_text(xe.state.read_text().replace(f"format = {FORMAT}\n", f"format = {FORMAT + 1}\n"))
    for line in ("vm-list", "vm-create name-label=x", "state-check"):
        refused = xe(line)
        assert refused.status == 3
        assert f"has a newer format than {FORMAT}, the newest that this xe knows; use a newer xe." in refused.err
