"""`vm-import url=`: what comes from a server, from a file, and what is refused."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

DATA = b"content" * 1000


@pytest.fixture
def archive(xe: "Xe", tmp_path: Path) -> Path:
    """An archive with a VM whose disk has the data."""
    sr = xe.do("sr-list type=ext --minimal")
    xe.do(f"pool-param-set uuid={xe.do('pool-list --minimal')} default-SR={sr}")
    vm, vdi = xe.do("vm-create name-label=web"), xe.do(f"vdi-create sr-uuid={sr} name-label=d virtual-size=1MiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    assert xe.piped(f"vdi-import uuid={vdi} filename=-", DATA)[1].status == 0
    xe.do(f"vm-export uuid={vm} filename={{file}}", file=str(tmp_path / "a web.xva"))
    xe.do(f"vm-uninstall uuid={vm} --force")
    return tmp_path / "a web.xva"


class Server:
    """A server that answers each path in its own way."""

    def __init__(self, data: bytes) -> None:
        answers = {
            "/web.xva": (200, {}, data),
            "/moved": (302, {"Location": "/web.xva"}, b""),
            "/around": (302, {"Location": "/around"}, b""),
            "/away": (302, {"Location": "ftp://localhost/web.xva"}, b""),
            "/file": (302, {"Location": "file:///etc/passwd"}, b""),
            "/broken": (200, {"Content-Length": str(len(data) + 1)}, data[:-2000]),
            "/page": (200, {}, b"<html>not here</html>"),
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                code, headers, body = answers.get(self.path, (404, {}, b""))
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *values: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(archive: Path) -> Iterator[str]:
    found = Server(archive.read_bytes())
    yield found.address
    found.end()


@pytest.fixture
def content(xe: "Xe", tmp_path: Path) -> Callable[[str], bytes]:
    """What is on the disk of a VM."""

    def read(vm: str) -> bytes:
        vdi = xe.do(f"vbd-list vm-uuid={vm} params=vdi-uuid --minimal")
        new = tmp_path / "content"
        xe.do(f"vdi-export uuid={vdi} filename={new}")
        return new.read_bytes()[: len(DATA)]

    return read


@pytest.mark.parametrize("path", ["web.xva", "moved"])
def test_a_vm_comes_from_a_server(xe: "Xe", server: str, content: Callable[[str], bytes], path: str) -> None:
    assert content(xe.do(f"vm-import url={server}/{path}")) == DATA


@pytest.mark.parametrize("words", ["", "metadata=true dry-run=true", "type=XenServer"])
def test_a_vm_comes_from_a_file(xe: "Xe", archive: Path, content: Callable[[str], bytes], words: str) -> None:
    """From a URL, XAPI imports all of the VM, whatever else is said."""
    vm = xe.do(f"vm-import url=file://{archive.parent}/a%20web.xva {words}")
    assert content(vm) == DATA


def test_a_dry_run_makes_nothing(xe: "Xe", server: str) -> None:
    assert "web" in xe.do(f"vm-import url={server}/web.xva --dry-run")
    assert xe.do("vm-list name-label=web --minimal") == ""


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("{server}/nowhere", "IMPORT_ERROR", "127.0.0.1 answers: 404 Not Found"),
        ("{server}/around", "IMPORT_ERROR", "127.0.0.1 answers: other addresses, and no file at the end"),
        ("{server}/away", "IMPORT_ERROR", "127.0.0.1 answers: other addresses, and no file at the end"),
        ("{server}/file", "IMPORT_ERROR", "127.0.0.1 answers: other addresses, and no file at the end"),
        ("{server}/broken", "IMPORT_ERROR_PREMATURE_EOF", ""),
        ("{server}/page", "IMPORT_ERROR_PREMATURE_EOF", ""),
        ("http://127.0.0.1:1/", "INTERNAL_ERROR", "127.0.0.1 cannot be reached: Connection refused"),
        ("ftp://nowhere/web.xva", "INTERNAL_ERROR", "xe_py reads no address of the kind 'ftp'; give http://"),
        ("web.xva", "INTERNAL_ERROR", "xe_py reads no address of the kind ''; give http://"),
        ("http://", "INTERNAL_ERROR", "xe_py reads no address of the kind 'http'; give http://"),
        ("http://user:geheim@127.0.0.1:1/", "INTERNAL_ERROR", "without a name and a password"),
        ("http://[", "INTERNAL_ERROR", "The address is not valid"),
        ("http://127.0.0.1:99999999/", "INTERNAL_ERROR", "The address is not valid"),
        ("http://127.0.0.1:1/%0d%0aa", "INTERNAL_ERROR", "cannot be reached"),
    ],
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing(
    xe: "Xe", server: str, url: str, code: str, said: str
) -> None:
    before = xe.state.read_bytes()
    refused = xe(f"vm-import url={url.format(server=server)}")
    assert refused.status == 1
    assert f"\nCode: {code}\n" in refused.err
    assert said in refused.err
    assert "geheim" not in refused.err
    assert xe.state.read_bytes() == before
