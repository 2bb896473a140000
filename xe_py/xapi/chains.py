"""The chains of the model in words: VBD → VDI → SR → hosts, and VIF → network → PIFs → hosts."""

from __future__ import annotations

from xe_py.schema.numbers import size_in_words
from xe_py.xapi.guest import LIVE
from xe_py.xapi.pif_kinds import cards, transports
from xe_py.xapi.spoken import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_APART = "  "
_BAR = 14


def guest(state: State, vm: Record) -> str:
    """The VM with its state, its host, its CPUs and its memory."""
    host = state.ref_or_none(vm, "resident-on")
    where = f" on {host.name}" if host is not None and vm["power-state"] in LIVE else ""
    size = f"{vm['VCPUs-max']} vCPU, {size_in_words(vm['memory-static-max'])}"
    return f"{vm.name or vm['uuid']}{_APART}{vm['power-state']}{where}, {size}"


def bar(used: int, total: int) -> str:
    """How much of the total is used, as a bar and in words; an unknown total has no bar."""
    if total <= 0:
        return f"{size_in_words(used)} used"
    full = min(_BAR, _BAR * used // total)
    return f"[{'#' * full}{'.' * (_BAR - full)}] {size_in_words(used)} of {size_in_words(total)}"


# Storage


def disk(state: State, vbd: Record) -> str:
    """The VBD with its VDI and the SR of that."""
    vdi = state.ref_or_none(vbd, "vdi-uuid")
    kind = "" if vbd["type"] == "Disk" else f"{vbd['type']} "
    marks = f"{kind}{vbd['mode']}{_apart_from(state, vbd)}"
    what = (
        f"empty {marks}"
        if vdi is None
        else f"{image(vdi)} {marks}{_APART}on {with_driver(state, state.ref(vdi, 'sr-uuid'))}"
    )
    return f"{place(state, vbd)}{_APART}{what}"


def image(vdi: Record) -> str:
    """The VDI with its size."""
    return f"{vdi.name or vdi['uuid']} {size_in_words(vdi['virtual-size'])}"


def with_driver(state: State, sr: Record) -> str:
    """The SR with its driver, and which host sees it or how many do."""
    return f"{sr.name or sr['uuid']} ({sr['type']}, {_reach(state, sr)})"


def _reach(state: State, sr: Record) -> str:
    """The hosts on which the SR is plugged: the name of one, or how many."""
    hosts = [state.ref(pbd, "host-uuid") for pbd in state.pointing_at(sr, "pbd.sr-uuid") if pbd["currently-attached"]]
    return hosts[0].name if len(hosts) == 1 else f"{len(hosts)} hosts" if hosts else "plugged nowhere"


# Networks


def card(state: State, vif: Record) -> str:
    """The VIF with its network and what carries that on the host of its VM, or else on all hosts."""
    network = state.ref(vif, "network-uuid")
    vm = state.ref(vif, "vm-uuid")
    host = vm["resident-on"] if vm["power-state"] in LIVE else None
    carried = carriers(state, network, host)
    below = f" = {carried}" if carried else ", internal"
    marks = f"{vif['MAC']}{_apart_from(state, vif)}"
    return f"vif{vif['device']}{_APART}{marks}{_APART}on {network.name or network['uuid']}{below}"


def carriers(state: State, network: Record, host: str | None = None) -> str:
    """The PIFs of the network, each with its hosts; only those of one host if it is given."""
    where: dict[str, list[str]] = {}
    for uuid in state.value(network, "PIF-uuids"):
        pif = state.need("pif", uuid)
        if host in {None, pif["host-uuid"]}:
            where.setdefault(carrier(state, pif), []).append(state.ref(pif, "host-uuid").name)
    return ", ".join(
        f"{what} {names[0] if len(names) == 1 else f'{len(names)} hosts'}" for what, names in where.items()
    )


def carrier(state: State, pif: Record) -> str:
    """The PIF and what it stands on: `eth0`, `bond0.25 (eth1+eth2)`, `tunnel0 (eth0)`."""
    below = sorted({each["device"] for each in _cards_of(state, pif, set()) if each is not pif} - {pif["device"]})
    return place(state, pif) + (f" ({'+'.join(below)})" if below else "")


def below(state: State, pif: Record) -> list[Record]:
    """The PIFs directly below: the members of a bond, the PIF below a VLAN or tunnel, or a card."""
    members = [
        member
        for bond in state.pointing_at(pif, "bond.master")
        for member in state.pointing_at(bond, "pif.bond-slave-of")
    ]
    tagged = [state.ref(vlan, "tagged-PIF") for vlan in state.pointing_at(pif, "vlan.untagged-PIF")]
    return [*members, *tagged, *transports(state, pif), *cards(state, pif)]


def _cards_of(state: State, pif: Record, seen: set[str]) -> Iterator[Record]:
    """The PIFs at the bottom; in an unsound file, PIFs may stand on each other."""
    if pif["uuid"] in seen:
        return
    seen.add(pif["uuid"])
    parts: Iterable[Record] = below(state, pif)
    if not parts:
        yield pif
    for part in parts:
        yield from _cards_of(state, part, seen)


def _apart_from(state: State, device: Record) -> str:
    """Whether the guest of a live VM does not see the device; devices of a halted VM are never attached."""
    is_live = state.ref(device, "vm-uuid")["power-state"] in LIVE
    return ", not attached" if is_live and not device["currently-attached"] else ""
