"""What every store promises (`xe_py.store.promise`), held for the file and for a small store in memory.

A new store is one more entry in STORES.
"""

import io
import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from xe_py.errors import NoRoomError, StaleError, StateFileError, UnsoundStateError
from xe_py.fresh.host import fresh_host
from xe_py.state.changes import Change, Committed
from xe_py.state.core import Finding, findings
from xe_py.state.state import State
from xe_py.store import store_for, surely
from xe_py.store.terms import Outcome
from xe_py.store.toml.reader import read_back
from xe_py.store.toml.render import canonical

UUID = "11111111-2222-4333-8444-555555555555"
DISK = "11111111-2222-4333-8444-666666666666"
OTHER = "11111111-2222-4333-9444-777777777777"

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import BinaryIO, Self

    from xe_py.store.promise import Content, Opened, Store, Version
    from xe_py.store.terms import Placed


class Kept:
    """A version in memory: its text, and who wrote it."""

    when, who, is_commit = "2026-11-22T09:00:00Z", "somebody", True

    def __init__(self, text: str, serial: int, place: int, command: str) -> None:
        self.text, self.serial, self.command = text, serial, command
        self.name = self.full_name = f"{serial}.{place}"
        self.is_present = True


class MemoryContent:
    """Bytes of a disk in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def spans(self, start: int = 0) -> "Iterator[range]":
        if start < len(self._data):
            yield range(start, len(self._data))

    def read(self, span: range) -> bytes:
        return self._data[span.start : span.stop].ljust(len(span), b"\0")

    def copy_to(self, file: int, span: range) -> None:
        os.pwrite(file, self.read(span), span.start)


class MemoryDraft:
    """Bytes that are being written; nothing is kept where it only counts."""

    def __init__(self, *, counts: bool) -> None:
        self.data = b""
        self._counts = counts

    def take(self, source: "BinaryIO", most: int, done: "Callable[[int], None]") -> int:
        data = source.read(most + 1)
        self.data = b"" if self._counts else data
        done(len(data))
        return len(data)

    def follow(self, content: "Content", start: int) -> None:
        for span in content.spans(start):
            self.data = b"" if self._counts else self.data.ljust(span.start, b"\0") + content.read(span)


class MemoryContents:
    """Contents and drafts in memory, by name."""

    def __init__(self, kept: dict[str, bytes], versions: list[Kept], *, writer: bool) -> None:
        self._kept, self._texts, self._writer = kept, versions, writer
        self._drafts: dict[str, MemoryDraft] = {}

    def open(self, name: str | None) -> MemoryContent:
        draft = self._drafts.get(name or "")
        return MemoryContent(draft.data if draft else self._kept.get(name or "", b""))

    def draft(self, name: str) -> MemoryDraft:
        self._drafts[name] = MemoryDraft(counts=not self._writer)
        return self._drafts[name]

    def discard(self, name: str) -> None:
        del self._drafts[name]

    def sizes(self) -> "Mapping[str, int]":
        return {name: len(data) for name, data in self._kept.items()}

    def past(self) -> "Mapping[str, int]":
        return self._but(self._texts[-1:])

    def strays(self) -> "Mapping[str, int]":
        return self._but(self._texts)

    def _but(self, versions: "Sequence[Kept]") -> "Mapping[str, int]":
        texts = "".join(version.text for version in versions)
        return {name: size for name, size in self.sizes().items() if name not in texts}

    def missing(self, names: "Iterable[str]") -> set[str]:
        return set(names) - self._kept.keys() - self._drafts.keys()

    def keep(self, text: str) -> None:
        self._kept.update({name: draft.data for name, draft in self._drafts.items() if name in text})
        self._drafts.clear()


class MemoryOpened:
    """A state in memory. Nobody waits for a lock: a commit that comes too late is stale."""

    def __init__(self, store: "MemoryStore", version: Kept, command: str) -> None:
        self._store, self._version, self._command = store, version, command
        self.name = store.name
        self.contents = MemoryContents(store.disks, store.kept, writer=bool(command))
        self.state = self._state()

    def _state(self) -> State:
        state = _state_in(self._version.text, self._store.title)
        state.contents_from = lambda: self.contents
        return state

    @property
    def findings(self) -> list[Finding]:
        return list(findings(self.state))

    def commit(self) -> Committed:
        if not self._command:
            raise StateFileError(f"{self.name} is not open for writing.")
        changes = self.state.changes()
        if not changes and not self.state.header_changed():
            return Committed(self.state.serial, [])
        if self._store.kept[-1] is not self._version:
            raise StaleError
        for _, name, part in self.state.parts:
            self._store.beside[name] = MemoryStore(name)
            self._store.beside[name].create(part, self._command)
        committed = self.state.settle(changes)
        self._version = self._store.keep(self.state, self._command)
        self.contents.keep(self._version.text)
        return committed

    def refresh(self) -> None:
        changes, header, parts = self.state.changes(), self.state.header, self.state.parts
        self._version = self._store.kept[-1]
        self.state = self._state()
        self.state.repeat(changes, header)
        for _, name, part in parts:
            self.state.split_off(name, part)

    def give_way(self, to: "Store") -> None:
        if not self._command:
            raise StateFileError(f"{self.name} is not open for writing.")
        assert isinstance(to, MemoryStore)
        self._store.leads_to = to

    def is_current(self) -> bool:
        return self._store.kept[-1] is self._version

    def wait_for_next(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.is_current():
            time.sleep(0.01)

    def places(self, found: "Sequence[Placed]") -> list[str]:
        return [self.name for _ in found]

    def unsound(self, *, whole: bool = False) -> UnsoundStateError:
        return UnsoundStateError(self, whole=whole)


class MemoryStore:
    """Texts of states, the newest last."""

    def __init__(self, name: str) -> None:
        self.name, self.title, self.place = name, f"memory: {name}", name
        self.leads_to: MemoryStore | None = None
        self.beside: dict[str, MemoryStore] = {}
        self.kept: list[Kept] = []
        self.disks: dict[str, bytes] = {}

    @property
    def contents(self) -> MemoryContents:
        return MemoryContents(self.disks, self.kept, writer=False)

    def keep(self, state: State, command: str) -> Kept:
        for each in self.kept:
            each.is_present = False
        self.kept.append(Kept(canonical(state), state.serial, len(self.kept), command))
        return self.kept[-1]

    def read(self, *, whole: bool = False) -> MemoryOpened:
        del whole
        return self.opened("")

    def opened(self, command: str) -> MemoryOpened:
        if self.leads_to is not None:
            return self.leads_to.opened(command)
        if not self.kept:
            raise StateFileError(f"There is no state in {self.name}.")
        return MemoryOpened(self, self.kept[-1], command)

    @contextmanager
    def write(self, command: str) -> "Iterator[Opened]":
        yield self.opened(command)

    def create(self, state: State, command: str, *, force: bool = False) -> None:
        self.may_create(force=force)
        self.keep(state, command)

    def may_create(self, *, force: bool) -> None:
        if self.kept and not force:
            raise StateFileError(f"There is a state in {self.name} already.")

    def versions(self) -> "Sequence[Version]":
        self.opened("")
        return list(self.kept)

    def state_of(self, version: "Version") -> MemoryOpened:
        return MemoryOpened(self, next(each for each in self.kept if each.full_name == version.full_name), "")

    def restore(self, choose: "Callable[[Sequence[Version]], Version]", command: str) -> int:
        state = self.state_of(choose(self.versions())).state
        state.header = {**state.header, "serial": self.kept[-1].serial + 1}
        return self.keep(state, command).serial

    def watch(self, serial: int) -> Committed | None:
        from xe_py.state.differences import between

        found = [each for each in self.kept if each.serial == serial]
        if len(found) != 1:
            return None
        return Committed(self.kept[-1].serial, between(self.state_of(found[0]).state, self.read().state))


def _state_in(text: str, title: str) -> State:
    state = read_back(text)
    assert state is not None
    state.origin = title
    return state


STORES: "dict[str, Callable[[Path], Store]]" = {
    "file": lambda folder: store_for(
        str(folder / "host.toml"), {"XDG_CACHE_HOME": str(folder / "cache"), "XE_LOCK_TIMEOUT": "0"}
    ),
    "memory": lambda folder: MemoryStore(str(folder)),
}


def fresh() -> State:
    state = fresh_host()
    state.header = {**state.header, "serial": 0}
    return state


@pytest.fixture(params=STORES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> "Store":
    made: Store = STORES[request.param](tmp_path)
    return made


@pytest.fixture
def store(empty: "Store") -> "Store":
    """A store with a fresh host, of serial 0, and a VM called web, of serial 1."""
    empty.create(fresh(), "state-init")
    with empty.write("vm-create") as opened:
        opened.state.add("network", {"name-label": "web"}, UUID)
        opened.commit()
    return empty


def named(state: State, name: str) -> list[str]:
    return [obj["uuid"] for obj in state.find("network", name_label=name)]


def test_where_nothing_is_nothing_can_be_read_or_written(empty: "Store") -> None:
    for use in (empty.read, lambda: empty.write("x").__enter__(), empty.versions, lambda: empty.read(whole=True)):
        with pytest.raises(StateFileError):
            use()


def test_what_is_there_is_made_anew_only_by_force(store: "Store") -> None:
    with pytest.raises(StateFileError, match="already"):
        store.create(fresh(), "state-init")
    with pytest.raises(StateFileError, match="already"):
        store.may_create(force=False)
    store.may_create(force=True)
    assert named(store.read().state, "web")
    store.create(fresh(), "state-init", force=True)
    assert not named(store.read().state, "web")


def test_what_is_committed_is_there_for_all(store: "Store") -> None:
    opened = store.read()
    assert (opened.state.serial, opened.findings) == (1, [])
    assert opened.state.origin == store.title
    assert named(opened.state, "web") == named(store.read(whole=True).state, "web") == [UUID]


def test_a_commit_says_what_it_did(store: "Store") -> None:
    with store.write("test") as opened:
        state = opened.state
        network = state.need("network", UUID)
        state.update(network, {"name-label": "www"})
        made = state.add("network", {"name-label": "new"})
        committed = opened.commit()
        changes: dict[str, Change] = {change.uuid: change for change in committed.changes}
        assert committed.serial == state.serial == 2
        assert changes.keys() == {UUID, made["uuid"]}
        assert changes[made["uuid"]].before is None
        before = changes[UUID].before
        assert before is not None
        assert before["name-label"] == "web"
        # What was said stays, whatever becomes of the objects.
        state.update(state.need("network", UUID), {"name-label": "later"})
        after = changes[UUID].after
        assert after is not None
        assert after["name-label"] == "www"
        state.delete(state.need("network", made["uuid"]))
        second = opened.commit()
        assert second.serial == 3
        assert {change.uuid: change.after is None for change in second.changes} == {UUID: False, made["uuid"]: True}
    assert named(store.read().state, "later") == [UUID]


def test_where_nothing_changed_nothing_is_written(store: "Store") -> None:
    before = len(store.versions())
    with store.write("test") as opened:
        network = opened.state.need("network", UUID)
        opened.state.update(network, {"name-label": "www"})
        opened.state.update(network, {"name-label": "web"})
        committed = opened.commit()
    assert (committed.serial, committed.changes) == (1, [])
    assert len(store.versions()) == before


def test_what_is_only_read_cannot_be_committed(store: "Store") -> None:
    opened = store.read()
    opened.state.add("network", {"name-label": "new"})
    with pytest.raises(StateFileError, match="not open for writing"):
        opened.commit()
    with pytest.raises(StateFileError, match="not open for writing"):
        store.state_of(store.versions()[-1]).commit()
    assert not named(store.read().state, "new")


def test_another_set_of_rules_is_a_commit(store: "Store") -> None:
    with store.write("state-set") as opened:
        opened.state.set_rules("xapi")
        assert opened.commit().serial == 2
    assert store.read().state.rules == "xapi"


def test_what_is_not_committed_is_not_there(store: "Store") -> None:
    with store.write("test") as opened:
        opened.state.add("network", {"name-label": "new"})
    assert not named(store.read().state, "new")
    assert store.read().state.serial == 1


def test_of_two_that_write_at_once_neither_loses_its_work(store: "Store") -> None:
    """The second has to wait, or is stale and does its work again."""

    def add(name: str) -> None:
        with store.write(name) as opened:

            def work() -> None:
                opened.state.add("network", {"name-label": name})
                opened.commit()

            surely(opened, work)

    with store.write("first") as opened:
        opened.state.add("network", {"name-label": "first"})
        refused: list[StateFileError] = []

        def second() -> None:
            try:
                add("second")
            except StateFileError as error:
                refused.append(error)

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

        def work() -> None:
            if not named(opened.state, "first"):
                opened.state.add("network", {"name-label": "first"})
            opened.commit()

        surely(opened, work)
    if refused:
        add("second")
    state = store.read().state
    assert len(named(state, "first")) == len(named(state, "second")) == 1
    assert state.serial == 3


def test_what_is_stale_is_read_anew_and_what_was_changed_is_changed(store: "Store") -> None:
    times = 0
    with store.write("test") as opened:
        opened.state.add("network", {"name-label": "before"})

        def work() -> str:
            nonlocal times
            times += 1
            made = opened.state.add("network", {"name-label": "work"})
            if times == 1:
                raise StaleError
            opened.commit()
            return str(made["uuid"])

        uuid = surely(opened, work)
    state = store.read().state
    assert named(state, "work") == [uuid]
    assert len(named(state, "before")) == 1
    assert state.origin == store.title
    assert state.serial == 2


def test_an_unsound_state_can_be_read_and_says_where(store: "Store") -> None:
    """A commit asks for no judgement, as whoever commits has judged; so the file is made with it."""
    state = fresh()
    state.add("network", {"name-label": "web", "MTU": 1}, UUID)
    store.create(state, "state-init", force=True)
    opened = store.read()
    assert [finding.uuid for finding in opened.findings] == [UUID]
    (place,) = opened.places(opened.findings)
    assert place.startswith(store.name)
    error = opened.unsound(whole=True)
    assert (error.opened, error.whole, len(error.findings)) == (opened, True, 1)
    assert store.name in str(error)


def test_the_versions_are_listed_and_can_be_looked_at(store: "Store") -> None:
    first, last = store.versions()
    assert [first.serial, last.serial] == [0, 1]
    assert [first.command, last.command] == ["state-init", "vm-create"]
    assert [first.is_present, last.is_present] == [False, True]
    assert len({first.full_name, last.full_name}) == len({first.name, last.name}) == 2
    assert first.is_commit
    assert first.who
    assert first.when
    assert not named(store.state_of(first).state, "web")
    assert named(store.state_of(last).state, "web")


def test_an_older_version_is_put_in_force_again(store: "Store") -> None:
    def first(versions: "Sequence[Version]") -> "Version":
        return versions[0]

    assert store.restore(first, "state-undo") == 2
    state = store.read().state
    assert not named(state, "web")
    assert state.serial == 2
    assert store.versions()[-1].command == "state-undo"
    assert store.restore(lambda versions: versions[1], "state-undo") == 3
    assert named(store.read().state, "web") == [UUID]


def test_who_chooses_may_refuse_and_then_all_stays(store: "Store") -> None:
    def refuse(versions: "Sequence[Version]") -> "Version":
        raise StateFileError(f"not one of {len(versions)}")

    with pytest.raises(StateFileError, match="not one of 2"):
        store.restore(refuse, "state-undo")
    assert store.read().state.serial == 1
    with store.write("test") as opened:
        opened.state.add("network", {"name-label": "after"})
        opened.commit()


def test_who_watches_is_told_what_changed_since(store: "Store") -> None:
    with store.write("test") as opened:
        opened.state.update(opened.state.need("network", UUID), {"name-label": "www"})
        made = opened.state.add("network", {"name-label": "new"})["uuid"]
        opened.commit()
        opened.state.delete(opened.state.need("network", made))
        last = opened.state.add("network", {"name-label": "last"})["uuid"]
        opened.commit()
    watched = store.watch(1)
    assert watched is not None
    assert watched.serial == 3
    assert {change.uuid: change.before is None for change in watched.changes} == {UUID: False, last: True}
    now = store.watch(3)
    assert now is not None
    assert (now.serial, now.changes) == (3, [])
    assert store.watch(17) is None


# The contents of disks

DATA = b"boot" + bytes(1 << 20) + b"data" * 1000


def add_disk(state: State, uuid: str = DISK) -> None:
    sr = state.find("sr", type="ext")[0]["uuid"]
    state.add("vdi", {"name-label": "disk", "sr-uuid": sr, "virtual-size": 1 << 30, "location": uuid}, uuid)


def write_disk(state: State, data: bytes = DATA) -> str:
    """Write to the disk as a command does, and hand back the name of its new content."""
    vdi = state.need("vdi", DISK)
    name, draft = state.draft()
    with state.contents.open(vdi["content"]) as before:
        assert draft.take(io.BytesIO(data), 1 << 30, lambda _: None) == len(data)
        draft.follow(before, len(data))
    state.update(vdi, {"content": name})
    return name


def disk_of(state: State, length: int = len(DATA)) -> bytes:
    with state.contents.open(state.need("vdi", DISK)["content"]) as content:
        return content.read(range(length))


@pytest.fixture
def disks(empty: "Store") -> "Store":
    """A store with a disk that nobody wrote to (serial 1), and that somebody did (serial 2)."""
    empty.create(fresh(), "state-init")
    for work in (add_disk, write_disk):
        with empty.write("test") as opened:
            work(opened.state)
            opened.commit()
    return empty


def test_what_was_written_to_a_disk_is_on_it(disks: "Store") -> None:
    state = disks.read().state
    assert disk_of(state) == DATA
    with state.contents.open(state.need("vdi", DISK)["content"]) as content:
        spans = list(content.spans())
        assert b"".join(content.read(span) for span in spans).replace(b"\0", b"") == DATA.replace(b"\0", b"")
        assert [span.start for span in content.spans(len(DATA) - 10)][:1] == [len(DATA) - 10]
        assert content.read(range(len(DATA) - 4, len(DATA) + 4)) == b"data\0\0\0\0"
    assert len(state.contents.sizes()) == 1
    assert state.contents.missing([]) == set()


def test_a_disk_that_nobody_wrote_to_has_zeros(store: "Store") -> None:
    with store.write("test") as opened:
        add_disk(opened.state)
        opened.commit()
    state = store.read().state
    assert disk_of(state, 100) == bytes(100)
    assert state.contents.sizes() == {}


def test_a_content_can_be_copied_into_a_file(disks: "Store", tmp_path: Path) -> None:
    state = disks.read().state
    with (
        state.contents.open(state.need("vdi", DISK)["content"]) as content,
        (tmp_path / "copy").open("w+b") as file,
    ):
        for span in content.spans():
            content.copy_to(file.fileno(), span)
        assert (tmp_path / "copy").read_bytes() == DATA


def test_what_is_written_over_a_disk_leaves_the_rest(disks: "Store") -> None:
    with disks.write("test") as opened:
        write_disk(opened.state, b"BOOT" + bytes(10))
        assert disk_of(opened.state)[:4] == b"BOOT"
        opened.commit()
    assert disk_of(disks.read().state) == b"BOOT" + bytes(10) + DATA[14:]


def test_a_rollback_takes_back_what_was_written(disks: "Store") -> None:
    with disks.write("test") as opened:
        mark = opened.state.mark()
        name = write_disk(opened.state, b"other")
        assert opened.state.contents.missing([name]) == set()
        opened.state.rollback(mark)
        assert opened.state.contents.missing([name]) == {name}
        assert disk_of(opened.state) == DATA
        assert opened.commit().changes == []
    assert len(disks.read().state.contents.sizes()) == 1


def test_what_is_not_committed_is_not_on_the_disk(disks: "Store") -> None:
    with disks.write("test") as opened:
        name = write_disk(opened.state, b"other")
    state = disks.read().state
    assert disk_of(state) == DATA
    assert state.contents.missing([name]) == {name}


def test_what_was_written_for_nothing_is_not_kept(disks: "Store") -> None:
    with disks.write("test") as opened:
        names = [write_disk(opened.state, data) for data in (b"first", b"second")]
        opened.state.delete(opened.state.need("vdi", DISK))
        opened.commit()
        assert opened.state.contents.missing(names) == set(names)


def test_several_commits_of_one_writer_each_have_their_contents(disks: "Store") -> None:
    with disks.write("test") as opened:
        for data in (b"first", b"second"):
            write_disk(opened.state, data)
            opened.commit()
            assert disk_of(disks.read().state, len(data)) == data
            assert disk_of(opened.state, len(data)) == data
    assert len(disks.read().state.contents.sizes()) == 3


def test_who_only_reads_only_counts(disks: "Store") -> None:
    state = disks.read().state
    before = state.contents.sizes()
    write_disk(state, b"other")
    assert disk_of(state) == bytes(len(DATA))
    assert disk_of(disks.read().state) == DATA
    assert disks.read().state.contents.sizes() == before


def test_an_older_version_has_the_disks_that_it_had(disks: "Store") -> None:
    with disks.write("test") as opened:
        write_disk(opened.state, b"other")
        opened.commit()
    with disks.write("test") as opened:
        opened.state.delete(opened.state.need("vdi", DISK))
        opened.commit()
    versions = disks.versions()
    assert disk_of(disks.state_of(versions[2]).state) == DATA
    disks.restore(lambda versions: versions[2], "state-undo")
    assert disk_of(disks.read().state) == DATA
    disks.restore(lambda versions: versions[3], "state-undo")
    assert disk_of(disks.read().state, 5) == b"other"


def test_what_the_contents_of_older_versions_take_is_known(disks: "Store") -> None:
    (first,) = disks.contents.sizes()
    assert disks.contents.past() == {}
    with disks.write("test") as opened:
        second = write_disk(opened.state, b"other")
        opened.commit()
    sizes = disks.contents.sizes()
    assert set(sizes) == {first, second}
    assert disks.contents.past() == {first: sizes[first]}
    assert disks.contents.strays() == {}


def test_what_was_written_before_stale_work_is_kept(disks: "Store") -> None:
    times = 0
    with disks.write("test") as opened:
        write_disk(opened.state, b"before")

        def work() -> None:
            nonlocal times
            times += 1
            if times == 1:
                raise StaleError
            opened.commit()

        surely(opened, work)
    assert disk_of(disks.read().state, 6) == b"before"


# What is so of the file only


def test_who_waits_for_the_next_version_is_woken_soon(store: "Store") -> None:
    """The best of several counts: how soon depends on what else the machine does."""
    delays = []
    for number in range(5):
        opened = store.read()
        woken: list[float] = []
        waiter = threading.Thread(target=lambda: (opened.wait_for_next(60), woken.append(time.monotonic())))  # noqa: B023 - joined below
        waiter.start()
        time.sleep(0.1)
        assert not woken
        with store.write("vm-create") as writing:
            writing.state.add("vm", {"name-label": f"vm{number}"})
            writing.commit()
        committed = time.monotonic()
        waiter.join()
        delays.append(woken[0] - committed)
    assert min(delays) < 0.1


def test_waiting_for_the_next_version_costs_next_to_nothing_and_ends(store: "Store") -> None:
    opened = store.read()
    start, used = time.monotonic(), time.process_time()
    opened.wait_for_next(1)
    assert 1 <= time.monotonic() - start < 10
    assert time.process_time() - used < 0.1
    opened.wait_for_next(0)


def test_nobody_waits_for_a_version_that_is_there(store: "Store") -> None:
    opened = store.read()
    with store.write("vm-create") as writing:
        writing.state.add("vm", {"name-label": "web"})
        writing.commit()
    opened.wait_for_next(60)


def test_a_version_is_current_until_the_next_commit_and_the_writer_goes_on_with_that(store: "Store") -> None:
    opened = store.read()
    assert opened.is_current()
    with store.write("vm-create") as writing:
        writing.state.add("vm", {"name-label": "web"})
        assert opened.is_current()
        writing.commit()
        assert writing.is_current()
    assert not opened.is_current()


def test_what_was_opened_to_write_cannot_be_committed_or_read_anew_when_its_lock_is_gone(tmp_path: Path) -> None:
    store = STORES["file"](tmp_path)
    store.create(fresh(), "state-init")
    with store.write("test") as opened:
        opened.state.add("network", {"name-label": "new"})
    with pytest.raises(StateFileError, match="not open for writing"):
        opened.commit()
    with pytest.raises(StateFileError, match="Open the file again"):
        opened.refresh()
    assert not named(store.read().state, "new")


def test_a_state_that_turned_unsound_is_not_gone_on_with(tmp_path: Path) -> None:
    store = STORES["file"](tmp_path)
    store.create(fresh(), "state-init")
    with store.write("test") as opened:
        path = Path(store.name)
        path.write_text(path.read_text() + f"\n[network.{UUID}]\nMTU = 1\n")
        with pytest.raises(UnsoundStateError):
            opened.refresh()
    reader = store.read()
    reader.refresh()
    assert reader.findings


def test_the_settings_are_those_that_were_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XE_BACKUPS", "XE_LOCK_TIMEOUT", "XE_HISTORY_DAYS", "XE_HISTORY_BYTES"):
        monkeypatch.setenv(name, "nonsense")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not this"))
    store = STORES["file"](tmp_path)
    store.create(fresh(), "state-init")
    with store.write("test") as opened:
        opened.state.add("network", {})
        opened.commit()
    assert not (tmp_path / "not this").exists()
    assert list((tmp_path / "cache" / "xe").iterdir())
    for name in ("XE_BACKUPS", "XE_LOCK_TIMEOUT"):
        bad = store_for(store.name, {name: "nonsense"})
        with pytest.raises(StateFileError, match=name), bad.write("test") as opened:
            opened.state.add("network", {})
            opened.commit()


def test_each_store_has_an_outcome_of_its_own(tmp_path: Path) -> None:
    outcomes = []
    for name in ("a", "b"):
        outcomes.append(Outcome())
        store = store_for(str(tmp_path / name), {}, outcomes[-1])
        assert not outcomes[-1].replaced
        store.create(fresh(), "state-init")
        assert outcomes[-1].replaced
        outcomes[-1].begin()
        (tmp_path / f"{name}.d" / "history").rename(tmp_path / "away")
        (tmp_path / f"{name}.d" / "history").write_text("in the way")
        with store.write("test") as opened:
            for _ in range(2):
                opened.state.add("network", {})
                opened.commit()
        assert len(outcomes[-1].warnings) == 1
        assert outcomes[-1].replaced
        (tmp_path / "away" / "log").unlink()
        for entry in (tmp_path / "away").iterdir():
            entry.unlink()
        (tmp_path / "away").rmdir()
    assert outcomes[0].warnings != outcomes[1].warnings


def test_a_serial_that_several_versions_have_is_none_to_watch_from(tmp_path: Path) -> None:
    store = STORES["file"](tmp_path)
    store.create(fresh(), "state-init")
    with open(store.name, "a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert store.watch(0) is None


def of_file(folder: Path, **variables: str) -> "Store":
    return store_for(str(folder / "host.toml"), {"XDG_CACHE_HOME": str(folder / "cache"), **variables})


@pytest.fixture
def file_of(tmp_path: Path) -> Path:
    """The content of a disk in a file, the only one in its folder."""
    store = of_file(tmp_path)
    store.create(fresh(), "state-init")
    for work in (add_disk, write_disk):
        with store.write("test") as opened:
            work(opened.state)
            opened.commit()
    (path,) = (tmp_path / "host.toml.d" / "disks").iterdir()
    return path


def test_zeros_take_no_room(file_of: Path) -> None:
    assert file_of.stat().st_size == len(DATA)
    assert file_of.stat().st_blocks * 512 < len(DATA) // 4


def test_contents_are_for_their_owner_only(file_of: Path) -> None:
    assert [path.stat().st_mode & 0o777 for path in (file_of, file_of.parent)] == [0o600, 0o700]


def test_a_content_that_is_missing_reads_as_zeros_and_is_told(file_of: Path, tmp_path: Path) -> None:
    file_of.unlink()
    outcome = Outcome()
    state = store_for(str(tmp_path / "host.toml"), {}, outcome).read().state
    assert disk_of(state) == bytes(len(DATA))
    (warning,) = outcome.warnings
    assert "missing" in warning
    assert file_of.name in warning
    assert state.contents.missing([file_of.name]) == {file_of.name}


def test_a_link_in_the_place_of_a_content_is_not_followed(file_of: Path, tmp_path: Path) -> None:
    file_of.rename(tmp_path / "elsewhere")
    file_of.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        disk_of(of_file(tmp_path).read().state)


@pytest.mark.parametrize("limit", ["1000", "0"])
def test_all_disks_together_take_no_more_than_the_limit(tmp_path: Path, limit: str) -> None:
    store = of_file(tmp_path, XE_DISK_LIMIT=limit)
    store.create(fresh(), "state-init")
    with store.write("test") as opened:
        add_disk(opened.state)
        with pytest.raises(NoRoomError):
            write_disk(opened.state)
        opened.state.rollback(0)
    assert left(tmp_path) == []


def test_without_a_limit_one_content_takes_at_most_half_of_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = of_file(tmp_path)
    store.create(fresh(), "state-init")
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=20, f_frsize=100))
    with store.write("test") as opened:
        _, draft = opened.state.draft()
        assert draft.take(io.BytesIO(b"x" * 1000), 1001, lambda _: None) == 1000
        _, draft = opened.state.draft()
        with pytest.raises(NoRoomError):
            draft.take(io.BytesIO(b"x" * 1001), 1001, lambda _: None)


def test_what_is_kept_already_counts_for_the_limit(file_of: Path, tmp_path: Path) -> None:
    taken = file_of.stat().st_blocks * 512
    with of_file(tmp_path, XE_DISK_LIMIT=str(taken + 5)).write("test") as opened:
        _, draft = opened.state.draft()
        assert draft.take(io.BytesIO(b"12345"), 5, lambda _: None) == 5
        opened.state.rollback(0)
        _, draft = opened.state.draft()
        with pytest.raises(NoRoomError):
            draft.take(io.BytesIO(b"123456"), 6, lambda _: None)


def left(folder: Path) -> list[str]:
    """What is beside the file, but for what always is."""
    names = {path.name for path in (folder / "host.toml.d").iterdir()}
    return sorted(names - {"lock", "history", ".gitignore", "disks"})


def test_a_draft_is_kept_if_a_version_names_it_and_removed_otherwise(file_of: Path, tmp_path: Path) -> None:
    """As a writer leaves it that is killed before or after the rename of the state file."""
    folder = tmp_path / "host.toml.d"
    file_of.rename(folder / f"new.disk-{file_of.name}")
    other = folder / f"new.disk-{OTHER}"
    other.write_bytes(b"never named")
    assert disk_of(of_file(tmp_path).read().state) == DATA, "a reader finds it as a draft"
    with of_file(tmp_path).write("test"):
        assert left(tmp_path) == []
        assert [path.name for path in file_of.parent.iterdir()] == [file_of.name]
    assert disk_of(of_file(tmp_path).read().state) == DATA


def test_a_draft_that_only_the_history_names_is_kept(file_of: Path, tmp_path: Path) -> None:
    file_of.rename(tmp_path / "host.toml.d" / f"new.disk-{file_of.name}")
    (tmp_path / "host.toml").unlink()
    store = of_file(tmp_path)
    store.restore(lambda versions: versions[-1], "state-undo")
    assert disk_of(store.read().state) == DATA


def test_a_content_that_no_version_has_is_a_stray(file_of: Path, tmp_path: Path) -> None:
    stray = file_of.with_name(OTHER)
    stray.write_bytes(b"x" * 5000)
    contents = of_file(tmp_path).contents
    assert contents.strays() == contents.past() == {OTHER: 8192}
    (tmp_path / "host.toml").unlink()
    assert set(contents.past()) == {OTHER, file_of.name}
    assert contents.strays() == {OTHER: 8192}


def test_a_file_that_is_no_content_is_left_alone(file_of: Path, tmp_path: Path) -> None:
    (file_of.parent / "notes").write_text("of somebody")
    os.mkfifo(tmp_path / "host.toml.d" / "history" / "pipe")
    os.mkfifo(tmp_path / "host.toml.d" / "history" / "pipe.toml")
    with of_file(tmp_path).write("test") as opened:
        opened.state.delete(opened.state.need("vdi", DISK))
        opened.commit()
    assert (file_of.parent / "notes").read_text() == "of somebody"
    assert file_of.exists()
    assert of_file(tmp_path).contents.strays() == {}


def test_a_link_in_the_place_of_the_folder_leads_nowhere(file_of: Path, tmp_path: Path) -> None:
    file_of.rename(tmp_path / OTHER)
    file_of.parent.rmdir()
    file_of.parent.symlink_to(tmp_path)
    with of_file(tmp_path).write("test") as opened:
        opened.state.delete(opened.state.need("vdi", DISK))
        opened.commit()
    assert (tmp_path / OTHER).exists()


def test_what_no_version_has_any_more_goes(file_of: Path, tmp_path: Path) -> None:
    with of_file(tmp_path, XE_BACKUPS="0").write("test") as opened:
        opened.state.update(opened.state.need("vdi", DISK), {"name-label": "still there"})
        opened.commit()
        assert file_of.exists()
        opened.state.delete(opened.state.need("vdi", DISK))
        opened.commit()
        assert not file_of.exists()


def test_a_name_of_which_the_history_has_only_the_middle_is_kept(file_of: Path, tmp_path: Path) -> None:
    """The new name begins and ends as the one before."""
    name = f"{file_of.name[:7]}{'a' if file_of.name[7] != 'a' else 'b'}{DISK[8:28]}{file_of.name[28:]}"
    with of_file(tmp_path).write("test") as opened:
        opened.state.contents.draft(name).take(io.BytesIO(b"alike"), 5, lambda _: None)
        opened.state.update(opened.state.need("vdi", DISK), {"content": name})
        opened.commit()
        opened.state.delete(opened.state.need("vdi", DISK))
        opened.commit()
        assert {path.name for path in file_of.parent.iterdir()} == {file_of.name, name}


def test_a_command_that_touches_no_content_looks_for_none(file_of: Path, tmp_path: Path) -> None:
    file_of.unlink()
    file_of.parent.rmdir()
    file_of.parent.write_text("in the way")
    with of_file(tmp_path).write("test") as opened:
        opened.state.add("network", {})
        opened.state.update(opened.state.need("vdi", DISK), {"name-label": "changed"})
        opened.commit()


# Two stores


def test_a_store_that_gives_way_leads_to_the_other_one(
    store: "Store", tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["empty"]
    (tmp_path / "other").mkdir()
    other = STORES[kind](tmp_path / "other")
    other.create(fresh_host(name_label="other", templates="none"), "state-init")
    assert store.place != other.place
    with store.write("test") as opened:
        opened.give_way(other)
    again = STORES["file"](tmp_path) if kind == "file" else store
    assert [host.name for host in again.read().state.all("host")] == ["other"]


def beside(store: "Store", folder: Path) -> list[str]:
    """The names of the hosts in the store `part` beside this one; none if there is no such store."""
    if isinstance(store, MemoryStore):
        return [host.name for host in store.beside["part"].read().state.all("host")] if store.beside else []
    path = folder / "part.toml"
    return [host.name for host in store_for(str(path), {}).read().state.all("host")] if path.exists() else []


def test_what_was_split_off_gets_a_store_beside_with_the_commit(store: "Store", tmp_path: Path) -> None:
    part = fresh_host(name_label="part", templates="none")
    with store.write("test") as opened:
        mark = opened.state.mark()
        opened.state.split_off("part", part)
        opened.state.rollback(mark)
        opened.state.add("network", {"name-label": "one"})
        opened.commit()
        assert beside(store, tmp_path) == [], "it was taken back"
        opened.state.add("network", {"name-label": "two"})
        opened.state.split_off("part", part)
        assert beside(store, tmp_path) == []
        opened.commit()
    assert beside(store, tmp_path) == ["part"]


def test_only_a_writer_gives_way(store: "Store") -> None:
    with pytest.raises(StateFileError):
        store.read().give_way(store)
