"""The lines that xe_py adds below a refusal, which has the shape of the real xe. A script can leave them out.

Each begins with one of a few words: `In the way:`, `Code:`, `Note:`, `Command:`, `Hint:`; our warnings begin with
`Warning:`. A plain refusal has none of them.
"""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, named
from xe_py.schema.xenclass import STRICT, XAPI
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.errors import XeError
    from xe_py.state.state import State

_SHOWN = 5
_GIB = 1 << 30
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
    for obj, reason in failure.reasons:
        yield f"In the way: {obj.cls.name} {named(obj)}: {reason_in_words(reason)} ({reason.code})"


def _described(state: State | None, obj: Record) -> str:
    """An object in the way: its class, uuid and name, and for a device the VM it belongs to."""
    text = f"{obj.cls.name} {named(obj)}"
    if state is not None and "vm-uuid" in obj.cls.references:
        vm = state.ref(obj, "vm-uuid")
        text += f", device {state.value(obj, 'device') or state.value(obj, 'userdevice')} of vm {named(vm)}"
    return text


def reason_in_words(reason: Failure) -> str:
    """Why an object was left out, in a few words."""
    values = reason.values
    if reason.code == "HOST_NOT_ENOUGH_FREE_MEMORY":
        needed, available = (f"{int(value) / _GIB:.1f} GiB" for value in values)
        return f"needs {needed} of memory, {available} are free"
    if reason.code == "HOST_NOT_ENOUGH_PCPUS":
        return "needs {} CPUs, there are {}".format(*values)
    if reason.code == "VM_REQUIRES_SR":
        link = f"its PBD {named(reason.blockers[0])} is unplugged" if reason.blockers else "no PBD connects it"
        return f"needs SR {named(values[1])}, {link}"
    if reason.code == "VM_REQUIRES_NETWORK":
        return f"needs network {named(values[1])}, no PIF of the host is on it"
    from xe_py.codes import describe

    sentence, labelled = describe(reason)
    details = [f"{name} {named(value)}" for name, value in labelled if not isinstance(value, Record)]
    return ", ".join([sentence.rstrip("."), *details])


def _notes(failure: Failure) -> Iterator[str]:
    from xe_py.codes import UNLISTED

    if failure.code in UNLISTED:
        yield UNLISTED[failure.code][0]
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
    cls = next((cls for cls in classes.sections() if cls.label == label), None)
    if failure.state is None or cls is None or not given:
        return
    for obj in failure.state.all(cls.name):
        if obj.name == given:
            yield f"there is a {label} of this name: uuid={obj['uuid']}"
            return
    begun = [obj for obj in failure.state.all(cls.name) if obj["uuid"].startswith(given)]
    if len(begun) == 1:
        yield f"there is a {label} whose uuid begins so: uuid={begun[0]['uuid']}"
