"""The words in which a XenServer class is described: the class, its rules, what must be unique, its views.

The fields that many classes have are here too: `NAMES`, `OPERATIONS`, `OTHER_CONFIG` and `TAGS`.
"""

from __future__ import annotations

from xe_py.errors import Misuse
from xe_py.schema.derived import Computed
from xe_py.schema.fields import MRW, RW, SRO, SRW, Map, Ref, Refs, Set, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from xe_py.errors import Failure
    from xe_py.schema.fields import Field, Guard

    # A field, or several fields together.
    Key = str | tuple[str, ...]
    Check = Callable[[Any, Any], Iterator[Failure]]
    Measure = Callable[[Any], int]
    Follows = Callable[[Any], Iterator[dict[str, Any]]]

STRICT, XAPI = "strict", "xapi"
RULES, TEMPLATES, DESTROYED = "rules", "templates", "templates-destroyed"
"""The settings of a state: its set of rules, its set of default templates, and those of them that are destroyed."""
GUESTS_ACT = "guests-act"
"""The key of the header with the moment, in seconds since 1970, at which a guest does something by itself."""


def _allowed(state: Any, obj: Any) -> list[str]:
    """The operations that no guard refuses now."""
    return [name for name, guard in obj.cls.operations.items() if not any(guard(state, obj))]


NAMES = (
    Text("name-label", mode=RW, doc="The name, for people to read; it need not be unique."),
    Text("name-description", mode=RW, doc="The description."),
)
OPERATIONS = (
    Computed("allowed-operations", Set, _allowed, mode=SRO, doc="The operations that are allowed now."),
    Set("current-operations", mode=SRO, doc="The operations that are in progress."),
)
OTHER_CONFIG = Map("other-config", mode=MRW, doc="Extra settings that clients keep.")
TAGS = Set("tags", mode=SRW, join=", ", doc="Words for finding and grouping objects.")


class Rule:
    """A statement that holds for every object of a class in every state, whoever wrote the state.

    `check(state, obj)` yields a Failure for each way in which the object breaks it. `watches` are the paths (see
    `xe_py.schema.paths`) that it reads. `profile` is the only set of rules that has it, or None for both.
    """

    __slots__ = ("check", "doc", "name", "profile", "watches")

    def __init__(self, check: Check, watches: tuple[str, ...], profile: str | None) -> None:
        self.name = check.__name__
        self.doc = check.__doc__ or ""
        self.check = check
        self.watches = watches
        self.profile = profile


def rule(*watches: str, profile: str | None = None) -> Callable[[Check], Rule]:
    """Declare the function below as a rule that reads the watched paths."""
    return lambda check: Rule(check, watches, profile)


class Unique:
    """No two objects of the class have the same values in `fields`, unless the first of these fields has no value.

    `shows` are the fields whose values the refusal carries; by default the last of `fields`. `nothing` is the value of
    the first field that counts as no value. `key` is what objects are looked up by: the one field, or all together.
    """

    __slots__ = ("fields", "key", "nothing", "refusal", "shows")

    def __init__(self, *fields: str, refusal: str, shows: tuple[str, ...] = (), nothing: str | None = None) -> None:
        self.fields = fields
        self.key: Key = fields if len(fields) > 1 else fields[0]
        self.refusal = refusal
        self.shows = shows or fields[-1:]
        self.nothing = nothing


class XenClass:
    """One XenServer class: its fields in the order in which xe prints them, its rules, and its operations.

    `label` is XAPI's own spelling. `section` orders the tables of the state file. `keys` are the fields by which
    objects are looked up, one by one or together, besides those that are unique. `operations` maps each word of
    `allowed-operations` to the guard that is asked before it. `filters` and `list_fields` are those of a plain list.
    `sums` are what is summed up over all objects with the same reference, by the reference and a name: the numbers
    follow from an object's own stored fields.
    `single` says that every state has exactly one object of the class. `kept_back` are the stored fields that may hold
    secrets.

    The objects of a class with `follows` are in no file, because they follow from other objects or are always the same:
    `follows(state)` yields the fields of each. Such a class has no section, and nothing changes its objects; the effect
    of a field may change what they follow from.
    """

    def __init__(
        self,
        name: str,
        *,
        label: str,
        section: int = 0,
        doc: str,
        fields: tuple[Field, ...],
        list_fields: tuple[str, ...],
        filters: Mapping[str, str] | None = None,
        unique: tuple[Unique, ...] = (),
        keys: tuple[Key, ...] = (),
        rules: tuple[Rule, ...] = (),
        operations: Mapping[str, Guard] | None = None,
        sums: Mapping[str, Mapping[str, Measure]] | None = None,
        single: bool = False,
        follows: Follows | None = None,
    ) -> None:
        self.name = name
        self.label = label
        self.section = section
        self.doc = doc
        self.fields: tuple[Field, ...] = (Text("uuid", doc="The unique identifier; it never changes."), *fields)
        self.list_fields = list_fields
        self.filters = filters or {}
        self.unique = unique
        self.keys: tuple[Key, ...] = (*(each.key for each in unique), *keys)
        self.rules = rules
        self.operations = operations or {}
        self.sums = sums or {}
        self.single = single
        self.follows = follows
        self.by_name = {field.name: field for field in self.fields}
        self.stored = {field.name: field for field in self.fields if field.stored}
        self.references = {name: f for name, f in self.stored.items() if isinstance(f, (Ref, Refs))}
        self.secrets = [name for name, field in self.stored.items() if field.secret]
        self.maps = [name for name, field in self.stored.items() if isinstance(field, Map)]
        self.kept_back = frozenset((*self.secrets, *self.maps))
        self.required = [name for name, field in self.stored.items() if field.required]
        self.defaults = {name: field.default for name, field in self.stored.items()}


class View:
    """A class seen through a filter, with commands of its own: `template-list` lists VMs."""

    def __init__(
        self, name: str, of: str, *, doc: str, filters: Mapping[str, str], list_fields: tuple[str, ...]
    ) -> None:
        self.name = name
        self.of = of
        self.doc = doc
        self.filters = filters
        self.list_fields = list_fields


def plural(label: str) -> str:
    """Several objects of a class, in a word."""
    one = label[:-1]
    return f"{one}ies" if label.endswith("y") and not one.endswith(("a", "e", "o", "u")) else f"{label}s"


def split_key(cls: XenClass, name: str) -> tuple[Field, str | None] | None:
    """The field and key that a word means: `f`, `f:key`, or the old form `f-key`; None if it means no field."""
    if name in cls.by_name:
        return cls.by_name[name], None
    if ":" in name:
        first, _, key = name.partition(":")
        field = cls.by_name.get(first)
        return None if field is None or field.mode[0] not in "MS" else (field, key)
    for kind in ("M", "S"):
        fields = [field for field in cls.fields if field.mode.startswith(kind) and name.startswith(field.name + "-")]
        if fields:
            longest = max(fields, key=lambda field: len(field.name))
            return longest, name[len(longest.name) + 1 :]
    return None


def meant_field(cls: XenClass, name: str) -> tuple[str, ...]:
    """A note that names the field most like the unknown name; no note if no field is like it."""
    from xe_py.schema.similar import meant_by_name

    return meant_by_name(name, (field.name for field in cls.fields if not field.hidden))


def field_and_key(cls: XenClass, word: str) -> tuple[Field, str | None]:
    """As `split_key`, but a word that means no field raises Misuse, in the words of xe."""
    meant = split_key(cls, word)
    if meant is None:
        name, colon, _ = word.partition(":")
        if colon and name in cls.by_name:
            raise Misuse(f"Error: Field '{name}' is not a set or map")
        from xe_py.schema.secrets import without_secret

        raise Misuse(f"Error: Unknown field '{without_secret(word)}'", *meant_field(cls, word))
    return meant
