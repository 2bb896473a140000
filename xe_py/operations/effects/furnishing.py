"""What a new pool gets besides its hosts: bonds, VLANs, shared SRs and VMs, made as commands make them; and devices."""

from __future__ import annotations

from xe_py.fresh.host import check
from xe_py.fresh.presets import GIB, MOST_SRS, MOST_VMS, NFS
from xe_py.operations import bond, network, pool_vlan, sr, vbd, vdi, vif, vm_record
from xe_py.xapi.pif_guards import management_pifs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.fresh.presets import Preset
    from xe_py.state.state import State

_DISK, _MEMORY, _SHARED = 4 * GIB, 1 * GIB, 16 << 40
_SERVER = "192.168.1.5"
_TARGET = "iqn.2026-01.com.example:storage"
_FOR_ALL = ("default-SR", "suspend-image-SR", "crash-dump-SR")


def furnish(state: State, preset: Preset, *, srs: int, vms: int) -> None:
    """Give the hosts what the preset has, with so many shared SRs and VMs."""
    check("srs", srs, 0, MOST_SRS)
    check("vms", vms, 0, MOST_VMS)
    if preset.bonded:
        _bond_in_pairs(state)
    if preset.devices:
        from xe_py.fresh.devices import add_devices

        add_devices(state)
    for tag in preset.vlans:
        _add_vlan(state, tag)
    for number in range(1, srs + 1):
        _add_shared_sr(state, preset.storage, number)
    for number in range(1, vms + 1):
        _add_vm(state, f"vm{number}")


def _bond_in_pairs(state: State) -> None:
    """Bond the cards of each host: the first with the second, the third with the fourth; one that is left stays."""
    cards = {host["uuid"]: state.pointing_at(host, "pif.host-uuid") for host in state.all("host")}
    for first in range(0, len(next(iter(cards.values()))) - 1, 2):
        shared = network.create(state, f"Bond {first}+{first + 1}")
        for pifs in cards.values():
            bond.create(state, shared, pifs[first : first + 2])


def _add_vlan(state: State, tag: int) -> None:
    """A VLAN on the last card of each host."""
    below = state.find("pif", host_uuid=state.all("pool")[0]["master"], VLAN=-1)[-1]
    pool_vlan.create(state, below, tag, network.create(state, f"VLAN {tag}"))


def _add_shared_sr(state: State, storage: str, number: int) -> None:
    """A shared SR; the first one is where new disks and suspended VMs go."""
    at = {"server": _SERVER, "serverpath": f"/export/vms{number}"}
    if storage != NFS:
        at = {"target": _SERVER, "targetIQN": _TARGET, "SCSIid": f"{0x360000000000000000000000000000000 + number:x}"}
    name = f"{'NFS' if storage == NFS else 'iSCSI'} storage" + (f" {number}" if number > 1 else "")
    made = sr.create(state, name, storage, shared=True, device_config=at, content_type="user", physical_size=_SHARED)
    if number == 1:
        state.update(state.all("pool")[0], dict.fromkeys(_FOR_ALL, made["uuid"]))


def _add_vm(state: State, name: str) -> None:
    """A halted VM with a disk on the default SR, and a card on the network through which the hosts are managed."""
    vm = vm_record.create(state, name, domain_type="hvm")
    limits = ("memory-static-max", "memory-dynamic-max", "memory-dynamic-min", "memory-static-min")
    state.update(vm, dict.fromkeys(limits, _MEMORY))
    disk = vdi.create(state, state.ref(state.all("pool")[0], "default-SR"), f"{name} disk", _DISK)
    vbd.create(state, vm, "0", disk, bootable=True)
    (management, *_) = management_pifs(state, state.all("pool")[0]["master"])
    vif.create(state, "0", state.ref(management, "network-uuid"), vm)
