"""TOML as the state file has it: one table for each object, maps inline, every value as tomli-w writes it."""

from __future__ import annotations

import tomli_w

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

HEAD = "# xe host state. Edit it with care, then run: xe state-check\n"


def pair(key: str, value: Any) -> str:
    """`key = value` and a line break."""
    if not isinstance(value, dict):
        return tomli_w.dumps({key: value})
    inline = ", ".join(pair(name, text).rstrip("\n") for name, text in value.items())
    return tomli_w.dumps({key: 0}).removesuffix("0\n") + ("{ " + inline + " }\n" if inline else "{}\n")


def value(value: Any) -> str:
    """The value alone, as it stands behind `key = `."""
    return pair("k", value).removeprefix("k = ").removesuffix("\n")


def table(path: Iterable[str], fields: Mapping[str, Any]) -> str:
    """A table with its header; `fields` in the order given."""
    nested: dict[str, Any] = {}
    for name in reversed(list(path)):
        nested = {name: nested}
    return tomli_w.dumps(nested).splitlines()[-1] + "\n" + "".join(pair(name, value) for name, value in fields.items())


def record(obj: Record) -> str:
    """The table of an object: the fields that differ from their defaults, in the order of the class."""
    return table(
        (obj.cls.name, obj["uuid"]), {name: obj[name] for name in obj.cls.stored if name in obj and name != "uuid"}
    )


def canonical(state: State) -> str:
    """The whole file as it is written when nothing of an older text is to be kept."""
    from xe_py import classes  # noqa: PLC0415 - a commit of a few tables does not ask for all classes

    tables = [table(("state",), state.header)]
    tables += [record(obj) for cls in classes.sections() for obj in state.all(cls.name)]
    return HEAD + "\n".join(tables)
