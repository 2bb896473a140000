"""What a rule reads it watches: rules are traced while they run over states that random commands and edits made.

A rule that looks at a field from which none of its watched paths leads back to the object it was asked about would not
be asked again when that field changes, and an unsound state could be written.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from test_random_walks import COMMANDS, step, value

from xe_py import classes, operations
from xe_py.errors import XeError
from xe_py.fresh.host import fresh_host
from xe_py.running import Call, run
from xe_py.schema.paths import Step, parse_path, triggers
from xe_py.schema.xenclass import Rule, XenClass
from xe_py.state.changes import Change
from xe_py.state.core import _start_of
from xe_py.state.record import Record
from xe_py.state.state import State
from xe_py.state.tables import Tables

# The class, the object (None: any of the class), and the field.
Read = tuple[str, str | None, str]
RULES = [(cls, rule) for cls in classes.sections() for rule in cls.rules]
COMMON = (
    "vm-create",
    "vdi-create",
    "vbd-create",
    "vif-create",
    "vm-start",
    "vbd-plug",
    "vlan-create",
    "bond-create",
)


@contextmanager
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Read]]:
    """What is read meanwhile, of which object, or in looking objects up."""
    read: set[Read] = set()
    looking_up = False

    def item(self: Record, name: str) -> Any:
        if not looking_up:
            read.add((self.cls.name, dict.get(self, "uuid"), name))
        return dict.__getitem__(self, name) if name in self else self.cls.defaults[name]

    having, total = Tables.having, Tables.total

    def looked_up(self: Tables, cls: str, key: Any, value: Any) -> Any:
        nonlocal looking_up
        read.update((cls, None, field) for field in (key if isinstance(key, tuple) else (key,)))
        looking_up = True
        found = having(self, cls, key, value)
        looking_up = False
        return found

    def summed(self: Tables, cls: str, reference: str, field: str, uuid: str) -> int:
        nonlocal looking_up
        declared = classes.get(cls)
        for obj in looked_up(self, cls, reference, uuid):
            declared.sums[reference][field](obj)
        looking_up = True
        found = total(self, cls, reference, field, uuid)
        looking_up = False
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Record, "__getitem__", item)
        patched.setattr(Tables, "having", looked_up)
        patched.setattr(Tables, "total", summed)
        yield read


def ways(cls: XenClass, rule: Rule) -> dict[tuple[str, str], list[tuple[str, tuple[Step, ...]]]]:
    """By class and field, the watches that end in it or pass it, each with the steps to there."""
    found: dict[tuple[str, str], list[tuple[str, tuple[Step, ...]]]] = {}
    for path in rule.watches:
        for owner, field, steps in triggers(cls.name, *parse_path(cls.name, path, classes.get)):
            found.setdefault((owner, field), []).append((path, steps))
    return found


def leads_back(state: State, asked: Record, read: Read, steps: tuple[Step, ...]) -> bool:
    """Whether a change of what was read has the rule asked again, about this object or about the one it is held against."""
    cls, uuid, _ = read
    obj = state.get(cls, uuid)
    if obj is None:
        return True  # Looking up finds other objects, each of which is asked about itself.
    if not steps:
        return asked.cls.name == cls
    return bool(_start_of(state, Change(obj.cls, obj["uuid"], dict(obj), obj), steps))


def make_bond_and_vlan(state: State) -> None:
    """A bond, a VLAN and a tunnel, which chance hardly ever makes."""
    names = ("bonded", "tagged", "tunnelled")
    bonded, tagged, tunnelled = (state.add("network", {"name-label": name, "bridge": name}) for name in names)
    members, others = (state.find("pif", management=False, host_uuid=host["uuid"]) for host in state.all("host"))
    for name, arguments in (
        ("bond-create", {"network": bonded, "pifs": members[:2], "mode": "lacp"}),
        ("vlan-create", {"network": tagged, "pif": others[0], "vlan": 5}),
        ("tunnel-create", {"network": tunnelled, "pif": state.find("pif", management=True)[1]}),
    ):
        command = operations.find(name)
        assert command is not None
        run(state, Call(command, arguments))


def make_rare(state: State) -> None:
    """Edits that chance hardly ever makes."""
    for vif in state.all("vif"):
        for version, address, gateway in (("4", "10.0.0.2/8", "10.0.0.1"), ("6", "fd00::2/64", "fd00::1")):
            static = {"configuration-mode": "Static", "addresses": [address], "gateway": gateway}
            state.update(vif, {f"ipv{version}-{field}": given for field, given in static.items()})
        state.update(vif, {"trunks": ["5"]})
    for pif in state.all("pif"):
        state.update(pif, {"primary-address-type": "IPv6", "IPv6-configuration-mode": "DHCP"})
    card, fast = state.find("pif", physical=True)[-1], state.add("network", {"bridge": "fast"})
    one_device = {"host-uuid": card["host-uuid"], "device": card["device"], "MAC": "fe:ff:ff:ff:ff:ff"}
    logical = state.add("pif", {"network-uuid": fast["uuid"], **one_device})
    state.add("network-sriov", {"physical-PIF": card["uuid"], "logical-PIF": logical["uuid"]})
    for vm in state.find("vm", power_state="halted"):
        state.update(vm, {"is-a-template": True, "is-a-snapshot": vm.place % 2 == 0, "snapshot-of": vm["uuid"]})
    for sr in state.find("sr", type="ext"):
        state.add("volume", {"vdi": sr["uuid"], "sr-uuid": sr["uuid"], "virtual-size": 1})
        state.add("storage", {"sr": sr["uuid"]})
    for vdi in state.all("vdi"):
        state.update(vdi, {"is-a-snapshot": True, "snapshot-of": state.all("vdi")[0]["uuid"]})
        state.update(vdi, {"sharable": False, "read-only": False})
        vbds = state.pointing_at(vdi, "vbd.vdi-uuid") or state.all("vbd")[:4]
        for vbd in vbds:
            state.update(vbd, {"currently-attached": True, "vdi-uuid": vdi["uuid"], "mode": "RO", "type": "CD"})
    guests = [vbd for vbd in state.all("vbd") if state.ref(vbd, "vm-uuid")["is-control-domain"] is False]
    for vbd in guests[:3]:
        state.update(vbd, {"vdi-uuid": guests[0]["vdi-uuid"]})
        state.update(state.ref(vbd, "vm-uuid"), {"power-state": "paused"})
    shared = {"currently-attached": True, "mode": "RO", "type": "CD", "userdevice": "9"}
    vms = state.find("vm", is_control_domain=False)
    for vm, vdi in product(vms[:2], state.all("vdi")[:1]):
        state.update(vm, {"power-state": "paused"})
        state.add("vbd", {"vm-uuid": vm["uuid"], "vdi-uuid": vdi["uuid"], **shared})


def states(rules: str, draw: random.Random) -> Iterator[State]:
    """States that commands left, and states that edits by hand made of them, unsound ones too."""
    state = fresh_host(name_label="xen", hosts=2, nics=4, rules=rules)
    make_bond_and_vlan(state)
    for _ in range(12):
        for _ in range(25):
            name = draw.choice(COMMON) if draw.random() < 0.5 else draw.choice(COMMANDS).name
            command = operations.find(name)
            assert command is not None
            try:
                step(draw, state, command)
            except XeError:
                continue
        yield state
        mark = state.mark()
        make_rare(state)
        yield state
        for _ in range(60):
            cls = draw.choice([cls for cls in classes.sections() if state.all(cls.name)])
            obj = draw.choice(state.all(cls.name))
            field = draw.choice([field for name, field in cls.stored.items() if name != "uuid"])
            new = value(draw, state, field)
            if field.accepts(new):
                state.update(obj, {field.name: new})
        yield state
        state.rollback(mark)


@pytest.fixture(scope="module")
def led() -> dict[tuple[str, str, str], set[frozenset[str]]]:
    """For each rule, named with its class, and field that it reads: the watches that lead back, read by read."""
    draw = random.Random(7)  # noqa: S311 - a walk that can be walked again
    found: dict[tuple[str, str, str], set[frozenset[str]]] = {}
    with pytest.MonkeyPatch.context() as patch:
        for state in (state for rules in ("strict", "xapi") for state in states(rules, draw)):
            for cls, rule in RULES:
                back = ways(cls, rule)
                for obj in state.all(cls.name):
                    with traced(patch) as reads:
                        broken = any(rule.check(state, obj))
                    for read in () if broken else reads:
                        watches = back.get((read[0], read[2]), ())
                        paths = frozenset(path for path, steps in watches if leads_back(state, obj, read, steps))
                        found.setdefault((cls.name, rule.name, read[2]), set()).add(paths)
    return found


def test_a_rule_is_asked_again_when_what_it_read_changes(led: dict[tuple[str, str, str], set[frozenset[str]]]) -> None:
    unwatched = {read for read, paths in led.items() if frozenset() in paths and read[2] != "uuid"}
    assert not unwatched


def test_every_watch_leads_back_from_something_that_is_read(
    led: dict[tuple[str, str, str], set[frozenset[str]]],
) -> None:
    """No watch is idle, and the walk comes by all of them: the loss of one would be seen above."""
    used = {(cls, rule, path) for (cls, rule, _), every in led.items() for paths in every for path in paths}
    idle = {(cls.name, rule.name, path) for cls, rule in RULES for path in rule.watches} - used
    assert sorted(idle) == [], "make_rare must make what these rules read, or nothing needs to watch it"
