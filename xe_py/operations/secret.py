"""Making secrets and destroying them."""

from __future__ import annotations

from xe_py.schema.command import command
from xe_py.schema.fields import Map, Ref, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "secret-create",
    required=(Text("value", doc="The password."),),
    undeclared=(Map("other-config", doc="Extra settings that clients keep."),),
    doc="Make a secret, which other objects can name by its uuid.",
)
def create(state: State, value: str, other_config: dict[str, str] | None = None) -> Record:
    """Make the secret."""
    return state.add("secret", {"value": value, "other-config": other_config or {}})


@command("secret-destroy", required=(Ref("uuid", "secret", doc="The secret."),), doc="Destroy a secret.")
def destroy(state: State, secret: Record) -> None:
    """Destroy the secret, even if a device-config names it."""
    state.delete(secret)
