"""A command finds its own modules as Python would find them, however they are stored."""

import os
import py_compile
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import REPOSITORY

if TYPE_CHECKING:
    from conftest import Process

pytestmark = pytest.mark.slow

# Prints, at the end of a command, what its modules say about themselves, and what they say if Python finds them.
COMPARE = """
import os, sys
leave = os._exit
def end(status):
    from importlib.util import find_spec
    sys.meta_path[:] = [each for each in sys.meta_path if each.__module__ != "xe_py.finder"]
    for name, module in sorted(sys.modules.items()):
        if name.startswith("xe_py"):
            found, told = module.__spec__, (module.__file__, module.__cached__, getattr(module, "__path__", None))
            del sys.modules[name]
            meant = find_spec(name)
            sys.modules[name] = module
            assert told == (meant.origin, meant.cached, meant.submodule_search_locations), (name, told, meant)
            assert (found.name, found.parent, found.has_location) == (meant.name, meant.parent, True)
            assert module.__package__ == meant.parent
            assert module.__loader__.get_source(name) == meant.loader.get_source(name)
            print(type(module.__loader__).__module__, name, flush=True)
    leave(status)
os._exit = end
"""


@pytest.mark.parametrize("line", ["vm-list", "vm-create name-label=x", "help --all"])
def test_modules_are_what_they_would_be(process: "Process", line: str) -> None:
    process.xe("state-init", XE_STATE="host.toml")
    (process.home / "sitecustomize.py").write_text(COMPARE)
    process.environment["PYTHONPATH"] = f"{process.home}:{REPOSITORY}"
    done = process.xe(*line.split(), XE_STATE="host.toml")
    assert (done.status, done.err) == (0, "")
    found = [each.split() for each in done.out.splitlines() if " xe_py" in each]
    assert len(found) > 20
    assert {name for loader, name in found if loader != "xe_py.finder"} == {"xe_py", "xe_py.finder"}


def edited(package: Path) -> None:
    """Another source of the same size, with another time."""
    errors = package / "errors.py"
    before = errors.stat()
    errors.write_text(errors.read_text().replace("REFUSED = 1", "REFUSED = 7"))
    assert errors.stat().st_size == before.st_size
    os.utime(errors, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))


def edited_at_once(package: Path) -> None:
    """Another source of another size, with the same time."""
    errors = package / "errors.py"
    before = errors.stat()
    errors.write_text(errors.read_text().replace("REFUSED = 1", "REFUSED = 8 - 1"))
    os.utime(errors, ns=(before.st_atime_ns, before.st_mtime_ns))


def hashed(package: Path) -> None:
    """Compiled code that is tied to what the source says."""
    edited(package)
    py_compile.compile(str(package / "errors.py"), invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)


def hashed_before(package: Path) -> None:
    py_compile.compile(str(package / "errors.py"), invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    edited(package)


def cut_off(package: Path) -> None:
    """Compiled code whose writer was stopped at once."""
    edited(package)
    for each in (package / "__pycache__").glob("errors.*.pyc"):
        each.write_bytes(each.read_bytes()[:9])


def long(package: Path) -> None:
    """More compiled code than is read at once."""
    edited(package)
    with (package / "errors.py").open("a") as file:
        file.writelines(f"V{number} = {number}\n" for number in range(9000))


def never_compiled(package: Path) -> None:
    edited(package)
    shutil.rmtree(package / "__pycache__")
    (package / "__pycache__").write_text("no folder")


def old_python(package: Path) -> None:
    """Compiled code by another version of Python."""
    edited(package)
    for each in (package / "__pycache__").glob("errors.*.pyc"):
        each.write_bytes(b"\x00\x00\x0d\x0a" + each.read_bytes()[4:])


CASES = [edited, edited_at_once, hashed, hashed_before, cut_off, long, never_compiled, old_python]


@pytest.mark.parametrize("change", CASES, ids=lambda case: case.__name__)
def test_the_source_counts(process: "Process", change: Callable[[Path], None]) -> None:
    home = process.home / "copy"
    shutil.copytree(REPOSITORY / "xe_py", home / "xe_py", ignore=shutil.ignore_patterns("__pycache__"))
    process.environment["PYTHONPATH"] = str(home)
    process.environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process.environment["XE_STATE"] = "host.toml"
    assert process.xe("state-init").status == 0
    assert process.xe("vm-start", "vm=x").status == 1
    change(home / "xe_py")
    for _ in range(2):
        assert process.xe("vm-start", "vm=x").status == 7


def test_modules_in_an_archive_are_left_to_python(process: "Process") -> None:
    process.environment["PYTHONPATH"] = shutil.make_archive(str(process.home / "xe"), "zip", REPOSITORY, "xe_py")
    done = process.xe("vm-list", XE_STATE="none.toml")
    assert done.status == 3
    assert "none.toml does not exist" in done.err
