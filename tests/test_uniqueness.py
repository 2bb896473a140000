"""What must be unique stays so: for new objects, for those whose field changes, and in a file as a whole."""

from typing import Any

import pytest

from xe_py import classes
from xe_py.errors import Failure
from xe_py.schema.fields import Int, Ref
from xe_py.schema.xenclass import Unique, XenClass
from xe_py.state.core import findings, verify
from xe_py.state.state import State

UNIQUE = [(cls, unique) for cls in classes.sections() for unique in cls.unique]


def values(state: State, cls: XenClass, unique: Unique, number: int) -> dict[str, Any]:
    """Values for the fields that must be unique together, others for each number."""
    found: dict[str, Any] = {}
    for name in unique.fields:
        field = cls.stored[name]
        if isinstance(field, Ref):
            found[name] = state.add(field.to, {})["uuid"]
        else:
            found[name] = 10 + number if isinstance(field, Int) else f"value{number}"
    return found


@pytest.mark.parametrize(("cls", "unique"), UNIQUE, ids=[f"{cls.name} {unique.key}" for cls, unique in UNIQUE])
def test_no_two_objects_have_the_same(cls: XenClass, unique: Unique) -> None:
    state = State({"rules": "xapi", "serial": 1})
    first, second = (values(state, cls, unique, number) for number in range(2))
    state.add(cls.name, first)
    other = state.add(cls.name, second)
    state.settle()
    for name in unique.fields[1:]:
        state.update(other, {name: first[name]})
    assert unique.refusal not in codes(state)
    state.settle()
    state.update(other, {unique.fields[0]: first[unique.fields[0]]})
    with pytest.raises(Failure) as changed:
        verify(state, state.changes())
    assert changed.value.code == unique.refusal
    assert codes(state) >= {unique.refusal}
    state.rollback(0)
    state.add(cls.name, {**first, **{name: state.add(cls.stored[name].to, {})["uuid"] for name in missing(cls, first)}})
    with pytest.raises(Failure) as made:
        verify(state, [change for change in state.changes() if change.cls is cls])
    assert made.value.code == unique.refusal


def missing(cls: XenClass, given: dict[str, Any]) -> list[str]:
    """The references that an object of the class cannot be without and that are not given."""
    return [name for name in cls.required if name not in given and isinstance(cls.stored[name], Ref)]


def codes(state: State) -> set[str]:
    """The codes of all that is unsound."""
    return {finding.failure.code for finding in findings(state)}
