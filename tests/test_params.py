"""`*-param-*`: every field can be read; what may be written can be, and what may not is refused in xe's words."""

from typing import TYPE_CHECKING

import pytest

from xe_py import classes

if TYPE_CHECKING:
    from conftest import Xe


@pytest.fixture
def vm(xe: "Xe") -> str:
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-param-clear uuid={vm} param-name=other-config")
    xe.do(f"vm-param-set uuid={vm} other-config:a=1 other-config:b=x=y")
    return vm


READ = [
    ("name-label", "", "web"),
    ("other-config", "", "a: 1; b: x=y"),
    ("other-config", "param-key=b", "x=y"),
    ("tags", "", ""),
    ("resident-on", "", "<not in database>"),
    ("HVM-shadow-multiplier", "", "1.000"),
    ("is-a-template", "", "false"),
    ("snapshot-time", "", "19700101T00:00:00Z"),
    ("name-label", "param-key=x", "web"),
]


@pytest.mark.parametrize(("field", "key", "value"), READ)
def test_a_value_is_printed_bare(xe: "Xe", vm: str, field: str, key: str, value: str) -> None:
    assert xe.do(f"vm-param-get uuid={vm} param-name={field} {key}") == value


REFUSED = [
    ("vm-param-get uuid={vm} param-name=other-config param-key=z", "Error: Key z not found in map"),
    ("vm-param-get uuid={vm} param-name=nothing", "Error: Unknown field 'nothing'"),
    ("vm-param-set uuid={vm} power-state=running", "Error: Field 'power-state' is read-only."),
    ("vm-param-set uuid={vm} nothing=1", "Error: Unknown field 'nothing'"),
    ("vm-param-set uuid={vm} VCPUs-max=many", "Error: Failed to parse parameter 'VCPUs-max': expecting an integer"),
    ("vm-param-set uuid={vm} VCPUs-max=99999999999999999999", "Error: Failed to parse parameter 'VCPUs-max': expecting an integer"),
    ("vm-param-set uuid={vm} HVM-shadow-multiplier=x", "Error: Parameter HVM-shadow-multiplier must be a floating-point number"),
    ("vm-param-set uuid={vm} HVM-shadow-multiplier=nan", "Error: Parameter HVM-shadow-multiplier must be a floating-point number"),
    ("vm-param-set uuid={vm} is-a-template=perhaps", "Error: Failed to parse parameter 'is-a-template': expecting a boolean (true or false)"),
    ("vm-param-set uuid={vm} other-config=x", "Error: Field 'other-config' is a map or set. use the 'name:key=value' syntax."),
    ("vm-param-set uuid={vm} tags:x=1", "Error: Cannot param-set on set fields; use param-add and param-remove."),
    ("vm-param-set uuid={vm} affinity=x", "UUID_INVALID"),
    ("vm-param-add uuid={vm} param-name=other-config a=2", "MAP_DUPLICATE_KEY"),
    ("vm-param-add uuid={vm} param-name=name-label param-key=x", "Error: Can only add to parameters of type Set or Map"),
    ("vm-param-add uuid={vm} param-name=tags", "Error: To add to a set, give the member with param-key="),
    ("vm-param-add uuid={vm} param-name=bios-strings a=1", "Error: Field 'bios-strings' is read-only."),
    ("vm-param-remove uuid={vm} param-name=tags param-key=x", "Error: Key x is not in the set"),
    ("vm-param-remove uuid={vm} param-name=other-config param-key=z", "Error: Key z is not in map"),
    ("vm-param-remove uuid={vm} param-name=name-label param-key=z", "Error: Can only remove from parameters of type Set or Map"),
    ("vm-param-clear uuid={vm} param-name=uuid", "Error: Can only clear RW parameters"),
    ("vbd-param-clear uuid={vbd} param-name=mode", "Error: Cannot clear this parameter"),
    ("vm-param-get uuid={vm}", "Required parameter not found: param-name"),
    ("vm-param-list", "Required parameter not found: uuid"),
    ("vm-list nothing=1", "Error: Unknown field 'nothing'"),
    ("vm-list name-label:x=1", "Error: Unknown field 'name-label:x'"),
    ("vm-list tags:holds=1", "Error: Invalid syntax for set filtering (should be set-param:contains=key)"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "says"), REFUSED)
def test_what_cannot_be_is_refused_in_words_that_scripts_match(xe: "Xe", vm: str, line: str, says: str) -> None:
    vbd = xe.do(f"vbd-create vm-uuid={vm} type=CD mode=RO device=3")
    assert xe.code(line, vm=vm, vbd=vbd) == says


def test_settings_that_count_from_zero_are_not_negative(xe: "Xe", vm: str) -> None:
    for field in ("start-delay", "shutdown-delay", "order"):
        assert xe.code(f"vm-param-set uuid={vm} {field}=-1") == "INVALID_VALUE"


def test_the_image_of_a_suspended_vm_is_no_metadata(xe: "Xe", vm: str) -> None:
    text = xe.state.read_text()
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=cbt virtual-size=1")
    xe.do(f"vm-start uuid={vm}")
    xe.do(f"vm-suspend uuid={vm}")
    text = xe.state.read_text()
    xe.state.write_text(text.replace('name-label = "cbt"\n', 'name-label = "cbt"\ntype = "CBT metadata"\n'))
    assert xe.code(f"vm-param-set uuid={vm} suspend-VDI-uuid={vdi}") == "VDI_INCOMPATIBLE_TYPE"


def test_several_fields_and_keys_are_set_at_once_or_none(xe: "Xe", vm: str) -> None:
    xe.do(f"vm-param-set uuid={vm} name-label=www name-description= other-config:a=2 other-config-c=3 PV-args=a=b")
    assert xe.do(f"vm-param-get uuid={vm} param-name=other-config") == "a: 2; b: x=y; c: 3"
    assert xe.do(f"vm-param-get uuid={vm} param-name=PV-args") == "a=b"
    assert xe.code(f"vm-param-set uuid={vm} name-label=other power-state=running").endswith("read-only.")
    assert xe.do(f"vm-param-get uuid={vm} param-name=name-label") == "www"


def test_members_are_added_removed_and_cleared(xe: "Xe", vm: str) -> None:
    for member in ("one", "two", "one"):
        xe.do(f"vm-param-add uuid={vm} param-name=tags param-key={member}")
    assert xe.do(f"vm-param-get uuid={vm} param-name=tags") == "one; two"
    assert xe.do("vm-list tags:contains=two --minimal") == vm
    xe.do(f"vm-param-remove uuid={vm} param-name=tags param-key=one")
    xe.do(f"vm-param-clear uuid={vm} param-name=tags")
    xe.do(f"vm-param-add uuid={vm} param-name=other-config c=3 d=4")
    xe.do(f"vm-param-remove uuid={vm} param-name=other-config param-key=a")
    assert xe.do(f"vm-param-get uuid={vm} param-name=other-config") == "b: x=y; c: 3; d: 4"
    xe.do(f"vm-param-clear uuid={vm} param-name=other-config")
    xe.do(f"vm-param-clear uuid={vm} param-name=name-description")
    assert xe.do(f"vm-param-get uuid={vm} param-name=other-config") == ""


@pytest.mark.parametrize("name", classes.names())
def test_every_field_of_every_class_can_be_read(xe: "Xe", name: str) -> None:
    """The long list of an object holds what `param-get` says of each field, in the order of the class."""
    vm = xe.do("vm-create name-label=web")
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=1GiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    network = xe.do("network-create name-label=private")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=random")
    eth1 = xe.do("pif-list device=eth1 --minimal")
    trunk = xe.do("network-create name-label=trunk")
    xe.do(f"vlan-create pif-uuid={eth1} network-uuid={trunk} vlan=7")
    eth0 = xe.do("pif-list device=eth0 --minimal")
    bonded = xe.do("network-create name-label=bonded")
    xe.do(f"bond-create network-uuid={bonded} pif-uuids={eth0}")
    xe.do("vm-start vm=web")
    view = classes.view(name)
    if view.filters.get("is-a-template") == "true":
        xe.do(f"vm-param-set uuid={xe.do('vm-create name-label=t')} is-a-template=true")
    uuids = xe.do(f"{view.of}-list --minimal").split(",")
    assert uuids[0]
    for uuid in uuids:
        listed = xe.do(f"{name}-param-list uuid={uuid}").splitlines()
        for field in classes.get(view.of).fields:
            value = xe.do(f"{name}-param-get uuid={uuid} param-name={field.name}")
            if not field.hidden:
                label, _, shown = listed.pop(0).partition(": ")
                assert label.split()[0] == field.name
                if not field.expensive:
                    assert shown == value
