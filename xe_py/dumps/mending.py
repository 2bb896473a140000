"""What a host puts right in its database when it starts, and what a part of a pool does not say."""

from __future__ import annotations

from collections import Counter

from xe_py import classes
from xe_py.dumps.found import Found
from xe_py.state.state import new_uuid
from xe_py.xapi.guest import HALTED, LIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.dumps.found import Report

    Objects = dict[str, list[Found]]

_STOPPED = {"power-state": HALTED, "resident-on": None, "dom-id": -1}
_DEVICES = ("vbd", "vif")


def mend(objects: Objects, complete: set[str], stand_ins: Sequence[Found], report: Report) -> None:
    """Mend the objects, whose references are uuids. `complete` are the classes of which nothing is missing."""
    _drop_lost_disks(objects, report)
    if classes.get("host").label in complete:
        _halt_lost_vms(objects, report)
    _place_running_vms(objects, report)
    known = bool(objects.get("pbd")) or classes.get("pbd").label in complete
    _share_storage(objects)
    _plug_storage(objects, [sr for sr in objects.get("sr", ()) if not known or sr in stand_ins], report)


def _drop_lost_disks(objects: Objects, report: Report) -> None:
    """Drop VBDs of disks that are gone. A drive for CDs stays, and is empty."""
    vbds = objects.get("vbd", [])
    kept = [vbd for vbd in vbds if vbd.values.get("vdi-uuid") is not None or vbd.values.get("type", "Disk") == "CD"]
    if len(kept) < len(vbds):
        objects["vbd"] = kept
        report.dropped["VBD whose vdi-uuid is not there"] += len(vbds) - len(kept)


def _live(objects: Objects) -> list[Found]:
    return [vm for vm in objects.get("vm", ()) if vm.values.get("power-state") in LIVE]


def _halt_lost_vms(objects: Objects, report: Report) -> None:
    """Halt the VMs whose host is gone."""
    lost = {vm.uuid: vm for vm in _live(objects) if vm.values.get("resident-on") is None}
    for vm in lost.values():
        vm.values |= _STOPPED
        report.made_up.append(f"VM {vm.name} is halted, because its host is not there")
    for device in (device for cls in _DEVICES for device in objects.get(cls, ())):
        if device.values.get("vm-uuid") in lost:
            device.values["currently-attached"] = False


def _place_running_vms(objects: Objects, report: Report) -> None:
    """Give each running VM a host and a domain number, where the capture does not say them."""
    live = _live(objects)
    domains: Counter[str | None] = Counter()
    for vm in live:
        host = vm.values.get("resident-on")
        domains[host] = max(domains[host], vm.values.get("dom-id", -1))
    placed = [vm for vm in live if vm.values.get("resident-on") is None or vm.values.get("dom-id", -1) < 0]
    for vm in placed:
        host = vm.values.get("resident-on") or objects["host"][0].uuid
        domains[host] = max(domains[host], 0) + 1
        vm.values |= {"resident-on": host, "dom-id": domains[host]}
    if placed:
        report.made_up.append(f"the host or the domain number of {len(placed)} running VMs")


def _share_storage(objects: Objects) -> None:
    """An SR that several hosts use is shared, where the capture does not say it."""
    used = Counter(pbd.values.get("sr-uuid") for pbd in objects.get("pbd", ()) if _is_attached(pbd))
    for sr in objects.get("sr", ()):
        if used[sr.uuid] > 1:
            sr.values.setdefault("shared", True)


def _plug_storage(objects: Objects, srs: Sequence[Found], report: Report) -> None:
    """Plug the SRs, of which the capture does not say how hosts reach them."""
    pbds = objects.setdefault("pbd", [])
    plugged = {pbd.values.get("sr-uuid") for pbd in pbds}
    for sr in srs:
        hosts = objects["host"] if sr.values.get("shared") else _hosts_of(objects, sr)[:1]
        for host in hosts if sr.uuid not in plugged else ():
            uuid = new_uuid()
            pbds.append(Found(classes.get("pbd"), uuid, uuid))
            pbds[-1].values = {"host-uuid": host.uuid, "sr-uuid": sr.uuid, "currently-attached": True}
    if srs:
        report.made_up.append(f"plugged PBDs for {len(srs)} {'SR' if len(srs) == 1 else 'SRs'}")


def _hosts_of(objects: Objects, sr: Found) -> list[Found]:
    """The hosts whose VMs use the SR, and all others behind them."""
    on = {vdi.uuid for vdi in objects.get("vdi", ()) if vdi.values.get("sr-uuid") == sr.uuid}
    attached = [vbd for vbd in objects.get("vbd", ()) if vbd.values.get("vdi-uuid") in on and _is_attached(vbd)]
    vms = {vbd.values["vm-uuid"] for vbd in attached}
    used = {vm.values.get("resident-on") for vm in objects.get("vm", ()) if vm.uuid in vms}
    return sorted(objects["host"], key=lambda host: host.uuid not in used)


def _is_attached(device: Found) -> bool:
    return bool(device.values.get("currently-attached"))
