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
    """One type of SR: the keys it needs, what it can do, the size it has if nobody says, what it holds."""

    __slots__ = ("capabilities", "content_type", "keys", "size")

    def __init__(
        self, keys: tuple[Key, ...], capabilities: frozenset[str], size: int = 1 << 40, content_type: str = "user"
    ) -> None:
        self.keys = keys
        self.capabilities = capabilities
        self.size = size
        self.content_type = content_type


_DEVICE = Key("device", refusal="SR_BACKEND_FAILURE_90")
_LOCATION = Key("location", refusal="SR_BACKEND_FAILURE_94")
_FOLDER = Key("location", refusal="SR_BACKEND_FAILURE_220")
_TARGET = Key("target", refusal="SR_BACKEND_FAILURE_95")
_TARGET_IQN = Key("targetIQN", refusal="SR_BACKEND_FAILURE_96")
_SERVER_PATH = Key("serverpath", refusal="SR_BACKEND_FAILURE_101")
_SERVER = Key("server", refusal="SR_BACKEND_FAILURE_102")
_SCSI_ID = Key("SCSIid", refusal="SR_BACKEND_FAILURE_107")

# Real drivers bring a forgotten VDI back when they scan their storage. Here is no storage to scan, so all of them but
# the one for ISO files, which has a folder, take VDIs that are introduced.
_LUNS = frozenset(("VDI_CREATE", "VDI_DELETE", "VDI_INTRODUCE"))
_DUMMY = _LUNS | {"VDI_CLONE", "VDI_MIRROR", "VDI_RESIZE", "VDI_SNAPSHOT"}
_FILES = _DUMMY | {"SR_UPDATE", "VDI_CONFIG_CBT", "VDI_GENERATE_CONFIG"}
_LVM = (_FILES | {"VDI_RESET_ON_BOOT", "VDI_UPDATE"}) - {"VDI_GENERATE_CONFIG"}
_VHD = _FILES | _LVM
_REMOVABLE = frozenset(("SR_UPDATE", "VDI_INTRODUCE", "VDI_UPDATE"))
# The files of the folder belong to whoever put them there: an ISO SR only shows them.
_ISO = frozenset[str]()

DRIVERS = {
    "cephfs": Driver((_SERVER, _SERVER_PATH), _VHD),
    "dummy": Driver((), _DUMMY),
    "ext": Driver((_DEVICE,), _VHD),
    "file": Driver((_LOCATION,), _FILES),
    "glusterfs": Driver((_SERVER,), _VHD),
    "hba": Driver((), _LUNS),
    "iscsi": Driver((_TARGET, _TARGET_IQN), _LUNS),
    "iso": Driver((_FOLDER,), _ISO, size=0, content_type="iso"),
    "largeblock": Driver((_DEVICE,), _VHD),
    "lvm": Driver((_DEVICE,), _LVM),
    "lvmohba": Driver((_SCSI_ID,), _VHD),
    "lvmoiscsi": Driver((_TARGET, _TARGET_IQN, _SCSI_ID), _VHD),
    "nfs": Driver((_SERVER, _SERVER_PATH), _VHD),
    "smb": Driver((_SERVER,), _VHD),
    "udev": Driver((_LOCATION,), _REMOVABLE, size=0, content_type="disk"),
    "xfs": Driver((_DEVICE,), _VHD),
    "zfs": Driver((_LOCATION,), _VHD),
}


def capabilities(type: str) -> frozenset[str]:
    """What the driver of this type can do; nothing where there is no such driver."""
    driver = DRIVERS.get(type)
    return frozenset() if driver is None else driver.capabilities


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
