"""The server: opens its doors, says where they are, and ends clean when it is asked to."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import stat
from contextlib import suppress

from xe_py.errors import Misuse
from xe_py.schema.numbers import decimal_of
from xe_py.schema.service import Door
from xe_py.serve.desk import Desk
from xe_py.serve.http import Connection
from xe_py.serve.routes import Routes, not_read
from xe_py.serve.sessions import WRONG_PASSWORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

    from xe_py.schema.service import Service
    from xe_py.serve.starting import Print
    from xe_py.store.promise import Store

_ENDING = (signal.SIGTERM, signal.SIGINT)
# The first socket that systemd hands over.
_FIRST_HANDED = 3
_BACKLOG = 1024
_PASSWORD_BYTES = 12


def run(store: Store, service: Service, variables: Mapping[str, str], out: Print, err: Print) -> None:
    """Serve until SIGTERM or SIGINT, with a password that is made if the service has none.

    The variables say whether systemd has opened the doors for this process.
    """
    password = service.password or secrets.token_urlsafe(_PASSWORD_BYTES)

    async def serve() -> None:
        ended = asyncio.Event()
        for each in _ENDING:
            asyncio.get_running_loop().add_signal_handler(each, ended.set)
        server = Server(store, service, password, err)
        addresses = await server.open(_handed_over(variables))
        if service.password is None:
            err(f"Password of {service.user}: {password}\n")
        if server.fingerprint:
            err(f"Certificate: SHA-256 {server.fingerprint}\n")
        out("".join(f"Listening at {each}\n" for each in addresses))
        await ended.wait()
        await server.close()

    asyncio.run(serve())


class Server:
    """A server of one store, as the service says. `delay` is how long a wrong password takes."""

    def __init__(
        self, store: Store, service: Service, password: str, err: Print, *, delay: float = WRONG_PASSWORD
    ) -> None:
        self._service = service
        self._err = err
        self._connections: set[asyncio.Task[None]] = set()
        self._sockets: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self.fingerprint = ""
        self.desk = Desk(store, service.user, password, delay=delay)
        self._watching = asyncio.create_task(self.desk.pool.watch())

    async def open(self, handed: Sequence[socket.socket] = ()) -> list[str]:
        """Open the doors, or take those that are handed over; their addresses."""
        context = self._tls()
        routes = Routes(self.desk, (lambda line: self._err(f"{line}\n")) if self._service.logs else None)
        self._sockets = list(handed) or [_opened(door) for door in self._service.doors]
        self._servers = [await self._listen(each, routes, context) for each in self._sockets]
        return [_address(each, tls=context is not None) for each in self._sockets]

    async def close(self) -> None:
        """Close the doors, wait for what is being committed, and end all connections."""
        paths = [each.getsockname() for each in self._sockets if each.family == socket.AF_UNIX]
        for server in self._servers:
            server.close()
        self._watching.cancel()
        await self.desk.end()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for path in paths:
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _tls(self) -> ssl.SSLContext | None:
        if not self._service.tls:
            return None
        from xe_py.serve.certificate import context_for

        context, self.fingerprint = context_for(self._service)
        return context

    async def _listen(self, door: socket.socket, routes: Routes, context: ssl.SSLContext | None) -> asyncio.Server:
        is_unix = door.family == socket.AF_UNIX

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - the library runs this as a task
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
            await Connection(reader, writer, routes, is_trusted=is_unix, errors=not_read).run()

        if is_unix:
            return await asyncio.start_unix_server(connected, sock=door, backlog=_BACKLOG)
        return await asyncio.start_server(connected, sock=door, ssl=context, backlog=_BACKLOG)


def _opened(door: Door) -> socket.socket:
    """The socket of the door; Misuse where it cannot be had."""
    made = None
    try:
        if door.path:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            _bind(made, door.path)
        else:
            family, kind, protocol, _, address = socket.getaddrinfo(door.host, door.port, type=socket.SOCK_STREAM)[0]
            made = socket.socket(family, kind, protocol)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
    except OSError as error:
        if made is not None:
            made.close()
        raise Misuse(f"Error: xe cannot listen at {door}: {error.strerror or error}.") from None
    return made


def _bind(made: socket.socket, path: str) -> None:
    """Give the socket the path, for the user alone; what a server left there that is gone is replaced."""
    if os.path.lexists(path) and stat.S_ISSOCK(os.lstat(path).st_mode) and not _answers(path):
        os.unlink(path)
    before = os.umask(0o177)
    try:
        made.bind(path)
    finally:
        os.umask(before)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def _handed_over(variables: Mapping[str, str]) -> list[socket.socket]:
    """The sockets that systemd has opened for this process."""
    if variables.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = decimal_of(variables.get("LISTEN_FDS", "")) or 0
    return [socket.socket(fileno=_FIRST_HANDED + place) for place in range(count)]


def _address(door: socket.socket, *, tls: bool) -> str:
    if door.family == socket.AF_UNIX:
        return str(Door(path=door.getsockname()))
    host, port, *_ = door.getsockname()
    return f"http{'s' if tls else ''}://{Door(host, port)}/"
