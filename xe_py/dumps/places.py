"""Where the fields of XenAPI stand in the state: by the names that the declarations of the classes have there.

A class that is declared is taken in from then on; nothing here names it.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.schema.derived import NameOf
from xe_py.xapi.api_fields import ELSEWHERE, api_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass
    from xe_py.xapi.api_fields import ApiField

GUEST_METRICS = "VM_guest_metrics"


class Place:
    """A field of XenAPI and the field of the state that has it, stored or computed."""

    __slots__ = ("api", "field")

    def __init__(self, field: Field, api: ApiField) -> None:
        self.field = field
        self.api = api


class Part:
    """A class of XenAPI that holds fields of a class of the state: its own, or its metrics.

    `link` is the field of XenAPI by which an object refers to its metrics; it is empty for the class itself.
    """

    __slots__ = ("cls", "label", "link", "places")

    def __init__(self, cls: XenClass, label: str) -> None:
        self.cls = cls
        self.label = label
        self.link = "" if label == cls.label else "guest_metrics" if label == GUEST_METRICS else "metrics"
        self.places: dict[str, Place] = {}


def parts(of: Iterable[XenClass] | None = None) -> dict[str, Part]:
    """All parts of these classes, or of those of the state file, by their label in XenAPI."""
    found: dict[str, Part] = {}
    declared = classes.sections() if of is None else list(of)
    of_classes = {cls.label for cls in declared}
    for cls in declared:
        if cls.name in classes.HIDDEN:
            continue
        found[cls.label] = Part(cls, cls.label)
        for label in ELSEWHERE.get(cls.name, ()):
            if label not in of_classes:
                found[label] = Part(cls, label)
        for field in cls.fields:
            api = None if isinstance(field, NameOf) or field.name == "uuid" else api_field(cls, field, classes.get)
            part = None if api is None else found.get(api.cls)
            if api is None or part is None or part.cls is not cls:
                continue
            # Of several computed fields, the last one has the name that XenAPI means.
            if field.stored or api.name not in part.places or not part.places[api.name].field.stored:
                part.places[api.name] = Place(field, api)
    return found
