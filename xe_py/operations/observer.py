"""Making observers and destroying them."""

from __future__ import annotations

from xe_py.classes import observer as guards
from xe_py.errors import refuse
from xe_py.schema.collections import Words
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Ref, Refs, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "observer-create",
    required=(Text("name-label", doc="The name."),),
    optional=(
        Refs("host-uuids", "host", doc="The hosts to observe, separated by commas; all if it is left out."),
        Text("name-description", doc="The description."),
        Bool("enabled", doc="Whether it is switched on at once."),
        Words("attributes", doc="What it adds to each of its notes, as key:value,key:value."),
        Words("endpoints", doc="Where it sends its notes, separated by commas; bugtool if it is left out."),
        Words("components", doc="The programs to observe, separated by commas; all if it is left out."),
    ),
    doc="Make an observer, which notes what the toolstack does.",
)
def create(
    state: State,
    name_label: str,
    hosts: Sequence[Record] = (),
    name_description: str = "",
    *,
    enabled: bool = False,
    attributes: Sequence[str] = (),
    endpoints: Sequence[str] = (guards.BUGTOOL,),
    components: Sequence[str] = (),
) -> Record:
    """Make the observer; of the attributes, a word that is no pair does not count, as in XAPI."""
    pairs = dict(pair.split(":") for pair in attributes if pair.count(":") == 1)
    refuse(guards.are_components(state, None, components))
    refuse(guards.are_endpoints(state, None, endpoints))
    refuse(guards.are_attributes(state, None, pairs))
    return state.add(
        "observer",
        {
            "name-label": name_label,
            "name-description": name_description,
            "host-uuids": [host["uuid"] for host in hosts],
            "enabled": enabled,
            "attributes": pairs,
            "endpoints": list(endpoints),
            "components": list(components),
        },
    )


@command("observer-destroy", required=(Ref("uuid", "observer", doc="The observer."),), doc="Destroy an observer.")
def destroy(state: State, observer: Record) -> None:
    """Destroy the observer."""
    state.delete(observer)
