"""Which path leads where: XML-RPC on every path that nothing else has, JSON-RPC, and the answers for browsers."""

from __future__ import annotations

import time

from xe_py.serve import jsonrpc, xmlrpc
from xe_py.serve.desk import Caller
from xe_py.serve.http import LARGEST_CALL, Answer, TooLargeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.serve.desk import Desk
    from xe_py.serve.http import Request

_JSON = "/jsonrpc"
# The paths below which POST means something else; what is not there yet is not found.
_OTHER_POSTS = ("/cli", "/services", "/remote_db_access")
_ASKED_BEFORE = frozenset(("/", "/json", "/jsonrpc"))
_HTML = "text/html; charset=utf-8"
_CORS = {"access-control-allow-origin": "*"}
_ANSWER = {
    **_CORS,
    "access-control-allow-headers": "X-Requested-With",
    "cache-control": "no-cache, no-store",
}
_BARE = "system."


class Routes:
    """Answers requests. `log` gets a line for each, without what the client said besides the name of the message."""

    def __init__(self, desk: Desk, log: Callable[[str], None] | None = None) -> None:
        self._desk = desk
        self._log = log

    async def __call__(self, request: Request) -> Answer:
        """The answer to the request."""
        began = time.monotonic()
        answer = await self._answer(request)
        if self._log is not None:
            took = (time.monotonic() - began) * 1000
            about = f" {answer.about}" if answer.about else ""
            self._log(f"{request.peer} {request.method} {request.path} {answer.status}{about} {took:.1f} ms")
        return answer

    async def _answer(self, request: Request) -> Answer:
        if request.method == "POST":
            return await self._post(request)
        if request.method == "OPTIONS" and request.path in _ASKED_BEFORE:
            asked = request.headers.get("access-control-request-headers", "")
            allowed = ", ".join(filter(None, (asked, "X-Requested-With")))
            headers = {**_CORS, "access-control-allow-headers": allowed, "access-control-allow-methods": "PUT"}
            return Answer(200, headers=headers)
        if request.method == "GET":
            return page(404, "There is nothing at this address.")
        if request.method in {"PUT", "CONNECT"}:
            return page(403, "This is not allowed.")
        return page(501, "The server does not know this method.")

    async def _post(self, request: Request) -> Answer:
        if request.path.startswith(_OTHER_POSTS):
            return page(404, "There is nothing at this address.")
        if "content-length" not in request.headers:
            raise TooLargeError
        body = await request.read(LARGEST_CALL)
        caller = Caller(originator=request.headers.get("originator", ""), is_root=request.is_trusted)
        try:
            if request.path.startswith(_JSON):
                return await self._json(body, caller)
            return await self._xml(body, caller)
        except xmlrpc.BadCallError as error:
            return page(500, f"This is no call: {error}.")

    async def _xml(self, body: bytes, caller: Caller) -> Answer:
        name, params = xmlrpc.call_in(body)
        value, refusal = await self._done(name, params, caller)
        if refusal is not None:
            return _answered(xmlrpc.refusal(refusal), xmlrpc.TYPE, name, refusal)
        made = xmlrpc.bare(value) if name.startswith(_BARE) else xmlrpc.answer(value)
        return _answered(made, xmlrpc.TYPE, name)

    async def _json(self, body: bytes, caller: Caller) -> Answer:
        question = jsonrpc.call_in(body)
        value, refusal = await self._done(question.method, question.params, caller)
        if refusal is not None:
            return _answered(jsonrpc.refusal(question, refusal), jsonrpc.TYPE, question.method, refusal)
        return _answered(jsonrpc.answer(question, value), jsonrpc.TYPE, question.method)

    async def _done(self, name: str, params: list[Any], caller: Caller) -> tuple[Any, list[str] | None]:
        """What the call gives, or why it is refused."""
        try:
            return await self._desk.call(name, params, caller), None
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a code
            return None, self._desk.description(error)


def page(status: int, text: str) -> Answer:
    """A page that says a sentence."""
    body = f"<html><body><h1>{status}</h1>{xmlrpc.escaped(text)}</body></html>"
    return Answer(status, body.encode(), _HTML, headers=_CORS)


def not_read() -> Answer:
    """The answer to a request whose body cannot be read."""
    return page(500, f"A call needs Content-Length, and has {LARGEST_CALL} bytes at most.")


def _answered(body: bytes, type: str, name: str, refusal: list[str] | None = None) -> Answer:
    said = "".join(letter if letter.isprintable() else "?" for letter in name[:100])
    return Answer(200, body, type, about=f"{said} {refusal[0]}" if refusal else said, headers=_ANSWER)
