"""A command line does the same by the short way in and through the click tree."""

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from conftest import run

import xe_py
from xe_py import operations
from xe_py.schema.fields import Map

if TYPE_CHECKING:
    from conftest import Xe


def by(way: str, xe: "Xe", words: list[str]) -> tuple[str, str, int]:
    """What the words print and end in, by the short way or through click."""
    argv = ["--state", str(xe.state), *words]
    if way == "click":
        done = CliRunner().invoke(xe_py.xe, argv)
        return done.stdout, done.stderr, done.exit_code
    if way == "mounted":
        done = CliRunner().invoke(LAB, ["xe", *argv])
        return done.stdout, done.stderr, done.exit_code
    out, err = io.StringIO(), io.StringIO()
    status = run(argv, out, err)
    return out.getvalue(), err.getvalue(), status


LAB = click.Group("lab", commands=[xe_py.xe])


def test_only_to_click_a_value_may_stand_behind_two_dashes(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    for words in (["vm-list", "--name-label=web", "--minimal"], ["vm-param-get", f"--uuid={vm}", "--param-name=uuid"]):
        assert by("short", xe, words)[2] == 1
        assert by("click", xe, words) == (f"{vm}\n", "", 0)


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LINES = [
    "vm-list",
    "vm-list --minimal",
    "sr-list params=type --json",
    "sr-list params=type --csv=noheader",
    "sr-list --json=x",
    "vm-list params=all name-label=web",
    "vm-list other-config:a=1",
    "vm-param-get uuid={vm} param-name=other-config param-key=a",
    "vm-param-get uuid={vm} param-name=nothing",
    "vm-param-set uuid={vm} name-label=www other-config:b=2",
    "vm-param-add uuid={vm} param-name=other-config c=3",
    "vm-param-clear uuid={vm} param-name=other-config",
    "vm-start vm=web",
    "vm-start vm=web paused=true",
    "vm-start --paused vm=web",
    "vm-start vm=nobody",
    "vm-start --force",
    "vm-shutdown vm=web --force",
    "vm-destroy uuid={vm}",
    "vm-destroy",
    "vm-destroy uuid=x",
    "vm-destroy uuid={vm} sr-uuid=x",
    "vm-param-set --uuid {vm} --name-label www",
    "network-create name-label=a=b",
    "pif-reconfigure-ip uuid={pif} mode=static ip=10.2.2.4 netmask=255.0.0.0",
    "pif-reconfigure-ip uuid={pif} mode=static --ip 10.2.2.4 netmask=255.0.0.0",
    "state-show",
    "state-check",
    "state-set rules=xapi",
    "state-set rules=lax",
    "sr-create name-label=x type=ext device-config:device=/dev/x",
    "sr-create name-label=x type=ext device-config-device=/dev/x",
    "vm-strat vm=web",
    "vm list",
    "help",
    "help vm-start",
    "help --all --minimal",
    "help nothing",
    "vm-list -x",
    "--minimal vm-list",
    "--dry-run vm-destroy uuid={vm}",
    "vm-destroy uuid={vm} --dry-run",
    "vm-param-set uuid={vm} name-label=é",
    "vm-list name-label=é --minimal",
    "state-history",
    "batch nowhere.sh",
    "event-wait class=vm",
    "vm-destroy uuid={vm} --state=",
    "vm-destroy uuid={vm} -help",
    "vm-destroy uuid={vm} --version",
    "vm-param-set uuid={vm} name-label=a name-label=b",
    "vm-shutdown vm=web force=false force=true",
    "host-param-set uuid={host} other-config:multipathing=true multipathing=false",
    "-s there -u root -pw x vm-list",
    "--nossl vm-list",
    "--debug vm-list",
    "--dry-run=true vm-destroy uuid={vm}",
    "vm-destroy uuid={vm} --dry-run=maybe",
    "-help",
    "--version",
    "",
]


@pytest.mark.slow
@pytest.mark.parametrize("other", ["click", "mounted"])
@pytest.mark.parametrize("line", LINES)
def test_all_ways_come_to_the_same(xe: "Xe", line: str, other: str) -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-param-set uuid={vm} other-config:a=1")
    before = xe.state.read_bytes()
    words = line.format(vm=vm, pif=xe.do("pif-list device=eth1 --minimal"), host=xe.do("host-list --minimal")).split()
    short = by("short", xe, words)
    after_short = xe.state.read_bytes()
    xe.state.write_bytes(before)
    long = by(other, xe, words)
    if words[:1] == ["state-history"]:
        assert short[1:] == long[1:]
    elif "".join(words[:1]).endswith("-create"):
        assert len(short[0]) == len(long[0])
        assert short[1:] == long[1:]
        assert (after_short == before) == (xe.state.read_bytes() == before)
    elif line == "-help":
        # click's runner has a width of its own, and breaks lines at hyphens too.
        assert "".join(short[0].split()) == "".join(long[0].split())
    else:
        assert short == long
        if "vm-start" not in line:
            assert after_short == xe.state.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", operations.names())
def test_every_command_misses_its_parameters_alike_and_has_help(xe: "Xe", name: str) -> None:
    command = operations.find(name)
    assert command is not None
    if command.required:
        short = by("short", xe, [name])
        assert short == by("click", xe, [name]) == by("mounted", xe, [name])
        assert short[1].startswith(f"Required parameter not found: {command.required[0].name}\n")
        assert short[2] == 1
    helped = by("short", xe, [name, "--help"])
    assert helped[2] == 0
    for parameter in command.parameters():
        assert f"--{parameter.name}" in helped[0]
    recorded = by("short", xe, ["help", name])
    assert f": {name}\n" in recorded[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", operations.names())
def test_every_command_refuses_nonsense_alike(
    xe: "Xe", name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every parameter is given, each with a word that is nothing; it may be the name of a file that is made.

    What that makes has a uuid of its own each time.
    """
    monkeypatch.chdir(tmp_path)
    command = operations.find(name)
    assert command is not None
    words = [name, *(f"{each.name}{':k' * isinstance(each, Map)}=?" for each in command.taken()), "nothing=?"]
    before = xe.state.read_bytes()
    short = by("short", xe, words)
    xe.state.write_bytes(before)
    Path("?").unlink(missing_ok=True)
    long = by("click", xe, words)
    assert (UUID.sub("", short[0]), *short[1:]) == (UUID.sub("", long[0]), *long[1:])


def test_click_completes_it_where_it_is_mounted() -> None:
    complete = ShellComplete(LAB, {}, "lab", "_LAB_COMPLETE")
    assert "vm-start" in [each.value for each in complete.get_completions(["xe"], "vm-st")]
    assert "--force" in [each.value for each in complete.get_completions(["xe", "vm-shutdown"], "--f")]


def test_words_that_every_command_has_come_from_the_environment_too(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XE_EXTRA_ARGS", "params=name-label,--minimal")
    assert by("click", xe, ["sr-list", "type=ext"]) == by("short", xe, ["sr-list", "type=ext"])
