"""The password of the user of a session."""

from __future__ import annotations

from xe_py.schema.command import command
from xe_py.schema.fields import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State


@command(
    "user-password-change",
    required=(Text("new", doc="The new password."),),
    optional=(Text("old", doc="The old password."),),
    doc="Change the password of root.",
)
def password_change(_state: State, new: str, old: str = "") -> None:
    """Take the password; nothing asks for it afterwards, because every password will do."""
    del new, old
