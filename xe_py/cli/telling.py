"""Telling of a refusal: in words, in the shape of the real xe, or as an object of JSON."""

from __future__ import annotations

from xe_py.cli.environment import OutputLostError
from xe_py.cli.report import hints_of, message_of, output_of
from xe_py.errors import ScriptRefused, UnsoundStateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.cli.environment import Environment
    from xe_py.errors import XeError


def show(error: XeError, environment: Environment) -> int:
    """Print what there is to say; the exit status."""
    told = told_of(error, environment) if error.told is None else error.told
    if not environment.wants_objects and environment.has_colours(environment.errors):
        from xe_py.cli.colour import refusal_in_colour

        told = refusal_in_colour(told)
    try:
        environment.out(_output(error, environment))
    except OutputLostError as lost:
        environment.err(told)
        return environment.lost(lost, error.exit_status)
    environment.err(told)
    return error.exit_status


def told_of(error: XeError, environment: Environment) -> str:
    """All that goes to standard error. It looks into the state at hand, which may raise StaleError."""
    if environment.wants_objects:
        from xe_py.cli.formats.refusals import told

        return told(error)
    return message_of(error, plain=environment.is_plain) + hints_of(error, plain=environment.is_plain)


def _output(error: XeError, environment: Environment) -> str:
    """What goes to standard output for the refusal."""
    if not environment.wants_objects:
        return output_of(error)
    if isinstance(error, UnsoundStateError) and error.whole:
        from xe_py.cli.formats import refusals, texts

        return texts.json(refusals.findings(error))
    return output_of(error) if isinstance(error, ScriptRefused) else ""
