"""What a field is in XenAPI, by rule and named exceptions, is what it is there: tests/facts/api.json has it from XAPI."""

import json
from pathlib import Path

import pytest

from xe_py import classes
from xe_py.schema.fields import Choice, Field
from xe_py.schema.xenclass import XenClass
from xe_py.xapi import api_fields
from xe_py.xapi.api_fields import api_field
from xe_py.xapi.api_values import in_api, in_xe

FACTS = json.loads((Path(__file__).parent / "facts/api.json").read_text())
ENUMS: dict[str, dict[str, str]] = {
    enum: {word: printed or word for word, _, printed in (each.partition(" = ") for each in words)}
    for enum, words in FACTS["enums"].items()
}
CLASSES = [cls for cls in classes.every() if cls.name in FACTS["fields"]]
FIELDS = [(cls, field) for cls in CLASSES for field in cls.fields]
each_field = pytest.mark.parametrize(("cls", "field"), FIELDS, ids=lambda declared: declared.name)


def found(cls: XenClass, field: Field) -> str:
    """The field of XenAPI, written as in the facts."""
    api = api_field(cls, field, classes.get)
    return "" if api is None else f"{api.cls}.{api.name} {api.type} {api.qualifier}"


def test_all_classes_with_commands_are_in_the_facts() -> None:
    expected = {cls.name for cls in classes.every()} - classes.HIDDEN
    assert {cls.name for cls in CLASSES} == expected, "add the class to tests/facts/api.json"


@each_field
def test_a_field_is_in_xenapi_what_xapi_says(cls: XenClass, field: Field) -> None:
    """Where xe computes a field from several, it is one of them."""
    facts = FACTS["fields"][cls.name].get(field.name, "")
    said = f"{facts or 'XenAPI has no such field'}: declare it so, or name the exception in xe_py/xapi/api_fields.py"
    assert found(cls, field) in facts.split(" | "), said


def printed(cls: XenClass, field: Field) -> tuple[str, ...]:
    """The words that the field may have."""
    if field.name == "allowed-operations":
        return tuple(cls.operations)
    return field.options if isinstance(field, Choice) else ()


@each_field
def test_the_words_of_a_field_are_spelt_as_xapi_spells_them(cls: XenClass, field: Field) -> None:
    api = api_field(cls, field, classes.get)
    words = printed(cls, field)
    enum = api.enum if api is not None and words else None
    if enum is None:
        assert field.name == "duplex" or not words
        return
    for word in words:
        spelt = in_api(enum, word)
        assert ENUMS[enum][spelt] == word
        assert in_xe(enum, spelt, words) == word


@pytest.mark.parametrize("enum", ENUMS)
def test_every_word_of_an_enumeration_is_spelt_as_xapi_spells_it(enum: str) -> None:
    """Those that xe does not know are nothing anybody could write."""
    words = {printed: word for word, printed in ENUMS[enum].items() if printed != "(unknown operation)"}
    assert {printed: in_api(enum, printed) for printed in words} == words


def test_a_word_that_is_none_of_the_field_has_no_spelling() -> None:
    assert in_xe("vm_power_state", "Crashed", ("halted", "running")) is None


def listed(names: str | dict[str, str]) -> list[str]:
    return names.split() if isinstance(names, str) else [name for each in names.values() for name in each.split()]


@pytest.mark.parametrize(
    "table",
    [api_fields.ELSEWHERE, api_fields.NOWHERE, api_fields.QUALIFIERS],
    ids=["elsewhere", "nowhere", "qualifier"],
)
def test_a_field_is_listed_once_and_would_be_another_without(
    table: dict[str, str | dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, names in list(table.items()):
        cls, fields = classes.get(name), listed(names)
        assert len(fields) == len(set(fields))
        before = {field: found(cls, cls.by_name[field]) for field in fields}
        with monkeypatch.context() as without:
            without.delitem(table, name)
            same = [field for field in fields if found(cls, cls.by_name[field]) == before[field]]
        assert same == []


@pytest.mark.parametrize("table", [api_fields.NAMES, api_fields.TYPES, api_fields.ENUMS], ids=["name", "type", "enum"])
def test_without_an_exception_some_field_would_be_another(
    table: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    needless = []
    before = [found(cls, field) for cls, field in FIELDS]
    for name in list(table):
        with monkeypatch.context() as without:
            without.delitem(table, name)
            if [found(cls, field) for cls, field in FIELDS] == before:
                needless.append(name)
    assert needless == []
