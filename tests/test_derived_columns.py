"""Computed fields of many objects at once: they say what each object alone says, and need only what they declare."""

from typing import TYPE_CHECKING

import pytest
from torture import furnish

from xe_py import classes
from xe_py.schema import derived
from xe_py.schema.fields import Derived
from xe_py.schema.xenclass import XenClass
from xe_py.state.record import Record
from xe_py.state.state import State
from xe_py.store import store_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    """A state with an object of each class."""
    path: Path = tmp_path_factory.mktemp("columns") / "host.toml"
    furnish(path)
    opened = store_for(str(path), {}).read(whole=True)
    assert isinstance(opened.state, State)
    return opened.state


def computed(cls: XenClass) -> list[Derived]:
    return [field for field in cls.fields if isinstance(field, Derived)]


@pytest.mark.parametrize("cls", classes.everything(), ids=lambda cls: cls.name)
def test_a_column_has_the_value_of_each_object(cls: XenClass, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "_MANY", 0)
    objects = state.all(cls.name)
    for field in computed(cls):
        assert state.values(objects, field) == [field.compute(state, obj) for obj in objects], field.name


@pytest.mark.parametrize("cls", classes.everything(), ids=lambda cls: cls.name)
def test_a_computed_field_reads_what_it_declares(cls: XenClass, state: State) -> None:
    for field in computed(cls):
        for obj in state.all(cls.name) if field.reads is not None else ():
            kept = {name: obj[name] for name in ("uuid", *(field.reads or ())) if name in obj}
            assert field.compute(state, Record(cls, kept)) == field.compute(state, obj), field.name


def test_plain_lists_need_no_whole_objects() -> None:
    """Except those of few objects."""
    for name in ("vm", "vdi", "vbd", "vif", "pbd", "pif", "sr", "network", "host", "template", "snapshot"):
        view = classes.view(name)
        shown = [classes.get(view.of).by_name[field] for field in view.list_fields]
        assert [field.name for field in shown if isinstance(field, Derived) and field.reads is None] == [], name
