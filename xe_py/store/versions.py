"""The versions of a state file that its history has (see `xe_py.store.history`), and the present one."""

from __future__ import annotations

import os

from xe_py.store.history import LOG, folder_of, kept_in, moment

# The serial, when it was written, the user, the process, and the command line.
_COLUMNS = 5
_HEAD = 1 << 16
_BY_HAND = "(edited by hand)"
_UNKNOWN = "(not recorded)"


class Version:
    """One version of a state file: where it is, its serial, when it was written, by whom, and by which command line."""

    __slots__ = ("command", "path", "serial", "when", "who")

    def __init__(self, path: str, serial: int, when: str, who: str, command: str) -> None:
        self.path = path
        self.serial = serial
        self.when = when
        self.who = who
        self.command = command


def serial_in(path: str) -> int:
    """The serial that the text in the file seems to have, whatever else is in it; 0 if there is none."""
    try:
        with open(path, "rb") as file:
            lines = file.read(_HEAD).split(b"\n")
    except OSError:
        return 0
    for line in lines:
        key, _, value = line.partition(b"=")
        digits = value.partition(b"#")[0].strip()
        if key.strip() == b"serial" and digits.isdigit() and len(digits) <= len(str(1 << 63)):
            return int(digits)
    return 0


def versions(target: str) -> list[Version]:
    """The versions that are kept, the oldest first, and last the present one, if there is a file."""
    folder = folder_of(target)
    commits = _commits(os.path.join(folder, LOG))
    paths = [*(kept_in(folder) or ()), (0, serial_in(target), target)]
    found: dict[tuple[int, int], Version] = {}
    for _, serial, path in paths:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue  # A writer dropped it meanwhile.
        # A version that is the present one as well was left by a writer that was killed: it counts once.
        found.pop((status.st_dev, status.st_ino), None)
        found[status.st_dev, status.st_ino] = _version(path, serial, status, commits)
    return list(found.values())


def _version(path: str, serial: int, status: os.stat_result, commits: dict[tuple[str, str], list[str]]) -> Version:
    written = moment(status.st_mtime_ns)
    when = written.partition(".")[0] + "Z"
    if (commit := commits.get((str(serial), written))) is not None:
        user, process, command = commit
        return Version(path, serial, when, f"{_user(user)} ({process})", command)
    recorded = any(number == str(serial) for number, _ in commits)
    return Version(path, serial, when, _user(str(status.st_uid)), _BY_HAND if recorded else _UNKNOWN)


def _commits(log: str) -> dict[tuple[str, str], list[str]]:
    """The user, the process and the command of each commit, by its serial and time."""
    try:
        with open(log, encoding="utf-8", errors="replace", newline="\n") as file:
            lines = file.read().split("\n")
    except OSError:
        return {}
    found = {}
    for line in lines:
        serial, *columns = line.split("\t", _COLUMNS - 1)
        if len(columns) == _COLUMNS - 1:
            found[serial, columns[0]] = columns[1:]
    return found


def _user(number: str) -> str:
    import pwd  # noqa: PLC0415 - a commit notes the number only

    try:
        return pwd.getpwuid(int(number)).pw_name
    except (KeyError, ValueError, OverflowError):
        return f"user {number}"
