"""The state file: what is kept of it, what is wrong with it, and what happens when it cannot be written."""

import os
import signal
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py.errors import StateFileError
from xe_py.store import state_file
from xe_py.store.render import canonical

if TYPE_CHECKING:
    from conftest import Process, Xe


def reload(xe: "Xe") -> str:
    """The whole file as it would be written anew."""
    _, state, findings = state_file.open_to_read(str(xe.state))
    assert not findings
    return canonical(state)


def test_a_file_that_only_xe_wrote_is_canonical(xe: "Xe") -> None:
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=a virtual-size=1MiB")
    vm = xe.do("vm-create name-label=web")
    vbd = xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    xe.do(f"vm-param-set uuid={vm} name-description=text other-config:a=1 VCPUs-max=2")
    xe.do(f"vm-param-add uuid={vm} param-name=tags param-key=one")
    xe.do(f"vm-param-set uuid={vm} name-description=")
    xe.do(f"vbd-destroy uuid={vbd}")
    xe.do("vm-create name-label=db")
    assert xe.state.read_text() == reload(xe)


def test_comments_blank_lines_and_order_stay(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    text = xe.state.read_text()
    text = text.replace(f"[vm.{vm}]\n", f"# the web server\n\n\n[vm.{vm}]  # do not touch\n# inside\n")
    text = text.replace('name-label = "web"\n', 'name-label = "web" # as in DNS\n')
    xe.state.write_text(text + "# the end\n")
    xe.do(f"vm-param-set uuid={vm} name-label=www name-description=x")
    xe.do("vm-create name-label=db")
    after = xe.state.read_text()
    assert f"# the web server\n\n\n[vm.{vm}]  # do not touch\n# inside\n" in after
    assert 'name-label = "www" # as in DNS\nname-description = "x"\n' in after
    assert after.endswith("# the end\n")


UNUSUAL = {
    "an inline table": 'vm = {{ {uuid} = {{ name-label = "web", other-config = {{ a = "1" }} }} }}\n{rest}',
    "dotted keys": 'vm.{uuid}.name-label = "web"\nvm.{uuid}.other-config.a = "1"\n{rest}',
    "a table of its class": '{rest}\n[vm]\n{uuid} = {{ name-label = "web", other-config.a = "1" }}\n',
    "a table within": '{rest}\n[vm.{uuid}]\nname-label = "web"\n[vm.{uuid}.other-config]\na = "1"\n',
    "quoted keys": '{rest}\n[ "vm" . "{uuid}" ]\n"name-label" = \'web\'\nother-config."a" = """1"""\n',
}


@pytest.mark.parametrize("form", UNUSUAL.values(), ids=UNUSUAL)
@pytest.mark.parametrize("change", ["other-config:b=2", "name-label=www", "destroy"])
def test_an_object_in_another_form_can_be_changed(xapi: "Xe", form: str, change: str) -> None:
    xe = xapi  # The inline table takes the place of all VMs, the control domain among them.
    uuid = "00000000-0000-4000-8000-00000000000a"
    rest = xe.state.read_text()
    domain = rest.index("[vm.")
    if form.startswith("vm = "):
        rest = rest[:domain]
    xe.state.write_text(form.format(uuid=uuid, rest=rest))
    if change == "destroy":
        xe.do(f"vm-destroy uuid={uuid}")
        assert xe.do("vm-list is-control-domain=false --minimal") == ""
        return
    xe.do(f"vm-param-set uuid={uuid} {change}")
    shown = xe.do(f"vm-param-get uuid={uuid} param-name={change.partition('=')[0].partition(':')[0]}")
    assert shown == ("a: 1; b: 2" if ":" in change else "www")


def test_the_serial_counts_commits_that_change_something(xe: "Xe") -> None:
    before = xe.do("state-show").splitlines()
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-param-set uuid={vm} name-label=web")
    assert xe.code("vm-start vm=nobody") == "Error: No matching VMs found"
    after = xe.do("state-show").splitlines()
    assert "serial: 1" in before
    assert "serial: 2" in after


BAD = {
    "empty": (b"", "is empty"),
    "not UTF-8": (b"[state]\nx = \xff\n", ":2: this is not UTF-8"),
    "not TOML": (b"[state\n", "is not TOML"),
    "two tables of one uuid": (b"[vm.x]\n[vm.x]\n", "is not TOML"),
    "no header": (b"[vm.x]\n", "no [state] table"),
    "a newer format": (b'[state]\nformat = 2\nlineage = ""\nserial = 1\nrules = "strict"\n', "Use a newer xe"),
    "an unknown set of rules": (b'[state]\nformat = 1\nlineage = ""\nserial = 1\nrules = "lax"\n', "rules must be"),
    "a header without a serial": (b'[state]\nformat = 1\nlineage = ""\nrules = "strict"\n', "must have serial"),
    "a huge number": (b"[state]\nformat = " + b"9" * 5000 + b"\n", "cannot be read"),
    "deep nesting": (b"[state]\nx = " + b"[" * 9000 + b"]" * 9000 + b"\n", "nested too deeply"),
}


@pytest.mark.parametrize(("data", "text"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("line", ["vm-list", "vm-create name-label=x", "state-check"])
def test_a_file_that_is_no_state_is_refused_with_its_reason(xe: "Xe", data: bytes, text: str, line: str) -> None:
    xe.state.write_bytes(data)
    result = xe(line)
    assert result.status == 3
    assert text in result.err
    assert str(xe.state) in result.err


UNSOUND = {
    "an unknown class": ('[disk.a]\nx = 1\n', "STATE_UNKNOWN_CLASS", "disk"),
    "a malformed uuid": ('[vm.web]\nname-label = "x"\n', "STATE_UUID_MALFORMED", "web"),
    "an unknown field": (
        '[vm.00000000-0000-4000-8000-00000000000a]\nname = "x"\n', "STATE_UNKNOWN_FIELD", "name"),
    "a wrong type": (
        '[vm.00000000-0000-4000-8000-00000000000a]\nVCPUs-max = "4"\n', "FIELD_TYPE_ERROR", "VCPUs-max"),
    "one uuid in two classes": (
        '[network.00000000-0000-4000-8000-00000000000a]\nbridge = "xapi7"\n[vm.00000000-0000-4000-8000-00000000000a]\n',
        "STATE_DUPLICATE_UUID", "vm"),
    "a word that is no choice": (
        '[vm.00000000-0000-4000-8000-00000000000a]\npower-state = "on"\n', "FIELD_TYPE_ERROR", "power-state"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "code", "word"), UNSOUND.values(), ids=UNSOUND)
def test_what_is_unsound_is_named_with_its_line_and_listed_all_the_same(
    xe: "Xe", table: str, code: str, word: str
) -> None:
    text = xe.state.read_text() + "\n"
    xe.state.write_text(text + table)
    check = xe.run(["state-check"], partial=True)
    assert check.status == 3
    assert f"[{code}]" in check.out
    assert word in check.out
    first = text.count("\n") + 1
    line = int(check.out.removeprefix(f"{xe.state}:").partition(":")[0])
    assert first <= line <= first + table.count("\n")
    assert xe("vm-list").status == 0
    refused = xe("vm-create name-label=x")
    assert refused.status == 3
    assert "Nothing is changed before that is mended." in refused.err


def test_a_missing_file_is_an_error_that_says_how_to_make_one(xe: "Xe") -> None:
    xe.state.unlink()
    result = xe("vm-list")
    assert result.status == 3
    assert "state-init" in result.err
    assert not xe.state.exists()


def test_a_folder_is_no_state_file(xe: "Xe") -> None:
    xe.state.unlink()
    xe.state.mkdir()
    from xe_py.cli.main import run  # noqa: PLC0415 - the fixture reads the file, which is a folder here

    assert run(["--state", str(xe.state), "vm-list"]) == 3


def test_a_fresh_host_replaces_a_file_only_by_force(xe: "Xe") -> None:
    assert xe("state-init").status == 3
    xe.do("state-init --force name-label=other")
    assert xe.do("host-list params=name-label --minimal") == "other"


def test_mode_and_link_are_kept(xe: "Xe", tmp_path: Path) -> None:
    xe.state.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(xe.state)
    real, xe.state = xe.state, link
    xe.do("vm-create name-label=web")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert not (tmp_path / "link.toml.d").exists()


def test_a_new_file_is_for_its_owner_only(xe: "Xe") -> None:
    xe.state.unlink()
    xe.do("state-init")
    assert stat.S_IMODE(xe.state.stat().st_mode) == 0o600


def test_a_lock_that_is_held_names_its_holder(process: "Process", xe: "Xe") -> None:
    with state_file.open_to_write(str(xe.state), "vm-start"):
        waiting = process.xe("--state", str(xe.state), "vm-create", "name-label=x", XE_LOCK_TIMEOUT="0.2")
    assert waiting.status == 3
    assert f"process {os.getpid()} of" in waiting.err
    assert "(xe vm-start) since 20" in waiting.err


def test_a_reader_does_not_wait_for_a_writer(process: "Process", xe: "Xe") -> None:
    with state_file.open_to_write(str(xe.state), "vm-start"):
        assert process.xe("--state", str(xe.state), "vm-list", XE_LOCK_TIMEOUT="0").status == 0


def test_a_waiting_writer_goes_on_when_the_lock_is_free(process: "Process", xe: "Xe") -> None:
    with state_file.open_to_write(str(xe.state), "vm-start"):
        waiting = process.start("--state", str(xe.state), "vm-create", "name-label=x", XE_LOCK_TIMEOUT="60")
        threading.Event().wait(0.3)
        assert waiting.poll() is None
    _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, err


def test_an_edit_by_hand_in_the_meantime_is_not_overwritten(xe: "Xe") -> None:
    edited = xe.state.read_text() + "# edited\n"
    with (
        pytest.raises(StateFileError, match="changed by someone else"),
        state_file.open_to_write(str(xe.state), "test") as (document, state, _),
    ):
        state.add("vm", {"name-label": "web"})
        xe.state.write_text(edited)
        state_file.commit(document, state)
    assert xe.state.read_text() == edited


def test_what_a_killed_writer_left_is_swept_away(xe: "Xe") -> None:
    left = xe.state.with_name(xe.state.name + ".d") / "new.1"
    left.parent.mkdir(exist_ok=True)
    left.write_text("half")
    xe.do("vm-create name-label=web")
    assert not left.exists()


CALLS = ("open", "write", "fsync", "replace", "fchmod", "close")


@pytest.mark.parametrize("error", [28, 5, 122, 13], ids=os.strerror)
@pytest.mark.parametrize("call", CALLS)
def test_a_write_that_fails_leaves_the_old_file(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, call: str, error: int
) -> None:
    """Each step of a commit fails in turn: the file is the old one, or the new one where the step came after."""
    before = xe.state.read_bytes()
    real = getattr(os, call)
    with state_file.open_to_write(str(xe.state), "test") as (document, state, _):
        state.add("vm", {"name-label": "web"})
        calls = 0

        def fail_once(*words: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise OSError(error, os.strerror(error))
            return real(*words, **named)

        monkeypatch.setattr(os, call, fail_once)
        with pytest.raises(StateFileError, match="Nothing was changed"):
            state_file.commit(document, state)
        monkeypatch.setattr(os, call, real)
    assert calls
    assert xe.state.read_bytes() == before
    assert not list(xe.state.with_name("host.toml.d").glob("new.*"))
    xe.do("vm-create name-label=web")


def test_a_full_disk_leaves_the_old_file(process: "Process", xe: "Xe") -> None:
    """A file size limit stands for the full disk: the write of the next version is cut short."""
    before = xe.state.read_bytes()
    script = f"ulimit -f 1; trap '' XFSZ; exec xe --state {xe.state} vm-create name-label=x"
    # Python itself would leave cut-off byte code behind.
    done = process.run(["bash", "-c", script], PYTHONDONTWRITEBYTECODE="1")
    assert done.status == 3, done
    assert "Nothing was changed." in done.err
    assert xe.state.read_bytes() == before


def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(process: "Process", xe: "Xe") -> None:
    for number in range(24):
        writer = process.start("--state", str(xe.state), "vm-create", f"name-label=vm{number}")
        threading.Event().wait(0.004 * number)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        _, _, findings = state_file.open_to_read(str(xe.state))
        assert not findings
    serial = int(xe.do("state-show").splitlines()[2].removeprefix("serial: "))
    created = [name for name in xe.do("vm-list params=name-label --minimal").split(",") if name.startswith("vm")]
    assert serial == 1 + len(created)
    xe.do("vm-create name-label=last")


def test_writers_at_once_lose_nothing(process: "Process", xe: "Xe") -> None:
    writers = [
        process.start("--state", str(xe.state), "vm-create", f"name-label=vm{number}", XE_LOCK_TIMEOUT="60")
        for number in range(16)
    ]
    made = [writer.communicate(timeout=100)[0].strip() for writer in writers]
    assert sorted(xe.do("vm-list is-control-domain=false --minimal").split(",")) == sorted(made)
    assert "serial: 17" in xe.do("state-show").splitlines()
