"""TOML as the state file has it: one table for each object, maps inline, every value as tomli-w writes it."""

from __future__ import annotations

from xe_py.schema.fields import Time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.state.record import Record
    from xe_py.state.state import State

_BARE = str.maketrans("", "", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
HEAD = "# xe host state. Edit it with care, then run: xe state-check\n"


def pair(field: Field, value: Any) -> str:
    """`field = value` and a line break."""
    if isinstance(field, Time):
        return f"{field.name} = {field.to_toml(value)}\n"
    return pair_of(field.name, value)


def pair_of(key: str, value: Any) -> str:
    """`key = value` and a line break; a map inline."""
    if isinstance(value, dict):
        inline = ", ".join(pair_of(name, text).rstrip("\n") for name, text in value.items())
        return pair_of(key, 0).removesuffix("0\n") + ("{ " + inline + " }\n" if inline else "{}\n")
    if not key.translate(_BARE) and key:
        if type(value) is str and value.isprintable() and '"' not in value and "\\" not in value:
            return f'{key} = "{value}"\n'
        if type(value) in {bool, int}:
            return f"{key} = {str(value).lower()}\n"
    import tomli_w  # noqa: PLC0415 - what is as plain as nearly everything is written without it

    return tomli_w.dumps({key: value})


def header(fields: Mapping[str, Any]) -> str:
    """The table `[state]`."""
    return "[state]\n" + "".join(pair_of(name, value) for name, value in fields.items())


def record(obj: Record) -> str:
    """The table of an object: the fields that differ from their defaults, in the order of the class."""
    fields = [pair(field, obj[name]) for name, field in obj.cls.stored.items() if name in obj and name != "uuid"]
    return f"[{obj.cls.name}.{obj['uuid']}]\n" + "".join(fields)


def canonical(state: State) -> str:
    """The whole file as it is written when nothing of an older text is to be kept."""
    from xe_py import classes  # noqa: PLC0415 - a commit of a few tables does not ask for all classes

    tables = [header(state.header)]
    tables += [record(obj) for cls in classes.sections() for obj in state.all(cls.name)]
    return HEAD + "\n".join(tables)
