"""A new class is one file, or a part of one: its lists, parameters, help, completion and manual page follow from it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Process

TOY = '''"""TOY: what a child has, and the box it is kept in."""

from xe_py.schema.fields import RW, Int, Map, Ref, Text, CASCADE
from xe_py.schema.xenclass import Unique, XenClass

TOY = XenClass(
    "toy",
    label="toy",
    section=500,
    doc="A toy: lies on a host.",
    fields=(
        Text("name-label", mode=RW, doc="What it is called."),
        Ref("host-uuid", "host", required=True, on_delete=CASCADE, doc="Where it lies."),
        Int("size", mode=RW, default=1, doc="How large it is."),
        Map("other-config", mode="MRW", doc="Further settings."),
    ),
    unique=(Unique("name-label", refusal="DB_UNIQUENESS_CONSTRAINT_VIOLATION"),),
    list_fields=("uuid", "name-label"),
)

TOY_BOX = XenClass(
    "toy-box",
    label="toy_box",
    section=510,
    doc="A box: holds toys.",
    fields=(Ref("toy-uuid", "toy", on_delete=CASCADE, doc="The toy in it."),),
    list_fields=("uuid", "toy-uuid"),
)
'''
UUID = "00000000-0000-4000-8000-00000000000a"
BOX = "00000000-0000-4000-8000-00000000000b"


@pytest.fixture
def toy(process: "Process", tmp_path: Path) -> "Process":
    """A process in which the folder of classes has one more file."""
    classes = tmp_path / "more"
    classes.mkdir()
    (classes / "toy.py").write_text(TOY)
    (tmp_path / "sitecustomize.py").write_text(
        f"import xe_py.classes\nxe_py.classes.__path__.append({str(classes)!r})\n"
    )
    paths = [str(tmp_path), process.environment.get("PYTHONPATH", "")]
    process.environment["PYTHONPATH"] = ":".join(filter(None, paths))
    process.environment["XE_STATE"] = str(tmp_path / "host.toml")
    assert process.xe("state-init").status == 0
    host = process.xe("host-list", "--minimal").out.strip()
    with (tmp_path / "host.toml").open("a") as file:
        file.write(f'\n[toy.{UUID}]\nname-label = "bear"\nhost-uuid = "{host}"\n')
        file.write(f'\n[toy-box.{BOX}]\ntoy-uuid = "{UUID}"\n')
    return process


def test_it_has_its_commands(toy: "Process") -> None:
    assert toy.xe("toy-list", "--minimal").out == f"{UUID}\n"
    assert toy.xe("toy-param-set", f"uuid={UUID}", "size=3", "other-config:a=1").status == 0
    assert toy.xe("toy-param-get", f"uuid={UUID}", "param-name=other-config").out == "a: 1\n"
    assert toy.xe("toy-param-set", f"uuid={UUID}", "host-uuid=x").status == 1
    assert toy.xe("state-check").status == 0


def test_another_class_in_the_file_has_its_commands_too(toy: "Process") -> None:
    assert toy.xe("toy-box-list", f"toy-uuid={UUID}", "--minimal").out == f"{BOX}\n"
    assert toy.xe("toy-box-param-get", f"uuid={BOX}", "param-name=toy-uuid").out == f"{UUID}\n"


def test_it_has_its_help_completion_and_manual_page(toy: "Process", tmp_path: Path) -> None:
    assert "toy-param-set" in toy.xe("help", "--all", "--minimal").out.split(",")
    assert "--size" in toy.xe("toy-param-set", "--help").out
    made = toy.run([sys.executable, "-m", "xe_py.reference", "--into", str(tmp_path / "made")])
    assert made.status == 0, made.err
    assert "toy" in (tmp_path / "made/man/man1/xe-toy.1").read_text()
    assert "box" in (tmp_path / "made/man/man1/xe-toy-box.1").read_text()
    assert "toy-param-set" in (tmp_path / "made/completions/xe.bash").read_text()
    assert "toy" in (tmp_path / "made/docs/reference/classes.md").read_text()
