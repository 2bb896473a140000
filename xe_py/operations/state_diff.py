"""The command `state-diff`: what differs between two states, as a plan or as a script. Only xe_py has it."""

from __future__ import annotations

from xe_py.errors import Misuse, on_file
from xe_py.operations.effects.versions import before, comparison, version
from xe_py.schema.command import DOWNLOADS, command
from xe_py.schema.fields import Bool, Text
from xe_py.schema.listing import Compared
from xe_py.store import opened_text, state_in, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.state import State
    from xe_py.store.promise import Opened, Store

_WHICH = "a version in the history, a state file, or REV:FILE of git"


@command(
    "state-diff",
    optional=(
        Text("serial", doc=f"The state to start from: {_WHICH}. By default the version before the other one."),
        Text(
            "to",
            doc=f"The state to compare it with: {_WHICH}. By default the present version; "
            "without serial= that of the last commit.",
        ),
        Bool("full", doc="Leave no detail out."),
        Bool("exit-code", doc="End with 1 if the states differ."),
        Bool("script", doc="Write the script of xe that turns the first state into the other one."),
    ),
    doc="Show what the last commit changed, or what differs between two states.",
    kind=DOWNLOADS,
    ours=True,
)
def diff(
    store: Store,
    serial: str | None = None,
    to: str | None = None,
    *,
    client: Client | None,
    full: bool = False,
    exit_code: bool = False,
    script: bool = False,
) -> Compared:
    """What changed, object by object and field by field; or the script that makes these changes."""
    one, other, note = _sides(store, serial, to, client)
    if script:
        return _script(one, other, client)
    compared = comparison(store, one, other, note, full=full)
    differs = bool(compared.result.summary)
    return Compared(compared.result, compared.unsound, status=int(exit_code and differs))


def _sides(store: Store, serial: str | None, to: str | None, client: Client | None) -> tuple[Opened, Opened, str]:
    """The two states, and what is to be said below."""
    if serial is not None and to is not None:
        return _state(store, serial, client), _state(store, to, client), ""
    if serial is not None and not _is_version(serial):
        return _state(store, serial, client), store.read(), ""
    versions = store.versions()
    if to is not None and not _is_version(to):
        return store.state_of(versions[-1]), _state(store, to, client), ""
    if to is not None:
        after = version(versions, to)
    elif serial is not None:
        after = versions[-1]
    else:
        after = next((each for each in reversed(versions) if each.is_commit), versions[-1])
    start = before(store, versions, after) if serial is None else version(versions, serial)
    note = ""
    if serial is None and to is None and after is not versions[-1]:
        edit = on_file(store.name, f"state-diff serial={after.name}")
        note = f"The file was edited by hand after this commit. To see how: {edit}\n"
    return store.state_of(start), store.state_of(after), note


def _is_version(name: str) -> bool:
    """Whether this names a version in the history: a serial, with or without a place. A file may be `./3`."""
    return name.replace(".", "", 1).isdecimal()


def _state(store: Store, name: str, client: Client | None) -> Opened:
    """The state of this name."""
    if _is_version(name):
        return store.state_of(version(store.versions(), name))
    if client is None:
        raise Misuse(f"Error: The history has no version {name}")
    if client.has(name):
        return client.store(name).read(whole=True)
    if ":" in name:
        return opened_text(name, client.git("show", "--end-of-options", name, about=name))
    raise Misuse(f"Error: There is no {name}. Give {_WHICH}.")


def _script(one: Opened, other: Opened, client: Client | None) -> Compared:
    from xe_py.operations.effects.scripts import script_of
    from xe_py.operations.effects.way import Way

    for opened in (one, other):
        if opened.findings:
            raise opened.unsound()
    if client is None:
        raise Misuse("Error: A script is written only where its lines can be tried.")
    way = Way(_copy(one.state), other.state, client.run_line)
    way.find()
    return Compared(script_of(way, f"Turns {one.name} into {other.name}."), [])


def _copy(state: State) -> State:
    """A private copy of the state, to try lines on."""
    copy = state_in(text_of(state))
    if copy is None:
        raise RuntimeError("A state that was written cannot be read back.")
    return copy
