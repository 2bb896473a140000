"""What the storage drivers say of themselves: one row a driver, by the type of the SRs that it serves."""

from __future__ import annotations

from functools import lru_cache

from xe_py.xapi.drivers import DRIVERS, versions
from xe_py.xapi.seeded import uuid_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.state.state import State

_FOLDER = "/opt/xensource/sm"
# The type, the name, the file, and what the driver does.
_TABLE = """
cephfs | CephFS VHD | CephFSSR | Keeps disks as VHD files on a CephFS file system
dummy | dummy | DummySR | Pretends to keep disks, and keeps no data
ext | Local EXT3 VHD | EXTSR | Keeps disks as VHD files on an ext file system of a local disk
file | Local Path VHD | FileSR | Keeps disks as VHD files in a folder of the host
glusterfs | GlusterFS VHD | GlusterFSSR | Keeps disks as VHD files on a GlusterFS volume
hba | HBA LUN-per-VDI driver | HBASR | Shows each LUN behind a host bus adapter as one disk
iscsi | iSCSI | RawISCSISR | Shows each LUN of an iSCSI target as one disk
iso | ISO | ISOSR | Shows the ISO files of a folder as CDs
largeblock | Large Block SR | LargeBlockSR | Keeps disks on a local disk with 4 KiB sectors, and shows 512-byte sectors
linstor | LINSTOR resources on XCP-ng | LinstorSR | Keeps disks as LINSTOR resources on several hosts
lvm | Local VHD on LVM | LVMSR | Keeps disks as VHDs on logical volumes of a local disk
lvmofcoe | LVHD over FCoE | LVMoFCoESR | Keeps disks as VHDs on logical volumes of an FCoE LUN
lvmohba | LVHD over FC | LVMoHBASR | Keeps disks as VHDs on logical volumes of a LUN behind a host bus adapter
lvmoiscsi | LVHD over iSCSI | LVMoISCSISR | Keeps disks as VHDs on logical volumes of an iSCSI LUN
moosefs | MooseFS VHD | MooseFSSR | Keeps disks as VHD files on a MooseFS file system
nfs | NFS VHD | NFSSR | Keeps disks as VHD files on an NFS server
shm | SHM | SHMSR | Keeps disks in shared memory
smb | SMB VHD | SMBSR | Keeps disks as VHD files on an SMB server
udev | udev | udevSR | Shows the devices that are plugged into the host as disks
xfs | Local XFS VHD | XFSSR | Keeps disks as VHD files on an XFS file system of a local disk
zfs | Local ZFS VHD | ZFSSR | Keeps disks as VHD files on a ZFS file system of the host
"""
# Who made it in which year, if it was not Citrix in 2008.
_MAKERS = {
    "cephfs": ("Vates SAS", 2020),
    "glusterfs": ("Vates SAS", 2020),
    "largeblock": ("Vates", 2024),
    "linstor": ("Vates", 2020),
    "lvm": ("XenSource Inc", 2008),
    "lvmofcoe": ("Citrix Systems Inc", 2015),
    "moosefs": ("Tappest sp. z o.o.", 2021),
    "shm": ("Citrix Systems Inc.", 2009),
    "smb": ("Citrix Systems Inc", 2015),
    "xfs": ("Vates SAS", 2019),
    "zfs": ("Vates SAS", 2020),
}
_CHAP = "chapuser chappassword incoming_chapuser incoming_chappassword"
# The keys of device-config that the driver names.
_CONFIGURATION = {
    "cephfs": "server serverpath serverport options",
    "ext": "device",
    "file": "location",
    "glusterfs": "server backupservers fetchattempts",
    "hba": "type",
    "iscsi": f"target targetIQN {_CHAP} port multihomed force_tapdisk",
    "iso": "location options type vers username cifspassword_secret cifspassword nfsversion",
    "largeblock": "device",
    "linstor": "group-name redundancy provisioning monitor-db-quorum",
    "lvm": "device",
    "lvmofcoe": "SCSIid allocation",
    "lvmohba": "SCSIid allocation",
    "lvmoiscsi": f"SCSIid target targetIQN {_CHAP} port multihomed usediscoverynumber allocation",
    "moosefs": "masterhost masterport rootpath options",
    "nfs": "server serverpath nfsversion",
    "smb": "server username password",
    "udev": "location",
    "xfs": "device",
    "zfs": "location",
}
# What the keys of device-config mean; a driver may mean something of its own.
_KEYS = {
    "SCSIid": "the SCSI id of the LUN (required)",
    "allocation": "thick (if left out) or thin",
    "backupservers": "other servers of the volume",
    "chappassword": "the CHAP password",
    "chapuser": "the CHAP user",
    "cifspassword": "the password of an SMB server",
    "cifspassword_secret": "the uuid of a secret with the password of an SMB server",
    "device": "the disk or partition, such as /dev/sdb (required)",
    "fetchattempts": "how often the volume is asked for",
    "force_tapdisk": "whether tapdisk serves the disks (true or false)",
    "group-name": "the LVM volume group or thin pool (required)",
    "incoming_chappassword": "the CHAP password of the target",
    "incoming_chapuser": "the CHAP user of the target",
    "location": "the folder on the host (required)",
    "masterhost": "the master server (required)",
    "masterport": "the port of the master server",
    "monitor-db-quorum": "whether the quorum of the database is watched (true or false)",
    "multihomed": "whether the target has several addresses (true or false)",
    "nfsversion": "the version of NFS: 3, 4, 4.0 or 4.1",
    "options": "further options of mount",
    "password": "the password",
    "port": "the port of the target (3260 if left out)",
    "provisioning": "thin (if left out) or thick",
    "redundancy": "how many copies there are (required)",
    "rootpath": "the path on the server (required)",
    "server": "the name or address of the server (required)",
    "serverpath": "the path on the server (required)",
    "serverport": "the port of the server",
    "target": "the address of the iSCSI target, or several with commas between them (required)",
    "targetIQN": "the IQN of the iSCSI target (required)",
    "type": "the kind of adapter, such as FC or SAS",
    "usediscoverynumber": "which of the targets that are found",
    "username": "the user",
    "vers": "the version of SMB: 1.0 or 3.0",
}
_OWN_KEYS = {
    "glusterfs": {"server": "the server and its volume, as host:/volume (required)"},
    "iso": {
        "location": "the folder, server:/path or //server/share (required)",
        "options": "options of mount, which begin with -o",
        "type": "nfs_iso or cifs",
    },
    "smb": {"server": r"the share, as \\server\share (required)"},
}
# The others want version 1.0 of the interface of drivers.
_API_VERSIONS = {"dummy": "1.1", "udev": "1.1"}
_COPYRIGHTS = {"shm": "(c) 2009 Citrix Systems, Inc."}


def records(state: State) -> Iterator[dict[str, Any]]:
    """The fields of each driver; its uuid is fixed for the lineage of the state."""
    return iter(_records(state.header.get("lineage", "")))


@lru_cache(maxsize=8)
def _records(lineage: str) -> tuple[dict[str, Any], ...]:
    return tuple(_made(lineage))


def _made(lineage: str) -> Iterator[dict[str, Any]]:
    for row in _TABLE.strip().split("\n"):
        type, name, file, does = row.split(" | ")
        vendor, year = _MAKERS.get(type, ("Citrix Systems Inc", 2008))
        uuid = uuid_from(f"{lineage} sm {type}")
        features = versions(DRIVERS[type])
        yield {
            "uuid": uuid,
            "name-label": name,
            "name-description": does,
            "type": type,
            "vendor": vendor,
            "copyright": _COPYRIGHTS.get(type, f"(C) {year} {vendor}"),
            "required-api-version": _API_VERSIONS.get(type, "1.0"),
            "capabilities": list(features),
            "features": features,
            "configuration": {
                key: _OWN_KEYS.get(type, _KEYS).get(key, _KEYS[key]) for key in _CONFIGURATION.get(type, "").split()
            },
            "driver-filename": f"{_FOLDER}/{file}",
        }
