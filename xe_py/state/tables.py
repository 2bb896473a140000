"""The objects by class and uuid, their indices and totals; with a source, only the objects asked for so far.

A source knows all objects as they were written and gives them one by one, so that a command on a large state reads
only what it needs. Changed and deleted objects here hide those of the source.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.state.record import Record, in_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Protocol

    from xe_py.schema.xenclass import Key

    Found = Iterable[tuple[int, dict[str, Any]]]

    class Source(Protocol):
        """All objects as they were written; it gives each object with its place among those of its class.

        An object that it gives may lack some fields, which `whole` adds.
        """

        # How many places the objects of each class have; they count from 0.
        counts: dict[str, int]
        # The declared sums over the objects that refer to each object, by reference (`vdi.sr-uuid`) and name.
        totals: dict[tuple[str, str], dict[str, int]]

        def class_of(self, uuid: str) -> str | None:
            """The name of the class of the object with this uuid, or None."""

        def one(self, cls: str, uuid: str) -> Found:
            """The object of the class with this uuid, if there is one."""

        def backwards(self, cls: str) -> Iterable[tuple[int, str]]:
            """The places and uuids of the objects of the class, the last first."""

        def columns(self, cls: str, fields: Iterable[str]) -> list[list[Any]]:
            """The values of each stored field, object by object; ELSEWHERE in place of what only `whole` knows."""

        def where(self, cls: str, key: Key, value: Any) -> Found | None:
            """The objects whose field has, or whose set holds, the value; None if the key or value has no index."""

        def all(self, cls: str) -> Found:
            """All objects of the class."""

        def whole(self, cls: str, place: int, fields: dict[str, Any]) -> dict[str, Any]:
            """All fields of an object that the source gave."""


# Stands for a value that a source does not keep.
ELSEWHERE = "\0elsewhere"
# Where an object was that does not return to this place.
_NOWHERE = -1
_EMPTY: dict[str, Record] = {}
_NO_INDICES: dict[Key, dict[Any, dict[str, None]]] = {}


class Tables:
    """The objects, looked up through indices that are built when first asked for and kept current from then on."""

    def __init__(self, source: Source | None) -> None:
        self._source = source
        self._tables: dict[str, dict[str, Record]] = {}
        self._class_of: dict[str, str] = {}
        self._gone: dict[tuple[str, str], int] = {}
        self._unsorted: set[str] = set()
        self._indices: dict[str, dict[Key, dict[Any, dict[str, None]]]] = {}
        self._totals = {key: dict(totals) for key, totals in source.totals.items()} if source else {}
        self._counted: dict[str, list[tuple[str, str, dict[str, int]]]] = {}
        for (reference, field), totals in self._totals.items():
            self._keep_counting(reference, field, totals)
        self._next_place = dict(source.counts) if source else {}
        self._asked: set[tuple[str, Key, Any]] = set()
        self._made: set[str] = set()
        self._whole: set[str] = set()

    # Looking up

    def get(self, cls: str, uuid: str) -> Record | None:
        """The object of the class with this uuid, or None."""
        found = self._tables.get(cls, _EMPTY).get(uuid)
        if found is None and self._source is not None and cls not in self._whole and (cls, uuid) not in self._gone:
            self._take(self._source, cls, self._source.one(cls, uuid))
            found = self._tables.get(cls, _EMPTY).get(uuid)
        return found

    def class_of(self, uuid: str) -> str | None:
        """The name of the class of the object with this uuid, or None."""
        found = self._class_of.get(uuid)
        if found is None and self._source is not None:
            written = self._source.class_of(uuid)
            found = None if (written, uuid) in self._gone else written
        return found

    def all(self, cls: str) -> list[Record]:
        """All objects of the class in order of creation."""
        if self._source is not None and cls not in self._whole:
            self._take(self._source, cls, self._source.all(cls))
            self._whole.add(cls)
        table = self._tables.get(cls, _EMPTY)
        if cls in self._unsorted:
            table = self._tables[cls] = dict(sorted(table.items(), key=lambda item: item[1].place))
            self._unsorted.discard(cls)
        return list(table.values())

    def some(self, cls: str, fields: tuple[str, ...]) -> list[Record]:
        """All objects of the class in order of creation; they may lack all other fields."""
        if self._source is None or cls in self._whole:
            return self.all(cls)
        declared, names = classes.get(cls), ("uuid", *fields)
        columns = self._source.columns(cls, names)
        table, count = self._tables.get(cls, _EMPTY), self._source.counts.get(cls, 0)
        partly = any(ELSEWHERE in columns[number] for number, name in enumerate(names) if name in declared.kept_back)
        if not (table or self._gone or partly):
            return [Record(declared, dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
        found = []
        for row in zip(*columns, strict=True):
            obj = self.get(cls, row[0]) if partly and ELSEWHERE in row else table.get(row[0])
            if obj is not None and obj.place < count:
                found.append(obj)
            elif obj is None and (cls, row[0]) not in self._gone:
                found.append(Record(declared, dict(zip(names, row, strict=True))))
        return found + sorted((obj for obj in table.values() if obj.place >= count), key=in_order)

    def having(self, cls: str, key: Key, value: Any) -> list[Record]:
        """The objects whose field has this value, or whose set contains it; of several fields, all must match."""
        if self._source is not None and cls not in self._whole:
            self._ask(self._source, cls, key, value)
        try:
            index = self._indices[cls][key]
        except KeyError:
            index = self._new_index(cls, key)
        uuids = index.get(value)
        if not uuids:
            return []
        table = self._tables[cls]
        found = [table[uuid] for uuid in uuids]
        return sorted(found, key=in_order) if len(found) > 1 else found

    def total(self, cls: str, reference: str, name: str, uuid: str) -> int:
        """The declared sum of this name over the objects of the class that refer to the object with this uuid."""
        key = f"{cls}.{reference}", name
        if key not in self._totals:
            self._count_all(key)
        return self._totals[key].get(uuid, 0)

    def place_of(self, cls: str, uuid: str) -> int:
        """The place of an object, or the one that it had."""
        obj = self._tables.get(cls, _EMPTY).get(uuid)
        return self._gone[cls, uuid] if obj is None else obj.place

    def last(self, cls: str, beside: set[str]) -> tuple[int, str] | None:
        """The place and the uuid of the last object of the class, except the given ones."""
        found = max(
            ((obj.place, uuid) for uuid, obj in self._tables.get(cls, _EMPTY).items() if uuid not in beside),
            default=None,
        )
        if self._source is not None and cls not in self._whole:
            for place, uuid in self._source.backwards(cls):
                if found is not None and place < found[0]:
                    break
                if (cls, uuid) not in self._gone and uuid not in beside:
                    return place, uuid
        return found

    def totals(self) -> dict[tuple[str, str], dict[str, int]]:
        """All declared sums, by reference (`vdi.sr-uuid`) and name; they are kept from now on."""
        for key in classes.sums():
            if key not in self._totals:
                self._count_all(key)
        return self._totals

    # Changing

    def made(self, uuid: str) -> None:
        """The uuid is brand-new: the source has neither the object nor anything that refers to it."""
        self._made.add(uuid)

    def put(self, obj: Record) -> Record:
        """Add the object after all others, or at its old place if it was dropped since `settle`; totals count it."""
        cls = obj.cls.name
        self._count(obj, 1)
        place = self._gone.get((cls, obj["uuid"]), _NOWHERE)
        return self._put(obj, None if place == _NOWHERE else place)

    def load(self, obj: Record) -> Record:
        """Add an object, after all others, that the totals of the source already count."""
        return self._put(obj, None)

    def drop(self, obj: Record) -> None:
        """Remove the object; its place is kept for its return, until `settle`."""
        self.undo(obj)
        self._gone[obj.cls.name, obj["uuid"]] = obj.place

    def undo(self, obj: Record) -> None:
        """Remove the object as if it had never been put in."""
        self._count(obj, -1)
        self._unindex(obj, None)
        del self._tables[obj.cls.name][obj["uuid"]]
        del self._class_of[obj["uuid"]]

    def settle(self) -> None:
        """Objects that are gone are gone from the file too: if they are made again, they go after all others."""
        self._gone = dict.fromkeys(self._gone, _NOWHERE)

    def rest_on(self, source: Source, places: Mapping[str, Mapping[str, int]]) -> None:
        """Use the source for all objects as they are now, at these places."""
        if self._source is not None:
            self._source = source
        self._gone.clear()
        for cls, table in self._tables.items():
            for uuid, obj in table.items():
                obj.place = places[cls][uuid]
        self._next_place = dict(source.counts)

    def replace(self, obj: Record, fields: dict[str, Any], touched: Mapping[str, Any]) -> None:
        """Give the object these fields instead of its present ones; `touched` names the fields that may differ."""
        self._count(obj, -1)
        self._unindex(obj, touched)
        obj.clear()
        obj |= fields
        self._index(obj, touched)
        self._count(obj, 1)

    # Keeping

    def _ask(self, source: Source, cls: str, key: Key, value: Any) -> None:
        """Take the objects with the value from the source, unless they are already here."""
        if value in self._made or (cls, key, value) in self._asked:
            return
        if type(key) is tuple and (value[0] in self._made or (cls, key[0], value[0]) in self._asked):
            return
        self._asked.add((cls, key, value))
        found = source.where(cls, key, value)
        if found is None:
            self.all(cls)
        else:
            self._take(source, cls, found)

    def _take(self, source: Source, cls: str, found: Found) -> None:
        table = self._tables.setdefault(cls, {})
        for place, fields in found:
            uuid = fields["uuid"]
            if uuid not in table and (cls, uuid) not in self._gone:
                self._put(Record(classes.get(cls), source.whole(cls, place, fields)), place)

    def _put(self, obj: Record, place: int | None) -> Record:
        cls, uuid = obj.cls.name, obj["uuid"]
        behind = self._next_place.get(cls, 0)
        obj.place = behind if place is None else place
        if obj.place < behind:
            self._unsorted.add(cls)
        else:
            self._next_place[cls] = obj.place + 1
        self._tables.setdefault(cls, {})[uuid] = obj
        self._class_of[uuid] = cls
        if cls in self._indices:
            self._index(obj, None)
        return obj

    def _count_all(self, key: tuple[str, str]) -> None:
        """Sum up over all objects, and keep the totals from now on."""
        totals = self._totals[key] = {}
        self._keep_counting(*key, totals)
        cls, _, reference = key[0].partition(".")
        for obj in self.all(cls):
            _add(totals, obj, reference, key[1], 1)

    def _keep_counting(self, reference: str, field: str, totals: dict[str, int]) -> None:
        cls, _, name = reference.partition(".")
        self._counted.setdefault(cls, []).append((name, field, totals))

    def _count(self, obj: Record, sign: int) -> None:
        for reference, field, totals in self._counted.get(obj.cls.name, ()):
            _add(totals, obj, reference, field, sign)

    def _new_index(self, cls: str, key: Key) -> dict[Any, dict[str, None]]:
        """An index of the class by this key, kept current from now on; it counts default values too."""
        index = self._indices.setdefault(cls, {})[key] = {}
        for obj in self._tables.get(cls, _EMPTY).values():
            _enter(index, obj, key)
        return index

    def _index(self, obj: Record, touched: Mapping[str, Any] | None) -> None:
        for key, index in self._indices.get(obj.cls.name, _NO_INDICES).items():
            if _concerns(key, touched):
                _enter(index, obj, key)

    def _unindex(self, obj: Record, touched: Mapping[str, Any] | None) -> None:
        for key, index in self._indices.get(obj.cls.name, _NO_INDICES).items():
            if _concerns(key, touched):
                for value in entries(value_of(obj, key)):
                    index[value].pop(obj["uuid"], None)


def _add(totals: dict[str, int], obj: Record, reference: str, name: str, sign: int) -> None:
    """Add the object's number to the total of the object that it refers to, if any."""
    uuid = obj[reference]
    if uuid is not None:
        totals[uuid] = totals.get(uuid, 0) + sign * obj.cls.sums[reference][name](obj)


def _enter(index: dict[Any, dict[str, None]], obj: Record, key: Key) -> None:
    for value in entries(value_of(obj, key)):
        index.setdefault(value, {})[obj["uuid"]] = None


def _concerns(key: Key, touched: Mapping[str, Any] | None) -> bool:
    """Whether one of the touched fields (None: any) is in the key."""
    return touched is None or (key in touched if type(key) is str else any(field in touched for field in key))


def value_of(fields: Mapping[str, Any], key: Key) -> Any:
    """The value of the key, a field or several fields, in these fields of an object."""
    return fields[key] if isinstance(key, str) else tuple([fields[field] for field in key])


def entries(value: Any) -> Iterable[Any]:
    """The values under which an index lists a value: the members of a set, or the value itself; nothing for a map."""
    if type(value) is list:
        return value
    return () if type(value) is dict else (value,)
