"""The declarations hold together: what one names, another declares."""

import pytest
from network_pool import NetworkPool
from small_pool import SmallPool
from vm_pool import VmPool

from xe_py import classes, operations
from xe_py.schema.command import WORDS
from xe_py.schema.derived import Back, NameOf
from xe_py.schema.fields import MRO, MRW, RO, RW, SRO, SRW, Derived, Field, Map, Ref, Refs, Set
from xe_py.schema.paths import parse_path
from xe_py.schema.xenclass import STRICT, XAPI, XenClass

CLASSES = classes.everything()
by_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.name)


def test_sections_of_the_file_are_in_one_order() -> None:
    assert len({cls.section for cls in classes.sections()}) == len(classes.sections())


@by_class
def test_fields_are_declared_once_with_a_doc_and_a_mode(cls: XenClass) -> None:
    assert len(cls.by_name) == len(cls.fields)
    for field in cls.fields:
        assert field.doc.endswith((".", "…")), field.name
        assert field.mode in {RO, RW, SRO, SRW, MRO, MRW}, field.name


@by_class
def test_collections_are_marked_as_such(cls: XenClass) -> None:
    for field in cls.fields:
        if isinstance(field, Map):
            assert field.mode in {MRO, MRW, RO}, field.name
        elif isinstance(field, Set):
            assert field.mode in {SRO, SRW, RO} or (field.name, field.mode) == ("groups", RW), field.name


@by_class
def test_defaults_are_values_of_the_field(cls: XenClass) -> None:
    for field in cls.stored.values():
        assert field.required or field.accepts(field.default), field.name


@by_class
def test_references_point_to_classes(cls: XenClass) -> None:
    for field in cls.references.values():
        assert isinstance(field, (Ref, Refs))
        assert classes.get(field.to).name == field.to


@by_class
def test_a_field_that_is_not_stored_says_what_its_value_is(cls: XenClass) -> None:
    for field in cls.fields:
        if isinstance(field, Derived):
            assert issubclass(field.kind, Field), field.name
            assert bool(field.to) == (field.kind in {Ref, Refs}), field.name


@pytest.mark.parametrize("pool", [VmPool, NetworkPool])
def test_a_computed_value_is_of_its_kind(pool: type[SmallPool]) -> None:
    state = pool().state
    for cls in CLASSES:
        derived = [field for field in cls.fields if isinstance(field, Derived)]
        for obj in state.all(cls.name):
            for field in derived:
                value = state.value(obj, field.name)
                kind = str if field.kind.empty is None else type(field.kind.empty)
                assert value is None or type(value) is kind, field.name


@by_class
def test_back_references_and_names_follow_references_that_exist(cls: XenClass) -> None:
    for field in cls.fields:
        if isinstance(field, Back):
            owner, _, reference = field.reference.partition(".")
            found = classes.get(owner).references[reference]
            assert isinstance(found, (Ref, Refs))
            assert found.to == cls.name, field.name
        elif isinstance(field, NameOf):
            assert isinstance(cls.references[field.reference], Ref), field.name


@by_class
def test_rules_watch_paths_that_exist(cls: XenClass) -> None:
    assert len({rule.name for rule in cls.rules}) == len(cls.rules)
    for rule in cls.rules:
        assert rule.watches, rule.name
        assert rule.doc, rule.name
        assert rule.profile in {None, STRICT, XAPI}
        for path in rule.watches:
            parse_path(cls.name, path, classes.get)


@by_class
def test_what_is_unique_is_stored(cls: XenClass) -> None:
    for unique in cls.unique:
        assert {*unique.fields, *unique.shows} <= cls.stored.keys()


@pytest.mark.parametrize("name", classes.names())
def test_lists_show_and_filter_fields_of_the_class(name: str) -> None:
    view = classes.view(name)
    fields = classes.get(view.of).by_name
    assert set(view.list_fields) <= fields.keys()
    assert set(view.filters) <= fields.keys()


@pytest.mark.parametrize("path", ["name-label/x", "vm-uuid/nothing", "pbd.vm-uuid", "vdi.sr-uuid"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_path("vbd", path, classes.get)


@pytest.mark.parametrize("name", operations.names())
def test_commands_are_found_and_documented(name: str) -> None:
    command = operations.find(name)
    assert command is not None
    assert command.doc.endswith("."), name
    parameters = list(command.parameters())
    assert len({parameter.name for parameter in parameters}) == len(parameters)
    assert len({command.argument(parameter) for parameter in parameters}) == len(parameters)
    if command.kind.gets != WORDS:
        for parameter in parameters:
            assert parameter.doc, (name, parameter.name)


@pytest.mark.parametrize("name", classes.all_names())
def test_a_class_is_found_by_its_name_whatever_its_file(name: str) -> None:
    view = classes.view(name)
    assert view.name == name
    assert classes.get(view.of).name == view.of


@pytest.mark.parametrize("name", ["nothing", "", "no-thing"])
def test_a_class_that_is_none_is_not_found(name: str) -> None:
    with pytest.raises(KeyError):
        classes.get(name)
