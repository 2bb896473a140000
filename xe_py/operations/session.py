"""Who is logged in: nobody from a directory, because every command ends before the next one begins."""

from __future__ import annotations

from xe_py.schema.command import READS, command
from xe_py.schema.fields import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.state import State


@command("session-subject-identifier-list", doc="List the users of the directory who are logged in.", kind=READS)
def subject_identifier_list(_state: State) -> None:
    """Nobody is."""


@command(
    "session-subject-identifier-logout",
    required=(Text("subject-identifier", doc="The identifier of the user in the directory."),),
    doc="Log out a user of the directory.",
)
def subject_identifier_logout(_state: State, subject_identifier: str) -> None:
    """End the sessions of the user, of whom there are none."""
    del subject_identifier


@command("session-subject-identifier-logout-all", doc="Log out all users of the directory.")
def subject_identifier_logout_all(_state: State) -> None:
    """End the sessions of all users, of which there are none."""
