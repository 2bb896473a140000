"""`*-param-set`, `-add`, `-remove`, `-clear` on every field of every class: what becomes of each follows from the facts.

The expected outcome is computed from what is known about the real xe (tests/facts), not from what is declared here.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from small_objects import add_small_objects
from vm_pool import VmPool

from xe_py import classes
from xe_py.errors import Failure, Misuse
from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.schema.command import WORDS

Facts = dict[str, Any]

CLASSES: dict[str, Facts] = json.loads((Path(__file__).parent / "facts" / "classes.json").read_text())
FIELDS = [
    pytest.param(name, field, id=f"{name}-{field['name']}")
    for name, facts in CLASSES.items()
    if name in classes.names()
    for field in facts["fields"]
]

# The maps to which keys can be added, and their names in XAPI's database.
COLUMNS = [
    (name, field, column)
    for name, columns in json.loads((Path(__file__).parent / "facts" / "columns.json").read_text()).items()
    if name in classes.names()
    for field, column in columns.items()
]

# Small classes, of which there is one object each, and those whose objects follow from others.
SMALL = set(CLASSES) & set(classes.names()) - {
    "pool", "pif", "bond", "vlan", "vif", "network", "vm", "template", "snapshot", "host", "vdi", "vbd", "sr", "pbd",
    "message", "task", "tunnel", "sdn-controller", "network-sriov", "host-crashdump", "appliance", "vm-group", "vmss",
}  # fmt: skip

DONE = "done"
REACHED = "reached"  # The field takes such words; whether this value is one for it is another question.
CANNOT_CLEAR = "Error: Cannot clear this parameter"

# Where this simulation is stricter: a VBD always has a device.
STRICTER = {("vbd", "userdevice"): f"{REACHED}: INVALID_DEVICE"}

# The RW fields that the empty text is no value for: booleans, numbers, enumerations, and references that the real xe
# looks up whatever they are.
NOT_EMPTY = {
    "pool": {
        "ha-host-failures-to-tolerate", "ha-allow-overcommit", "ha-reboot-vm-on-internal-shutdown", "wlb-enabled",
        "wlb-verify-cert", "igmp-snooping-enabled", "policy-no-vendor-device", "live-patching-disabled", "https-only",
        "migration-compression", "coordinator-bias", "auto-update-vm-secureboot-certificates",
        "ext-auth-cache-enabled", "ext-auth-cache-size", "ext-auth-cache-expiry", "ssh-enabled-timeout",
        "console-idle-timeout", "ssh-auto-mode", "limit-console-sessions", "vm-console-idle-timeout",
    },
    "pif": {"disallow-unplug"},
    "vif": {"locking-mode"},
    "network": {"MTU", "default-locking-mode"},
    "vm": {
        "user-version", "is-a-template", "is-default-template", "memory-static-max", "memory-dynamic-max",
        "memory-dynamic-min", "memory-static-min", "suspend-VDI-uuid", "suspend-SR-uuid", "VCPUs-max",
        "VCPUs-at-startup", "actions-after-shutdown", "actions-after-softreboot", "actions-after-reboot",
        "actions-after-crash", "domain-type", "HVM-shadow-multiplier", "ha-always-run", "start-delay",
        "shutdown-delay", "order", "has-vendor-device",
    },
    "host": {
        "https-only", "ssl-legacy", "iscsi_iqn", "multipathing", "numa-affinity-policy", "ssh-enabled-timeout",
        "console-idle-timeout", "ssh-auto-mode", "ntp-mode",
    },
    "vdi": {"on-boot", "allow-caching"},
    "vbd": {"bootable", "mode", "type", "unpluggable"},
    "sr": {"shared"},
    "pgpu": {"gpu-group-uuid"},
    "gpu-group": {"allocation-algorithm"},
    "pusb": {"passthrough-enabled"},
    "observer": {"enabled"},
    "rate-limit": {"burst-size", "fill-rate"},
    "vmss": {"enabled", "type", "retained-snapshots", "frequency"},
}  # fmt: skip


@pytest.fixture
def pool() -> VmPool:
    """One object of each class at least; the VM is a template and a snapshot too, as far as the commands go."""
    pool = VmPool("xapi")
    pool.vm("vm")
    pool.disk("vbd", "vm")
    pool.vif("vif", "vm")
    for name in ("bonded", "tagged"):
        pool.add(name, "network", bridge=name)
    pool.add_bare("master", "pif", host_uuid="xen1", network_uuid="bonded", device="bond0", MAC="00:16:3e:00:01:00")
    pool.add_bare("bond", "bond", master="master")
    pool.add_bare(
        "pif", "pif", host_uuid="xen1", network_uuid="tagged", device="eth1", physical=True, MAC="00:16:3e:00:01:00"
    )
    pool.change("pif", bond_slave_of="bond")
    pool.add("tag", "network", bridge="tag")
    pool.add_bare(
        "vlan-pif", "pif", host_uuid="xen2", network_uuid="tag", device="eth0", VLAN=7, MAC="00:16:3e:00:00:01"
    )
    pool.add_bare("vlan", "vlan", tag=7, tagged_PIF="eth0-xen2", untagged_PIF="vlan-pif")
    pool.add("tunnelled", "network", bridge="tunnelled")
    pool.add_bare(
        "access", "pif", host_uuid="xen2", network_uuid="tunnelled", device="tunnel0", MAC="00:16:3e:00:02:00"
    )
    pool.add_bare("tunnel", "tunnel", access_PIF="access", transport_PIF="eth0-xen2")
    pool.add("fast", "network", bridge="fast")
    pool.add_bare("logical", "pif", host_uuid="xen2", network_uuid="fast", device="eth0", MAC="fe:ff:ff:ff:ff:ff")
    pool.add_bare("sriov", "network-sriov", physical_PIF="eth0-xen2", logical_PIF="logical")
    pool.add_bare("controller", "sdn-controller", address="10.0.0.5")
    pool.named["dump"] = pool.state.add("host-crashdump", {"host-uuid": pool.named["xen1"]["uuid"], "size": 5})
    pool.named["task"] = pool.state.add("task", {"name-label": "Async.VM.start"})
    pool.named |= add_small_objects(pool.state)
    pool.change("vgpu", resident_on=None)  # It would keep the types of its GPU.
    for name in classes.FOLLOWING:
        pool.named[name] = pool.state.all(name)[-1]
    pool.add("appliance", "appliance")
    pool.add("vm-group", "vm-group")
    pool.add("vmss", "vmss", type="snapshot", frequency="hourly")
    pool.named["message"] = pool.state.add("message", {"name": "TOLD", "priority": 3, "body": "told"})
    pool.assert_sound()
    return pool


OBJECTS = {
    "pool": "pool", "pif": "eth0-xen1", "bond": "bond", "vlan": "vlan", "tunnel": "tunnel", "sdn-controller": "controller", "network-sriov": "sriov",
    "vif": "vif", "network": "lan", "vm": "vm",
    "template": "vm", "snapshot": "vm", "host": "xen1", "vdi": "v-vbd", "vbd": "vbd", "sr": "share", "pbd": "p-local",
    "message": "message", "task": "task", "host-crashdump": "dump", "appliance": "appliance",
    "vm-group": "vm-group", "vmss": "vmss",
} | {name: name for name in SMALL}  # fmt: skip


def outcome(pool: VmPool, name: str, verb: str, *words: tuple[str, str]) -> str:
    """What the command says of the object of the class: done, a text, or a code."""
    command = find(f"{name}-{verb}")
    if command is None:
        return "no such command"
    uuid = pool.named[OBJECTS[name]]["uuid"]
    mark = pool.state.mark()
    try:
        if command.kind.gets == WORDS:
            run(pool.state, Call(command, words=[("uuid", uuid), *words]))
        else:
            given = {word.replace("-", "_"): text for word, text in words}
            run(pool.state, Call(command, {classes.view(name).of.replace("-", "_"): uuid, **given}))
    except Misuse as refusal:
        return refusal.text
    except Failure as refusal:
        return f"{REACHED}: {refusal.code}"
    finally:
        pool.state.rollback(mark)
    return DONE


def kind(facts: Facts) -> str:
    return facts["mode"][0] if facts["mode"][0] in "SM" else "plain"


def has_setter(facts: Facts) -> bool:
    return facts["mode"] == "RW" or facts.get("param_set") == "whole"


def takes_keys(facts: Facts) -> bool:
    return facts["mode"] == "MRW" or facts.get("param_set") in {"keys", "keys-together"}


def meant_by(name: str, word: str) -> Facts | None:
    """The map or set whose name the word begins with, the longest one, maps first."""
    for of_kind in "MS":
        found = [f for f in CLASSES[name]["fields"] if kind(f) == of_kind and word.startswith(f"{f['name']}-")]
        if found:
            return max(found, key=lambda facts: len(facts["name"]))
    return None


def has_command(name: str, verb: str) -> bool:
    fields = [field for field in CLASSES[name]["fields"] if "hidden" not in field.get("notes", ())]
    if verb == "param-set":
        return any(has_setter(field) or takes_keys(field) for field in fields)
    if verb == "param-clear":
        return True  # The facts count one for each class, also where it can clear nothing.
    return any(field["mode"] in {"SRW", "MRW"} for field in fields)


MODE_TEXTS = (
    "is a map or set",
    "is read-only",
    "Cannot param-set on set fields",
    "is not a set or map",
    "Unknown field",
    "Can only",
    "Missing parameter",
)


def check(name: str, verb: str, says: str, expected: str) -> None:
    if not has_command(name, verb):
        assert says == "no such command"
    elif expected == REACHED:
        assert not any(text in says for text in MODE_TEXTS), says
    else:
        assert says == expected


@pytest.mark.slow
@pytest.mark.parametrize(("name", "facts"), FIELDS)
def test_param_set_of_a_value(pool: VmPool, name: str, facts: Facts) -> None:
    field = facts["name"]
    if has_setter(facts):
        expected = REACHED
    elif facts["mode"] == "MRW":
        expected = f"Error: Field '{field}' is a map or set. use the 'name:key=value' syntax."
    else:
        expected = f"Error: Field '{field}' is read-only."
    if field != "uuid":  # `uuid=` names the object.
        check(name, "param-set", outcome(pool, name, "param-set", (field, "x")), expected)


@pytest.mark.slow
@pytest.mark.parametrize("separator", ":-")
@pytest.mark.parametrize(("name", "facts"), FIELDS)
def test_param_set_of_a_key(pool: VmPool, name: str, facts: Facts, separator: str) -> None:
    word = f"{facts['name']}{separator}k"
    facts = (meant_by(name, word) if separator == "-" else None) or facts
    field = facts["name"]
    if kind(facts) == "S":
        expected = "Error: Cannot param-set on set fields"
    elif takes_keys(facts):
        expected = REACHED
    elif kind(facts) == "M":
        expected = f"Error: Map field '{field}' is read-only."
    elif separator == ":":
        expected = f"Error: Field '{field}' is not a set or map"
    else:
        expected = f"Error: Unknown field '{field}-k'"
    check(name, "param-set", outcome(pool, name, "param-set", (word, "x")), expected)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "facts"), FIELDS)
def test_param_add(pool: VmPool, name: str, facts: Facts) -> None:
    member = "Error: When adding a key to a set, use the syntax: *-param-add param-name=<name> param-key=<key>"
    if kind(facts) == "plain":
        with_member = with_key = "Error: Can only add to parameters of type Set or Map"
    elif facts["mode"] not in {"SRW", "MRW"}:
        with_member = with_key = "Error: Parameter is read-only"
    elif kind(facts) == "S":
        with_member, with_key = REACHED, member
    else:
        with_member, with_key = DONE, REACHED
    named = ("param-name", facts["name"])
    check(name, "param-add", outcome(pool, name, "param-add", named, ("param-key", "k")), with_member)
    check(name, "param-add", outcome(pool, name, "param-add", named, ("k", "x")), with_key)


@pytest.mark.parametrize(("name", "field", "column"), COLUMNS)
def test_a_key_that_is_there_is_refused_with_the_column_of_the_database(
    pool: VmPool, name: str, field: str, column: str
) -> None:
    command, obj = find(f"{name}-param-add"), pool.named[OBJECTS[name]]
    assert command is not None
    key = {"VCPUs-params": "weight", "schedule": "hour"}.get(field, "start")
    words = [("uuid", obj["uuid"]), ("param-name", field), (key, "1")]
    run(pool.state, Call(command, words=words))
    with pytest.raises(Failure) as refusal:
        run(pool.state, Call(command, words=words))
    assert refusal.value.code == "MAP_DUPLICATE_KEY"
    assert refusal.value.values == (obj.cls.label, column, obj, key)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "facts"), FIELDS)
def test_param_remove(pool: VmPool, name: str, facts: Facts) -> None:
    if kind(facts) == "plain":
        expected = "Error: Can only remove from parameters of type Set or Map"
    elif facts["mode"] not in {"SRW", "MRW"}:
        expected = "Error: Cannot remove parameters from read-only map"
    else:
        expected = f"Error: Key k is not in {'the set' if kind(facts) == 'S' else 'map'}"
    says = outcome(pool, name, "param-remove", ("param-name", facts["name"]), ("param-key", "k"))
    check(name, "param-remove", says, expected)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "facts"), FIELDS)
def test_param_clear(pool: VmPool, name: str, facts: Facts) -> None:
    if facts["mode"] in {"SRW", "MRW"} or "clear" in facts or facts.get("param_set") == "whole":
        expected = DONE
    elif facts["mode"] == "RW":
        done = STRICTER.get((name, facts["name"]), DONE)
        expected = CANNOT_CLEAR if facts["name"] in NOT_EMPTY.get(classes.view(name).of, ()) else done
    else:
        expected = "Error: Can only clear RW parameters"
    check(name, "param-clear", outcome(pool, name, "param-clear", ("param-name", facts["name"])), expected)


@pytest.mark.parametrize("verb", ["param-set", "param-add", "param-remove", "param-clear"])
def test_an_unknown_field(pool: VmPool, verb: str) -> None:
    named = (("param-name", "nothing"), ("param-key", "k"))
    words = {"param-set": (("nothing", "x"),), "param-clear": named[:1]}.get(verb, named)
    missing = "Error code: Missing parameter\nError parameters: nothing"
    assert outcome(pool, "vm", verb, *words) == ("Error: Unknown field 'nothing'" if verb == "param-set" else missing)
