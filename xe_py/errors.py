"""The exceptions that every layer raises, and the exit statuses they lead to.

The sentences for XAPI's codes are in `xe_py.codes`, which is loaded only when a refusal is shown.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xe_py.store.promise import Opened

DONE = 0
REFUSED = 1
STATE_FILE_UNUSABLE = 3
UNDELIVERED = 4
INTERRUPTED = 130


class XeError(Exception):
    """Anything that ends a command early with a message for its user."""

    exit_status = REFUSED
    rest_is_done = False
    """Whether the parts that were not refused stay done."""
    state: Any = None
    """The state in which it was raised, if there was one."""
    told: str | None = None
    """What is said of it, where that was put into words while its state could still be read."""
    call: Any = None
    """The call that was refused, if it is known."""


class Failure(XeError):
    """A refusal with a XAPI code.

    `values` stand in the order of the code's parameters; an object is given as its record. `blockers` are the records
    that stand in the way. `reasons` are the objects that were tried, each with what it was refused for. `profile` is
    the only set of rules that refuses this, or None. `notes` are printed below it.
    """

    def __init__(
        self,
        code: str,
        *values: Any,
        blockers: tuple[Any, ...] = (),
        reasons: tuple[tuple[Any, Failure], ...] = (),
    ) -> None:
        super().__init__(code, *map(named, values))
        self.code = code
        self.values = values
        self.blockers = blockers
        self.reasons = reasons
        self.profile: str | None = None
        self.notes: tuple[str, ...] = ()

    @classmethod
    def restored(cls, code: str, values: Iterable[Any], blockers: Iterable[Any]) -> Failure:
        """A refusal that was found before, and kept as data meanwhile."""
        return cls(code, *values, blockers=tuple(blockers))

    def __str__(self) -> str:
        text = f"{self.code}: {', '.join(map(named, self.values))}" if self.values else self.code
        lines = [text, *self.notes]
        if self.blockers:
            lines.append(f"in the way: {', '.join(f'{obj.cls.name} {named(obj)}' for obj in self.blockers)}")
        return "\n".join(lines)


class Misuse(XeError):
    """Words on the command line that make no sense; `text` is printed as it is, `notes` are printed below it."""

    def __init__(self, text: str, *notes: str) -> None:
        super().__init__(text)
        self.text = text
        self.notes = notes

    def __str__(self) -> str:
        return "\n".join((self.text, *self.notes))


class SeveralFailed(XeError):
    """A command on several objects that was refused for some of them: the uuid of each and why. The others are done."""

    rest_is_done = True

    def __init__(self, refusals: list[tuple[str, XeError]]) -> None:
        super().__init__("\n".join(f"operation failed on {uuid}: {refusal}" for uuid, refusal in refusals))
        self.refusals = refusals


class ScriptRefused(XeError):
    """A script with refused lines: the number of each line and why; `text` is the whole message.

    `printed` is the output of the other lines, if they stay done.
    """

    def __init__(self, text: str, refusals: list[tuple[int, XeError]], printed: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.refusals = refusals
        self.printed = printed or ""
        self.rest_is_done = printed is not None


class StateFileError(XeError):
    """The state file cannot be used; `text` says why, `hints` are command lines that may help.

    `is_lost` says that the file holds no state any more, so that an earlier version may help.
    """

    exit_status = STATE_FILE_UNUSABLE
    is_lost = False

    def __init__(self, text: str, *hints: str) -> None:
        super().__init__(text)
        self.text = text
        self.hints = hints


def on_file(path: str, line: str) -> str:
    """The command line for the state file at this path, ready to be pasted into a shell."""
    from xe_py.quoting import quoted

    return f"xe --state {quoted(path)} {line}"


class UnsoundStateError(StateFileError):
    """The state in a file is unsound. With `whole` the user has asked for the findings, and all of them are shown.

    `ways_back` are command lines that bring back a sound state.
    """

    def __init__(self, opened: Opened, *ways_back: str, whole: bool = False) -> None:
        name, found = opened.name, opened.findings
        first = found[0]
        super().__init__(
            f"The state in {name} is unsound. The first of {len(found)} findings: "
            f"{first.cls} {first.uuid} {first.field}: {first.failure}",
            *([] if whole else [on_file(name, "state-check"), *ways_back]),
        )
        self.opened = opened
        self.findings = found
        self.whole = whole


class StaleError(Exception):
    """The source of a state can no longer be used: read the state again and repeat the work."""


class NoRoomError(Exception):
    """The contents of disks may not take as much of this machine as a command wants to write."""


class DamagedIndexError(StaleError):
    """A part of the derived index is damaged: read the state file itself."""


def named(value: Any) -> str:
    """A value of a refusal as xe shows it: an object as its uuid and name, anything else as it is."""
    if isinstance(value, dict) and "uuid" in value:
        name = value.get("name-label")
        return f"{value['uuid']} ({name})" if name else str(value["uuid"])
    return str(value)


def refuse(failures: Iterable[Failure]) -> None:
    """Raise the first of the failures, if there is one."""
    for failure in failures:
        raise failure
