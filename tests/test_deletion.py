"""What happens to a reference when the object at its end is deleted: each reference does what it declares."""

import pytest

from xe_py import classes
from xe_py.errors import Failure
from xe_py.schema.fields import CASCADE, CLEAR, REFUSE, Ref
from xe_py.state.core import verify
from xe_py.state.state import State


def references(on_delete: str) -> list[tuple[str, str]]:
    """The references to one object that declare this, as class and field."""
    return [
        (cls.name, name)
        for cls in classes.sections()
        for name, field in cls.references.items()
        if isinstance(field, Ref) and field.on_delete == on_delete
    ]


def deleted(cls: str, field: str) -> tuple[State, str, str]:
    """A state in which the object was deleted that the field of another refers to, and the uuids of the two."""
    state = State({"rules": "xapi", "serial": 1})
    end = state.add(classes.get(cls).references[field].to, {})
    obj = state.add(cls, {field: end["uuid"]})
    state.settle()
    state.delete(end)
    return state, obj["uuid"], end["uuid"]


@pytest.mark.parametrize(("cls", "field"), references(REFUSE))
def test_an_object_that_is_needed_is_not_deleted(cls: str, field: str) -> None:
    state, uuid, gone = deleted(cls, field)
    with pytest.raises(Failure) as refused:
        verify(state, [change for change in state.changes() if change.after is None])
    assert refused.value.code == "HANDLE_INVALID"
    assert refused.value.values == (classes.get(classes.get(cls).references[field].to).label, gone)
    assert [blocker["uuid"] for blocker in refused.value.blockers] == [uuid]


@pytest.mark.parametrize(("cls", "field"), references(CASCADE))
def test_an_object_goes_with_what_it_cannot_be_without(cls: str, field: str) -> None:
    state, uuid, _ = deleted(cls, field)
    assert state.get(cls, uuid) is None


@pytest.mark.parametrize(("cls", "field"), references(CLEAR))
def test_a_reference_becomes_empty(cls: str, field: str) -> None:
    state, uuid, _ = deleted(cls, field)
    assert state.need(cls, uuid)[field] is None
