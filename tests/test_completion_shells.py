"""What TAB offers, the same in every shell: each is asked through its own completion, as it would be by a user."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest
from conftest import REPOSITORY, Process, Xe

pytestmark = pytest.mark.slow

COMPLETIONS = REPOSITORY / "completions"

Complete = Callable[[str], list[str]]

# Types the words into a shell on a terminal of its own and hands back what it showed up to the mark.
TYPIST = """
import os, pty, sys
setup, keys, *shell = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(shell[0], shell)
def until(mark):
    shown = b""
    while mark not in shown:
        shown += os.read(terminal, 65536)
    return shown
os.write(terminal, setup.encode() + b"\\necho RE''ADY\\n")
until(b"READY\\r\\n")
os.write(terminal, keys.encode())
sys.stdout.buffer.write(until(b"<END>"))
"""


def shell(name: str) -> str:
    """The shell, if it is installed; in CI it has to be."""
    if shutil.which(name) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return name


def typed(process: Process, setup: str, keys: str, *argv: str) -> str:
    """What the shell shows when the keys are typed; the last of them prints <END>."""
    done = subprocess.run(
        [sys.executable, "-c", TYPIST, setup, keys, *argv],
        env={**process.environment, "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
        cwd=process.home,
        timeout=60,
    )
    return done.stdout


# bash

BASH_CALL = """
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("${@:3}") COMP_CWORD=$(($# - 3))
_xe
(( ! ${#COMPREPLY[@]} )) || printf '%s\\n' "${COMPREPLY[@]}"
"""
BREAKS = "=:"


def readline_words(line: str) -> list[str]:
    """The words as bash breaks them: at blanks outside quotes, and at = and : which are words too."""
    words = re.findall(rf"""(?:\\.|"[^"]*"?|'[^']*'?|[^\s{BREAKS}\\"'])+|[{BREAKS}]+""", line)
    return [*words, ""] if line[-1].isspace() else words


def in_bash(process: Process, line: str) -> list[str]:
    done = process.run([shell("bash"), "-c", BASH_CALL, "bash", COMPLETIONS / "xe.bash", line, *readline_words(line)])
    assert (done.err, done.status) == ("", 0)
    current = re.split(r"(?<!\\)\s", line)[-1]
    kept = current[: max(current.rfind(letter) for letter in BREAKS) + 1]
    return [shlex.split(kept + reply)[0] for reply in done.out.splitlines()]


# zsh

ZSH_SETUP = """\
PS1= RPS1=; unsetopt zle_bracketed_paste; stty -echo; fpath=({completions} $fpath)
autoload -Uz compinit; compinit -u -D
_capture() { compstate[list]=; print; _main_complete; print "<END>"; compstate[insert]= compstate[list]= }
zle -C capture complete-word _capture; bindkey '^T' capture
compadd() {
    local word found=() display=${@[(I)-d]}
    (( ! display )) || print -rl -- ${(P)@[display + 1]}
    if [[ " $* " != *" -"[OAD]" "* ]]; then
        builtin compadd -A found "$@"
        for word in $found; do print -r -- "<$IPREFIX$word>"; done
    fi
    builtin compadd "$@"
}
"""


def zsh_setup(process: Process) -> str:
    path = process.home / "setup.zsh"
    path.write_text(ZSH_SETUP.replace("{completions}", shlex.quote(str(COMPLETIONS))))
    return f"source {shlex.quote(str(path))}"


def in_zsh(process: Process, line: str) -> list[str]:
    shown = typed(process, zsh_setup(process), f"{line}\x14", shell("zsh"), "-f", "-i")
    offered = re.findall(r"^<(.*)>\r?$", shown, re.MULTILINE)
    return [shlex.split(word)[0] for word in offered if word != "END"]


# fish


def fish_lines(process: Process, line: str) -> list[str]:
    script = f"source {shlex.quote(str(COMPLETIONS / 'xe.fish'))}; complete -C $argv[1]"
    done = process.run([shell("fish"), "--no-config", "-c", script, line])
    assert (done.err, done.status) == ("", 0)
    return done.out.splitlines()


def in_fish(process: Process, line: str) -> list[str]:
    return [offered.partition("\t")[0] for offered in fish_lines(process, line)]


# In all of them


@pytest.fixture(params=[in_bash, in_zsh, in_fish], ids=["bash", "zsh", "fish"])
def complete(request: pytest.FixtureRequest, process: Process, xe: Xe) -> Complete:
    """What the shell offers for a line on a fresh host."""
    process.environment["XE_STATE"] = str(xe.state)
    return lambda line: list(request.param(process, line))


VBD_CREATE = ["vm-uuid=", "device=", "vdi-uuid=", "bootable=", "type=", "mode=", "unpluggable="]
FORMATS = ["--json", "--csv", "--yaml", "--table", "--shell"]
SWITCHES = ["--minimal", *FORMATS, "--dry-run", "--explain", "--state", "--help"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("xe vbd-pl", ["vbd-plug"]),
        ("xe-py vbd-pl", ["vbd-plug"]),
        ("xe help vbd-pl", ["vbd-plug"]),
        ("xe -u root -pw secret --minimal vbd-pl", ["vbd-plug"]),
        ("xe --st", ["--state"]),
        ("xe no-such-command name-l", []),
        ("xe vbd-create ", VBD_CREATE + SWITCHES),
        ("xe vbd-create --minimal vm-uuid=1 mode=RO ", ["device=", *VBD_CREATE[2:5], "unpluggable=", *SWITCHES[1:]]),
        ("xe vbd-create vm-u", ["vm-uuid="]),
        ("xe vbd-create device=0 dev", []),
        ("xe vbd-unplug --", ["--force", *SWITCHES]),
        ("xe vbd-unplug --force --", SWITCHES),
        ("xe pbd-create device-config:a=b dev", ["device-config:"]),
        ("xe pbd-create device-config:loc", []),
        ("xe vbd-create mode=", ["mode=RO", "mode=RW"]),
        ("xe vbd-create mode=RO type=D", ["type=Disk"]),
        ("xe vbd-create bootable=", ["bootable=true", "bootable=false"]),
        ("xe vbd-create device=", []),
        (
            "xe vm-param-set uuid=1 actions-after-crash=Core\\ dump\\ and\\ d",
            ["actions-after-crash=Core dump and destroy"],
        ),
        (
            "xe vbd-param-get uuid=1 param-name=qos_algorithm_",
            [f"param-name=qos_algorithm_{n}" for n in ("type", "params")],
        ),
        ("xe vbd-param-remove param-name=", ["param-name=qos_algorithm_params", "param-name=other-config"]),
        ("xe vm-list params=name", ["params=name-label", "params=name-description"]),
        ("xe vm-list params=uuid,name-label,name", ["params=uuid,name-label,name-description"]),
        ("xe vm-list is-a-t", ["is-a-template="]),
        ("xe vm-list is-a-template=t", ["is-a-template=true"]),
        ("xe vm-shutdown vm", ["vm="]),
        ("xe vm-shutdown power-state=r", ["power-state=running"]),
        ("xe vm-shutdown --power-state=r", []),
        ("xe vm-shutdown tags", ["tags:contains="]),
        ("xe describe host=", ["host=xen1"]),
        ("xe describe network=Host", ["network=Host internal management network"]),
        ("xe state-init rules=", ["rules=strict", "rules=xapi"]),
    ],
)
def test_words_are_offered(complete: Complete, line: str, offered: list[str]) -> None:
    assert complete(line) == offered


def test_all_commands_are_offered_that_help_lists(complete: Complete, xe: Xe) -> None:
    listed = xe.do("help --all --minimal").split(",")
    assert [word for word in complete("xe ") if not word.startswith("--")] == sorted([*listed, "help"])


def test_objects_are_offered_by_uuid(complete: Complete, xe: Xe) -> None:
    pifs = xe.do("pif-list --minimal").split(",")
    assert len(pifs) > 1
    assert sorted(complete("xe pif-plug uuid=")) == sorted(f"uuid={pif}" for pif in pifs)
    assert complete(f"xe vlan-create pif-uuid={pifs[0][:-1]}") == [f"pif-uuid={pifs[0]}"]
    assert complete(f"xe bond-create pif-uuids={pifs[0]},{pifs[1][:8]}") == [f"pif-uuids={pifs[0]},{pifs[1]}"]
    assert complete(f"xe template-param-list uuid={xe.do('vm-list --minimal')}") == []


def test_objects_are_those_of_the_state_file_on_the_line(
    complete: Complete, xe: Xe, process: Process, fresh_files: dict[str, bytes]
) -> None:
    (process.home / "another host.toml").write_bytes(fresh_files["strict"])
    made = xe.run(["network-create", "name-label=here"]).out.strip()
    assert complete(f"xe network-destroy uuid={made[:8]}") == [f"uuid={made}"]
    for switch in ("--state 'another host.toml'", "--state another\\ host.toml", "--state=another\\ host.toml"):
        assert complete(f"xe {switch} network-destroy uuid={made[:8]}") == []
        assert len(complete(f"xe {switch} network-destroy uuid=")) > 1


def test_names_are_offered_as_the_shell_has_to_quote_them(complete: Complete, xe: Xe) -> None:
    name = 'it\'s $(touch made), "a" back\\slash'
    xe.run(["vm-param-set", f"uuid={xe.do('vm-list --minimal')}", f"name-label={name}"])
    assert complete("xe vm-tree vm=") == [f"vm={name}"]
    assert complete("xe vm-tree vm=it") == [f"vm={name}"]
    assert not (xe.state.parent / "made").exists()


def test_files_are_offered_for_the_state(complete: Complete, process: Process) -> None:
    (process.home / "some.toml").touch()
    assert complete("xe --state some") == ["some.toml"]
    assert complete("xe vm-list --state some") == ["some.toml"]


@pytest.mark.parametrize("state", ["missing.toml", "broken.toml"])
def test_a_state_file_that_cannot_be_used_offers_nothing(complete: Complete, process: Process, state: str) -> None:
    (process.home / "broken.toml").write_text("[")
    assert complete(f"xe --state {state} vbd-plug uuid=") == []


def test_no_state_file_is_made_for_a_completion(complete: Complete, process: Process) -> None:
    del process.environment["XE_STATE"]
    assert complete("xe network-destroy uuid=") == []
    assert not list(process.home.rglob("host.toml.d"))
    assert process.xe("state-init").status == 0
    assert len(complete("xe network-destroy uuid=")) > 1


# In one of them


def test_bash_puts_the_rest_of_a_word_behind_what_is_typed(process: Process, xe: Xe) -> None:
    process.environment["XE_STATE"] = str(xe.state)
    (process.home / "some host.toml").touch()
    pool = xe.do("pool-list --minimal")
    setup = f"source {shlex.quote(str(COMPLETIONS / 'xe.bash'))}; PS1=; bind 'set bell-style none'"
    setup += '; bind -x \'"\\C-t": printf "<%s><END>" "$READLINE_LINE"\''
    for keys, line in [
        ("xe pool-param-l\tuu\t\t", f"xe pool-param-list uuid={pool} "),
        ("xe vm-start --pa\t", "xe vm-start --paused "),
        ("xe --state some\t", "xe --state some\\ host.toml "),
        ("xe --state=some\t", "xe --state=some\\ host.toml "),
        ("xe pbd-create dev\t", "xe pbd-create device-config:"),
        ("xe vm-shutdown tags\t", "xe vm-shutdown tags:contains="),
        ("xe vm-tree vm=Con\t", "xe vm-tree vm=Control\\ domain\\ on\\ host:\\ xen1 "),
        ("xe vm-tree vm='Con\t", "xe vm-tree vm='Control domain on host: xen1' "),
        ("xe vm-list params=uuid,power-s\t", "xe vm-list params=uuid,power-state"),
    ]:
        shown = typed(process, setup, f"{keys}\x14", shell("bash"), "--norc", "--noprofile", "-i")
        assert f"<{line}><END>" in shown


@pytest.mark.parametrize("name", ["two\nlines", "\nfirst", "last\n", "a\n\nb, c\\d\n'e'"])
def test_bash_offers_all_names_where_one_has_a_line_break(process: Process, xe: Xe, name: str) -> None:
    process.environment["XE_STATE"] = str(xe.state)
    names = ["x0", name, "x1", "x 2"]
    for each in names:
        assert xe.run(["vm-create", f"name-label={each}"]).status == 0
    line = "xe vm-tree vm="
    call = BASH_CALL.replace(
        "printf '%s\\n' \"${COMPREPLY[@]}\"", 'for reply in "${COMPREPLY[@]}"; do eval "printf \'%s\\0\' $reply"; done'
    )
    done = process.run([shell("bash"), "-c", call, "bash", COMPLETIONS / "xe.bash", line, *readline_words(line)])
    # What prints values without a line break behind them cannot tell one at the end of the last.
    offered = [reply.strip("\n") for reply in done.out.split("\0")]
    assert {each.strip("\n") for each in names} <= set(offered)
    assert done.err == ""


def test_zsh_shows_names_beside_uuids(process: Process, xe: Xe) -> None:
    process.environment["XE_STATE"] = str(xe.state)
    shown = typed(process, zsh_setup(process), "xe sr-scan uuid=\x14", shell("zsh"), "-f", "-i")
    uuid = xe.run(["sr-list", "name-label=Local storage", "--minimal"]).out.strip()
    assert f"{uuid}  -- Local storage" in shown


def test_fish_shows_names_beside_uuids_and_what_commands_do(process: Process, xe: Xe) -> None:
    process.environment["XE_STATE"] = str(xe.state)
    uuid = xe.run(["sr-list", "name-label=Local storage", "--minimal"]).out.strip()
    assert f"uuid={uuid}\tLocal storage" in fish_lines(process, "xe sr-scan uuid=")
    assert fish_lines(process, "xe vbd-plug uu") == ["uuid="]
    assert fish_lines(process, "xe vbd-pl") == ["vbd-plug\tAttach a VBD to its running VM."]
