"""The audit log is the history: a line for each version, in the form of the real log."""

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

LINE = re.compile(r"\[(\d{8}T\d\d:\d\d:\d\d\.\d{3})Z\|info\|(\S+)\|0 \|xe\|audit\] \('(\S+)' '(\S+)' '' 'ALLOWED' 'OK' 'CLI' '(.*)'\)")  # fmt: skip


def rows(text: str) -> list[tuple[str, ...]]:
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    return [match.groups() for match in found if match]


def test_each_change_has_a_line_the_oldest_first(xe: "Xe") -> None:
    xe.do("network-create name-label=a'b")
    xe.run(["network-create", "name-label=two\nlines"])
    xe.do("pool-initialize-wlb wlb_url=x wlb_username=u wlb_password=hidden xenserver_username=r xenserver_password=p")
    assert xe("network-destroy uuid=nobody").status == 1
    file = xe.state.with_name("audit.log")
    assert xe.do(f"audit-log-get filename={file}") == ""
    found = rows(file.read_text())
    assert len(found) == len(file.read_text().splitlines()) == 4
    assert [row[4].split(maxsplit=1)[0] for row in found[1:]] == [
        "network-create",
        "network-create",
        "pool-initialize-wlb",
    ]
    assert found[1][1:3] == ("xen1", "2")
    assert found[1][4].replace("\\'", "'") == """network-create 'name-label=a'"'"'b'"""
    assert "hidden" not in file.read_text()
    assert oct(file.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    ("since", "shown"),
    [("", True), ("2026-01-01", True), ("20260101T10:00", True), ("9999-01-01 00:00", False), ("99990101", False)],
)
def test_only_what_was_done_since_a_time_is_shown(xe: "Xe", since: str, shown: bool) -> None:
    xe.do("network-create name-label=a")
    out, ended = xe.piped("audit-log-get filename=- since=")
    assert ended.status == 0
    everything = out
    out = xe.run(["audit-log-get", f"filename={xe.state.with_name('log')}", f"since={since}"])
    assert out.status == 0
    assert (xe.state.with_name("log").read_bytes() == everything) == shown
    assert bool(xe.state.with_name("log").read_bytes()) == shown


def test_what_is_no_time_is_refused(xe: "Xe") -> None:
    file = xe.state.with_name("audit.log")
    assert xe.code(f"audit-log-get filename={file} since=monday").startswith("Error: since must be a time such as")
    assert not file.exists()


def test_a_file_is_not_replaced_and_a_dry_run_makes_none(xe: "Xe") -> None:
    file = xe.state.with_name("audit.log")
    xe.do(f"audit-log-get filename={file} --dry-run")
    assert not file.exists()
    file.write_text("mine")
    assert (
        xe.code(f"audit-log-get filename={file}")
        == f"The file {file} exists already. Remove it, or choose another name."
    )
    assert file.read_text() == "mine"
