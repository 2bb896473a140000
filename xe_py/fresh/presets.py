"""What a new pool has if nobody says more, and the pools that people need again and again, each by name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

GIB = 1 << 30
NAME, HOSTS, NICS, CPUS, MEMORY, DISK = "xenserver", 1, 2, 4, 16 * GIB, 512 * GIB
"""The name of the first host, how many hosts there are, and what each of them is made of."""
MOST_SRS, MOST_VMS = 64, 1000
"""How many shared SRs and VMs a new pool may have."""
NFS, ISCSI = "nfs", "lvmoiscsi"


class Preset:
    """What a pool has unless its maker says something else: `srs` are the shared SRs, of the type `storage`.

    `bonded` says that the network cards of each host work in pairs; `vlans` are the tags of VLANs on the last card.
    `devices` says that each host has a GPU and a USB device.
    """

    __slots__ = ("bonded", "devices", "doc", "hosts", "nics", "srs", "storage", "vlans", "vms")

    def __init__(
        self,
        doc: str,
        *,
        hosts: int = HOSTS,
        nics: int = NICS,
        srs: int = 0,
        storage: str = NFS,
        bonded: bool = False,
        vlans: tuple[int, ...] = (),
        vms: int = 0,
        devices: bool = False,
    ) -> None:
        self.doc = doc
        self.hosts = hosts
        self.nics = nics
        self.srs = srs
        self.storage = storage
        self.bonded = bonded
        self.vlans = vlans
        self.vms = vms
        self.devices = devices


SINGLE = "single"
PRESETS: Mapping[str, Preset] = {
    SINGLE: Preset("one host with local storage"),
    "pool": Preset("three hosts with local storage", hosts=3),
    "nfs-pool": Preset("three hosts with a shared NFS SR", hosts=3, srs=1),
    "iscsi-pool": Preset("three hosts with a shared iSCSI SR", hosts=3, srs=1, storage=ISCSI),
    "bonded": Preset(
        "three hosts whose network cards are bonded in pairs, with a shared NFS SR", hosts=3, nics=4, srs=1, bonded=True
    ),
    "classroom": Preset(
        "two hosts with a shared NFS SR, two VLANs and some VMs", hosts=2, nics=3, srs=1, vlans=(10, 20), vms=6
    ),
    "devices": Preset("one host with a GPU that VMs can share, and a USB device", devices=True),
}
