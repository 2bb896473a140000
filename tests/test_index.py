"""The derived index answers as the file does, and is believed only where it does."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import xe_py
from xe_py import classes
from xe_py.errors import DamagedIndexError
from xe_py.store.files import document
from xe_py.store.files.document import Site, identity
from xe_py.store.index import making, reading
from xe_py.store.index.cache import path_for
from xe_py.store.terms import Settings
from xe_py.store.toml import excerpt, reader
from xe_py.store.toml.render import canonical

if TYPE_CHECKING:
    from conftest import Process, Xe


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "xe"


def look(xe: "Xe") -> reading.Head | None:
    target = os.path.realpath(xe.state)
    return reading.look(path_for(target, Settings(os.environ)), target, identity(os.stat(target)))


def settle(xe: "Xe") -> None:
    """Make the file old enough to be indexed."""
    then = time.time_ns() - 10 * making.GRAIN
    os.utime(xe.state, ns=(then, then))


def busy(xe: "Xe") -> list[str]:
    """Lines that make, change and take away; each leaves the index to the next."""
    sr = xe.do("sr-list type=ext --minimal")
    network = xe.do("network-list bridge=xenbr0 --minimal")
    vm = xe.do("vm-create name-label=web")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=1GiB")
    return [
        f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0",
        f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=random",
        "vm-create name-label=db",
        "vm-start vm=web",
        f"vm-param-set uuid={vm} name-label=www",
        "vm-shutdown vm=www",
        "network-create name-label=private",
        "vm-destroy uuid=" + vm,
        f"vdi-destroy uuid={vdi}",
        "sr-create name-label=nfs type=nfs shared=true device-config:server=s device-config:serverpath=/p",
        "vm-create name-label=last",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("large", [1 << 20, 0], ids=["read", "mapped"])
@pytest.mark.parametrize("room", [64, 3], ids=["one base", "many bases"])
def test_every_commit_leaves_an_index_that_says_what_the_file_says(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, large: int, room: int
) -> None:
    monkeypatch.setattr(document, "_LARGE", large)
    monkeypatch.setattr(excerpt, "_LONG", large)
    monkeypatch.setattr(making, "_ROOM", room)
    settle(xe)
    for line in busy(xe):
        xe.do(line)
        head = look(xe)
        assert head is not None, line
        whole, findings = reader.judge(reader.read(Site(str(xe.state))))
        assert not findings
        assert canonical(head.state()) == canonical(whole) == xe.state.read_text()
        for cls in classes.sections():
            for obj in whole.all(cls.name):
                lazy = head.state()
                assert lazy.get(cls.name, obj["uuid"]) == obj
                assert lazy.class_of(obj["uuid"]) == cls.name
                for field in cls.references:
                    for uuid in obj[field] if isinstance(obj[field], list) else [obj[field]]:
                        assert head.state().having(cls.name, field, uuid) == whole.having(cls.name, field, uuid)
        assert lazy.get("vm", "nobody") is None
        assert lazy.class_of("nobody") is None
        for sr in whole.all("sr"):
            assert head.state().sum_of(sr, "vdi.sr-uuid", "virtual-size") == sum(
                vdi["virtual-size"] for vdi in whole.pointing_at(sr, "vdi.sr-uuid")
            )


def test_an_edited_file_is_read_again(xe: "Xe") -> None:
    settle(xe)
    vm = xe.do("vm-create name-label=web")
    assert look(xe) is not None
    text = xe.state.read_text().replace('name-label = "web"', 'name-label = "www"')
    with xe.state.open("r+") as file:
        file.write(text)
    assert look(xe) is None
    assert xe.do(f"vm-param-get uuid={vm} param-name=name-label") == "www"


def test_a_file_that_was_written_just_now_gets_no_index(xe: "Xe") -> None:
    soon = xe.state.stat().st_mtime_ns + 60_000_000_000
    os.utime(xe.state, ns=(soon, soon))
    xe.do("vm-list")
    assert look(xe) is None
    settle(xe)
    xe.do("vm-list")
    assert look(xe) is not None


def test_an_unsound_file_has_no_index(xe: "Xe") -> None:
    xe.state.write_text(xe.state.read_text() + "\n[disk]\n")
    settle(xe)
    xe("vm-list")
    assert look(xe) is None


def test_what_a_killed_writer_has_left_is_swept(xe: "Xe", cache: Path) -> None:
    settle(xe)
    xe.do("vm-list")
    made = set(cache.iterdir())
    killed = subprocess.Popen(["true"])
    killed.wait()
    of_the_living = {Path(f"{path}.{os.getppid()}") for path in made}
    of_the_killed = {Path(f"{path}.{killed.pid}") for path in made}
    for path in of_the_living | of_the_killed:
        path.touch()
    xe.state.write_bytes(xe.state.read_bytes().replace(b"\n", b"\r\n"))  # It must be read in full.
    settle(xe)
    xe.do("vm-list")
    assert set(cache.iterdir()) == made | of_the_living


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["head", "base"])
def test_a_damaged_index_is_as_none(xe: "Xe", cache: Path, kind: str) -> None:
    settle(xe)
    expected = xe.do("vm-list params=all")
    sound = {path: path.read_bytes() for path in cache.iterdir()}
    (damaged,) = (path for path in sound if path.suffix == f".{kind}")
    data = sound[damaged]
    assert look(xe) is not None
    for place in range(0, len(data), max(1, len(data) // 60)):
        for wrong in (data[:place], data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]):
            for path, content in sound.items():
                path.write_bytes(content)
            damaged.write_bytes(wrong)
            assert xe.do("vm-list params=all") == expected


REFUSED_OVER_DAMAGE = [
    "vm-destroy uuid=web",
    "vm-start vm=nobody",
    "vm-param-set uuid={vm} name-label=b is-a-template=maybe",
    "batch script.sh",
    "vm-destroy uuid=web --dry-run",
]


@pytest.mark.parametrize("line", REFUSED_OVER_DAMAGE)
def test_what_a_refusal_says_is_read_anew_where_the_index_is_damaged(xe: "Xe", cache: Path, line: str) -> None:
    """Notes and hints look into the state as well; the warnings of a script that is run again are told once."""
    words = line.format(vm=xe.do("vm-create name-label=web")).split()
    script = xe.state.with_name("script.sh")
    script.write_text("xe vm-create name-label=a colour=red\nxe vm-destroy uuid=web\n")
    words = [str(script) if word == "script.sh" else word for word in words]
    settle(xe)
    expected = xe.run(words)
    assert expected.status == 1
    assert expected.err.count("colour; ignored.") == line.startswith("batch")
    (damaged,) = (path for path in cache.iterdir() if path.suffix == ".base")
    data = damaged.read_bytes()
    head = {path: path.read_bytes() for path in cache.iterdir() if path.suffix == ".head"}
    for place in range(0, len(data), max(1, len(data) // 40)):
        for path, content in head.items():
            path.write_bytes(content)
        damaged.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        assert xe.run(words) == expected, place


STRICTER = (
    "def vcpus_are_in_order(_state: State, vm: Record) -> Iterator[Failure]:",
    (
        "def vcpus_are_in_order(_state: State, vm: Record) -> Iterator[Failure]:\n"
        '    yield from [Failure("INVALID_VALUE", "name-label", "web")] if vm.name == "web" else []'
    ),
)
"""A rule, and what it is in a program that lets no VM be called web."""


def edit(program: Path, at: str, old: str, new: str) -> None:
    text = (program / "xe_py" / at).read_text()
    assert old in text
    (program / "xe_py" / at).write_text(text.replace(old, new))


def test_an_index_is_believed_by_a_program_that_judges_alike(
    process: "Process", xe: "Xe", tmp_path: Path, cache: Path
) -> None:
    """Whichever copy of the program it is, and of whatever version; an edited one is another at once."""

    def names(program: Path) -> str:
        done = process.xe("--state", str(xe.state), "vm-list", "params=name-label", PYTHONPATH=str(program))
        assert done.status == 0
        return done.out + done.err

    def base() -> tuple[int, int]:
        (path,) = cache.glob(
            "*.toml.base"
        )  # That of an unsound version, as the stricter program sees it, is beside it.
        return path.stat().st_ino, path.stat().st_mtime_ns

    process.environment["XDG_CACHE_HOME"] = str(cache.parent)
    xe.do("vm-create name-label=web")
    settle(xe)
    for name in ("first", "second"):
        shutil.copytree(Path(xe_py.__file__).parent, tmp_path / name / "xe_py")
    first, second = tmp_path / "first", tmp_path / "second"
    edit(second, "__init__.py", f'"{xe_py.__version__}"', '"99"')
    assert "web" in names(first)
    made = base()
    assert "web" in names(second)
    assert base() == made

    edit(second, "xapi/vm_rules.py", *STRICTER)
    assert "Warning: the state" in names(second)
    refused = process.xe("--state", str(xe.state), "vm-create", "name-label=db", PYTHONPATH=str(second))
    assert (refused.status, "INVALID_VALUE" in refused.err) == (3, True)
    assert "Warning" not in names(first)
    assert base() == made
    edit(first, "schema/secrets.py", '"secret", ', '"secret", "token", ')
    assert "Warning" not in names(first)
    assert base() != made


def test_a_copy_of_the_program_compares_itself_only_once(
    process: "Process", xe: "Xe", tmp_path: Path, cache: Path
) -> None:
    """Then the index knows it, and knows the other copies, too; a change keeps what it knows."""

    def compares(program: Path, line: str) -> bool:
        argv = [sys.executable, "-X", "importtime", "-m", "xe_py", "--state", str(xe.state), *line.split()]
        done = process.run(argv, PYTHONPATH=str(program))
        assert done.status == 0
        return "hashlib" in done.err

    process.environment["XDG_CACHE_HOME"] = str(cache.parent)
    settle(xe)
    xe.do("vm-list")
    copies = [tmp_path / name for name in ("first", "second", "third", "fourth")]
    for copy in copies:
        shutil.copytree(Path(xe_py.__file__).parent, copy / "xe_py")
    assert [compares(copy, "vm-list") for copy in copies] == [True] * 4
    assert [compares(copy, "vm-create name-label=new") for copy in copies] == [False] * 4
    assert [compares(copy, "vm-list") for copy in copies] == [False] * 4


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o622])
def test_an_index_that_others_may_touch_is_not_read(xe: "Xe", cache: Path, mode: int) -> None:
    settle(xe)
    xe.do("vm-list")
    assert look(xe) is not None
    for path in cache.iterdir():
        path.chmod(mode)
    assert look(xe) is None


def test_an_index_that_is_a_link_is_not_read(xe: "Xe", cache: Path, tmp_path: Path) -> None:
    settle(xe)
    xe.do("vm-list")
    for path in list(cache.iterdir()):
        moved = tmp_path / path.name.rpartition("%2F")[2]
        path.rename(moved)
        path.symlink_to(moved)
    assert look(xe) is None
    xe.do("vm-list")


def test_files_of_the_index_are_their_owners_only(xe: "Xe", cache: Path) -> None:
    settle(xe)
    xe.do("vm-list")
    assert {path.stat().st_mode & 0o777 for path in cache.iterdir()} == {0o600}
    assert cache.stat().st_mode & 0o777 == 0o700


def test_nothing_is_missed_where_no_index_can_be_kept(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    settle(xe)
    for line in busy(xe):
        xe.do(line)
        assert look(xe) is None


def test_an_index_of_a_file_that_is_gone_is_removed_when_another_is_made(xe: "Xe", cache: Path, tmp_path: Path) -> None:
    others = [tmp_path / "a%2Fb %.toml", tmp_path / "folder" / "host.toml", tmp_path / "stays.toml"]
    (tmp_path / "folder").mkdir()
    for path in others:
        path.write_bytes(xe.state.read_bytes())
        other = type(xe)(path)
        settle(other)
        other.do("vm-list")
    killed = subprocess.Popen(["true"])
    killed.wait()
    (cache / f"%2Fno%2Fhost.toml.base.{killed.pid}").touch()
    not_ours = {"lock", "x.head", ".base", "%2Fno.toml", "%2Fno.toml.old", f"x.{killed.pid}", f"%2Fno.{killed.pid}"}
    for name in not_ours:
        (cache / name).touch()
    others[0].unlink()
    shutil.rmtree(tmp_path / "folder")
    settle(xe)
    xe.do("vm-list")
    left = {"stays.toml.base", "stays.toml.head", "host.toml.base", "host.toml.head"}
    assert not_ours <= set(os.listdir(cache))
    for name in not_ours:
        (cache / name).unlink()
    assert {path.name.rpartition("%2F")[2] for path in cache.iterdir()} == left
    assert look(xe) is not None


def test_however_many_indices_there_are_only_some_are_looked_at(
    xe: "Xe", cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xe_py.store.index.cache._SWEPT", 10)
    cache.mkdir(parents=True)
    for number in range(100):
        (cache / f"%2Fno%2F{number}.toml.head").touch()
    xe.state.write_text("\ufeff" + xe.state.read_text())  # It is not plain, so every edit makes a new base.
    for turn in range(1, 60):
        xe.state.write_text(xe.state.read_text() + "# edited\n")
        settle(xe)
        xe.do("vm-list")
        gone = 102 - len(list(cache.iterdir()))
        assert gone <= 10 * turn
    assert gone == 100


def test_damage_is_found_by_a_checksum(tmp_path: Path) -> None:
    from xe_py.store.index.cache import checked, read_part

    path = tmp_path / "part"
    path.write_bytes(b"".join(checked(b"content")))
    handle = os.open(path, os.O_RDONLY)
    assert bytes(read_part(handle, 0, 7)) == b"content"
    for start, length in ((0, 6), (1, 6), (0, 8), (-1, 7), (0, -1)):
        with pytest.raises(DamagedIndexError):
            read_part(handle, start, length)
    os.close(handle)
