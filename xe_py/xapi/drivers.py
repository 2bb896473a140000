"""The storage drivers: what an SR of each type needs in its device-config, what it can do, and how large it is."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.numbers import decimal_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40
_VHD_UNIT = 2 * MIB
LARGEST_VHD = 2040 * GIB
_EXTENT = 4 * MIB
_LAST_PORT = 65535


class ConfigKey:
    """A key of device-config, the test for a wrong value, and the code of the refusal.

    A key without `wrong` is required.
    """

    __slots__ = ("name", "refusal", "wrong")

    def __init__(self, name: str, refusal: str, wrong: Callable[[str], bool] | None = None) -> None:
        self.name = name
        self.refusal = refusal
        self.wrong = wrong

    def complaint(self, device_config: Mapping[str, str]) -> str:
        """What is wrong with the key in this device-config; the empty text if nothing is."""
        value = device_config.get(self.name, "")
        if self.wrong is None:
            return "" if value else f"device-config:{self.name} is missing"
        return f"device-config:{self.name} cannot be {value}" if value and self.wrong(value) else ""


class ConfigRule(ConfigKey):
    """A condition on a device-config as a whole; `says` what is wrong, or the empty text."""

    __slots__ = ("_says",)

    def __init__(self, refusal: str, says: Callable[[Mapping[str, str]], str]) -> None:
        super().__init__("", refusal, bool)
        self._says = says

    def complaint(self, device_config: Mapping[str, str]) -> str:
        """What is wrong with this device-config; the empty text if nothing is."""
        return self._says(device_config)


class Driver:
    """One type of SR.

    `keys` are asked about in this order when an SR is made, `plug_keys` when it is plugged. `size` is what an SR has if
    nobody says. `vhd` says that VDIs are VHDs unless they ask to be raw, `raw_unit` what the size of a raw one is a
    multiple of. `formats` is the key whose device a new SR takes for itself, with all that was on it. Drivers that have
    the same `layout` read what the other one wrote. `keeps_names` says that name, description and type of a VDI lie on
    the storage, with its data. `features` are those of the real driver; `does` are those that it has here.
    """

    __slots__ = (
        "does",
        "features",
        "formats",
        "keeps_names",
        "keys",
        "layout",
        "plug_keys",
        "raw_unit",
        "size",
        "vhd",
    )

    def __init__(
        self,
        layout: str,
        keys: tuple[ConfigKey, ...],
        features: frozenset[str],
        *,
        plug_keys: tuple[ConfigKey, ...] = (),
        size: int = TIB,
        vhd: bool = True,
        formats: str = "",
    ) -> None:
        self.layout = layout
        self.keys = keys
        self.features = features
        # The files of the folder belong to whoever put them there: an ISO SR only shows them.
        self.does = features - _MAKES if layout == _ISO else features
        self.plug_keys = plug_keys or keys
        self.size = size
        self.vhd = vhd
        self.formats = formats
        self.keeps_names = layout == _ON_LVM
        self.raw_unit = _EXTENT if layout == _ON_LVM else 1


# What an ISO SR asks for: a folder of the host itself has legacy_mode, everything else is mounted from a server.
_IF_FOLDER = "; a folder of the host needs device-config:legacy_mode=true"


def is_folder_of_host(device_config: Mapping[str, str]) -> bool:
    """Whether the location of an ISO SR is a folder of the host itself."""
    return "legacy_mode" in device_config


def _no_server(config: Mapping[str, str]) -> str:
    kind, location = config.get("type"), config.get("location", "")
    if kind is None or is_folder_of_host(config):
        return ""
    if kind == "cifs":
        names_server = location.startswith(("//", "\\")) and bool(location.strip("/\\"))
    else:
        names_server = ":" in location
    return "" if names_server else f"device-config:location names no server: {location}{_IF_FOLDER}"


def _no_options(config: Mapping[str, str]) -> str:
    location, options = config.get("location", ""), config.get("options", "")
    if "type" in config or is_folder_of_host(config) or ":/" in location or options.split()[:1] == ["-o"]:
        return ""
    wrong = f"device-config:options cannot be {options}" if options else "device-config:options is missing"
    return f"{wrong}; a share needs device-config:type=cifs or options that begin with -o{_IF_FOLDER}"


def _no_smb_version(config: Mapping[str, str]) -> str:
    version = config.get("vers", "3.0") if config.get("type") == "cifs" and not is_folder_of_host(config) else "3.0"
    return "" if version in {"1.0", "3.0"} else f"device-config:vers cannot be {version}"


_ON_LVM, _ON_FILES, _ISO = "lvm", "files", "iso"

_DEVICE = ConfigKey("device", refusal="SR_BACKEND_FAILURE_90")
_NO_PATH = ConfigKey(
    "device", refusal="SR_BACKEND_FAILURE_91", wrong=lambda value: not all(map(_is_path, _devices(value)))
)
_LOCATION = ConfigKey("location", refusal="SR_BACKEND_FAILURE_94")
_TARGET = ConfigKey("target", refusal="SR_BACKEND_FAILURE_95")
_PORT = ConfigKey("port", refusal="SR_BACKEND_FAILURE_142", wrong=lambda value: not _is_port(value))
_TARGET_IQN = ConfigKey("targetIQN", refusal="SR_BACKEND_FAILURE_96")
_SERVER_PATH = ConfigKey("serverpath", refusal="SR_BACKEND_FAILURE_101")
_ROOT_PATH = ConfigKey("rootpath", refusal="SR_BACKEND_FAILURE_101")
_SERVER = ConfigKey("server", refusal="SR_BACKEND_FAILURE_102")
_MASTER_HOST = ConfigKey("masterhost", refusal="SR_BACKEND_FAILURE_102")
_SCSI_ID = ConfigKey("SCSIid", refusal="SR_BACKEND_FAILURE_107")
_ALLOCATION = ConfigKey(
    "allocation", refusal="SR_BACKEND_FAILURE_1", wrong=lambda value: value not in {"thick", "thin"}
)
_GROUP_NAME = ConfigKey("group-name", refusal="SR_BACKEND_FAILURE_5004")
_REDUNDANCY = ConfigKey("redundancy", refusal="SR_BACKEND_FAILURE_5005")
_ISO_KEYS = (
    _LOCATION,
    ConfigRule(refusal="SR_BACKEND_FAILURE_225", says=_no_server),
    ConfigRule(refusal="SR_BACKEND_FAILURE_228", says=_no_options),
    ConfigRule(refusal="SR_BACKEND_FAILURE_227", says=_no_smb_version),
)
_DISK = (_DEVICE, _NO_PATH)
_TO_TARGET = (_TARGET, _PORT, _TARGET_IQN)

_MAKES = frozenset(("VDI_CREATE", "VDI_DELETE"))
_SHOWS = frozenset(("VDI_ATTACH", "VDI_DETACH"))
_ACTIVATES = frozenset(("VDI_ACTIVATE", "VDI_DEACTIVATE"))
_FOLDERS = _SHOWS | {"SR_ATTACH", "SR_DETACH", "SR_SCAN"}
_LUNS = _SHOWS | _MAKES | {"SR_PROBE", "VDI_INTRODUCE"}
_DISKS = _SHOWS | _MAKES | {"SR_PROBE", "VDI_CLONE", "VDI_MIRROR", "VDI_RESIZE", "VDI_SNAPSHOT"}
_UPDATED = _DISKS | {"SR_UPDATE", "VDI_UPDATE"}
_FILES = _DISKS | _ACTIVATES | {"SR_UPDATE", "THIN_PROVISIONING", "VDI_CONFIG_CBT", "VDI_GENERATE_CONFIG"}
_READ_CACHED = _FILES | {"VDI_READ_CACHING", "VDI_RESET_ON_BOOT", "VDI_UPDATE"}
_LOCAL = _READ_CACHED | {"SR_SUPPORTS_LOCAL_CACHING"}
_SERVED = _READ_CACHED | {"SR_CACHING"}
_MOUNTED = _UPDATED | {"VDI_GENERATE_CONFIG", "VDI_RESET_ON_BOOT"}
_LVM = _UPDATED | _ACTIVATES | {"SR_TRIM", "VDI_CONFIG_CBT", "VDI_RESET_ON_BOOT"}
_FCOE = _LVM | {"SR_METADATA", "VDI_GENERATE_CONFIG"}
_LVM_LUN = _FCOE | {"SR_CACHING"}
_LINSTOR = (_UPDATED | _ACTIVATES | {"VDI_GENERATE_CONFIG"}) - {"SR_PROBE"}
_UDEV = _SHOWS | {"SR_UPDATE", "VDI_INTRODUCE", "VDI_UPDATE"}
# All other features have version 1.
_VERSIONS = {"VDI_RESET_ON_BOOT": "2"}

DRIVERS = {
    "cephfs": Driver(_ON_FILES, (_SERVER, _SERVER_PATH), _MOUNTED),
    "dummy": Driver("dummy", (), _DISKS | _ACTIVATES | {"VDI_INTRODUCE"}, vhd=False),
    "ext": Driver("ext", _DISK, _LOCAL, formats="device"),
    "file": Driver(_ON_FILES, (_LOCATION,), _FILES),
    "glusterfs": Driver(_ON_FILES, (_SERVER,), _MOUNTED),
    "hba": Driver("luns", (), _LUNS, vhd=False),
    "iscsi": Driver("luns", _TO_TARGET, _LUNS, vhd=False),
    "iso": Driver(_ISO, _ISO_KEYS, _FOLDERS | _MAKES, size=0, vhd=False),
    "largeblock": Driver("largeblock", _DISK, _LOCAL, vhd=False, formats="device"),
    "linstor": Driver("linstor", (_GROUP_NAME, _REDUNDANCY), _LINSTOR, vhd=False),
    "lvm": Driver(_ON_LVM, (*_DISK, _ALLOCATION), _LVM, formats="device"),
    "lvmofcoe": Driver(_ON_LVM, (_SCSI_ID, _ALLOCATION), _FCOE, formats="SCSIid"),
    "lvmohba": Driver(_ON_LVM, (_SCSI_ID, _ALLOCATION), _LVM_LUN, formats="SCSIid"),
    "lvmoiscsi": Driver(_ON_LVM, (*_TO_TARGET, _SCSI_ID, _ALLOCATION), _LVM_LUN, formats="SCSIid"),
    "moosefs": Driver(_ON_FILES, (_MASTER_HOST, _ROOT_PATH), _MOUNTED),
    "nfs": Driver(_ON_FILES, (_SERVER, _SERVER_PATH), _SERVED, plug_keys=(_SERVER_PATH, _SERVER)),
    "shm": Driver("shm", (_LOCATION,), _FOLDERS | {"VDI_CLONE", "VDI_SNAPSHOT"}, size=0, vhd=False),
    "smb": Driver(_ON_FILES, (_SERVER,), _SERVED),
    "udev": Driver("udev", (_LOCATION,), _UDEV, size=0, vhd=False),
    "xfs": Driver("xfs", _DISK, _LOCAL, formats="device"),
    "zfs": Driver(_ON_FILES, (_LOCATION,), _FILES - {"SR_PROBE"}),
}


def capabilities(type: str) -> frozenset[str]:
    """What the driver of this type can do here; nothing if there is no such driver."""
    driver = DRIVERS.get(type)
    return frozenset() if driver is None else driver.does


def versions(driver: Driver) -> dict[str, str]:
    """The features of the real driver, sorted, with their versions."""
    return {name: _VERSIONS.get(name, "1") for name in sorted(driver.features)}


def layout(type: str) -> str:
    """The layout in which the driver of this type writes a storage."""
    driver = DRIVERS.get(type)
    return "" if driver is None else driver.layout


def taken_by(type: str, device_config: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    """The key of device-config that names the devices a new SR of the type takes for itself, and the devices."""
    driver = DRIVERS.get(type)
    key = "" if driver is None else driver.formats
    return key, frozenset(_devices(device_config.get(key, "")))


def lies_at(type: str, device_config: Mapping[str, str]) -> tuple[bool, frozenset[str]]:
    """Whether the storage of such an SR belongs to one host, and its devices, or else its place on a server."""
    driver = DRIVERS.get(type)
    names = () if driver is None else tuple(key.name for key in driver.keys if key.wrong is None)
    if driver is None or not names:
        return False, frozenset()
    if driver.formats:
        return driver.formats == "device", taken_by(type, device_config)[1]
    return names == ("location",), frozenset((":".join(device_config.get(name, "") for name in names),))


def reason(sentence: str, detail: str) -> str:
    """What a driver reports, in the form that XAPI passes on: the reason, then the details."""
    return f"{sentence} [opterr={detail}]"


def refusals(type: str, device_config: Mapping[str, str], *, plugging: bool = False) -> Iterator[Failure]:
    """Why the driver refuses the device-config of an SR that is made or plugged."""
    driver = DRIVERS.get(type)
    if driver is None:
        yield Failure("SR_UNKNOWN_DRIVER", type)
        return
    for key in driver.plug_keys if plugging else driver.keys:
        complaint = key.complaint(device_config)
        if complaint:
            yield Failure(key.refusal, "", reason("The device-config is not valid", complaint), "")


def whole_size(type: str, sm_config: Mapping[str, str], size: int) -> int:
    """The size that a VDI gets when this size is asked for; Failure if the driver cannot make it so large."""
    driver = DRIVERS.get(type)
    if size < 0:
        raise size_refused(f"{size} bytes is not a valid size")
    if driver is None:
        return size
    if sm_config.get("type") == "raw" or not driver.vhd:
        return _up(size, driver.raw_unit)
    if size > LARGEST_VHD:
        raise size_refused(f"{size} bytes is more than a VHD can hold ({LARGEST_VHD})")
    return max(_up(size, _VHD_UNIT), _VHD_UNIT)


def size_refused(detail: str) -> Failure:
    """The refusal of a size that the driver cannot give to a VDI."""
    return Failure("SR_BACKEND_FAILURE_79", "", reason("The VDI cannot have this size", detail), "")


def _up(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def _devices(value: str) -> list[str]:
    """The devices, written with commas between them."""
    return [device for device in value.split(",") if device]


def _is_path(device: str) -> bool:
    return device.startswith("/")


def _is_port(value: str) -> bool:
    return 0 < (decimal_of(value) or 0) <= _LAST_PORT
