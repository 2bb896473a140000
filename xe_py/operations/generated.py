"""The commands that every class has: `*-list`, `*-param-list`, `-get`, `-set`, `-add`, `-remove`, `-clear`."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Failure, Misuse, refuse
from xe_py.schema.command import COMMON, Command
from xe_py.schema.fields import Field, Map, Ref, Text, show
from xe_py.schema.xenclass import split_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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
        from xe_py.operations.select import matching  # noqa: PLC0415 - what names its object chooses none
        from xe_py.schema.listing import Listing, columns  # noqa: PLC0415 - what writes lists nothing

        given = dict(reversed(words))
        filters = [*view.filters.items(), *(word for word in words if _is_filter(word[0]))]
        shown = columns(cls, given.get("params"), view.list_fields)
        return Listing(matching(state, cls, filters, shown), shown)

    visible = [field for field in cls.fields if not field.hidden]
    optional = (
        Text("params", doc="The fields to show, with commas, or all."),
        _DATABASE,
        *(Text(field.name, doc=field.doc) for field in visible),
        *(Text(f"{field.name}:contains", doc=field.doc) for field in visible if field.mode.startswith("S")),
    )
    doc = f"List the {view.name}s, all of them or those whose fields have the values given."
    return Command(
        name, run, optional=optional, doc=doc, reads=True, takes_words=True, standard=name in _STANDARD_LISTS
    )


def _param_list_command(view: View, cls: XenClass, name: str) -> Command:
    def run(_state: State, **named: Record) -> Listing:
        from xe_py.schema.listing import Listing, columns  # noqa: PLC0415 - as above

        return Listing([named[_named(cls)]], columns(cls, "all", ()), costly=True)

    return _param_command(view, name, run, optional=(_DATABASE,), doc="Show all fields of the object.", reads=True)


def _param_get_command(view: View, cls: XenClass, name: str) -> Command:
    def run(state: State, param_name: str, param_key: str | None = None, **named: Record) -> str:
        field = _field(cls, param_name)
        value = state.value(named[_named(cls)], field.name)
        if param_key is None or not field.mode.startswith("M"):
            return show(value, field.unknown)
        if param_key not in value:
            raise Misuse(f"Error: Key {param_key} not found in map")
        return str(value[param_key])

    return _param_command(
        view,
        name,
        run,
        required=(_FIELD,),
        optional=(Text("param-key", doc="The key, in a map."), _DATABASE),
        doc="Show the value of one field of the object.",
        reads=True,
    )


def _param_set_command(view: View, cls: XenClass, name: str) -> Command | None:
    settable = [*_writable(cls, "R", "M"), *(field for field in cls.fields if field.by_key)]

    def run(state: State, words: Words) -> None:
        obj = state.need(cls.name, _given(words, "uuid"))
        for word, text in words:
            if word != "uuid" and word not in COMMON:
                _set(state, obj, word, text)

    optional = (
        *(field for field in settable if not field.mode.startswith("M")),
        *(Map(field.name, doc=field.doc) for field in settable if field.mode.startswith("M")),
    )
    if not settable:
        return None
    return _param_command(
        view, name, run, optional=optional, doc="Set fields of the object; a map key by key.", takes_words=True
    )


def _param_add_command(view: View, cls: XenClass, name: str) -> Command | None:
    def run(state: State, words: Words) -> None:
        obj = state.need(cls.name, _given(words, "uuid"))
        field = _field(cls, _given(words, "param-name"))
        _may_write(field, "add to")
        if field.mode.startswith("S"):
            member = dict(words).get("param-key")
            if member is None:
                raise Misuse("Error: To add to a set, give the member with param-key=")
            if member not in obj[field.name]:
                _write(state, obj, field, [*obj[field.name], member])
            return
        for key, text in words:
            if key not in {"uuid", "param-name", "param-key"} and key not in COMMON:
                if key in obj[field.name]:
                    raise Failure("MAP_DUPLICATE_KEY", cls.label, field.name, obj, key)
                _write(state, obj, field, {**obj[field.name], key: text})

    if not _writable(cls, "S", "M"):
        return None
    return _param_command(
        view,
        name,
        run,
        required=(_FIELD,),
        optional=(Text("param-key", doc="The member to add to a set."),),
        doc="Add a member to a set, or key=value pairs to a map.",
        takes_words=True,
    )


def _param_remove_command(view: View, cls: XenClass, name: str) -> Command | None:
    def run(state: State, param_name: str, param_key: str, **named: Record) -> None:
        obj = named[_named(cls)]
        field = _field(cls, param_name)
        _may_write(field, "remove from")
        value = obj[field.name]
        if param_key not in value:
            raise Misuse(f"Error: Key {param_key} is not in {'the set' if field.mode.startswith('S') else 'map'}")
        if field.mode.startswith("S"):
            _write(state, obj, field, [member for member in value if member != param_key])
        else:
            _write(state, obj, field, {key: text for key, text in value.items() if key != param_key})

    if not _writable(cls, "S", "M"):
        return None
    return _param_command(
        view,
        name,
        run,
        required=(_FIELD, Text("param-key", doc="The member of the set, or the key of the map.")),
        doc="Remove a member of a set, or a key of a map.",
    )


def _param_clear_command(view: View, cls: XenClass, name: str) -> Command | None:
    def run(state: State, param_name: str, **named: Record) -> None:
        field = _field(cls, param_name)
        if not field.writable:
            raise Misuse("Error: Can only clear RW parameters")
        if field.required or not field.accepts(field.empty):
            raise Misuse("Error: Cannot clear this parameter")
        _write(state, named[_named(cls)], field, field.empty)

    if not _writable(cls, "R", "S", "M"):
        return None
    return _param_command(view, name, run, required=(_FIELD,), doc="Empty a field of the object.")


_FIELD = Text("param-name", doc="The field.")
_DATABASE = Map("database", doc="Ignored: there is one database.")
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


def _named(cls: XenClass) -> str:
    return cls.name.replace("-", "_")


# Reading the words


def _is_filter(name: str) -> bool:
    return name not in COMMON and name != "params" and not name.startswith("database:")


def _given(words: Words, name: str) -> str:
    return next(text for word, text in words if word == name)


def _field(cls: XenClass, name: str) -> Field:
    field = cls.by_name.get(name)
    if field is None:
        raise Misuse(f"Error: Unknown field '{name}'")
    return field


# Writing fields


def _writable(cls: XenClass, *marks: str) -> list[Field]:
    return [field for field in cls.fields if field.writable and field.mode[0] in marks and not field.hidden]


def _may_write(field: Field, what: str) -> None:
    if field.mode[0] not in "SM":
        raise Misuse(f"Error: Can only {what} parameters of type Set or Map")
    if not field.writable:
        raise Misuse(f"Error: Field '{field.name}' is read-only.")


def _set(state: State, obj: Record, word: str, text: str) -> None:
    meant = split_key(obj.cls, word)
    if meant is None:
        raise Misuse(f"Error: Unknown field '{word}'")
    field, key = meant
    if not (field.writable or field.by_key):
        raise Misuse(f"Error: Field '{field.name}' is read-only.")
    if field.mode.startswith("S"):
        raise Misuse("Error: Cannot param-set on set fields; use param-add and param-remove.")
    if field.mode.startswith("M"):
        if key is None:
            raise Misuse(f"Error: Field '{field.name}' is a map or set. use the 'name:key=value' syntax.")
        _write(state, obj, field, {**obj[field.name], key: text})
    else:
        _write(state, obj, field, field.parse(text))


def _write(state: State, obj: Record, field: Field, value: Any) -> None:
    if isinstance(field, Ref) and value is not None:
        state.need(field.to, value)
    if field.guard is not None:
        refuse(field.guard(state, obj, value))
    if field.stored:
        state.update(obj, {field.name: value})
    if field.effect is not None:
        field.effect(state, obj, value)
