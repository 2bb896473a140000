"""The commands about the state itself. Only xe_py has them, not the real xe."""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import Misuse, named
from xe_py.fresh.presets import CPUS, DISK, GIB, MEMORY, NAME, PRESETS, SINGLE
from xe_py.schema import fields
from xe_py.schema.command import INSPECTS, READS, REPLACES, command
from xe_py.schema.fields import Bool, Choice, Int, Text
from xe_py.schema.listing import Note, Plan
from xe_py.schema.values import Size
from xe_py.schema.xenclass import STRICT, XAPI
from xe_py.state.state import CONTENT
from xe_py.store import surely
from xe_py.xapi.default_templates import SETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.state import State
    from xe_py.store.promise import Opened, Store

_RULES = Choice(
    "rules", (STRICT, XAPI), doc="The set of rules: strict, the textbook model, or xapi, what a real pool accepts."
)
_TEMPLATES = Choice(
    "templates",
    SETS,
    doc="The default templates that the state has: those of a release, with +pv also its paravirtual ones, or none.",
)


def _unless_given(name: str) -> str:
    """What the presets have where the parameter of this name is left out."""
    usual = getattr(PRESETS[SINGLE], name)
    others: dict[int, list[str]] = {}
    for preset, has in PRESETS.items():
        others.setdefault(getattr(has, name), []).append(preset)
    special = [f"{value} for {', '.join(presets)}" for value, presets in others.items() if value != usual]
    return f"{usual} if it is not given; {'; '.join(special)}."


@command(
    "state-init",
    optional=(
        Text("name-label", doc=f"The name of the first host; {NAME} if it is not given."),
        Int("hosts", doc=f"How many hosts the pool has; {_unless_given('hosts')}"),
        Int("nics", doc=f"How many network cards each host has; {_unless_given('nics')}"),
        Int("cpus", doc=f"How many CPUs each host has; {CPUS} if it is not given."),
        Size(
            "memory",
            doc=f"The memory of each host, in bytes or with a suffix; {MEMORY // GIB}GiB if it is not given.",
        ),
        Size(
            "disk",
            doc=f"The local storage of each host, in bytes or with a suffix; {DISK // GIB}GiB if it is not given.",
        ),
        _RULES,
        _TEMPLATES,
        Choice(
            "preset",
            tuple(PRESETS),
            doc="Which pool to make. " + " ".join(f"{name}: {has.doc}." for name, has in PRESETS.items()),
        ),
        Int("srs", doc=f"How many shared SRs the pool has; {_unless_given('srs')}"),
        Int("vms", doc=f"How many VMs the pool has, all halted; {_unless_given('vms')}"),
        Bool("from-machine", doc="Take name, CPUs, memory, network cards and disk from this machine."),
        Bool("force", doc="Replace an existing state file."),
    ),
    doc="Make a state file with a new host, or with a pool that is ready to use.",
    kind=REPLACES,
    ours=True,
)
def init(
    store: Store,
    *,
    dry_run: bool = False,
    force: bool = False,
    from_machine: bool = False,
    **wishes: Any,
) -> Plan | Note:
    """Make the file with a new host, its pool and what else XenServer has; only the user can read its folder."""
    from xe_py.schema.secrets import command_line

    switches = {"from-machine": from_machine, "force": force}
    given = {**wishes, **{name: True for name, is_on in switches.items() if is_on}}
    words = (f"{name.replace('_', '-')}={fields.show(value)}" for name, value in given.items())
    line = command_line(["state-init", *words])
    if from_machine:
        from xe_py.fresh.machine import machine

        wishes = {**machine(), **wishes}
    state = _new_pool(**wishes)
    if dry_run:
        from xe_py.state.changes import Change
        from xe_py.state.plan import plan_of

        store.may_create(force=force)
        made = [Change(cls, obj["uuid"], None, obj) for cls in classes.sections() for obj in state.all(cls.name)]
        return plan_of(made, {}, state.header, [state])
    store.create(state, line, force=force)
    names = [host["name-label"] for host in state.all("host")]
    return Note(f"Made {store.name} with the host{'s' if len(names) > 1 else ''} {', '.join(names)}.")


def _new_pool(preset: str = SINGLE, srs: int | None = None, vms: int | None = None, **wishes: Any) -> State:
    """The pool that the preset describes, with what is wished instead."""
    from xe_py.fresh.host import fresh_host
    from xe_py.operations.effects.furnishing import furnish

    has = PRESETS[preset]
    srs, vms = has.srs if srs is None else srs, has.vms if vms is None else vms
    wishes = {"hosts": has.hosts, "nics": has.nics, **wishes}
    return fresh_host(**wishes, furnish=lambda state: furnish(state, has, srs=srs, vms=vms))


@command(
    "state-set",
    optional=(_RULES, _TEMPLATES),
    doc="Switch to another set of rules, which the state must obey, or to another set of default templates. "
    "The same set again brings back the templates that were destroyed.",
    ours=True,
)
def set_header(state: State, rules: str | None = None, templates: str | None = None) -> None:
    """Switch to the sets; the core refuses it if the state breaks one of the rules."""
    if rules is None and templates is None:
        raise Misuse("Error: Give rules=, templates= or both")
    if rules is not None:
        state.set_rules(rules)
    if templates is not None:
        from xe_py.state.templates import replace

        replace(state, templates)


@command("state-show", doc="Show where the state is, its header, and how many objects it holds.", kind=READS, ours=True)
def show(state: State) -> list[str]:
    """The store of the state, its header, and the number of objects of each class."""
    header = [f"{name}: {fields.show(value)}" for name, value in state.header.items()]
    return [state.origin, *header] + [f"{cls.name}: {state.count(cls.name)}" for cls in classes.sections()]


@command(
    "state-check",
    optional=(
        Bool("full", doc="Whether to read and check all of the file, even if it has not changed since it was checked."),
    ),
    doc="Check the whole state, and list everything that is wrong.",
    kind=INSPECTS,
    ours=True,
)
def check(store: Store, *, full: bool = False) -> str:
    """How many objects were checked, and what is odd about the contents of disks.

    UnsoundStateError with all findings if the state is unsound.
    """
    opened = store.read(whole=full)
    return surely(opened, lambda: _checked(store, opened))


def _checked(store: Store, opened: Opened) -> str:
    if opened.findings:
        raise opened.unsound(whole=True)
    objects = sum(opened.state.count(cls.name) for cls in classes.sections())
    odd = "".join(f"Warning: {line}\n" for line in _of_contents(store, opened.state))
    return f"The state is sound: {objects} objects.\n{odd}"


def _of_contents(store: Store, state: State) -> Iterator[str]:
    """What is odd about the contents of disks, although the state is sound."""
    holders = state.with_content()
    missing = store.contents.missing({obj[CONTENT] for obj in holders}) if holders else ()
    for obj in holders:
        if obj[CONTENT] in missing:
            yield f"{obj.cls.name} {named(obj)}: its content {obj[CONTENT]} is missing, so it reads as zeros."
    strays = store.contents.strays()
    if strays:
        yield (
            f"No version has these contents of disks, which take {sum(strays.values())} bytes: {', '.join(strays)}. "
            "The next command that writes to a disk removes them."
        )
