"""Callers: making and destroying them, and how much they called, which is nothing here."""

from __future__ import annotations

from xe_py.classes.access import is_group_name
from xe_py.errors import Misuse, refuse
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Ref, Text
from xe_py.schema.listing import Facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State


def _is_some_program(_state: State, user_agent: str = "", client_ip: str = "", **_names: str) -> None:
    if not user_agent and not client_ip:
        raise Misuse("Error: Either user-agent or client-ip must be specified")


@command(
    "caller-create",
    optional=(
        Text("name-label", doc="The name."),
        Text("name-description", doc="The description."),
        Text("user-agent", doc="What the program says it is; a * at the end stands for anything."),
        Text("client-ip", doc="The address from which it calls; a * at the end stands for anything."),
    ),
    doc="Make a caller, or give the one that is there new names.",
    grammar=_is_some_program,
)
def create(
    state: State, name_label: str = "", name_description: str = "", user_agent: str = "", client_ip: str = ""
) -> Record:
    """Make the caller; one for the same programs gets the names."""
    names = {"name-label": name_label, "name-description": name_description}
    for caller in state.find("caller", user_agent=user_agent, client_ip=client_ip):
        state.update(caller, names)
        return caller
    return state.add("caller", {**names, "user-agent": user_agent, "client-ip": client_ip})


@command("caller-destroy", required=(Ref("uuid", "caller", doc="The caller."),), doc="Destroy a caller.")
def destroy(state: State, caller: Record) -> None:
    """Destroy the caller."""
    state.delete(caller)


def _names_one(_state: State, **given: object) -> None:
    if len(given) != 1:
        raise Misuse("Error: Specify exactly one of uuid= or group=" + (", not both" if given else ""))


@command(
    "caller-query-usage",
    optional=(Text("uuid", doc="The caller."), Text("group", doc="All callers of this group.")),
    doc="Show how much a caller or a group called.",
    grammar=_names_one,
    kind=READS,
)
def query_usage(state: State, uuid: str | None = None, group: str | None = None) -> Facts:
    """Nothing, because xe does not call itself."""
    if uuid is not None:
        state.need("caller", uuid)
    if group is not None:
        refuse(is_group_name(group))
    return Facts([("tokens", "0."), ("call_count", "0")])


@command("caller-list-usage", doc="Show how much each caller called.", kind=READS)
def list_usage(state: State) -> list[Facts]:
    """Nothing for each."""
    return [
        Facts([("uuid", each["uuid"]), ("name-label", each["name-label"]), ("tokens", "0.000"), ("calls", "0")])
        for each in state.all("caller")
    ]
