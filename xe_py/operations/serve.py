"""Serving the state to clients of XenAPI. Only xe_py has this command."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.collections import EachText
from xe_py.schema.command import DOWNLOADS, command
from xe_py.schema.fields import Bool, Text, words
from xe_py.schema.service import Door, Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.store.promise import Store

_UNIX = "unix:"
_LISTEN = "127.0.0.1:0"
_LARGEST_PORT = 65535
# More than any password has.
_LONGEST = 4096


@command(
    "serve",
    optional=(
        EachText(
            "listen",
            doc="Where to listen: host:port, with 0 for any free port, or unix:path for a Unix socket, which needs no "
            "password. Several addresses have commas between them, or each is given by itself. "
            "If none is given: 127.0.0.1:0.",
        ),
        Bool("tls", doc="Speak TLS, with a certificate that xe makes if none is given."),
        Text("certificate", doc="The file with the certificate, as PEM."),
        Text("key", doc="The file with the key of the certificate; the file of the certificate if left out."),
        Text("user", doc="The name to log in with; root if left out."),
        Text(
            "password-file",
            doc="The file whose first line is the password; - reads standard input. xe makes a password and prints it "
            "if there is none.",
        ),
        Bool("log", doc="Print a line for each request on standard error."),
    ),
    doc="Let clients of XenAPI work on the state, by XML-RPC and JSON-RPC, until the process is ended.",
    kind=DOWNLOADS,
    ours=True,
)
def serve(
    store: Store,
    listen: str = _LISTEN,
    *,
    client: Client | None = None,
    tls: bool = False,
    certificate: str = "",
    key: str = "",
    user: str = "root",
    password_file: str | None = None,
    log: bool = False,
) -> Service:
    """What the server is to be; the state can be read."""
    doors = [_door(word) for word in words(listen)]
    if not doors:
        raise Misuse("Error: listen names no address. Give host:port or unix:path, or leave listen out.")
    if key and not certificate:
        raise Misuse("Error: There is a key, but no certificate. Add: certificate=<file>")
    if certificate and not tls:
        raise Misuse("Error: A certificate is for TLS. Add: tls=true")
    for door in doors:
        if not door.is_local and not (tls and password_file):
            raise Misuse(
                f"Error: Other machines can reach {door}, so the server must speak TLS and you must choose the "
                "password.\nAdd: tls=true password-file=<file>"
            )
    store.read()
    password = None if password_file is None else _password(client, password_file)
    paths = [client.path(name) if client and name else name for name in (certificate, key)]
    return Service(
        [_placed(door, client) for door in doors],
        user=user,
        password=password,
        tls=tls,
        certificate=paths[0],
        key=paths[1],
        logs=log,
    )


def _door(word: str) -> Door:
    """The door that the word names."""
    if word.startswith(_UNIX):
        path = word.removeprefix(_UNIX)
        if not path:
            raise Misuse(f"Error: {word} names no path. Write: {_UNIX}/path/of/the/socket")
        return Door(path=path)
    host, colon, port = word.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not (colon and host and port.isascii() and port.isdecimal() and int(port) <= _LARGEST_PORT):
        raise Misuse(f"Error: {word} is no address to listen at. Write host:port, as in {_LISTEN}, or {_UNIX}path.")
    return Door(host, int(port))


def _placed(door: Door, client: Client | None) -> Door:
    return Door(path=client.path(door.path)) if client and door.path else door


def _password(client: Client | None, name: str) -> str | None:
    """The first line of the file."""
    if client is None:
        return None
    with client.source(name) as source:
        line = source.read(_LONGEST + 1).split(b"\n")[0].rstrip(b"\r")
    try:
        password = line.decode()
    except UnicodeDecodeError:
        password = ""
    if not password or len(line) > _LONGEST:
        raise Misuse(f"Error: The first line of {name} is no password. Write one there, of 1 to {_LONGEST} bytes.")
    return password
