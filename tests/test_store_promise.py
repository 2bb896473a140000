"""What every store promises (`xe_py.store.promise`), held for the file and for a small store in memory.

A new store is one more entry in STORES.
"""

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py.errors import StaleError, StateFileError, UnsoundStateError
from xe_py.fresh.host import fresh_host
from xe_py.state.core import Finding, findings
from xe_py.state.state import Change, Committed, State
from xe_py.store import store_for, surely
from xe_py.store.terms import Outcome
from xe_py.store.toml.reader import read_back
from xe_py.store.toml.render import canonical

UUID = "11111111-2222-4333-8444-555555555555"

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from xe_py.store.promise import Opened, Store, Version


class Kept:
    """A version in memory: its text, and who wrote it."""

    when, who, is_commit = "2026-11-22T09:00:00Z", "somebody", True

    def __init__(self, text: str, serial: int, place: int, command: str) -> None:
        self.text, self.serial, self.command = text, serial, command
        self.name = self.full_name = f"{serial}.{place}"
        self.is_present = True


class MemoryOpened:
    """A state in memory. Nobody waits for a lock: a commit that comes too late is stale."""

    def __init__(self, store: "MemoryStore", version: Kept, command: str) -> None:
        self._store, self._version, self._command = store, version, command
        self.name = store.name
        self.state = _state_in(version.text, store.title)

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
        committed = self.state.settle(changes)
        self._version = self._store.keep(self.state, self._command)
        return committed

    def refresh(self) -> None:
        changes, header = self.state.changes(), self.state.header
        self._version = self._store.kept[-1]
        self.state = _state_in(self._version.text, self._store.title)
        self.state.repeat(changes, header)

    def places(self, found: list[Finding]) -> list[str]:
        return [self.name for _ in found]

    def unsound(self, *, whole: bool = False) -> UnsoundStateError:
        return UnsoundStateError(self, whole=whole)


class MemoryStore:
    """Texts of states, the newest last."""

    def __init__(self, name: str) -> None:
        self.name, self.title = name, f"memory: {name}"
        self.kept: list[Kept] = []

    def keep(self, state: State, command: str) -> Kept:
        for each in self.kept:
            each.is_present = False
        self.kept.append(Kept(canonical(state), state.serial, len(self.kept), command))
        return self.kept[-1]

    def read(self, *, whole: bool = False) -> MemoryOpened:
        del whole
        return self._opened("")

    def _opened(self, command: str) -> MemoryOpened:
        if not self.kept:
            raise StateFileError(f"There is no state in {self.name}.")
        return MemoryOpened(self, self.kept[-1], command)

    @contextmanager
    def write(self, command: str) -> "Iterator[Opened]":
        yield self._opened(command)

    def create(self, state: State, command: str, *, force: bool = False) -> None:
        self.may_create(force=force)
        self.keep(state, command)

    def may_create(self, *, force: bool) -> None:
        if self.kept and not force:
            raise StateFileError(f"There is a state in {self.name} already.")

    def versions(self) -> "Sequence[Version]":
        self._opened("")
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


# What is so of the file only


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
