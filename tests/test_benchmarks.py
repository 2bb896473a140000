"""The benchmark works: its states are sound and always the same, and every row of it can be measured."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from xe_py import classes
from xe_py.host import open_host
from xe_py.state.core import findings
from xe_py.store.toml.render import canonical

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
ROWS = (
    "vm-param-get, 1 000 objects",
    "vm-param-get, 10 000 objects",
    "vm-param-get, 100 000 objects",
    "vbd-list uuid=…, 1 000 objects",
    "vbd-list uuid=…, 10 000 objects",
    "vbd-list uuid=…, 100 000 objects",
    "vm-list, 1 000 VMs among 10 000 objects",
    "vm-list --minimal, 1 000 VMs among 10 000 objects",
    "vm-list, 10 000 VMs among 100 000 objects",
    "vm-list --minimal, 10 000 VMs among 100 000 objects",
    "vm-param-list uuid=…, 100 000 objects",
    "vm-param-get uuid=… param-name=memory-actual, 100 000 objects",
    "host-param-list uuid=…, 100 000 objects",
    "vm-list name-label=… --minimal, 100 000 objects",
    "vbd-list vm-name-label=… --minimal, 100 000 objects",
    "vm-list params=name-label,VCPUs-max, 100 000 objects",
    "vm-list tags:contains=lyon --minimal, 100 000 objects",
    "vbd-list, 100 000 objects",
    "vdi-list, 100 000 objects",
    "vm-param-set, 1 000 objects",
    "vm-param-set after 10 other changes, 10 000 objects",
    "vbd-create, 10 000 objects",
    "vm-start, 10 000 objects",
    "vbd-create, 100 000 objects",
    "vm-start, 100 000 objects",
    "vm-start vm=…, to vm-start uuid=…",
    "vm-clone of a VM with 10 disks, 10 000 objects",
    "vm-param-get after an edit by hand, 1 000 objects",
    "vm-param-get after an edit by hand, 100 000 objects",
    "state-undo, 100 000 objects",
    "state-check, 100 000 objects",
    "100 commits in one process, 10 000 objects",
    "xe batch of 100 commands that create or change, 1 000 objects",
    "state-check full=true, 100 000 objects",
    "peak memory: vm-param-get, 100 000 objects",
    "peak memory: vm-param-set, 100 000 objects",
    "vm-list on a fresh host",
    "vm-list on a fresh host, by python -m xe_py",
    "dd of 64 MiB, flushed",
    "vdi-import of 64 MiB, xe to dd",
    "peak memory: vdi-import of 64 MiB",
    "vdi-copy of a disk with 64 MiB, 1 000 objects",
    "cp --reflink=never of 4 MiB of random data, flushed",
    "vm-export of 4 MiB of random data, xe to cp",
    "vm-import of 4 MiB of random data, xe to cp",
    "peak memory: vm-export of 4 MiB of random data",
    "peak memory: vm-import of 4 MiB of random data",
    "virsh list --all, 1 000 domains",
    "list, 1 000 VMs, xe to virsh",
    "virsh define and start, 1 000 domains",
    "define and start, 1 000 VMs, xe to virsh",
    "virsh list --all, 10 000 domains",
    "list, 10 000 VMs, xe to virsh",
    "virsh define and start, 10 000 domains",
    "define and start, 10 000 VMs, xe to virsh",
    "virsh, 100 commands on standard input, 1 000 domains",
    "batch, 1 000 VMs, xe to virsh",
)


def benchmark(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(BENCHMARKS / "run.py"), *words]
    environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)}
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def states() -> ModuleType:
    spec = importlib.util.spec_from_file_location("states", BENCHMARKS / "states.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("objects", "hosts", "vms"), [(300, 1, 24), (1000, 1, 99), (4500, 3, 450)])
@pytest.mark.parametrize("rules", ["strict", "xapi"])
def test_states_are_sound_and_of_the_size_wanted(
    states: ModuleType, objects: int, hosts: int, vms: int, rules: str
) -> None:
    state = states.make_state(objects, rules=rules)
    assert list(findings(state)) == []
    assert sum(state.count(cls.name) for cls in classes.sections()) == objects
    assert state.count("host") == hosts
    assert len(state.find("vm", is_control_domain=False)) == vms
    running = state.find("vm", is_control_domain=False, power_state="running")
    assert len(running) == (vms + 1) // 2
    assert {vm["resident-on"] for vm in running} == {host["uuid"] for host in state.all("host")}


def test_states_are_read_back_as_they_were_made(states: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "host.toml"
    states.main("300", str(path))
    with open_host(str(path)) as host:
        assert canonical(host.state) == path.read_text()


def test_a_seed_makes_one_state_only(states: ModuleType) -> None:
    first, again, other = (canonical(states.make_state(300, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.slow
def test_every_row_can_be_measured(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    done = benchmark("--short", "--into", str(page), "--on", str(tmp_path))
    assert (done.stderr, done.returncode) == ("", 0), done.stdout
    shown = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()[2:]]
    assert [cells[0] for cells in shown] == list(ROWS)
    for what, figure, *_ in shown:
        assert figure[:1].isdigit() or ("virsh" in what and not shutil.which("virsh")), figure
    assert done.stdout in page.read_text()
    assert list(tmp_path.iterdir()) == [page]


def test_one_row_alone_writes_no_page(tmp_path: Path) -> None:
    done = benchmark("--short", "--rounds", "1", "--only", "fresh host", "--on", str(tmp_path))
    assert (done.stderr, done.returncode) == ("", 0)
    assert [line.split("|")[1].strip() for line in done.stdout.splitlines()[2:]] == [
        "vm-list on a fresh host",
        "vm-list on a fresh host, by python -m xe_py",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = benchmark("--xe", str(tmp_path / "xe"))
    assert done.returncode == 2
    assert "is not there" in done.stderr
