"""The default templates of a state: the header names a set of them, and the package knows what they are.

They are VMs like any other. But a file need not hold one that is as the package has it: reading adds it.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.schema.xenclass import DESTROYED, TEMPLATES
from xe_py.state.record import alike

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from xe_py.state.changes import Change
    from xe_py.state.state import State

    Header = Mapping[str, Any]

NO_SET = "none"
# The sets that were asked for, by name and lineage.
_made: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}


def of(header: Header) -> dict[str, dict[str, Any]]:
    """The default templates of a state with this header, by uuid: their fields as the package has them.

    Those that somebody destroyed are not among them.
    """
    name, gone = header.get(TEMPLATES, NO_SET), header.get(DESTROYED)
    if name == NO_SET:
        return {}
    found = _all_of(name, header["lineage"])
    return {uuid: fields for uuid, fields in found.items() if uuid not in gone} if gone else found


def is_delivered(header: Header, fields: Mapping[str, Any]) -> bool:
    """Whether these are the fields of a default template that nothing has changed."""
    known = of(header).get(fields["uuid"])
    return (
        known is not None and len(known) == len(fields) and all(alike(known[name], fields.get(name)) for name in known)
    )


def note_destroyed(state: State, changes: Iterable[Change]) -> None:
    """Let the header name the default templates that the changes destroy, so that they do not come back."""
    gone = {change.uuid for change in changes if change.after is None and change.cls.name == "vm"}
    if gone:
        destroyed = [uuid for uuid in of(state.header) if uuid in gone]
        if destroyed:
            state.set_header({DESTROYED: [*state.header.get(DESTROYED, ()), *destroyed]})


def replace(state: State, name: str) -> None:
    """Give the state another set of default templates, or all of the same set again.

    A template that somebody changed stays as it is, also where the new set does not have it.
    """
    before = state.header
    state.set_header({TEMPLATES: None if name == NO_SET else name, DESTROYED: None})
    wanted = of(state.header)
    for uuid in of(before):
        vm = state.need("vm", uuid)
        if is_delivered(before, vm) and not alike(wanted.get(uuid, {}), dict(vm)):
            state.delete(vm)
    for uuid, fields in wanted.items():
        if state.class_of(uuid) is None:
            state.add("vm", fields, uuid)


def _all_of(name: str, lineage: str) -> dict[str, dict[str, Any]]:
    if (name, lineage) not in _made:
        from xe_py.xapi.default_templates import default_templates

        defaults = classes.get("vm").defaults
        _made[name, lineage] = {
            uuid: {"uuid": uuid, **{field: value for field, value in fields.items() if value != defaults[field]}}
            for uuid, fields in default_templates(name, lineage).items()
        }
    return _made[name, lineage]
