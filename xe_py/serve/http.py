"""HTTP, as far as it is not about XenAPI: connections, requests with their bodies, answers."""

from __future__ import annotations

import asyncio
from types import MappingProxyType

import h11

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Handler = Callable[["Request"], Awaitable["Answer"]]

LARGEST_CALL = 300 << 10
"""The bytes that the body of a call may have."""

# The bytes of a request's head, and the seconds that a client may take for it, and for the body.
_LARGEST_HEAD = 64 << 10
_SECONDS = 60.0
_PIECE = 64 << 10
_OLD = b"1.0"


class Request:
    """A request with its head; `read` gets its body."""

    __slots__ = ("headers", "is_trusted", "method", "path", "peer", "query", "read", "version")

    def __init__(
        self, head: h11.Request, read: Callable[[int], Awaitable[bytes]], *, peer: str, is_trusted: bool
    ) -> None:
        self.method = head.method.decode()
        target, _, self.query = head.target.decode(errors="replace").partition("?")
        self.path = target
        self.headers = {name.decode(): value.decode(errors="replace") for name, value in head.headers}
        self.version = head.http_version
        self.read = read
        self.peer = peer
        self.is_trusted = is_trusted


class Answer:
    """An answer with a whole body; `about` is what the log says of it."""

    __slots__ = ("about", "body", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        type: str = "",
        *,
        about: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.status = status
        self.body = body
        self.headers = list(headers.items())
        if type:
            self.headers.append(("content-type", type))
        self.about = about


class TooLargeError(Exception):
    """The body has more bytes than it may have, or does not say how many."""


class Connection:
    """One connection, on which one request follows the other."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        handler: Handler,
        *,
        is_trusted: bool,
        errors: Callable[[], Answer],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._is_trusted = is_trusted
        self._errors = errors
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)

    async def run(self) -> None:
        """Answer all requests, until either side ends the connection."""
        try:
            while await self._one():
                self._http.start_next_cycle()
        except (ConnectionError, TimeoutError, h11.LocalProtocolError):
            return
        finally:
            self._writer.close()

    async def _one(self) -> bool:
        """Answer one request; whether another may follow."""
        try:
            head = await self._event()
        except h11.RemoteProtocolError as error:
            if self._http.our_state is h11.SEND_RESPONSE or self._http.our_state is h11.IDLE:
                await self._send(Answer(error.error_status_hint), _OLD)
            return False
        if not isinstance(head, h11.Request):
            return False
        peer = self._writer.get_extra_info("peername")
        name = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "unix"
        request = Request(head, self._body, peer=name, is_trusted=self._is_trusted)
        try:
            answer = await self._handler(request)
        except (TooLargeError, h11.RemoteProtocolError):
            answer = self._errors()
        await self._send(answer, head.http_version)
        if self._http.their_state is h11.SEND_BODY:
            return False  # What is left of the body is not read.
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _body(self, most: int) -> bytes:
        """The body, which says its length, and has so many bytes at most."""
        if self._http.they_are_waiting_for_100_continue:
            self._writer.write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        body = bytearray()
        while not isinstance(event := await self._event(), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                raise ConnectionError
            body += event.data
            if len(body) > most:
                raise TooLargeError
        return bytes(body)

    async def _event(self) -> object:
        """The next part of what the client sends."""
        async with asyncio.timeout(_SECONDS):
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(_PIECE))
        return event

    async def _send(self, answer: Answer, version: bytes) -> None:
        headers = [*answer.headers, ("content-length", str(len(answer.body)))]
        keeps = self._http.their_state is not h11.MUST_CLOSE and self._http.their_state is not h11.ERROR
        if keeps and self._http.their_state is not h11.SEND_BODY:
            headers.append(("connection", "keep-alive"))
        else:
            headers.append(("connection", "close"))
        reason = _REASONS.get(answer.status, b"")
        head = self._http.send(h11.Response(status_code=answer.status, headers=headers, reason=reason)) or b""
        if version == _OLD:
            head = head.replace(b"HTTP/1.1", b"HTTP/1.0", 1)
        body = self._http.send(h11.Data(data=answer.body)) or b""
        end = self._http.send(h11.EndOfMessage()) or b""
        self._writer.write(head + body + end)
        await self._writer.drain()


_REASONS = {
    200: b"OK",
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    500: b"Internal Server Error",
    501: b"Not Implemented",
}
