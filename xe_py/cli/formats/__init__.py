"""The formats of output that xe_py has besides those of xe: JSON, CSV, YAML, assignments for a shell, and tables.

- `fields` chooses what is shown of each record; `data` makes values of results.
- `texts` writes the values for programs, `tables` for people; `refusals` writes a refusal as an object of JSON.
"""

from __future__ import annotations

from xe_py.cli.words import CSV, FORMAT_VARIABLE, FORMATS, TABLE
from xe_py.errors import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    from xe_py.cli.words import Line
    from xe_py.state.state import State


def by_default(name: str) -> str:
    """The format that the variable names; Misuse if there is no such format."""
    if name not in FORMATS:
        formats = ", ".join(FORMATS)
        raise Misuse(f"Error: {FORMAT_VARIABLE} is {name!r}, which is no format. Set it to one of {formats}.")
    return name


def printed(state: State, result: Any, line: Line, output: TextIO | None) -> str:
    """What to print for the result of the command of a line; `output` is where it goes, if that is known.

    Without a format it is the text of xe. With one, nothing is printed if there is no result.
    """
    from xe_py.cli.output import text_of

    if not line.form:
        return text_of(state, result, minimal=line.minimal, output=output)
    if result is None:
        return ""
    if line.form == TABLE:
        from xe_py.cli.formats.tables import table

        return table(state, result, output)
    from xe_py.cli.formats import texts
    from xe_py.cli.formats.data import data_of

    data = data_of(state, result)
    return texts.csv(data, head=line.has_header) if line.form == CSV else getattr(texts, line.form)(data)
