"""`*-param-*`: every field can be read; what may be written can be, and what may not is refused in xe's words."""

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from small_objects import add_small_objects

from xe_py import classes, open_host

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
    ("other-config", "", "b: x=y; a: 1"),
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
    ("vm-param-get uuid={vm} param-name=nothing", "Error code: Missing parameter"),
    ("vm-param-set uuid={vm} power-state=running", "Error: Field 'power-state' is read-only."),
    ("vm-param-set uuid={vm} nothing=1", "Error: Unknown field 'nothing'"),
    ("vm-param-set uuid={vm} VCPUs-max=many", "Error: Failed to parse parameter 'VCPUs-max': expecting an integer"),
    ("vm-param-set uuid={vm} VCPUs-max=99999999999999999999", "Error: Failed to parse parameter 'VCPUs-max': expecting an integer"),
    ("vm-param-set uuid={vm} HVM-shadow-multiplier=x", "Error: Parameter HVM-shadow-multiplier must be a floating-point number"),
    ("vm-param-set uuid={vm} HVM-shadow-multiplier=nan", "Error: Parameter HVM-shadow-multiplier must be a floating-point number"),
    ("vm-param-set uuid={vm} is-a-template=perhaps", "Error: Failed to parse parameter 'is-a-template': expecting a boolean (true or false)"),
    ("vm-param-set uuid={vm} other-config=x", "Error: Field 'other-config' is a map or set. use the 'name:key=value' syntax."),
    ("vm-param-set uuid={vm} tags:x=1", "Error: Cannot param-set on set fields"),
    ("vm-param-set uuid={vm} affinity=x", "UUID_INVALID"),
    ("vm-param-add uuid={vm} param-name=other-config a=2", "MAP_DUPLICATE_KEY"),
    ("vm-param-add uuid={vm} param-name=name-label param-key=x", "Error: Can only add to parameters of type Set or Map"),
    ("vm-param-add uuid={vm} param-name=tags", "Error: When adding a key to a set, use the syntax: *-param-add param-name=<name> param-key=<key>"),
    ("vm-param-add uuid={vm} param-name=bios-strings a=1", "Error: Parameter is read-only"),
    ("vm-param-add uuid={vm} param-name=nothing param-key=a", "Error code: Missing parameter"),
    ("vm-param-remove uuid={vm} param-name=nothing param-key=a", "Error code: Missing parameter"),
    ("vm-param-clear uuid={vm} param-name=nothing", "Error code: Missing parameter"),
    ("vm-param-set uuid={vm} other-config:=x", "Error: A key of other-config must have at least one letter"),
    ("vm-param-set uuid={vm} name-label:x=1", "Error: Field 'name-label' is not a set or map"),
    ("vm-param-set uuid={vm} bios-strings=x", "Error: Field 'bios-strings' is read-only."),
    ("vm-param-set uuid={vm} blobs:x=1", "Error: Field 'blobs' is not a set or map"),
    ("vm-param-set uuid={vm} networks:x=1", "Error: Map field 'networks' is read-only."),
    ("vm-param-remove uuid={vm} param-name=tags param-key=x", "Error: Key x is not in the set"),
    ("vm-param-remove uuid={vm} param-name=other-config param-key=z", "Error: Key z is not in map"),
    ("vm-param-remove uuid={vm} param-name=name-label param-key=z", "Error: Can only remove from parameters of type Set or Map"),
    ("vm-param-clear uuid={vm} param-name=uuid", "Error: Can only clear RW parameters"),
    ("vbd-param-clear uuid={vbd} param-name=mode", "Error: Cannot clear this parameter"),
    ("vm-param-get uuid={vm}", "Required parameter not found: param-name"),
    ("vm-param-list", "Required parameter not found: uuid"),
    ("vm-list nothing=1", "Error: Unknown field 'nothing'"),
    ("vm-list name-label:x=1", "Error: Field 'name-label' is not a set or map"),
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
    assert xe.do(f"vm-param-get uuid={vm} param-name=other-config") == "c: 3; a: 2; b: x=y"
    assert xe.do(f"vm-param-get uuid={vm} param-name=PV-args") == "a=b"
    assert xe.code(f"vm-param-set uuid={vm} name-label=other power-state=running").endswith("read-only.")
    assert xe.do(f"vm-param-get uuid={vm} param-name=name-label") == "www"


def test_members_are_added_removed_and_cleared(xe: "Xe", vm: str) -> None:
    for member in ("one", "two", "one"):
        xe.do(f"vm-param-add uuid={vm} param-name=tags param-key={member}")
    assert xe.do(f"vm-param-get uuid={vm} param-name=tags") == "two, one"
    assert xe.run(["vm-list", "tags=two, one", "--minimal"]).out == f"{vm}\n"
    assert xe.do("vm-list tags:contains=two --minimal") == vm
    xe.do(f"vm-param-remove uuid={vm} param-name=tags param-key=one")
    xe.do(f"vm-param-clear uuid={vm} param-name=tags")
    xe.do(f"vm-param-add uuid={vm} param-name=other-config c=3 d=4")
    xe.do(f"vm-param-remove uuid={vm} param-name=other-config param-key=a")
    assert xe.do(f"vm-param-get uuid={vm} param-name=other-config") == "d: 4; c: 3; b: x=y"
    xe.do(f"vm-param-clear uuid={vm} param-name=other-config")
    xe.do(f"vm-param-clear uuid={vm} param-name=name-description")
    assert xe.do(f"vm-param-get uuid={vm} param-name=other-config") == ""


# Sets that are taken as a whole

WHOLE = [
    # What is given to param-set, one after the other; what is printed then.
    ("ipv4-allowed", ["10.0.0.1,10.0.0.2"], "10.0.0.1; 10.0.0.2"),
    ("ipv4-allowed", ["10.0.0.1,10.0.0.2", "10.0.0.3"], "10.0.0.3"),
    ("ipv4-allowed", ["10.0.0.1,10.0.0.1,10.0.0.0/8"], "10.0.0.1; 10.0.0.0/8"),
    ("ipv4-allowed", ["10.0.0.1", ""], ""),
    ("ipv6-allowed", ["fd00::1,fd00::/64"], "fd00::1; fd00::/64"),
    ("trunks", ["5,7"], "5; 7"),
    ("trunks", ["12,007"], "12; 7"),
]


@pytest.fixture
def vif(xe: "Xe", vm: str) -> str:
    network = xe.do("network-create name-label=private")
    return xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=random")


@pytest.mark.parametrize(("field", "given", "printed"), WHOLE)
def test_some_sets_are_set_as_a_whole(xe: "Xe", vif: str, field: str, given: list[str], printed: str) -> None:
    for text in given:
        xe.do(f"vif-param-set uuid={vif} locking-mode=locked {field}={text}")
    assert xe.do(f"vif-param-get uuid={vif} param-name={field}") == printed


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("ipv4-allowed=10.0.0.1,nonsense", "INVALID_IP_ADDRESS_SPECIFIED"),
        ("ipv4-allowed=10.0.0.1, 10.0.0.2", "INVALID_IP_ADDRESS_SPECIFIED"),
        ("ipv4-allowed=10.0.0.1,,10.0.0.2", "INVALID_IP_ADDRESS_SPECIFIED"),
        ("ipv6-allowed=10.0.0.1", "INVALID_IP_ADDRESS_SPECIFIED"),
        ("ipv4-allowed:x=10.0.0.1", "Error: Cannot param-set on set fields"),
    ],
)
def test_a_whole_set_is_refused_for_one_member(xe: "Xe", vif: str, word: str, says: str) -> None:
    refusal = xe.run(["vif-param-set", f"uuid={vif}", word])
    assert refusal.status == 1
    assert says in refusal.err


def test_members_of_a_set_of_numbers_are_numbers(xe: "Xe", vif: str) -> None:
    for line in (f"vif-param-set uuid={vif} trunks=5,x", f"vif-param-add uuid={vif} param-name=trunks param-key=x"):
        assert "value" in xe.code(line)
    xe.do(f"vif-param-add uuid={vif} param-name=trunks param-key=5")
    xe.do(f"vif-param-add uuid={vif} param-name=trunks param-key=7")
    xe.do(f"vif-param-remove uuid={vif} param-name=trunks param-key=5")
    assert xe.do(f"vif-list trunks:contains=7 params=trunks uuid={vif} --minimal") == "7"


def test_repositories_are_none_that_could_be_named(xe: "Xe") -> None:
    pool = xe.do("pool-list --minimal")
    xe.do(f"pool-param-set uuid={pool} repositories=")
    for line in ("param-set uuid={pool} repositories=x", "param-add uuid={pool} param-name=repositories param-key=x"):
        assert xe.code(f"pool-{line}", pool=pool) == "UUID_INVALID"


# What can be cleared though it is marked as read-only


def test_the_xenstore_data_of_a_vdi_is_cleared(xe: "Xe") -> None:
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=d virtual-size=4MiB type=user")
    xe.state.write_text(
        xe.state.read_text().replace('name-label = "d"\n', 'name-label = "d"\nxenstore-data = { a = "1" }\n')
    )
    assert xe.do(f"vdi-param-get uuid={vdi} param-name=xenstore-data") == "a: 1"
    assert xe.code(f"vdi-param-set uuid={vdi} xenstore-data:a=2") == "Error: Map field 'xenstore-data' is read-only."
    xe.do(f"vdi-param-clear uuid={vdi} param-name=xenstore-data")
    assert xe.do(f"vdi-param-get uuid={vdi} param-name=xenstore-data") == ""


# BIOS strings, which are given once

GENERIC = (
    "bios-vendor: Xen; bios-version: ; system-manufacturer: Xen; system-product-name: HVM domU; system-version: ; "
    "system-serial-number: ; baseboard-manufacturer: ; baseboard-product-name: ; baseboard-version: ; "
    "baseboard-serial-number: ; baseboard-asset-tag: ; baseboard-location-in-chassis: ; enclosure-asset-tag: ; "
    "hp-rombios: ; oem-1: Xen; oem-2: MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d"
)


def test_bios_strings_are_given_together_and_once(xe: "Xe", vm: str) -> None:
    strings = f"vm-param-get uuid={vm} param-name=bios-strings"
    assert xe.do(strings) == ""
    xe.do(f"vm-param-set uuid={vm} bios-strings:system-version=2 name-label=www bios-strings:bios-vendor=Acme")
    given = GENERIC.replace("bios-vendor: Xen", "bios-vendor: Acme").replace("system-version: ", "system-version: 2")
    assert xe.do(strings) == given
    for line in (
        f"vm-param-set uuid={vm} bios-strings:bios-vendor=Acme",
        f"vm-param-set uuid={vm} bios-strings:bios-version=",
        f"vm-param-clear uuid={vm} param-name=bios-strings",
    ):
        assert xe.code(line) == "VM_BIOS_STRINGS_ALREADY_SET"
    xe.do(f"vm-start uuid={vm}")
    assert xe.do(strings) == given


@pytest.mark.parametrize("line", ["vm-param-clear uuid={vm} param-name=bios-strings", "vm-start uuid={vm}"])
def test_bios_strings_are_generic_otherwise(xe: "Xe", vm: str, line: str) -> None:
    xe.do(line, vm=vm)
    assert xe.do(f"vm-param-get uuid={vm} param-name=bios-strings") == GENERIC


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("x" * 513, "512"),
        ("Acmé", "ASCII"),
        ("a\tb", "ASCII"),
    ],
)
def test_a_text_that_no_bios_has(xe: "Xe", vm: str, text: str, reason: str) -> None:
    refusal = xe.run(["vm-param-set", f"uuid={vm}", f"bios-strings:bios-vendor={text}"])
    assert "INVALID_VALUE" in refusal.err
    assert "bios-vendor" in refusal.err
    assert reason in refusal.err


def test_a_key_that_no_bios_has(xe: "Xe", vm: str) -> None:
    says = xe.code(f"vm-param-set uuid={vm} bios-strings:oem-1=x")
    keys = [pair.partition(":")[0] for pair in GENERIC.split("; ")][:13]
    assert says == f"Error: Unknown key 'oem-1': expecting {', '.join(keys)}"


@pytest.mark.slow
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
    xe.do(f"tunnel-create pif-uuid={eth0} network-uuid={xe.do('network-create name-label=tunnelled')}")
    xe.do("sdn-controller-introduce address=10.0.0.5")
    header = f"[pif.{eth1}]\n"
    xe.state.write_text(xe.state.read_text().replace(header, f"{header}capabilities = ['sriov']\n"))
    xe.do(f"network-sriov-create pif-uuid={eth1} network-uuid={xe.do('network-create name-label=fast')}")
    bonded = xe.do("network-create name-label=bonded")
    xe.do(f"bond-create network-uuid={bonded} pif-uuids={eth0}")
    xe.do("vm-start vm=web")
    xe.do(f"message-create name=TOLD priority=3 body=told vm-uuid={vm}")
    task = f"[task.{uuid4()}]\nname-label = 'Async.VM.start'\n"
    dump = f"[host-crashdump.{uuid4()}]\nhost-uuid = '{xe.do('host-list --minimal')}'\n"
    xe.state.write_text(f"{xe.state.read_text()}\n{task}\n{dump}")
    with open_host(str(xe.state)) as host:
        add_small_objects(host.state)
        host.commit()
    xe.do(f"vm-param-set uuid={vm} appliance={xe.do('appliance-create name-label=shop')}")
    nightly = xe.do("vmss-create name-label=nightly type=snapshot frequency=daily")
    xe.do(f"vm-param-set uuid={vm} snapshot-schedule={nightly}")
    xe.do(f"vm-param-set uuid={vm} groups={xe.do('vm-group-create name-label=pair placement=anti-affinity')}")
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


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("vm-param-set uuid={vm} name-lable=x", "Note: did you mean name-label?"),
        ("vm-param-set uuid={vm} other-confg:a=x", "Note: did you mean other-config?"),
        ("vm-param-get uuid={vm} param-name=power-stat", "Note: did you mean power-state?"),
        ("vm-param-clear uuid={vm} param-name=tag", "Note: did you mean tags?"),
        (
            "bond-create network-uuid={network} pif-uuids={pifs} mode=lcp",
            "Note: it must be one of 'balance-slb', 'active-backup', 'lacp'",
        ),
    ],
)
def test_a_word_that_is_nearly_right_gets_the_right_one(xe: "Xe", line: str, note: str) -> None:
    vm = xe.do("vm-create name-label=web")
    network, pifs = xe.do("network-create name-label=bonded"), xe.do("pif-list --minimal")
    assert note in xe(line.format(vm=vm, network=network, pifs=pifs)).err.splitlines()
