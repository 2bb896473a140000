"""`state-diff A B --script`: the script, run on A, leads to B; what no command makes is named."""

import io
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Xe
from test_random_walks import COMMANDS, step

from xe_py import classes, operations
from xe_py.cli.batch import Batch
from xe_py.cli.environment import Environment
from xe_py.errors import XeError
from xe_py.fresh.host import fresh_host
from xe_py.operations.effects import scripts
from xe_py.operations.effects.moves import APART, FOLLOWING, FOLLOWING_KEYS
from xe_py.operations.effects.scripts import script_of
from xe_py.operations.effects.way import Way
from xe_py.state.core import findings
from xe_py.state.state import State
from xe_py.store import state_in, text_of


def copy(state: State) -> State:
    found = state_in(text_of(state))
    assert found is not None
    return found


def environment(**variables: str) -> Environment:
    return Environment(variables, (sys.stdin, io.StringIO(), io.StringIO()))


def way(one: State, other: State) -> tuple[str, Way]:
    """The script from one state to the other, and the search that found it."""
    found = Way(copy(one), other, environment().run_line)
    found.find()
    return script_of(found), found


def test_a_script_makes_a_vm_with_its_disk_and_its_network(xe: Xe, tmp_path: Path) -> None:
    sr, network = xe.do("sr-list type=ext --minimal"), xe.do("network-list bridge=xenbr0 --minimal")
    one = tmp_path / "one.toml"
    one.write_bytes(xe.state.read_bytes())
    vm = xe.do("vm-create name-label=web domain-type=hvm")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=2GiB")
    made = [
        f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0 bootable=true",
        f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=02:00:00:00:00:01",
        f"vm-param-set uuid={vm} other-config:role=front VCPUs-max=2",
        f"vm-param-add uuid={vm} param-name=tags param-key=web",
        "vm-start vm=web",
    ]
    for line in made:
        xe.do(line)
    script = xe.do(f"state-diff {one} {xe.state} --script")
    (tmp_path / "script").write_text(script + "\n")
    Xe(one).do(f"batch {tmp_path / 'script'}")
    assert not [line for line in script.splitlines() if line.startswith("# No command")]
    left = Xe(one).do(f"state-diff {one} {xe.state} --script")
    assert [line for line in left.splitlines() if not line.startswith("#")] == ["set -e"]
    assert Xe(one).do("vm-list name-label=web params=power-state --minimal") == "running"


WALKED = (
    "vm-create", "vm-destroy", "vm-start", "vm-shutdown", "vm-pause", "vm-unpause", "vm-param-set", "vm-param-remove",
    "vdi-create", "vdi-destroy", "vdi-param-set", "vbd-create", "vbd-destroy", "vbd-plug", "vbd-unplug",
    "vif-create", "vif-destroy", "vif-plug", "vif-unplug", "network-create", "network-destroy", "network-param-set",
    "sr-create", "sr-destroy", "sr-forget", "pbd-unplug", "pbd-plug", "vlan-create", "vlan-destroy", "bond-create",
    "bond-destroy", "pif-reconfigure-ip", "host-enable", "host-disable", "host-param-set", "pool-param-set",
    "appliance-create", "appliance-destroy", "secret-create", "secret-destroy", "state-set",
)  # fmt: skip


def walk(draw: random.Random, state: State, steps: int, names: tuple[str, ...] = WALKED) -> None:
    """So many steps, or attempts, on the state."""
    commands = [operations.find(name) for name in names]
    for _ in range(steps):
        command = draw.choice(commands)
        assert command is not None
        try:
            step(draw, state, command)
        except XeError:
            continue
    state.settle()


def proven(one: State, other: State, monkeypatch: pytest.MonkeyPatch) -> Way:
    """The way between the states. Its script, run on the first one, does what the search did, and is sound."""
    monkeypatch.setattr(scripts, "is_secret", lambda _: False)  # A script has a variable for each secret.
    script, found = way(one, other)
    reached = copy(one)
    Batch(script, "script", environment()).run(reached)
    assert not list(findings(reached))
    assert reached.header == found.work.header
    same: dict[str, str] = {}
    for cls in classes.sections():
        if cls.name not in APART:
            there, made = found.work.all(cls.name), reached.all(cls.name)
            assert len(there) == len(made), script
            same.update((obj["uuid"], like["uuid"]) for obj, like in zip(there, made, strict=True))
    for cls in classes.sections():
        for obj in found.work.all(cls.name) if cls.name not in APART else ():
            like = reached.need(cls.name, same[obj["uuid"]])
            for name, field in cls.stored.items():
                if name not in {"uuid", "MAC", *FOLLOWING}:
                    assert settable(moved(obj[name], same)) == settable(like[name]), (cls.name, field.name, script)
    return found


def moved(value: Any, same: dict[str, str]) -> Any:
    """The value with the uuids of the other state."""
    if isinstance(value, list):
        return [same.get(each, each) for each in value]
    return same.get(value, value) if isinstance(value, str) else value


def settable(value: Any) -> Any:
    """The value without keys that follow from others."""
    return {key: text for key, text in value.items() if key not in FOLLOWING_KEYS} if isinstance(value, dict) else value


@pytest.mark.slow
@pytest.mark.parametrize("rules", ["strict", "xapi"])
@pytest.mark.parametrize("seed", range(8))
def test_the_script_between_two_states_of_a_walk_is_proven(
    rules: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(seed)  # noqa: S311 - a walk that can be walked again
    state = fresh_host(name_label="xen", hosts=2, nics=3, rules=rules)
    walk(draw, state, 60)
    one = copy(state)
    walk(draw, state, 60)
    proven(one, copy(state), monkeypatch)
    proven(copy(state), one, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_script_from_a_fresh_host_is_proven_after_any_command(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)  # noqa: S311 - as above
    state = fresh_host(name_label="xen", hosts=2, nics=3, rules="xapi")
    one = copy(state)
    walk(draw, state, 300, tuple(command.name for command in COMMANDS))
    proven(one, copy(state), monkeypatch)


def test_a_script_builds_a_state_on_another_fresh_host(xe: Xe, tmp_path: Path) -> None:
    """The script of a pool, run on a fresh host with other uuids; what is exported then is the same."""
    sr, network = xe.do("sr-list type=ext --minimal"), xe.do("network-list bridge=xenbr0 --minimal")
    vm = xe.do("vm-create name-label=web domain-type=hvm")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=2GiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0 bootable=true")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=02:00:00:00:00:01")
    xe.do(f"network-param-set uuid={network} name-description=outside")
    xe.do("vm-start vm=web")
    script = xe.do("state-export --script")
    assert not [line for line in script.splitlines() if line.startswith("# No command")]
    assert vm not in script
    assert sr not in script
    begin = next(line for line in script.splitlines() if line.startswith("# Builds")).partition(": xe ")[2]
    other = Xe(tmp_path / "other.toml")
    other.do(begin)
    (tmp_path / "script").write_text(script + "\n")
    other.do(f"batch {tmp_path / 'script'}")
    assert other.do("vm-list name-label=web params=power-state --minimal") == "running"
    assert other.do("network-list bridge=xenbr0 params=name-description --minimal") == "outside"
    assert other.do("vbd-list vm-name-label=web params=vdi-name-label --minimal") == "root"
    left = other.do("state-export --script").splitlines()
    assert [line.split()[1:2] for line in left] == [line.split()[1:2] for line in script.splitlines()]


def test_an_exported_state_is_a_state_file(xe: Xe, tmp_path: Path) -> None:
    xe.do("vm-create name-label=web")
    (tmp_path / "other.toml").write_text(xe.do("state-export") + "\n")
    assert xe.do(f"state-diff {tmp_path / 'other.toml'}") == "Nothing changes."


def differing(xe: Xe, tmp_path: Path, *lines: str) -> str:
    """The script of what the lines change."""
    one = tmp_path / "one.toml"
    one.write_bytes(xe.state.read_bytes())
    for line in lines:
        xe.do(line)
    return xe.do(f"state-diff {one} --script")


def test_a_script_has_no_secret(xe: Xe, tmp_path: Path) -> None:
    pool = xe.do("pool-list --minimal")
    script = differing(
        xe, tmp_path, "secret-create value=hunter2", f"pool-param-set uuid={pool} other-config:password=hunter3"
    )
    assert "hunter" not in script
    assert '"$HIDDEN_1"' in script
    assert "# Set this first: HIDDEN_1, the value\n" in script
    assert "# Set this first: HIDDEN_2, the other-config:password\n" in script


def test_what_no_command_makes_is_named(xe: Xe, tmp_path: Path) -> None:
    one = tmp_path / "one.toml"
    one.write_bytes(xe.state.read_bytes())
    vm = xe.do("vm-create name-label=web")
    xe.do(f"state-diff {one} --script")
    text = xe.state.read_text()
    xe.state.write_text(text.replace('name-label = "web"\n', 'name-label = "web"\nversion = 7\n'))
    script = xe.do(f"state-diff {one} --script")
    assert script.splitlines()[-1] == f"# No command makes this: version of vm web ({vm})"


def test_a_vm_that_runs_is_stopped_for_what_needs_that_and_started_again(xe: Xe, tmp_path: Path) -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do("vm-start vm=web")
    script = differing(
        xe, tmp_path, "vm-shutdown vm=web --force", f"vm-param-set uuid={vm} VCPUs-max=4", "vm-start vm=web"
    )
    names = [line.split()[1] for line in script.splitlines() if line.startswith("xe ")]
    assert names == ["vm-shutdown", "vm-param-set", "vm-start"]


def test_a_script_for_equal_states_does_nothing(xe: Xe, tmp_path: Path) -> None:
    assert [line for line in differing(xe, tmp_path).splitlines() if not line.startswith("#")] == ["set -e"]
