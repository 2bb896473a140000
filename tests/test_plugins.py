"""host-call-plugin: what is run, what it gets, what it may answer, and what stops it."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Process, Xe

ANSWERS = """#!{python}
import os, sys, xmlrpc.client
(session, args), fn = xmlrpc.client.loads(sys.argv[1])
text = ";".join([fn, *(f"{{key}}={{args[key]}}" for key in sorted(args))])
print(xmlrpc.client.dumps(({{"Status": "Success", "Value": text}},), methodresponse=True))
"""
FAILS = """#!{python}
import xmlrpc.client
print(xmlrpc.client.dumps(({{"Status": "Failure", "ErrorDescription": ["MY_CODE", "one", "two"]}},), methodresponse=True))
"""
FAULT = """#!{python}
import xmlrpc.client
print(xmlrpc.client.dumps(xmlrpc.client.Fault(7, "no"), methodresponse=True))
"""
ODD = """#!{python}
import xmlrpc.client
print(xmlrpc.client.dumps(({{"Status": "Success", "Value": 5}},), methodresponse=True))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    monkeypatch.setenv("XE_PLUGINS", str(made))
    return made


def plugin(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(text.format(python=sys.executable))
    path.chmod(0o755)


def call(xe: "Xe", name: str, *more: str) -> tuple[int, str, str]:
    host = xe.do("host-list --minimal")
    result = xe.run(["host-call-plugin", f"host-uuid={host}", f"plugin={name}", "fn=main", *more])
    return result.status, result.out, result.err


def test_a_plugin_gets_its_function_and_arguments_and_answers(xe: "Xe", folder: Path, tmp_path: Path) -> None:
    plugin(folder, "echo", ANSWERS)
    (tmp_path / "script").write_text("two\nlines")
    words = ["args:b=<&>", "args:a=1", f"args:script:file={tmp_path}/script"]
    assert call(xe, "echo", *words) == (0, "main;a=1;b=<&>;script=two\nlines\n", "")
    assert xe.do("host-call-plugin host-uuid={host} plugin=echo fn=f", host=xe.do("host-list --minimal")) == "f"


def test_a_running_vm_has_the_plugins_of_its_host(xe: "Xe", folder: Path) -> None:
    plugin(folder, "echo", ANSWERS)
    vm = xe.do("vm-create name-label=web")
    line = f"vm-call-host-plugin vm-uuid={vm} plugin=echo fn=f args:x=y"
    assert xe.code(line) == "VM_BAD_POWER_STATE"
    xe.do("vm-start vm=web")
    assert xe.do(line) == "f;x=y"


@pytest.mark.parametrize("name", ["missing", "../outside", "/bin/true", ".", "..", "", "data", "sub", "sub/echo"])
def test_only_executables_of_the_folder_are_plugins(xe: "Xe", folder: Path, name: str) -> None:
    plugin(folder.parent, "outside", ANSWERS)
    (folder / "data").write_text("no program")
    (folder / "sub").mkdir()
    plugin(folder / "sub", "echo", ANSWERS)
    status, out, err = call(xe, name)
    assert (status, out) == (1, "")
    assert "Code: XENAPI_MISSING_PLUGIN\n" in err
    assert "XE_PLUGINS" in err


def test_without_the_folder_there_are_no_plugins(xe: "Xe", folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(folder, "echo", ANSWERS)
    for value in (None, "", str(folder / "nowhere")):
        monkeypatch.setenv("XE_PLUGINS", value) if value is not None else monkeypatch.delenv("XE_PLUGINS")
        assert call(xe, "echo")[0] == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (FAILS, "status: MY_CODE\nstdout: one\nstderr: two\n"),
        (FAULT, "status: fault\nstdout: 7\nstderr: no\n"),
        (ODD, "status: unexpected XMLRPC result\n"),
        ("#!/bin/sh\necho oops\n", "status: failed to parse plugin output\nstdout: oops\n"),
        ("#!/bin/sh\necho out\necho err >&2\nexit 3\n", "status: non-zero exit\nstdout: out\n\nstderr: err\n"),
        ("#!/bin/sh\nkill -TERM $$\n", "status: signal: SIGTERM\n"),
        ("#!/nowhere/sh\n", "status: it cannot be started: No such file or directory\n"),
        ("", "status: it cannot be started: Exec format error\n"),
        (
            '#!/bin/sh\nprintf \'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>\'\n',
            "status: failed to parse",
        ),
    ],
)
def test_a_plugin_that_fails(xe: "Xe", folder: Path, text: str, shown: str) -> None:
    path = folder / "bad"
    path.write_text(text.replace("{python}", sys.executable).replace("{{", "{").replace("}}", "}"))
    path.chmod(0o755)
    status, out, err = call(xe, "bad")
    assert (status, out) == (1, "")
    assert shown in err
    assert "Code: XENAPI_PLUGIN_FAILURE\n" in err


def test_a_plugin_that_takes_too_long_is_stopped_with_its_children(
    xe: "Xe", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XE_PLUGIN_TIMEOUT", "0.3")
    (folder / "slow").write_text('#!/bin/sh\nsleep 60 &\necho $! >"$XE_PLUGINS/child"\nsleep 60\n')
    (folder / "slow").chmod(0o755)
    begin = time.monotonic()
    status, _, err = call(xe, "slow")
    assert (status, "it took longer than 0.3 seconds (XE_PLUGIN_TIMEOUT)" in err) == (1, True)
    assert time.monotonic() - begin < 30
    child = int((folder / "child").read_text())
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child goes on")


def test_a_plugin_that_prints_without_end_is_stopped(xe: "Xe", folder: Path) -> None:
    (folder / "loud").write_text("#!/bin/sh\nexec cat /dev/zero\n")
    (folder / "loud").chmod(0o755)
    status, _, err = call(xe, "loud")
    assert (status, "it printed more than 16777216 bytes" in err) == (1, True)


def test_an_argument_that_is_too_long_is_refused(xe: "Xe", folder: Path, tmp_path: Path) -> None:
    plugin(folder, "echo", ANSWERS)
    (tmp_path / "long").write_bytes(b"x" * (1 << 20))
    status, _, err = call(xe, "echo", f"args:a:file={tmp_path}/long")
    assert (status, "it cannot be started: Argument list too long" in err) == (1, True)
    assert call(xe, "echo", "args:a:file=/nowhere")[0] == 1


def test_a_wrong_timeout_is_said(xe: "Xe", folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(folder, "echo", ANSWERS)
    monkeypatch.setenv("XE_PLUGIN_TIMEOUT", "soon")
    status, _, err = call(xe, "echo")
    assert (status, err.startswith("XE_PLUGIN_TIMEOUT must be a number of seconds")) == (3, True)


def test_a_plugin_may_call_xe_and_has_no_input(process: "Process", xe: "Xe", folder: Path) -> None:
    (folder / "busy").write_text(
        f"#!/bin/sh\ncat\n{sys.executable} -m xe_py vm-create name-label=made >/dev/null\n"
        "echo '<methodResponse><params><param><value><struct><member><name>Status</name><value>Success</value></member>"
        "<member><name>Value</name><value>done</value></member></struct></value></param></params></methodResponse>'\n"
    )
    (folder / "busy").chmod(0o755)
    host = xe.do("host-list --minimal")
    words = ("host-call-plugin", f"host-uuid={host}", "plugin=busy", "fn=x")
    done = process.xe(*words, XE_STATE=str(xe.state), XE_PLUGINS=str(folder))
    assert (done.out, done.status) == ("done\n", 0), done.err
    assert xe.do("vm-list name-label=made params=name-label --minimal") == "made"


def test_nothing_is_run_to_try(xe: "Xe", folder: Path) -> None:
    (folder / "mark").write_text('#!/bin/sh\ntouch "$XE_PLUGINS/ran"\n')
    (folder / "mark").chmod(0o755)
    assert call(xe, "mark", "--dry-run")[0] == 0
    assert not (folder / "ran").exists()
    assert call(xe, "mark")[0] == 1
    assert (folder / "ran").exists()


def test_a_host_that_is_down_calls_nothing(xe: "Xe", folder: Path) -> None:
    plugin(folder, "echo", ANSWERS)
    xe.do("host-disable")
    xe.do("host-shutdown")
    assert "Code: HOST_OFFLINE\n" in call(xe, "echo")[2]


@pytest.mark.parametrize(
    ("started", "name", "fn", "wrong"),
    [
        (False, "guest-agent-operation", "run-script", "VM_BAD_POWER_STATE"),
        (True, "echo", "run-script", "XENAPI_MISSING_PLUGIN"),
        (True, "guest-agent-operation", "run-script", "XENAPI_PLUGIN_FAILURE"),
        (True, "guest-agent-operation", "other", "XENAPI_PLUGIN_FAILURE"),
    ],
)
def test_no_guest_runs_a_function(xe: "Xe", folder: Path, started: bool, name: str, fn: str, wrong: str) -> None:
    plugin(folder, "echo", ANSWERS)
    vm = xe.do("vm-create name-label=web")
    if started:
        xe.do("vm-start vm=web")
    refused = xe(f"vm-call-plugin vm-uuid={vm} plugin={name} fn={fn} args:a=b")
    assert f"Code: {wrong}\n" in refused.err
    if wrong == "XENAPI_PLUGIN_FAILURE":
        assert f"failed to {'find' if fn == 'other' else 'execute'} fn" in refused.err
    assert os.environ["XE_PLUGINS"] == str(folder)
