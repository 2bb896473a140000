"""What a Python program may give to a command: objects of the right class, values of the right kind, known keywords."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from small_objects import add_small_objects

from xe_py import classes, operations
from xe_py.errors import Failure, Misuse
from xe_py.python import Host, open_host
from xe_py.schema.command import STORE, WORDS, Command
from xe_py.schema.fields import Derived, Map, Ref, Refs, Set
from xe_py.schema.values import Absent

if TYPE_CHECKING:
    from conftest import Xe

COMMANDS = [command for name in operations.names() if (command := operations.find(name)) and command.kind.gets != STORE]
SURROGATE = "a\udc80"


@pytest.fixture
def host(xe: "Xe") -> Iterator[Host]:
    """An open host with an object of each class."""
    with open_host(str(xe.state)) as host:
        vm = host.run("vm-create", name_label="web")
        sr = host.find("sr", type="ext")[0]
        vdi = host.run("vdi-create", sr=sr, name_label="root", virtual_size=1 << 30)
        host.run("vbd-create", vm=vm, vdi=vdi, device="0")
        network = host.run("network-create", name_label="bonded")
        pifs = host.find("pif", physical=True)
        host.run("vif-create", vm=vm, network=network, device="0")
        host.run("vlan-create", pif=pifs[0], network=host.run("network-create", name_label="vlan"), vlan="5")
        host.run("tunnel-create", pif=pifs[0], network=host.run("network-create", name_label="tunnelled"))
        host.run("sdn-controller-introduce", address="10.0.0.5")
        host.state.update(host.state.need("pif", pifs[1].uuid), {"capabilities": ["sriov"]})
        host.run("network-sriov-create", pif=pifs[1], network=host.run("network-create", name_label="fast"))
        host.run("bond-create", network=network, pifs=pifs)
        host.run("message-create", name="TOLD", priority=3, body="told", vm_uuid=vm.uuid)
        host.state.add("task", {"name-label": "Async.VM.start"})
        add_small_objects(host.state)
        host.state.add("host-crashdump", {"host-uuid": host.find("host")[0].uuid})
        host.run("appliance-create", name_label="shop")
        host.run("vm-group-create", name_label="pair", placement="anti-affinity")
        host.run("vmss-create", name_label="nightly", type="snapshot", frequency="daily")
        host.commit()
        before = xe.state.read_bytes()
        yield host
        assert not host.state.changes(), "a refusal changed the state"
    assert xe.state.read_bytes() == before


def references(command: Command) -> dict[str, str]:
    """The keywords of a command that take objects, and the classes of these."""
    found = {command.selector.name: command.selector.name} if command.selector else {}
    found |= {command.argument(each): each.to for each in command.parameters() if isinstance(each, (Ref, Refs))}
    if command.kind.gets == WORDS and command.name.endswith("-list"):
        cls = classes.get(classes.view(command.name.removesuffix("-list")).of)
        found |= {name.replace("-", "_"): field.to for name, field in cls.references.items() if not field.hidden}
    return found


def test_there_are_commands_with_references() -> None:
    assert sum(len(references(command)) for command in COMMANDS) > 200


def refusal(host: Host, name: str, /, **keywords: object) -> str:
    """What is said when the command is refused, keywords and names in one spelling; empty if it is not."""
    try:
        host.run(name, **keywords)
    except (Misuse, Failure) as refused:
        return str(refused).lower().replace("-", "_")
    return ""


@pytest.mark.slow
def test_an_object_of_another_class_is_refused_by_every_command(host: Host) -> None:
    objects = {cls.name: host.find(cls.name)[0] for cls in classes.everything() if cls.name not in classes.HIDDEN}
    wrong = []
    for command in COMMANDS:
        for keyword, to in references(command).items():
            for cls, obj in objects.items():
                for given in (obj, host.state.get(cls, obj.uuid)) if cls != to else ():
                    several = isinstance(command.by_argument().get(keyword), Refs)
                    keywords = {**chosen(host, command), keyword: [given] if several else given}
                    said = refusal(host, command.name, **keywords)
                    expected = f"must be an object of class {to}, not the {cls} {obj.uuid}".replace("-", "_")
                    if keyword.lower() not in said or expected not in said:
                        wrong.append((command.name, keyword, cls, said))
    assert not wrong


def kinds(parameter: Any) -> list[object]:
    """Values that the parameter does not take."""
    odd = [5, 0.5, True, b"x", float("nan"), 1 << 70, {"a": "b"}, {1: "b"}, {"a": 1}, ["x"], [1], object(), ()]
    taken = {Map: (dict,), Set: (list, tuple), Refs: (list, tuple)}
    fit = next((kinds for kind, kinds in taken.items() if isinstance(parameter, kind)), ())
    return [each for each in odd if not parameter.accepts(each) and not isinstance(each, fit)] + [
        each for each in ({1: "b"}, {"a": 1}, [1]) if isinstance(each, fit)
    ]


def chosen(host: Host, command: Command) -> dict[str, object]:
    """What a command with selectors is done to."""
    return {command.selector.name: host.find(command.selector.name)[0]} if command.selector else {}


@pytest.mark.slow
def test_a_value_of_another_kind_is_refused_by_every_command_and_named(host: Host) -> None:
    wrong = []
    for command in COMMANDS:
        # The filters of a list compare with what is printed; a map that is set takes a dict.
        parameters = {} if command.name.endswith("-list") and command.kind.gets == WORDS else command.by_argument()
        for keyword, parameter in parameters.items():
            for given in [*kinds(parameter), SURROGATE]:
                if command.kind.gets == WORDS and (isinstance(given, dict) or isinstance(parameter, (Absent, Derived))):
                    continue
                said = refusal(host, command.name, **chosen(host, command), **{keyword: given})
                if keyword not in said:
                    wrong.append((command.name, keyword, given, said))
    assert not wrong


def test_a_required_value_must_be_there_in_every_command(host: Host) -> None:
    wrong = []
    for command in COMMANDS:
        nothing = {} if command.kind.gets == WORDS else dict.fromkeys(command.by_argument())
        for given in ({}, nothing):
            selects = command.selector and command.selector.name
            required = [each.name for each in command.required if each.name != selects]
            for names, objects in ((selects, {}), (required and required[0], chosen(host, command))):
                said = refusal(host, command.name, **objects, **given) if names else ""
                if names and f"required parameter not found: {names}".lower().replace("-", "_") not in said:
                    wrong.append((command.name, names, said))
    assert not wrong


def test_a_keyword_that_is_not_known_is_refused_by_every_command(host: Host) -> None:
    vm = host.find("vm", name_label="web")[0]
    wrong = []
    for command in COMMANDS:
        if command.name.endswith("-param-add"):
            continue  # It is the key of a map.
        given: dict[str, object] = {}
        if command.kind.gets == WORDS:
            obj = vm if command.about is None else host.find(command.about.to)[0]
            given = {command.argument(each): obj if each is command.about else "vm" for each in command.required}
        said = refusal(host, command.name, nonsuch="x", **given)
        if "nonsuch" not in said or not ("unknown field" in said or "does not know the parameter" in said):
            wrong.append((command.name, said))
    assert not wrong


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("vm-create", {"name_lable": "x"}, "vm-create does not know the parameter 'name_lable'; did you mean name_label?"),
        ("vm-start", {"vm": "web", "pausd": True}, "did you mean paused?"),
        ("vm-start", {"pwer_state": "halted"}, "did you mean power_state?"),
        ("vm-destroy", {"xxx": "x"}, "it takes: vm"),
        ("vm-nothing", {}, "Unknown command: vm-nothing"),
        ("vm-startt", {}, "vm-start"),
        ("state-init", {}, "it cannot be run on an open host"),
        ("vm-start", {"vm": "nobody"}, "No matching VMs found"),
        ("vm-param-set", {"vm": "x", "name_description": 5}, "name_description (name-description) must be a text, not a value of type int"),
        ("sr-create", {"name_label": "x", "type": "ext", "device_config": "a:b"}, "device_config (device-config) must be a dict of texts, not a value of type str"),
        ("network-create", {"name_label": SURROGATE}, "name_label is not UTF-8 text: it has a lone surrogate at 1"),
        ("vdi-create", {"virtual_size": 1 << 70}, "virtual_size (virtual-size) must be a whole number of at most 64 bits, not a number of 71 bits"),
        ("bond-create", {"pifs": "x"}, "UUID_INVALID: PIF, x"),
        (SURROGATE, {}, "the command is not UTF-8 text"),
        (5, {}, "the command must be a text"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong(host: Host, name: str, arguments: dict[str, object], text: str) -> None:
    with pytest.raises((Misuse, Failure)) as refused:
        host.run(name, **arguments)
    assert text in str(refused.value)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda host: host.find("vms"), "There is no class 'vms' (did you mean vm?)"),
        (lambda host: host.find("_summary"), "There is no class '_summary'"),
        (lambda host: host.get("vms", "x"), "There is no class 'vms' (did you mean vm?)"),
        (lambda host: host.get("vm", None), "uuid must be an object of class vm, or its uuid, not None"),
        (lambda host: host.run("vm-start", vm=host.find("vm")), "vm must be an object of class vm, or its uuid, not a value of type list"),
        (lambda host: host.find("vm", uuid=host.find("pool")[0]), "uuid must be an object of class vm, not the pool"),
        (lambda host: host.find("vm", name_label=host.find("pool")[0]), "name_label must be a text, not the pool"),
        (lambda host: host.run("vm-list", uuid=host.find("pool")[0]), "uuid must be an object of class vm, not the pool"),
        (lambda host: host.get("vm", SURROGATE), "uuid is not UTF-8 text"),
        (lambda host: host.get("vm", host.find("pool")[0]), "must be an object of class vm, not the pool"),
        (lambda host: host.get("vm", "x"), "UUID_INVALID: VM, x"),
        (lambda host: host.find("vm", name_lable="x"), "There is no field of a vm 'name_lable' (did you mean name-label?)"),
        (lambda host: host.find("vm", name_label=SURROGATE), "name_label is not UTF-8 text"),
        (lambda host: host.find("vbd", vm_uuid=host.find("pool")[0]), "vm_uuid must be an object of class vm, not the pool"),
        (lambda host: host.value(host.find("vm")[0], "colour"), "There is no field of a vm 'colour'"),
        (lambda host: host.value("x", "uuid"), "a field is asked of an object, not of a value of type str"),
        (lambda host: host.batch(3), "the lines must be a list of texts, not a value of type int"),
        (lambda host: host.run("vm-list", ["a"]), "the words must be a dict, not a value of type list"),
        (lambda host: host.batch([SURROGATE]), "a line is not UTF-8 text"),
        (lambda host: host.batch([5]), "a line must be a text"),
        (lambda host: host.run("vm-param-set", {"uuid": "x", "name-label": SURROGATE}), "name-label is not UTF-8 text"),
        (lambda host: host.run("vm-param-add", {SURROGATE: "x"}, vm="x", param_name="tags"), "is not UTF-8 text"),
        (lambda host: host.run("vm-param-set", {"name-label": "a"}, vm="x", name_label="b"), "name-label is given twice"),
        (lambda host: host.run("vm-create", {"name_label": "a"}, name_label="b"), "name_label is given twice"),
        (lambda host: host.run("batch", file="/nonexistent"), "The script /nonexistent cannot be read"),
    ],
)  # fmt: skip
def test_so_is_everything_else_that_is_asked(host: Host, call: Any, text: str) -> None:
    with pytest.raises((Misuse, Failure)) as refused:
        call(host)
    assert text in str(refused.value)


SELECTING = [command for command in COMMANDS if command.selector]


@pytest.mark.slow
@pytest.mark.parametrize(
    "others", [{}, {"multiple": True}, {"name_label": "web"}], ids=["alone", "multiple", "a filter"]
)
@pytest.mark.parametrize("command", SELECTING, ids=[command.name for command in SELECTING])
def test_a_selected_object_that_is_none_chooses_nothing(host: Host, command: Command, others: dict[str, Any]) -> None:
    assert command.selector is not None
    cls = command.selector.name
    required = {command.argument(each): "1" for each in command.required if each.name != cls}
    for words, keywords in (({}, {cls: None}), ({cls: None}, {})):
        with pytest.raises(Misuse, match=f"{cls} is None. Give an object, a uuid or a name; .* leave {cls} out"):
            host.run(command.name, words, **keywords, **others, **required)


@pytest.mark.parametrize("absent", [None, "", [], (), {}], ids=repr)
@pytest.mark.parametrize("cls", ["vm", "host"])
def test_no_absent_value_chooses_more_than_is_without_one(host: Host, cls: str, absent: Any) -> None:
    for field in classes.get(cls).fields:
        if field.hidden:
            continue
        without = {"", field.unknown}
        keyword = field.name.replace("-", "_")
        lacking = {
            obj["uuid"] for obj in host.find(cls) if field.show(field.shown(host.value(obj, field.name))) in without
        }
        assert {obj["uuid"] for obj in host.find(cls, **{keyword: absent})} <= lacking, field.name
