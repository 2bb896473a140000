"""Watches: what a rule looks at, written as paths over the declared references.

A path starts at the object the rule belongs to and ends in a field. Each step but the last is either a reference
field (`vdi-uuid`: go to the VDI) or a reference that points here (`vbd.vm-uuid`: go to the VBDs of this VM).

    "vdi-uuid"                             the object's own field
    "vdi-uuid/sharable"                    a field of the object it refers to
    "vbd.vdi-uuid/mode"                    a field of each object that refers to it
    "vdi-uuid/sr-uuid/pbd.sr-uuid/shared"  and so on
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xe_py.schema.xenclass import XenClass


class Step:
    """One step of a path: from an object of `start` to one of `end`, along the reference `field` of `owner`.

    `backwards` is true where the reference points at the start, so that the step fans out.
    """

    __slots__ = ("backwards", "end", "field", "owner", "start")

    def __init__(self, start: str, hop: str, class_of: Callable[[str], XenClass]) -> None:
        owner, dot, field = hop.partition(".")
        self.backwards = bool(dot)
        self.start = start
        self.owner = owner if dot else start
        self.field = field if dot else hop
        reference = class_of(self.owner).references.get(self.field)
        if reference is None or (dot and reference.to != start):
            raise ValueError(f"{hop} does not lead on from a {start}")
        self.end = owner if dot else reference.to


def parse_path(start: str, path: str, class_of: Callable[[str], XenClass]) -> tuple[tuple[Step, ...], str]:
    """The steps of a path and the field it ends in; ValueError for a path that the classes do not have."""
    *hops, last = path.split("/")
    if "." in last:
        hops.append(last)
        last = last.partition(".")[2]
    steps: list[Step] = []
    here = start
    for hop in hops:
        steps.append(Step(here, hop, class_of))
        here = steps[-1].end
    if last not in class_of(here).stored:
        raise ValueError(f"{path}: a {here} stores no field {last}")
    return tuple(steps), last


def triggers(start: str, steps: tuple[Step, ...], last: str) -> Iterator[tuple[str, str, tuple[Step, ...]]]:
    """The fields (class, field) whose change touches the path, each with the steps that lead back to its start."""
    yield (steps[-1].end if steps else start), last, steps
    for position, step in enumerate(steps):
        yield step.owner, step.field, steps[: position + step.backwards]
