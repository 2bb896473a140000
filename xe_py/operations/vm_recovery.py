"""VMs whose records are in the database on a disk of another pool."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Bool, Map
from xe_py.schema.values import Uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.state.state import State

_VDI = "vdi-uuid"
_UUID = Uuid("uuid", doc="The uuid that the VM has in the database.")
DATABASE = Map("database", doc="Where the database is: database:vdi-uuid=<uuid of the VDI>.")


def names_a_database(_state: State, *, database: Mapping[str, str] | None = None, **_others: object) -> None:
    """Refuse a command that does not say where the database is."""
    if _VDI not in (database or {}):
        raise Misuse("Error: Give the VDI with the database of the other pool: database:vdi-uuid=<uuid>")


def no_database(state: State, database: Mapping[str, str] | None) -> None:
    """Refuse: only a disk of metadata could hold a database, and none here does."""
    vdi = state.need("vdi", (database or {}).get(_VDI, ""))
    if vdi["type"] != "Metadata":
        raise Failure("VDI_INCOMPATIBLE_TYPE", vdi, vdi["type"])
    raise Failure("COULD_NOT_IMPORT_DATABASE", "there is no database on the VDI")


@command(
    "vm-assert-can-be-recovered",
    required=(_UUID,),
    optional=(DATABASE,),
    doc="Check whether a VM can be recovered from the database on a disk; no disk here holds one.",
    grammar=names_a_database,
    kind=READS,
)
def assert_can_be_recovered(state: State, *, database: Mapping[str, str] | None = None, **_uuid: object) -> None:
    """Refuse: no disk here holds the database of another pool."""
    no_database(state, database)


@command(
    "vm-recover",
    required=(_UUID,),
    optional=(DATABASE, Bool("force", doc="Replace a VM of this uuid that is newer.")),
    doc="Bring back a VM from the database on a disk; no disk here holds one.",
    grammar=names_a_database,
)
def recover(state: State, *, database: Mapping[str, str] | None = None, **_others: object) -> None:
    """Refuse: no disk here holds the database of another pool."""
    no_database(state, database)
