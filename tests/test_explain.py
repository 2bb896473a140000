"""`explain` says what there is: classes, fields, commands, codes and rules, from their declarations."""

import json
import time

import pytest
from conftest import Xe

from xe_py import classes, operations
from xe_py.codes import CODES, UNLISTED
from xe_py.operations.effects.refusals import codes_of, raisers_of
from xe_py.operations.explain import explain
from xe_py.schema.command import REFUSED
from xe_py.schema.listing import Page


def page(topic: str) -> Page:
    return explain(None, topic)  # type: ignore[arg-type] # it reads no store


def section(topic: str, head: str) -> list[str]:
    return next((list(map(str, lines)) for each, lines in page(topic).sections if each == head), [])


ORDER = "Codes that it may be refused with, in the order in which xe checks"


@pytest.mark.parametrize(
    ("topic", "head", "line"),
    [
        ("vbd", "Fields", "mode (RW): Whether the guest may only read (RO) or also write (RW)."),
        ("vbd", "It refers to", "vm-uuid: a VM. If the VM is removed, this object is removed too."),
        ("VM", "What refers to it", "VBD, in its field vm-uuid"),
        ("vbd", "Rules", "cds_are_read_only: A CD drive is read-only. (both sets)"),
        ("vbd.mode", "Rules that read it", "cds_are_read_only of class vbd: A CD drive is read-only."),
        ("vbd-plug", "Parameters", "uuid, required: The VBD."),
        ("VDI_READONLY", "Checks that raise it", "sharing: Why the VBD cannot write: its VDI is read-only"),
        ("BRIDGE_NAME_EXISTS", "Checks that raise it", "network: bridge must be unique"),
        ("rules", "vbd", "cds_are_read_only: A CD drive is read-only. (both sets)"),
        ("cds_are_read_only", "Of class vbd", "It reads type, mode."),
        ("template", "Commands", None),
    ],
)  # fmt: skip
def test_a_page_tells(topic: str, head: str, line: str | None) -> None:
    assert section(topic, head)
    if line is not None:
        assert line in section(topic, head)


@pytest.mark.parametrize(
    ("topic", "fact"),
    [
        ("vbd.mode", ("to change it", "xe vbd-param-set uuid=<uuid> mode=<value>")),
        ("vm.tags", ("to change it", "xe vm-param-add uuid=<uuid> param-name=tags param-key=<member>")),
        ("vm.other-config:key", ("to change it", "xe vm-param-set uuid=<uuid> other-config:<key>=<value>")),
        ("vbd.vm", ("reference", "If the VM is removed, this object is removed too.")),
        ("vbd.device", ("in the file", "Not there: xe computes it.")),
        ("VDI_IN_USE", ("its parameters", "vdi, operation")),
        ("vdi-in-use", ("its parameters", "vdi, operation")),
        ("vm-start", ("what it does", operations.find("vm-start").doc)),  # type: ignore[union-attr] # there is one
    ],
)
def test_a_page_has_facts(topic: str, fact: tuple[str, str]) -> None:
    facts = dict(page(topic.replace("vdi-in-use", "VDI_IN_USE".lower())).facts)
    assert facts[fact[0]].startswith(fact[1])


def test_codes_stand_in_the_order_of_the_checks() -> None:
    codes = [line.partition(":")[0] for line in section("vbd-plug", ORDER)]
    assert codes == [
        "DEVICE_ALREADY_ATTACHED", "VM_BAD_POWER_STATE", "VM_MISSING_PV_DRIVERS", "OPERATION_NOT_ALLOWED",
        "VDI_NOT_MANAGED", "VDI_IN_USE", "VDI_READONLY", "DISK_VBD_MUST_BE_READWRITE_FOR_HVM", "VDI_MISSING",
    ]  # fmt: skip
    assert "NOT_IMPLEMENTED" in section("host-bugreport-upload", ORDER)[0]


def test_everything_there_is_can_be_explained() -> None:
    for name in classes.names():
        cls = classes.get(classes.view(name).of)
        assert page(name).text in {f"class {name}", f"command {name}"}
        for field in cls.fields:
            if not field.hidden:
                assert page(f"{name}.{field.name}").text == f"field {field.name} of class {cls.name}"
    for code in [*CODES, *UNLISTED][::20]:
        assert page(code).text == f"error code {code}"
    for cls in classes.sections():
        for rule in cls.rules:
            assert page(rule.name).text == f"rule {rule.name}"


@pytest.mark.slow
def test_every_command_can_be_explained() -> None:
    raised = set()
    for name in operations.names():
        command = operations.find(name)
        assert command is not None
        assert page(name).text == f"command {name}"
        codes = codes_of(command.run)
        assert set(codes) <= {*CODES, *UNLISTED}, name
        raised |= set(codes)
        assert bool(codes) >= (command.coverage == REFUSED), name
    assert len(raised) > 200
    assert all(raisers_of(code) for code in sorted(raised)[::20])


@pytest.mark.parametrize(
    ("topic", "meant"),
    [
        ("vdi_in_us", "VDI_IN_USE, VIF_IN_USE, SR_DEVICE_IN_USE"),
        ("vbd.mod", "vbd.mode"),
        ("vbd-plugg", "vbd-plug, vbd-unplug"),
    ],
)
def test_the_nearest_names_are_offered(xe: Xe, topic: str, meant: str) -> None:
    refused = xe(f"explain {topic}")
    assert refused.status == 1
    assert refused.err.startswith(f"Error: Nothing here is called {topic}.\nNote: did you mean {meant}")


def test_it_needs_no_state_and_has_a_form_for_programs(xe: Xe) -> None:
    xe.state.unlink()
    found = json.loads(xe.do("explain vbd.mode --json"))
    assert (found["name"], found["mode"]) == ("mode", "RW")
    assert not xe.state.exists()


def test_a_page_comes_quickly() -> None:
    start = time.process_time()
    page("vm-start")
    assert time.process_time() - start < 2
