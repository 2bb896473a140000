"""A field that the source names is one that a class has: a typing error in a name is found before anyone runs the line.

Where the name of a variable tells the class (`vm["…"]`), it is that class's field; elsewhere any class may have it.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import xe_py
from xe_py import classes

SOURCE = Path(xe_py.__file__).parent
# What the Python interface is given may be any dict; a server has the records of XenAPI, with names of their own.
FOLDERS = sorted({str(path.parent.relative_to(SOURCE)) for path in SOURCE.rglob("*.py")} - {"python", "serve"})
OF_XENAPI = SOURCE / "reference" / "api_model.py"

# Variables that hold mappings of another kind.
NO_RECORDS = {"field", "heading", "system", "header", "given", "found", "said", "device_config", "place"}

# What is read with `state.value(obj, "…")` and the like: the place of the field among the arguments.
BY_PLACE = {"value": 1, "ref": 1, "ref_or_none": 1, "name_of": 1}
STORED_ONLY = {"ref", "ref_or_none", "name_of"}

Named = tuple[str, str, str, bool]  # Where, the class if it is known, the field, whether it has to be a stored one.


@cache
def fields(cls: str, *, stored: bool) -> frozenset[str]:
    """The fields of the class, or of all classes for the empty text."""
    of = [classes.get(cls)] if cls else list(classes.everything())
    return frozenset(name for each in of for name in (each.stored if stored else each.by_name))


def class_of(node: ast.expr | None) -> str:
    """The class that the name of a variable tells, or the empty text."""
    name = node.id if isinstance(node, ast.Name) else ""
    return name if name in {cls.name for cls in classes.everything()} else ""


def text_of(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def read_from(node: ast.AST) -> tuple[ast.expr, str | None]:
    """What is read by a key, if the node does so, and the key; fields of a record are never written like that."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return node.value, text_of(node.slice)
    return ast.Constant(None), None


def is_record(node: ast.expr) -> bool:
    """Whether what is subscripted may be a record: a variable, or what a call finds."""
    if isinstance(node, ast.Name):
        return node.id not in NO_RECORDS and not node.id.startswith("_")
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"ref", "need", "get"}
    )


def keys(node: ast.expr, constants: dict[str, ast.Dict]) -> Iterator[str]:
    """The keys of a mapping that is written out, and of the constants of the module that are taken into it."""
    if isinstance(node, ast.Name):
        node = constants.get(node.id, node)
    for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
        if key is None:
            yield from keys(value, constants)
        elif (text := text_of(key)) is not None:
            yield text


def named_by_call(place: str, call: ast.Call, constants: dict[str, ast.Dict]) -> Iterator[Named]:
    """The fields that a call of one of the state's methods names."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    arguments = call.args
    texts = [text_of(argument) for argument in arguments]
    if method in BY_PLACE and len(texts) > 1 and texts[1] is not None:
        yield place, class_of(arguments[0]), texts[1], method in STORED_ONLY
    if method == "update" and len(arguments) == 2:
        yield from ((place, class_of(arguments[0]), key, True) for key in keys(arguments[1], constants))
    if method == "add" and len(arguments) > 1 and texts[0] is not None:
        yield from ((place, texts[0], key, True) for key in keys(arguments[1], constants))
    if method == "find" and texts and texts[0] is not None:
        words = [word.arg for word in call.keywords if word.arg]
        yield from ((place, texts[0], word.replace("_", "-"), True) for word in words)
    if method == "having" and len(texts) > 1 and texts[0] is not None:
        several = arguments[1].elts if isinstance(arguments[1], ast.Tuple) else [arguments[1]]
        yield from ((place, texts[0], text, True) for each in several if (text := text_of(each)) is not None)
    if method in {"pointing_at", "sum_of"} and len(texts) > 1 and texts[1] is not None:
        cls, _, reference = texts[1].partition(".")
        yield place, cls, reference, True


def named_in(place: str, text: str) -> list[Named]:
    """Every field that the source names, with its line."""
    tree = ast.parse(text)
    constants = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Dict)
    }
    found: list[Named] = []
    for node in ast.walk(tree):
        where = f"{place}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call):
            found += named_by_call(where, node, constants)
        obj, field = read_from(node)
        if field is not None and is_record(obj):
            found.append((where, class_of(obj), field, True))
    return found


def unknown(named: list[Named]) -> list[Named]:
    return [each for each in named if each[2] not in fields(each[1], stored=each[3])]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_field_that_the_source_names_is_one(folder: str) -> None:
    paths = sorted({*(SOURCE / folder).glob("*.py")} - {OF_XENAPI})
    named = [each for path in paths for each in named_in(f"{folder}/{path.name}", path.read_text())]
    assert unknown(named) == []


def test_the_source_names_many_fields() -> None:
    """The check would be worth nothing if it saw no names."""
    for folder, least in {"classes": 100, "xapi": 100, "operations": 150, "fresh": 20}.items():
        texts = [path.read_text() for path in (SOURCE / folder).rglob("*.py")]
        assert sum(len(named_in(folder, text)) for text in texts) > least, folder


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('vm["power-sate"]', "power-sate"),
        ('vm["currently-attached"]', "currently-attached"),  # A field, but of a VBD.
        ('vm["memory-actual"]', "memory-actual"),  # A field that is computed, not stored.
        ('other["power-sate"]', "power-sate"),
        ('state.ref(vbd, "vm-uid")["uuid"]', "vm-uid"),
        ('state.ref(vbd, "vm-uuid")["uid"]', "uid"),
        ('state.value(vm, "devise")', "devise"),
        ('state.update(vm, {"affinty": None})', "affinty"),
        ('_OFF = {"dom-idd": -1}\nstate.update(vm, {**_OFF, "affinity": None})', "dom-idd"),
        ('state.add("vdi", {"sr-uid": sr})', "sr-uid"),
        ('state.find("vm", resident_at=host)', "resident-at"),
        ('state.having("vif", "vm-uid", vm)', "vm-uid"),
        ('state.having("pbd", ("sr-uuid", "host-uid"), vm)', "host-uid"),
        ('state.pointing_at(vm, "vbd.vm-uid")', "vm-uid"),
        ('state.sum_of(host, "vm.resident-to", "domains")', "resident-to"),
    ],
)
def test_a_typing_error_is_found(line: str, wrong: str) -> None:
    assert [field for _, _, field, _ in unknown(named_in("here", line))] == [wrong]


@pytest.mark.parametrize(
    "line",
    ['vm["power-state"]', 'state.value(vm, "memory-actual")', 'header["serial"]', "state.update(vm, {field: 1})"],
)
def test_a_right_name_is_none(line: str) -> None:
    assert unknown(named_in("here", line)) == []
