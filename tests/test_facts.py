"""What xe_py declares is what the real xe has: the files in tests/facts are facts about xe, not texts of ours."""

import ast
import json
from functools import cache
from operator import attrgetter
from pathlib import Path

import pytest

import xe_py
from xe_py import classes, operations
from xe_py.codes import CODES, UNLISTED, describe
from xe_py.errors import Failure
from xe_py.schema.command import ALL, CONTROL_DOMAINS, MULTIPLE, ONE, TEMPLATES, Command
from xe_py.schema.fields import KEYS, KEYS_TOGETHER, WHOLE, Field, Map
from xe_py.xapi.drivers import DRIVERS, capabilities, versions

Described = tuple[str, str, set[str]]

FACTS = Path(__file__).parent / "facts"
CLASSES = {
    name: facts for name, facts in json.loads((FACTS / "classes.json").read_text()).items() if name in classes.names()
}
COMMANDS = json.loads((FACTS / "commands.json").read_text())
ERRORS = json.loads((FACTS / "errors.json").read_text())
DRIVER_FACTS = json.loads((FACTS / "drivers.json").read_text())

PARAM_SET = {"whole": WHOLE, "keys": KEYS, "keys-together": KEYS_TOGETHER, None: ""}

# What is ours stands behind what is xe's.
OUR_FIELDS: dict[str, list[Described]] = {"pif": [("network-uuids", "SRO", set())]}
OUR_PARAMETERS = {"vm-create": ["domain-type"]}
OUR_CODES = {code for code in CODES if code.startswith("STATE_")}

# Their help in xe says that they select objects, but they take the uuid of one.
NOT_SELECTING = {
    "host-set-hostname-live": "host-selectors",
    "snapshot-disk-list": "vm-selectors",
    "snapshot-reset-powerstate": "vm-selectors",
}

# It declares parameters that it then takes for filters on hosts.
ALL_FILTERS = {"diagnostic-net-stats"}

SEVERAL = {ONE: False, MULTIPLE: True, ALL: "always"}


# Classes


def described(field: Field) -> Described:
    notes = {"expensive": field.expensive, "hidden": field.hidden, "deprecated": field.deprecated}
    notes["case-insensitive"] = field.any_case
    return field.name, field.mode, {note for note, applies in notes.items() if applies}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_the_fields_of_xe_in_order_with_modes_and_notes(name: str) -> None:
    facts = [(field["name"], field["mode"], set(field.get("notes", ()))) for field in CLASSES[name]["fields"]]
    names = {field for field, _, _ in facts}
    fields = [field for field in classes.get(classes.view(name).of).fields if field.name in names or not field.hidden]
    own = OUR_FIELDS.get(name, [])
    assert [described(field) for field in fields] == facts + own, (
        "a field that only xe_py has is in OUR_FIELDS, and last"
    )


@pytest.mark.parametrize("name", CLASSES)
def test_a_field_is_set_and_joined_as_in_xe(name: str) -> None:
    """Maps are always joined alike; which field of xe is one at all is not for the facts' mode alone to tell."""
    cls = classes.get(classes.view(name).of)
    for facts in CLASSES[name]["fields"]:
        field = cls.by_name[facts["name"]]
        assert field.param_set == PARAM_SET[facts.get("param_set")], facts
        assert field.join == facts.get("join", "; "), facts


@pytest.mark.parametrize("name", CLASSES)
def test_a_plain_list_filters_and_shows_what_it_does_in_xe(name: str) -> None:
    facts, view = CLASSES[name], classes.view(name)
    assert dict(view.filters) == facts["list_filters"]
    assert set(view.list_fields) == set(facts["list_defaults"]) & {field["name"] for field in facts["fields"]}


# Commands

DECLARED = [command for command in operations.declared().values() if not command.ours]


@pytest.mark.parametrize("command", DECLARED, ids=attrgetter("name"))
def test_a_command_takes_the_parameters_of_xe_in_order(command: Command) -> None:
    facts = COMMANDS[command.name]
    required, optional = (
        [parameter.name + (parameter.mark if isinstance(parameter, Map) else "") for parameter in parameters]
        for parameters in (command.required, command.optional)
    )
    assert required == facts["required"]
    assert optional == facts["optional"] + OUR_PARAMETERS.get(command.name, [])


@pytest.mark.parametrize("command", DECLARED, ids=attrgetter("name"))
def test_a_command_is_listed_and_selects_objects_as_in_xe(command: Command) -> None:
    facts = COMMANDS[command.name]
    undeclared = [parameter.name + ":" * isinstance(parameter, Map) for parameter in command.undeclared]
    assert undeclared == facts.get("undeclared", [])
    if selector := command.selector:
        own = {*(parameter.name for parameter in command.taken()), *command.ignored} - {"force", selector.name}
        own = set() if command.name in ALL_FILTERS else own
        assert own == set(facts["not_filters"]) - {"force"}, (
            "force is a filter nowhere, whether the facts name it or not"
        )
        select = facts["select"]
        assert selector.name == select["of"]
        assert SEVERAL[selector.takes] == select["several"]
        if selector.name == "vm":
            assert (TEMPLATES in selector.leaves_out) != select["templates"]
            assert (CONTROL_DOMAINS in selector.leaves_out) != select["control_domains"]
    flags = {
        "standard": command.standard,
        "hidden": command.hidden,
        "deprecated": command.deprecated,
        NOT_SELECTING.get(command.name, ""): command.name in NOT_SELECTING,
    }
    if selector:
        flags[f"{selector.name}-selectors"] = True
    assert {flag for flag, applies in flags.items() if applies} == set(COMMANDS[command.name]["flags"])


# Storage drivers


def test_the_drivers_are_those_of_the_real_host() -> None:
    assert set(DRIVERS) == set(DRIVER_FACTS)


@pytest.mark.parametrize("type", DRIVERS)
def test_a_driver_can_do_what_it_can_do(type: str) -> None:
    assert versions(DRIVERS[type]) == DRIVER_FACTS[type]["features"]
    # An ISO SR never touches the files of its folder here.
    lacks = {"VDI_CREATE", "VDI_DELETE"} if type == "iso" else set()
    assert capabilities(type) == set(DRIVER_FACTS[type]["features"]) - lacks


@pytest.mark.parametrize("type", DRIVERS)
def test_a_driver_needs_the_keys_it_needs(type: str) -> None:
    needed = {key.name: key.refusal.rpartition("_")[2] for key in DRIVERS[type].keys if key.wrong is None}
    assert {key: code for key, code in needed.items() if type != "linstor"} == DRIVER_FACTS[type]["keys"]


# Codes


def test_codes_are_sorted() -> None:
    assert list(CODES) == sorted(CODES)
    assert list(UNLISTED) == sorted(UNLISTED)


# Codes that XAPI raises without declaring them; besides these there is its storage drivers' numbered family.
UNDECLARED_CODES: dict[str, list[str]] = {
    "CA_CERTIFICATE_EXPIRED": ["now", "not_after"],
    "CA_CERTIFICATE_INVALID": [],
    "CA_CERTIFICATE_NOT_VALID_YET": ["now", "not_before"],
    "Fault": ["reason"],
    "HOSTS_FAILED_TO_DISABLE_CACHING": ["host"],
    "HOSTS_FAILED_TO_ENABLE_CACHING": ["host"],
    "HOST_CANNOT_SEE_SR": ["host", "sr"],
    "NO_LOCAL_STORAGE": [],
    "REVERT_ONLY_ALLOWED_ON_SNAPSHOT": [],
    "SUSPEND_VDI_REPLACEMENT_IS_NOT_IDENTICAL": ["image", "replacement"],
    "VDI_CONTENT_ID_MISSING": [],
    "VDI_IS_SHARABLE": ["vdi"],
    "VM_IS_SNAPSHOT": ["vm", "operation"],
}
BACKEND_FAILURE = "SR_BACKEND_FAILURE"


def test_codes_have_an_entry_where_they_have_one_in_xe_and_its_labels() -> None:
    listed = {code: list(labels) for code, (_, labels) in CODES.items() if code not in OUR_CODES}
    assert listed == {code: ERRORS.get(code) for code in listed}
    assert UNLISTED.keys() & ERRORS.keys() == set()
    assert {code: list(labels) for code, (_, labels) in UNLISTED.items()} == {
        code: ERRORS[BACKEND_FAILURE] if code.startswith(f"{BACKEND_FAILURE}_") else UNDECLARED_CODES[code]
        for code in UNLISTED
    }


@pytest.mark.parametrize("code", CODES | UNLISTED)
def test_a_code_says_what_is_wrong_in_a_sentence(code: str) -> None:
    sentence = (CODES | UNLISTED)[code][0]
    assert sentence[0].isupper()
    assert sentence.endswith(".") or code == "DEVICE_ALREADY_DETACHED"
    assert "\n" not in sentence


def test_the_sentence_that_scripts_match() -> None:
    assert CODES["DEVICE_ALREADY_DETACHED"][0] == "The device is not currently attached"


@pytest.mark.parametrize(
    ("failure", "labelled"),
    [
        (Failure("UUID_INVALID", "VM", "1234"), [("type", "VM"), ("uuid", "1234")]),
        (Failure("VDI_IN_USE", "a disk"), [("vdi", "a disk"), ("operation", "<unknown>")]),
        (Failure("VM_IS_TEMPLATE", "a VM", "start"), [("vm", "a VM"), ("<extra>", "start")]),
        (Failure("SR_NOT_EMPTY"), []),
    ],
)
def test_values_are_shown_with_their_labels(failure: Failure, labelled: list[tuple[str, object]]) -> None:
    assert describe(failure) == (CODES[failure.code][0], labelled)


# The source


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Every call in the source, with its place."""
    return [
        (f"{path.name}:{node.lineno}", node)
        for path in sorted(Path(xe_py.__file__).parent.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]


def code_of(call: ast.Call) -> ast.expr | None:
    """What names the code: the X of `Failure(X, …)` and of a declaration with `refusal=X`."""
    if isinstance(call.func, ast.Name) and call.func.id == "Failure":
        return call.args[0]
    return next((word.value for word in call.keywords if word.arg == "refusal"), None)


def texts(expression: ast.expr) -> list[str]:
    """The texts that the expression may be."""
    if isinstance(expression, ast.IfExp):
        return texts(expression.body) + texts(expression.orelse)
    return [str(expression.value)] if isinstance(expression, ast.Constant) else []


def raised() -> dict[str, str]:
    """The codes in the source, each with a place where it is named."""
    return {text: place for place, call in calls() if (code := code_of(call)) for text in texts(code)}


def test_a_refusal_names_its_code_where_it_is_raised_or_declared() -> None:
    unnamed = [(place, ast.unparse(code)) for place, call in calls() if (code := code_of(call)) and not texts(code)]
    assert [(place, code) for place, code in unnamed if not code.endswith(".refusal")] == []


def test_what_operations_and_classes_say_in_words_begins_as_in_xe() -> None:
    """XAPI puts `Error: ` before every text of its command line, but for what the grammar itself refuses."""
    said = {
        place: ast.unparse(call.args[0])
        for folder in ("operations", "classes", "xapi")
        for path in sorted((Path(xe_py.__file__).parent / folder).rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Misuse"
        for place in [f"{path.name}:{call.lineno}"]
    }
    assert said
    # The real `console` and `vm-import` have texts of their own.
    ours = {place for place in said if place.startswith(("batch.py", "console.py", "state_history.py", "vm_import.py"))}
    texts = {place: text.lstrip("f").strip("\"'") for place, text in said.items() if place not in ours}
    assert {place: text for place, text in texts.items() if not text.startswith(("Error", "_"))} == {}


def test_every_code_in_the_source_is_in_the_table() -> None:
    unknown = {code: place for code, place in raised().items() if code not in CODES | UNLISTED}
    assert unknown == {}, "give each code its sentence in xe_py/codes.py"


def test_every_code_in_the_table_is_raised() -> None:
    assert sorted({*CODES, *UNLISTED} - set(raised())) == []
