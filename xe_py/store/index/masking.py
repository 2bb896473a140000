"""Secrets stay out of the derived index: fields with secrets are left out, and read from the state file when needed."""

from __future__ import annotations

import os

from xe_py import classes
from xe_py.errors import DamagedIndexError, StateFileError
from xe_py.schema.secrets import is_secret
from xe_py.schema.values import Time
from xe_py.store.files.document import Document, identity
from xe_py.store.index.cache import MASKED
from xe_py.store.toml import plain
from xe_py.store.toml.excerpt import Excerpt, NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record


def masked(obj: Record) -> dict[str, Any]:
    """The fields of the object that the index may have."""
    fields = dict(obj)
    for name in obj.cls.maps:
        if name in fields and any(map(is_secret, fields[name])):
            del fields[name]
            fields[MASKED] = True
    for name in obj.cls.secrets:
        if fields.pop(name, None) is not None:
            fields[MASKED] = True
    return fields


def unmasked(target: str, version: tuple[int, ...], cls: str, uuid: str, near: int | None) -> dict[str, Any]:
    """All fields of the object in this version of the state file.

    In a plain file the object is about at `near`; with None the whole file is read. DamagedIndexError if the file has
    changed or does not have the object.
    """
    document = Document(target, target, version)
    try:
        text = document.text if near is None else Excerpt(document.content(), [((cls, uuid), near)]).text
        fields = (plain.load(text) or _load(text))[cls][uuid]
        if identity(os.stat(target)) != version:
            raise DamagedIndexError
    except (NotFoundError, StateFileError, OSError, ValueError, KeyError):
        raise DamagedIndexError from None
    stored = classes.get(cls).stored
    return {
        "uuid": uuid,
        **{
            name: Time.from_toml(value) if isinstance(stored[name], Time) else value
            for name, value in fields.items()
            if name in stored
        },
    }


def _load(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)
