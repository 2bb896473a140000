"""The commands that every class has: `*-list`, `*-param-list`, `-get`, `-set`, `-add`, `-remove`, `-clear`."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse
from xe_py.schema.command import COMMON, LISTS, READS, SETS, Command
from xe_py.schema.fields import Bool, Map, Ref, Text
from xe_py.schema.xenclass import meant_field, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.schema.listing import Listing
    from xe_py.schema.xenclass import View, XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State

    Words = list[tuple[str, str]]

_STANDARD_LISTS = frozenset(("vm-list", "network-list", "sr-list"))


def generated(name: str) -> Command | None:
    """The generated command of this name, or None."""
    for verb, make in _VERBS.items():
        family = name.removesuffix(f"-{verb}")
        if family != name and family not in classes.HIDDEN:
            try:
                view = classes.view(family)
            except KeyError:
                continue
            return make(view, classes.get(view.of), name)
    return None


def generated_names() -> list[str]:
    """The names of all generated commands, sorted."""
    return sorted(
        f"{family}-{verb}" for family in classes.names() for verb in _VERBS if generated(f"{family}-{verb}") is not None
    )


# Making the commands of a class


def _list_command(view: View, cls: XenClass, name: str) -> Command:
    def run(state: State, words: Words) -> Listing:
        from xe_py.operations.select import matching
        from xe_py.schema.listing import Listing, columns, first_steps

        given = dict(words)
        filters = [*view.filters.items(), *(word for word in words if _is_filter(word[0]))]
        chosen = given.get("params")
        shown = columns(cls, chosen, view.list_fields)
        needed = [*shown, *first_steps(cls, chosen)]
        found = matching(state, cls, filters, needed)
        if "all" in given and Bool("all").parse(given["all"]):
            found = matching(state, cls, (), needed)
        return Listing(cls, found, shown, chosen=chosen)

    visible = [field for field in cls.fields if not field.hidden]
    optional = (
        Text("params", doc="The fields to show, separated by commas, or all."),
        _DATABASE,
        *(Text(field.name, doc=field.doc) for field in visible),
        *(Text(f"{field.name}:contains", doc=field.doc) for field in visible if field.is_set),
    )
    label = cls.label if view.name == cls.name else view.name
    doc = f"List all {plural(label)}, or those whose fields have the given values."
    return Command(name, run, optional=optional, doc=doc, kind=LISTS, standard=name in _STANDARD_LISTS)


def _param_list_command(view: View, cls: XenClass, name: str) -> Command:
    def run(_state: State, obj: Record, **_database: object) -> Listing:
        from xe_py.schema.listing import Listing, columns

        return Listing(cls, [obj], columns(cls, None, ()), one=True)

    return _param_command(view, name, run, optional=(_DATABASE,), doc="Show all fields of the object.", kind=READS)


def _param_get_command(view: View, cls: XenClass, name: str) -> Command:
    def run(state: State, obj: Record, param_name: str, param_key: str | None = None, **_database: object) -> str:
        from xe_py.schema.listing import Value

        field = _field(cls, param_name)
        value = field.shown(state.value(obj, field.name))
        if param_key is None or not field.is_map:
            return Value(field.show(value), value)
        if param_key not in (value or ()):
            raise Misuse(f"Error: Key {param_key} not found in map")
        return str(value[param_key])

    return _param_command(
        view,
        name,
        run,
        required=(_FIELD,),
        optional=(Text("param-key", doc="The key, if the field is a map."), _DATABASE),
        doc="Show the value of one field of the object.",
        kind=READS,
    )


def _param_set_command(view: View, cls: XenClass, name: str) -> Command | None:
    def run(state: State, obj: Record, words: Words) -> None:
        from xe_py.operations.effects.writing import set_fields

        set_fields(state, obj, [pair for pair in words if pair[0] not in COMMON])

    optional = (
        *_visible(cls, "has_setter"),
        *(Map(field.name, doc=field.doc) for field in _visible(cls, "has_keys_to_set")),
    )
    if not optional:
        return None
    return _param_command(
        view, name, run, optional=optional, doc="Set fields of the object, or single keys of its maps.", kind=SETS
    )


def _param_add_command(view: View, cls: XenClass, name: str) -> Command | None:
    def run(state: State, obj: Record, words: Words) -> None:
        from xe_py.operations.effects.writing import add

        field = _field(cls, next(text for name, text in words if name == _FIELD.name))
        keys = [pair for pair in words if pair[0] not in _NO_KEYS and pair[0] not in COMMON]
        add(state, obj, field, dict(reversed(words)).get("param-key"), keys)

    if not _visible(cls, "has_adder"):
        return None
    return _param_command(
        view,
        name,
        run,
        required=(_FIELD,),
        optional=(Text("param-key", doc="The member to add, if the field is a set."),),
        doc="Add a member to a set, or key=value pairs to a map.",
        kind=SETS,
    )


def _param_remove_command(view: View, cls: XenClass, name: str) -> Command | None:
    def run(state: State, obj: Record, param_name: str, param_key: str) -> None:
        from xe_py.operations.effects.writing import remove

        remove(state, obj, _field(cls, param_name), param_key)

    if not _visible(cls, "has_adder"):
        return None
    return _param_command(
        view,
        name,
        run,
        required=(_FIELD, Text("param-key", doc="The member of the set or the key of the map to remove.")),
        doc="Remove a member from a set, or a key from a map.",
    )


def _param_clear_command(view: View, cls: XenClass, name: str) -> Command:
    def run(state: State, obj: Record, param_name: str) -> None:
        from xe_py.operations.effects.writing import clear

        clear(state, obj, _field(cls, param_name))

    return _param_command(view, name, run, required=(_FIELD,), doc="Empty a field of the object.")


_FIELD = Text("param-name", doc="The name of the field.")
_NO_KEYS = frozenset(("param-name", "param-key"))
_DATABASE = Map("database", doc="Ignored, because there is only one database.")
_VERBS: dict[str, Callable[[View, XenClass, str], Command | None]] = {
    "list": _list_command,
    "param-list": _param_list_command,
    "param-get": _param_get_command,
    "param-set": _param_set_command,
    "param-add": _param_add_command,
    "param-remove": _param_remove_command,
    "param-clear": _param_clear_command,
}


def _param_command(
    view: View, name: str, run: Callable[..., Any], *, required: tuple[Field, ...] = (), **rest: Any
) -> Command:
    uuid = Ref("uuid", view.of, doc="The object.")
    return Command(name, run, required=(uuid, *required), **rest)


# Reading the words


def _is_filter(name: str) -> bool:
    return name not in COMMON and name != "params" and not name.startswith("database:")


def _field(cls: XenClass, name: str) -> Field:
    field = cls.by_name.get(name)
    if field is None:
        raise Misuse(f"Error code: Missing parameter\nError parameters: {name}", *meant_field(cls, name))
    return field


def _visible(cls: XenClass, trait: str) -> list[Field]:
    """The fields of which the property `trait` of `Field` is true, but for hidden ones."""
    return [field for field in cls.fields if getattr(field, trait) and not field.hidden]
