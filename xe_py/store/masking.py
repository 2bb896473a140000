"""Secrets stay out of the derived index: what has one is left out of it, and read from the state file when needed."""

from __future__ import annotations

import os

from xe_py import classes
from xe_py.errors import DamagedIndexError
from xe_py.schema.fields import Time
from xe_py.schema.secrets import MASKED, is_secret
from xe_py.store import plain
from xe_py.store.document import Document, identity
from xe_py.store.excerpt import Excerpt, NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record


def masked(obj: Record) -> dict[str, Any]:
    """The fields of the object as the index may have them."""
    fields = dict(obj)
    for name in obj.cls.maps:
        if name in fields and any(map(is_secret, fields[name])):
            del fields[name]
            fields[MASKED] = True
    return fields


def unmasked(target: str, version: tuple[int, ...], cls: str, uuid: str, near: int) -> dict[str, Any]:
    """The fields of the object as this version of the state file has them.

    DamagedIndexError where the file is another by now, or does not have the object as a plain table.
    """
    document = Document(target, target, version)
    try:
        text = Excerpt(document.content(), [((cls, uuid), near)]).text
    except (NotFoundError, OSError):
        raise DamagedIndexError from None
    tables = plain.load(text)
    if tables is None or identity(os.stat(target)) != version:
        raise DamagedIndexError
    stored = classes.get(cls).stored
    fields = {
        name: Time.from_toml(value) if isinstance(stored[name], Time) else value
        for name, value in tables[cls][uuid].items()
    }
    return {"uuid": uuid, **fields}
