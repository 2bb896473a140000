"""A state file that people have today can be read, checked, shown and changed by every xe to come."""

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_toml_styles import meant, said

from xe_py import classes
from xe_py.schema.xenclass import XenClass
from xe_py.store.toml.reader import judge, read

if TYPE_CHECKING:
    from conftest import Xe

FILES = sorted((Path(__file__).parent / "golden").glob("*.toml"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest, xe: "Xe") -> "Xe":
    """A command line on a copy of the file."""
    xe.state.write_bytes(request.param.read_bytes())
    return xe


def says_what_it_should(xe: "Xe") -> None:
    """Nothing in the file is unsound, and what is read of it is what tomllib reads."""
    state, findings = judge(read(str(xe.state)))
    assert not findings
    assert said(xe.state.read_bytes()) == meant(state, state.header["serial"])


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
    assert [line for line in golden.state.read_text().split("\n") if line.startswith("#")] == comments
    golden.do("state-undo")
    assert golden.do("vm-list name-label=new --minimal") == vm


@pytest.mark.parametrize("cls", classes.sections(), ids=lambda cls: cls.name)
def test_every_stored_field_is_in_a_golden_file(cls: XenClass) -> None:
    written = {
        name
        for path in FILES
        for fields in tomllib.loads(path.read_text()).get(cls.name, {}).values()
        for name in fields
    }
    # A field of no value but None cannot be written.
    expected = {
        name for name, field in cls.stored.items() if field.default is not None or type(field).__name__ != "Absent"
    }
    assert written == expected - {"uuid"}
