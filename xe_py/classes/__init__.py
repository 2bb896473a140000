"""The XenServer classes: finding them by name, and in the order of the state file.

A file `vbd.py` in this folder declares `VBD`, a `XenClass`, or a `View` of another class. Small classes may share a
file: `gpu.py` may declare `PGPU` and `GPU_GROUP`. The summary says in which file a class is, so no other file needs to.
"""

from __future__ import annotations

import os

from xe_py.schema.xenclass import View, XenClass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

# Classes without generated commands: no list shows their objects.
HIDDEN = frozenset(("blob", "storage", "volume"))
# Classes whose objects no file holds, because they follow from others or are always the same.
FOLLOWING = frozenset(("console", "host-cpu", "role", "sm"))

_classes: dict[str, XenClass] = {}
_views: dict[str, View] = {}
_files: dict[str, str] = {}
_summaries: list[Summary] = []


def names() -> list[str]:
    """The names of all classes and views that have commands, as those begin with them, sorted."""
    return [name for name in all_names() if name not in HIDDEN]


def all_names() -> list[str]:
    """The names of all classes and views, sorted."""
    return sorted(_known_files())


def files() -> list[str]:
    """The names of the files that declare classes and views, without their ending, sorted."""
    return sorted(
        entry.removesuffix(".py")
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
    """All classes of the state file, in its order."""
    return [get(name) for name in order()]


def order() -> tuple[str, ...]:
    """The names of all classes of the state file, in its order."""
    return _known().order


def views_of(cls: str) -> tuple[str, ...]:
    """The names of the views of the class, besides itself."""
    return _known().views.get(cls, ())


def singles() -> tuple[str, ...]:
    """The names of the classes of which every state has exactly one object."""
    return _known().singles


def sums() -> tuple[tuple[str, str], ...]:
    """The sums of all classes: the reference, written `vdi.sr-uuid`, and the name."""
    return _known().sums


def everything() -> list[XenClass]:
    """All classes: those of the state file in its order, then those whose objects no file holds."""
    return [*sections(), *(get(name) for name in sorted(FOLLOWING))]


def referrers(cls: str) -> tuple[tuple[str, str], ...]:
    """The reference fields (class, field), over all classes, that point to objects of the class."""
    return _known().referrers.get(cls, ())


def watchers(cls: str, field: str) -> tuple[tuple[str, str, str, int], ...]:
    """The rules that a change of the field can touch: class, rule, path, and a number of steps of the path.

    The steps lead back from the changed object to the objects whose rule must be checked.
    """
    return _known().watchers.get((cls, field), ())


class Summary:
    """A summary of the declarations of all classes; see `order`, `sums`, `referrers` and `watchers`.

    `files` has for each class and view the name of its file, without the ending. `views` has the names of the views of
    a class, and `singles` are the classes with exactly one object.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        order: tuple[str, ...],
        *,
        views: Mapping[str, tuple[str, ...]],
        singles: tuple[str, ...],
        sums: tuple[tuple[str, str], ...],
        referrers: Mapping[str, tuple[tuple[str, str], ...]],
        watchers: Mapping[tuple[str, str], tuple[tuple[str, str, str, int], ...]],
    ) -> None:
        self.files = files
        self.order = order
        self.views = views
        self.singles = singles
        self.sums = sums
        self.referrers = referrers
        self.watchers = watchers


def summary() -> Summary:
    """The summary of the declarations in all files. From now on it replaces the one in the generated file."""
    from xe_py.schema.paths import parse_path, triggers

    _files.clear()
    _files.update(_found_files())
    stored = [get(name) for name in all_names() if view(name).of == name and name not in FOLLOWING]
    found = sorted(stored, key=lambda cls: cls.section)
    views: dict[str, list[str]] = {}
    for name in all_names():
        if view(name).of != name:
            views.setdefault(view(name).of, []).append(name)
    referrers: dict[str, list[tuple[str, str]]] = {}
    watchers: dict[tuple[str, str], list[tuple[str, str, str, int]]] = {}
    for cls in found:
        for name, reference in cls.references.items():
            referrers.setdefault(reference.to, []).append((cls.name, name))
        for rule in cls.rules:
            for path in rule.watches:
                for owner, field, back in triggers(cls.name, *parse_path(cls.name, path, get)):
                    watchers.setdefault((owner, field), []).append((cls.name, rule.name, path, len(back)))
    _summaries[:] = [
        Summary(
            dict(sorted(_files.items())),
            tuple(cls.name for cls in found),
            views={to: tuple(names) for to, names in views.items()},
            singles=tuple(cls.name for cls in found if cls.single),
            sums=tuple(
                (f"{cls.name}.{reference}", field)
                for cls in found
                for reference, measures in cls.sums.items()
                for field in measures
            ),
            referrers={to: tuple(rows) for to, rows in referrers.items()},
            watchers={watched: tuple(dict.fromkeys(rows)) for watched, rows in watchers.items()},
        )
    ]
    return _summaries[0]


def _known() -> Summary:
    """The generated summary, which saves importing all classes; a new one if the files differ from it."""
    if not _summaries:
        from xe_py.classes import _summary

        if sorted({*_summary.FILES.values()}) != files():
            return summary()
        known = Summary(
            _summary.FILES,
            _summary.ORDER,
            views=_summary.VIEWS,
            singles=_summary.SINGLES,
            sums=_summary.SUMS,
            referrers=_summary.REFERRERS,
            watchers=_summary.WATCHERS,
        )
        _summaries.append(known)
    return _summaries[0]


def _known_files() -> Mapping[str, str]:
    return _files or _known().files


def _found_files() -> dict[str, str]:
    """The file of each class and view: the file of the same name, or else the first that declares it."""
    found: dict[str, str] = {}
    for file in files():
        for declared in vars(_imported(file)).values():
            if isinstance(declared, (XenClass, View)):
                found.setdefault(declared.name, file)
                if file == _spelt(declared.name):
                    found[declared.name] = file
    return found


def _declaration(name: str) -> XenClass | View:
    """The class or view from the file of its name or, if that has none, from the file that the summary names."""
    spelt = _spelt(name)
    module = None
    try:
        module = _imported(spelt)
    except ModuleNotFoundError as missing:
        if missing.name != f"{__name__}.{spelt}":
            raise
    attribute = spelt.upper()
    found: XenClass | View = getattr(module, attribute, None) or getattr(_imported(_known_files()[name]), attribute)
    return found


def _spelt(name: str) -> str:
    return name.replace("-", "_")


def _imported(file: str) -> ModuleType:
    imported: ModuleType = __import__(f"{__name__}.{file}", fromlist=[file])
    return imported
