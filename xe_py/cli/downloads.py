"""What a command reads from an address: http, https, or file for a file of this machine."""

from __future__ import annotations

from contextlib import contextmanager
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
)

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import IO
    from urllib.parse import SplitResult

    from xe_py.cli.environment import Environment
    from xe_py.schema.client import Stream

_WEB = frozenset(("http", "https"))
# A server that says nothing for so long, in seconds, says nothing more.
_PATIENCE = 60
_REDIRECTION = 3


class _Redirects(HTTPRedirectHandler):
    max_redirections = 5  # As XAPI.


# There is no handler for proxies, which XAPI does not use, and none for files and other kinds of addresses, to which a
# server could lead.
_HANDLERS = (HTTPHandler, HTTPSHandler, HTTPDefaultErrorHandler, _Redirects, HTTPErrorProcessor)


class _Body:
    """What a server sends; where it breaks off, it is at its end."""

    def __init__(self, answer: IO[bytes]) -> None:
        self._answer = answer

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        try:
            return self._answer.read(size)
        except (OSError, HTTPException):
            return b""


def download(environment: Environment, url: str) -> AbstractContextManager[Stream]:
    """What is at the address, to read once; INTERNAL_ERROR or IMPORT_ERROR if it cannot be read, Misuse for a file."""
    try:
        address = urlsplit(url)
        _ = address.port
    except ValueError as error:
        raise Failure("INTERNAL_ERROR", f"The address is not valid: {error}.") from None
    if address.scheme == "file":
        return environment.source(unquote(address.path))
    if address.scheme not in _WEB or not address.hostname:
        raise Failure(
            "INTERNAL_ERROR",
            f"xe_py reads no address of the kind {address.scheme!a}; give http://, https:// or file://.",
        )
    if address.username is not None:
        raise Failure("INTERNAL_ERROR", "xe_py logs in to no server; give the address without a name and a password.")
    return _web(address)


@contextmanager
def _web(address: SplitResult) -> Iterator[Stream]:
    opener = OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    try:
        answer = opener.open(address.geturl(), timeout=_PATIENCE)
    except HTTPError as error:
        error.close()
        redirects = error.code // 100 == _REDIRECTION
        said = "other addresses, and no file at the end" if redirects else f"{error.code} {error.reason}"
        raise Failure("IMPORT_ERROR", f"{address.hostname} answers: {said}") from None
    except (URLError, OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise Failure("INTERNAL_ERROR", f"{address.hostname} cannot be reached: {said}") from None
    if answer is None:
        raise Failure("IMPORT_ERROR", f"{address.hostname} leads to an address of another kind.")
    with answer:
        yield _Body(answer)
