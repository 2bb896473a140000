"""What a command reads of an indexed state does not grow with the state, unless the command lists.

Times would depend on the machine, so the tests count what is read of the index: chunks of objects, columns, all bytes
but those of sorted tables, and the pages of sorted tables. Of two states, the larger one has ten times as many objects.
The commands are about objects that have the same objects around them in both.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from conftest import Xe

from xe_py import classes
from xe_py.fresh.host import fresh_host
from xe_py.state.record import Record
from xe_py.state.state import State
from xe_py.store.index import cache, making, reading
from xe_py.store.toml.render import canonical

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

GIB = 1 << 30
# A VM with two disks, a VBD for each, a VIF, and a snapshot of a disk.
OF_A_VM = 7
# How many times as many pages a search in a sorted table may read where the table is ten times as long.
STEPS = 4
# Numbers and names have more digits in the larger state.
BYTES = 1.05
# The head describes at most about so many stretches of the file, of 24 bytes each.
STRETCHES = 550 * 24


@dataclass
class Reads:
    """What was read of the index."""

    chunks: int = 0
    columns: int = 0
    bytes: int = 0
    pages: int = 0


@pytest.fixture(scope="module")
def counted() -> Iterator[Reads]:
    """The count of what is read of all indexes meanwhile."""
    reads = Reads()
    chunk, columns, part = reading.Base.chunk, reading.Base.columns, cache.read_part

    def read_chunk(self: reading.Base, cls: str, number: int) -> Any:
        reads.chunks += 1
        return chunk(self, cls, number)

    def read_columns(self: reading.Base, cls: str, fields: Any) -> Any:
        found = columns(self, cls, fields)
        reads.columns += len(found)
        return found

    def read_page(handle: int, start: int, length: int) -> memoryview:
        reads.pages += 1
        return part(handle, start, length)

    def read_part(handle: int, start: int, length: int) -> memoryview:
        reads.bytes += length
        return part(handle, start, length)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reading.Base, "chunk", read_chunk)
        patched.setattr(reading.Base, "columns", read_columns)
        patched.setattr(cache, "read_part", read_page)
        patched.setattr(reading, "read_part", read_part)
        yield reads


def pool(objects: int) -> State:
    """A pool in which everything but the VMs of the first host is on other SRs and networks, and on the second host."""
    state = fresh_host(hosts=2, memory=8192 * GIB, rules="strict", templates="none")
    for host, vms in zip(state.all("host"), (3, objects // OF_A_VM), strict=True):
        sr = state.add(
            "sr", {"name-label": f"SR_of_{host.name}", "type": "nfs", "shared": True, "physical-size": 1 << 50}
        )
        for each in state.all("host"):
            where = {"sr-uuid": sr["uuid"], "host-uuid": each["uuid"], "device-config": {"server": "nas"}}
            state.add("pbd", {**where, "currently-attached": True})
        network = state.add("network", {"name-label": f"private_to_{host.name}", "bridge": f"xapi{host.place}"})
        for number in range(vms):
            machine(state, host, sr, network, number)
    vm = state.find("vm", name_label="vm0_of_xenserver")[0]
    state.add("vm", {"name-label": "template", "is-a-template": True})
    made_of = {"is-a-snapshot": True, "is-a-template": True, "snapshot-of": vm["uuid"]}
    state.add("vm", {"name-label": "snapshot", **made_of})
    state.settle()
    return state


def machine(state: State, host: Record, sr: Record, network: Record, number: int) -> None:
    """A VM, and what belongs to it; every other one runs."""
    name, runs = f"vm{number}_of_{host.name}", number % 2 == 0
    memory = dict.fromkeys(("memory-static-max", "memory-dynamic-max", "memory-dynamic-min", "memory-static-min"), GIB)
    domain = {"power-state": "running", "resident-on": host["uuid"], "dom-id": number + 1, "VCPUs-number": 1}
    vm = state.add(
        "vm",
        {
            "name-label": name,
            **memory,
            "VCPUs-max": 1,
            "VCPUs-at-startup": 1,
            "other-config": {"folder": "/web", "number": str(number)},
            "tags": ["web"],
            **(domain if runs else {}),
        },
    )
    for device in "01":
        disk = {"name-label": f"{name}_disk_{device}", "sr-uuid": sr["uuid"], "virtual-size": GIB}
        vdi = state.add("vdi", {**disk, "location": f"{name} {device}"})
        where = {"vm-uuid": vm["uuid"], "vdi-uuid": vdi["uuid"], "userdevice": device}
        state.add("vbd", {**where, "currently-attached": runs})
    state.add("vdi", {**disk, "location": name, "is-a-snapshot": True, "snapshot-of": vdi["uuid"]})
    mac = b"\x02" + host.place.to_bytes(1) + number.to_bytes(4)
    wire = {"vm-uuid": vm["uuid"], "network-uuid": network["uuid"], "device": "0", "MAC": mac.hex(":")}
    state.add("vif", {**wire, "currently-attached": runs})


@dataclass
class Grown:
    """A state of some size in a file with an index; `reads` counts what is read of that."""

    xe: Xe
    reads: Reads

    def cost(self, line: list[str]) -> Reads:
        """What the command line reads; a refusal must not read more either."""
        vars(self.reads).update(vars(Reads()))
        result = self.xe.run(line)
        assert result.status in {0, 1}, f"{line}: {result.err}"
        return Reads(**vars(self.reads))


@pytest.fixture(scope="module")
def sizes(counted: Reads, tmp_path_factory: pytest.TempPathFactory) -> tuple[Grown, Grown]:
    """The smaller state and the larger one."""
    found = []
    for objects in (1_000, 10_000):
        path: Path = tmp_path_factory.mktemp("grown") / "host.toml"
        path.write_text(canonical(pool(objects)))
        then = time.time_ns() - 10 * making.GRAIN
        os.utime(path, ns=(then, then))
        grown = Grown(Xe(path), counted)
        grown.xe.do("host-list")
        found.append(grown)
    return found[0], found[1]


SUBJECTS = {
    "pool": "pool-list",
    "host": "host-list name-label=xenserver",
    "sr": "sr-list name-label={sr}",
    "pbd": "pbd-list sr-name-label={sr} host-name-label=xenserver",
    "network": "network-list name-label={network}",
    "pif": "pif-list host-name-label=xenserver management=true",
    "vm": "vm-list name-label={vm}",
    "vbd": "vbd-list vm-name-label={vm} userdevice=0",
    "vdi": "vdi-list name-label={disk}",
    "vif": "vif-list vm-name-label={vm}",
    "template": "template-list name-label={template}",
    "snapshot": "snapshot-list name-label={snapshot}",
}
"""For each class, a command line that finds the object that is asked about."""

NAMES = {
    "sr": "SR_of_xenserver",
    "network": "private_to_xenserver",
    "vm": "vm0_of_xenserver",
    "disk": "vm0_of_xenserver_disk_0",
    "template": "template",
    "snapshot": "snapshot",
}


def asked(family: str, uuid: str) -> list[str]:
    """What is asked about the object, and what is done to it, without keeping that."""
    cls = classes.get(classes.view(family).of)
    found = [f"{family}-list uuid={uuid}", f"{family}-list uuid={uuid} params=all", f"{family}-param-list uuid={uuid}"]
    found += [f"{family}-param-get uuid={uuid} param-name={field.name}" for field in cls.fields]
    if cls.by_name["other-config"].has_keys_to_set:
        about = f"uuid={uuid} param-name=other-config"
        found += [
            f"{family}-param-set uuid={uuid} other-config:a=b --dry-run",
            f"{family}-param-add {about} a=b --dry-run",
            f"{family}-param-remove {about} param-key=a --dry-run",
            f"{family}-param-clear {about} --dry-run",
        ]
    return found


BY_NAME = [
    *SUBJECTS.values(),
    "vm-list name-label=nobody",
    "vbd-list vm-name-label=nobody",
    "vm-start vm=vm1_of_xenserver --dry-run",
    "vm-shutdown vm={vm} --dry-run",
    "vm-reboot name-label={vm} --dry-run",
    "vm-migrate vm={vm} host=xenserver-2 --dry-run",
    "vm-start vm=vm1_of_xenserver on=xenserver --dry-run",
    "vm-clone vm=vm1_of_xenserver new-name-label=copy --dry-run",
    "vm-snapshot vm={vm} new-name-label=now --dry-run",
    "host-disable host=xenserver --dry-run",
    "vm-create name-label=new --dry-run",
    "network-create name-label=new --dry-run",
]
"""Command lines about objects by their names."""


def compared(sizes: tuple[Grown, Grown], both: tuple[str, str]) -> str:
    """What is wrong with the costs of a command in the two states; the empty text if nothing is."""
    small, large = (grown.cost(line.split()) for grown, line in zip(sizes, both, strict=True))
    same = (large.chunks, large.columns) == (small.chunks, small.columns)
    grown = large.bytes > BYTES * small.bytes + STRETCHES or large.pages > STEPS * small.pages
    return f"{both[1]}: {small} {large}" if grown or not same else ""


@pytest.mark.parametrize("family", SUBJECTS)
def test_what_is_read_about_one_object_does_not_grow(sizes: tuple[Grown, Grown], family: str) -> None:
    uuids = [grown.xe.do(f"{SUBJECTS[family]} --minimal", **NAMES) for grown in sizes]
    both = zip(*(asked(family, uuid) for uuid in uuids), strict=True)
    assert list(filter(None, (compared(sizes, each) for each in both))) == []


@pytest.mark.parametrize("line", BY_NAME)
def test_what_is_read_to_find_an_object_by_name_does_not_grow(sizes: tuple[Grown, Grown], line: str) -> None:
    written = line.format(**NAMES)
    assert compared(sizes, (written, written)) == ""
