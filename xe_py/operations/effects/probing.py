"""What a driver finds where an SR could be: SRs that lie there and, if the device-config is incomplete, what to choose.

There is no real storage. So each iSCSI target and each HBA shows the same few empty LUNs, and each NFS server an empty
export, besides all that the SRs of the state use there.
"""

from __future__ import annotations

from hashlib import md5

from xe_py.errors import Failure
from xe_py.xapi.drivers import DRIVERS, TIB, lies_at, refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

    # The name of an element, and its text or the elements in it.
    Element = tuple[str, "str | list[Element]"]

_EXPORT = "/export/vms"
_LUNS = 4
_VENDOR = "XE-PY"
_ISCSI_PORT = "3260"
_NFS_VERSIONS = ("3", "4")


def probe(state: State, host: Record, type: str, device_config: Mapping[str, str], sm_config: Mapping[str, str]) -> str:
    """The SRs there, as an XML document.

    If a key is missing for which the driver offers a choice, the choice is the last parameter of the Failure.
    """
    driver = DRIVERS.get(type)
    if driver is not None and "SR_PROBE" not in driver.does:
        raise Failure("SR_BACKEND_FAILURE", "An SR of this type cannot be probed", "", "")
    for refusal in refusals(type, device_config):
        choice = _CHOICES.get((type, refusal.code))
        if choice is not None:
            refusal.values = (*refusal.values[:-1], _document(choice(state, type, device_config)))
        raise refusal
    if type == "hba":
        return _document(_devices(state, type, device_config))
    found = [_sr(type, device_config, sr, sm_config) for sr in there(state, host, type, device_config)]
    if type == "nfs" and "probeversion" in device_config:
        found.append(("SupportedVersions", [("Version", version) for version in _NFS_VERSIONS]))
    return _document(("SRlist", found))


def there(state: State, host: Record, type: str, device_config: Mapping[str, str]) -> list[Record]:
    """The SRs, and the storages of forgotten SRs, that lie there."""
    of_one_host, places = lies_at(type, device_config)
    layout = DRIVERS[type].layout
    found: dict[str, Record] = {}
    for pbd in state.all("pbd"):
        sr = state.ref(pbd, "sr-uuid")
        is_near = not of_one_host or pbd["host-uuid"] == host["uuid"]
        if is_near and _is_of(layout, sr) and places & lies_at(sr["type"], pbd["device-config"])[1]:
            found[sr["uuid"]] = sr
    for storage in state.all("storage"):
        is_near = storage["host-uuid"] in {None, host["uuid"]}
        if is_near and _is_of(layout, storage) and not places.isdisjoint(storage["devices"]):
            found[storage["sr"]] = storage
    return list(found.values())


def _is_of(layout: str, sr: Record) -> bool:
    driver = DRIVERS.get(sr["type"])
    return driver is not None and driver.layout == layout


def _sr(type: str, device_config: Mapping[str, str], record: Record, sm_config: Mapping[str, str]) -> Element:
    """What is said of an SR, or of the storage of a forgotten one."""
    is_known = record.cls.name == "sr"
    parts: list[Element] = [("UUID", record["uuid"] if is_known else record["sr"])]
    key = DRIVERS[type].formats
    if key:
        device = device_config[key]
        parts.append(("Devlist", device if key == "device" else f"/dev/disk/by-id/scsi-{device}"))
        parts.append(("size", str(max(record["physical-size"], 0))))
        if sm_config.get("metadata") == "true":
            parts.append(("name_label", record["name-label"] if is_known else ""))
            parts.append(("name_description", record["name-description"] if is_known else ""))
            parts.append(("pool_metadata_detected", "false"))
    return "SR", parts


# What to choose


def _exports(state: State, type: str, device_config: Mapping[str, str]) -> Element:
    used = _used(state, type, device_config, ("server",), "serverpath")
    return "nfs-exports", [
        ("Export", [("Target", device_config["server"]), ("Path", path), ("Accesslist", "*")])
        for path in dict.fromkeys((_EXPORT, *used))
    ]


def _targets(state: State, type: str, device_config: Mapping[str, str]) -> Element:
    """The targets behind each address."""
    found: list[Element] = []
    port = device_config.get("port", _ISCSI_PORT)
    for address in device_config["target"].split(","):
        used = _used(state, type, {**device_config, "target": address}, ("target",), "targetIQN")
        for iqn in dict.fromkeys((f"iqn.2001-01.com.example:{address.replace(':', '-')}", *used)):
            parts: list[Element] = [("Index", str(len(found))), ("IPAddress", address)]
            parts += [("Port", port)] if port != _ISCSI_PORT else []
            found.append(("TGT", [*parts, ("TargetIQN", iqn)]))
    return "iscsi-target-iqns", found


def _luns(state: State, type: str, device_config: Mapping[str, str]) -> Element:
    seed = f"{device_config['target']} {device_config['targetIQN']}"
    used = _used(state, type, device_config, ("target", "targetIQN"), "SCSIid")
    return "iscsi-target", [
        (
            "LUN",
            [("vendor", _VENDOR), ("serial", id[-8:]), ("LUNid", str(number)), ("size", str(TIB)), ("SCSIid", id)],
        )
        for number, id in enumerate(_scsi_ids(seed, used))
    ]


def _devices(state: State, type: str, device_config: Mapping[str, str]) -> Element:
    """The LUNs that an HBA shows, then the adapter."""
    used = _used(state, type, device_config, (), "SCSIid")
    adapter = "host4"
    devices: list[Element] = [
        (
            "BlockDevice",
            [
                ("path", f"/dev/sd{'bcdefghijklmnopqrstuvwxyz'[number % 25]}"),
                ("numpaths", "1"),
                ("SCSIid", id),
                ("vendor", _VENDOR),
                ("serial", id[-8:]),
                ("size", str(TIB)),
                ("adapter", adapter),
                ("channel", "0"),
                ("id", "0"),
                ("lun", str(number)),
                ("hba", "fc"),
            ],
        )
        for number, id in enumerate(_scsi_ids("hba", used))
    ]
    ports: list[Element] = [
        ("node_name", "0x2000000000000001"),
        ("port_name", "0x1000000000000001"),
        ("port_state", "Online"),
        ("speed", "16 Gbit"),
        ("supported_speeds", "8 Gbit, 16 Gbit"),
    ]
    about: list[Element] = [("host", adapter), ("name", "fc"), ("manufacturer", _VENDOR), ("id", "4")]
    return "Devlist", [*devices, ("Adapter", [*about, ("fc_host", ports)])]


def _used(state: State, type: str, device_config: Mapping[str, str], same: Iterable[str], key: str) -> list[str]:
    """The values of the key with which the SRs of the state lie at the same place."""
    layout = DRIVERS[type].layout
    configs = [pbd["device-config"] for pbd in state.all("pbd") if _is_of(layout, state.ref(pbd, "sr-uuid"))]
    here = [config for config in configs if all(config.get(name) == device_config[name] for name in same)]
    return sorted({config[key] for config in here if config.get(key)})


def _scsi_ids(seed: str, used: Iterable[str]) -> list[str]:
    """The ids of the LUNs: always the same for the seed; then those that are used besides."""
    made = [f"3{md5(f'{seed} {number}'.encode(), usedforsecurity=False).hexdigest()}" for number in range(_LUNS)]
    return list(dict.fromkeys((*made, *used)))


_CHOICES: dict[tuple[str, str], Callable[[State, str, Mapping[str, str]], Element]] = {
    ("nfs", "SR_BACKEND_FAILURE_101"): _exports,
    ("lvmoiscsi", "SR_BACKEND_FAILURE_96"): _targets,
    ("lvmoiscsi", "SR_BACKEND_FAILURE_107"): _luns,
    ("iscsi", "SR_BACKEND_FAILURE_96"): _targets,
    ("lvmohba", "SR_BACKEND_FAILURE_107"): _devices,
    ("lvmofcoe", "SR_BACKEND_FAILURE_107"): _devices,
}


# XML as the drivers write it, because scripts cut it with grep: one element on a line, with a tab for each level


def _document(root: Element) -> str:
    return '<?xml version="1.0" ?>\n' + _lines(root, "")


def _lines(element: Element, indent: str) -> str:
    from xml.sax.saxutils import escape

    name, content = element
    if isinstance(content, str):
        return f"{indent}<{name}>{escape(content)}</{name}>\n"
    if not content:
        return f"{indent}<{name}/>\n"
    return f"{indent}<{name}>\n" + "".join(_lines(each, indent + "\t") for each in content) + f"{indent}</{name}>\n"
