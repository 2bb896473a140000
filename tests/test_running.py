"""One act of running: how commands are declared, what their functions get, and which refusals are whose."""

import ast
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_pool import SmallPool

from xe_py import operations
from xe_py.errors import Failure, Misuse
from xe_py.operations import vbd
from xe_py.python import open_host
from xe_py.running import Call, run
from xe_py.schema import command as declarations
from xe_py.schema.command import ALL, ARGUMENTS, CHANGES, HOST, ONE, READS, SR, VM, WORDS, Command, Kind, Selector
from xe_py.schema.fields import Ref, Text
from xe_py.schema.values import KeyedMap

if TYPE_CHECKING:
    from conftest import Xe

PACKAGE = Path(operations.__file__).parent.parent
COMMANDS = [command for name in operations.names() if (command := operations.find(name))]
# What only the command line has: fields by their names, filters, scripts, versions of a file, addresses to listen at.
OF_THE_COMMAND_LINE = {
    "generated.py", "select.py", "event.py", "batch.py", "describe.py", "explain.py", "serve.py",
    "effects/writing.py", "effects/versions.py", *(path.name for path in (PACKAGE / "operations").glob("state*.py")),
}  # fmt: skip


# What is refused as misuse


def raising_misuse(path: Path) -> set[str]:
    """The functions of a module that raise Misuse."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return {
        function.name
        for function in functions
        if any(isinstance(node, ast.Name) and node.id == "Misuse" for node in ast.walk(function))
    }


def test_what_xapi_knows_never_speaks_of_misuse() -> None:
    """A guard or a rule is asked by a server too."""
    for folder in ("xapi", "classes", "state"):
        for path in (PACKAGE / folder).rglob("*.py"):
            assert not raising_misuse(path), path


def test_an_operation_leaves_misuse_to_the_grammar_of_its_command() -> None:
    grammars = {command.grammar.__name__ for command in COMMANDS if command.grammar}
    found: set[str] = set()
    for path in (PACKAGE / "operations").rglob("*.py"):
        if str(path.relative_to(PACKAGE / "operations")) not in OF_THE_COMMAND_LINE:
            assert raising_misuse(path) <= grammars, path
            found |= raising_misuse(path)
    assert found == grammars


def test_whoever_calls_the_function_itself_gets_the_code_of_xapi() -> None:
    pool = SmallPool()
    web = pool.add("web", "vm")
    with pytest.raises(Misuse, match="Empty VBDs can only be made for type=CD"):
        pool.xe("vbd-create vm-uuid=web device=0")
    with pytest.raises(Failure, match="VBD_NOT_REMOVABLE_MEDIA"):
        vbd.create(pool.state, web, "0")


# What a function gets


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_object_comes_first_and_the_others_by_their_keywords(command: Command) -> None:
    parameters = list(inspect.signature(command.run).parameters.values())
    names = {parameter.name for parameter in parameters}
    takes_others = any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters)
    if command.about is not None:
        assert parameters[1].kind == parameters[1].POSITIONAL_OR_KEYWORD
    if command.kind.gets == WORDS:
        assert parameters[-1].name == "words"
        return
    for parameter in command.taken():
        keyword = command.argument(parameter)
        assert parameter is command.about or keyword in names or takes_others, keyword


def test_every_kind_of_command_is_there() -> None:
    kinds = {each for each in vars(declarations).values() if isinstance(each, Kind)}
    assert kinds == {command.kind for command in COMMANDS}


def test_parameters_that_would_have_one_keyword_are_called_otherwise() -> None:
    """As those of the real `vm-migrate`."""
    pool = SmallPool()
    given: dict[str, Any] = {}

    def migrate(_state: object, vm: object, **arguments: object) -> None:
        given.update(arguments, object=vm)

    parameters = (Text("host"), Ref("host-uuid", "host"))
    command = Command("x", migrate, optional=parameters, selector=VM, called={"host-uuid": "to_host"})
    assert list(command.by_argument()) == ["host", "to_host"]
    web, xen1 = pool.add("web", "vm"), pool.named["xen1"]
    run(pool.state, Call(command, {"host": "a name", "to_host": xen1["uuid"]}, filters=[("vm", "web")]))
    assert given == {"host": "a name", "to_host": xen1, "object": web}


# Selectors


def chosen(pool: SmallPool, selector: Selector, *filters: tuple[str, str], multiple: bool = False) -> list[str]:
    """The names of the objects that the filters choose."""
    command = Command("x", lambda _state, obj: [obj.name], kind=READS, selector=selector)
    found: list[str] = run(pool.state, Call(command, filters=filters, multiple=multiple))
    return found


def refused(pool: SmallPool, selector: Selector, *filters: tuple[str, str]) -> str:
    with pytest.raises(Misuse) as raised:
        chosen(pool, selector, *filters)
    assert raised.value.state is pool.state
    assert raised.value.call.command.selector is selector
    return raised.value.text


def test_a_selector_says_how_objects_of_its_class_are_chosen() -> None:
    pool = SmallPool()
    pool.add("xen2", "host", name_label="one", hostname="two")
    for name in ("images", "isos"):
        pool.add(name, "sr", name_label=name)
    assert chosen(pool, SR, ("sr", "isos")) == ["isos"]
    assert chosen(pool, SR, ("sr", pool.named["isos"]["uuid"])) == ["isos"]
    assert chosen(pool, HOST, ("host", "two")) == chosen(pool, HOST, ("host", "one")) == ["one"]
    assert refused(pool, SR, ("sr", "none")) == "Error: No matching hosts found"
    assert refused(pool, HOST, ("host", "none")) == "Error: No matching hosts found"
    assert refused(pool, VM, ("vm", "none")) == "Error: No matching VMs found"
    both = ("name-description", "")
    several = "Error: Multiple matching SRs found. "
    assert refused(pool, SR, both) == f"{several}--multiple required to complete the operation"
    one = f"{several}Operation can only be performed on one SR at a time"
    assert refused(pool, SR.taking(ONE), both) == one
    assert chosen(pool, SR, both, multiple=True) == chosen(pool, SR.taking(ALL), both) == ["images", "isos"]


def test_a_selector_leaves_out_what_it_is_not_asked_for() -> None:
    pool = SmallPool()
    pool.add("web", "vm", name_label="web")
    pool.add("debian", "vm", name_label="debian", is_a_template=True)
    for left_out in VM.leaves_out:
        assert chosen(pool, VM.also(*VM.leaves_out), ("is-a-template", "true")) == ["debian"]
        assert len(VM.also(left_out).leaves_out) == 1
    assert refused(pool, VM, ("vm", "debian")) == "Error: No matching VMs found"


# Parameters that name an object, and keys of a map


def test_a_host_is_named_by_object_uuid_name_or_hostname(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        web = host.run("vm-create", name_label="web")
        xen1 = host.find("host")[0]
        for named in (xen1, xen1.uuid, "xen1", xen1["hostname"]):
            host.run("vm-start", vm=web, on=named)
            assert web["resident-on"] == xen1.uuid
            host.run("vm-shutdown", vm=web, force=True)
        with pytest.raises(Misuse, match="Error: Host xen9 not found"):
            host.run("vm-start", vm=web, on="xen9")
        with pytest.raises(Misuse, match="must be an object of class host"):
            host.run("vm-start", vm=web, on=web)


def test_a_map_with_known_keys_takes_no_other() -> None:
    field = KeyedMap("x", ("a", "b"), otherwise="There is no {} here")
    assert [field.member(key) for key in "ab"] == ["a", "b"]
    with pytest.raises(Misuse, match="Error: There is no c here"):
        field.member("c")


def test_a_key_that_is_there_already_can_be_changed() -> None:
    pool = SmallPool()
    web = pool.add("web", "vm", VCPUs_params={"odd": "1"})
    command = operations.find("vm-param-set")
    assert command is not None
    assert (command.kind.gets, CHANGES.gets) == (WORDS, ARGUMENTS)
    run(pool.state, Call(command, words=[("uuid", web["uuid"]), ("VCPUs-params:odd", "2")]))
    assert web["VCPUs-params"] == {"odd": "2"}
