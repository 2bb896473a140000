"""An object in words: what it is, what it has, what uses it, and what it allows now."""

from __future__ import annotations

from xe_py import classes
from xe_py.schema.derived import Back, NameOf
from xe_py.schema.fields import Derived, Map, Ref, Refs, kind_in
from xe_py.schema.listing import Page
from xe_py.schema.numbers import size_in_words
from xe_py.schema.values import Size
from xe_py.xapi.chains import card, carrier, disk, image, with_driver
from xe_py.xapi.spoken import spoken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.state.record import Record
    from xe_py.state.state import State

    # Lines, each with the object that it is about.
    Lines = list[tuple[str, Record]]
    Section = Callable[[State, Record], Lines]

_SHOWN = 10
_LONGEST = 100
_ELSEWHERE = frozenset(("uuid", "name-label", "allowed-operations"))


def portrait(state: State, obj: Record) -> Page:
    """The page of an object."""
    cls = obj.cls
    page = Page(
        f"{_kind(state, obj)}{spoken(state, obj).removeprefix(cls.label)}", _facts(state, obj), _data(state, obj)
    )
    for head, lines in _CHAINS.get(cls.name, ()):
        _add(page, head, lines(state, obj))
    _add(page, "Used by", [(spoken(state, each) + _status(each), each) for each in _users(state, obj)])
    if cls.operations:
        allowed = state.value(obj, "allowed-operations")
        page.add("Allowed now", ", ".join(allowed) or "nothing", **{"allowed-operations": allowed})
    return page


def _add(page: Page, head: str, found: Lines) -> None:
    """Add a section with the first of the lines; a program gets all."""
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    data = [{"class": obj.cls.name, "uuid": obj["uuid"], "text": line} for line, obj in found]
    page.add(head, *[line for line, _ in found[:_SHOWN]], *more, **{head.lower().replace(" ", "-"): data})


def _kind(state: State, obj: Record) -> str:
    """The class of the object, or the view of it that shows the object: a template is a VM."""
    for name in classes.views_of(obj.cls.name):
        filters = classes.view(name).filters
        if filters and all(
            obj.cls.by_name[field].show(state.value(obj, field)) == text for field, text in filters.items()
        ):
            return name
    return obj.cls.label


# What it is


def _facts(state: State, obj: Record) -> list[tuple[str, str]]:
    """What it is in a sentence, its uuid, and the fields that tell it from others."""
    told = [(field.name, _told(state, obj, field)) for field in obj.cls.fields if _tells(state, obj, field)]
    return [("what it is", obj.cls.doc), ("uuid", obj["uuid"]), *((name, text) for name, text in told if text)]


def _tells(state: State, obj: Record, field: Field) -> bool:
    """Whether the field belongs to plain lists, or its value is a size or differs from the default."""
    if field.hidden or field.name in _ELSEWHERE or field.is_map or isinstance(field, (Map, NameOf, Back)):
        return False
    if field.name in classes.view(obj.cls.name).list_fields:
        return True
    if issubclass(kind_in(field), Size) and not field.expensive:
        return state.value(obj, field.name) not in {0, -1}
    return not isinstance(field, Derived) and field.name in obj


def _told(state: State, obj: Record, field: Field) -> str:
    """The value as people read it: names for references, units for sizes; on one line."""
    value = field.shown(state.value(obj, field.name))
    kind = kind_in(field)
    if issubclass(kind, (Ref, Refs)):
        return ", ".join(_named(state, uuid) for uuid in (value if isinstance(value, list) else [value]) if uuid)
    if issubclass(kind, Size) and isinstance(value, int):
        return size_in_words(value)
    text = "" if value is None else field.show(value).replace("\n", " ")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _named(state: State, uuid: str) -> str:
    cls = state.class_of(uuid)
    obj = None if cls is None else state.get(cls, uuid)
    return uuid if obj is None else f"{spoken(state, obj)} ({uuid})"


def _data(state: State, obj: Record) -> dict[str, Any]:
    """The object for a program, with all its fields but expensive ones."""
    shown = [field for field in obj.cls.fields if not (field.hidden or field.expensive)]
    return {
        "class": obj.cls.name,
        "uuid": obj["uuid"],
        "name": spoken(state, obj),
        "fields": {field.name: field.shown(state.value(obj, field.name)) for field in shown},
    }


# What uses it


def _users(state: State, obj: Record) -> Iterator[Record]:
    """The objects that refer to it, each once; those that its chains tell of left out."""
    told = _TOLD.get(obj.cls.name, ())
    seen = {obj["uuid"]}
    for cls, field in classes.referrers(obj.cls.name):
        if (cls, field) not in told and cls not in classes.HIDDEN:
            for each in state.having(cls, field, obj["uuid"]):
                if each["uuid"] not in seen:
                    seen.add(each["uuid"])
                    yield each


def _status(obj: Record) -> str:
    """Whether a device is attached, and what state a VM is in."""
    if "currently-attached" in obj.cls.stored:
        return ", attached" if obj["currently-attached"] else ", not attached"
    return f", {obj['power-state']}" if "power-state" in obj.cls.stored else ""


# Its chains


def _disks(state: State, vm: Record) -> Lines:
    return [(disk(state, vbd), vbd) for vbd in state.pointing_at(vm, "vbd.vm-uuid")]


def _cards(state: State, vm: Record) -> Lines:
    return [(card(state, vif), vif) for vif in state.pointing_at(vm, "vif.vm-uuid")]


def _plugs(state: State, sr: Record) -> Lines:
    return [(f"{state.ref(pbd, 'host-uuid').name}{_status(pbd)}", pbd) for pbd in state.pointing_at(sr, "pbd.sr-uuid")]


def _images(state: State, sr: Record) -> Lines:
    return [(image(vdi), vdi) for vdi in state.pointing_at(sr, "vdi.sr-uuid")]


def _storages(state: State, host: Record) -> Lines:
    found = [(state.ref(pbd, "sr-uuid"), pbd) for pbd in state.pointing_at(host, "pbd.host-uuid")]
    return [(f"{with_driver(state, sr)}{_status(pbd)}", sr) for sr, pbd in found]


def _interfaces(state: State, host: Record) -> Lines:
    pifs = state.pointing_at(host, "pif.host-uuid")
    return [(f"{carrier(state, pif)}  on {state.ref(pif, 'network-uuid').name}{_status(pif)}", pif) for pif in pifs]


def _guests(state: State, host: Record) -> Lines:
    vms = state.pointing_at(host, "vm.resident-on")
    return [(f"{spoken(state, vm)}{_status(vm)}, {size_in_words(state.value(vm, 'memory-actual'))}", vm) for vm in vms]


def _sr_of(state: State, vdi: Record) -> Lines:
    sr = state.ref(vdi, "sr-uuid")
    return [(with_driver(state, sr), sr)]


def _carried(state: State, network: Record) -> Lines:
    pifs = [state.need("pif", uuid) for uuid in state.value(network, "PIF-uuids")]
    return [(f"{carrier(state, pif)} {state.ref(pif, 'host-uuid').name}{_status(pif)}", pif) for pif in pifs]


_STORAGE, _NETWORKS = "Storage", "Networks"
# For some classes: a head, and the lines below it.
_CHAINS: dict[str, tuple[tuple[str, Section], ...]] = {
    "vm": ((_STORAGE, _disks), (_NETWORKS, _cards)),
    "vbd": ((_STORAGE, lambda state, vbd: [(disk(state, vbd), vbd)]),),
    "vdi": ((_STORAGE, _sr_of),),
    "sr": (("Hosts", _plugs), ("VDIs", _images)),
    "vif": ((_NETWORKS, lambda state, vif: [(card(state, vif), vif)]),),
    "network": (("PIFs", _carried),),
    "pif": ((_NETWORKS, lambda state, pif: [(carrier(state, pif), pif)]),),
    "host": (("VMs", _guests), (_STORAGE, _storages), (_NETWORKS, _interfaces)),
}
# The references of which the lines of a chain tell.
_TOLD = {
    "vm": (("vbd", "vm-uuid"), ("vif", "vm-uuid")),
    "sr": (("pbd", "sr-uuid"), ("vdi", "sr-uuid")),
    "network": (("pif", "network-uuid"),),
    "host": (("pbd", "host-uuid"), ("pif", "host-uuid"), ("vm", "resident-on")),
}
