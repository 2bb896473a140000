"""After an edit by hand, only what differs is read and judged, and the outcome is that of a full read."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from torture import draws

from xe_py import classes
from xe_py.errors import StateFileError
from xe_py.store import store_for
from xe_py.store.files.document import Site, identity
from xe_py.store.index import making, stretches
from xe_py.store.index.cache import path_for
from xe_py.store.index.reading import Head, look
from xe_py.store.terms import Settings
from xe_py.store.toml import reader
from xe_py.store.toml.render import canonical

if TYPE_CHECKING:
    from conftest import Xe

Edit = Callable[[str], str]
NEW = "0000000a-0000-4000-8000-00000000000a"


@pytest.fixture(autouse=True)
def _indexed(xe: "Xe", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of a state with some objects, of many short stretches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(stretches, "_LEAST", 300)
    monkeypatch.setattr(stretches, "_MOST", 100)
    script = tmp_path / "made.sh"
    script.write_text(
        "".join(f"xe network-create name-label=n{number}\nxe vm-create name-label=vm{number}\n" for number in range(8))
        + "VM=$(xe vm-create name-label=web)\nSR=$(xe sr-list type=ext --minimal)\n"
        "VDI=$(xe vdi-create sr-uuid=$SR name-label=root virtual-size=1GiB)\n"
        "xe vbd-create vm-uuid=$VM vdi-uuid=$VDI device=0\n"
    )
    xe.do(f"batch {script}")
    age(xe)
    xe.do("vm-list")


def age(xe: "Xe") -> None:
    """Make the file old enough to be indexed."""
    then = time.time_ns() - 10 * making.GRAIN
    os.utime(xe.state, ns=(then, then))


def table(text: str, name: str) -> str:
    """The table with this name-label, with the empty line behind it."""
    (found,) = (
        each for each in re.findall(r"\[[^\]\n]+\]\n(?:[^\[\n].*\n)*\n?", text) if f'name-label = "{name}"' in each
    )
    assert isinstance(found, str)
    return found


def replaced(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


def without(*names: str) -> Edit:
    def edit(text: str) -> str:
        for name in names:
            text = text.replace(table(text, name), "")
        return text

    return edit


def network(name: str) -> str:
    return f'[network.{NEW}]\nname-label = "{name}"\nbridge = "new"\n'


def with_line(name: str, line: str) -> Edit:
    """With a further line in the table with this name."""
    return lambda text: text.replace(f'name-label = "{name}"\n', f'name-label = "{name}"\n{line}\n')


def swapped(one: str, other: str) -> Edit:
    def edit(text: str) -> str:
        first, second = table(text, one), table(text, other)
        return text.replace(first, "\0").replace(second, first).replace("\0", second)

    return edit


CAUGHT: dict[str, Edit] = {
    "a value": replaced('"vm3"', '"www"'),
    "values far apart": lambda text: text.replace('"vm1"', '"a"').replace('"n7"', '"b"').replace('"root"', '"c"'),
    "a value in every VM": lambda text: re.sub(r'"vm(\d)"', r'"a longer name \1"', text),
    "a further field": with_line("vm2", 'name-description = "by hand"'),
    "a field at its default": with_line("vm2", 'name-description = ""'),
    "a field less": replaced('name-label = "vm5"\n', ""),
    "a list": with_line("vm2", 'tags = [\n    "b",\n    "a",\n]'),
    "a comment at the end": lambda text: text + "# by hand\n",
    "a comment at the beginning": lambda text: "# by hand\n" + text,
    "a comment between tables": lambda text: text.replace(table(text, "vm4"), "# here\n" + table(text, "vm4")),
    "an empty line": lambda text: text.replace(table(text, "vm4"), "\n" + table(text, "vm4")),
    "a table less": without("n3"),
    "tables less": without("n0", "n5", "n6", "vm7"),
    "the last table less": without("n7"),
    "a table more": lambda text: text.replace(table(text, "n7"), table(text, "n7") + network("new") + "\n"),
    "a table more at the end": lambda text: text + "\n" + network("new"),
    "one more and one less": lambda text: without("n2")(text) + "\n" + network("new"),
    "one renamed, one less": lambda text: without("n2")(text).replace('"n3"', '"n2"'),
    "the serial": lambda text: re.sub(r"serial = \d+", "serial = 77", text),
    "nothing": lambda text: text,
}
"""Edits after which only what differs is read."""

LEFT: dict[str, Edit] = {
    "tables in another order": swapped("n2", "n5"),
    "neighbours in another order": swapped("n2", "n3"),
    "a new table in the middle": lambda text: text.replace(
        table(text, "n3"), network("new") + "\n" + table(text, "n3")
    ),
    "another set of rules": replaced('rules = "strict"', 'rules = "xapi"'),
    "a text over several lines": with_line("vm2", 'name-description = """\na\nb"""'),
    "an inline table": lambda text: text + f"\n[network]\n{NEW} = {{ name-label = 'new' }}\n",
    "no line break at the end": lambda text: text.rstrip("\n"),
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "a value out of range": with_line("vm2", "VCPUs-max = 0"),
    "a field of no class": with_line("vm2", "colour = 3"),
    "a value of another kind": with_line("vm2", "tags = 3"),
    "a class that there is not": lambda text: text + f"\n[disk.{NEW}]\n",
    "no uuid": lambda text: text + "\n[network.here]\n",
    "a reference to nothing": lambda text: text.replace(table(text, "root"), ""),
    "a uuid in capitals": lambda text: text + "\n" + network("new").replace(NEW, NEW.upper()) + "\n" + network("n"),
    "no pool": lambda text: re.sub(r"\[pool\.[^\]\n]+\]\n(?:[^\[\n].*\n)*\n?", "", text),
}
"""Edits after which the file is read in full."""

BROKEN: dict[str, Edit] = {
    "a table twice": lambda text: text + "\n" + table(text, "n3"),
    "one table twice, another one gone": lambda text: without("n5")(text) + "\n" + table(text, "n3"),
    "a table twice in the place of another": lambda text: text.replace(table(text, "n5"), table(text, "n3")),
    "no header": lambda text: text.partition("[state]")[0] + text.partition("serial")[2].partition("\n")[2],
    "a quote less": replaced('"vm3"', '"vm3'),
    "a text that nobody closes": replaced('"vm3"', '"""vm3'),
    "nothing at all": lambda _text: "",
}
"""Edits after which the file is no state."""


def edit(xe: "Xe", change: Edit) -> None:
    xe.state.write_bytes(change(xe.state.read_bytes().decode()).encode())
    age(xe)


def outcome(state: Any, findings: list[Any]) -> Any:
    """What can be said of a state that was read."""
    wrong = [(each.cls, each.uuid, each.field, each.failure.code, each.text) for each in findings]
    return canonical(state), {cls: [obj["uuid"] for obj in state.all(cls)] for cls in classes.order()}, wrong


def index(xe: "Xe") -> Head | None:
    """The index, if it is of the present version."""
    target = os.path.realpath(xe.state)
    return look(path_for(target, Settings(os.environ)), target, identity(xe.state.stat()))


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The documents that are read in full meanwhile."""
    judged: list[Any] = []
    judge = reader.judge

    def noted(document: Any) -> Any:
        judged.append(document)
        return judge(document)

    with monkeypatch.context() as patched:
        patched.setattr(reader, "judge", noted)
        yield judged


def check(xe: "Xe", monkeypatch: pytest.MonkeyPatch, *, full: bool) -> None:
    """The file reads as in full, whether it is or not; then, and if it is read once more."""
    expected = outcome(*reader.judge(reader.read(Site(str(xe.state)))))
    for again in range(2):
        with counting(monkeypatch) as judged:
            opened = store_for(str(xe.state), os.environ).read()
        assert outcome(opened.state, opened.findings) == expected
        assert len(judged) == (full and not again)
    head = index(xe)
    if head is not None:
        assert bool(head.stretches) is head.plain
        assert not head.stretches or stretches.compared(head.stretches, xe.state.read_bytes()).gaps == []


@pytest.mark.parametrize("name", CAUGHT)
def test_only_what_differs_is_read(xe: "Xe", name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(xe, CAUGHT[name])
    check(xe, monkeypatch, full=False)


@pytest.mark.parametrize("name", LEFT)
def test_anything_else_is_read_in_full(xe: "Xe", name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(xe, LEFT[name])
    check(xe, monkeypatch, full=True)


def test_secrets_are_not_in_the_index_so_their_objects_are_read_in_full(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch
) -> None:
    xe.do("sr-create name-label=nas type=smb shared=true device-config:server=//nas/a device-config:password=secret")
    edit(xe, replaced('"secret"', '"other"'))
    check(xe, monkeypatch, full=True)


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_state_is_refused_as_ever(xe: "Xe", name: str) -> None:
    edit(xe, BROKEN[name])
    with pytest.raises(StateFileError) as expected:
        reader.judge(reader.read(Site(str(xe.state))))
    with pytest.raises(StateFileError) as refused:
        store_for(str(xe.state), os.environ).read()
    assert str(refused.value) == str(expected.value)


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is read in full meanwhile."""

    def judge(document: Any) -> Any:
        pytest.fail(f"{document.path} was read in full")

    monkeypatch.setattr(reader, "judge", judge)


@pytest.mark.usefixtures("forbidden")
def test_an_undo_reads_what_differs(xe: "Xe") -> None:
    before = xe.state.read_text()
    xe.do("vm-param-set uuid={vm} name-label=www", vm=xe.do("vm-list name-label=vm3 --minimal"))
    xe.do("network-destroy uuid={network}", network=xe.do("network-list name-label=n7 --minimal"))
    after = xe.state.read_text()
    assert xe.do("state-undo").startswith("Restored")
    assert xe.do("network-list name-label=n7 --minimal")
    assert xe.do("state-undo").startswith("Restored")
    assert [re.sub(r"serial = \d+", "", xe.state.read_text())] == [re.sub(r"serial = \d+", "", after)]
    serial = re.findall(r"serial = (\d+)", before)[0]
    assert xe.do(f"state-undo serial={serial}").startswith("Restored")
    assert re.sub(r"serial = \d+", "", xe.state.read_text()) == re.sub(r"serial = \d+", "", before)
    assert xe.do("vm-list name-label=vm3 --minimal")
    head = index(xe)
    assert head is not None
    assert canonical(head.state()) == xe.state.read_text()


@pytest.mark.usefixtures("forbidden")
def test_an_undo_of_an_edit_by_hand_reads_what_differs(xe: "Xe") -> None:
    xe.do("network-create name-label=more")
    before = xe.state.read_text()
    edit(xe, CAUGHT["values far apart"])
    assert xe.do("state-undo").startswith("Restored")
    assert re.sub(r"serial = \d+", "", xe.state.read_text()) == re.sub(r"serial = \d+", "", before)


@pytest.mark.usefixtures("forbidden")
def test_a_checkout_of_another_version_reads_what_differs(xe: "Xe") -> None:
    before = xe.state.read_text()
    xe.do("network-create name-label=more")
    xe.do("vm-start vm=web")
    edit(xe, lambda _: before)
    assert not xe.do("network-list name-label=more --minimal")
    assert xe.do("vm-list power-state=halted name-label=web --minimal")


@pytest.mark.usefixtures("forbidden")
def test_a_change_after_an_edit_keeps_both(xe: "Xe") -> None:
    edit(xe, CAUGHT["values far apart"])
    xe.do("vm-start vm=web")
    assert xe.do("vm-list name-label=a --minimal")
    head = index(xe)
    assert head is not None
    assert stretches.compared(head.stretches, xe.state.read_bytes()).gaps == []
    assert canonical(head.state()) == xe.state.read_text()


@pytest.mark.usefixtures("forbidden")
def test_a_file_that_was_written_just_now_is_read_but_its_index_is_not_kept(xe: "Xe") -> None:
    xe.state.write_text(CAUGHT["values far apart"](xe.state.read_text()))
    soon = time.time_ns() + 60_000_000_000
    os.utime(xe.state, ns=(soon, soon))
    assert xe.do("vm-list name-label=a --minimal")
    assert index(xe) is None


@pytest.mark.usefixtures("forbidden")
def test_a_check_of_what_is_known_to_be_sound_reads_no_file(xe: "Xe") -> None:
    assert xe.do("state-check").startswith("The state is sound: ")
    edit(xe, CAUGHT["a table more"])
    assert xe.do("state-check").startswith("The state is sound: ")


def test_a_full_check_reads_the_file(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    known = xe.do("state-check")
    with counting(monkeypatch) as judged:
        assert xe.do("state-check full=true") == known
    assert len(judged) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_edited_it_reads_as_in_full(xe: "Xe", seed: int) -> None:
    """Several edits at once, one after the other, sound or not."""
    random = draws(seed)
    every = [*CAUGHT.values(), *LEFT.values(), *BROKEN.values()]
    original = xe.state.read_text()
    for _ in range(8):
        text = original
        for change in random.choices(every[: random.choice((len(CAUGHT), len(every)))], k=random.randint(1, 4)):
            try:
                text = change(text)
            except (AssertionError, ValueError):
                continue
        edit(xe, lambda _, text=text: text)
        try:
            expected = outcome(*reader.judge(reader.read(Site(str(xe.state)))))
        except StateFileError:
            with pytest.raises(StateFileError):
                store_for(str(xe.state), os.environ).read()
            continue
        opened = store_for(str(xe.state), os.environ).read()
        assert outcome(opened.state, opened.findings) == expected


@pytest.mark.parametrize(
    "name", ["a value out of range", "a field of no class", "a value of another kind", "no pool", "no uuid"]
)
@pytest.mark.parametrize("line", ["vm-list", "vm-list --json", "vm-create name-label=x", "state-check", "state-show"])
def test_an_unsound_file_is_read_in_full_only_once(
    xe: "Xe", name: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(xe, LEFT[name])
    expected = xe.run(line.split(), partial=True)
    with counting(monkeypatch) as judged:
        assert xe.run(line.split(), partial=True) == expected
    assert judged == []
    assert expected.err or expected.status


def test_an_edit_that_is_mended_costs_no_full_read(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    before = xe.state.read_text()
    edit(xe, LEFT["a value out of range"])
    xe.run(["vm-list"], partial=True)
    edit(xe, lambda _: before + "# mended\n")
    with counting(monkeypatch) as judged:
        xe.do("vm-create name-label=more")
    assert judged == []


def test_the_index_of_an_unsound_file_goes_with_the_file(xe: "Xe", tmp_path: Path) -> None:
    edit(xe, LEFT["a value out of range"])
    xe.run(["vm-list"], partial=True)
    assert sorted(path.name.rpartition("toml")[2] for path in (tmp_path / "cache" / "xe").iterdir()) == [
        ".base",
        ".head",
        ".unsound.base",
        ".unsound.head",
    ]
