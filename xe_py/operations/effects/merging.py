"""Bringing a host with all that it has into the state of a pool.

What the pool has for all hosts takes the place of what the host had for itself: the pool's own record, the guest tools,
the default templates, and the networks of the same cards. All else comes along under its uuid.
"""

from __future__ import annotations

from xe_py import classes
from xe_py.errors import NoRoomError
from xe_py.operations.effects.best_effort import plug_if_possible
from xe_py.operations.effects.disk_data import is_full
from xe_py.operations.effects.joining import equip
from xe_py.operations.network import free_bridge
from xe_py.schema.fields import Refs
from xe_py.state.state import CONTENT, new_uuid
from xe_py.xapi.addresses import lease
from xe_py.xapi.hosts import coordinator
from xe_py.xapi.networks import INTERNAL_MANAGEMENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

_STAYS_BEHIND = frozenset(("pool", "message", "task", "blob"))
_AS_IN_THE_POOL = ("ssh-enabled", "ssh-enabled-timeout", "ssh-expiry", "ssh-auto-mode", "console-idle-timeout")


def merge(pool: State, own: State) -> Record:
    """Bring the host of its own state into the pool; the host there."""
    found = _instead(pool, own)
    others = [network for network in own.all("network") if network["uuid"] not in found]
    anew = {network["uuid"]: new_uuid() for network in others if not _has_cards(own, network)}
    for cls in classes.sections():
        if cls.name not in _STAYS_BEHIND:
            for obj in own.all(cls.name):
                if obj["uuid"] not in found and pool.class_of(obj["uuid"]) is None:
                    _bring(pool, own, obj, {**found, **anew})
    host = pool.need("host", coordinator(own)["uuid"])
    master = coordinator(pool)
    state_of_master = {field: master[field] for field in _AS_IN_THE_POOL}
    pool.update(host, {**state_of_master, "enabled": host["auto-enable"]})
    _get_own_addresses(pool, host)
    for pbd in pool.pointing_at(host, "pbd.host-uuid"):
        plug_if_possible(pool, pbd)
    equip(pool, host)
    return host


def _instead(pool: State, own: State) -> dict[str, str | None]:
    """The uuids of what stays behind, each with what takes its place in the pool, if anything does."""
    found: dict[str, str | None] = {}
    for vm in own.find("vm", is_a_template=True):
        if vm["other-config"].get("default_template") == "true":
            found[vm["uuid"]] = None
    for sr in own.find("sr", is_tools_sr=True):
        others = pool.find("sr", is_tools_sr=True)
        found[sr["uuid"]] = others[0]["uuid"] if others else None
        isos = {vdi["location"]: vdi["uuid"] for other in others for vdi in pool.pointing_at(other, "vdi.sr-uuid")}
        for vdi in own.pointing_at(sr, "vdi.sr-uuid"):
            found[vdi["uuid"]] = isos.get(vdi["location"])
        for pbd in own.pointing_at(sr, "pbd.sr-uuid"):
            found[pbd["uuid"]] = None
    for network in own.all("network"):
        same = _same_network(pool, own, network)
        if same is not None:
            found[network["uuid"]] = same["uuid"]
    return found


def _same_network(pool: State, own: State, network: Record) -> Record | None:
    """The network of the pool that the cards of this network join."""
    if network["other-config"].get(INTERNAL_MANAGEMENT) == "true":
        same = [each for each in pool.all("network") if each["other-config"].get(INTERNAL_MANAGEMENT) == "true"]
    elif _has_cards(own, network):
        same = pool.having("network", "bridge", network["bridge"])
    else:
        return None
    return same[0] if same else None


def _has_cards(own: State, network: Record) -> bool:
    return any(pif["physical"] for pif in own.pointing_at(network, "pif.network-uuid"))


def _bring(pool: State, own: State, obj: Record, found: dict[str, str | None]) -> None:
    """Add the object to the pool, with its references as they are there; nothing if it needs what stays behind."""
    fields: dict[str, Any] = {name: value for name, value in obj.items() if name != "uuid"}
    for name, reference in obj.cls.references.items():
        value = obj[name]
        if isinstance(reference, Refs):
            fields[name] = [uuid for uuid in (found.get(each, each) for each in value) if uuid is not None]
        elif value is not None:
            fields[name] = found.get(value, value)
            if fields[name] is None and reference.required:
                return
    if obj.cls.name == "network" and obj["uuid"] in found:
        fields["bridge"] = free_bridge(pool)
    if fields.get(CONTENT) is not None:
        fields[CONTENT] = _copied(pool, own, obj)
    pool.add(obj.cls.name, fields, found.get(obj["uuid"]) or obj["uuid"])


def _copied(pool: State, own: State, disk: Record) -> str:
    """The name of a copy of the content of the disk."""
    name, draft = pool.draft()
    try:
        with own.contents.open(disk[CONTENT]) as content:
            draft.follow(content, 0)
    except NoRoomError:
        raise is_full(own, disk) from None
    return name


def _get_own_addresses(pool: State, host: Record) -> None:
    """Addresses by DHCP that somebody has in the pool are given anew."""
    for pif in pool.pointing_at(host, "pif.host-uuid"):
        taken = pif["IP"] and len(pool.having("pif", "IP", pif["IP"])) > 1
        if taken and pif["IP-configuration-mode"] == "DHCP":
            pool.update(pif, {"IP": "", **lease(pool)})
            if pif["management"]:
                pool.update(host, {"address": pif["IP"]})
