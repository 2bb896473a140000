"""From commit to commit the index is carried on, in one process and over many: it stays plain, and says the same."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_objects import with_passwords
from torture import draws

from xe_py import classes, operations, running
from xe_py.host import open_host
from xe_py.running import Call
from xe_py.state.state import State
from xe_py.store import store_for
from xe_py.store.files.document import Site, identity
from xe_py.store.index import making
from xe_py.store.index.cache import path_for
from xe_py.store.index.reading import Head, look
from xe_py.store.terms import Settings
from xe_py.store.toml import reader, rewriting
from xe_py.store.toml.render import canonical

if TYPE_CHECKING:
    from conftest import Xe

UUID = "00000000-0000-4000-8000-00000000000a"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "xe"


@pytest.fixture(autouse=True)
def _indexed(xe: "Xe") -> None:
    age(xe)


def age(xe: "Xe") -> None:
    """Make the file old enough to be indexed."""
    then = time.time_ns() - 10 * making.GRAIN
    os.utime(xe.state, ns=(then, then))


def run(state: State, name: str, **arguments: Any) -> Any:
    command = operations.find(name)
    assert command is not None
    return running.run(state, Call(command, arguments))


def judged(path: Path) -> State:
    """The state as the file alone says it."""
    state, findings = reader.judge(reader.read(Site(str(path))))
    assert not findings
    return state


def agree(path: Path, state: State | None = None) -> Head:
    """The index of the file, which says what the file says, as does the state; object by object and list by list."""
    target = os.path.realpath(path)
    head = look(path_for(target, Settings(os.environ)), target, identity(path.stat()))
    assert head is not None
    whole = judged(path)
    for lazy in (head.state(), *([state] if state else ())):
        for cls in classes.sections():
            listed = list(cls.stored)
            rows = [[obj[name] for name in listed] for obj in whole.all(cls.name)]
            assert [[obj[name] for name in listed] for obj in lazy.some(cls.name, tuple(listed))] == rows, cls.name
            for obj in whole.all(cls.name):
                assert lazy.get(cls.name, obj["uuid"]) == obj
                assert lazy.class_of(obj["uuid"]) == cls.name
            last = whole.all(cls.name)[-1:]
            assert [found[1] for found in [lazy.last(cls.name, set())] if found] == [obj["uuid"] for obj in last]
        assert canonical(lazy) == canonical(whole)
    return head


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["", 'tags = ["a", "b"] # by hand\n'], ids=["plain", "not plain"])
@pytest.mark.parametrize("changes", [70, 200])
def test_many_changed_objects_are_no_reason_to_forget_anything(xe: "Xe", changes: int, ending: str) -> None:
    if ending:
        xe.state.write_text(xe.state.read_text() + "\n" + f"[vm.{UUID}]\n" + ending)
        age(xe)
    xe.do("vm-list")
    bases = set()
    with open_host(str(xe.state)) as host:
        made = [host.run("network-create", name_label=f"n{number}") for number in range(changes)]
        host.commit()
        draws(1).shuffle(made)
        for number, network in enumerate(made):
            host.run("network-param-set", {"uuid": network["uuid"], "name-description": "changed"})
            if number % 3 == 2:
                host.run("network-destroy", network=made[number - 1])
            host.commit()
            head = host._opened.document.head  # noqa: SLF001 - what a commit hands to the next
            assert head is not None
            assert head.plain is not bool(ending)
            bases.add(head.token)
            if number % 25 == 0:
                agree(xe.state, host.state)
    assert len(bases) == 1 + changes // 69
    head = agree(xe.state)
    assert head.plain is not bool(ending)
    xe.do("network-create name-label=last")
    assert agree(xe.state).plain is not bool(ending)
    xe.state.write_text(xe.state.read_text().replace('name-label = "last"', 'name-label = "by hand"'))
    assert xe.do("network-list name-label=last --minimal") == ""
    assert xe.do("network-list params=name-label --minimal").split(",")[-1] == "by hand"


@pytest.mark.parametrize("room", [64, 2], ids=["one base", "many bases"])
def test_a_state_that_is_kept_over_commits_stays_true(xe: "Xe", monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    monkeypatch.setattr(making, "_ROOM", room)
    xe.do("vm-create name-label=there")
    with store_for(str(xe.state), os.environ).write("test") as opened:
        state = opened.state
        (sr,) = state.find("sr", type="ext")
        network = state.find("network", bridge="xenbr0")[0]

        def commit() -> None:
            opened.commit()
            assert opened.document.head is not None
            assert opened.document.head.plain
            agree(xe.state, state)

        web = run(state, "vm-create", name_label="web")
        commit()
        vdi = run(state, "vdi-create", sr=sr, name_label="root", virtual_size=1 << 30)
        vbd = run(state, "vbd-create", vm=web, vdi=vdi, device="0")
        commit()
        run(state, "vif-create", vm=web, network=network, device="0", mac="random")
        assert state.sum_of(sr, "vdi.sr-uuid", "virtual-size") == 1 << 30
        commit()
        run(state, "vbd-destroy", vbd=vbd)
        mark = state.mark()
        run(state, "vdi-destroy", vdi=vdi)
        state.rollback(mark)
        commit()
        run(state, "vdi-destroy", vdi=vdi["uuid"])
        commit()
        assert state.class_of(vdi["uuid"]) is None
        assert state.sum_of(sr, "vdi.sr-uuid", "virtual-size") == 0
        (there,) = state.find("vm", name_label="there")
        run(state, "vm-destroy", vm=there)
        commit()
        run(state, "vm-create", name_label="last")
        commit()
    assert xe.do("vm-list is-control-domain=false params=name-label --minimal") == "web,last"


def test_what_is_made_again_with_its_uuid_is_where_the_file_has_it(xe: "Xe") -> None:
    sr = xe.do("sr-create name-label=luns type=dummy")
    first, second = (xe.do(f"vdi-create sr-uuid={sr} name-label={name} virtual-size=1GiB") for name in ("a", "b"))
    xe.do("vm-list")
    again = f"vdi-introduce uuid={first} sr-uuid={sr} type=user location={first} name-label=c"
    for lines in (
        [[f"vdi-forget uuid={first}"], [again]],
        [[f"vdi-forget uuid={first}", again]],
        [[f"vdi-forget uuid={first}"], ["vm-create name-label=between"], [again], [f"vdi-forget uuid={second}"]],
        [[f"vdi-forget uuid={first}", f"sr-introduce uuid={first} name-label=x type=nfs shared=true"]],
    ):
        for together in lines:
            with open_host(str(xe.state)) as host:
                host.batch([f"xe {line}" for line in together])
            agree(xe.state)
    assert xe.do(f"sr-list uuid={first} params=name-label --minimal") == "x"
    assert xe.do(f"vdi-list uuid={first} --minimal") == ""


@pytest.mark.parametrize("ending", ["", 'tags = ["a"] # by hand\n'], ids=["plain", "not plain"])
def test_secrets_are_read_from_the_version_that_is_there(xe: "Xe", cache: Path, ending: str) -> None:
    given = "type=dummy"
    srs = [xe.do(f"sr-create name-label={name} {given}") for name in ("one", "two")]
    one, two = (xe.do(f"pbd-list sr-uuid={sr} --minimal") for sr in srs)
    with_passwords(xe, (one, two), {"cifspassword": "first"})
    if ending:
        xe.state.write_text(xe.state.read_text() + "\n" + f"[vm.{UUID}]\n" + ending)
        age(xe)
    xe.do("vm-list")
    with store_for(str(xe.state), os.environ).write("test") as opened:
        state = opened.state
        run(state, "vm-create", name_label="web")
        opened.commit()
        agree(xe.state)
        pbd = state.need("pbd", one)
        assert pbd["device-config"]["cifspassword"] == "first"
        state.update(pbd, {"device-config": {**pbd["device-config"], "cifspassword": "second"}})
        opened.commit()
        agree(xe.state)
        run(state, "vm-create", name_label="db")
        opened.commit()
        agree(xe.state, state)
        assert [pbd["uuid"] for pbd in state.pointing_at(state.need("sr", srs[1]), "pbd.sr-uuid")] == [two]
        state.delete(state.need("pbd", two))
        opened.commit()
        agree(xe.state, state)
    with store_for(str(xe.state), os.environ).write("test") as opened:
        state = opened.state
        assert state.pointing_at(state.need("sr", srs[1]), "pbd.sr-uuid") == []
        assert state.need("pbd", one)["device-config"]["cifspassword"] == "second"
        run(state, "pbd-unplug", pbd=state.need("pbd", one))
        run(state, "pbd-destroy", pbd=state.need("pbd", one))
        opened.commit()
        assert state.having("pbd", "sr-uuid", srs[0]) == []
        agree(xe.state, state)
    for path in cache.iterdir():
        assert b"cifspassword" not in path.read_bytes()


def test_processes_that_take_turns_hand_the_index_on(xe: "Xe") -> None:
    xe.do("vm-list")
    token = agree(xe.state).token
    for turn in range(20):
        with open_host(str(xe.state)) as host:
            host.run("network-create", name_label=f"a{turn}")
            host.commit()
            host.run("network-create", name_label=f"b{turn}")
        xe.do(f"network-create name-label=c{turn}")
        assert agree(xe.state).token == token
    names = xe.do("network-list params=name-label --minimal").split(",")
    assert names[-60:] == [f"{who}{turn}" for turn in range(20) for who in "abc"]


def test_a_file_so_young_that_it_has_no_index_gets_one_by_the_first_commit(xe: "Xe") -> None:
    soon = time.time_ns() + 60_000_000_000
    os.utime(xe.state, ns=(soon, soon))
    with open_host(str(xe.state)) as host:
        assert host._opened.document.head is None  # noqa: SLF001 - what this is about
        host.run("network-create", name_label="first")
        host.run("network-destroy", network=host.run("network-create", name_label="in between"))
        host.commit()
        head = agree(xe.state, host.state)
        host.run("network-create", name_label="second")
        host.commit()
        assert agree(xe.state, host.state).token == head.token


def test_an_index_that_is_damaged_meanwhile_does_not_stop_a_commit(xe: "Xe", cache: Path) -> None:
    xe.do("vm-list")
    with open_host(str(xe.state)) as host:
        for turn in range(3):
            host.run("network-create", name_label=f"a{turn}")
            host.commit()
            for path in cache.glob("*.base"):
                with path.open("r+b") as file:
                    file.write(bytes(path.stat().st_size))
    assert xe.do("network-list params=name-label --minimal").split(",")[-3:] == ["a0", "a1", "a2"]
    assert xe.do("network-create name-label=after")


@pytest.mark.parametrize(
    "form", ["other-config = {{ {} }}\n", "[vm.{uuid}.other-config]\n{}\n"], ids=["plain", "a table"]
)
def test_a_key_that_goes_and_comes_back_in_one_commit_stands_in_front_everywhere(xe: "Xe", form: str) -> None:
    vm = xe.do("vm-create name-label=web")
    between = ", " if form.startswith("other") else "\n"
    keys = form.format(between.join(f'{key} = "1"' for key in "abc"), uuid=vm)
    xe.state.write_text(re.sub(r"other-config = \{ mac_seed = .*\n", keys, xe.state.read_text()))
    age(xe)
    xe.do("vm-list")
    with open_host(str(xe.state)) as host:
        words = f"uuid={vm} param-name=other-config"
        host.batch([f"xe vm-param-remove {words} param-key=b", f"xe vm-param-add {words} b=1"])
        host.commit()
        assert list(host.get("vm", vm)["other-config"]) == ["b", "a", "c"]
        agree(xe.state, host.state)
        host.run("vm-param-set", vm=vm, name_description="x")
    agree(xe.state)
    assert "other-config (order): a, b, c -> b, a, c" in xe.do("state-diff serial=2.3 to=3")


VM = f'[vm.{UUID}]\nname-label = "first"\n'
BEGINNINGS = {
    "the header": lambda text: text.partition("\n")[2],
    "an empty line": lambda text: "\n" + text.partition("\n")[2],
    "an object": lambda text: VM + text.partition("\n")[2],
    "an object and an empty line": lambda text: VM + "\n" + text,
    "a comment": lambda text: text + VM,
}


@pytest.mark.parametrize("begun", BEGINNINGS.values(), ids=BEGINNINGS)
def test_whatever_a_plain_file_begins_with_a_commit_reads_no_more_than_it_changes(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, begun: Callable[[str], str]
) -> None:
    xe.state.write_text(begun(xe.state.read_text()))
    if UUID not in xe.state.read_text():
        xe.state.write_text(xe.state.read_text() + VM)
    age(xe)
    xe.do("vm-list")
    before = xe.state.read_text()
    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "rewritten", None)
        xe.do(f"vm-param-set uuid={UUID} name-label=changed")
        assert agree(xe.state).plain
        assert xe.state.read_text() == before.replace("serial = 1\n", "serial = 2\n").replace('"first"', '"changed"')
        xe.do(f"vm-destroy uuid={UUID}")
        xe.do("vm-create name-label=second")
    assert agree(xe.state).plain


@pytest.mark.parametrize("room", [0, 64])
def test_what_the_index_lacks_goes_into_the_next_base_as_lacking(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(making, "_ROOM", room)
    monkeypatch.setattr(making, "_SHARE", 1 << 20)
    made = {}
    for value in ("one", "two", "three"):
        made[xe.do(f"secret-create value={value}")] = value
        age(xe)
        assert xe.do("secret-list params=value --minimal").split(",") == list(made.values())
    for uuid, value in made.items():
        assert xe.do(f"secret-list value={value} params=uuid --minimal") == uuid
        assert xe.do(f"secret-param-get uuid={uuid} param-name=value") == value
