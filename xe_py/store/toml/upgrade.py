"""State files of older formats, brought to the present one: a step for each older format.

A step changes the tables in memory and says what it took out of them; the next commit takes that out of the text and
writes the new format. So a file that is only read stays as it is. `docs/upgrades.md` says what the steps do, and what
else the author of a new step has to do.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.store.toml.plain import Path

    Tables = dict[str, Any]
    # By class and uuid the fields as they were.
    Taken = dict[Path, dict[str, Any]]

# Fields that format 1 kept as any texts, and that will refer to objects once xe_py has their classes.
_REFERENCES = {
    "vm": ("console-uuids", "vtpms", "blobs"),
    "host": ("patches", "updates", "updates-requiring-reboot", "features", "blobs"),
    "pool": ("blobs",),
    "sr": ("blobs",),
    "network": ("blobs",),
}


def upgrade(tables: Tables, number: int) -> Taken:
    """Bring the tables, without the header, from the format with this number to the present one."""
    taken: Taken = {}
    for step in STEPS[number - 1 :]:
        step(tables, taken)
    return taken


def _without_references(tables: Tables, taken: Taken) -> None:
    """From 1 to 2: remove texts where references belong, because they cannot name anything."""
    for cls, names in _REFERENCES.items():
        objects = tables.get(cls)
        for uuid, fields in objects.items() if isinstance(objects, dict) else ():
            held = names if isinstance(fields, dict) else ()
            found = {name: fields.pop(name) for name in held if name in fields}
            if found:
                taken.setdefault((cls, uuid), {}).update(found)


STEPS: tuple[Callable[[Tables, Taken], None], ...] = (_without_references,)
