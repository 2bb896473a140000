"""What is said when a command is refused: first in the shape of the real xe, then, in our own lines, what may help."""

from __future__ import annotations

from xe_py.cli.environment import clean
from xe_py.cli.remarks import command_of, remarks
from xe_py.errors import (
    Failure,
    Misuse,
    ScriptRefused,
    SeveralFailed,
    StateFileError,
    UnsoundStateError,
    XeError,
    named,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.state.core import Finding
    from xe_py.store.promise import Opened

_SHOWN_FINDINGS = 3


def message_of(error: XeError, *, plain: bool) -> str:
    """The message without its hints, which depend on the state at hand; a plain one says no more than the real xe."""
    if isinstance(error, SeveralFailed):
        return "" if plain else "".join(_one_of_several(uuid, each) for uuid, each in reversed(error.refusals))
    if isinstance(error, UnsoundStateError):
        text = unsound(error)
        what_next = "" if error.whole else "Mend the file first; until then every change is refused.\n"
        return text[0].upper() + text[1:] + what_next
    if plain:
        return _lines([_shape(error)])
    line = command_of(error)
    return _lines([_shape(error), *remarks(error), *([] if line is None else [f"Command: {line}"])])


def hints_of(error: XeError, *, plain: bool) -> str:
    """The hints, of which a plain refusal has none: each line is one command that works in the state as it is now."""
    return "" if plain else _lines(f"Hint: {hint}" for hint in hints(error))


def hints(error: XeError) -> list[str]:
    """The command lines that may help."""
    if isinstance(error, SeveralFailed):
        return list(dict.fromkeys(hint for _, each in reversed(error.refusals) for hint in hints(each)))
    if isinstance(error, StateFileError):
        return list(error.hints)
    if not isinstance(error, Failure) or error.call is None or error.state is None:
        return []
    from xe_py.cli.hints import hints_for

    return hints_for(error.state, error, error.call)


def output_of(error: XeError) -> str:
    """What goes to standard output all the same: the findings, where they were asked for, and what lines did print.

    Of several objects those that were refused are told there, too, as in xe: the last one first.
    """
    if isinstance(error, SeveralFailed):
        return _lines(f"operation failed on {uuid}: {_in_a_row(each)}" for uuid, each in reversed(error.refusals))
    if isinstance(error, ScriptRefused):
        return error.printed
    if isinstance(error, UnsoundStateError) and error.whole:
        return _findings(error.opened, error.findings)
    return ""


def _lines(texts: Iterable[str]) -> str:
    return "".join(clean(text) + "\n" for text in texts)


def _shape(error: XeError) -> str:
    """The refusal in the shape of the real one: a sentence, then a line for each value; or the code and the values."""
    if not isinstance(error, Failure):
        return error.text if isinstance(error, (Misuse, ScriptRefused, StateFileError)) else str(error)
    from xe_py.codes import CODES, describe

    if error.code not in CODES:
        return f"Error code: {error.code}\nError parameters: {', '.join(map(named, error.values))}"
    text, labelled = describe(error)
    return "\n".join([text, *(f"{name}: {named(value)}" for name, value in labelled)])


def _in_a_row(error: XeError) -> str:
    """The refusal of one of several objects; a sentence without values has an empty line behind it."""
    if not isinstance(error, Failure):
        return f'INTERNAL_ERROR: [ Cli_util.Cli_failure("{_shape(error).removeprefix("Error: ")}") ]'
    from xe_py.codes import CODES, describe

    if error.code not in CODES:
        return f"{error.code}: [ {'; '.join(map(named, error.values))} ]"
    return _shape(error) + ("" if describe(error)[1] else "\n")


def _one_of_several(uuid: str, error: XeError) -> str:
    about = remarks(error)
    return _lines([f"Note: refused for {uuid}:", *about]) if about else ""


def warning_of_unsound(error: UnsoundStateError) -> str:
    """The warning above what is listed of an unsound state."""
    return f"Warning: {unsound(error)}{hints_of(error, plain=False)}"


def unsound(error: UnsoundStateError) -> str:
    """That the state in a file is unsound, with the first findings."""
    count = len(error.findings)
    summary = f"the state in {error.opened.name} is unsound, with {count} finding{'s' if count > 1 else ''}"
    if error.whole:
        return f"{summary}.\n"
    return f"{summary}:\n{_findings(error.opened, error.findings[:_SHOWN_FINDINGS])}"


def _findings(opened: Opened, findings: list[Finding]) -> str:
    """A line for each finding: file and line, the object by class, uuid and name, what is wrong, code."""
    lines = []
    for place, finding in zip(opened.places(findings), findings, strict=True):
        name = f"({finding.name})" if finding.name else ""
        # A text of its own names the field.
        words = [finding.cls, finding.uuid, name, "" if finding.text else finding.field]
        text = f"{' '.join(filter(None, words))}: {finding.text or sentence(finding.failure)}"
        lines.append(clean(f"{place}: {text} [{finding.failure.code}]") + "\n")
    return "".join(lines)


def sentence(failure: Failure) -> str:
    """The failure in one line."""
    from xe_py.codes import describe

    text, labelled = describe(failure)
    # A driver's report has three values, and two of them are empty.
    details = ", ".join(f"{name}: {named(value)}" for name, value in labelled if value or value == 0)
    return clean(f"{text} {details}".rstrip())
