"""What a command does, in words, from its declaration."""

from __future__ import annotations

from xe_py.schema.command import ALL, MULTIPLE, ONE, RECORDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.command import Command

_SEVERAL = {ONE: "; only one may match", MULTIPLE: "; several need --multiple", ALL: ""}


def description(command: Command) -> str:
    """What the command does, how it chooses objects if it takes selectors, and what of it is not simulated."""
    parts = [command.doc]
    if selector := command.selector:
        by, several = f"{selector.name}=<name or uuid>", _SEVERAL[selector.takes]
        parts.append(f"The {selector.label}s are chosen by {by} or by filters on their fields{several}.")
    if command.coverage == RECORDED:
        parts.append("Only the call is recorded.")
    if command.why:
        parts.append(f"Always refused. {command.why}")
    return " ".join(parts)
