"""Standard streams in any condition, and interrupts at any moment: what was done is never hidden, and nothing bursts."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY, Process, Result

pytestmark = pytest.mark.slow

PROGRAM = [sys.executable, "-m", "xe_py"]
FULL = "could not be written: No space left on device.\n"
SCRIPT = "xe vm-create name-label=a\nxe vm-create name-label=b\n"
BUGS = ("Traceback", "INTERNAL_ERROR", "Exception ignored")

# Each kind of command: whether it prints a result, and the status that it ends with.
READS = ["vm-list", "vm-list --minimal", "state-show", "state-check", "state-history", "help", "help vm-list", "--help",
         "--version", "vm-list --help", "vm-create name-label=a --dry-run", "vm-tree uuid={vm}"]  # fmt: skip
CHANGES = ["vm-create name-label=a", "batch script.sh", "state-undo"]
SILENT = ["vm-param-set uuid={vm} name-label=b$RANDOM", "state-init --force", "batch -", "state-set rules=xapi"]
REFUSED = {"vm-lst": 1, "vm-create": 1, "vm-destroy uuid={vm}": 1, "vm-start uuid=none": 1, "--state none vm-list": 3,
           "batch bad.sh": 1, "state-init": 3, "--state {fifo} vm-list": 3}  # fmt: skip
COMMANDS = [*READS, *CHANGES, *SILENT, *REFUSED]


class Shell:
    """Runs command lines with the standard streams redirected, on one state file."""

    def __init__(self, process: Process) -> None:
        self.process = process
        process.environment["XE_STATE"] = "host.toml"
        (process.home / "script.sh").write_text(SCRIPT)
        (process.home / "bad.sh").write_text(SCRIPT + "xe nonsense\n")
        os.mkfifo(process.home / "fifo")
        assert process.xe("state-init", "name-label=xen1").status == 0
        self.vm = process.xe("vm-list", "--minimal").out.strip()
        assert process.xe("vm-param-set", f"uuid={self.vm}", "name-description=x").status == 0
        self.state = process.home / "host.toml"

    def __call__(self, line: str, redirected: str = "", **environment: str) -> Result:
        words = " ".join(line.format(vm=self.vm, fifo="fifo").split())
        script = f'"$PYTHON" -m xe_py {words} {redirected}'
        done = self.process.run(["bash", "-c", script], PYTHON=sys.executable, **environment)
        assert not any(bug in done.err for bug in BUGS), (line, redirected, done)
        return done


@pytest.fixture
def shell(process: Process) -> Shell:
    return Shell(process)


def status_of(line: str) -> int:
    return REFUSED.get(line, 0)


@pytest.mark.parametrize("line", COMMANDS)
def test_closed_streams_change_nothing_of_what_is_done(shell: Shell, line: str) -> None:
    for redirected in (">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full", "<&- 2>/dev/full"):
        before = shell.state.read_bytes()
        done = shell(line, redirected)
        assert done.status == status_of(line), (redirected, done)
        assert (shell.state.read_bytes() != before) == (line in {*CHANGES, *SILENT} - {"batch -"}), redirected
        if ">&-" not in redirected.split() and line in {*READS, *CHANGES}:
            assert done.out, redirected
        if not redirected.count("2>") and line in REFUSED:
            assert done.err, redirected
        if line == "state-set rules=xapi":
            assert shell("state-set rules=strict").status == 0


@pytest.mark.parametrize("redirected", [">/dev/full", "1</dev/null", "2>/dev/full >/dev/full"])
@pytest.mark.parametrize("line", COMMANDS)
def test_where_the_output_cannot_be_written_the_status_tells_what_was_done(
    shell: Shell, line: str, redirected: str
) -> None:
    before = shell.state.read_bytes()
    done = shell(line, redirected)
    changed = shell.state.read_bytes() != before
    assert changed == (line in {*CHANGES, *SILENT} - {"batch -"})
    assert done.status == (4 if line in CHANGES else 1 if line in READS else status_of(line))
    if line in {*CHANGES, *READS} and "2>" not in redirected:
        assert "could not be written: " in done.err
        assert done.err.startswith("The change was made, but") == changed


@pytest.mark.parametrize(("line", "status"), [("vm-list", 1), ("help --all", 1), ("vm-create name-label=a", 4)])
def test_a_reader_who_has_gone(shell: Shell, line: str, status: int) -> None:
    done = shell(f"{line} | true", "", PYTHONUNBUFFERED="")
    assert done.status == 0
    script = f'({{ sleep 0.3; "$PYTHON" -m xe_py {line}; echo $? >status; }} | true) 2>err'
    shell.process.run(["bash", "-c", script], PYTHON=sys.executable)
    told = (shell.process.home / "err").read_text()
    assert int((shell.process.home / "status").read_text()) == status
    assert told == ("The change was made, but the output could not be written: Broken pipe.\n" if status == 4 else "")


def test_partial_work_is_told_even_if_its_output_is_lost(shell: Shell) -> None:
    done = shell("batch bad.sh --keep-going", ">/dev/full")
    assert done.status == 4
    assert "1 of 3 lines were refused." in done.err
    assert "The change was made, but the output could not be written" in done.err
    assert shell("batch bad.sh --keep-going").status == 1


ENCODINGS = [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "ascii:strict"},
             {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
             {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]  # fmt: skip


@pytest.mark.parametrize("environment", ENCODINGS, ids=str)
def test_names_are_shown_in_every_encoding(shell: Shell, environment: dict[str, str]) -> None:
    shell.process.xe("vm-param-set", f"uuid={shell.vm}", "name-label=gr\u00fcn \u6c34 \U0001f600")
    for line in ("vm-list", "vm-tree uuid={vm}", "vm-destroy uuid={vm}", "state-history", "state-diff serial=0"):
        done = shell(line, "2>&1 | cat", **environment)
        assert "n " in done.out
        assert shell(line, **environment).status in {0, 1}
    for line in (["no-such-\u6c34"], ["vm-list", "uuid=\u6c34"], ["vm-create", "name-label=x", "\u6c34=1"]):
        done = shell.process.xe(*line, **environment)
        assert not any(bug in done.err for bug in BUGS)


@pytest.mark.parametrize("hostile", ["\x1b[31m", "\x07", "\x9b31m", "\r", "\x7f"])
def test_nothing_that_is_printed_steers_a_terminal(shell: Shell, hostile: str) -> None:
    home = shell.process.home
    (home / "evil.sh").write_text(
        f'NAME="{hostile}"\nxe vm-create name-label=$NAME "$NAME=1" >/dev/null\necho "$NAME"\n'
    )
    lines = [["vm-create", "name-label=x", f"{hostile}=1"], ["help", hostile], [hostile], ["vm-start", f"vm={hostile}"],
             ["vm-create", f"name-label={hostile}"], ["vm-list"], ["vm-list", "--minimal"], ["state-history"],
             ["--state", hostile, "vm-list"], ["vm-list", f"params={hostile}"], ["batch", "evil.sh"], ["batch", hostile],
             ["state-diff", "serial=0"], ["--dry-run", "vm-create", f"name-label={hostile}"],
             ["vm-param-get", f"uuid={shell.vm}", f"param-name={hostile}"], ["vm-shutdown", f"{hostile}=a"]]  # fmt: skip
    for line in lines:
        done = shell.process.xe(*line)
        assert hostile not in (done.out + done.err).replace("\r\n", "\n"), line
    assert f"\\x{ord(hostile[0]):02x}" in shell.process.xe("vm-list").out


# What is planted


def plant(path: Path, kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(kind)


KINDS = ["fifo", "folder", "/dev/null", "/dev/zero", "/dev/stdin", "/dev/tty", "loop", "nowhere"]
LINES = ["vm-list", "vm-create name-label=x", "--dry-run vm-create name-label=x", "state-show", "state-check",
         "state-init", "state-init --force", "state-set rules=xapi", "batch script.sh", "vm-tree",
         "state-history", "state-diff", "state-undo"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_state_file_holds_no_command(shell: Shell, kind: str) -> None:
    plant(shell.process.home / "loop", "loop") if kind != "loop" else None
    plant(shell.process.home / "planted", "planted" if kind == "loop" else kind)
    for line in LINES:
        made = line.startswith("state-init") and kind == "nowhere"
        if made:
            continue  # A link that leads nowhere is where the file is made.
        done = shell(line, "</dev/null", XE_STATE="planted")
        assert done.status == 3, (line, done)
        assert done.err.count("\n") <= 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["host.toml.d/lock", "host.toml.d", "cache/xe", "cache/xe/head", "cache"])
def test_what_is_planted_beside_the_file_holds_no_command(shell: Shell, place: str, kind: str) -> None:
    home, environment = shell.process.home, {"XDG_CACHE_HOME": str(shell.process.home / "cache")}
    shell("vm-list", **environment)
    target = home / place
    planted = [target]
    if place == "cache/xe/head":
        planted = list((home / "cache/xe").iterdir())
        assert planted
    for path in planted:
        subprocess.run(["rm", "-rf", str(path)], check=True)
        plant(path, kind)
    for line in ("vm-list", "vm-create name-label=x", "state-check", "batch script.sh", "vm-list"):
        done = shell(line, "</dev/null", XE_LOCK_TIMEOUT="1", **environment)
        assert done.status in {0, 3}, (line, done)
        assert done.status == 0 or "cannot be" in done.err, (line, done)
        assert done.status == 0 or place.startswith("host.toml.d")


@pytest.mark.parametrize("kind", ["fifo", "folder", "/dev/zero", "loop", "nowhere"])
def test_what_is_no_script_holds_no_command(shell: Shell, kind: str) -> None:
    plant(shell.process.home / "loop", kind if kind != "loop" else "loop")
    done = shell("batch loop", "</dev/null")
    assert (done.status, done.out) == (1, "")
    assert "loop" in done.err


@pytest.mark.parametrize("line", ["batch - </dev/zero", "batch /dev/stdin </dev/zero", "cat /dev/zero | xe batch -"])
def test_a_script_without_an_end_takes_no_memory(shell: Shell, line: str) -> None:
    limited = f"ulimit -v 800000; {line}".replace("xe batch", '"$PYTHON" -m xe_py batch')
    limited = limited.replace("; batch", '; "$PYTHON" -m xe_py batch')
    done = shell.process.run(["bash", "-c", limited], PYTHON=sys.executable)
    assert (done.status, done.out) == (1, "")
    assert "is larger than 64 MiB. Split it into smaller ones." in done.err or "is not a regular file" in done.err


def test_a_script_may_come_through_a_pipe(shell: Shell) -> None:
    assert shell("batch -", "<script.sh").out.count("\n") == 2
    assert shell("batch <(cat script.sh)").out.count("\n") == 2
    assert shell("batch /dev/stdin", "<script.sh").out.count("\n") == 2
    assert shell("batch -", "</").status == 1 or "is a directory" in shell("batch -", "</").err


# What the system refuses, anywhere


def test_an_error_of_the_system_is_told_as_what_it_is(shell: Shell) -> None:
    (shell.process.home / "sitecustomize.py").write_text(
        "import os\nlook = os.stat\n"
        "def stat(path, *rest, **named):\n"
        "    if str(path).endswith('host.toml') and os.environ.get('BROKEN'):\n"
        "        raise PermissionError(13, 'Permission denied', path)\n"
        "    return look(path, *rest, **named)\n"
        "os.stat = stat\n"
    )
    shell.process.environment["PYTHONPATH"] = f"{shell.process.home}:{REPOSITORY}"
    done = shell("state-history", BROKEN="1")
    assert (done.status, done.out) == (3, "")
    assert "Permission denied" in done.err
    assert "host.toml" in done.err
    assert "output" not in done.err


# Interrupts

# Sends an interrupt when so many lines and calls of the program have been run, from its first line on; `ONLY` counts
# those of the functions of a name, and of what they call.
INTERRUPTER = """
import os, sys
at, only, count, began = int(os.environ["AT"]), os.environ.get("ONLY"), 0, False
def trace(frame, event, argument):
    global count, began
    name = frame.f_code.co_filename
    began = began or name.endswith(("bin/xe", "xe_py/__main__.py"))
    if not began or (event == "call" and "xe_py" not in name and "importlib" not in name and "bin/xe" not in name):
        return None
    counts = only in (None, frame.f_code.co_name, frame.f_back and frame.f_back.f_code.co_name)
    count += counts
    if count == at and counts:
        os.kill(os.getpid(), 2)
    return trace
sys.settrace(trace)
leave = os._exit
def end(status):
    sys.settrace(None)
    if not at:
        os.write(2, b"%d" % count)
    leave(status)
os._exit = end
"""
MADE = "Interrupted; the change was made.\n"
ROUNDS = 12


def moments(total: int, rounds: int, seed: str) -> Iterator[int]:
    drawn = random.Random(seed)  # noqa: S311 - the same in every run
    yield from sorted(drawn.randint(1, total) for _ in range(rounds))


def ended_well(done: Result, *, changed: bool) -> None:
    """An interrupted command ended with 130 and told what was done, or had ended before."""
    assert not any(bug in done.err for bug in BUGS), done
    if done.status == 0:
        assert (changed, done.err) == (True, "")
    else:
        assert (done.status, done.err) == (130, MADE if changed else "")


def came_too_early(done: Result) -> bool:
    """Whether the interrupt came while Python itself was starting, which may end it, tell it, or forget it."""
    of_python = any(word in done.err for word in ("KeyboardInterrupt", "Fatal Python error"))
    return done.status == -signal.SIGINT or (of_python and "xe_py" not in done.err)


@pytest.mark.parametrize("program", [PROGRAM, [sys.executable, str(REPOSITORY / "bin/xe")]], ids=["module", "script"])
@pytest.mark.parametrize("line", ["vm-create name-label=x", "batch script.sh", "state-undo"])
def test_an_interrupt_at_any_line_of_ours(shell: Shell, program: list[str], line: str) -> None:
    (shell.process.home / "sitecustomize.py").write_text(INTERRUPTER)
    environment = {"PYTHONPATH": f"{shell.process.home}:{REPOSITORY}"}
    total = 0
    for _ in range(2):  # The first one makes the index.
        total = int(shell.process.run([*program, *line.split()], AT="0", **environment).err)
    for at in moments(total, ROUNDS, line):
        before = shell.state.read_bytes()
        done = shell.process.run([*program, *line.split()], AT=str(at), **environment)
        ended_well(done, changed=shell.state.read_bytes() != before)
    assert shell("state-check").status == 0


@pytest.mark.parametrize("function", ["cb", "_lock_unlock_module"])
def test_an_interrupt_in_the_importer(shell: Shell, function: str) -> None:
    """`cb` can only ignore an exception; one in `_lock_unlock_module` can leave a lock locked that is wanted again."""
    (shell.process.home / "sitecustomize.py").write_text(INTERRUPTER)
    environment = {"PYTHONPATH": f"{shell.process.home}:{REPOSITORY}", "ONLY": function}
    line = [*PROGRAM, "state-undo"]
    for _ in range(2):  # The first one makes the index.
        total = int(shell.process.run(line, AT="0", **environment).err)
    assert total > ROUNDS, total
    for at in moments(total, 8 * ROUNDS, function):
        before = shell.state.read_bytes()
        done = shell.process.run(line, AT=str(at), **environment)
        assert done.status == 130, (at, done)
        ended_well(done, changed=shell.state.read_bytes() != before)
    assert shell("state-check").status == 0


def test_an_interrupt_where_python_can_only_ignore_it(shell: Shell) -> None:
    (shell.process.home / "sitecustomize.py").write_text(
        "import os, sys\n"
        "class Freed:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), 2)\n"
        "def profile(frame, event, _):\n"
        "    if event == 'call' and frame.f_code.co_name == 'commit':\n"
        "        sys.setprofile(None)\n"
        "        Freed()\n"
        "sys.setprofile(profile)\n"
    )
    before = shell.state.read_bytes()
    environment = {"PYTHONPATH": f"{shell.process.home}:{REPOSITORY}"}
    assert shell.process.run([*PROGRAM, "vm-create", "name-label=x"], **environment) == Result("", "", 130)
    assert shell.state.read_bytes() == before


@pytest.mark.parametrize("line", ["vm-create name-label=x", "vm-list", "help --all"])
def test_an_interrupt_at_a_random_moment(shell: Shell, line: str) -> None:
    drawn = random.Random(line)  # noqa: S311 - the same in every run
    seen = set()
    for _ in range(80):
        before = shell.state.read_bytes()
        process = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "bin/xe"), *line.split()], env=shell.process.environment, text=True,
            cwd=shell.process.home, stdout=-1, stderr=-1,
        )  # fmt: skip
        time.sleep(drawn.random() * 0.06)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        changed = shell.state.read_bytes() != before
        seen.add(process.returncode)
        if came_too_early(Result(out, err, process.returncode)):
            assert process.returncode == 0 or not changed
        elif line.startswith("vm-create"):
            ended_well(Result(out, err, process.returncode), changed=changed)
        else:
            assert (process.returncode, err, changed) in {(0, "", False), (130, "", False)}
    assert seen >= {130}


def test_a_background_job_of_a_script_is_not_interrupted(shell: Shell) -> None:
    script = "trap '' INT; exec \"$@\""
    ignoring = ["sh", "-c", script, "sh", sys.executable, str(REPOSITORY / "bin/xe"), "vm-create", "name-label=x"]
    for _ in range(3):
        process = subprocess.Popen(
            ignoring, env=shell.process.environment, cwd=shell.process.home, stdout=-1, stderr=-1, text=True
        )
        time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err, len(out)) == (0, "", 37)


def test_an_interrupt_while_waiting_for_the_lock(shell: Shell) -> None:
    from xe_py.store import store_for

    with store_for(str(shell.state), {}).write("x"):
        process = shell.process.start("vm-create", "name-label=x", XE_LOCK_TIMEOUT="60")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 130
