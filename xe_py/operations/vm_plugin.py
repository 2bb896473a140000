"""Calling a plugin for a VM: on its host, or in its guest."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects import plugins
from xe_py.schema.command import EXPORTS, READS, command
from xe_py.schema.fields import Map, Ref, Text
from xe_py.xapi.guest import RUNNING
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_IN_GUEST = "guest-agent-operation"
_FUNCTIONS = frozenset(("request-rdp-on", "request-rdp-off", "run-script"))
_VM = Ref("vm-uuid", "vm", doc="The VM.")
_FN = Text("fn", doc="The function of the plugin.")
_ARGS = Map("args", doc="The arguments: args:key=value or, to read a file, args:key:file=path.")


@command(
    "vm-call-plugin",
    required=(_VM, Text("plugin", doc=f"The plugin; only {_IN_GUEST}."), _FN),
    optional=(_ARGS,),
    doc="Call a function in the guest of a VM. A simulated guest runs none.",
    kind=READS,
)
def call_plugin(state: State, vm: Record, plugin: str, fn: str, **_args: object) -> None:
    """Refuse: no simulated guest lets its host control it."""
    refuse(refusals(state, vm, "call_plugin"))
    if plugin != _IN_GUEST:
        raise Failure("XENAPI_MISSING_PLUGIN", plugin)
    known = fn in _FUNCTIONS
    said = f"the guest does not let its host call {fn}" if known else f"the plugin {plugin} has no function {fn}"
    raise Failure("XENAPI_PLUGIN_FAILURE", f"failed to {'execute' if known else 'find'} fn", said, said)


@command(
    "vm-call-host-plugin",
    required=(
        _VM,
        Text("plugin", doc="The name of an executable in the folder that the variable XE_PLUGINS names."),
        _FN,
    ),
    optional=(_ARGS,),
    doc="Call a function of a plugin on the host where a VM runs, and print what it answers.",
    kind=EXPORTS,
)
def call_host_plugin(
    _state: State, vm: Record, plugin: str, fn: str, args: dict[str, str] | None = None, *, client: Client | None
) -> str | None:
    """Run the plugin here, with the rights of the user; no lock is held meanwhile."""
    if vm["power-state"] != RUNNING:
        raise Failure("VM_BAD_POWER_STATE", vm, RUNNING, vm["power-state"])
    return plugins.call(client, plugin, fn, args or {})
