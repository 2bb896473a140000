"""The command `state-export`: the state as a text to hand on. Only xe_py has it."""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.command import EXPORTS, command
from xe_py.schema.fields import Bool
from xe_py.schema.listing import Texts
from xe_py.schema.xenclass import TEMPLATES
from xe_py.state.templates import NO_SET
from xe_py.store import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.state import State


@command(
    "state-export",
    optional=(Bool("script", doc="Write a script of xe that builds the state from a fresh host."),),
    doc="Print the state: as a state file of the plain form, or as a script.",
    kind=EXPORTS,
    ours=True,
)
def export(state: State, *, script: bool = False, client: Client | None) -> Texts:
    """The text of the state, or the script whose first comment says with which fresh host it begins."""
    if not script:
        return Texts(text_of(state).decode().removesuffix("\n"))
    if client is None:
        raise Misuse("Error: A script is written only where its lines can be tried.")
    from xe_py.operations.effects.moves import HARDWARE
    from xe_py.operations.effects.scripts import script_of
    from xe_py.operations.effects.way import Way

    way = Way(_fresh_host(state), state, client.run_line, apart=HARDWARE)
    way.find()
    head = f"Builds the state from a fresh host. Make that first: xe {_init_line(state)}"
    return Texts(script_of(way, head, by_name=True).removesuffix("\n"))


def _shape(state: State) -> dict[str, str]:
    """What `state-init` is to be given for a fresh host of this shape."""
    hosts = state.all("host")
    nics = [sum(pif["physical"] for pif in state.pointing_at(host, "pif.host-uuid")) for host in hosts]
    return {
        "name-label": hosts[0].name,
        "hosts": str(len(hosts)),
        "nics": str(max(nics)),
        "rules": state.rules,
        "templates": str(state.header.get(TEMPLATES, NO_SET)),
    }


def _init_line(state: State) -> str:
    from xe_py.quoting import quoted

    return " ".join(["state-init", *(quoted(f"{name}={text}") for name, text in _shape(state).items())])


def _fresh_host(state: State) -> State:
    from xe_py.fresh.host import fresh_host

    given = _shape(state)
    return fresh_host(
        name_label=given["name-label"],
        hosts=int(given["hosts"]),
        nics=int(given["nics"]),
        rules=given["rules"],
        templates=given["templates"],
    )
