"""The SRs of a new XenServer: those of each host, and the guest tools, which all hosts share."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_TOOLS_FOLDER = "/opt/xensource/packages/iso"
_TOOLS_ISO = "guest-tools.iso"
_TOOLS_SIZE = 9 << 20


def add_storage(state: State, disk: int) -> None:
    """Give each host its SRs, and the pool the guest tools and a default SR."""
    hosts = state.all("host")
    for host in hosts:
        add_host_storage(state, host, disk)
    _add_tools(state, hosts)
    first = state.ref(hosts[0], "suspend-image-sr-uuid")
    state.update(state.all("pool")[0], {"default-SR": first["uuid"]})


def add_host_storage(state: State, host: Record, disk: int) -> None:
    """Give the host its own SRs: the local storage, its drives, and what is plugged into it."""
    local = _add_sr(
        state,
        ("Local storage", "", "local-storage"),
        {"type": "ext", "content-type": "user", "physical-size": disk},
        {"device": "/dev/sda3"},
        [host],
    )
    _add_sr(
        state,
        ("Removable storage", "", "local-hotplug-disk"),
        {"type": "udev", "content-type": "disk", "physical-size": 0, "sm-config": {"type": "block"}},
        {"location": "/dev/xapi/block"},
        [host],
    )
    _add_sr(
        state,
        ("DVD drives", "Physical DVD drives", "local-hotplug-cd"),
        {"type": "udev", "content-type": "iso", "physical-size": 0, "sm-config": {"type": "cd"}},
        {"location": "/dev/xapi/cd"},
        [host],
    )
    state.update(host, {"suspend-image-sr-uuid": local["uuid"], "crash-dump-sr-uuid": local["uuid"]})


def _add_tools(state: State, hosts: list[Record]) -> None:
    tools = _add_sr(
        state,
        ("XenServer Tools", "XenServer Tools ISOs", "xenserver-tools"),
        {"type": "iso", "content-type": "iso", "shared": True, "is-tools-sr": True, "physical-size": _TOOLS_SIZE},
        {"path": _TOOLS_FOLDER, "location": _TOOLS_FOLDER, "legacy_mode": "true"},
        hosts,
    )
    marks = {"xensource_internal": "true", "xenserver_tools_sr": "true"}
    state.update(tools, {"other-config": {**marks, **tools["other-config"]}})
    state.add(
        "vdi",
        {
            "name-label": _TOOLS_ISO,
            "name-description": "The drivers and the agent for guests",
            "sr-uuid": tools["uuid"],
            "location": _TOOLS_ISO,
            "virtual-size": _TOOLS_SIZE,
            "read-only": True,
            "is-tools-iso": True,
        },
    )


def _add_sr(
    state: State,
    names: tuple[str, str, str],
    fields: dict[str, object],
    device_config: dict[str, str],
    hosts: list[Record],
) -> Record:
    """An SR with this name, description and key for translations, plugged on the hosts."""
    name, description, key = names
    translation = {"i18n-key": key, "i18n-original-value-name_label": name}
    if description:
        translation["i18n-original-value-name_description"] = description
    named = {"name-label": name, "name-description": description, "other-config": translation}
    sr = state.add("sr", {**named, **fields})
    for host in hosts:
        connection = {"sr-uuid": sr["uuid"], "host-uuid": host["uuid"], "device-config": device_config}
        state.add("pbd", {**connection, "currently-attached": True})
    return sr
