"""A whole capture taken in: from its objects to a state, and what is to be told about that."""

from __future__ import annotations

from xe_py.dumps.building import build
from xe_py.dumps.capture import DumpError
from xe_py.dumps.filling import fill
from xe_py.dumps.found import Report
from xe_py.dumps.masking import mask
from xe_py.dumps.taking import objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.dumps.capture import Capture
    from xe_py.state.state import State


def take_in(capture: Capture, *, secrets: bool = False, anonymise: bool = False) -> tuple[State, Report]:
    """The state with the objects of the capture, which need not be sound; DumpError if there are none.

    Secrets are masked unless they are wanted; `anonymise` makes up names, addresses and descriptions.
    """
    report = Report()
    report.remarks += capture.remarks
    found = objects(capture, report)
    if not found:
        raise DumpError(f"it has no object that xe_py has. {'. '.join(report.lines())}")
    if not secrets:
        mask(found, report)
    state = build(found, capture.complete, report)
    fill(state, found)
    if anonymise:
        from xe_py.dumps.anonymising import anonymised

        state = anonymised(state)
        report.remarks.append("Names, addresses, descriptions and uuids are made up.")
    return state, report
