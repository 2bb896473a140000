"""SSH on all hosts of the pool."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.operations.effects import ssh
from xe_py.schema.command import command
from xe_py.schema.fields import Ref
from xe_py.xapi.hosts import silent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State

_POOL = Ref("uuid", "pool", doc="The pool.")


@command("pool-enable-ssh", undeclared=(_POOL,), doc="Let all hosts of the pool accept SSH connections.")
def enable(state: State, **_pool: object) -> None:
    """Switch SSH on on all hosts, or on none."""
    if failed := silent(state):
        raise Failure("ENABLE_SSH_PARTIALLY_FAILED", *reversed(failed))
    for host in state.all("host"):
        ssh.switch_on(state, host)


@command("pool-disable-ssh", undeclared=(_POOL,), doc="Let all hosts of the pool refuse SSH connections.")
def disable(state: State, **_pool: object) -> None:
    """Switch SSH off on all hosts, or on none."""
    if failed := silent(state):
        raise Failure("DISABLE_SSH_PARTIALLY_FAILED", *reversed(failed))
    for host in state.all("host"):
        ssh.switch_off(state, host)
