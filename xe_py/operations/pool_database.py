"""The database of the pool as a file: writing it, and putting it back."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse
from xe_py.schema.command import EXPORTS, IMPORTS, command
from xe_py.schema.fields import Text
from xe_py.schema.listing import Sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.state import State

_FILE = Text("file-name", doc="The file; - and an empty name stand for standard output or input.")
# What stays as it is: XAPI keeps messages in files of their own.
_NOT_IN_IT = frozenset(("message",))


@command(
    "pool-dump-database",
    required=(_FILE,),
    doc="Write the database of the pool to a new file, with all passwords in it.",
    kind=EXPORTS,
)
def dump_database(state: State, file_name: str, client: Client | None) -> None:
    """Write the objects of the pool in the form of XAPI's database."""
    if client is None or client.rehearses:
        return
    from xe_py.dumps.writing import dump

    parts = list(dump(state))
    with client.target(file_name) as target:
        for part in parts:
            target.write(part)


def _must_be_forced(_state: State, *, dry_run: str | None = None, force: str | None = None, **_others: object) -> None:
    if dry_run is None and force is None:
        raise Misuse(
            "Error: The dump replaces the whole pool, and all hosts but the coordinator are forgotten. "
            "This operation must be forced (use --force)."
        )


@command(
    "pool-restore-database",
    required=(_FILE,),
    optional=(Text("dry-run", doc="Only say whether the dump could be put back; any value counts."),),
    undeclared=(Text("force", doc="Put it back; any value counts."),),
    grammar=_must_be_forced,
    doc="Put back the database of the pool from a dump. All hosts but the coordinator are forgotten.",
    kind=IMPORTS,
)
def restore_database(
    state: State, file_name: str, *, dry_run: str | None = None, force: str | None = None, client: Client | None
) -> Sentence | None:
    """Make the pool what it was when the dump was written; all of it, or nothing if anything is wrong."""
    del force
    if client is None:
        return None
    from xe_py.dumps import kinds
    from xe_py.dumps.capture import DumpError
    from xe_py.dumps.restoring import restored
    from xe_py.state.differences import between

    try:
        with client.source(file_name) as source:
            capture = kinds.read(source, kinds.DATABASE)
        new = restored(state, capture)
    except DumpError as error:
        raise Failure("INTERNAL_ERROR", f"The dump cannot be put back: {error}.") from None
    if dry_run is not None:
        return Sentence("The dump can be put back.")
    changes = [change for change in between(state, new) if change.cls.name not in _NOT_IN_IT]
    state.repeat(changes, state.header)
    return Sentence("The database of the pool is put back.")
