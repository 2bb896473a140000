"""Sound states of any size, made to measure with: the same size and seed give the same file.

    python benchmarks/states.py 100000 host.toml

It is a pool as administrators have it. Of ten objects nine belong to a VM: two disks, each with a snapshot and a VBD,
an empty CD drive, a network card. The rest are hosts with local and shared SRs, VLANs on every host, and spare images.
"""

from __future__ import annotations

import sys
from random import Random
from unittest.mock import patch

from xe_py import classes
from xe_py.fresh.host import fresh_host
from xe_py.operations.pool_vlan import create as make_vlan_on_all_hosts
from xe_py.store.toml.render import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

SPARE = "golden image"
"""The name of the VDIs that no VBD presents."""

GIB, TIB = 1 << 30, 1 << 40
_OBJECTS_OF_A_VM = 9
_OBJECTS_FOR_A_VM, _OBJECTS_FOR_A_HOST, _OBJECTS_FOR_A_SPARE = 10, 1500, 30
_MOST_HOSTS, _NICS, _VLANS, _SHARED_SRS = 64, 4, 10, 8
_LOCAL_SRS = ("SSDs", "NVMe", "SATA")
_BOOTED = "1767225600."
_SYSTEMS = ("Debian Bookworm 12", "Rocky Linux 9", "Ubuntu Noble Numbat 24.04", "Windows Server 2022 (64-bit)")
_TASKS = ("web", "db", "cache", "mail", "build", "files", "proxy", "monitor")
_SITES = ("berlin", "lyon", "porto", "turku")
_PLATFORM = {
    "acpi": "1",
    "apic": "true",
    "cores-per-socket": "1",
    "device-model": "qemu-upstream-compat",
    "hpet": "true",
    "nx": "true",
    "pae": "true",
    "vga": "std",
    "videoram": "8",
    "viridian": "false",
}
_LIMITS = (
    "<restrictions>"
    '<restriction field="memory-static-max" max="1649267441664"/>'
    '<restriction field="vcpus-max" max="32"/>'
    '<restriction field="has-vendor-device" value="false"/>'
    '<restriction max="255" property="number-of-vbds"/>'
    '<restriction max="7" property="number-of-vifs"/>'
    "</restrictions>"
)


def make_state(objects: int, seed: int = 1, rules: str = "strict") -> State:
    """A sound state with exactly this number of objects, a tenth of them VMs, half of which run."""
    random = Random(seed)
    with patch("os.urandom", random.randbytes):  # Where uuids and MACs come from.
        return _Pool(random, objects, rules).state


class _Pool:
    def __init__(self, random: Random, objects: int, rules: str) -> None:
        self.random = random
        hosts = min(_MOST_HOSTS, max(1, objects // _OBJECTS_FOR_A_HOST))
        self.state = fresh_host(
            name_label="xen",
            hosts=hosts,
            nics=_NICS,
            cpus=64,
            memory=1 * TIB,
            disk=64 * TIB,
            rules=rules,
            templates="none",
        )
        self.hosts = self.state.all("host")
        self._forget_when_it_was_made()
        self.networks = [self._vlan(tag) for tag in range(100, 100 + _VLANS)]
        self.local = {host["uuid"]: self._local_srs(host) for host in self.hosts}
        self.shared = [self._shared_sr(number) for number in range(_SHARED_SRS)]
        room = objects - self._count() - objects // _OBJECTS_FOR_A_SPARE
        for number in range(min(objects // _OBJECTS_FOR_A_VM, room // _OBJECTS_OF_A_VM)):
            self._vm(number)
        for number in range(objects - self._count()):
            self._vdi(self.shared[number % _SHARED_SRS], SPARE, 8 * GIB, {})
        self.state.settle()

    def _count(self) -> int:
        return sum(self.state.count(cls.name) for cls in classes.sections())

    def _forget_when_it_was_made(self) -> None:
        for host in self.hosts:
            self.state.update(host, {"other-config": {"agent_start_time": _BOOTED, "boot_time": _BOOTED}})
        for domain in self.state.all("vm"):
            self.state.update(domain, {"start-time": None})

    def _vlan(self, tag: int) -> Record:
        network = self.state.add(
            "network",
            {"name-label": f"VLAN {tag}", "bridge": f"xapi{tag}", "other-config": {"automatic": "false"}},
        )
        below = self.state.find("pif", device=f"eth{tag % _NICS}", host_uuid=self.hosts[0]["uuid"], VLAN=-1)[0]
        make_vlan_on_all_hosts(self.state, below, tag, network)
        return network

    def _local_srs(self, host: Record) -> list[Record]:
        found = []
        for kind in _LOCAL_SRS:
            serial = self.random.randbytes(8).hex()
            fields = {"type": "lvm", "content-type": "user", "physical-size": 64 * TIB}
            device = {"device": f"/dev/disk/by-id/scsi-3{serial}"}
            found.append(self._sr(f"{kind} of {host['name-label']}", fields, device, [host]))
        return found

    def _shared_sr(self, number: int) -> Record:
        server = f"nas{number}.{_SITES[number % len(_SITES)]}.example"
        return self._sr(
            f"NFS {server}",
            {"type": "nfs", "content-type": "user", "shared": True, "physical-size": 1 << 53},
            {"server": server, "serverpath": f"/export/xen{number}", "options": "hard,noatime"},
            self.hosts,
        )

    def _sr(self, name: str, fields: dict[str, object], device_config: dict[str, str], hosts: list[Record]) -> Record:
        sr = self.state.add("sr", {"name-label": name, "other-config": {"auto-scan": "true"}, **fields})
        for host in hosts:
            connection = {"sr-uuid": sr["uuid"], "host-uuid": host["uuid"], "device-config": device_config}
            self.state.add("pbd", {**connection, "currently-attached": True})
        return sr

    def _vm(self, number: int) -> None:
        """Every other VM runs; of three, one has its disks on an SR of its host and two on shared ones."""
        choose, host = self.random.choice, self.hosts[number // 2 % len(self.hosts)]
        system, task, site = choose(_SYSTEMS), choose(_TASKS), choose(_SITES)
        runs, dynamic, vcpus = number % 2 == 0, choose((1, 2, 4)) * GIB, choose((1, 2, 4, 8))
        name = f"{task}{number:05}.{site}.example"
        sr = choose(self.shared if number % 3 else self.local[host["uuid"]])
        domain = {"power-state": "running", "resident-on": host["uuid"], "dom-id": number + 1, "VCPUs-number": vcpus}
        vm = self.state.add(
            "vm",
            {
                "name-label": name,
                "name-description": f"{task} server of {site}, installed from {system}",
                "memory-static-max": 4 * dynamic,
                "memory-dynamic-max": 2 * dynamic,
                "memory-dynamic-min": dynamic,
                "memory-static-min": GIB,
                "VCPUs-max": vcpus,
                "VCPUs-at-startup": vcpus,
                "platform": {**_PLATFORM, "viridian": "true" if "Windows" in system else "false"},
                "domain-type": "hvm",
                "HVM-boot-policy": "BIOS order",
                "HVM-boot-params": {"order": "cdn", "firmware": "uefi" if "Windows" in system else "bios"},
                "affinity": None if sr["shared"] else host["uuid"],
                "other-config": {
                    "base_template_name": system,
                    "install-methods": "cdrom,nfs,http,ftp",
                    "mac_seed": self._token(),
                    "folder": f"/{site}/{task}",
                },
                "recommendations": _LIMITS,
                "tags": [site],
                **(domain if runs else {}),
            },
        )
        for device, what in enumerate(("root", "data")):
            self._disk(vm, sr, f"{name} {what}", str(device), choose((20, 50, 100, 200)) * GIB)
        self.state.add(
            "vbd",
            {"vm-uuid": vm["uuid"], "userdevice": "3", "type": "CD", "mode": "RO", "currently-attached": runs},
        )
        self.state.add(
            "vif",
            {
                "vm-uuid": vm["uuid"],
                "network-uuid": choose(self.networks)["uuid"],
                "device": "0",
                "MAC": (b"\x02" + self.random.randbytes(5)).hex(":"),
                "currently-attached": runs,
                "other-config": {"ethtool-gso": "on"},
            },
        )

    def _disk(self, vm: Record, sr: Record, name: str, device: str, size: int) -> None:
        disk = self._vdi(sr, name, size, {"type": "System" if device == "0" else "User"})
        self._vdi(sr, name, size, {"is-a-snapshot": True, "snapshot-of": disk["uuid"]})
        self.state.add(
            "vbd",
            {
                "vm-uuid": vm["uuid"],
                "vdi-uuid": disk["uuid"],
                "userdevice": device,
                "bootable": device == "0",
                "currently-attached": vm["power-state"] == "running",
                "other-config": {"owner": "true"},
            },
        )

    def _vdi(self, sr: Record, name: str, size: int, fields: dict[str, object]) -> Record:
        return self.state.add(
            "vdi",
            {
                "name-label": name,
                "name-description": "Created by template provisioner",
                "sr-uuid": sr["uuid"],
                "location": self._token(),
                "virtual-size": size,
                "sm-config": {"image-format": "vhd", "vhd-parent": self._token()},
                **fields,
            },
        )

    def _token(self) -> str:
        return self.random.randbytes(16).hex()


def main(objects: str, path: str, seed: str = "1") -> None:
    """Write a state of this size to the path."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(canonical(make_state(int(objects), int(seed))))


if __name__ == "__main__":
    main(*sys.argv[1:])
