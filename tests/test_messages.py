"""Messages: what commands leave, how many of them stay, and how they are made and destroyed."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from vm_pool import VmPool

from xe_py.operations.effects.messages import KEPT, tell_of

if TYPE_CHECKING:
    from conftest import Xe

    from xe_py.state.record import Record


@pytest.fixture
def pool() -> VmPool:
    pool = VmPool()
    pool.vm("web")
    return pool


def told(pool: VmPool) -> "list[Record]":
    return pool.state.all("message")


# What is left

LEFT: list[tuple[str, dict[str, Any], str, str]] = [
    ("vm-start", {"on": "xen1"}, "VM_STARTED", "started on host: xen1 (uuid: {xen1})"),
    ("vm-pause", {}, "VM_PAUSED", "paused"),
    ("vm-unpause", {}, "VM_UNPAUSED", "unpaused"),
    ("vm-suspend", {}, "VM_SUSPENDED", "suspended"),
    ("vm-resume", {"on": "xen2"}, "VM_RESUMED", "resumed on host: xen2 (uuid: {xen2})"),
    (
        "vm-migrate",
        {"host": "xen1"},
        "VM_MIGRATED",
        "migrated from host 'xen2' (uuid: {xen2}) to host 'xen1' (uuid: {xen1})",
    ),
    ("vm-snapshot", {"new_name_label": "s"}, "VM_SNAPSHOTTED", "snapshotted, snapshot name: s"),
    ("vm-checkpoint", {"new_name_label": "c"}, "VM_CHECKPOINTED", "checkpointed, snapshot name: c"),
    ("vm-reboot", {}, "VM_REBOOTED", "rebooted cleanly"),
    ("vm-reboot", {"force": True}, "VM_REBOOTED", "rebooted forcibly"),
    ("vm-shutdown", {}, "VM_SHUTDOWN", "shutdown"),
    ("vm-start", {"on": "xen2", "paused": True}, "VM_STARTED", "started on host: xen2 (uuid: {xen2})"),
    ("vm-shutdown", {"force": True}, "VM_SHUTDOWN", "shutdown forcibly"),
]


def test_a_command_says_what_became_of_the_vm(pool: VmPool) -> None:
    uuids = {name: obj["uuid"] for name, obj in pool.named.items()}
    for command, arguments, name, what in LEFT:
        pool.do(command, "web", **arguments)
        message = told(pool)[-1]
        assert message["name"] == name
        assert message["body"] == f"VM 'web' (uuid: {uuids['web']}) {what.format(**uuids)}"
        assert (message["priority"], message["class"], message["obj-uuid"]) == (5, "VM", uuids["web"])
        assert message["timestamp"] is not None
    assert [message["name"] for message in told(pool)] == [name for _, _, name, _ in LEFT]


def test_a_revert_tells_of_the_shutdown_before_it(xapi: "Xe") -> None:
    vm = xapi.do("vm-create name-label=web")
    xapi.do("vm-start vm=web")
    snapshot = xapi.do("vm-snapshot vm=web new-name-label=before")
    xapi.do(f"snapshot-revert snapshot-uuid={snapshot}")
    bodies = xapi.do("message-list params=body --minimal").split(",VM ")
    assert f"'web' (uuid: {vm}) shutdown forcibly" in bodies
    assert f"'web' (uuid: {vm}) reverted to snapshot: before (uuid {snapshot})" in bodies


def test_a_refused_command_leaves_none(pool: VmPool) -> None:
    pool.no("vm-pause", "web")
    assert told(pool) == []


@pytest.mark.parametrize("command", ["vm-destroy", "vm-reset-powerstate"])
def test_some_commands_leave_none(xe: "Xe", command: str) -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do(
        {"vm-destroy": f"vm-destroy uuid={vm}", "vm-reset-powerstate": f"vm-reset-powerstate uuid={vm} --force"}[
            command
        ]
    )
    assert xe.do("message-list") == ""


def test_a_message_about_a_snapshot_is_about_its_vm(pool: VmPool) -> None:
    snapshot = pool.vm("snap", is_a_snapshot=True, is_a_template=True, snapshot_of="web")
    tell_of(pool.state, snapshot, "VM_SNAPSHOT_REVERTED", "reverted")
    assert told(pool)[0]["obj-uuid"] == pool.named["web"]["uuid"]
    assert told(pool)[0]["body"].startswith("VM 'web' ")


def test_messages_have_the_priorities_and_texts_of_xapi() -> None:
    facts = json.loads((Path(__file__).parent / "facts" / "messages.json").read_text())
    for _, _, name, what in LEFT:
        assert facts[name]["priority"] == 5
        bodies = facts[name]["body"]
        texts = [bodies] if isinstance(bodies, str) else bodies
        shapes = [re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) for text in texts]
        assert any(re.fullmatch(shape, f"VM 'web' (uuid: 1) {what}") for shape in shapes), name


# How many stay


def test_the_newest_messages_stay(pool: VmPool) -> None:
    for number in range(KEPT + 5):
        tell_of(pool.state, pool.named["web"], f"M{number}", "told")
    assert [message["name"] for message in told(pool)] == [f"M{number}" for number in range(5, KEPT + 5)]


def test_the_file_does_not_grow_without_end(xe: "Xe") -> None:
    xe.do("vm-create name-label=web")
    path = xe.state.parent / "script.sh"
    path.write_text("xe vm-start vm=web\nxe vm-shutdown vm=web\n" * KEPT)
    sizes = []
    for _ in range(2):
        assert xe.run(["batch", str(path)]).status == 0
        sizes.append(xe.state.stat().st_size)
    assert xe.do("message-list --minimal").count(",") == KEPT - 1
    assert sizes[1] <= sizes[0] + 10


def test_messages_stay_when_their_object_goes(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    for command in ("vm-start", "vm-shutdown"):
        xe.do(f"{command} vm=web")
    xe.do(f"vm-destroy uuid={vm}")
    assert xe.do(f"message-list obj-uuid={vm} params=name --minimal") == "VM_STARTED,VM_SHUTDOWN"


# Making and destroying them


def test_a_plain_list_shows_all_fields(xe: "Xe") -> None:
    host = xe.do("host-list --minimal")
    assert xe.do("message-create name=SOON priority=3 body=Later. host-uuid={host}", host=host) == ""
    shown = xe.do("message-list")
    labels = [line.partition("(")[0].strip() for line in shown.splitlines() if line]
    assert labels == ["uuid", "name", "priority", "class", "obj-uuid", "timestamp", "body"]
    assert xe.do("message-list class=Host priority=3 params=body --minimal") == "Later."


@pytest.mark.parametrize("cls", ["vm", "host", "sr", "pool"])
def test_a_message_is_about_an_object(xe: "Xe", cls: str) -> None:
    label = {"vm": "VM", "host": "Host", "sr": "SR", "pool": "Pool"}[cls]
    uuid = xe.do(f"{cls}-list --minimal").partition(",")[0]
    xe.do(f"message-create name=SOON priority=1 body=Later. {cls}-uuid={uuid}")
    assert xe.do("message-list params=class,obj-uuid --minimal") == label
    assert xe.do("message-list params=obj-uuid --minimal") == uuid
    assert xe.code(f"message-create name=SOON priority=1 body=Later. {cls}-uuid=x") == "UUID_INVALID"
    assert f"type: {label}\n" in xe(f"message-create name=SOON priority=1 body=Later. {cls}-uuid=x").err


def test_of_several_objects_the_vm_comes_first(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    words = " ".join(f"{cls}-uuid={xe.do(f'{cls}-list --minimal').partition(',')[0]}" for cls in ("host", "sr", "pool"))
    xe.do(f"message-create name=SOON priority=1 body=Later. {words} vm-uuid={vm}")
    xe.do(f"message-create name=SOON priority=2 body=Later. {words}")
    assert xe.do("message-list params=class --minimal") == "VM,Pool"


REFUSED = [
    ("message-create name=a priority=x body=b pool-uuid=x", "Error: Failed to parse parameter 'priority': expecting an integer"),
    ("message-create name=a priority=1 body=b", "Error: Name the object with one of vm-uuid, host-uuid, sr-uuid and pool-uuid."),
    ("message-create name=a priority=1 pool-uuid=x", "Required parameter not found: body"),
    ("message-destroy", "Error: Name the messages with uuid or uuids."),
    ("message-destroy uuid={message} uuids={message}", "Error: Give either uuid or uuids, not both."),
    ("message-destroy uuid=x", "UUID_INVALID"),
    ("message-destroy uuids={message},x", "UUID_INVALID"),
    ("message-destroy-all before=yesterday", "Error: before must be a time as 2026-01-02T03:04:05Z or 20260102T03:04:05Z."),
    ("message-destroy-all after=2026-13-01T00:00:00Z", "Error: after must be a time as 2026-01-02T03:04:05Z or 20260102T03:04:05Z."),
    ("message-destroy-all priority=low", "Error: Failed to parse parameter 'priority': expecting an integer"),
    ("message-param-get uuid=x param-name=name", "UUID_INVALID"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "said"), REFUSED)
def test_what_is_no_message_is_refused(xe: "Xe", line: str, said: str) -> None:
    xe.do(f"message-create name=SOON priority=1 body=Later. pool-uuid={xe.do('pool-list --minimal')}")
    assert xe.code(line.format(message=xe.do("message-list --minimal"))) == said


@pytest.fixture
def four(xe: "Xe") -> "Xe":
    """Four messages: of 2025 and 2026, with the priorities 1 and 3."""
    pool = xe.do("pool-list --minimal")
    for year in (2025, 2026):
        for priority in (1, 3):
            xe.do(f"message-create name=Y{year}P{priority} priority={priority} body=b pool-uuid={pool}")
    lines = xe.state.read_text().splitlines()
    years = iter(["2025", "2025", "2026", "2026"])
    xe.state.write_text(
        "".join(
            f"timestamp = {next(years)}-06-01T00:00:00Z\n" if line.startswith("timestamp") else f"{line}\n"
            for line in lines
        )
    )
    return xe


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("", ""),
        ("priority=1", "Y2025P3,Y2026P3"),
        ("priority=7", "Y2025P1,Y2025P3,Y2026P1,Y2026P3"),
        ("before=2026-01-01T00:00:00Z", "Y2026P1,Y2026P3"),
        ("after=20260101T00:00:00Z", "Y2025P1,Y2025P3"),
        ("before=2026-06-01T00:00:00Z after=2025-06-01T00:00:00", "Y2025P1,Y2025P3,Y2026P1,Y2026P3"),
        ("before=2027-01-01T00:00:00Z after=2025-07-01T00:00:00Z priority=3", "Y2025P1,Y2025P3,Y2026P1"),
    ],
)
def test_messages_are_destroyed_by_time_and_priority(four: "Xe", words: str, left: str) -> None:
    assert four.do(f"message-destroy-all {words}") == ""
    assert four.do("message-list params=name --minimal") == left


def test_a_message_without_a_time_is_older_than_all_others(four: "Xe") -> None:
    with four.state.open("a") as file:
        file.write("\n[message.11111111-1111-4111-8111-111111111111]\n")
    four.do("message-destroy-all after=2000-01-01T00:00:00Z")
    assert four.do("message-list --minimal") == "11111111-1111-4111-8111-111111111111"
    four.do("message-destroy-all")
    assert four.do("message-list --minimal") == ""


def test_one_message_or_several_are_destroyed(four: "Xe") -> None:
    first, second, third, _ = four.do("message-list --minimal").split(",")
    four.do(f"message-destroy uuid={first}")
    four.do(f"message-destroy uuids={second},{third}")
    assert four.do("message-list params=name --minimal") == "Y2026P3"


# What a command on VMs tells of the messages that it left


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("", False),
        ("message-priority=5", False),
        ("message-priority=6", True),
        ("message-priority=0x10", True),
        ("message-priority=many", False),
        ("--message-priority=6", False),
    ],
)
def test_a_command_tells_of_messages_below_a_priority(xe: "Xe", word: str, told: bool) -> None:
    xe.do("vm-create name-label=web")
    done = xe(f"vm-start vm=web {word}")
    time = xe.do("message-list params=timestamp --minimal")
    line = f"Message: time={time} priority=5 name='VM_STARTED'\n"
    assert (done.out, done.err.replace(line, "told")) == ("", "told" if told else done.err)


def test_it_tells_of_those_that_are_done_if_others_are_refused(xe: "Xe") -> None:
    for name in ("a", "b"):
        xe.do(f"vm-create name-label={name}")
    xe.do("vm-start vm=a")
    ended = xe.run(["vm-start", "--multiple", "message-priority=9"], partial=True)
    assert ended.status == 1
    assert ended.err.startswith("Message: time=")
    assert ended.err.count("Message: ") == 1


@pytest.mark.parametrize("keep_going", [False, True])
def test_the_lines_of_a_batch_tell_too_unless_it_is_taken_back(xe: "Xe", tmp_path: Path, *, keep_going: bool) -> None:
    script = tmp_path / "script.sh"
    lines = ["VM=$(xe vm-create name-label=web)", "xe vm-start vm=$VM message-priority=9", "xe vm-shutdown vm=$VM"]
    script.write_text("\n".join([*lines, "xe vm-start vm=$VM message-priority=9", "xe vm-start vm=$VM"]) + "\n")
    ended = xe.run(["batch", str(script), *(["--keep-going"] if keep_going else [])], partial=keep_going)
    assert ended.status == 1
    assert ended.err.count("Message: time=") == (2 if keep_going else 0)
    script.write_text("\n".join(lines) + "\n")
    assert xe(f"batch {script}").err.count("name='VM_STARTED'\n") == 1


@pytest.mark.parametrize("line", ["vm-start vm=nobody message-priority=9", "network-list message-priority=9"])
def test_nothing_is_told_where_nothing_happened(xe: "Xe", line: str) -> None:
    assert "Message: " not in xe(line).err
