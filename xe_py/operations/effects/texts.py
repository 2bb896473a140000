"""Short texts that a command reads from files, such as certificates."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client

# What the real xe sends of a file at most.
_LONGEST = 32 << 20


def text_of(client: Client, name: str) -> str:
    """The text of the file; INTERNAL_ERROR if it is too long to be one. Bytes that are no ASCII may be anything."""
    data = bytearray()
    with client.source(name) as source:
        # A pipe gives what is there.
        while len(data) <= _LONGEST and (piece := source.read(_LONGEST)):
            data += piece
    if len(data) > _LONGEST:
        raise Failure("INTERNAL_ERROR", f"The file {name} is longer than {_LONGEST} bytes.")
    return data.decode("latin-1")
