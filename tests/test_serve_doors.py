"""The doors of `serve`: addresses, passwords, TLS, sockets, the log, and the end."""

import http.client
import re
import signal
import socket
import ssl
import stat
import xmlrpc.client
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import XenAPI

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from conftest import Process, Xe


@contextmanager
def server(xe: "Xe", process: "Process", *words: str) -> "Iterator[tuple[subprocess.Popen[str], list[str]]]":
    """A server as a real process, and the addresses that it printed."""
    running = process.start("--state", str(xe.state), "serve", *words)
    assert running.stdout is not None
    try:
        addresses = [running.stdout.readline() for _ in range(max(1, sum("," in word for word in words) + 1))]
        yield running, [line.removeprefix("Listening at ").strip() for line in addresses]
    finally:
        running.kill()
        running.wait()
        for stream in (running.stdout, running.stderr):
            assert stream is not None
            stream.close()


def said(running: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> str:
    """What it printed on standard error until it ended, which it does well."""
    running.send_signal(number)
    assert running.stderr is not None
    text = running.stderr.read()
    assert running.wait() == 0, text
    return text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_makes_a_password_prints_it_once_and_ends_when_it_is_asked_to(
    xe: "Xe", process: "Process", number: int
) -> None:
    with server(xe, process) as (running, (address, *_)):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        assert running.stderr is not None
        password = running.stderr.readline().removeprefix("Password of root: ").strip()
        assert len(password) >= 16
        session = XenAPI.Session(address)
        session.xenapi.login_with_password("root", password)
        assert [session.xenapi.host.get_name_label(ref) for ref in session.xenapi.host.get_all()] == ["xen1"]
        session.xenapi.session.logout()
        session("close")()
        assert said(running, number) == ""


def test_the_password_is_the_first_line_of_the_file_and_the_log_says_nothing_of_it(
    xe: "Xe", process: "Process", tmp_path: Path
) -> None:
    (tmp_path / "pw").write_text("s3cret word\nmore\n")
    with server(xe, process, f"password-file={tmp_path / 'pw'}", "user=admin", "--log") as (running, (address,)):
        proxy = xmlrpc.client.ServerProxy(address)
        ref = proxy.session.login_with_password("admin", "s3cret word")["Value"]
        assert proxy.pool.get_all(ref)["Status"] == "Success"
        assert proxy.pool.get_all("OpaqueRef:x") == {
            "Status": "Failure",
            "ErrorDescription": ["SESSION_INVALID", "OpaqueRef:x"],
        }
        proxy("close")()
        text = said(running)
    lines = text.splitlines()
    assert [re.sub(r"127\.0\.0\.1:\d+|[\d.]+ ms", "-", line) for line in lines] == [
        "- POST / 200 session.login_with_password -",
        "- POST / 200 pool.get_all -",
        "- POST / 200 pool.get_all SESSION_INVALID -",
    ]
    assert "s3cret" not in text
    assert str(ref) not in text


def test_who_comes_by_the_socket_needs_no_password(xe: "Xe", process: "Process", tmp_path: Path) -> None:
    path = tmp_path / "xapi"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))  # a server that was killed
    left.close()
    with server(xe, process, f"listen=unix:{path},127.0.0.1:0") as (running, (first, second)):
        assert first == f"unix:{path}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(str(path))

        class Transport(xmlrpc.client.Transport):
            def make_connection(self, _host: object) -> http.client.HTTPConnection:
                if self._connection[1] is None:
                    self._connection = ("xapi", Connection("_var_lib_xcp_xapi"))
                return self._connection[1]

        inside = xmlrpc.client.ServerProxy("http://xapi", transport=Transport())
        assert inside.session.login_with_password("", "")["Status"] == "Success"
        outside = xmlrpc.client.ServerProxy(second)
        assert outside.session.get_all_subject_identifiers("OpaqueRef:x")["Status"] == "Failure"
        outside("close")()
        inside("close")()
        said(running)
    assert not path.exists()


def test_a_server_makes_a_certificate_and_says_its_fingerprint(xe: "Xe", process: "Process") -> None:
    with server(xe, process, "--tls") as (running, (address,)):
        assert address.startswith("https://127.0.0.1:")
        port = int(address.rpartition(":")[2].rstrip("/"))
        assert running.stderr is not None
        password = running.stderr.readline().removeprefix("Password of root: ").strip()
        fingerprint = running.stderr.readline().strip()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw) as wrapped:
            given = wrapped.getpeercert(binary_form=True)
            assert given is not None
            assert fingerprint == f"Certificate: SHA-256 {sha256(given).digest().hex(':').upper()}"
        session = XenAPI.Session(address, ignore_ssl=True)
        session.xenapi.login_with_password("root", password)
        assert len(session.xenapi.pool.get_all()) == 1
        session("close")()
        trusting = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(given))
        proxy = xmlrpc.client.ServerProxy(address, context=trusting)
        assert proxy.session.login_with_password("root", password)["Status"] == "Success"
        proxy("close")()
        said(running)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("listen=0.0.0.0:0", "Other machines can reach 0.0.0.0:0"),
        ("listen=0.0.0.0:0 tls=true", "Other machines can reach"),
        ("listen=0.0.0.0:0 password-file=pw", "Other machines can reach"),
        ("listen=[::]:0", "Other machines can reach [::]:0"),
        ("listen=here", "here is no address to listen at. Write host:port"),
        ("listen=127.0.0.1:http", "127.0.0.1:http is no address"),
        ("listen=127.0.0.1:65536", "is no address"),
        ("listen=:80", ":80 is no address"),
        ("listen=unix:", "unix: names no path"),
        ("listen=,", "listen names no address"),
        ("key=k", "There is a key, but no certificate"),
        ("certificate=c", "A certificate is for TLS. Add: tls=true"),
        ("password-file=empty", "The first line of empty is no password"),
        ("password-file=nowhere", "nowhere"),
        ("tls=true certificate=pw", "pw and pw are no certificate with its key"),
        ("tls=true certificate=nowhere", "nowhere cannot be read: No such file"),
        ("listen=unix:taken", "cannot listen at unix:"),
        ("tls=maybe", "expecting true or false"),
    ],
)
def test_what_cannot_be_served_is_refused_with_the_way_out(
    xe: "Xe", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pw").write_text("word\n")
    Path("empty").write_text("\nword\n")
    Path("taken").write_text("")
    done = xe(f"serve {words}")
    assert done.status == 1
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_dry_run_opens_nothing(xe: "Xe", tmp_path: Path) -> None:
    path = tmp_path / "xapi"
    assert (
        xe.do(f"serve listen=unix:{path} listen=[::1]:0 --dry-run")
        == f"would listen at unix:{path}\nwould listen at [::1]:0"
    )
    assert not path.exists()


def test_a_state_that_cannot_be_read_is_not_served(xe: "Xe") -> None:
    xe.state.write_text("[state\n")
    assert xe("serve").status == 3
