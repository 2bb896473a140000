"""The model of XenAPI that `serve` works by agrees with the facts, and every row leads to a command."""

import json
from pathlib import Path

import pytest

from xe_py.schema.command import ARGUMENTS, REFUSED
from xe_py.serve.model import Model, inner, outer, read_model
from xe_py.serve.rows import Alike, Row
from xe_py.serve.written import WRITTEN

FACTS = json.loads((Path(__file__).parent / "facts" / "api.json").read_text())


@pytest.fixture(scope="module")
def model() -> Model:
    return read_model()


def test_there_are_all_messages_of_xenapi(model: Model) -> None:
    assert len(model.classes) == 73
    assert len(model.messages) == 2258
    assert sum(message.is_async for message in model.messages.values()) == 530
    assert sum(message.is_implied for message in model.messages.values()) == 1580


def test_fields_have_the_types_and_qualifiers_of_the_facts(model: Model) -> None:
    seen = 0
    for fields in FACTS["fields"].values():
        for told in filter(None, fields.values()):
            for fact in told.split(", ") if " RO" not in told and " RW" not in told else [told]:
                where, _, rest = fact.partition(" ")
                label, _, name = where.partition(".")
                if label not in model.classes or name not in model.classes[label].fields:
                    continue
                field = model.classes[label].fields[name]
                assert rest.startswith(field.type), where
                assert rest.endswith("RW") == field.is_writable, where
                seen += 1
    assert seen > 700


def test_enumerations_have_the_words_of_the_facts(model: Model) -> None:
    for name, words in FACTS["enums"].items():
        assert set(model.enums[name]) == {word.partition(" = ")[0] for word in words}, name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("VM.start", "VM.start"),
        ("VM_start", "VM.start"),
        ("VM_guest_metrics_get_networks", "VM_guest_metrics.get_networks"),
        ("VM_guest_metrics.get_networks", "VM_guest_metrics.get_networks"),
        ("vm.start", None),
        ("VM.strat", None),
        ("start", None),
        ("", None),
    ],
)
def test_a_message_is_found_by_its_exact_name(model: Model, name: str, found: str | None) -> None:
    message = model.message(name)
    assert (message.full_name if message else None) == found


@pytest.mark.parametrize(
    ("type", "first", "inside"),
    [
        ("map(string,set(int))", "map", ["string", "set(int)"]),
        ("map(ref VM,map(string,string))", "map", ["ref VM", "map(string,string)"]),
        ("set(ref VM)", "set", ["ref VM"]),
        ("enum vm_power_state", "enum", [""]),
    ],
)
def test_types_are_taken_apart(type: str, first: str, inside: list[str]) -> None:
    assert outer(type) == first
    assert inner(type) == inside


@pytest.mark.parametrize("name", [name for name, row in WRITTEN.items() if isinstance(row, Row)])
def test_a_row_is_about_a_message_and_gives_its_command_what_that_takes(model: Model, name: str) -> None:
    row, message = WRITTEN[name], model.messages[name]
    assert isinstance(row, Row)
    known = {parameter.name for parameter in message.parameters}
    if message.verb == "create":
        known = {member.removesuffix("*") for member in model.classes[message.cls].takes}
    takes = row.found(message) if isinstance(row, Alike) else row.parameters
    assert set(takes) <= known
    command = row.command
    keywords = set(command.by_argument())
    if command.selector is not None:
        keywords.add(command.selector.name)
    assert set(takes.values()) <= keywords
    if isinstance(row, Alike):
        needed = {command.argument(field) for field in command.required} | (
            {command.selector.name} if command.selector else set()
        )
        assert needed <= set(takes.values())
    assert command.kind.gets == ARGUMENTS
    assert not command.kind.files
    assert command.coverage != REFUSED
