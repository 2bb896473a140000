"""What can go wrong: the exceptions that every layer raises, and the exit statuses they end in.

The sentences for XAPI's codes are in `xe_py.codes`; they are only needed once a refusal is shown.
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
    """Whether what was not refused stays done."""
    state: Any = None
    """The state on which it was raised, where there was one."""
    call: Any = None
    """The call that was refused, where it is known."""


class Failure(XeError):
    """A refusal with a XAPI code.

    `values` stand in the order of the code's parameters; an object is given as its record. `blockers` are the records
    that stand in the way. `reasons` are the objects that were tried, each with what it was refused for. `profile` is
    the set of rules that alone refuses this, or None. `notes` are told below it.
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

    def __str__(self) -> str:
        text = f"{self.code}: {', '.join(map(named, self.values))}" if self.values else self.code
        lines = [text, *self.notes]
        if self.blockers:
            lines.append(f"in the way: {', '.join(f'{obj.cls.name} {named(obj)}' for obj in self.blockers)}")
        return "\n".join(lines)


class Misuse(XeError):
    """Words on the command line that cannot be understood; `text` is shown as it is, `notes` are told below it."""

    def __init__(self, text: str, *notes: str) -> None:
        super().__init__(text)
        self.text = text
        self.notes = notes

    def __str__(self) -> str:
        return "\n".join((self.text, *self.notes))


class SeveralFailed(XeError):
    """A command on several objects that was refused for some: the uuid of each and why. The others are done."""

    rest_is_done = True

    def __init__(self, refusals: list[tuple[str, XeError]]) -> None:
        super().__init__("\n".join(f"operation failed on {uuid}: {refusal}" for uuid, refusal in refusals))
        self.refusals = refusals


class ScriptRefused(XeError):
    """A script of which lines were refused: the number of each and why; `text` says it all.

    `printed` is what the other lines print, if they stay done.
    """

    def __init__(self, text: str, refusals: list[tuple[int, XeError]], printed: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.refusals = refusals
        self.printed = printed or ""
        self.rest_is_done = printed is not None


class StateFileError(XeError):
    """The state file cannot be used; `text` says why, `hints` are command lines that may help.

    `is_lost` says that no state is there any more: an earlier version may help.
    """

    exit_status = STATE_FILE_UNUSABLE
    is_lost = False

    def __init__(self, text: str, *hints: str) -> None:
        super().__init__(text)
        self.text = text
        self.hints = hints


def on_file(path: str, line: str) -> str:
    """The command line on the state file at this path, as it can be pasted into a shell."""
    from xe_py.quoting import quoted

    return f"xe --state {quoted(path)} {line}"


class UnsoundStateError(StateFileError):
    """The state in a file is unsound. With `whole` the findings are what was asked for, and all are shown.

    `ways_back` are command lines that lead back to a sound one.
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
    """What a state was read from cannot be gone on with: the state has to be read anew, and the work done again."""


class DamagedIndexError(StaleError):
    """A part of the derived index is not as it was written: the state file itself has to be read."""


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
