"""The storage drivers: what an SR of each type needs in its device-config, can do, and has room for."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Key:
    """A key of device-config that a driver cannot do without, and what is refused without it."""

    __slots__ = ("name", "refusal")

    def __init__(self, name: str, refusal: str) -> None:
        self.name = name
        self.refusal = refusal


class Driver:
    """One type of SR: the keys it needs, what it can do, the size it has if nobody says.

    `vhd`: VDIs are kept as VHD, which bounds their sizes. `names`: the storage itself keeps their names and types.
    """

    __slots__ = ("capabilities", "keys", "names", "size", "vhd")

    def __init__(
        self,
        keys: tuple[Key, ...],
        capabilities: frozenset[str],
        size: int = 1 << 40,
        *,
        vhd: bool = False,
        names: bool = False,
    ) -> None:
        self.keys = keys
        self.capabilities = capabilities
        self.size = size
        self.vhd = vhd
        self.names = names


_DEVICE = Key("device", refusal="SR_BACKEND_FAILURE_90")
_LOCATION = Key("location", refusal="SR_BACKEND_FAILURE_94")
_FOLDER = Key("location", refusal="SR_BACKEND_FAILURE_220")
_TARGET = Key("target", refusal="SR_BACKEND_FAILURE_95")
_TARGET_IQN = Key("targetIQN", refusal="SR_BACKEND_FAILURE_96")
_SERVER_PATH = Key("serverpath", refusal="SR_BACKEND_FAILURE_101")
_SERVER = Key("server", refusal="SR_BACKEND_FAILURE_102")
_SCSI_ID = Key("SCSIid", refusal="SR_BACKEND_FAILURE_107")

# Only what hands whole disks on takes VDIs that are introduced; the others find what is on their storage by a scan.
_LUNS = frozenset(("VDI_CREATE", "VDI_DELETE", "VDI_INTRODUCE"))
_FILES = frozenset(
    ("SR_UPDATE", "VDI_CLONE", "VDI_CONFIG_CBT", "VDI_CREATE", "VDI_DELETE", "VDI_GENERATE_CONFIG", "VDI_MIRROR")
) | {"VDI_RESIZE", "VDI_SNAPSHOT"}
_DUMMY = _LUNS | {"VDI_CLONE", "VDI_MIRROR", "VDI_RESIZE", "VDI_SNAPSHOT"}
_LVM = (_FILES | {"VDI_RESET_ON_BOOT", "VDI_UPDATE"}) - {"VDI_GENERATE_CONFIG"}
_ALL = _FILES | _LVM
_REMOVABLE = frozenset(("SR_UPDATE", "VDI_INTRODUCE", "VDI_UPDATE"))
# The files of the folder belong to whoever put them there: an ISO SR only shows them.
_ISO = frozenset[str]()

DRIVERS = {
    "cephfs": Driver((_SERVER, _SERVER_PATH), _ALL, vhd=True),
    "dummy": Driver((), _DUMMY),
    "ext": Driver((_DEVICE,), _ALL, vhd=True),
    "file": Driver((_LOCATION,), _FILES, vhd=True),
    "glusterfs": Driver((_SERVER,), _ALL, vhd=True),
    "hba": Driver((), _LUNS),
    "iscsi": Driver((_TARGET, _TARGET_IQN), _LUNS),
    "iso": Driver((_FOLDER,), _ISO, size=0),
    "largeblock": Driver((_DEVICE,), _ALL),
    "lvm": Driver((_DEVICE,), _LVM, vhd=True, names=True),
    "lvmohba": Driver((_SCSI_ID,), _ALL, vhd=True, names=True),
    "lvmoiscsi": Driver((_TARGET, _TARGET_IQN, _SCSI_ID), _ALL, vhd=True, names=True),
    "nfs": Driver((_SERVER, _SERVER_PATH), _ALL, vhd=True),
    "smb": Driver((_SERVER,), _ALL, vhd=True),
    "udev": Driver((_LOCATION,), _REMOVABLE, size=0),
    "xfs": Driver((_DEVICE,), _ALL, vhd=True),
    "zfs": Driver((_LOCATION,), _ALL, vhd=True),
}
_VHD_UNIT, _VHD_MOST = 2 << 20, 2040 << 30


def capabilities(type: str) -> frozenset[str]:
    """What the driver of this type can do; nothing where there is no such driver."""
    driver = DRIVERS.get(type)
    return frozenset() if driver is None else driver.capabilities


def size_refusals(type: str, size: int) -> Iterator[Failure]:
    """What the driver of this type has against a VDI of this size."""
    driver = DRIVERS.get(type)
    if size < 0 or (driver is not None and driver.vhd and size > _VHD_MOST):
        bounds = f"a VDI has 0 to {_VHD_MOST} bytes here" if driver is not None and driver.vhd else "it is below 0"
        yield Failure("SR_BACKEND_FAILURE_79", "", f"{size} is no size for it: {bounds}", "")


def rounded(type: str, size: int) -> int:
    """The size that a VDI gets when this one is asked for: a VHD has whole blocks of 2 MiB, and at least one."""
    driver = DRIVERS.get(type)
    if driver is None or not driver.vhd:
        return size
    return max(1, -(-size // _VHD_UNIT)) * _VHD_UNIT


def devices(device_config: Mapping[str, str]) -> list[str]:
    """The devices, written with commas between them, that a device-config names."""
    return [device for device in device_config.get("device", "").split(",") if device]


def refusals(type: str, device_config: Mapping[str, str]) -> Iterator[Failure]:
    """What the driver of this type has against the device-config."""
    driver = DRIVERS.get(type)
    if driver is None:
        yield Failure("SR_UNKNOWN_DRIVER", type)
    else:
        yield from _accepts(driver, device_config)


def _accepts(driver: Driver, device_config: Mapping[str, str]) -> Iterator[Failure]:
    for key in driver.keys:
        if not device_config.get(key.name):
            yield Failure(key.refusal, "", f"device-config:{key.name} is missing", "")
    for device in devices(device_config) if _DEVICE in driver.keys else ():
        if not device.startswith("/"):
            yield Failure("SR_BACKEND_FAILURE_91", "", f"{device} is not a path", "")
