"""What is said when a command is refused: the sentence, what it is about, what stands in the way, and a way out."""

from __future__ import annotations

import sys

from xe_py.cli.output import clean
from xe_py.errors import Failure, Misuse, ScriptRefused, SeveralFailed, StateFileError, UnsoundStateError, XeError
from xe_py.state.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.core import Finding
    from xe_py.state.state import State
    from xe_py.store.document import Document

_SHOWN_BLOCKERS = 5
_SHOWN_FINDINGS = 3


def show(error: XeError) -> int:
    """Print what there is to say; the exit status."""
    sys.stdout.write(output_of(error))
    sys.stdout.flush()
    sys.stderr.write(text_of(error))
    return error.exit_status


def text_of(error: XeError) -> str:
    """The message for standard error, with its line break."""
    if isinstance(error, Failure):
        return clean(error.report + _failure(error)) + "\n"
    if isinstance(error, SeveralFailed):
        return "".join(f"operation failed on {uuid}: {text_of(each)}" for uuid, each in error.refusals)
    if isinstance(error, UnsoundStateError):
        text = unsound(error)
        return text[0].upper() + text[1:] + ("" if error.whole else "Nothing is changed before that is mended.\n")
    if isinstance(error, (Misuse, ScriptRefused, StateFileError)):
        return clean(error.text) + "\n"
    return f"{error}\n"


def output_of(error: XeError) -> str:
    """What goes to standard output all the same: the findings, where they were asked for, and what lines did print."""
    if isinstance(error, ScriptRefused):
        return error.printed
    if isinstance(error, UnsoundStateError) and error.whole:
        return _findings(error.document, error.findings)
    return ""


def unsound(error: UnsoundStateError) -> str:
    """That the state in a file is unsound, with the first findings."""
    path, count = error.document.path, len(error.findings)
    summary = f"the state in {path} is unsound, with {count} finding{'s' if count > 1 else ''}"
    if error.whole:
        return f"{summary}.\n"
    first = _findings(error.document, error.findings[:_SHOWN_FINDINGS])
    see = f"To see all of them: xe --state {path} state-check\n"
    return f"{summary}:\n{first}{see}To go back to an earlier version: xe --state {path} state-undo\n"


def _findings(document: Document, findings: list[Finding]) -> str:
    """A line for each finding: file and line, object, field, what is wrong, code."""
    from xe_py.store.reader import places  # noqa: PLC0415 - only a report of findings needs to read the file

    lines = []
    for place, finding in zip(places(document, findings), findings, strict=True):
        words = [word for word in (finding.cls, finding.uuid, finding.field) if word]
        lines.append(clean(f"{place}: {' '.join(words)}: {sentence(finding.failure)} [{finding.failure.code}]") + "\n")
    return "".join(lines)


def sentence(failure: Failure) -> str:
    """The failure in one line."""
    from xe_py.codes import describe  # noqa: PLC0415 - the sentences are only needed once something is refused

    text, labelled = describe(failure)
    details = ", ".join(f"{name}: {_shown(value)}" for name, value in labelled)
    return clean(f"{text} {details}".rstrip())


def _failure(failure: Failure) -> str:
    from xe_py.codes import describe  # noqa: PLC0415 - the sentences are only needed once something is refused

    text, labelled = describe(failure)
    lines = [text]
    lines += [f"{name}: {_shown(value)}" for name, value in labelled]
    lines += [f"in the way: {_described(failure.state, blocker)}" for blocker in failure.blockers[:_SHOWN_BLOCKERS]]
    if len(failure.blockers) > _SHOWN_BLOCKERS:
        lines.append(f"in the way: {len(failure.blockers) - _SHOWN_BLOCKERS} more")
    lines.append(f"Error code: {failure.code}")
    if failure.hint:
        lines.append(f"Hint: xe {failure.hint}")
    if failure.profile is not None:
        other = "xapi" if failure.profile == "strict" else "strict"
        lines.append(
            f"Only the {failure.profile} rules refuse this; to take the {other} rules: xe state-set rules={other}"
        )
    return "\n".join(lines)


def _shown(value: object) -> str:
    if not isinstance(value, Record):
        return str(value)
    return f"{value['uuid']} ({value.name})" if value.name else str(value["uuid"])


def _described(state: State | None, obj: Record) -> str:
    """An object in the way: its class, uuid and name, and for a device the VM it belongs to."""
    text = f"{obj.cls.name} {_shown(obj)}"
    if state is not None and "vm-uuid" in obj.cls.references:
        vm = state.ref(obj, "vm-uuid")
        text += f", device {state.value(obj, 'device') or state.value(obj, 'userdevice')} of vm {_shown(vm)}"
    return text
