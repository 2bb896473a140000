"""Who may log in, and in which roles."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Ref, Text
from xe_py.xapi.licence import allows
from xe_py.xapi.roles import ADMIN, ROLES, identifier_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "subject-add",
    required=(Text("subject-name", doc="The name of a user or a group of the directory."),),
    doc="Let a user or a group of the directory log in.",
)
def add(state: State, subject_name: str) -> Record:
    """Make the subject. Every name is in the directory, which only exists as a setting of the host."""
    coordinator = state.ref(state.all("pool")[0], "master")
    if not coordinator["external-auth-type"]:
        raise Failure("AUTH_IS_DISABLED")
    identifier = identifier_of(subject_name)
    for subject in state.find("subject", subject_identifier=identifier):
        raise Failure("SUBJECT_ALREADY_EXISTS", blockers=(subject,))
    known = {"subject-name": subject_name, "subject-sid": identifier, "subject-is-group": "false"}
    roles = [ADMIN] if any(allows(state, "RBAC", "rbac")) else []
    return state.add("subject", {"subject-identifier": identifier, "other-config": known, "roles": roles})


@command(
    "subject-remove",
    required=(Ref("subject-uuid", "subject", doc="The subject."),),
    doc="Let a user or a group of the directory log in no more.",
)
def remove(state: State, subject: Record) -> None:
    """Remove the subject."""
    state.delete(subject)


_PARAMETERS = (
    Text("role-name", doc="The name of the role."),
    Ref("role-uuid", "role", doc="The role, by its uuid."),
)
_SUBJECT = Ref("uuid", "subject", doc="The subject.")


def _names_one_role(_state: State, _subject: Record, role_name: str = "", role: Record | None = None) -> None:
    if not role_name and role is None:
        raise Misuse("Error: Required parameter not found: role-uuid or role-name")
    if role_name and role is not None:
        raise Misuse("Error: Parameters role-uuid and role-name cannot be used together")


@command(
    "subject-role-add",
    required=(_SUBJECT,),
    optional=_PARAMETERS,
    doc="Give a role to a subject.",
    grammar=_names_one_role,
)
def role_add(state: State, subject: Record, role_name: str = "", role: Record | None = None) -> None:
    """Give the role to the subject, which has several."""
    refuse(allows(state, "RBAC", "rbac"))
    name = role_name if role is None else role["name"]
    if name not in ROLES:
        raise Failure("ROLE_NOT_FOUND")
    if name in subject["roles"]:
        raise Failure("ROLE_ALREADY_EXISTS", blockers=(subject,))
    state.update(subject, {"roles": [name, *subject["roles"]]})


@command(
    "subject-role-remove",
    required=(_SUBJECT,),
    optional=_PARAMETERS,
    doc="Take a role from a subject.",
    grammar=_names_one_role,
)
def role_remove(state: State, subject: Record, role_name: str = "", role: Record | None = None) -> None:
    """Take the role from the subject."""
    refuse(allows(state, "RBAC", "rbac"))
    name = role_name if role is None else role["name"]
    if name not in subject["roles"]:
        raise Failure("ROLE_NOT_FOUND")
    state.update(subject, {"roles": [other for other in subject["roles"] if other != name]})
