"""Which blocks changed between two snapshots of a disk, with their data or without."""

import base64
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xe_py.store import store_for

if TYPE_CHECKING:
    from conftest import Xe

MIB, BLOCK = 1 << 20, 64 << 10
SIZE = 2 * MIB
EARLY, LATE = "20260101T00:00:00Z", "20260202T00:00:00Z"


def put(xe: "Xe", vdi: str, data: bytes) -> None:
    """Write the data to the beginning of the disk."""
    with store_for(str(xe.state), os.environ).write("test") as opened:
        state = opened.state
        record = state.need("vdi", vdi)
        name, draft = state.draft()
        draft.take(io.BytesIO(data), SIZE, lambda _: None)
        with state.contents.open(record["content"]) as before:
            draft.follow(before, len(data))
        state.update(record, {"content": name})
        opened.commit()


def snapshot(xe: "Xe", vdi: str, when: str, **fields: Any) -> str:
    """A snapshot of the disk, as vdi-snapshot makes it."""
    with store_for(str(xe.state), os.environ).write("test") as opened:
        state = opened.state
        source = state.need("vdi", vdi)
        made = state.add("vdi", {**source, "is-a-snapshot": True, "snapshot-of": vdi, "uuid": None, **fields})
        time = made.cls.by_name["snapshot-time"].parse(when)
        state.update(made, {"location": made["uuid"], "snapshot-time": time})
        opened.commit()
        return str(made["uuid"])


@pytest.fixture
def vdi(xe: "Xe") -> str:
    sr = xe.do("sr-list type=ext --minimal")
    made = xe.do(f"vdi-create name-label=disk sr-uuid={sr} virtual-size={SIZE}")
    xe.do(f"vdi-enable-cbt uuid={made}")
    return made


def changed(xe: "Xe", before: str, after: str) -> list[int]:
    """The numbers of the changed blocks."""
    text = xe.do(f"vdi-list-changed-blocks vdi-from-uuid={before} vdi-to-uuid={after}")
    bits = base64.b64decode(text, validate=True)
    return [8 * place + bit for place, byte in enumerate(bits) for bit in range(8) if byte & 0x80 >> bit]


def history(xe: "Xe", vdi: str) -> tuple[str, str]:
    """Two snapshots: blocks 0 to 3 have data, then 1 has other data, 2 has zeros, and 9 is new; 0 is written again."""
    block = [bytes([number]) * BLOCK for number in range(12)]
    put(xe, vdi, block[1] + block[2] + block[3] + block[4])
    first = snapshot(xe, vdi, EARLY)
    put(xe, vdi, block[1] + block[7] + bytes(BLOCK) + block[4] + bytes(5 * BLOCK) + block[9])
    second = snapshot(xe, vdi, LATE)
    put(xe, vdi, block[5])
    return first, second


def test_the_blocks_that_differ_are_told(xe: "Xe", vdi: str) -> None:
    first, second = history(xe, vdi)
    assert changed(xe, first, second) == [1, 2, 9]
    assert changed(xe, second, vdi) == [0]
    assert changed(xe, first, vdi) == [0, 1, 2, 9]


def test_the_bitmap_has_a_bit_for_each_block_of_the_later_disk(xe: "Xe", vdi: str) -> None:
    first, _ = history(xe, vdi)
    xe.do(f"vdi-resize uuid={vdi} disk-size={2 * SIZE}")
    text = xe.do(f"vdi-list-changed-blocks vdi-from-uuid={first} vdi-to-uuid={vdi}")
    assert len(base64.b64decode(text)) == 2 * SIZE // BLOCK // 8
    assert changed(xe, first, vdi) == [0, 1, 2, 9]


def test_a_last_block_that_is_only_begun_counts(xe: "Xe", vdi: str) -> None:
    first = snapshot(xe, vdi, EARLY)
    put(xe, vdi, bytes(31 * BLOCK) + b"x")
    assert changed(xe, first, vdi) == [31]


def test_without_the_data_the_changes_are_still_told(xe: "Xe", vdi: str, tmp_path: Path) -> None:
    first, second = history(xe, vdi)
    before = changed(xe, first, second), changed(xe, second, vdi)
    for uuid in (first, second):
        xe.do(f"vdi-data-destroy uuid={uuid}")
        assert xe.do(f"vdi-param-get uuid={uuid} param-name=type") == "CBT metadata"
        assert xe.code(f"vdi-export uuid={uuid} filename={tmp_path}/new") == "VDI_INCOMPATIBLE_TYPE"
    assert (changed(xe, first, second), changed(xe, second, vdi)) == before
    sizes = store_for(str(xe.state), os.environ).contents
    kept = set(sizes.sizes()) - set(sizes.past())
    assert sum(sizes.sizes()[name] for name in kept) < 7 * BLOCK, "the data of the disk itself, and little more"


def test_data_is_destroyed_once(xe: "Xe", vdi: str) -> None:
    first, _ = history(xe, vdi)
    xe.do(f"vdi-data-destroy uuid={first}")
    before = xe.state.read_bytes()
    xe.do(f"vdi-data-destroy uuid={first}")
    assert xe.state.read_bytes() == before


def test_a_snapshot_of_a_disk_that_nobody_wrote_to(xe: "Xe", vdi: str) -> None:
    first = snapshot(xe, vdi, EARLY)
    xe.do(f"vdi-data-destroy uuid={first}")
    assert changed(xe, first, vdi) == []
    put(xe, vdi, b"x")
    assert changed(xe, first, vdi) == [0]


def test_what_is_kept_of_a_snapshot_comes_back_after_it_was_forgotten(xe: "Xe", vdi: str) -> None:
    first, _ = history(xe, vdi)
    xe.do(f"vdi-data-destroy uuid={first}")
    xe.do(f"vdi-forget uuid={first}")
    xe.do(f"sr-scan uuid={xe.do('sr-list type=ext --minimal')}")
    assert xe.do(f"vdi-param-get uuid={first} param-name=type") == "CBT metadata"


def test_where_there_is_no_room_the_data_stays(xe: "Xe", vdi: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = history(xe, vdi)
    monkeypatch.setenv("XE_DISK_LIMIT", "0")
    assert xe.code(f"vdi-data-destroy uuid={first}") == "SR_BACKEND_FAILURE_44"
    assert xe.do(f"vdi-param-get uuid={first} param-name=type") == "User"


def test_tracking_is_turned_on_and_off(xe: "Xe", vdi: str) -> None:
    read = f"vdi-param-get uuid={vdi} param-name=cbt-enabled"
    assert xe.do(read) == "true"
    xe.do(f"vdi-enable-cbt uuid={vdi}")
    assert xe.do(read) == "true"
    xe.do(f"vdi-disable-cbt uuid={vdi}")
    assert xe.do(read) == "false"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"is-a-snapshot": True}, "OPERATION_NOT_ALLOWED"),
        ({"type": "Suspend"}, "VDI_INCOMPATIBLE_TYPE"),
        ({"type": "CBT metadata"}, "VDI_INCOMPATIBLE_TYPE"),
        ({"on-boot": "reset"}, "VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION"),
        ({"managed": False}, "VDI_NOT_MANAGED"),
        ({"sm-config": {"type": "raw"}}, "SR_BACKEND_FAILURE_66"),
    ],
)
@pytest.mark.parametrize("command", ["vdi-enable-cbt", "vdi-disable-cbt"])
def test_tracking_is_refused(xe: "Xe", vdi: str, fields: dict[str, Any], code: str, command: str) -> None:
    changed_to(xe, vdi, fields)
    assert xe.code(f"{command} uuid={vdi}") == code


def changed_to(xe: "Xe", vdi: str, fields: dict[str, Any]) -> None:
    with store_for(str(xe.state), os.environ).write("test") as opened:
        opened.state.update(opened.state.need("vdi", vdi), fields)
        opened.commit()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"is-a-snapshot": False, "snapshot-of": None}, "OPERATION_NOT_ALLOWED"),
        ({"cbt-enabled": False}, "VDI_NO_CBT_METADATA"),
        ({"managed": False}, "VDI_NOT_MANAGED"),
        ({"type": "rrd"}, "VDI_HAS_RRDS"),
    ],
)
def test_data_is_not_destroyed(xe: "Xe", vdi: str, fields: dict[str, Any], code: str) -> None:
    first = snapshot(xe, vdi, EARLY)
    changed_to(xe, first, fields)
    assert xe.code(f"vdi-data-destroy uuid={first}") == code


def test_data_that_a_vm_has_is_not_destroyed(xe: "Xe", vdi: str) -> None:
    first = snapshot(xe, vdi, EARLY)
    vm = xe.do("vm-create name-label=web")
    vbd = xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={first} device=0")
    result = xe(f"vdi-data-destroy uuid={first}")
    assert "Code: VDI_IN_USE" in result.err
    assert "operation: data_destroy" in result.err
    assert f"In the way: vbd {vbd}" in result.err


def test_drivers_that_cannot_track_refuse_it(xe: "Xe") -> None:
    sr = xe.do("sr-create type=dummy name-label=d")
    vdi = xe.do(f"vdi-create name-label=disk sr-uuid={sr} virtual-size=1MiB")
    for line in ("vdi-enable-cbt uuid={0}", "vdi-disable-cbt uuid={0}", "vdi-data-destroy uuid={0}"):
        assert xe.code(line.format(vdi)) == "SR_OPERATION_NOT_SUPPORTED"
    assert xe.code(f"vdi-list-changed-blocks vdi-from-uuid={vdi} vdi-to-uuid={vdi}") == "SR_OPERATION_NOT_SUPPORTED"


def test_disks_that_do_not_follow_each_other_have_no_bitmap(xe: "Xe", vdi: str) -> None:
    first, second = history(xe, vdi)
    other = xe.do(f"vdi-create name-label=other sr-uuid={xe.do('sr-list type=ext --minimal')} virtual-size={SIZE}")
    line = "vdi-list-changed-blocks vdi-from-uuid={0} vdi-to-uuid={1}"
    assert "changed blocks are not tracked for both" in xe(line.format(first, other)).err
    xe.do(f"vdi-enable-cbt uuid={other}")
    for before, after in ((first, first), (second, first), (vdi, first), (first, other)):
        assert xe.code(line.format(before, after)) == "SR_BACKEND_FAILURE_460"


def test_a_disk_in_use_has_no_bitmap(xe: "Xe", vdi: str) -> None:
    first = snapshot(xe, vdi, EARLY)
    vm = xe.do("vm-create name-label=web")
    vbd = xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    xe.do("vm-start vm=web")
    result = xe(f"vdi-list-changed-blocks vdi-from-uuid={first} vdi-to-uuid={vdi}")
    assert "operation: list_changed_blocks" in result.err
    assert f"In the way: vbd {vbd}" in result.err
    assert xe.code(f"vdi-list-changed-blocks vdi-from-uuid={vdi} vdi-to-uuid={first}") == "VDI_IN_USE"
