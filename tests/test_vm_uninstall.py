"""vm-uninstall: what goes and what stays, and the question before it."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import Result
from vm_pool import VmPool

from xe_py.cli import main
from xe_py.cli.environment import Environment
from xe_py.python import open_host

if TYPE_CHECKING:
    from conftest import Xe

HEAD = "These objects are about to be destroyed:\n"
DONE = "All of them are destroyed.\n"
QUESTION = "Type 'yes' to continue\n"
OWNER = {"owner": ""}


@pytest.fixture
def pool() -> VmPool:
    return VmPool()


# What goes


@pytest.mark.parametrize("state", ["halted", "paused", "running", "suspended"])
def test_a_vm_goes_in_any_power_state_with_its_own_disks(pool: VmPool, state: str) -> None:
    pool.vm("web", state)
    if state == "suspended":
        pool.named["image"] = pool.state.ref(pool.named["web"], "suspend-VDI-uuid")
    attached = state != "halted"
    pool.disk("root", "web", other_config=OWNER, currently_attached=attached)
    pool.disk("data", "web", userdevice="1", currently_attached=attached)
    pool.vif("nic", "web", currently_attached=attached)
    pool.do("vm-uninstall", "web")
    image = {"image"} if state == "suspended" else set()
    assert pool.gone() == {"web", "root", "v-root", "data", "nic"} | image


def test_its_snapshots_go_too_with_their_disks(pool: VmPool) -> None:
    pool.vm("web")
    pool.vm("snapshot", is_a_snapshot=True, is_a_template=True, snapshot_of="web")
    pool.vm("checkpoint", "suspended", is_a_snapshot=True, is_a_template=True, snapshot_of="web")
    pool.disk("root", "snapshot", other_config=OWNER)
    pool.do("vm-uninstall", "web")
    assert pool.gone() == {"web", "snapshot", "checkpoint", "root", "v-root"}


def test_a_disk_in_two_drives_goes_once() -> None:
    pool = VmPool("xapi")
    pool.vm("web")
    pool.disk("root", "web", other_config=OWNER)
    pool.add("again", "vbd", vm_uuid="web", vdi_uuid="v-root", userdevice="1", other_config=OWNER)
    pool.do("vm-uninstall", "web")
    assert pool.gone() == {"web", "root", "again", "v-root"}


def test_a_refusal_in_the_middle_leaves_everything(pool: VmPool) -> None:
    pool.vm("web", blocked_operations={"destroy": "KEEP"})
    assert pool.no("vm-uninstall", "web") == ("OPERATION_BLOCKED", "web", "KEEP")
    pool = VmPool("xapi")
    pool.vm("web")
    pool.disk("root", "web", other_config=OWNER)
    pool.vm("db", "running")
    pool.add("same", "vbd", vm_uuid="db", vdi_uuid="v-root", userdevice="0", currently_attached=True)
    assert pool.no("vm-uninstall", "web") == ("VDI_IN_USE", "v-root", "destroy")


# The question


class Asked:
    """A command line whose standard input is given, with the VM `web` and its disk."""

    def __init__(self, xe: "Xe") -> None:
        self.path = xe.state
        self.xe = xe
        self.vm = xe.do("vm-create name-label=web")
        xe.do("vm-disk-add vm=web disk-size=1GiB device=0")
        self.disk = xe.do("vdi-list name-label={name} --minimal", name="Created by xe")
        self.listed = f"{HEAD}VM : {self.vm} (web)\nVDI: {self.disk} (Created by xe) \n"

    def __call__(self, line: str, given: str | bytes) -> Result:
        typed = given if isinstance(given, bytes) else given.encode()
        streams = io.TextIOWrapper(io.BytesIO(typed)), io.StringIO(), io.StringIO()
        status = main.run(["--state", str(self.path), *line.split()], Environment(os.environ, streams))
        return Result(streams[1].getvalue(), streams[2].getvalue(), status)

    @property
    def is_there(self) -> bool:
        return self.xe.do("vm-list name-label=web --minimal") == self.vm


@pytest.fixture
def asked(xe: "Xe") -> Asked:
    return Asked(xe)


@pytest.mark.parametrize("answer", ["yes\n", "  YES \n", "yes"])
def test_yes_destroys(asked: Asked, answer: str) -> None:
    assert asked("vm-uninstall vm=web", answer) == Result(asked.listed + QUESTION + DONE, "", 0)
    assert not asked.is_there
    assert asked.xe.do("vdi-list uuid={disk} --minimal", disk=asked.disk) == ""


@pytest.mark.parametrize("answer", ["", "y\n", "no \n", "yes please\n"])
def test_anything_else_changes_nothing(asked: Asked, answer: str) -> None:
    before = asked.path.read_bytes()
    typed = answer.removesuffix("\n")
    printed = f"{asked.listed}{QUESTION}Aborted (you typed: '{typed}')\n"
    assert asked("vm-uninstall vm=web", answer) == Result(printed, "", 0)
    assert asked.path.read_bytes() == before


def test_an_answer_may_be_of_any_bytes(asked: Asked) -> None:
    assert asked("vm-uninstall vm=web", b"y\xe9s\n").out.endswith("Aborted (you typed: 'y\\xe9s')\n")


@pytest.mark.parametrize("force", ["--force", "force=true", "force=yes --minimal"])
def test_with_force_nobody_is_asked(asked: Asked, force: str) -> None:
    last = "\n" if "--minimal" in force else ""
    assert asked(f"vm-uninstall vm=web {force}", "") == Result(asked.listed + DONE + last, "", 0)
    assert not asked.is_there


@pytest.mark.parametrize("word", ["uuid", "snapshot-uuid"])
def test_a_snapshot_goes_with_its_disks(asked: Asked, word: str) -> None:
    snapshot = asked.xe.do("vm-snapshot vm=web new-name-label=before")
    disk = asked.xe.do("vbd-list vm-uuid={vm} params=vdi-uuid --minimal", vm=snapshot)
    listed = f"{HEAD}VM : {snapshot} (before)\nVDI: {disk} (Created by xe) \n"
    line = f"snapshot-uninstall {word}={snapshot}"
    assert asked(line, "no\n").out == f"{listed}{QUESTION}Aborted (you typed: 'no')\n"
    assert asked(line, "yes\n") == Result(listed + QUESTION + DONE, "", 0)
    assert asked.xe.do("snapshot-list --minimal") == ""
    assert asked.xe.do("vdi-list uuid={disk} --minimal", disk=disk) == ""
    assert asked.is_there


def test_a_template_goes_with_its_disks(asked: Asked) -> None:
    line = f"template-uninstall template-uuid={asked.vm}"
    refused = asked(line, "yes\n")
    said = "Error: This operation can only be performed on a VM template. {} is not a VM template.\n"
    assert (refused.out, refused.status) == ("", 1)
    assert refused.err.startswith(said.format(asked.vm))
    unknown = asked("template-uninstall template-uuid=x", "yes\n")
    assert (unknown.out, unknown.status) == ("", 1)
    assert "Code: UUID_INVALID" in unknown.err
    asked.xe.do("vm-param-set uuid={vm} is-a-template=true", vm=asked.vm)
    assert asked(line, "yes\n") == Result(asked.listed + QUESTION + DONE, "", 0)
    assert not asked.is_there
    assert asked.xe.do("vdi-list uuid={disk} --minimal", disk=asked.disk) == ""


def test_what_is_no_snapshot_is_told_before_anybody_is_asked(asked: Asked) -> None:
    for line, text in {
        f"snapshot-uninstall uuid={asked.vm}": f"Error: The VM {asked.vm} is not a snapshot",
        "snapshot-uninstall": "Error: Required parameter not found: uuid",
    }.items():
        result = asked(line, "yes\n")
        assert (result.out, result.status) == ("", 1)
        assert result.err.startswith(text)


def test_what_is_shared_and_what_belongs_to_several_vms_is_told(xapi: "Xe") -> None:
    asked = Asked(xapi)
    other = xapi.do("vm-create name-label=db")
    xapi.do("vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0", vm=other, vdi=asked.disk)
    warned = f"VDI: {asked.disk} (Created by xe) ** WARNING: other VMs use this disk too\n"
    shown = asked("vm-uninstall is-control-domain=false --multiple", "")
    assert shown.out.startswith(f"{HEAD}VM : {asked.vm} (web)\n{warned}VM : {other} (db)\n{QUESTION}")
    assert asked("vm-uninstall is-control-domain=false --multiple", "yes\n").status == 0
    assert xapi.do("vm-list is-control-domain=false --minimal") == ""


def test_whatever_is_wrong_is_told_before_anybody_is_asked(asked: Asked) -> None:
    for line, text in {
        "vm-uninstall vm=nobody": "Error: No matching VMs found\n",
        "vm-uninstall vm=web force=maybe": "Error: Failed to parse parameter 'force': expecting true or false",
    }.items():
        result = asked(line, "yes\n")
        assert (result.out, result.status) == ("", 1)
        assert result.err.startswith(text)
    asked.xe.do("vm-param-set uuid={vm} blocked-operations:destroy=KEEP", vm=asked.vm)
    refused = asked("vm-uninstall vm=web --force", "")
    assert (refused.out, refused.status) == ("", 1)
    assert "Code: OPERATION_BLOCKED" in refused.err


def test_what_changes_while_a_person_thinks_is_asked_again(asked: Asked) -> None:
    """The file is not locked meanwhile."""

    class Slow(io.BytesIO):
        def readline(self, _size: int | None = -1) -> bytes:
            if asked.xe.do("vbd-list vm-name-label=web params=userdevice --minimal") == "0":
                asked.xe.do("vm-disk-add vm=web disk-size=1GiB device=1")
            return b"yes\n"

    streams = io.TextIOWrapper(Slow()), io.StringIO(), io.StringIO()
    words = ["--state", str(asked.path), "vm-uninstall", "vm=web"]
    assert main.run(words, Environment(os.environ, streams)) == 0
    first, second, last = streams[1].getvalue().split(QUESTION)
    assert (first, last) == (asked.listed, DONE)
    assert second.startswith(asked.listed)
    assert second.count("VDI: ") == 2
    assert not asked.is_there


def test_a_dry_run_a_script_and_a_program_are_not_asked(asked: Asked, tmp_path: Path) -> None:
    assert f"{asked.vm}" in asked.xe.do("vm-uninstall vm=web --dry-run")
    assert asked.is_there
    script = tmp_path / "script"
    script.write_text("xe vm-uninstall vm=web\n")
    assert "xe batch cannot ask. Add force=true to vm-uninstall." in asked(f"batch {script}", "yes\n").err
    assert asked.is_there
    script.write_text(
        "xe vm-uninstall vm=web --force >/dev/null\nxe vm-create name-label=web >/dev/null\nxe vm-uninstall vm=web --force"
    )
    assert asked(f"batch {script}", "").out.startswith(f"{HEAD}VM : ")
    asked.xe.do("vm-create name-label=web")
    with open_host(str(asked.path)) as host:
        host.run("vm-uninstall", vm="web")
        assert host.find("vm", name_label="web") == []
