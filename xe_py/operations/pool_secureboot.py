"""The certificates of the pool for Secure Boot."""

from __future__ import annotations

from xe_py.schema.command import READS, command
from xe_py.schema.fields import Ref
from xe_py.schema.listing import Sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State

_NEEDED = {"PK.auth", "KEK.auth", "db.auth"}
_REVOKED = "dbx.auth"


@command(
    "pool-get-guest-secureboot-readiness",
    undeclared=(Ref("uuid", "pool", doc="The pool."),),
    doc="Show whether the pool has the certificates that VMs need for Secure Boot.",
    kind=READS,
)
def secureboot_readiness(state: State, **_pool: object) -> Sentence:
    """Whether all certificates are there, or all but those of what is revoked."""
    pool = state.all("pool")[0]
    there = _names(pool["custom-uefi-certificates"] or pool["uefi-certificates"])
    if not there >= _NEEDED:
        return Sentence("not_ready")
    return Sentence("ready" if _REVOKED in there else "ready_no_dbx")


def _names(certificates: str) -> set[str]:
    """The names of the files in the archive that the field holds as base64; none if it holds something else."""
    import base64
    import binascii
    import io
    import tarfile

    try:
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(certificates))) as archive:
            return {name.rpartition("/")[2] for name in archive.getnames()}
    except (binascii.Error, ValueError, tarfile.TarError, EOFError, OSError):
        return set()
