"""The lifecycle table: each operation on each kind of VM in each power state, allowed or refused with which code.

It is written from XAPI's rules. The guards, `allowed-operations` and the commands are all held to it.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from vm_pool import MIB, VmPool

from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.xapi.vm_lifecycle import is_operation, refusals, spelled

STATES = ("halted", "paused", "running", "suspended")
KINDS: dict[str, dict[str, object]] = {
    "VM": {},
    "template": {"is_a_template": True},
    "default template": {"is_a_template": True, "is_default_template": True},
    "snapshot": {"is_a_template": True, "is_a_snapshot": True},
    "driver domain": {"is_control_domain": True},
    "dom0": {},
}
CODES = {
    "P": "VM_BAD_POWER_STATE",
    "T": "VM_IS_TEMPLATE",
    "S": "VM_IS_SNAPSHOT",
    "D": "OPERATION_NOT_ALLOWED",
    "O": "PROVISION_ONLY_ALLOWED_ON_TEMPLATE",
    "R": "REVERT_ONLY_ALLOWED_ON_SNAPSHOT",
    "Q": "VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED",
}
# A column for each kind, and in it a letter for each power state; a dot where the operation is allowed.
TABLE = """
awaiting_memory_live           PP.P PPTP PPTP PPSP PP.P PP.P
call_plugin                    PP.P PPTP PPTP PPSP PPDP PPDP
changing_NVRAM                 .PPP .PPP .PPP SPPP DPPP DPPP
changing_VCPUs                 .PPP .PPP .PPP SPPP .P.P DPDP
changing_VCPUs_live            PP.P PPTP PPTP PPSP PPDP PPDP
changing_dynamic_range         .P.P .P.P .P.P SPSP .P.P .P.P
changing_memory_limits         .PPP .PPP .PPP SPPP .P.P .P.P
changing_memory_live           PP.P PPTP PPTP PPSP PP.P PP.P
changing_shadow_memory         .PPP .PPP .PPP SPPP DPPP DPPP
changing_shadow_memory_live    PP.P PPTP PPTP PPSP PPDP PPDP
changing_static_range          .PPP .PPP .PPP SPPP .P.P .P.P
checkpoint                     P... PTTT PTTT PSSS PDDD PDDD
clean_reboot                   PP.P PPTP PPTP PPSP PPDP PPDP
clean_shutdown                 PP.P PPTP PPTP PPSP PPDP PPDP
clone                          .PPP .PPP .PPP .PP. DPPP DPPP
copy                           .PPP .PPP .PPP .PP. DPPP DPPP
create_template                .PP. TPPT TPPT SPPS DPPD DPPD
create_vtpm                    .PPP TPPP TPPP SPPP DPPP DPPP
csvm                           PPP. PPPT PPPT PPPS PPPD PPPD
data_source_op                 PP.P PPTP PPTP PPSP PP.P PP.P
destroy                        .PP. .PP. TPPT .PP. .PP. DPPD
export                         .PP. .PP. .PP. .PP. DPPD DPPD
get_boot_record                P... PTTT PTTT PSSS PDDD PDDD
hard_reboot                    P..P PTTP PTTP PSSP PDDP PDDP
hard_shutdown                  P... PTTT PTTT P... PDDD PDDD
make_into_template             .PPP TPPP TPPP SPPP DPPP DPPP
metadata_export                .... .... .... .... .... ....
migrate_send                   .P.. .P.. TPTT SPSS DPDD DPDD
pause                          PP.P PPTP PPTP PPSP PPDP PPDP
pool_migrate                   PP.P PPTP PPTP PPSP PPDP PPDP
power_state_reset              .... TTTT TTTT SSSS DDDD DDDD
provision                      OPPP .PPP .PPP SPPP OPPP OPPP
resume                         PPP. PPPT PPPT PPPS PPPD PPPD
resume_on                      PPP. PPPT PPPT PPPS PPPD PPPD
revert                         RRRR TTTT TTTT .... RRRR RRRR
send_sysrq                     PP.P PPTP PPTP PPSP PPDP PPDP
send_trigger                   PP.P PPTP PPTP PPSP PPDP PPDP
shutdown                       P... PTTT PTTT PSSS PDDD PDDD
snapshot                       .... TTTT TTTT SSSS DDDD DDDD
snapshot_with_quiesce          PPQP PPTP PPTP PPSP PPDP PPDP
start                          .PPP TPPP TPPP SPPP .PPP .PPP
start_on                       .PPP TPPP TPPP SPPP .PPP .PPP
suspend                        PP.P PPTP PPTP PPSP PPDP PPDP
sysprep                        PP.P PPTP PPTP PPSP PPDP PPDP
unpause                        P.PP PTPP PTPP PSPP PDPP PDPP
update_allowed_operations      .... TTTT TTTT SSSS DDDD DDDD
"""
ROWS = {row[0]: dict(zip(KINDS, row[1:], strict=True)) for row in map(str.split, TABLE.strip().splitlines())}
# What no command and no other operation here ever asks for.
NOT_ASKED = {"import", "reverting", "assert_operation_valid", "query_services"}
FACTS = json.loads((Path(__file__).parent / "facts" / "api.json").read_text())

CASES = [(kind, state) for kind in KINDS for state in STATES]
# Templates do not run, nor do snapshots; and who asks dom0 does it on a host that is up.
SOUND = [
    (kind, state)
    for kind, state in CASES
    if (kind in {"VM", "driver domain"})
    or (state == "halted" and kind != "dom0")
    or (kind, state) in {("snapshot", "suspended"), ("dom0", "running")}
]


def code(operation: str, kind: str, state: str) -> str | None:
    """The code with which the operation is refused, or None."""
    return CODES.get(ROWS[operation][kind][STATES.index(state)])


def pool_with(kind: str, state: str) -> VmPool:
    """A pool with a VM of the kind in the state, called `it`."""
    pool = VmPool("xapi")
    for host in ("xen1", "xen2"):
        pool.change(f"eth0-{host}", IP="192.168.1.9")
    if kind == "dom0":
        pool.change("dom0", power_state=state)
        pool.named["it"] = pool.named.pop("dom0")
    else:
        pool.vm("it", state, **KINDS[kind])
    return pool


# Each operation of XAPI, and how xe spells it.
OPERATIONS = {api: name or api for api, _, name in (each.partition(" = ") for each in FACTS["enums"]["vm_operations"])}
UNKNOWN = "(unknown operation)"


def test_the_table_has_every_operation_of_xapi() -> None:
    assert set(ROWS) | NOT_ASKED == set(OPERATIONS)


def test_operations_are_spelled_as_in_xe() -> None:
    """Those that xe cannot spell cannot be blocked either."""
    assert {operation: spelled(operation) for operation in ROWS} == {name: OPERATIONS[name] for name in ROWS}
    known = set(OPERATIONS.values()) - {UNKNOWN}
    words = {*OPERATIONS, *OPERATIONS.values(), "walk", ""}
    assert {word for word in words if is_operation(word)} == known


@pytest.mark.parametrize(("kind", "state"), CASES)
def test_the_guards_refuse_as_the_table_says(kind: str, state: str) -> None:
    pool = pool_with(kind, state)
    found = {operation: next(refusals(pool.state, pool.named["it"], operation), None) for operation in ROWS}
    said = {operation: None if failure is None else failure.code for operation, failure in found.items()}
    assert said == {operation: code(operation, kind, state) for operation in ROWS}


@pytest.mark.parametrize(("kind", "state"), CASES)
def test_an_operation_is_allowed_where_the_table_says(kind: str, state: str) -> None:
    pool = pool_with(kind, state)
    shown = pool.named["it"].cls.operations
    allowed = [operation for operation in shown if code(operation, kind, state) is None]
    assert pool.value("it", "allowed-operations") == allowed


# The commands. Each row: the operation that it asks for, and its arguments.

REMOTE = {"remote_master": "xen1", "remote_username": "root", "remote_password": "x"}
LIMITS = {"static_min": MIB, "dynamic_min": 64 * MIB, "dynamic_max": 64 * MIB, "static_max": 64 * MIB}
COMMANDS: list[tuple[str, str, dict[str, Any]]] = [
    ("vm-start", "start", {}),
    ("vm-start", "start", {"paused": True}),
    ("vm-start", "start_on", {"on": "xen2"}),
    ("vm-resume", "resume", {}),
    ("vm-resume", "resume_on", {"on": "xen2"}),
    ("vm-pause", "pause", {}),
    ("vm-unpause", "unpause", {}),
    ("vm-suspend", "suspend", {}),
    ("vm-shutdown", "clean_shutdown", {}),
    ("vm-shutdown", "hard_shutdown", {"force": True}),
    ("vm-reboot", "clean_reboot", {}),
    ("vm-reboot", "hard_reboot", {"force": True}),
    ("vm-migrate", "pool_migrate", {"host": "xen2"}),
    ("vm-migrate", "migrate_send", {"host": "xen2", **REMOTE}),
    ("vm-destroy", "destroy", {}),
    ("vm-vcpu-hotplug", "changing_VCPUs_live", {"new_vcpus": 1}),
    ("vm-memory-dynamic-range-set", "changing_dynamic_range", {"min": 256 * MIB, "max": 256 * MIB}),
    ("vm-memory-static-range-set", "changing_static_range", {"min": MIB, "max": 256 * MIB}),
    ("vm-memory-limits-set", "changing_memory_limits", LIMITS),
    ("vm-memory-set", "changing_memory_limits", {"memory": 256 * MIB}),
    ("vm-memory-target-set", "changing_dynamic_range", {"target": 256 * MIB}),
    ("vm-memory-balloon", "changing_dynamic_range", {"target": 256 * MIB}),
    ("vm-memory-target-wait", "awaiting_memory_live", {}),
    ("vm-memory-shadow-multiplier-set", "changing_shadow_memory_live", {"multiplier": 2.0}),
]
# What `param-set` of a field asks for.
FIELDS = {
    "is-a-template": ("make_into_template", "true"),
    "VCPUs-max": ("changing_VCPUs", "2"),
    "HVM-shadow-multiplier": ("changing_shadow_memory", "2"),
    "memory-static-max": ("changing_static_range", str(256 * MIB)),
    "memory-dynamic-min": ("changing_dynamic_range", str(256 * MIB)),
}


@pytest.mark.parametrize(("command", "operation", "arguments"), COMMANDS)
@pytest.mark.parametrize(("kind", "state"), SOUND)
def test_a_command_does_what_the_table_allows_and_is_refused_otherwise(
    kind: str, state: str, command: str, operation: str, arguments: dict[str, Any]
) -> None:
    pool = pool_with(kind, state)
    if kind in {"driver domain", "dom0"}:
        pool.change("it", memory_dynamic_min=256 * MIB, memory_dynamic_max=256 * MIB, memory_static_max=256 * MIB)
    expected = code(operation, kind, state)
    if command == "vm-destroy" and "dom" in kind:
        expected = "OPERATION_NOT_ALLOWED"  # The command line itself refuses it.
    if expected is None:
        pool.do(command, "it", **arguments)
    else:
        assert pool.no(command, "it", **arguments)[0] == expected


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("kind", "state"), SOUND)
def test_a_field_is_set_where_the_table_allows_it(kind: str, state: str, field: str) -> None:
    pool = pool_with(kind, state)
    pool.change("it", memory_dynamic_min=256 * MIB, memory_dynamic_max=256 * MIB, memory_static_max=256 * MIB)
    operation, text = FIELDS[field]
    expected = code(operation, kind, state)
    if expected is None:
        pool.write("it", {field: text})
    else:
        assert pool.not_written("it", **{field.replace("-", "_"): text})[0] == expected


@pytest.mark.parametrize("state", STATES)
def test_every_vm_can_be_uninstalled_in_every_state(state: str) -> None:
    pool = pool_with("VM", state)
    pool.do("vm-uninstall", "it")
    assert "it" in pool.gone()


@pytest.mark.parametrize("operation", [name for name in ROWS if OPERATIONS[name] != UNKNOWN])
def test_a_blocked_operation_is_refused_before_anything_else(operation: str) -> None:
    pool = pool_with("VM", "halted")
    pool.write("it", {f"blocked-operations:{OPERATIONS[operation]}": "NOT_NOW"})
    first = next(refusals(pool.state, pool.named["it"], operation))
    assert (first.code, *first.values[1:]) == ("OPERATION_BLOCKED", "NOT_NOW")


def test_what_force_overcomes_and_what_not() -> None:
    """A VM that must stay on its host, and a guest that does not help; but not the power state, nor the kind."""
    pool = VmPool("xapi")
    pool.vm("it", "running", domain_type="hvm", platform={"nomigrate": "1"}, other_config={"guest-tools": "false"})
    it = pool.named["it"]
    for operation in ("suspend", "checkpoint", "pool_migrate", "migrate_send", "clean_shutdown", "clean_reboot"):
        assert list(refusals(pool.state, it, operation))
        assert not list(refusals(pool.state, it, operation, forced=True))
    assert [failure.code for failure in refusals(pool.state, it, "changing_VCPUs_live", forced=True)] == [
        "VM_LACKS_FEATURE"
    ]
    assert [failure.code for failure in refusals(pool.state, it, "start", forced=True)] == ["VM_BAD_POWER_STATE"]


def test_a_refusal_names_the_states_in_xapis_order() -> None:
    expected = {
        "start": "halted", "hard_reboot": "paused, running", "hard_shutdown": "paused, suspended, running",
        "changing_dynamic_range": "halted, running", "migrate_send": "halted, suspended, running",
        "destroy": "halted, suspended",
    }  # fmt: skip
    pools = {state: pool_with("VM", state) for state in STATES}
    for operation, states in expected.items():
        for state, pool in pools.items():
            for failure in refusals(pool.state, pool.named["it"], operation):
                assert failure.values[1:] == (states, state)


def test_lists_of_vms_run_one_by_one() -> None:
    """One of two that are chosen may be refused; the other one is done."""
    pool = VmPool("xapi")
    pool.vm("a", "running")
    pool.vm("b", "paused")
    command = find("vm-pause")
    assert command is not None
    with pytest.raises(Exception, match="operation failed on"):
        run(pool.state, Call(command, filters=[("is-a-snapshot", "false")], multiple=True))
    assert pool.value("a", "power-state") == "paused"
