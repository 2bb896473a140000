"""What is measured, and the bounds: the rows, and the lines of the table that are made of them."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from functools import partial
from itertools import count
from mmap import mmap

from measure import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from measure import Bench, Words

SPARE = "golden image"
"""The VDIs of the states that no VBD presents (see states.py)."""

_VERSIONS = 10
"""How many changes a state has seen before, so that its history goes on and does not begin."""

_COMMITS = 100
"""How many commits one process does."""

_DISKS = 10
"""How many disks a VM has that is cloned."""

_CONTENT = 64
"""How many MiB are written to a disk."""

_MIB = 1 << 20

_COMMITTING = """
import sys
from xe_py.host import open_host
with open_host(sys.argv[1]) as host:
    for vdi in host.find("vdi")[: int(sys.argv[2])]:
        host.run("vdi-param-set", {"uuid": vdi["uuid"], "name-description": sys.argv[3]})
        host.commit()
"""
"""A Python program that changes so many objects, each in a commit of its own."""


@dataclass(frozen=True)
class Line:
    """A line of the table: a figure of a row, and what it must not and is better not to be above.

    The figure is in `unit`: "× pass", "s", "MiB", "µs each" (of `each` commands), or "× virsh",
    "× dd", "× cp" and "× uuid=" (compared with `peer`).
    """

    what: str
    row: Row
    unit: str = "× pass"
    must: float | None = None
    worth: float | None = None
    each: int = 1
    peer: Row | None = None

    @property
    def rows(self) -> list[Row]:
        """What has to be measured for the line."""
        return [self.row] if self.peer is None else [self.row, self.peer]

    @property
    def absent(self) -> str:
        """Why there is no figure; empty where there is one."""
        return next((row.absent for row in self.rows if row.absent), "")

    @property
    def figure(self) -> float:
        """The figure, in the unit."""
        if self.peer is not None:
            return self.row.ratio / self.peer.ratio
        if self.unit == "MiB":
            return self.row.peak
        if self.unit == "s":
            return self.row.seconds
        return self.row.ratio if self.unit == "× pass" else self.row.seconds / self.each * 1e6

    @property
    def verdict(self) -> str:
        """Which bound is kept."""
        if self.absent or self.must is None:
            return ""
        if self.worth is not None and self.figure <= self.worth:
            return "worth"
        return "must" if self.figure <= self.must else "missed"


_ASKED = (
    ("vm-param-list uuid={vm}", 2.5, 2.0),
    ("vm-param-get uuid={vm} param-name=memory-actual", 2.5, 2.0),
    ("host-param-list uuid={host}", 2.5, 2.0),
    ("vm-list name-label={name} --minimal", 1.6, 1.0),
    ("vbd-list vm-name-label={name} --minimal", 1.6, 1.0),
    ("vm-list params=name-label,VCPUs-max", 4.0, 2.5),
    ("vm-list tags:contains=lyon --minimal", 4.0, 2.5),
    ("vbd-list", 9.0, 6.5),
    ("vdi-list", 15.0, 10.0),
)
"""What is asked of a large state, and the bounds: by name, for fields that are computed, for any field."""


def lines(bench: Bench, batch: int, disk: int) -> list[Line]:
    """The whole table; a long script has `batch` commands, and a VM that is exported has a disk of `disk` MiB."""
    sizes = (1_000, 10_000, 100_000)
    start = {objects: _start(bench, objects) for objects in (10_000, 100_000)}
    get = {objects: _get(bench, objects) for objects in sizes}
    ours = {vms: _list(bench, vms) for vms in (1_000, 10_000)}
    check = _command(bench, "state-check full=true", 100_000)
    set_large = _set(bench, 100_000)
    script = _script(bench, 1_000, batch)
    commits = _commits(bench, 10_000)
    write, dd = _write(bench), _dd(bench)
    return [
        *(Line(get[objects].name, get[objects], must=1.6, worth=1.2) for objects in sizes),
        *(Line(row.name, row, must=1.6, worth=1.2) for row in (_find(bench, objects) for objects in sizes)),
        *(
            Line(row.name, row, must=must, worth=worth)
            for vms, must, worth in ((1_000, 2.0, 1.3), (10_000, 4.0, 2.5))
            for row in (ours[vms], _list(bench, vms, "--minimal"))
        ),
        *(Line(row.name, row, must=must, worth=worth) for row, must, worth in _asked(bench, 100_000)),
        *(Line(row.name, row, must=2.0, worth=1.4) for row in (_set(bench, 1_000),)),
        *(Line(row.name, row, must=3.0, worth=2.0) for row in (_set(bench, 10_000, batch // 10),)),
        *(
            Line(row.name, row, must=must, worth=worth)
            for objects, must, worth in ((10_000, 3.0, 2.0), (100_000, 8.0, 6.0))
            for row in (_create(bench, objects), start[objects])
        ),
        Line(
            "vm-start vm=…, to vm-start uuid=…",
            _start(bench, 100_000, by_name=True),
            "× uuid=",
            1.15,
            1.05,
            peer=start[100_000],
        ),
        *(Line(row.name, row, must=5.0, worth=3.0) for row in (_clone(bench, 10_000),)),
        *(
            Line(row.name, row, must=must, worth=worth)
            for objects, must, worth in ((1_000, 4.0, 3.0), (100_000, 10.0, 5.0))
            for row in (_edited(bench, objects),)
        ),
        *(Line(row.name, row, must=20.0, worth=10.0) for row in (_undo(bench, 100_000),)),
        *(Line(row.name, row, must=10.0, worth=5.0) for row in (_command(bench, "state-check", 100_000),)),
        Line(commits.name, commits, "µs each", 20_000, 10_000, each=_COMMITS),
        Line(script.name, script, "µs each", 60, 25, each=batch),
        Line(check.name, check, "s", 2, 0.5),
        Line(f"peak memory: {get[100_000].name}", get[100_000], "MiB", 40),
        Line(f"peak memory: {set_large.name}", set_large, "MiB", 120),
        *(Line(row.name, row, must=5.0) for row in _fresh(bench)),
        Line(dd.name, dd),
        Line(f"{write.name}, xe to dd", write, "× dd", 2.0, peer=dd),
        Line(f"peak memory: {write.name}", write, "MiB", 100),
        *(Line(row.name, row, must=5.0) for row in (_copy_disk(bench),)),
        *_archives(bench, disk),
        *_peers(bench, ours, batch),
    ]


def _get(bench: Bench, objects: int) -> Row:
    def prepare() -> Words:
        path = bench.state(objects)
        uuid = _middle(bench.ask(path, "vm-list", "is-control-domain=false"))
        return lambda _: bench.line(path, "vm-param-get", f"uuid={uuid}", "param-name=name-label")

    return Row(f"vm-param-get, {_many(objects)} objects", prepare, weighed=True)


def _find(bench: Bench, objects: int) -> Row:
    def prepare() -> Words:
        path = bench.state(objects)
        uuid = _middle(bench.ask(path, "vbd-list"))
        return lambda _: bench.line(path, "vbd-list", f"uuid={uuid}")

    return Row(f"vbd-list uuid=…, {_many(objects)} objects", prepare)


def _list(bench: Bench, vms: int, *more: str) -> Row:
    def prepare() -> Words:
        path = bench.state(10 * vms)
        return lambda _: bench.line(path, "vm-list", *more)

    return Row(" ".join(("vm-list", *more)) + f", {_many(vms)} VMs among {_many(10 * vms)} objects", prepare)


def _command(bench: Bench, command: str, objects: int) -> Row:
    def prepare() -> Words:
        path = bench.state(objects)
        return lambda _: bench.line(path, *command.split())

    return Row(f"{command}, {_many(objects)} objects", prepare)


def _set(bench: Bench, objects: int, others: int = 0) -> Row:
    def prepare() -> Words:
        path = _used(bench, objects, f"set{others}")
        if others:
            bench.spawn(_committing(bench, path, others, "other"))
        uuid = _middle(bench.ask(path, "vm-list", "is-control-domain=false"))
        return lambda turn: bench.line(path, "vm-param-set", f"uuid={uuid}", f"name-description=turn {turn}")

    after = f" after {_many(others)} other changes" if others else ""
    return Row(f"vm-param-set{after}, {_many(objects)} objects", prepare, weighed=not others)


def _commits(bench: Bench, objects: int) -> Row:
    def prepare() -> Words:
        path = _used(bench, objects, "commits")
        return lambda turn: _committing(bench, path, _COMMITS, f"turn {turn}")

    return Row(f"{_COMMITS} commits in one process, {_many(objects)} objects", prepare)


def _committing(bench: Bench, path: str, changes: int, description: str) -> list[str]:
    return [bench.python, "-c", _COMMITTING, path, str(changes), description]


def _create(bench: Bench, objects: int) -> Row:
    def prepare() -> Words:
        path = _used(bench, objects, "create")
        vms = bench.ask(path, "vm-list", "power-state=halted")
        vdis = bench.ask(path, "vdi-list", f"name-label={SPARE}")
        return lambda turn: bench.line(
            path, "vbd-create", f"vm-uuid={vms[turn]}", f"vdi-uuid={vdis[turn]}", "device=autodetect"
        )

    return Row(f"vbd-create, {_many(objects)} objects", prepare)


def _start(bench: Bench, objects: int, *, by_name: bool = False) -> Row:
    field, word = ("name-label", "vm") if by_name else ("uuid", "uuid")

    def prepare() -> Words:
        path = _used(bench, objects, f"start{word}")
        vms = bench.ask(path, "vm-list", "power-state=halted", f"params={field}")
        return lambda turn: bench.line(path, "vm-start", f"{word}={vms[turn]}")

    return Row(f"vm-start{f' {word}=…' * by_name}, {_many(objects)} objects", prepare)


def _asked(bench: Bench, objects: int) -> list[tuple[Row, float, float]]:
    def prepare(line: str) -> Words:
        path = bench.state(objects)
        vm, host = _middle(bench.ask(path, "vm-list", "is-control-domain=false")), bench.ask(path, "host-list")[0]
        name = bench.ask(path, "vm-list", f"uuid={vm}", "params=name-label")[0]
        words = line.format(vm=vm, host=host, name=name).split()
        return lambda _: bench.line(path, *words)

    shown = {"vm": "…", "host": "…", "name": "…"}
    return [
        (Row(f"{line.format(**shown)}, {_many(objects)} objects", partial(prepare, line)), must, worth)
        for line, must, worth in _ASKED
    ]


def _clone(bench: Bench, objects: int) -> Row:
    def prepare() -> Words:
        path, script = _used(bench, objects, "clone"), bench.file(f"{objects}-clone.sh")
        sr, _ = _sr_and_network(bench, path)
        with open(script, "w", encoding="utf-8") as file:
            file.write("VM=$(xe vm-create name-label=ten)\n")
            file.writelines(
                f"VDI=$(xe vdi-create sr-uuid={sr} name-label=disk{number} virtual-size=1GiB)\n"
                f"xe vbd-create vm-uuid=$VM vdi-uuid=$VDI device={number}\n"
                for number in range(_DISKS)
            )
        bench.spawn(bench.line(path, "batch", script))
        return lambda turn: bench.line(path, "vm-clone", "vm=ten", f"new-name-label=clone {turn}")

    return Row(f"vm-clone of a VM with {_DISKS} disks, {_many(objects)} objects", prepare)


# Contents of disks


def _disk(bench: Bench) -> tuple[str, str, str]:
    """A state with a disk for the content, the disk, and a file with the content."""
    path, image = bench.state(1_000, "content"), bench.file("image")
    if not os.path.exists(image):
        with open(image, "wb") as file:
            file.writelines(os.urandom(1 << 20) for _ in range(_CONTENT))
        sr, _ = _sr_and_network(bench, path)
        bench.spawn(
            bench.line(path, "vdi-create", f"sr-uuid={sr}", "name-label=content", f"virtual-size={_CONTENT}MiB")
        )
    return path, bench.ask(path, "vdi-list", "name-label=content")[0], image


def _write(bench: Bench) -> Row:
    def prepare() -> Words:
        path, vdi, image = _disk(bench)
        return lambda _: bench.line(path, "vdi-import", f"uuid={vdi}", f"filename={image}")

    return Row(f"vdi-import of {_CONTENT} MiB", prepare, weighed=True)


def _dd(bench: Bench) -> Row:
    def prepare() -> Words:
        _, _, image = _disk(bench)
        line = [
            shutil.which("dd") or "",
            f"if={image}",
            f"of={bench.file('copy')}",
            "bs=4M",
            "conv=fsync",
            "status=none",
        ]
        return lambda _: line

    return Row(f"dd of {_CONTENT} MiB, flushed", prepare, needs="dd")


def _copy_disk(bench: Bench) -> Row:
    def prepare() -> Words:
        path, vdi, image = _disk(bench)
        bench.spawn(bench.line(path, "vdi-import", f"uuid={vdi}", f"filename={image}"))
        sr, _ = _sr_and_network(bench, path)
        return lambda _: bench.line(path, "vdi-copy", f"uuid={vdi}", f"sr-uuid={sr}")

    return Row(f"vdi-copy of a disk with {_CONTENT} MiB, 1 000 objects", prepare)


def _used(bench: Bench, objects: int, use: str) -> str:
    """A state that was changed before, so that it has a history."""
    path = bench.state(objects, use)
    host = bench.ask(path, "host-list")[0]
    for turn in range(_VERSIONS + 1):
        bench.spawn(bench.line(path, "host-param-set", f"uuid={host}", f"name-description=before {turn}"))
    return path


def _edited(bench: Bench, objects: int) -> Row:
    path, uuid = "", ""
    edits = count()

    def edit() -> None:
        with open(path, "rb+") as file, mmap(file.fileno(), 0) as data:
            place = data.find(b'name-label = "', data.find(f"[vm.{uuid}]".encode())) + len('name-label = "')
            data[place : place + 4] = b"%04d" % next(edits)

    def prepare() -> Words:
        nonlocal path, uuid
        path = bench.state(objects, "edited")
        uuid = _middle(bench.ask(path, "vm-list", "is-control-domain=false"))
        return lambda _: bench.line(path, "vm-param-get", f"uuid={uuid}", "param-name=name-label")

    return Row(f"vm-param-get after an edit by hand, {_many(objects)} objects", prepare, edit)


def _undo(bench: Bench, objects: int) -> Row:
    def prepare() -> Words:
        path = _used(bench, objects, "undo")
        return lambda _: bench.line(path, "state-undo")

    return Row(f"state-undo, {_many(objects)} objects", prepare)


def _fresh(bench: Bench) -> list[Row]:
    def prepare(program: list[str]) -> Words:
        path = bench.file("fresh.toml")
        if not os.path.exists(path):
            bench.spawn(bench.line(path, "state-init"))
        return lambda _: [*program, "--state", path, "vm-list"]

    return [
        Row("vm-list on a fresh host", lambda: prepare([bench.xe])),
        Row("vm-list on a fresh host, by python -m xe_py", lambda: prepare([bench.python, "-m", "xe_py"])),
    ]


# Archives of VMs


def _archives(bench: Bench, disk: int) -> list[Line]:
    """A VM with random data is exported and imported, beside the copy of a file with the same data; all are flushed."""
    state, empty, kept = (bench.file(name) for name in ("exports.toml", "imports.toml", "kept.toml"))
    data, archive, new = (bench.file(name) for name in ("data", "archive", "new"))

    def make() -> None:
        with open(data, "wb") as file:
            file.writelines(os.urandom(_MIB) for _ in range(disk))
        for path in (state, kept):
            bench.spawn(bench.line(path, "state-init"))
        vm = bench.ask(state, "vm-create", "name-label=large")[0]
        sr = bench.ask(state, "sr-list", "type=ext")[0]
        vdi = bench.ask(state, "vdi-create", f"sr-uuid={sr}", "name-label=large", f"virtual-size={disk}MiB")[0]
        bench.spawn(bench.line(state, "vbd-create", f"vm-uuid={vm}", f"vdi-uuid={vdi}", "device=0"))
        bench.spawn(bench.line(state, "vdi-import", f"uuid={vdi}", f"filename={data}"))
        bench.spawn(bench.line(state, "vm-export", "vm=large", f"filename={archive}"))

    def clear() -> None:
        """Nothing is written or imported yet."""
        if os.path.exists(new):
            os.unlink(new)
        shutil.rmtree(f"{empty}.d", ignore_errors=True)
        shutil.copyfile(kept, empty)

    def row(name: str, line: list[str], flush: str = "", *, weighed: bool = True) -> Row:
        def prepare() -> Words:
            if not os.path.exists(data):
                make()
            return lambda _: ["/bin/sh", "-c", f"rm -f {new} && {shlex.join(line)}{flush}"]

        return Row(f"{name} of {disk} MiB of random data", prepare, clear, weighed=weighed)

    flush = f" && sync {new}"
    cp = row("cp --reflink=never", ["cp", "--reflink=never", data, new], flush, weighed=False)
    ways = [
        row("vm-export", bench.line(state, "vm-export", "vm=large", f"filename={new}"), flush),
        row("vm-import", bench.line(empty, "vm-import", f"filename={archive}")),
    ]
    return [
        Line(f"{cp.name}, flushed", cp, "s"),
        *(Line(f"{way.name}, xe to cp", way, "× cp", 2.0, 1.5, peer=cp) for way in ways),
        *(Line(f"peak memory: {way.name}", way, "MiB", 100, 60) for way in ways),
    ]


# Scripts


def _script(bench: Bench, objects: int, count: int) -> Row:
    """Commands that create and change, each five of them for one VM with a disk and a network card."""
    use = f"batch{count}"

    def restore() -> None:
        path = bench.state(objects, use)
        shutil.copy2(bench.state(objects), path)  # As old as it was: a file made just now gets no index.
        bench.ask(path, "host-list")

    def prepare() -> Words:
        path, script = bench.state(objects, use), bench.file(f"{objects}-{use}.sh")
        sr, network = _sr_and_network(bench, path)
        with open(script, "w", encoding="utf-8") as file:
            file.writelines(
                f"VM=$(xe vm-create name-label=batch{number})\n"
                f"VDI=$(xe vdi-create sr-uuid={sr} name-label=disk{number} virtual-size=1GiB)\n"
                "xe vbd-create vm-uuid=$VM vdi-uuid=$VDI device=0 bootable=true\n"
                f"xe vif-create vm-uuid=$VM network-uuid={network} device=0\n"
                f'xe vm-param-set uuid=$VM name-description="number {number}"\n'
                for number in range(count // 5)
            )
        return lambda _: bench.line(path, "batch", script)

    return Row(f"xe batch of {_many(count)} commands that create or change, {_many(objects)} objects", prepare, restore)


def _define_and_start(bench: Bench, vms: int) -> Row:
    """What virsh does by `define` and `start`: a VM with two disks and a network card, made and started."""

    def prepare() -> Words:
        path, script = bench.state(10 * vms, "define"), bench.file(f"define{vms}.sh")
        sr, network = _sr_and_network(bench, path)
        disks = "".join(
            f"VDI=$(xe vdi-create sr-uuid={sr} name-label=disk{device} virtual-size=1GiB)\n"
            f"xe vbd-create vm-uuid=$VM vdi-uuid=$VDI device={device}\n"
            for device in (0, 1)
        )
        with open(script, "w", encoding="utf-8") as file:
            file.write(
                f"VM=$(xe vm-create name-label=new)\n{disks}"
                f"xe vif-create vm-uuid=$VM network-uuid={network} device=0\n"
                "xe vm-start uuid=$VM\n"
            )
        return lambda _: bench.line(path, "batch", script)

    return Row(f"xe batch that makes and starts a VM, {_many(vms)} VMs", prepare)


def _sr_and_network(bench: Bench, path: str) -> tuple[str, str]:
    return bench.ask(path, "sr-list", "type=nfs")[0], bench.ask(path, "network-list")[0]


# libvirt's test driver


def _peers(bench: Bench, ours: dict[int, Row], batch: int) -> list[Line]:
    found = []
    for vms, worth in ((1_000, 0.1), (10_000, None)):
        listing = _virsh(bench, f"virsh list --all, {_many(vms)} domains", vms, "list --all")
        found += _compared(f"list, {_many(vms)} VMs", ours[vms], listing, worth)
        new = f"define {bench.file('domain.xml')}; start new"
        starting = _virsh(bench, f"virsh define and start, {_many(vms)} domains", vms, new)
        found += _compared(f"define and start, {_many(vms)} VMs", _define_and_start(bench, vms), starting, worth)
    commands = bench.file("virsh.txt")
    scripted = _virsh(bench, f"virsh, {_many(batch)} commands on standard input, 1 000 domains", 1_000, "", commands)
    cycle = f"define {bench.file('domain.xml')}\nstart new\ndestroy new\nundefine new\n"
    with open(commands, "w", encoding="utf-8") as file:
        file.write(cycle * (batch // 4))
    return found + _compared("batch, 1 000 VMs", _script(bench, 10_000, batch), scripted, 0.1)


def _compared(what: str, ours: Row, peer: Row, worth: float | None) -> list[Line]:
    return [Line(peer.name, peer), Line(f"{what}, xe to virsh", ours, "× virsh", 1.0, worth, peer=peer)]


def _virsh(bench: Bench, name: str, domains: int, commands: str, stdin: str = os.devnull) -> Row:
    def prepare() -> Words:
        node = bench.file(f"node{domains}.xml")
        with open(node, "w", encoding="utf-8") as file:
            file.write(_NODE + "".join(map(_domain, range(bench.sizes[10 * domains] // 10))) + "</node>")
        with open(bench.file("domain.xml"), "w", encoding="utf-8") as file:
            file.write(_domain(0xFFFFFF).replace("vm16777215", "new"))
        line = [shutil.which("virsh") or "", "-q", "-c", f"test://{node}", *([commands] if commands else [])]
        return lambda _: line

    return Row(name, prepare, stdin=stdin, needs="virsh")


_NODE = (
    "<node><cpu><mhz>2400</mhz><model>i986</model><active>64</active><nodes>4</nodes><sockets>4</sockets>"
    "<cores>4</cores><threads>1</threads></cpu><memory>1073741824</memory>"
)


def _domain(number: int) -> str:
    """A domain of the test driver with two disks and a network card."""
    disks = "".join(
        f"<disk type='file' device='disk'><source file='/images/{number}{disk}'/><target dev='vd{disk}'/></disk>"
        for disk in "ab"
    )
    return (
        f"<domain type='test'><name>vm{number}</name><uuid>00000000-0000-4000-8000-{number:012}</uuid>"
        "<memory>262144</memory><vcpu>1</vcpu><os><type>hvm</type></os>"
        f"<devices>{disks}<interface type='network'><mac address='52:54:00:{number.to_bytes(3, 'big').hex(':')}'/>"
        "<source network='default'/></interface></devices></domain>"
    )


def _middle(found: list[str]) -> str:
    return found[len(found) // 2]


def _many(number: int) -> str:
    return f"{number:,}".replace(",", " ")
