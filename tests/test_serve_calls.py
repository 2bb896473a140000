"""Calls over real sockets: the two encodings to the byte, the order of the checks, sessions, and HTTP at its edges."""

import http.client
import json
import os
import socket
import time
import xmlrpc.client
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import XenAPI

from xe_py.errors import Failure
from xe_py.serve.background import Running, serving
from xe_py.serve.generic import object_of
from xe_py.state.state import State
from xe_py.store import store_for

if TYPE_CHECKING:
    from conftest import Xe


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, fresh_files: dict[str, bytes]) -> Iterator[Running]:
    """A server of a fresh host, for calls that change nothing of it."""
    path = tmp_path_factory.mktemp("served") / "host.toml"
    path.write_bytes(fresh_files["xapi"])
    with serving(store_for(str(path), os.environ)) as running:
        yield running


@pytest.fixture(scope="module")
def session(served: Running) -> str:
    proxy = xmlrpc.client.ServerProxy(served.address)
    ref = proxy.session.login_with_password("root", served.password)["Value"]
    proxy("close")()
    return str(ref)


def post(served: Running, path: str, body: bytes | str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(urlsplit(served.address).netloc)
    connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


def xml_call(served: Running, name: str, *params: Any) -> Any:
    """What the call gives, without its status, or the description of the refusal."""
    proxy = xmlrpc.client.ServerProxy(served.address, allow_none=True)
    answer = proxy.__getattr__(name)(*params)
    proxy("close")()
    return answer["Value"] if answer["Status"] == "Success" else answer["ErrorDescription"]


def json_call(served: Running, name: str, *params: Any, version: str | None = "2.0") -> Any:
    of = {"method": name, "params": params, "id": 0} | ({"jsonrpc": version} if version else {})
    return json.loads(post(served, "/jsonrpc", json.dumps(of))[2])


LOGIN = (
    "<?xml version='1.0'?><methodCall><methodName>session.login_with_password</methodName><params>"
    "<param><value>root</value></param><param><value><string>secret</string></value></param></params></methodCall>"
)


@pytest.mark.parametrize("path", ["/", "/RPC2", "/xmlrpc", "/json", "/any/path?x=1"])
@pytest.mark.parametrize("type", ["text/xml", "application/x-www-form-urlencoded", "text/xml; charset=utf-8"])
def test_every_path_takes_xml_rpc_whatever_its_type(served: Running, path: str, type: str) -> None:
    status, headers, text = post(served, path, LOGIN, content_type=type)
    assert status == 200
    assert headers["content-type"] == "text/xml"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cache-control"] == "no-cache, no-store"
    assert text.startswith(
        '<?xml version="1.0"?><methodResponse><params><param><value><struct><member><name>Status</name>'
        "<value>Success</value></member><member><name>Value</name><value>OpaqueRef:"
    )
    assert text.endswith("</value></member></struct></value></param></params></methodResponse>")


def test_a_refusal_is_no_fault(served: Running) -> None:
    body = "<methodCall><methodName>pool.get_all</methodName><params><param><value>x&lt;</value></param></params></methodCall>"
    assert post(served, "/", body)[2] == (
        '<?xml version="1.0"?><methodResponse><params><param><value><struct><member><name>Status</name>'
        "<value>Failure</value></member><member><name>ErrorDescription</name><value><array><data>"
        "<value>SESSION_INVALID</value><value>x&lt;</value></data></array></value></member></struct></value>"
        "</param></params></methodResponse>"
    )


def test_json_rpc_answers_in_the_version_of_the_call_and_repeats_its_id(served: Running, session: str) -> None:
    for id in (0, 7, "a-b"):
        for version in (None, "2.0"):
            call = {"method": "pool.get_all", "params": [session], "id": id} | ({"jsonrpc": version} if version else {})
            status, headers, text = post(served, "/jsonrpc", json.dumps(call))
            answer = json.loads(text)
            assert (status, headers["content-type"]) == (200, "application/json")
            assert list(answer) == (["jsonrpc", "result", "id"] if version else ["result", "error", "id"])
            assert answer["id"] == id
            assert type(answer["id"]) is type(id)
            assert len(answer["result"]) == 1
    assert json_call(served, "pool.get_all", "x")["error"] == {"code": 1, "message": "SESSION_INVALID", "data": ["x"]}
    assert json_call(served, "pool.get_all", "x", version=None) == {
        "result": None,
        "error": ["SESSION_INVALID", "x"],
        "id": 0,
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", ""),
        ("/", "no xml"),
        ("/", "<methodCall><methodName>x</methodName>"),
        ("/", "<methodResponse/>"),
        ("/", "<methodCall><params/></methodCall>"),
        ("/", "<!DOCTYPE x [<!ENTITY a 'b'>]><methodCall><methodName>&a;</methodName></methodCall>"),
        (
            "/",
            "<methodCall><methodName>x</methodName><params><param><value><int>x</int></value></param></params></methodCall>",
        ),
        (
            "/",
            "<methodCall><methodName>x</methodName><params><param><value><double>x</double></value></param></params></methodCall>",
        ),
        ("/", "<methodCall><methodName>x</methodName><params>" + "<param><value><array><data>" * 500),
        ("/", "<methodCall><methodName>x</methodName><params><param><int>1</int></param></params></methodCall>"),
        ("/", b"\xff\xfe\x00"),
        ("/jsonrpc", ""),
        ("/jsonrpc", "[]"),
        ("/jsonrpc", "[" * 100_000),
        ("/jsonrpc", '{"method": "pool.get_all", "params": []}'),
        ("/jsonrpc", '{"method": "pool.get_all", "params": [], "id": null}'),
        ("/jsonrpc", '{"method": "pool.get_all", "params": [], "id": true}'),
        ("/jsonrpc", '{"method": "pool.get_all", "id": 1}'),
        ("/jsonrpc", '{"method": 1, "params": [], "id": 1}'),
        ("/jsonrpc", '{"jsonrpc": "3.0", "method": "pool.get_all", "params": [], "id": 1}'),
        ("/jsonrpc", '[{"jsonrpc": "2.0", "method": "pool.get_all", "params": [], "id": 1}]'),
        ("/", "x" * 310_000),
    ],
)
def test_what_is_no_call_is_an_error_of_http(served: Running, path: str, body: str | bytes) -> None:
    status, headers, text = post(served, path, body)
    assert status == 500
    assert headers["content-type"].startswith("text/html")
    assert "Traceback" not in text


# What is sent, and the first word of the refusal and what follows it; SESSION stands for a session.
CHECKS = [
    ("VM.strat", [], ["MESSAGE_METHOD_UNKNOWN", "VM.strat"]),
    ("VM.strat", ["x"], ["SESSION_INVALID", "x"]),
    ("VM.strat", ["SESSION"], ["MESSAGE_METHOD_UNKNOWN", "VM.strat"]),
    ("vm.get_all", ["SESSION"], ["MESSAGE_METHOD_UNKNOWN", "vm.get_all"]),
    ("VM.get_all", [], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_all", "0", "-1"]),
    ("VM.get_all", ["SESSION", "x"], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_all", "0", "1"]),
    ("VM.start", ["x", "y"], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.start", "3", "1"]),
    ("VBD.create", ["SESSION"], ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VBD.create", "1", "0"]),
    (
        "session.login_with_password",
        ["root"],
        ["MESSAGE_PARAMETER_COUNT_MISMATCH", "session.login_with_password", "2", "1"],
    ),
    ("VM.start", ["x", "y", "true", True], ["INTERNAL_ERROR", "Failure(\"Expected bool, got 'S(true)'\")"]),
    ("VM.get_record", ["x", 5], ["INTERNAL_ERROR", "Failure(\"Expected string, got 'I(5)'\")"]),
    ("VM.set_VCPUs_max", ["x", "y", "z"], ["INTERNAL_ERROR", "Failure(\"Expected int64, got 'S(z)'\")"]),
    ("VM.set_tags", ["x", "y", "z"], ["INTERNAL_ERROR", "Failure(\"Expected enum, got 'S(z)'\")"]),
    ("VM.get_record", ["x", "y"], ["SESSION_INVALID", "x"]),
    ("VM.get_record", ["SESSION", "y"], ["HANDLE_INVALID", "VM", "y"]),
    ("VM.get_record", ["SESSION", "OpaqueRef:NULL"], ["HANDLE_INVALID", "VM", "OpaqueRef:NULL"]),
    ("VM.get_record", ["SESSION", "SESSION"], ["HANDLE_INVALID", "VM", "SESSION"]),
    ("VM.get_by_uuid", ["SESSION", "y"], ["UUID_INVALID", "VM", "y"]),
    ("VM_metrics.get_by_uuid", ["SESSION", "y"], ["UUID_INVALID", "VM_metrics", "y"]),
    ("VMPP.get_all_records", ["SESSION"], ["MESSAGE_REMOVED"]),
    ("VMPP.get_all_records", ["x"], ["SESSION_INVALID", "x"]),
    ("VBD.get_metrics", ["SESSION", "x"], ["MESSAGE_REMOVED"]),
    ("VM.get_by_name_label", ["SESSION", "nobody"], []),
    ("crashdump.get_all", ["SESSION"], []),
    ("crashdump.get_all_records", ["SESSION"], {}),
    ("crashdump.get_record", ["SESSION", "x"], ["HANDLE_INVALID", "crashdump", "x"]),
    ("crashdump.get_by_uuid", ["SESSION", "x"], ["UUID_INVALID", "crashdump", "x"]),
    (
        "VM.atomic_set_resident_on",
        ["SESSION", "x", "y"],
        ["INTERNAL_ERROR", 'Internal API "VM.atomic_set_resident_on" call attempted with non-pool (external) session'],
    ),
    ("Async.VM.get_all", ["SESSION"], ["Fault", "No async mode for this operation (rpc: Async.VM.get_all)"]),
    ("event.from", ["SESSION", ["*"], "x", 0.0], ["EVENT_FROM_TOKEN_PARSE_FAILURE", "x"]),
    ("event.inject", ["SESSION", "vm", "x"], ["HANDLE_INVALID", "vm", "x"]),
    ("host.migrate_receive", ["SESSION", "x", "y", {}], ["NOT_IMPLEMENTED", "host.migrate_receive"]),
    ("system.nothing", [], ["MESSAGE_METHOD_UNKNOWN", "system.nothing"]),
    ("task.get_name_label", ["SESSION", "x"], ["HANDLE_INVALID", "task", "x"]),
    ("session.get_last_active", ["SESSION", "x"], ["HANDLE_INVALID", "session", "x"]),
]


@pytest.mark.parametrize(("name", "params", "expected"), CHECKS)
def test_the_checks_come_in_the_order_of_xapi(
    served: Running, session: str, name: str, params: list[Any], expected: Any
) -> None:
    def real(value: Any) -> Any:
        return [session if each == "SESSION" else each for each in value] if isinstance(value, list) else value

    assert xml_call(served, name, *real(params)) == real(expected)
    answer = json_call(served, name, *real(params), version=None)
    assert (answer["error"] or answer["result"]) == real(expected)


def test_a_text_that_is_none_is_refused(served: Running) -> None:
    answer = json_call(served, "session.login_with_password", "\ud800", "x", version=None)
    assert answer["error"] == ["INVALID_VALUE", "string", "?"]


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_value_that_no_field_can_hold_is_refused(served: Running, session: str, value: float) -> None:
    vm = json_call(served, "VM.get_all", session)["result"][0]
    answer = json_call(served, "VM.set_HVM_shadow_multiplier", session, vm, value, version=None)
    assert answer["error"] == ["INVALID_VALUE", "HVM_shadow_multiplier", str(value)]


def test_a_condition_on_a_field_that_is_none_is_refused(served: Running, session: str) -> None:
    json_call(served, "task.create", session, "mine", "")
    answer = json_call(served, "task.get_all_records_where", session, 'field "nothing" = "x"', version=None)
    assert answer["error"] == ["INTERNAL_ERROR", "missing field", "nothing", ""]


def test_a_reference_to_a_class_without_objects_here_leads_nowhere() -> None:
    with pytest.raises(Failure, match="HANDLE_INVALID"):
        object_of({}, State({"rules": "xapi", "serial": 1}), "ref nothing", "x")


def test_surplus_parameters_are_ignored_where_some_are_optional(served: Running) -> None:
    assert str(xml_call(served, "session.login_with_password", "root", "secret", "1.0", "me", "more")).startswith(
        "Opaque"
    )


def test_the_methods_are_listed_without_a_session_and_without_a_status(served: Running) -> None:
    proxy = xmlrpc.client.ServerProxy(served.address)
    names = proxy.system.listMethods()
    assert len(names) == 2258
    assert {"VM.start", "PVS_site.get_all_records", "event.from"} <= set(names)
    assert proxy.__getattr__("system.isAlive:x")("hello") == "hello"
    proxy("close")()
    assert json_call(served, "system.listMethods")["result"] == names


def test_a_wrong_password_is_refused_after_a_while_which_holds_nobody_else(xe: "Xe") -> None:
    import threading

    with serving(store_for(str(xe.state), os.environ), delay=1.0) as served:
        refused: list[Any] = []
        began = time.monotonic()
        thread = threading.Thread(
            target=lambda: refused.append(xml_call(served, "session.login_with_password", "root", "wrong"))
        )
        thread.start()
        assert str(xml_call(served, "session.login_with_password", "root", "secret")).startswith("OpaqueRef:")
        assert time.monotonic() - began < 0.9
        thread.join()
        assert time.monotonic() - began >= 1
        assert refused == [["SESSION_AUTHENTICATION_FAILED", "root", "Authentication failure"]]


def test_a_session_ends_with_logout_and_says_who_uses_it(served: Running) -> None:
    ref = xml_call(served, "session.login_with_password", "root", "secret", "1.0", "test-suite")
    hosts = xml_call(served, "host.get_all", ref)
    assert xml_call(served, "session.get_this_host", ref, ref) == hosts[0]
    record = xml_call(served, "session.get_record", ref, ref)
    assert record["originator"] == "test-suite"
    assert record["auth_user_name"] == "root"
    assert record["is_local_superuser"] is True
    assert xml_call(served, "session.get_by_uuid", ref, record["uuid"]) == ref
    assert xml_call(served, "session.add_to_other_config", ref, ref, "a", "b") == ""
    assert xml_call(served, "session.get_other_config", ref, ref) == {"a": "b"}
    assert xml_call(served, "session.add_to_other_config", ref, ref, "a", "b")[0] == "MAP_DUPLICATE_KEY"
    assert xml_call(served, "session.remove_from_other_config", ref, ref, "a") == ""
    assert xml_call(served, "session.logout", ref) == ""
    assert xml_call(served, "host.get_all", ref) == ["SESSION_INVALID", ref]


def test_the_official_sdk_logs_in_again_when_its_session_is_gone(served: Running) -> None:
    session = XenAPI.Session(served.address)
    session.xenapi.login_with_password("root", "secret", "1.0", "sdk")
    assert session.API_version == "2.23"
    xml_call(served, "session.logout", session.handle)
    assert len(session.xenapi.host.get_all()) == 1
    with pytest.raises(XenAPI.Failure) as failure:
        session.xenapi.VM.get_record("OpaqueRef:x")
    assert failure.value.details == ["HANDLE_INVALID", "VM", "OpaqueRef:x"]
    session("close")()


# HTTP at its edges


def exchange(served: Running, *pieces: bytes) -> bytes:
    """What the server sends until it closes the connection, or for half a second."""
    where = urlsplit(served.address)
    with socket.create_connection((where.hostname, where.port)) as raw:
        raw.settimeout(0.5)
        for piece in pieces:
            raw.sendall(piece)
        data = b""
        try:
            while part := raw.recv(65536):
                data += part
        except TimeoutError:
            data += b"[open]"
        return data


CALL = LOGIN.encode()


def test_http_1_0_needs_no_host_and_gets_its_own_version(served: Running) -> None:
    data = exchange(served, b"POST /RPC2 HTTP/1.0\r\ncontent-length: %d\r\n\r\n" % len(CALL), CALL)
    assert data.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"connection: close" in data.lower()
    assert not data.endswith(b"[open]")


def test_a_connection_is_kept_and_requests_may_follow_each_other_at_once(served: Running) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\ncontent-length: %d\r\n\r\n" % len(CALL) + CALL
    data = exchange(served, request + request, request)
    assert data.count(b"HTTP/1.1 200 OK") == 3
    assert data.lower().count(b"connection: keep-alive") == 3
    assert data.endswith(b"[open]")
    last = request.replace(b"Host: x", b"Host: x\r\nConnection: close")
    assert exchange(served, last).lower().count(b"connection: close") == 1


def test_a_client_that_asks_first_is_told_to_go_on(served: Running) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(CALL)
    data = exchange(served, head, CALL)
    assert data.startswith(b"HTTP/1.1 100 ")
    assert b"HTTP/1.1 200 OK" in data


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"PUT /x HTTP/1.1\r\nHost: x\r\ncontent-length: 0\r\n\r\n", b"403"),
        (b"CONNECT /x HTTP/1.1\r\nHost: x\r\n\r\n", b"403"),
        (b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", b"501"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"500"),
        (b"POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 400_000, b"500"),
        (b"POST /services/x HTTP/1.1\r\nHost: x\r\ncontent-length: 0\r\n\r\n", b"404"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nx: " + b"y" * 66_000, b"431"),
    ],
)
def test_every_request_gets_a_status(served: Running, sent: bytes, status: bytes) -> None:
    data = exchange(served, sent)
    assert data.split(b" ")[1] == status
    assert b"Traceback" not in data


def test_a_browser_may_ask_from_elsewhere(served: Running) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.address).netloc)
    connection.request("OPTIONS", "/jsonrpc", headers={"Access-Control-Request-Headers": "content-type"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.read() == b""
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "content-type, X-Requested-With"
    assert answer.headers["access-control-allow-methods"] == "PUT"
    connection.close()


def test_half_a_request_harms_nobody(served: Running, session: str) -> None:
    where = urlsplit(served.address)
    for part in (b"", b"POST", b"POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 9\r\n\r\nabc"):
        with socket.create_connection((where.hostname, where.port)) as raw:
            raw.sendall(part)
    assert len(xml_call(served, "pool.get_all", session)) == 1
