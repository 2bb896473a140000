"""Whatever the style of a state file: after each command it says the state, and is still its user's text."""

import os
import random
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_random_walks import COMMANDS, step
from toml_styles import Styled

from xe_py import classes, operations
from xe_py.errors import XeError
from xe_py.fresh.host import fresh_host
from xe_py.state.changes import Change
from xe_py.state.state import State
from xe_py.store.files.document import Document
from xe_py.store.index.cache import path_for
from xe_py.store.index.reading import discard
from xe_py.store.terms import Settings
from xe_py.store.toml import rewriting
from xe_py.store.toml.reader import judge
from xe_py.store.toml.render import canonical
from xe_py.store.toml.rewriting import rewritten
from xe_py.store.toml.splice import splice

if TYPE_CHECKING:
    from conftest import Xe

pytestmark = pytest.mark.slow

COMMON = ("vm-create", "vm-create", "vdi-create", "vbd-create", "vif-create", "vbd-create", "vm-start", "vm-destroy")
OTHERS = [command.name for command in COMMANDS]
NEVER = (0, 0, 0, 1 << 62)


NOTES = {
    "name-label": ("", "web", "é # no comment", "it's"),
    "name-description": ("", "a\nb", "[vm.x]", '"""', "\t\\"),
    "tags": ([], ["a", "b # c", "[d]"], ["e"]),
    "other-config": (
        {},
        {"a": "1"},
        {"a": "2", "b": ""},
        {"b": "1", "c": "", "a": "2"},
        {"a = b": "1", "": "é", "x.y": "z = w"},
    ),
    "xenstore-data": ({}, {"vm-data/x": "}"}),
}
EDIT = "an editor"


def furnished(draw: random.Random) -> State:
    """A pool with some objects, made by chance; some VMs have a single field, a map perhaps."""
    state = fresh_host(name_label='it\'s "a" \\ pool', hosts=draw.choice((1, 2)), nics=2)
    for name in COMMON * 2:
        changed(draw, state, name)
    for name, values in NOTES.items():
        state.add("vm", {name: draw.choice(values)})
    for _ in range(20):
        changed(draw, state, EDIT)
    state.settle()
    return state


def changed(draw: random.Random, state: State, name: str) -> list[Change]:
    """What a command with drawn words changes; nothing if it is refused."""
    mark = state.mark()
    command = operations.find(name)
    if command is None:
        field = draw.choice(list(NOTES))
        state.update(draw.choice(state.all("vm")), {field: draw.choice(NOTES[field])})
        return state.changes(mark)
    try:
        step(draw, state, command)
    except XeError:
        return []
    return state.changes(mark)


def in_order(value: Any) -> Any:
    """The value in such a form that the order of a map's keys counts where it is compared."""
    return list(value.items()) if isinstance(value, dict) else value


def said(data: bytes) -> dict[str, Any]:
    """What tomllib reads: the fields of each object that differ from their defaults, moments as xe has them."""
    tables = tomllib.loads(data.decode().removeprefix("\ufeff"))
    header = tables.pop("state")
    return {"state": header, **{
        (cls, uuid): {
            name: value.astimezone(UTC).strftime("%Y%m%dT%H:%M:%SZ") if isinstance(value, datetime) else in_order(value)
            for name, value in fields.items()
            if name in classes.get(cls).stored and value != classes.get(cls).defaults[name]
        }
        for cls, objects in tables.items()
        for uuid, fields in objects.items()
    }}  # fmt: skip


def meant(state: State, serial: int) -> dict[str, Any]:
    """The same of a state in memory; a file need not hold a default template that nobody changed."""
    return {"state": {**state.header, "serial": serial}, **{
        (cls.name, obj["uuid"]): {name: in_order(value) for name, value in obj.items() if name != "uuid"}
        for cls in classes.sections()
        for obj in state.all(cls.name)
        if not state.is_delivered(obj)
    }}  # fmt: skip


def differing(one: bytes, other: bytes) -> int:
    """How many lines of the two differ, which have as many."""
    return sum(line != changed for line, changed in zip(one.split(b"\n"), other.split(b"\n"), strict=True))


def walk(seed: int, steps: int) -> int:
    """Commands one after the other on a file in a drawn style; how many changed it."""
    draw = random.Random(seed)  # noqa: S311 - a walk that can be walked again
    styled = Styled(draw, tomllib.loads(canonical(furnished(draw))))
    data, owners = styled.data, styled.owners
    state, found = judge(Document("text", "text", NEVER, text=data.decode()))
    assert not found
    serial = state.header["serial"]
    assert said(data) == meant(state, serial)
    put_back = rewritten(Document("text", "text", NEVER, text=data.decode()), state, [], serial + 1)
    assert differing(data, put_back) == 1  # The line of the serial.
    done = 0
    for _ in range(steps):
        changes = changed(draw, state, draw.choice((*COMMON, *OTHERS, *[EDIT] * len(OTHERS))))
        if not changes:
            continue
        done += 1
        serial += 1
        data = rewritten(Document("text", "text", NEVER, text=data.decode()), state, changes, serial)
        assert said(data) == meant(state, serial)
        touched = {(change.cls.name, change.uuid) for change in changes}
        owners = {comment: owner for comment, owner in owners.items() if owner not in touched}
        lost = [comment for comment in owners if comment not in data.decode()]
        assert not lost, (lost, owners[lost[0]])
        assert data.count(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf") == bool(styled.mark)
        assert styled.breaks != ("\r\n",) or data.count(b"\n") == data.count(b"\r\n")
    return done


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 30))
def test_in_any_style_the_file_says_the_state_and_keeps_its_comments(seed: int) -> None:
    walk(seed, 12)


def test_the_walks_change_files() -> None:
    assert sum(walk(seed, 12) for seed in range(3)) > 9


@pytest.mark.parametrize("seed", range(6))
def test_the_index_of_a_file_in_any_style_says_what_the_file_says(xe: "Xe", seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - as above
    xe.state.write_bytes(Styled(draw, tomllib.loads(canonical(furnished(draw)))).data)
    change = "vm-param-set uuid={vm} name-description=x other-config:new=1 other-config:a=4 xenstore-data:vm-data/x=5"
    for line in ("vm-create name-label=new", change, "vm-destroy uuid={vm}"):
        _age(xe.state)
        xe.do("vm-list")
        vms = xe.do("vm-list power-state=halted --minimal").split(",")
        for vm in vms if line is change else vms[-1:]:
            done = xe(line, vm=vm)
            assert not done.status or "A key of other-config must have at least one letter" in done.err, done.err
        kept = [xe.do(f"{name}-list params=all") for name in classes.names()]
        discard(path_for(str(xe.state), Settings(os.environ)))
        assert [xe.do(f"{name}-list params=all") for name in classes.names()] == kept


def _age(path: Path) -> None:
    """Of so young a file no index is made."""
    os.utime(path, ns=(path.stat().st_mtime_ns - 10**9,) * 2)


A, B, NEW = (f"00000000-0000-4000-8000-00000000000{digit}" for digit in "abc")
# What a file has, a change, and what it has then; `A` and `B` stand for uuids.
FORMS = {
    "a class table of dotted keys": (
        '[vm]\n# a\nA.name-label = "a" # is a\n# b\nB.name-label = "b"\n',
        {"name-description": "x", "tags": ["t"]},
        '[vm]\n# a\nA.name-label = "a" # is a\nA.name-description = "x"\nA.tags = [\n    "t",\n]\n# b\nB.name-label = "b"\n',
    ),
    "a class table of values": (
        '[vm]\nA = { name-label = "a" } # is a\nB = { name-label = "b" }\n',
        {"name-label": "", "tags": ["s", "t"]},
        '[vm]\nA = { tags = ["s", "t"] } # is a\nB = { name-label = "b" }\n',
    ),
    "the last of the dotted keys": (
        '[vm]\nA.name-label = "a" # is a\nB.name-label = "b"\n',
        {"name-label": ""},
        '[vm]\nA = {}\nB.name-label = "b"\n',
    ),
    "a map of dotted keys": (
        '[vm.A]\nother-config.x = "1" # is x\nother-config.y = "2"\n[vm.B]\nname-label = "b"\n',
        {"other-config": {"z": "4", "x": "3"}},
        '[vm.A]\nother-config.z = "4"\nother-config.x = "3" # is x\n[vm.B]\nname-label = "b"\n',
    ),
    "a map as a table": (
        '[vm.A]\n[vm.A.other-config] # of a\nx = "1"\n[vm.B]\nname-label = "b"\n',
        {"other-config": {"a b": "2", "x": "1"}, "name-label": "a"},
        '[vm.A]\nname-label = "a"\n[vm.A.other-config] # of a\n"a b" = "2"\nx = "1"\n[vm.B]\nname-label = "b"\n',
    ),
    "a key that comes in front, as it changes": (
        '[vm.A]\n[vm.A.other-config]\n# of x\nx = "1" # is x\n\n# of y\ny = "2" # is y\nz = "3"\n',
        {"other-config": {"n": "0", "y": "4", "x": "1", "z": "3"}},
        '[vm.A]\n[vm.A.other-config]\nn = "0"\ny = "4" # is y\n# of x\nx = "1" # is x\n\n# of y\nz = "3"\n',
    ),
    "keys in another order": (
        '[vm.A]\nother-config.x = "1" # is x\nother-config.y = "2"\n',
        {"other-config": {"y": "2", "x": "1"}},
        '[vm.A]\nother-config.y = "2"\nother-config.x = "1" # is x\n',
    ),
    "keys in another order on one line": (
        '[vm.A]\nother-config = { x = "1", y = "2" }\n',
        {"other-config": {"y": "2", "x": "1"}},
        '[vm.A]\nother-config = { y = "2", x = "1" }\n',
    ),
    "nothing but a map as a table": (
        '[vm.B]\nname-label = "b"\n# of a\n[vm.A.other-config]\nx = "1" # is x\n',
        {"name-label": "a"},
        '[vm.B]\nname-label = "b"\n# of a\n[vm.A]\nname-label = "a"\n[vm.A.other-config]\nx = "1" # is x\n',
    ),
    "a table that is gone, beside a class table": (
        '[vm]\nB = { name-label = "b" }\n\n# of a\n[vm.A]\nname-label = "a"\n# the end\n',
        None,
        '[vm]\nB = { name-label = "b" }\n\n# of a\n# the end\n',
    ),
    "dotted keys that are gone": (
        '[vm]\n# a\nA.name-label = "a"\nA.other-config.x = "1"\nB.name-label = "b"\n', None, '[vm]\n# a\nB.name-label = "b"\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "change", "after"), FORMS.values(), ids=FORMS)
def test_an_object_keeps_the_form_it_is_written_in(before: str, change: dict[str, Any] | None, after: str) -> None:
    head = '[state]\nformat = 2\nlineage = "x"\nserial = {}\nrules = "xapi"\n\n'
    before, after = (head.format(serial) + _with_uuids(text) for serial, text in ((5, before), (6, after)))
    document = Document("text", "text", NEVER, text=before)
    state = judge(document)[0]
    vm = state.need("vm", A)
    if change is None:
        state.delete(vm)
    else:
        state.update(vm, change)
    assert rewritten(document, state, state.changes(), 6).decode() == after


PLACES = {
    "behind a class table": ('[vm]\nA.name-label = "a"\nB = {}\n# end\n', '[vm]\nA.name-label = "a"\nB = {}\nNEW# end\n'),
    "behind a class table before its class": (
        '[sr]\nA.name-label = "s"\nB.name-label = "t"\n\n[vbd]\n', '[sr]\nA.name-label = "s"\nB.name-label = "t"\nNEW\n[vbd]\n'),
    "within a class that is a value": (
        'vm = { A = { name-label = "a" } } # all\n', 'vm = { A = { name-label = "a" }, C = { name-label = "new" } } # all\n'),
    "behind keys at the top": ('vm.A.name-label = "a"\n', 'vm.A.name-label = "a"\nNEW'),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=PLACES)
def test_a_new_object_is_a_table_behind_the_section_of_its_class(before: str, after: str) -> None:
    head = 'state = { format = 2, lineage = "x", serial = SERIAL, rules = "xapi" }\n'
    text = head.replace("SERIAL", "5") + _with_uuids(before)
    document = Document("text", "text", NEVER, text=text)
    state = judge(document)[0]
    state.add("vm", {"name-label": "new"}, NEW)
    new = f'\n[vm.{NEW}]\nname-label = "new"\n'
    expected = head.replace("SERIAL", "6") + _with_uuids(after.replace("NEW", "\0")).replace("\0", new)
    assert rewritten(document, state, state.changes(), 6).decode() == expected


def test_a_class_that_is_an_empty_value_takes_its_first_object() -> None:
    text = 'vm = {}\n\n[state]\nformat = 2\nlineage = "x"\nserial = 5\nrules = "xapi"\n'
    document = Document("text", "text", NEVER, text=text)
    state = judge(document)[0]
    state.add("vm", {"name-label": "new"}, NEW)
    written = rewritten(document, state, state.changes(), 6).decode()
    assert written.startswith(f'vm = {{ {NEW} = {{ name-label = "new" }} }}\n\n[state]\n')


def test_a_secret_in_a_table_of_its_own_is_found_behind_the_index(xe: "Xe") -> None:
    sr = xe.do(
        "sr-create name-label=n type=nfs device-config:server=s device-config:serverpath=/p device-config:password=x"
    )
    pbd = xe.do(f"pbd-list sr-uuid={sr} --minimal")
    text = re.sub(r"device-config = \{ server = .*\n", "", xe.state.read_text())
    xe.state.write_text(f'{text}\n[pbd.{pbd}.device-config]\nserver = "s"\nserverpath = "/p"\npassword = "x"\n')
    _age(xe.state)
    for _ in range(2):
        assert xe.do(f"pbd-param-get uuid={pbd} param-name=device-config param-key=server") == "s"
    xe.do(f"pbd-param-set uuid={pbd} other-config:a=b")
    assert 'password = "x"\n' in xe.state.read_text()


def _with_uuids(text: str) -> str:
    for letter, uuid in zip("ABC", (A, B, NEW), strict=True):
        text = re.sub(rf"\b{letter}\b", uuid, text)
    return text


def test_what_would_not_say_the_state_is_not_written(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    """A splicer that loses a line stands for the fault that nobody has found yet."""
    xe.state.write_text(xe.state.read_text() + f"[vm]\n{A}.name-label = 'a'\n")
    monkeypatch.setattr(rewriting, "splice", lambda *words: splice(*words).replace("name-label = 'a'", "tags = []"))
    refused = xe("vm-create name-label=web")
    assert refused.status == 3
    assert f"The change does not fit into {xe.state} as it is written. Nothing was changed." in refused.err
    monkeypatch.undo()
    xe.do("vm-create name-label=web")
