"""`describe` tells of one object: what it is, what it has and what uses it, what it allows, and what changed last."""

import json
import re

import pytest
from conftest import Xe

from xe_py import classes

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAC = "00:16:3e:00:00:01"


@pytest.fixture
def web(xe: Xe) -> str:
    """A running VM with a disk, an empty drive and a network card."""
    vm = xe.do("vm-create name-label=web")
    sr, network = xe.do("sr-list type=ext --minimal"), xe.do("pif-list device=eth0 params=network-uuid --minimal")
    disk = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=20GiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={disk} device=0 bootable=true")
    xe.do(f"vbd-create vm-uuid={vm} device=3 type=CD mode=RO")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac={MAC}")
    xe.do(f"network-param-set uuid={network} name-label=lan")
    xe.do(f"vm-start uuid={vm}")
    return vm


def page(xe: Xe, line: str) -> dict[str, list[str]]:
    """The lines of the page under each head, uuids left out; those at the beginning under the empty head."""
    found: dict[str, list[str]] = {}
    for part in UUID.sub("…", xe.do(line)).split("\n\n"):
        head, *lines = part.splitlines()
        found[head] = [line.removeprefix("  ") for line in lines]
    return found


def test_a_vm_shows_its_chains_and_what_changed_last(xe: Xe, web: str) -> None:
    shown = page(xe, "describe vm=web")
    facts = [line.split(None, 1) for line in shown["VM web"]]
    assert ["uuid", "…"] in facts
    assert ["power-state", "running"] in facts
    assert ["resident-on", "host xen1 (…)"] in facts
    assert ["memory-static-max", "256 MiB"] in facts
    assert shown["Storage"] == ["xvda  root 20 GiB RW  on Local storage (ext, xen1)", "3  empty CD RO, not attached"]
    assert shown["Networks"] == [f"vif0  {MAC}  on lan = eth0 xen1"]
    assert "clean_shutdown" in shown["Allowed now"][0]
    started, *_ = [line for line in shown["Last changes"] if not line.startswith("  ")]
    assert started.endswith(": vm-start uuid=…")
    assert "  power-state: halted -> running" in shown["Last changes"]
    assert "  created" in shown["Last changes"]
    assert web in xe.do("describe vm=web")


@pytest.mark.parametrize(
    ("line", "head", "section", "lines"),
    [
        ("describe root", "VDI root", "Storage", ["Local_storage (ext, xen1)"]),
        ("describe root", "VDI root", "Used by", ["VBD xvda of VM web, attached"]),
        ("describe sr=Local_storage", "SR Local_storage", "VDIs", ["root 20 GiB"]),
        ("describe sr=Local_storage", "SR Local_storage", "Hosts", ["xen1, attached"]),
        ("describe network=lan", "network lan", "PIFs", ["eth0 xen1, attached"]),
        ("describe network=lan", "network lan", "Used by", ["VIF 0 of VM web, attached"]),
        ("describe pif=eth0", "PIF eth0 on host xen1", "Networks", ["eth0"]),
        ("describe xen1", "host xen1", "VMs", ["VM web, running, 256 MiB"]),
    ],
)
@pytest.mark.usefixtures("web")
def test_each_class_shows_its_part_of_the_chains(xe: Xe, line: str, head: str, section: str, lines: list[str]) -> None:
    xe.do(f"sr-param-set uuid={xe.do('sr-list type=ext --minimal')} name-label=Local_storage")
    shown = page(xe, line)
    assert head in shown
    assert [each for each in shown[section] if each in lines] == lines


def test_every_object_can_be_described_by_its_uuid(xe: Xe, web: str) -> None:
    found = json.loads(xe.do(f"describe {web} --json"))
    assert (found["class"], found["uuid"], found["fields"]["power-state"]) == ("vm", web, "running")
    assert [each["class"] for each in found["storage"]] == ["vbd", "vbd"]
    assert found["allowed-operations"] == xe.do(f"vm-param-get uuid={web} param-name=allowed-operations").split("; ")
    assert found["findings"] == []
    assert found["changes"][0]["what"]
    for name in classes.names():
        for uuid in xe.do(f"{name}-list params=uuid --minimal").split(",")[:1]:
            if uuid:
                assert json.loads(xe.do(f"describe {name}={uuid} --json"))["uuid"] == uuid
                assert xe.do(f"describe object={uuid}")


def test_a_template_is_called_a_template(xe: Xe) -> None:
    name = "Debian Bookworm 12"
    assert xe.run(["describe", f"template={name}"]).out.startswith(f"template {name}\n")
    assert "Error: No snapshot has" in xe.run(["describe", f"snapshot={name}"]).err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("describe", "Error: Say which object"),
        ("describe vm=web host=xen1", "Error: Say which object"),
        ("describe vm", "Error: There are "),
        ("describe vm=wed", "Error: No vm has the uuid or name wed.\nNote: did you mean vm=web?\n"),
        ("describe xen11", "Error: No object has the uuid or name xen11.\nNote: did you mean host=xen1?\n"),
    ],
)
@pytest.mark.usefixtures("web")
def test_what_is_not_there_is_told_with_the_nearest_name(xe: Xe, line: str, told: str) -> None:
    refused = xe(line)
    assert refused.status == 1
    assert refused.err.startswith(told)


def test_a_name_of_several_objects_is_refused(xe: Xe) -> None:
    vm = xe.do("vm-create name-label=twin")
    network = xe.do("network-create name-label=twin")
    refused = xe("describe twin")
    assert refused.err.splitlines()[:3] == [
        "Error: 2 objects are called twin. Give the class and the uuid of one.",
        f"Note: one of them is network={network}",
        f"Note: one of them is vm={vm}",
    ]
    assert xe.do("describe vm=twin").startswith("VM twin\n")


def test_findings_of_the_object_are_shown(xe: Xe, web: str) -> None:
    text = xe.state.read_text()
    xe.state.write_text(text.replace(f"[vm.{web}]\n", f"[vm.{web}]\nVCPUs-max = 0\n"))
    result = xe.run(["describe", "web"])
    assert result.status == 0
    assert re.search(r"\nFindings\n  .*\(.*\)\n", result.out)


def test_nothing_is_told_of_secrets(xe: Xe) -> None:
    secret = xe.do("secret-create value=hunter2")
    xe.do("vm-create name-label=web")
    xe.run(["vm-param-set", f"uuid={xe.do('vm-list name-label=web --minimal')}", "xenstore-data:password=hunter2"])
    for line in (f"describe {secret}", "describe web", "describe web --json"):
        assert "hunter2" not in "\n".join(part for part in xe.do(line).split("\n\n") if part.startswith("Last"))


def test_the_only_object_of_a_class_needs_no_name(xe: Xe) -> None:
    assert xe.do("describe pool") == xe.do(f"describe {xe.do('pool-list --minimal')}")


def test_what_no_command_shows_is_not_found_by_name(xe: Xe) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    disk = xe.do(f"vdi-create sr-uuid={sr} name-label=left virtual-size=2MiB")
    xe.do(f"vdi-forget uuid={disk}")
    assert "[volume." in xe.state.read_text()
    assert xe.code("describe left") == "Error: No object has the uuid or name left."


def test_a_view_is_asked_for_a_uuid_too(xe: Xe) -> None:
    vm, template = xe.do("vm-create name-label=web"), xe.do("template-list params=uuid --minimal").partition(",")[0]
    assert xe.do(f"describe template={template}").startswith("template ")
    assert xe.code(f"describe template={vm}") == f"Error: No template has the uuid or name {vm}."


def test_describing_changes_nothing(xe: Xe) -> None:
    before = xe.state.read_bytes()
    xe.do("describe xen1")
    assert xe.state.read_bytes() == before


@pytest.mark.usefixtures("web")
def test_in_commands_of_our_own_a_lone_word_is_the_next_parameter(xe: Xe) -> None:
    assert xe.do("vm-tree web") == xe.do("vm-tree vm=web")
    assert xe.do("state-diff 1 2") == xe.do("state-diff serial=1 to=2")
    assert xe.code("vm-start web") == "Error: Unknown field 'web'"
