"""Whatever a path leads to: no command hangs, falls over it, or touches what it was not asked to."""

import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import run
from torture import Contract, Ended, furnish, in_time

from xe_py import classes
from xe_py.store.files.document import Site
from xe_py.store.toml import reader

if TYPE_CHECKING:
    from conftest import Process, Xe

SECRET = "hunter2-correct-horse"  # noqa: S105 - what must not leak
SECRET_KEYS = ("password", "cifspassword", "chappassword", "incoming_chappassword", "password_secret")
ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="only root makes these")
NOBODY = 65534


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "xe"


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _device(path: Path) -> None:
    if not ROOT:
        pytest.skip("only root makes devices")
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        path.open("rb").close()
    except OSError:
        pytest.skip("devices cannot be made here")


def _folder(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nothing.toml"))


def _link_to_fifo(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def _below_a_file(path: Path) -> None:
    path.write_text("x")


NO_FILES = {
    "a pipe": _fifo, "a socket": _socket, "a device": _device, "a folder": _folder, "a loop of links": _loop,
    "a link to nothing": _dangling, "a link to a pipe": _link_to_fifo,
}  # fmt: skip
LINES = ("vm-list", "state-check", "state-show", "vm-create name-label=x", "vm-create name-label=x --dry-run")


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("line", LINES)
def test_what_is_no_file_is_told_at_once(tmp_path: Path, make: Any, line: str) -> None:
    path = tmp_path / "host.toml"
    make(path)
    before = tree(tmp_path)
    with in_time(line, 5):
        refused = Contract(path)(*line.split())
    assert refused.status == 3
    assert str(path) in refused.err
    assert tree(tmp_path) == before


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("force", ["", "--force"])
def test_a_fresh_host_replaces_no_more_than_a_file(tmp_path: Path, make: Any, force: str) -> None:
    path = tmp_path / "host.toml"
    make(path)
    before = tree(tmp_path)
    done = Contract(path)(*f"state-init {force}".split())
    if make is _dangling:
        assert done.status == 0
        assert path.is_symlink()
        assert path.with_name("nothing.toml").is_file()
    else:
        assert done.status == 3
        assert tree(tmp_path) == before


def test_no_path_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    before = tree(tmp_path)
    for words in (["vm-list"], ["vm-create", "name-label=x"], ["state-init"], ["state-init", "--force"]):
        paths = ["", "/", ".", "..", "x" * 300, "x/" * 3000 + "x"]
        for path in paths if words[0] == "state-init" else [*paths, "nowhere/host.toml"]:
            assert run(["--state", path, *words]) == (1 if "\udcff" in path else 3)
    assert tree(tmp_path) == before


def test_a_folder_that_is_gone(process: "Process", xe: "Xe") -> None:
    """A working folder that was removed matters only for a path that is relative to it."""
    gone = process.home / "gone"
    for state, status in ((str(xe.state), 0), ("host.toml", 3)):
        for line in ("vm-list", "vm-create name-label=x"):
            gone.mkdir()
            script = f'cd {gone} && rmdir {gone} && exec "{sys.executable}" -m xe_py --state {state} {line}'
            done = process.run(["sh", "-c", script], PYTHONPATH=process.environment["PYTHONPATH"])
            assert (done.status, "output" in done.err) == (status, False), done


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below the folder: its kind and mode, its owner and its content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = os.readlink(path).encode() if path.is_symlink() else b""
        if stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_uid, content)
    return found


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of someone else with things in it that look like ours."""
    folder = tmp_path / "elsewhere"
    (folder / "history").mkdir(parents=True)
    for name in ("lock", "new.1", "new", "victim", "log", "history/new", "history/log", "history/000001-serial-0.toml"):
        (folder / name).write_text(f"precious {name}\n")
    return folder


def _neighbour_elsewhere(state: Path, elsewhere: Path) -> None:
    Path(f"{state}.d").symlink_to(elsewhere)


def _lock_elsewhere(state: Path, elsewhere: Path) -> None:
    Path(f"{state}.d").mkdir()
    Path(f"{state}.d/lock").symlink_to(elsewhere / "victim")


def _lock_linked(state: Path, elsewhere: Path) -> None:
    Path(f"{state}.d").mkdir()
    Path(f"{state}.d/lock").hardlink_to(elsewhere / "victim")


def _history_elsewhere(state: Path, elsewhere: Path) -> None:
    Path(f"{state}.d").mkdir()
    Path(f"{state}.d/history").symlink_to(elsewhere / "history")


def _log_elsewhere(state: Path, elsewhere: Path) -> None:
    Path(f"{state}.d/history").mkdir(parents=True)
    Path(f"{state}.d/history/log").symlink_to(elsewhere / "victim")


def _log_linked(state: Path, elsewhere: Path) -> None:
    Path(f"{state}.d/history").mkdir(parents=True)
    Path(f"{state}.d/history/log").hardlink_to(elsewhere / "victim")


def _next_version_elsewhere(state: Path, elsewhere: Path) -> None:
    Path(f"{state}.d").mkdir()
    Path(f"{state}.d/new.{os.getpid()}").symlink_to(elsewhere / "victim")


def _lock_is_a_pipe(state: Path, elsewhere: Path) -> None:  # noqa: ARG001 - as the others
    Path(f"{state}.d").mkdir()
    os.mkfifo(f"{state}.d/lock")


def _lock_is_a_folder(state: Path, elsewhere: Path) -> None:  # noqa: ARG001 - as the others
    Path(f"{state}.d/lock").mkdir(parents=True)


def _neighbour_is_a_file(state: Path, elsewhere: Path) -> None:  # noqa: ARG001 - as the others
    Path(f"{state}.d").write_text("precious")


def _history_is_a_file(state: Path, elsewhere: Path) -> None:  # noqa: ARG001 - as the others
    Path(f"{state}.d").mkdir()
    Path(f"{state}.d/history").write_text("precious")


PLANTED = (
    _neighbour_elsewhere, _lock_elsewhere, _lock_linked, _history_elsewhere, _log_elsewhere, _log_linked,
    _next_version_elsewhere, _lock_is_a_pipe, _lock_is_a_folder, _neighbour_is_a_file, _history_is_a_file,
)  # fmt: skip


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__.strip("_"))
def test_what_is_planted_beside_the_file_leads_nowhere(xe: "Xe", elsewhere: Path, plant: Any) -> None:
    plant(xe.state, elsewhere)
    before = tree(elsewhere)
    contract = Contract(xe.state)
    for number in range(3):
        with in_time(plant, 5):
            done = contract("vm-create", f"name-label={number}")
        assert done.status in {0, 3}
        assert tree(elsewhere) == before
        assert contract("vm-list").status == 0
    assert not reader.judge(reader.read(Site(str(xe.state))))[1]


def _cache_elsewhere(cache: Path, elsewhere: Path, names: list[str]) -> None:  # noqa: ARG001 - as the others
    cache.parent.mkdir(exist_ok=True)
    cache.symlink_to(elsewhere)


def _cache_of_another(cache: Path, elsewhere: Path, names: list[str]) -> None:
    cache.mkdir(parents=True)
    for name in names:
        (cache / name).hardlink_to(elsewhere / "victim")
        (cache / f"{name}.{os.getpid()}").hardlink_to(elsewhere / "victim")
    os.chown(cache, NOBODY, NOBODY)
    cache.chmod(0o777)


def _files_of_another(cache: Path, elsewhere: Path, names: list[str]) -> None:
    cache.mkdir(parents=True)
    for name in names:
        (cache / name).write_bytes((elsewhere / "victim").read_bytes())
        os.chown(cache / name, NOBODY, NOBODY)
        (cache / f"{name}.{os.getpid()}").symlink_to(elsewhere / "victim")


@only_root
@pytest.mark.parametrize("plant", [_cache_elsewhere, _cache_of_another, _files_of_another])
def test_what_is_planted_in_the_cache_leads_nowhere(xe: "Xe", cache: Path, elsewhere: Path, plant: Any) -> None:
    os.utime(xe.state, ns=(10**18, 10**18))
    xe.do("vm-list")
    names = os.listdir(cache)
    for name in names:
        (cache / name).unlink()
    cache.rmdir()
    for path in (elsewhere, *elsewhere.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    elsewhere.chmod(0o777)
    before = tree(elsewhere)
    plant(cache, elsewhere, names)
    contract = Contract(xe.state)
    for number in range(3):
        assert contract("vm-list").status == 0
        assert contract("vm-create", f"name-label={number}").status == 0
        assert tree(elsewhere) == before


def test_what_is_made_is_for_its_owner_only(tmp_path: Path, cache: Path) -> None:
    before = os.umask(0)
    try:
        state = tmp_path / "home" / "host.toml"
        state.parent.mkdir()
        contract = Contract(state)
        contract("state-init")
        os.utime(state, ns=(10**18, 10**18))
        contract("vm-list")
        contract("vm-create", "name-label=a")
        contract("vm-create", "name-label=b")
    finally:
        os.umask(before)
    assert cache.is_dir()
    for top in (state.parent, cache.parent):
        for path in top.rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))


def test_what_a_group_shares_stays_shared(xe: "Xe") -> None:
    xe.state.chmod(0o660)
    xe.do("vm-create name-label=a")
    assert stat.S_IMODE(xe.state.stat().st_mode) == 0o660


def leaks(folder: Path, but: set[Path]) -> list[Path]:
    """The files below the folder that hold the secret, but for some."""
    files = [path for path in folder.rglob("*") if path.is_file() and path not in but]
    return [path for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_a_password_stays_in_the_file(xe: "Xe", tmp_path: Path, key: str) -> None:
    """It is in no message and in no file but the state and its earlier versions."""
    contract = Contract(xe.state)
    config = f"device-config:{key}={SECRET}"
    nfs = ("device-config:server=s", "device-config:serverpath=/p", config)
    host = contract("host-list", "--minimal").out.strip()
    said: list[Ended] = [
        contract("sr-create", "type=nfs", "name-label=a", config),
        contract("sr-create", "type=nothing", "name-label=a", config),
        contract("sr-create", "type=iso", "name-label=a", "device-config:location=/nowhere/at/all", config),
        contract("sr-create", "type=nfs", "name-label=a", *nfs, "--dry-run"),
        made := contract("sr-create", "type=nfs", "name-label=a", *nfs),
        contract("pbd-create", f"host-uuid={host}", f"sr-uuid={made.out.strip()}", *nfs),
        contract("sr-probe", "type=nfs", *nfs),
        contract("sr-creat", "type=nfs", config),
        contract("pbd-plug", "uuid=x", config),
        contract("vm-list", config),
        contract("vm-start", "vm=x", config),
    ]
    script = tmp_path / "script"
    for words in (
        f"sr-create type=nothing name-label=a {config}",
        f"sr-creat {config}",
        f"sr-create {config} |",
        f"sr-create '{config}",
    ):
        script.write_text(f"xe {words}\n")
        said += [contract("batch", str(script)), contract("batch", str(script), "--keep-going")]
    said.append(contract("sr-create", "type=nfs", f"name-label={os.fsdecode(bytes([255]))}", config))
    script.unlink()
    os.utime(xe.state, ns=(10**18, 10**18))
    said += [contract("vm-list"), contract("pbd-list"), contract("vm-create", "name-label=a")]
    said.append(
        contract("pbd-unplug", f"uuid={contract('pbd-list', '--minimal', 'sr-uuid=' + made.out.strip()).out.strip()}")
    )
    pbds = [said.pop(-3)]
    # A password is no uuid of a secret, and is not repeated where it is refused as one.
    assert made.status == (key == "password_secret")
    assert not [each for each in said if SECRET in each.out + each.err]
    assert SECRET not in pbds[0].err
    history = xe.state.with_name("host.toml.d") / "history"
    # The log has later versions as differences, in which a short table at the end of the file may be whole.
    assert not leaks(tmp_path, {xe.state, *history.glob("*.toml"), history / "log"})
    assert SECRET not in contract("state-history").out
    xe.state.write_text(xe.state.read_text() + f'\n[pbd.x]\ndevice-config = {{ {key} = "{SECRET}" }}\n')
    for line in ("vm-list", "state-check", "vm-create name-label=x"):
        ended = contract(*line.split())
        assert SECRET not in ended.out + ended.err
    xe.state.write_text(xe.state.read_text() + f'device-config = {{ {key} = "{SECRET}" }}\n')
    assert SECRET not in contract("vm-list").err


touched: list[str] | None = None


def _note(event: str, words: tuple[Any, ...]) -> None:
    if touched is not None and event in {"open", "os.listdir", "os.scandir", "subprocess.Popen", "socket.connect"}:
        touched.append(str(words[0]))


@contextmanager
def files_touched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The paths that the body opens, lists or looks at."""
    global touched  # noqa: PLW0603 - an audit hook stays for good
    if touched is None:
        sys.addaudithook(_note)
    touched = seen = []
    for name in ("stat", "lstat", "readlink", "access", "statvfs"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda path, *rest, real=real, **named: (seen.append(str(path)), real(path, *rest, **named))[1]
        )
    try:
        yield seen
    finally:
        touched = []
        monkeypatch.undo()


def test_no_path_in_the_file_is_followed_by_what_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    inside = tmp_path / "named-in-the-file"
    inside.mkdir()
    (inside / "a.iso").write_text("iso")
    other = tmp_path / "not-asked-for"
    other.mkdir()
    (other / "b.iso").write_text("iso")
    state = tmp_path / "host.toml"
    host = furnish(state)["host"]
    contract = Contract(state)

    def iso(folder: Path) -> str:
        made = contract(
            "sr-create",
            "type=iso",
            f"name-label={folder.name}",
            f"host-uuid={host}",
            f"device-config:location={folder}",
            "device-config:legacy_mode=true",
        )
        return made.out.strip()

    sr = iso(inside)
    iso(other)
    contract("vm-create", f"name-label={inside}")
    lines = [f"{name}-list params=all" for name in classes.names()]
    lines += ["state-check", "state-show", "vm-create name-label=x", "vm-start vm=idle", f"sr-param-list uuid={sr}"]
    with files_touched(monkeypatch) as seen:
        for line in lines:
            assert contract(*line.split()).status == 0, line
        assert not [path for path in seen if inside.name in path or other.name in path]
        (inside / "c.iso").write_text("iso")
        assert contract("sr-scan", f"uuid={sr}").status == 0
        assert [path for path in seen if inside.name in path]
        assert not [path for path in seen if other.name in path]


def test_odd_things_in_a_folder_of_isos(xe: "Xe", tmp_path: Path) -> None:
    folder = tmp_path / "isos"
    folder.mkdir()
    os.mkfifo(folder / "pipe.iso")
    (folder / "loop.iso").symlink_to("loop.iso")
    (folder / "gone.iso").symlink_to("nothing")
    (folder / "folder.iso").mkdir()
    (folder / "zero.iso").symlink_to("/dev/zero")
    (folder / "real.ISO").write_text("x")
    (folder / 'two\nlines "quoted" \\ #.iso').write_text("xy")
    with suppress(OSError):
        (folder / os.fsdecode(b"\xff.iso")).write_text("x")
    sr = xe.do(f"sr-create type=iso name-label=isos device-config:location={folder} device-config:legacy_mode=true")
    names = xe.do(f"vdi-list sr-uuid={sr} params=name-label --minimal")
    assert "real.ISO" in names
    assert "two" in names
    assert not any(name in names for name in ("pipe", "loop", "gone", "folder", "zero", "\ufffd"))


@pytest.mark.parametrize("content", ["#", "k = 1\n", "\0"], ids=["a comment", "keys", "zeros"])
def test_too_little_memory_is_told(process: "Process", tmp_path: Path, content: str) -> None:
    state = tmp_path / "large.toml"
    state.write_text(content * (60_000_000 // len(content)))
    script = f"ulimit -v 150000; exec '{sys.executable}' -m xe_py --state {state} vm-list"
    done = process.run(["bash", "-c", script])
    assert (done.status, done.out) == (3, ""), done
    assert "Traceback" not in done.err
