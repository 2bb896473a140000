"""The lines that xe_py adds below a refusal, which has the shape of the real xe. A script can leave them out.

Each begins with one of a few words: `In the way:`, `Code:`, `Note:`, `Command:`, `Hint:`; our warnings begin with
`Warning:`. A plain refusal has none of them.
"""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, named
from xe_py.schema.xenclass import STRICT, XAPI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.errors import XeError
    from xe_py.state.record import Record
    from xe_py.state.state import State

_SHOWN = 5
_BY_ONE_SET = {
    STRICT: "the real XenServer allows this; only the strict rules, those of the textbook, refuse it",
    XAPI: "only the xapi rules refuse this",
}


def remarks(error: XeError) -> list[str]:
    """The lines about a refusal itself."""
    notes = [f"Note: {note}" for note in notes_of(error)]
    return [*_in_the_way(error), f"Code: {error.code}", *notes] if isinstance(error, Failure) else notes


def notes_of(error: XeError) -> list[str]:
    """What there is to know about the refusal besides."""
    if isinstance(error, Failure):
        return list(_notes(error))
    return list(error.notes) if isinstance(error, Misuse) else []


def command_of(error: XeError) -> str | None:
    """The command that was refused, with what its words came to; None where it is not known."""
    if error.call is None:
        return None
    from xe_py.schema.secrets import command_line

    return f"xe {command_line([error.call.command.name, *error.call.typed])}"


def _in_the_way(failure: Failure) -> Iterator[str]:
    for blocker in failure.blockers[:_SHOWN]:
        yield f"In the way: {_described(failure.state, blocker)}"
    if len(failure.blockers) > _SHOWN:
        yield f"In the way: {len(failure.blockers) - _SHOWN} more"
    if failure.reasons:
        from xe_py.codes import in_words
    for obj, reason in failure.reasons:
        yield f"In the way: {obj.cls.name} {named(obj)}: {in_words(reason)} ({reason.code})"


def _described(state: State | None, obj: Record) -> str:
    """An object in the way: its class, uuid and name, and for a device the VM it belongs to."""
    text = f"{obj.cls.name} {named(obj)}"
    if state is not None and "vm-uuid" in obj.cls.references:
        names = (state.value(obj, field) for field in ("device", "userdevice") if field in obj.cls.by_name)
        device = next(filter(None, names), "")
        text += f"{f', device {device}' if device else ','} of vm {named(state.ref(obj, 'vm-uuid'))}"
    return text


def _notes(failure: Failure) -> Iterator[str]:
    from xe_py.codes import UNLISTED

    if failure.code in UNLISTED:
        sentence = UNLISTED[failure.code][0]
        if not any(sentence.rstrip(".") in str(value) for value in failure.values):  # A driver may say the same.
            yield sentence
    if failure.code == "UUID_INVALID":
        yield from _meant(failure)
    if failure.code == "SR_UNKNOWN_DRIVER":
        from xe_py.xapi.drivers import DRIVERS

        yield f"the types are: {', '.join(sorted(DRIVERS))}"
    if failure.code == "NETWORK_ALREADY_CONNECTED":
        yield "what stands behind `network:` is the host; XAPI names its values in this order"
    yield from failure.notes
    if failure.profile is not None:
        yield _BY_ONE_SET[failure.profile]


def _meant(failure: Failure) -> Iterator[str]:
    """The object that has what was given for a uuid as its name, or whose uuid begins so."""
    from xe_py import classes

    label, given = str(failure.values[0]), str(failure.values[-1])
    cls = next((cls for cls in classes.everything() if cls.label == label), None)
    if failure.state is None or cls is None or not given:
        return
    for obj in failure.state.all(cls.name):
        if obj.name == given:
            yield f"there is a {label} of this name: uuid={obj['uuid']}"
            return
    begun = [obj for obj in failure.state.all(cls.name) if obj["uuid"].startswith(given)]
    if len(begun) == 1:
        yield f"there is a {label} whose uuid begins so: uuid={begun[0]['uuid']}"
