"""A VM that moves with its disks, through the door for other pools, to a host and to SRs of its own pool."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects import domain
from xe_py.operations.effects.moving import move
from xe_py.schema.listing import Sentence
from xe_py.xapi import placement
from xe_py.xapi.drivers import capabilities
from xe_py.xapi.guest import SUSPENDED, is_live
from xe_py.xapi.hosts import answers
from xe_py.xapi.networks import pifs_on
from xe_py.xapi.pif_guards import management_pifs
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

    # The SR that each VDI goes to, by the uuid of the VDI.
    _Targets = dict[str, Record]
    # VDIs, each with the SR that it goes to.
    _Pairs = list[tuple[Record, Record]]

_NEEDED = ("VDI_SNAPSHOT", "VDI_MIRROR")
_NO_VIFS = "The VIFs keep their networks inside a pool, so vif: cannot be given."
_NO_COPY = "A VM is not copied inside its pool by migration. Use vm-copy or vm-clone."


def pool_members(state: State, name: str) -> list[Record]:
    """The hosts of the pool with this address, name or uuid."""
    named = ("address", "hostname", "name-label", "uuid")
    return [host for host in state.all("host") if any(host[field] == name for field in named)]


def migrate_with_disks(
    state: State,
    vm: Record,
    chosen: Record | None,
    *,
    remote_master: str,
    remote_network: str | None = None,
    vdi: Mapping[str, str] | None = None,
    vif: Mapping[str, str] | None = None,
    image_format: Mapping[str, str] | None = None,
    copy: bool = False,
    **_without_effect: object,
) -> list[Sentence]:
    """Move the VM to the host, and each disk to the SR that the map names or else to the best one there."""
    coordinator = state.ref(state.all("pool")[0], "master")
    if coordinator not in pool_members(state, remote_master):
        raise Failure("HOST_IS_SLAVE", coordinator["address"])
    host = chosen or state.all("host")[0]
    network = _network(state, host, remote_network)
    for card, to in (vif or {}).items():
        state.need("vif", card)
        state.need("network", to)
    for formatted in image_format or {}:
        state.need("vdi", formatted)
    targets = _targets(state, vm, host, vdi or {})
    refuse(_can_receive(state, host, network))
    refuse(refusals(state, vm, "migrate_send"))
    refuse(_can_migrate(state, vm, host, targets))
    if vif:
        raise Failure("OPERATION_NOT_ALLOWED", _NO_VIFS)
    if copy:
        raise Failure("OPERATION_NOT_ALLOWED", _NO_COPY)
    refuse(_disks_can_move(state, vm, targets))
    if not is_live(vm):
        # XAPI moves the disks through a host on which the VM could start, and asks about this one.
        refuse(placement.keeps_failover_plan(state, vm, placement.choose(state, vm)))
    told = [Sentence(f"The VM moves to host {host.name} over network {network.name}. Its disks go to these SRs:")]
    told += [Sentence(f"VDI {uuid} -> SR {sr['uuid']}") for uuid, sr in targets.items()]
    pairs = [(disk, targets[disk["uuid"]]) for disk in _disks(state, vm)] + _followers(state, vm, host, targets)
    refuse(_srs_are_seen(state, vm, host, pairs))
    if is_live(vm):
        refuse(answers(state, state.ref(vm, "resident-on")))
    for disk, sr in _moving(pairs):
        move(state, disk, sr)
    if is_live(vm):
        domain.migrate(state, vm, host)
    return told


def _network(state: State, host: Record, name: str | None) -> Record:
    """The network of this bridge, name or uuid; without one, the network over which the host is managed."""
    if name is None:
        for pif in management_pifs(state, host["uuid"]):
            return state.ref(pif, "network-uuid")
        raise Failure("HOST_HAS_NO_MANAGEMENT_IP")
    for network in state.all("network"):
        if name in {network["bridge"], network["name-label"], network["uuid"]}:
            return network
    raise Failure("UUID_INVALID", "network", name)


def _can_receive(state: State, host: Record, network: Record) -> Iterator[Failure]:
    """Why the host receives no data over the network."""
    pifs = pifs_on(state, network, host)
    if not pifs:
        yield Failure("HOST_CANNOT_ATTACH_NETWORK", host, network)
        return
    if not pifs[0]["IP"] and pifs[0]["IP-configuration-mode"] == "None":
        yield Failure("PIF_HAS_NO_NETWORK_CONFIGURATION", pifs[0])
    elif not pifs[0]["IP"]:
        yield Failure("INTERFACE_HAS_NO_IP", pifs[0])


def _targets(state: State, vm: Record, host: Record, given: Mapping[str, str]) -> _Targets:
    """The SR for each VDI that is given and, if the host has an SR for them, for each other VDI of the VM."""
    named = {state.need("vdi", disk)["uuid"]: state.need("sr", sr) for disk, sr in given.items()}
    best = _best_sr(state, host)
    vdis = [state.ref_or_none(vbd, "vdi-uuid") for vbd in state.pointing_at(vm, "vbd.vm-uuid")]
    found = {vdi["uuid"]: sr for vdi in vdis if vdi is not None and (sr := named.get(vdi["uuid"], best)) is not None}
    return found | named


def _best_sr(state: State, host: Record) -> Record | None:
    """The SR that is plugged on the host and has the most free space; a shared one if there is one."""
    pbds = state.find("pbd", host_uuid=host["uuid"], currently_attached=True)
    srs = [sr for sr in (state.ref(pbd, "sr-uuid") for pbd in pbds) if sr["content-type"] != "iso"]

    def rank(sr: Record) -> tuple[bool, int]:
        return bool(sr["shared"]), int(sr["physical-size"]) - int(state.value(sr, "physical-utilisation"))

    return max(srs, key=rank, default=None)


def _can_migrate(state: State, vm: Record, host: Record, targets: _Targets) -> Iterator[Failure]:
    """Why the VM cannot move to the host with its disks, in the order of XAPI's checks."""
    for disk in _disks(state, vm):
        if disk["uuid"] not in targets:
            yield Failure("VDI_NOT_IN_MAP", disk)
    for disk, sr in _moving(_pairs(state, targets)):
        for each in (state.ref(disk, "sr-uuid"), sr):
            missing = [capability for capability in _NEEDED if capability not in capabilities(each["type"])]
            if missing:
                yield Failure("SR_DOES_NOT_SUPPORT_MIGRATION", each, ";".join(missing))
    if not (is_live(vm) and vm["resident-on"] == host["uuid"]):
        yield from placement.can_run_on(state, vm, host, disks_move=True)


def _disks_can_move(state: State, vm: Record, targets: _Targets) -> Iterator[Failure]:
    for disk, _ in _moving(_pairs(state, targets)):
        if disk["cbt-enabled"]:
            yield Failure("VDI_CBT_ENABLED", disk)
    for disk in _disks(state, vm):
        if disk["on-boot"] == "reset":
            yield Failure("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION", disk)


def _srs_are_seen(state: State, vm: Record, host: Record, pairs: _Pairs) -> Iterator[Failure]:
    for _, sr in pairs:
        yield from placement.can_see(state, vm, sr, host)


def _followers(state: State, vm: Record, host: Record, targets: _Targets) -> _Pairs:
    """The disks of snapshots, which go where their disks go, and memory that the host could not read where it is."""
    pool, default = state.all("pool")[0], placement.default_sr(state)
    suspend = state.ref_or_none(pool, "suspend-image-SR") or state.ref_or_none(host, "suspend-image-sr-uuid")
    snapshots = state.pointing_at(vm, "vm.snapshot-of")
    follow: list[tuple[Record, Record | None]] = []
    for snapshot in snapshots:
        follow += [(disk, targets.get(disk["snapshot-of"], default)) for disk in _disks(state, snapshot)]
    for each in (vm, *snapshots):
        image = state.ref_or_none(each, "suspend-VDI-uuid") if each["power-state"] == SUSPENDED else None
        if image is not None and not placement.sees(state, host, state.ref(image, "sr-uuid")):
            follow.append((image, suspend or default))
    pairs = []
    for disk, sr in follow:
        target = targets.get(disk["uuid"], sr)
        if target is None:
            raise Failure("VDI_NOT_IN_MAP", disk)
        pairs.append((disk, target))
    return pairs


def _pairs(state: State, targets: _Targets) -> _Pairs:
    return [(state.need("vdi", uuid), sr) for uuid, sr in targets.items()]


def _moving(pairs: _Pairs) -> _Pairs:
    """Those VDIs that do not stay on their SR."""
    return [(disk, sr) for disk, sr in pairs if disk["sr-uuid"] != sr["uuid"]]


def _disks(state: State, vm: Record) -> list[Record]:
    """The VDIs that the VM has and that are no discs."""
    vbds = [vbd for vbd in state.pointing_at(vm, "vbd.vm-uuid") if vbd["type"] != "CD"]
    vdis = [state.ref_or_none(vbd, "vdi-uuid") for vbd in vbds]
    return [vdi for vdi in vdis if vdi is not None]
