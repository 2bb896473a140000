"""Opaque references: they follow from class and uuid, so they stay the same as long as the object is there.

The digits of a uuid are turned by a number of the class, and turned back to find the object. So no table is kept, a
reference is good after a restart, and a reference of another class leads to no object.
"""

from __future__ import annotations

from functools import cache

from xe_py.schema.numbers import is_uuid
from xe_py.serve.model import NULL
from xe_py.xapi.seeded import uuid_from

_PREFIX = "OpaqueRef:"
_HEX = 16
# What stands in the place of the digits if the uuid has capitals: those would be lost.
_AS_IT_IS = "-"


def reference(label: str, uuid: str | None) -> str:
    """The reference to the object of the class, XenAPI's null for None."""
    if uuid is None:
        return NULL
    if not is_uuid(uuid) or uuid != uuid.lower():
        return f"{_PREFIX}{label}{_AS_IT_IS}{uuid}"
    return f"{_PREFIX}{_turned(label, uuid)}"


def uuid_in(label: str, ref: str) -> str | None:
    """The uuid that an object of the class with this reference has; None if no object of the class can have it."""
    text = ref.removeprefix(_PREFIX)
    as_it_is = text.removeprefix(f"{label}{_AS_IT_IS}")
    if ref in {text, NULL}:
        return None
    if as_it_is != text:
        return as_it_is
    return _turned(label, text) if is_uuid(text) and text == text.lower() else None


def _turned(label: str, uuid: str) -> str:
    digits = f"{int(uuid.replace('-', ''), _HEX) ^ _number(label):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


@cache
def _number(label: str) -> int:
    return int(uuid_from(f"references of {label}").replace("-", ""), _HEX)
