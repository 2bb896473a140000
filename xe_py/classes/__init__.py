"""The XenServer classes, one file each: finding them by name and in the order of the state file.

A file `vbd.py` in this folder declares `VBD`, a `XenClass`, or a `View` of another class. Nothing else has to know
of it.
"""

from __future__ import annotations

import os
from importlib import import_module

from xe_py.schema.xenclass import View, XenClass

_classes: dict[str, XenClass] = {}
_views: dict[str, View] = {}


def names() -> list[str]:
    """The names of all classes and views, as commands begin with them, sorted."""
    return sorted(
        entry.removesuffix(".py").replace("_", "-")
        for folder in __path__
        for entry in os.listdir(folder)
        if entry.endswith(".py") and not entry.startswith("_")
    )


def view(name: str) -> View:
    """The view of this name; a class is a view of itself. KeyError if there is none."""
    if name not in _views:
        declared = _declaration(name)
        if isinstance(declared, XenClass):
            _classes[name] = declared
            declared = View(name, name, doc=declared.doc, filters=declared.filters, list_fields=declared.list_fields)
        _views[name] = declared
    return _views[name]


def get(name: str) -> XenClass:
    """The class of this name. KeyError if there is none."""
    if name not in _classes and view(name).of != name:
        raise KeyError(name)
    return _classes[name]


def sections() -> list[XenClass]:
    """All classes in the order of the state file."""
    return sorted((get(name) for name in names() if view(name).of == name), key=lambda cls: cls.section)


def _declaration(name: str) -> XenClass | View:
    module = name.replace("-", "_")
    try:
        found: XenClass | View = getattr(import_module(f"{__name__}.{module}"), module.upper())
    except ModuleNotFoundError as missing:
        if missing.name != f"{__name__}.{module}":
            raise
        raise KeyError(name) from None
    return found
