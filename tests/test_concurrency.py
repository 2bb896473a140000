"""Many processes on one file: nothing is lost, readers neither wait nor see halves, waiting ends and says for whom."""

import os
import time
from pathlib import Path
from subprocess import Popen, run
from typing import TYPE_CHECKING

import pytest

from xe_py.store import store_for
from xe_py.store.files.document import Site
from xe_py.store.toml import reader

if TYPE_CHECKING:
    from conftest import Process, Xe

REPOSITORY = Path(__file__).parent.parent
WRITERS, CHANGES, READERS = 16, 5, 2
WRITE = """
n=0
while [ $n -lt "$2" ]; do
    n=$((n + 1))
    "$PYTHON" -m xe_py vm-create name-label="$1-$n" || echo refused
done
"""
READ = """
while [ ! -e "$1" ]; do
    XE_LOCK_TIMEOUT=0 "$PYTHON" -m xe_py state-show || echo refused
    echo end
done
"""


@pytest.fixture
def process(process: "Process", xe: "Xe") -> "Process":
    """Processes on the file, with a cache of their own."""
    process.environment |= {
        "XE_STATE": str(xe.state), "PYTHON": os.sys.executable, "XDG_CACHE_HOME": str(process.home / "cache"),
    }  # fmt: skip
    return process


def shell(process: "Process", script: str, *words: str, **environment: str) -> "Popen[str]":
    """Start a loop of commands."""
    return Popen(
        ["sh", "-c", script, "sh", *words], env=process.environment | environment, text=True, cwd=process.home,
        stdout=-1, stderr=-1,
    )  # fmt: skip


def storm(process: "Process", state: Path, writers: int, changes: int, readers: int) -> int:
    """Let them write and read at once, hold that nothing is lost or seen in halves; how many reads there were."""
    before = reader.judge(reader.read(Site(str(state))))[0]
    end = process.home / "end"
    reading = [shell(process, READ, str(end)) for _ in range(readers)]
    writing = [shell(process, WRITE, f"w{number}", str(changes), XE_LOCK_TIMEOUT="120") for number in range(writers)]
    made = []
    for writer in writing:
        out, err = writer.communicate(timeout=600)
        assert not [line for line in err.splitlines() if not line.startswith("Waiting for process ")]
        made += out.split()
    end.touch()
    reads = 0
    for each in reading:
        out, err = each.communicate(timeout=60)
        assert not err
        for seen in out.split("end\n")[:-1]:
            reads += 1
            shown = dict(line.split(": ") for line in seen.splitlines())
            assert int(shown["serial"]) - before.header["serial"] == int(shown["vm"]) - before.count("vm")
    after, findings = reader.judge(reader.read(Site(str(state))))
    assert not findings
    assert after.header["serial"] == before.header["serial"] + writers * changes
    assert sorted(made) == sorted({vm["uuid"] for vm in after.all("vm")} - {vm["uuid"] for vm in before.all("vm")})
    names = {vm["name-label"] for vm in after.all("vm")}
    assert names >= {f"w{number}-{change}" for number in range(writers) for change in range(1, changes + 1)}
    return reads


@pytest.mark.slow
def test_many_writers_and_readers_at_once(process: "Process", xe: "Xe") -> None:
    assert storm(process, xe.state, WRITERS, CHANGES, READERS) > READERS


@pytest.mark.parametrize("patience", ["-1", "nan", "soon", "1s"])
def test_a_time_to_wait_is_a_number_of_seconds(process: "Process", xe: "Xe", patience: str) -> None:
    done = process.xe("--state", str(xe.state), "vm-create", "name-label=x", XE_LOCK_TIMEOUT=patience)
    assert (done.status, done.err) == (3, f"XE_LOCK_TIMEOUT must be a number of seconds, not {patience!r}.\n")
    assert xe.do("vm-list name-label=x --minimal") == ""


@pytest.mark.parametrize("patience", ["0", "0.5"])
def test_waiting_is_bounded_and_names_the_holder(process: "Process", xe: "Xe", patience: str) -> None:
    with store_for(str(xe.state), os.environ).write("vm-start"):
        before = time.monotonic()
        done = process.xe("vm-create", "name-label=x", XE_LOCK_TIMEOUT=patience)
        waited = time.monotonic() - before
    assert done.status == 3
    assert f"process {os.getpid()} of" in done.err
    assert "(xe vm-start) since" in done.err
    assert float(patience) <= waited < float(patience) + 8


@pytest.mark.parametrize("line", ["vm-list", "state-check", "state-show", "help", "vm-create name-label=x --dry-run"])
def test_what_writes_nothing_never_waits(process: "Process", xe: "Xe", line: str) -> None:
    with store_for(str(xe.state), os.environ).write("vm-start"):
        assert process.xe(*line.split(), XE_LOCK_TIMEOUT="0").status == 0


def test_the_lock_of_a_process_that_died_is_free(process: "Process", xe: "Xe") -> None:
    holder = process.start("vm-list")
    holder.kill()
    holder.communicate()
    script = f"import os, signal\nfrom xe_py.store import store_for\nwith store_for({str(xe.state)!r}, os.environ).write('x'):\n    os.kill(os.getpid(), signal.SIGKILL)"
    assert process.run([os.sys.executable, "-c", script]).status == -9
    assert process.xe("vm-create", "name-label=x", XE_LOCK_TIMEOUT="0").status == 0


@pytest.mark.slow
def test_the_long_form_works() -> None:
    line = [os.sys.executable, str(REPOSITORY / "benchmarks" / "reliability.py"), "--short"]
    parts = [
        word for name in ("kill", "interrupt", "kill-at-calls", "full", "streams", "large") for word in ("--only", name)
    ]
    done = run([*line, *parts], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done


def test_readers_that_make_the_index_at_once_agree(process: "Process", xe: "Xe") -> None:
    for _ in range(3):
        expected = xe.do("vm-list params=uuid")
        (process.home / "cache").exists() and process.run(["rm", "-r", str(process.home / "cache")])
        readers = [process.start("vm-list", "params=uuid") for _ in range(8)]
        for each in readers:
            out, err = each.communicate(timeout=60)
            assert (out.removesuffix("\n"), err) == (expected, "")
        xe.do("vm-create name-label=x")


@pytest.mark.parametrize("patience", ["-1", "nan", "soon", "1s"])
def test_a_patience_that_is_no_time_is_refused(xe: "Xe", monkeypatch: pytest.MonkeyPatch, patience: str) -> None:
    monkeypatch.setenv("XE_LOCK_TIMEOUT", patience)
    refused = xe("vm-create name-label=x")
    assert refused.status == 3
    assert refused.err == f"XE_LOCK_TIMEOUT must be a number of seconds, not {patience!r}.\n"
