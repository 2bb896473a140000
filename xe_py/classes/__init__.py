"""The XenServer classes, one file each: finding them by name and in the order of the state file.

A file `vbd.py` in this folder declares `VBD`, a `XenClass`, or a `View` of another class. Nothing else has to know
of it.
"""

from __future__ import annotations

import os

from xe_py.schema.xenclass import View, XenClass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# What lies behind the records. No command shows it; the state file does.
HIDDEN = frozenset(("storage", "volume"))

_classes: dict[str, XenClass] = {}
_views: dict[str, View] = {}
_summaries: list[Summary] = []


def names() -> list[str]:
    """The names of all classes and views that have commands, as those begin with them, sorted."""
    return [name for name in all_names() if name not in HIDDEN]


def all_names() -> list[str]:
    """The names of all classes and views, sorted."""
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
    return [get(name) for name in order()]


def order() -> tuple[str, ...]:
    """The names of all classes in the order of the state file."""
    return _known().order


def referrers(cls: str) -> tuple[tuple[str, str], ...]:
    """The reference fields (class, field), over all classes, that point to objects of the class."""
    return _known().referrers.get(cls, ())


def watchers(cls: str, field: str) -> tuple[tuple[str, str, str, int], ...]:
    """The rules that a change of the field can touch: class, rule, path, and a number of steps of the path.

    The steps lead from the changed object back to those that the rule is asked about.
    """
    return _known().watchers.get((cls, field), ())


class Summary:
    """What the declarations of all classes come to; see `order`, `referrers` and `watchers`."""

    def __init__(
        self,
        order: tuple[str, ...],
        referrers: Mapping[str, tuple[tuple[str, str], ...]],
        watchers: Mapping[tuple[str, str], tuple[tuple[str, str, str, int], ...]],
    ) -> None:
        self.order = order
        self.referrers = referrers
        self.watchers = watchers


def summary() -> Summary:
    """The summary, from the declarations."""
    from xe_py.schema.paths import parse_path, triggers

    found = sorted((get(name) for name in all_names() if view(name).of == name), key=lambda cls: cls.section)
    referrers: dict[str, list[tuple[str, str]]] = {}
    watchers: dict[tuple[str, str], list[tuple[str, str, str, int]]] = {}
    for cls in found:
        for name, reference in cls.references.items():
            referrers.setdefault(reference.to, []).append((cls.name, name))
        for rule in cls.rules:
            for path in rule.watches:
                for owner, field, back in triggers(cls.name, *parse_path(cls.name, path, get)):
                    watchers.setdefault((owner, field), []).append((cls.name, rule.name, path, len(back)))
    return Summary(
        tuple(cls.name for cls in found),
        {to: tuple(rows) for to, rows in referrers.items()},
        {watched: tuple(dict.fromkeys(rows)) for watched, rows in watchers.items()},
    )


def _known() -> Summary:
    """The summary that is written down, so that not all classes need be imported; a new one where there are others."""
    if not _summaries:
        from xe_py.classes import _summary

        written = Summary(_summary.ORDER, _summary.REFERRERS, _summary.WATCHERS)
        _summaries.append(written if list(_summary.NAMES) == all_names() else summary())
    return _summaries[0]


def _declaration(name: str) -> XenClass | View:
    module = name.replace("-", "_")
    try:
        imported = __import__(f"{__name__}.{module}", fromlist=[module])
    except ModuleNotFoundError as missing:
        if missing.name != f"{__name__}.{module}":
            raise
        raise KeyError(name) from None
    found: XenClass | View = getattr(imported, module.upper())
    return found
