"""Calling a plugin on a host."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.operations.effects import plugins
from xe_py.schema.command import EXPORTS, command
from xe_py.schema.fields import Map, Ref, Text
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State


@command(
    "host-call-plugin",
    required=(
        Ref("host-uuid", "host", doc="The host; every host has the same plugins."),
        Text("plugin", doc="The name of an executable in the folder that the variable XE_PLUGINS names."),
        Text("fn", doc="The function of the plugin."),
    ),
    optional=(Map("args", doc="The arguments: args:key=value or, to read a file, args:key:file=path."),),
    doc="Call a function of a plugin, and print what it answers.",
    kind=EXPORTS,
)
def call_plugin(
    state: State, host: Record, plugin: str, fn: str, args: dict[str, str] | None = None, *, client: Client | None
) -> str | None:
    """Run the plugin here, with the rights of the user; no lock is held meanwhile."""
    refuse(answers(state, host))
    return plugins.call(client, plugin, fn, args or {})
