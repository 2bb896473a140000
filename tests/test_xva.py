"""Archives of VMs: what is exported comes back, byte for byte and field for field, and what is wrong is refused."""

import gzip
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import Result

from xe_py.cli.environment import Environment
from xe_py.cli.main import run
from xe_py.errors import Failure
from xe_py.store import store_for
from xe_py.xva import checksums, compression, ova, tape

if TYPE_CHECKING:
    from conftest import Xe

MIB = 1 << 20
SAMPLES = Path(__file__).parent / "facts" / "xva"
DATA = os.urandom(MIB + 100) + bytes(3 * MIB) + os.urandom(70_000) + bytes(2 * MIB)
SIZE = 8 * MIB
with_zstd = pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")
with_xxhash = pytest.mark.skipif(not Path("/usr/lib/x86_64-linux-gnu/libxxhash.so.0").exists(), reason="no libxxhash")


@pytest.fixture
def sr(xe: "Xe") -> str:
    sr = xe.do("sr-list type=ext --minimal")
    xe.do(f"pool-param-set uuid={xe.do('pool-list --minimal')} default-SR={sr}")
    return sr


@pytest.fixture
def vm(xe: "Xe", sr: str, tmp_path: Path) -> str:
    """A VM with a disk that has data, one that has none, an empty drive and a network card."""
    vm = xe.do("vm-create name-label=web name-description={about} domain-type=hvm", about='<a> & "b"\té')
    network = xe.do("network-list bridge=xenbr0 --minimal")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=02:00:00:00:00:01")
    (tmp_path / "data").write_bytes(DATA)
    for device, size in ((0, SIZE), (1, 6 * MIB)):
        vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=disk{device} virtual-size={size} type=system")
        xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device={device} bootable=true")
        if not device:
            xe.do(f"vdi-import uuid={vdi} filename={tmp_path / 'data'}")
    xe.do(f"vbd-create vm-uuid={vm} device=3 type=CD mode=RO")
    xe.do(f"vm-param-set uuid={vm} memory-static-max=1GiB VCPUs-max=4 platform:nx=true order=3")
    xe.do(f"vm-param-add uuid={vm} param-name=tags param-key=a")
    xe.do(f"vm-param-set uuid={vm} HVM-shadow-multiplier=1.5 actions-after-crash=restart other-config:who=me")
    return vm


def exported(xe: "Xe", line: str, tmp_path: Path) -> Path:
    path = tmp_path / "vm.xva"
    path.unlink(missing_ok=True)
    xe.do(f"{line} filename={path}")
    return path


def through(xe: "Xe", line: str, given: bytes = b"") -> tuple[bytes, Result]:
    """Run the line with these bytes on standard input; the bytes that it prints."""
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    streams = io.TextIOWrapper(io.BufferedReader(io.BytesIO(given))), out, err  # type: ignore[arg-type,type-var]
    status = run(["--state", str(xe.state), *line.split()], Environment(os.environ, streams))
    return out.buffer.getvalue(), Result("", err.getvalue(), status)  # type: ignore[attr-defined]


def objects(xe: "Xe", vm: str) -> list[dict[str, Any]]:
    """The stored fields of the VM and of all that belongs to it."""
    state = store_for(str(xe.state), os.environ).read().state
    found = state.need("vm", vm)
    vbds, vifs = state.pointing_at(found, "vbd.vm-uuid"), state.pointing_at(found, "vif.vm-uuid")
    vdis = [vdi for vdi in (state.ref_or_none(vbd, "vdi-uuid") for vbd in vbds) if vdi is not None]
    return [{name: obj[name] for name in obj.cls.stored} for obj in (found, *vbds, *vifs, *vdis)]


NEW_ON_IMPORT = {
    "uuid",
    "vm-uuid",
    "vdi-uuid",
    "location",
    "content",
    "version",
    "sm-config",
    "other-config",
    "platform",
}


def alike(before: list[dict[str, Any]], after: list[dict[str, Any]], *but: str) -> None:
    """All fields are the same but these, and those that an import gives anew."""
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        dropped = NEW_ON_IMPORT | set(but)
        assert {k: v for k, v in old.items() if k not in dropped} == {k: v for k, v in new.items() if k not in dropped}
        assert set(old.get("other-config", {})) <= set(new.get("other-config", {}))


def disks(xe: "Xe", vm: str, tmp_path: Path) -> list[bytes]:
    found = []
    for vdi in xe.do(f"vbd-list vm-uuid={vm} type=Disk params=vdi-uuid --minimal").split(","):
        path = tmp_path / "disk"
        path.unlink(missing_ok=True)
        xe.do(f"vdi-export uuid={vdi} filename={path}")
        found.append(path.read_bytes())
    return found


# Round trips


@pytest.mark.parametrize("way", ["false", "true", "gzip", pytest.param("zstd", marks=with_zstd)])
def test_a_vm_comes_back_with_its_fields_and_disks(xe: "Xe", vm: str, tmp_path: Path, way: str) -> None:
    before, contents = objects(xe, vm), disks(xe, vm, tmp_path)
    path = exported(xe, f"vm-export vm=web compress={way}", tmp_path)
    new = xe.do(f"vm-import filename={path}")
    assert new != vm
    alike(before, objects(xe, new), "MAC", "MAC-autogenerated")
    assert disks(xe, new, tmp_path) == contents == [DATA.ljust(SIZE, b"\0"), bytes(6 * MIB)]
    seeds = {xe.do(f"vm-param-get uuid={each} param-name=other-config param-key=mac_seed") for each in (vm, new)}
    assert len(seeds) == 2
    assert xe.do(f"vif-list vm-uuid={new} params=MAC --minimal") != "02:00:00:00:00:01"


def test_a_vm_that_is_gone_is_restored_as_it_was(xe: "Xe", vm: str, tmp_path: Path) -> None:
    before, contents = objects(xe, vm), disks(xe, vm, tmp_path)
    path = exported(xe, "vm-export vm=web", tmp_path)
    xe.do("vm-uninstall vm=web --force")
    assert xe.do(f"vm-import filename={path} preserve=true") == vm
    after = objects(xe, vm)
    alike(before, after)
    assert [obj["uuid"] for obj in before[:5]] == [obj["uuid"] for obj in after[:5]]
    assert after[0]["other-config"]["mac_seed"] == before[0]["other-config"]["mac_seed"]
    assert after[0]["version"] == 1
    assert disks(xe, vm, tmp_path) == contents


def test_a_vm_goes_through_standard_output_and_input(xe: "Xe", vm: str, tmp_path: Path) -> None:
    data, done = through(xe, "vm-export vm=web filename=-")
    assert done == Result("", "", 0)
    out, done = through(xe, "vm-import filename=-", data)
    assert done == Result("", "", 0)
    assert disks(xe, out.decode().strip(), tmp_path) == disks(xe, vm, tmp_path)


@pytest.mark.usefixtures("vm")
def test_gnu_tar_reads_what_is_written(xe: "Xe", tmp_path: Path) -> None:
    path = exported(xe, "vm-export vm=web", tmp_path)
    folder = tmp_path / "unpacked"
    folder.mkdir()
    done = subprocess.run(["tar", "xf", path, "-C", folder], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    names = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    assert names[0].startswith("Ref:")
    (first, second) = sorted(
        {name.partition("/")[0] for name in names if "/" in name},
        key=lambda disk: -len(list((folder / disk).iterdir())),
    )
    numbers = [file.name for file in sorted((folder / first).iterdir()) if file.suffix == ""]
    assert numbers == ["00000000", "00000001", "00000004", "00000007"], "blocks of zeros between are left out"
    assert [file.name for file in sorted((folder / second).iterdir()) if file.suffix == ""] == ["00000000", "00000005"]
    assert path.read_bytes()[-1024:] == bytes(1024)
    listing = subprocess.run(["tar", "tvf", path], capture_output=True, text=True, check=True).stdout.splitlines()
    assert listing[0].startswith("-r-------- 0/0 ")
    assert listing[0].endswith(" ova.xml")


@pytest.mark.parametrize("way", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_an_archive_that_another_tar_has_made_is_read(xe: "Xe", vm: str, tmp_path: Path, way: int) -> None:
    path, again = exported(xe, "vm-export vm=web", tmp_path), tmp_path / "again.xva"
    with tarfile.open(path) as old, tarfile.open(again, "w", format=way, pax_headers={"comment": "x"}) as new:
        for each in old:
            each.pax_headers = {"path": f"./{each.name}", "comment": "é" * 90} if way == tarfile.PAX_FORMAT else {}
            each.mode, each.uname = 0o644, "somebody"
            new.addfile(each, old.extractfile(each))
    assert disks(xe, xe.do(f"vm-import filename={again}"), tmp_path) == disks(xe, vm, tmp_path)


# What XAPI writes


@pytest.mark.parametrize(
    "name",
    ["tiny-sha1.xva.gz", pytest.param("tiny-xxhash.xva.zst", marks=[with_zstd, with_xxhash]), "tiny-keepalive.xva.gz"],
)
def test_what_xapi_writes_is_read(xe: "Xe", sr: str, tmp_path: Path, name: str) -> None:
    vm = xe.do(f"vm-import filename={SAMPLES / name} sr-uuid={sr}")
    (disk,) = disks(xe, vm, tmp_path)
    blocks = tarfile.open(SAMPLES / "tiny-sha1.xva.gz")  # noqa: SIM115 - the test ends soon
    with blocks:
        parts = {each.name[-8:]: blocks.extractfile(each).read() for each in blocks if each.name[-8:].isdecimal()}  # type: ignore[union-attr]
    assert disk == parts["00000000"] + bytes(MIB) + parts["00000002"] + parts["00000003"].ljust(MIB, b"\0")
    assert xe.do(f"vm-param-get uuid={vm} param-name=name-description") == 'a sample, <made> & "own"'
    assert xe.do(f"vm-param-get uuid={vm} param-name=memory-static-max") == str(1 << 30)
    assert xe.do(f"vif-list vm-uuid={vm} params=network-name-label --minimal")


@pytest.mark.usefixtures("vm")
def test_a_record_has_the_fields_that_xapi_writes(xe: "Xe", tmp_path: Path) -> None:
    with (
        tarfile.open(exported(xe, "vm-export vm=web", tmp_path)) as own,
        tarfile.open(SAMPLES / "tiny-sha1.xva.gz") as xapis,
    ):
        ours, theirs = (
            {entry.cls: entry.snapshot for entry in ova.read(archive.extractfile("ova.xml").read())}  # type: ignore[union-attr]
            for archive in (own, xapis)
        )
    assert list(ours) == list(theirs)
    for cls, snapshot in theirs.items():
        assert set(ours[cls]) == set(snapshot), cls
        assert {name for name in snapshot if type(snapshot[name]) is not type(ours[cls][name])} == set(), cls


# Metadata only


def test_metadata_finds_the_disks_where_they_are(xe: "Xe", vm: str, tmp_path: Path) -> None:
    xe.do("vm-snapshot vm=web new-name-label=before")
    before = objects(xe, vm)
    path = exported(xe, "vm-export vm=web metadata=true include-snapshots=true", tmp_path)
    assert path.stat().st_size < MIB // 4
    assert xe.do(f"vm-import filename={path} metadata=true preserve=true dry-run=true force=true").startswith(
        "xxxxxxxx-"
    )
    xe.do(f"vm-destroy uuid={vm}")
    xe.do(f"snapshot-destroy uuid={xe.do('snapshot-list --minimal')}")
    assert xe.do(f"vm-import filename={path} metadata=true preserve=true") == vm
    alike(before, objects(xe, vm))
    assert xe.do(f"snapshot-list snapshot-of={vm} params=name-label --minimal") == "before"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "VDI_CONTENT_ID_MISSING"),
        ("force=true", ""),
        ("vdi:5a5a0000-0000-0000-0000-000000000007=5a5a0000-0000-0000-0000-00000000ffff", "UUID_INVALID"),
    ],
)
def test_metadata_needs_its_disks(xe: "Xe", line: str, code: str) -> None:
    line = f"vm-import filename={SAMPLES / 'tiny-metadata.xva'} metadata=true {line}"
    if code:
        assert xe.code(line) == code
    else:
        assert xe.do(f"vbd-list vm-uuid={xe.do(line)} type=Disk --minimal") == ""


def test_a_disk_stands_for_another(xe: "Xe", sr: str) -> None:
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=1GiB")
    vdis = {"5a5a0000-0000-0000-0000-000000000007": vdi}
    state = subprocess.run(
        ["tar", "xOf", SAMPLES / "tiny-metadata.xva", "ova.xml"], capture_output=True, check=True
    ).stdout
    for entry in ova.read(state):
        if entry.cls == "VDI":
            vdis[entry.snapshot["uuid"]] = vdi
    words = " ".join(f"vdi:{old}={new}" for old, new in vdis.items())
    vm = xe.do(f"vm-import filename={SAMPLES / 'tiny-metadata.xva'} metadata=true {words}")
    assert xe.do(f"vbd-list vm-uuid={vm} type=Disk params=vdi-uuid --minimal") == vdi


@pytest.mark.usefixtures("vm")
def test_a_disk_must_be_at_its_place(xe: "Xe", tmp_path: Path) -> None:
    path = exported(xe, "vm-export vm=web metadata=true", tmp_path)
    xe.do("vm-uninstall vm=web --force")
    xe.do(f"vdi-destroy uuid={xe.do('vdi-list name-label=disk0 --minimal')}")
    assert xe.code(f"vm-import filename={path} metadata=true") == "VDI_LOCATION_MISSING"


# Kinds of VM


def test_a_template_and_a_snapshot_become_templates(xe: "Xe", vm: str, tmp_path: Path) -> None:
    snapshot = xe.do("vm-snapshot vm=web new-name-label=before")
    path = exported(xe, f"snapshot-export-to-template snapshot-uuid={snapshot}", tmp_path)
    template = xe.do(f"vm-import filename={path}")
    assert xe.do(f"template-param-get uuid={template} param-name=is-a-snapshot") == "false"
    path = exported(xe, f"template-export template-uuid={template}", tmp_path)
    assert xe.do(f"template-param-get uuid={xe.do(f'vm-import filename={path}')} param-name=name-label") == "before"
    said = f"Error: This operation can only be performed on a VM template. {vm} is not a VM template."
    for line in (f"template-export template-uuid={vm}", f"snapshot-export-to-template snapshot-uuid={vm}"):
        assert xe.code(f"{line} filename={tmp_path / 'none'}") == said
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("sr")
def test_a_default_template_is_used_where_it_is_there(xe: "Xe", tmp_path: Path) -> None:
    template = xe.do("template-list name-label={name} --minimal", name="Debian Bookworm 12")
    path = exported(xe, f"template-export template-uuid={template}", tmp_path)
    assert xe.do(f"vm-import filename={path}") == template


def test_a_suspended_vm_keeps_its_memory_if_asked(xe: "Xe", vm: str, sr: str, tmp_path: Path) -> None:
    xe.do(f"vm-start uuid={vm}")
    assert xe.code(f"vm-export vm=web filename={tmp_path / 'none'}") == "VM_BAD_POWER_STATE"
    xe.do(f"pool-param-set uuid={xe.do('pool-list --minimal')} suspend-image-SR={sr}")
    xe.do(f"vm-suspend uuid={vm}")
    suspended = xe.do(f"vm-import filename={exported(xe, 'vm-export vm=web preserve-power-state=true', tmp_path)}")
    assert xe.do(f"vm-param-get uuid={suspended} param-name=power-state") == "suspended"
    halted = xe.do(f"vm-import filename={exported(xe, f'vm-export uuid={vm}', tmp_path)}")
    assert xe.do(f"vm-param-get uuid={halted} param-name=power-state") == "halted"


# What is wrong


def archive(
    tmp_path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None], name: str = "tiny-sha1.xva.gz"
) -> Path:
    """The sample with changed members."""
    path, data = tmp_path / "changed.xva", b""
    with tarfile.open(SAMPLES / name) as sample:
        for each in sample:
            changed = change(each.name, sample.extractfile(each).read())  # type: ignore[union-attr]
            data += tape.member(*changed) if changed else b""
    path.write_bytes(data + tape.END)
    return path


def in_ova(old: bytes, new: bytes) -> Callable[[str, bytes], tuple[str, bytes]]:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        assert name != ova.NAME or old in data
        return name, data.replace(old, new) if name == ova.NAME else data

    return change


def member(
    of: str, name: str | None = None, data: bytes | None = None
) -> Callable[[str, bytes], tuple[str, bytes] | None]:
    """Another name or other data for one member; without both, the member is left out."""

    def change(known: str, held: bytes) -> tuple[str, bytes] | None:
        if known != of:
            return known, held
        return None if name is None and data is None else (name or known, held if data is None else data)

    return change


BLOCK = "Ref:7/00000002"
VALUE = b"<name>name_label</name><value>web</value>"
VIF = b"<name>device</name><value>0</value>"
HOSTILE = {
    "a wrong checksum": (member(BLOCK, data=b"x" * MIB), "IMPORT_ERROR"),
    "no checksum": (member(f"{BLOCK}.checksum"), "IMPORT_ERROR"),
    "a checksum of another kind": (member(f"{BLOCK}.checksum", name=f"{BLOCK}.crc"), "IMPORT_ERROR"),
    "a block of another disk": (member(BLOCK, name="Ref:8/00000002"), "IMPORT_ERROR"),
    "a path": (member(BLOCK, name="../../../../tmp/planted"), "IMPORT_ERROR"),
    "an absolute path": (member(BLOCK, name="/etc/planted"), "IMPORT_ERROR"),
    "a number that is late": (member(BLOCK, name="Ref:7/00000000"), "IMPORT_ERROR"),
    "a number far away": (member(BLOCK, name="Ref:7/99999999"), "IMPORT_ERROR"),
    "a block that is too large": (member(BLOCK, data=bytes(17 * MIB)), "IMPORT_ERROR"),
    "a last block that is missing": (member("Ref:7/00000003"), "IMPORT_ERROR"),
    "another first member": (member(ova.NAME, name="ova.txt"), "IMPORT_ERROR_UNEXPECTED_FILE"),
    "an ova.xml that is too large": (member(ova.NAME, data=bytes(ova.LARGEST + 1)), "IMPORT_ERROR"),
    "an ova.xml that is no XML": (member(ova.NAME, data=b"<value>"), "IMPORT_ERROR"),
    "an ova.xml that is another XML": (member(ova.NAME, data=b"<appliance/>"), "IMPORT_ERROR"),
    "a name without a value": (
        member(ova.NAME, data=b"<value><struct><member><name>a</name></member></struct></value>"),
        "IMPORT_ERROR",
    ),
    "a value outside of an array": (member(ova.NAME, data=b"<array><value>a</value></array>"), "IMPORT_ERROR"),
    "data outside of an array": (
        member(ova.NAME, data=b"<value><data><value>a</value></data></value>"),
        "IMPORT_ERROR",
    ),
    "values that are too deep": (member(ova.NAME, data=b"<value><array><data>" * 99), "IMPORT_ERROR"),
    "an entity": (in_ova(b"<value><struct>", b"<!DOCTYPE v [<!ENTITY a 'b'>]><value><struct>"), "IMPORT_ERROR"),
    "no version": (in_ova(b"<name>version</name>", b"<name>versio</name>"), "IMPORT_ERROR"),
    "an older form": (in_ova(b"<name>export_vsn</name><value>2", b"<name>export_vsn</name><value>1"), "IMPORT_ERROR"),
    "a form that is no number": (
        in_ova(b"<name>export_vsn</name><value>2", b"<name>export_vsn</name><value>x"),
        "IMPORT_ERROR",
    ),
    "a newer host": (in_ova(b"<name>xapi_minor</name><value>20", b"<name>xapi_minor</name><value>9920"), ""),
    "a host of the future": (
        in_ova(b"<name>xapi_major</name><value>1", b"<name>xapi_major</name><value>3"),
        "IMPORT_INCOMPATIBLE_VERSION",
    ),
    "no VM": (in_ova(b"<value>VM</value>", b"<value>XX</value>"), "IMPORT_ERROR"),
    "a number that is none": (
        in_ova(b"<name>VCPUs_max</name><value>2", b"<name>VCPUs_max</name><value>x"),
        "IMPORT_ERROR",
    ),
    "a value of another kind": (
        in_ova(VALUE, b"<name>name_label</name><value><array><data></data></array></value>"),
        "IMPORT_ERROR",
    ),
    "a network that is missing": (
        in_ova(b"<value>network</value>", b"<value>VGPU</value>"),
        "IMPORT_ERROR_FAILED_TO_FIND_OBJECT",
    ),
    "a disk that is missing": (
        in_ova(b"<name>VDI</name><value>Ref:7", b"<name>VDI</name><value>Ref:77"),
        "IMPORT_ERROR_FAILED_TO_FIND_OBJECT",
    ),
    "a size that is absurd": (
        in_ova(b"<name>virtual_size</name><value>", b"<name>virtual_size</name><value>99999"),
        "SR_BACKEND_FAILURE_44",
    ),
    "a disk that is longer": (
        in_ova(b"<name>virtual_size</name><value>3670016", b"<name>virtual_size</name><value>1000000"),
        "IMPORT_ERROR",
    ),
    "a disk that is shorter": (
        in_ova(b"<name>virtual_size</name><value>3670016", b"<name>virtual_size</name><value>7340032"),
        "IMPORT_ERROR_PREMATURE_EOF",
    ),
    "a device that is absurd": (in_ova(VIF, b"<name>device</name><value>99999999</value>"), "INVALID_DEVICE"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_leaves_nothing_behind(xe: "Xe", sr: str, tmp_path: Path, name: str) -> None:
    change, code = HOSTILE[name]
    path = archive(tmp_path, change)
    before = set(tmp_path.rglob("*"))
    line = f"vm-import filename={path} sr-uuid={sr}"
    if code:
        assert xe.code(line) == code
        assert {file for file in set(tmp_path.rglob("*")) - before if file.name not in {"disks", "lock"}} == set()
    else:
        xe.do(line)


def test_a_forced_import_ignores_checksums(xe: "Xe", sr: str, tmp_path: Path) -> None:
    path = archive(tmp_path, member(f"{BLOCK}.checksum", data=b"0" * 40))
    assert xe.code(f"vm-import filename={path}") == "IMPORT_ERROR"
    xe.do(f"vm-import filename={path} sr-uuid={sr} force=true")


@pytest.mark.parametrize("part", [0, 100, 512, 40_000, -600_000])
@pytest.mark.parametrize("packed", [False, True])
def test_a_truncated_archive_is_refused(xe: "Xe", sr: str, part: int, packed: bool) -> None:
    data = (SAMPLES / "tiny-sha1.xva.gz").read_bytes()
    plain = gzip.decompress(data)
    given = data[: len(data) * part // 50_000 if part > 0 else -3000] if packed and part else plain[:part]
    _, done = through(xe, f"vm-import filename=- sr-uuid={sr}", given)
    assert (done.status, "IMPORT_ERROR_PREMATURE_EOF" in done.err) == (1, True), done.err


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (tape.member("ova.xml", b"")[:148] + b"junk" * 200, "IMPORT_ERROR_PREMATURE_EOF"),
        (tape.END, "IMPORT_ERROR_PREMATURE_EOF"),
        (b"\x1f\x8bjunk" * 200, "IMPORT_ERROR"),
        (gzip.compress(b"junk" * 500), "IMPORT_ERROR"),
    ],
)
def test_what_is_no_archive_is_refused(xe: "Xe", sr: str, data: bytes, code: str) -> None:
    _, done = through(xe, f"vm-import filename=- sr-uuid={sr}", data)
    assert f"Code: {code}\n" in done.err, done.err


def header(kind: bytes, size: bytes, data: bytes) -> bytes:
    made = bytearray(tape.member("x", b"")[:512])
    made[124:136], made[156:157], made[148:156] = size.ljust(12, b"\0"), kind, b" " * 8
    made[148:156] = f"{sum(made):06o}\0 ".encode()
    return bytes(made) + data.ljust(512, b"\0")


@pytest.mark.parametrize(
    "data",
    [
        header(b"0", b"-1", b""),
        header(b"x", b"777777777", b""),
        header(b"x", b"12", b"00 size=1\n"),
        header(b"x", b"20", b"99 junk"),
        header(b"x", b"12", b"xx size=1\n"),
    ],
)
def test_a_damaged_header_is_refused(data: bytes) -> None:
    with pytest.raises(Failure, match="IMPORT_ERROR"):
        tape.Members(io.BytesIO(data + tape.END)).next()


def test_a_name_may_be_long_and_a_size_large() -> None:
    long = header(b"L", b"000144", b"n" * 100) + header(b"0", b"\x80" + (5).to_bytes(11, "big"), b"hello") + tape.END
    members = tape.Members(io.BytesIO(long))
    assert members.next() == ("n" * 100, 5)
    assert members.read(5) == b"hello"
    assert members.next() is None


# Refusals


def test_a_vm_that_is_here_is_replaced_only_if_forced(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = exported(xe, "vm-export vm=web", tmp_path)
    line = f"vm-import filename={path} preserve=true"
    assert xe.code(line) == "VM_TO_IMPORT_IS_NOT_NEWER_VERSION"
    xe.do(f"vm-param-set uuid={vm} name-label=later")
    assert xe.do(f"{line} force=true") == vm
    assert xe.do(f"vm-param-get uuid={vm} param-name=name-label") == "web"
    assert len(xe.do(f"vbd-list vm-uuid={vm} --minimal").split(",")) == 3
    xe.do(f"vm-start uuid={vm}")
    assert xe.code(line) == "VM_BAD_POWER_STATE"


def test_a_mac_seed_is_used_once(xe: "Xe", vm: str, tmp_path: Path) -> None:
    path = exported(xe, "vm-export vm=web", tmp_path)
    seed = xe.do(f"vm-param-get uuid={vm} param-name=other-config param-key=mac_seed")
    xe.do("vm-uninstall vm=web --force")
    other = xe.do("vm-create name-label=other")
    xe.do(f"vm-param-set uuid={other} other-config:mac_seed={seed}")
    assert xe.code(f"vm-import filename={path} preserve=true") == "DUPLICATE_MAC_SEED"
    assert xe.do(f"vm-import filename={path}")


def test_a_uuid_must_be_one(xe: "Xe", sr: str, tmp_path: Path) -> None:
    path = archive(tmp_path, in_ova(b"5a5a0000-0000-0000-0000-000000000001", b"../../etc"))
    assert xe.code(f"vm-import filename={path} preserve=true sr-uuid={sr}") == "IMPORT_ERROR"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Error: Required parameter not found: filename"),
        ("filename=a url=b", "Invalid arguments. The 'url' and 'filename' parameters should not both be specified."),
        ("url=b", "Error: xe_py imports no VM from a URL. Download the file, and give its name with filename=."),
        ("filename=a dry-run=true", "Only metadata import function support dry-run"),
        ("filename=a", "Error: No SR specified and Pool default SR is null"),
        ("filename=a sr-uuid={iso}", "The file a cannot be read: No such file or directory."),
    ],
)
def test_what_xe_refuses_before_it_asks(xe: "Xe", words: str, said: str) -> None:
    iso = xe.do("sr-list type=iso --minimal").split(",")[0]
    pool = xe.do("pool-list --minimal")
    xe.do(f"pool-param-set uuid={pool} default-SR=")
    assert xe.code(f"vm-import {words}", iso=iso) == said


def test_disks_cannot_go_to_an_iso_sr(xe: "Xe") -> None:
    iso = xe.do("sr-list content-type=iso --minimal").split(",")[0]
    assert xe.code(f"vm-import filename={SAMPLES / 'tiny-sha1.xva.gz'} sr-uuid={iso}") == "SR_OPERATION_NOT_SUPPORTED"


def test_too_little_room_leaves_nothing(xe: "Xe", sr: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XE_DISK_LIMIT", "1000")
    line = f"vm-import filename={SAMPLES / 'tiny-sha1.xva.gz'} sr-uuid={sr}"
    assert xe.code(line) == "SR_BACKEND_FAILURE_44"
    assert "vdi" in xe.do(f"--dry-run {line}")


def test_a_dry_run_exports_nothing(xe: "Xe", vm: str, tmp_path: Path) -> None:
    assert vm
    xe.do(f"--dry-run vm-export vm=web filename={tmp_path / 'none'}")
    assert not (tmp_path / "none").exists()


# What the machine lacks


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure, match=r"zstandard.*program zstd"), compression.packing(compression.ZSTD, print):
        pass
    (tmp_path / "zstd").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "zstd").chmod(0o755)
    with pytest.raises(Failure, match="zstd has failed"), compression.packing(compression.ZSTD, print) as put:
        put(bytes(MIB))
    monkeypatch.setattr(checksums, "_found", [])
    monkeypatch.setattr("ctypes.CDLL", lambda _: (_ for _ in ()).throw(OSError))
    with pytest.raises(Failure, match=r"package xxhash.*libxxhash"):
        checksums.xxhash(b"")
