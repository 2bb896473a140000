"""What can go wrong: the exceptions that every layer raises, and the exit statuses they end in.

The sentences for XAPI's codes are in `xe_py.codes`; they are only needed once a refusal is shown.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

DONE = 0
REFUSED = 1
STATE_FILE_UNUSABLE = 3
INTERRUPTED = 130


class XeError(Exception):
    """Anything that ends a command early with a message for its user."""

    exit_status = REFUSED
    rest_is_done = False
    """Whether what was not refused stays done."""
    state: Any = None
    """The state on which it was raised, where there was one."""


class Failure(XeError):
    """A refusal with a XAPI code.

    `values` stand in the order of the code's parameters; an object is given as its record. `blockers` are the records
    that stand in the way. `hint` is a command line, without `xe`, that would resolve it. `profile` is the set of rules
    that alone refuses this, or None. `report` is a text that goes before the message.
    """

    def __init__(self, code: str, *values: Any, blockers: tuple[Any, ...] = (), hint: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.values = values
        self.blockers = blockers
        self.hint = hint
        self.profile: str | None = None
        self.report: str = ""

    def __str__(self) -> str:
        text = f"{self.code}: {', '.join(map(str, self.values))}" if self.values else self.code
        if self.report:
            text += f"\n{self.report.rstrip()}"
        if self.blockers:
            text += f"\nin the way: {', '.join(map(str, self.blockers))}"
        return f"{text}\nHint: xe {self.hint}" if self.hint else text


class Misuse(XeError):
    """Words on the command line that cannot be understood; `text` is shown as it is."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


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
    """The state file cannot be used; `text` says why and what to do."""

    exit_status = STATE_FILE_UNUSABLE

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class UnsoundStateError(StateFileError):
    """The state in a file is unsound. With `whole` the findings are what was asked for, and all are shown."""

    def __init__(self, document: Any, found: list[Any], *, whole: bool = False) -> None:
        first = found[0]
        super().__init__(
            f"The state in {document.path} is unsound. The first of {len(found)} findings: "
            f"{first.cls} {first.uuid} {first.field}: {first.failure}\n"
            f"To see all of them: xe --state {document.path} state-check"
        )
        self.document = document
        self.findings = found
        self.whole = whole


class DamagedIndexError(Exception):
    """A part of the derived index is not as it was written: the state file itself has to be read."""


def refuse(failures: Iterable[Failure]) -> None:
    """Raise the first of the failures, if there is one."""
    for failure in failures:
        raise failure
