"""Owner, group, mode and times of the state file, on file systems that let them be set and on those that do not."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from conftest import Xe

from xe_py.store.files import access

CALLS = ("fchown", "fchmod", "utime")
ERRORS = ("EPERM", "EACCES", "ENOTSUP", "ENOSYS")
# What the clock of a file system may be behind by (ns).
TICK = 10_000_000


def refuse(monkeypatch: pytest.MonkeyPatch, *calls: str, error: str = "EPERM") -> None:
    """Let the file system refuse the calls."""

    def refused(*_words: Any, **_named: Any) -> None:
        number = getattr(errno, error)
        raise OSError(number, os.strerror(number))

    for call in calls:
        monkeypatch.setattr(os, call, refused)


def mode(xe: Xe) -> str:
    return stat.filemode(xe.state.stat().st_mode)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("calls", [*((call,) for call in CALLS), CALLS], ids="+".join)
def test_a_file_is_written_where_they_cannot_be_set(
    xe: Xe, monkeypatch: pytest.MonkeyPatch, calls: tuple[str, ...], error: str
) -> None:
    xe.state.chmod(0o600)
    refuse(monkeypatch, *calls, error=error)
    made = xe("vm-create name-label=web")
    assert (made.status, made.err) == (0, "")
    found = xe.state.stat()
    assert found.st_ctime_ns - found.st_mtime_ns >= TICK, "a change right after this one could keep the times"
    xe.state.write_text(xe.state.read_text().replace('"web"', '"bew"'))
    assert xe.do(f"vm-list uuid={made.out.strip()} params=name-label --minimal") == "bew"
    assert xe.do("state-history")
    xe.do("state-undo --force")


@pytest.mark.parametrize("error", ERRORS)
def test_a_mode_that_cannot_be_kept_is_warned_of_once(xe: Xe, monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    xe.state.chmod(0o644)
    refuse(monkeypatch, "fchmod", error=error)
    done = xe("vm-create name-label=web")
    assert done.status == 0
    assert done.err == (
        f"Warning: the new version of {xe.state} has the permissions rw-------, not rw-r--r--: "
        "the system does not allow that here.\n"
    )
    assert mode(xe) == "-rw-------"
    again = xe("vm-create name-label=web")
    assert (again.status, again.err) == (0, "")


def test_a_file_never_gets_open_to_more_people(xe: Xe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every new file is for all to read, one with passwords for its owner alone is not replaced."""
    xe.state.chmod(0o600)
    before = xe.state.read_bytes()
    real = access.os.open

    def for_all(path: Any, flags: int, given: int = 0o777, **named: Any) -> int:
        handle = real(path, flags, given, **named)
        if "new." in str(path):
            os.chmod(path, 0o644)
        return handle

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", for_all)
        refuse(patch, "fchmod")
        refused = xe("vm-create name-label=web")
        assert refused.status == 3
        assert refused.err == (
            f"The state file {xe.state} cannot be written: more users could read or write the new file (rw-r--r--) "
            "than this one (rw-------), and chmod does not work in its folder.\n"
            "Nothing was changed. Move the file to a folder where chmod works.\n"
        )
        assert (xe.state.read_bytes(), mode(xe)) == (before, "-rw-------")
        xe.state.chmod(0o644)
        assert xe("vm-create name-label=web").status == 0
    assert mode(xe) == "-rw-r--r--"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
@pytest.mark.parametrize(("before", "after"), [(0o660, 0o600), (0o664, 0o644), (0o606, 0o606)])
def test_what_was_for_a_group_is_not_for_another(xe: Xe, before: int, after: int) -> None:
    """Who is not in the group of the file can make no file of that group; the passwords in it stay in the family."""
    xe.do("vm-create name-label=web")  # What it imports may not be for others to read.
    for path in (xe.state.parent, *Path(f"{xe.state}.d").rglob("*"), Path(f"{xe.state}.d"), xe.state):
        os.chown(path, 65534, 0)
    for path in xe.state.parent.parents:
        if path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    xe.state.chmod(before)
    os.setegid(65534)
    os.seteuid(65534)
    try:
        done = xe("vm-create name-label=other")
    finally:
        os.seteuid(0)
        os.setegid(0)
    assert done.status == 0, done
    found = xe.state.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_gid) == (after, 65534)
    assert ("permissions" in done.err) == (before != after)
