"""TOML as the state file has it: a table for each object, maps inline, every value as tomli-w writes it."""

from __future__ import annotations

from xe_py.schema.values import Time
from xe_py.store.toml.plain import BARE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.state.record import Record
    from xe_py.state.state import State

HEAD = "# xe host state. Edit it with care, then run: xe state-check\n"

# The place of each field among those of its class.
_places: dict[str, dict[str, int]] = {}


def pair(field: Field, value: Any) -> str:
    """`field = value` and a line break."""
    return f"{field.name} = {value_in(field, value)}\n"


def value_in(field: Field | None, value: Any) -> str:
    """The value as the file has it in this field or, for None, in a map or in the header."""
    return field.to_toml(value) if isinstance(field, Time) else value_of(value)


def pair_of(key: str, value: Any) -> str:
    """`key = value` and a line break; a map inline."""
    return f"{key_of(key)} = {value_of(value)}\n"


def key_of(name: str) -> str:
    """The name of a table or a key, in quotes where it needs them."""
    if name and not name.translate(BARE):
        return name
    return _dumped({name: 0}).removesuffix(" = 0\n")


def value_of(value: Any) -> str:
    """The value by itself; a map inline."""
    if type(value) is dict:
        return inline((name, value_of(text)) for name, text in value.items())
    if type(value) is str and value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    if type(value) in {bool, int}:
        return str(value).lower()
    return _dumped({"k": value}).removeprefix("k = ").removesuffix("\n")


def inline(pairs: Iterable[tuple[str, str]]) -> str:
    """A table on one line, from names and from values as the file has them."""
    shown = ", ".join(f"{key_of(name)} = {value}" for name, value in pairs)
    return f"{{ {shown} }}" if shown else "{}"


def _dumped(table: dict[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(table)


def header(fields: Mapping[str, Any]) -> str:
    """The table `[state]`."""
    return "[state]\n" + "".join(pair_of(name, value) for name, value in fields.items())


def record(obj: Record) -> str:
    """The table of an object: the fields that differ from their defaults, in the order of the class."""
    return f"[{obj.cls.name}.{obj['uuid']}]\n" + "".join(pair(field, obj[field.name]) for field in _written(obj))


def inline_record(obj: Record) -> str:
    """The same on one line, without the name of the table."""
    return inline((field.name, _on_one_line(field, obj[field.name])) for field in _written(obj))


def _on_one_line(field: Field, value: Any) -> str:
    return f"[{', '.join(map(value_of, value))}]" if type(value) is list else value_in(field, value)


def _written(obj: Record) -> list[Field]:
    cls = obj.cls
    if cls.name not in _places:
        _places[cls.name] = {name: place for place, name in enumerate(cls.stored)}
    return [cls.stored[name] for name in sorted(obj, key=_places[cls.name].__getitem__) if name != "uuid"]


def canonical(state: State) -> str:
    """The whole file, as it is written if nothing of an older text is to be kept."""
    from xe_py import classes

    tables = [header(state.header)]
    tables += [record(obj) for cls in classes.sections() for obj in state.all(cls.name) if not state.is_delivered(obj)]
    return HEAD + "\n".join(tables)
