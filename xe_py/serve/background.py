"""A server in a thread of a program, for tests of programs that use XenAPI."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

from xe_py.schema.service import Door, Service
from xe_py.serve.server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.store.promise import Store


_PASSWORD = "secret"  # noqa: S105 - of a server that only its own tests reach


class Running:
    """A server that runs: its addresses, and who may log in."""

    def __init__(self, addresses: list[str], user: str, password: str, fingerprint: str) -> None:
        self.addresses = addresses
        self.user = user
        self.password = password
        self.fingerprint = fingerprint

    @property
    def address(self) -> str:
        """The first address."""
        return self.addresses[0]


@contextmanager
def serving(
    store: Store, *doors: Door, password: str = _PASSWORD, tls: bool = False, delay: float = 0.0
) -> Iterator[Running]:
    """Serve the store while the block runs, at these doors or at a free port of this machine."""
    service = Service(list(doors) or [Door("127.0.0.1")], user="root", password=password, tls=tls)
    begun = threading.Event()
    found: list[Running | BaseException] = []
    ending: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        ended = asyncio.Event()
        server = Server(store, service, password, lambda _text: None, delay=delay)
        addresses = await server.open()
        found.append(Running(addresses, service.user, password, server.fingerprint))
        ending.append((asyncio.get_running_loop(), ended))
        begun.set()
        await ended.wait()
        await server.close()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - the thread that waits for the server raises it
            found.append(error)
        finally:
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    if isinstance(found[0], BaseException):
        thread.join()
        raise found[0]
    try:
        yield found[0]
    finally:
        loop, ended = ending[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join()
