"""Updates and patches that are uploaded: what is on their ISO images becomes known, and nothing else is taken for one."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

SECTOR = 2048
UUID = "12345678-9abc-4def-8123-456789abcdef"
PATCH = "12345678-0000-0000-8123-456789abcdef"
XML = f"""<?xml version="1.0"?>
<update name-label="XS84E001" uuid="{UUID}" version="1.2" key="k" installation-size="4096"
        after-apply-guidance="restartHost,restartHVM" enforce-homogeneity="true">
  <name-description>A hotfix &amp; more</name-description>
</update>
"""
SIGNED = {"update.xml.asc": b"s", "repodata/repomd.xml": b"r", "repodata/repomd.xml.asc": b"s"}
FILES = {"update.xml": XML.encode(), **SIGNED}


def record(short: bytes, start: int, size: int, *, folder: bool = False, long: bytes = b"") -> bytes:
    """An entry of a directory, with a long name (Rock Ridge) if there is one."""
    system = b"PX\x05\x01x" + b"NM" + bytes((5 + len(long), 1, 0)) + long if long else b""
    head = start.to_bytes(4, "little") + start.to_bytes(4) + size.to_bytes(4, "little") + size.to_bytes(4)
    rest = bytes(7) + bytes((2 if folder else 0, 0, 0)) + b"\1\0\0\1" + bytes((len(short),)) + short
    made = b"\0" + head + rest + bytes((len(short) + 1) % 2) + system
    return bytes((len(made) + 1,)) + made


def iso(files: dict[str, bytes], *, long: bool = True) -> bytes:
    """An image with these files, which are in the root or in one folder."""
    sectors: dict[int, bytes] = {}
    folders = {"": 18, "repodata": 19}
    entries: dict[str, bytes] = dict.fromkeys(folders, b"")
    for place, folder in folders.items():
        entries[place] = record(b"\0", folder, SECTOR, folder=True) + record(b"\1", 18, SECTOR, folder=True)
    entries[""] += record(b"REPODATA", 19, SECTOR, folder=True, long=b"repodata" * long)
    start = 20
    for path, data in files.items():
        folder, _, name = path.rpartition("/")
        short = f"{name.upper() if not long else f'F{start}'}".encode() + b";1"
        entries[folder] += record(short, start, len(data), long=name.encode() * long)
        for place in range(0, len(data) or 1, SECTOR):
            sectors[start] = data[place : place + SECTOR]
            start += 1
    sectors |= {folders[name]: found for name, found in entries.items()}
    root = record(b"\0", 18, SECTOR, folder=True)
    sectors[16] = b"\1CD001\1" + bytes(149) + root
    sectors[17] = b"\xffCD001\1"
    return b"".join(sectors.get(number, b"").ljust(SECTOR, b"\0") for number in range(start))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    (tmp_path / "update.iso").write_bytes(iso(FILES))
    return tmp_path / "update.iso"


def shown(xe: "Xe", cls: str, uuid: str, *names: str) -> list[str]:
    """What the fields of an object print."""
    return [xe.do(f"{cls}-param-get uuid={uuid} param-name={name}") for name in names]


def holder(xe: "Xe") -> str:
    """The VDI that holds the update."""
    return xe.run(["vdi-list", "name-label=Update: XS84E001", "--minimal"]).out.strip()


def test_an_update_is_known_after_its_upload(xe: "Xe", image: Path) -> None:
    assert xe.do(f"update-upload file-name={image}") == UUID
    names = ("name-label", "name-description", "version", "installation-size", "after-apply-guidance", "hosts")
    assert shown(xe, "update", UUID, *names, "enforce-homogeneity") == [
        "XS84E001", "A hotfix & more", "1.2", "4096", "restartHost, restartHVM", "", "true",
    ]  # fmt: skip
    assert shown(xe, "patch", PATCH, *names[:2], "size", *names[4:]) == [
        "XS84E001", "A hotfix & more", "4096", "restartHost, restartHVM", "",
    ]  # fmt: skip
    assert shown(xe, "vdi", holder(xe), "sr-uuid") == [xe.do("pool-list params=default-SR --minimal")]
    printed, _ = xe.piped(f"vdi-export uuid={holder(xe)} filename=-")
    assert printed.startswith(image.read_bytes())


def test_an_uploaded_update_is_applied_and_goes(xe: "Xe", image: Path) -> None:
    xe.do(f"update-upload file-name={image}")
    xe.do(f"update-pool-apply uuid={UUID}")
    assert shown(xe, "update", UUID, "hosts") == [xe.do("host-list --minimal")]
    xe.do(f"update-pool-clean uuid={UUID}")
    assert holder(xe) == ""
    assert xe.do(f"update-upload file-name={image}") == UUID, "it has a VDI again"
    assert holder(xe) != ""


@pytest.mark.parametrize("command", ["update-upload", "patch-upload"])
def test_an_update_is_uploaded_once(xe: "Xe", image: Path, command: str) -> None:
    xe.do(f"{command} file-name={image}")
    told = xe(f"{command} file-name={image}").err
    assert f"uuid: {UUID}\nIn the way: update {UUID} (XS84E001)\nCode: UPDATE_ALREADY_EXISTS\n" in told
    assert len(xe.do("vdi-list name-label= --minimal")) == 0
    assert xe.do("update-introduce vdi-uuid={vdi}", vdi=holder(xe)) == UUID


def test_a_patch_of_old_stands_for_its_update(xe: "Xe", image: Path) -> None:
    assert xe.do(f"patch-upload file-name={image}") == PATCH
    assert xe.do("update-list params=uuid --minimal") == UUID
    xe.do(f"update-destroy uuid={UUID}")
    assert xe.do("patch-list") == ""


def test_the_sr_of_an_upload(xe: "Xe", image: Path) -> None:
    sr = xe.do("sr-create name-label=other type=dummy")
    xe.do(f"update-upload file-name={image} sr-uuid={sr}")
    assert shown(xe, "vdi", holder(xe), "sr-uuid") == [sr]
    assert xe.code(f"update-upload file-name={image} sr-uuid=x") == "UUID_INVALID"


def test_a_pool_without_a_default_sr(xe: "Xe", image: Path) -> None:
    xe.do("pool-param-clear uuid={pool} param-name=default-SR", pool=xe.do("pool-list --minimal"))
    assert xe(f"update-upload file-name={image}").err.startswith(
        "Error: Give sr-uuid=, because the pool has no default SR"
    )
    assert xe.code(f"patch-upload file-name={image}") == "HANDLE_INVALID"


def test_an_update_on_a_disk_or_a_cd_is_introduced(xe: "Xe", image: Path) -> None:
    sr = xe.do(
        f"sr-create name-label=isos type=iso device-config:location={image.parent} device-config:legacy_mode=true"
    )
    cd = xe.do(f"vdi-list sr-uuid={sr} --minimal")
    assert xe.do(f"update-introduce vdi-uuid={cd}") == UUID
    disk = xe.do("vdi-create sr-uuid={sr} name-label=d virtual-size=1GiB", sr=xe.do("sr-list type=ext --minimal"))
    xe.do(f"vdi-import uuid={disk} filename={image}")
    assert xe.code(f"update-introduce vdi-uuid={disk}") == "UPDATE_ALREADY_EXISTS"
    xe.do(f"update-destroy uuid={UUID}")
    assert xe.do(f"update-introduce vdi-uuid={disk}") == UUID
    assert shown(xe, "vdi", disk, "name-label") == ["d"], "only an upload names the disk"


def test_an_upload_from_standard_input(xe: "Xe", image: Path) -> None:
    printed, ended = xe.piped("update-upload file-name=-", image.read_bytes())
    assert (printed, ended.err) == (f"{UUID}\n".encode(), "")


def test_short_names_are_found_too(xe: "Xe", image: Path) -> None:
    image.write_bytes(iso(FILES, long=False))
    assert xe.do(f"update-upload file-name={image}") == UUID


def without(*names: str) -> dict[str, bytes]:
    return {name: data for name, data in FILES.items() if name not in names}


def about(text: str) -> bytes:
    return iso({**FILES, "update.xml": text.encode()})


NO_XML = "The image has no file update.xml that can be read."
REFUSED = {
    "nothing": (b"", "This is no ISO 9660 image."),
    "no image": (b"x" * 100_000, "This is no ISO 9660 image."),
    "cut off": (iso(FILES)[: 17 * SECTOR], NO_XML),
    "no update.xml": (iso(without("update.xml")), NO_XML),
    "no XML": (about("nonsense"), NO_XML),
    "no end": (about("<update>"), NO_XML),
    "another encoding": (about('<?xml version="1.0" encoding="nonsense"?><update/>'), NO_XML),
    "entities": (about(f'<!DOCTYPE update [<!ENTITY a "b">]>{XML.partition("?>")[2].strip()}'), NO_XML),
    "another document": (about("<patch/>"), "update.xml is not about an update."),
    "no uuid": (about(XML.replace("uuid=", "id=")), "update.xml lacks the attribute uuid."),
    "no name": (about(XML.replace("name-label", "name")), "update.xml lacks the attribute name-label."),
    "no version": (about(XML.replace(' version="1.2"', "")), "update.xml lacks the attribute version."),
    "no description": (about(XML.replace("name-description", "about")), "update.xml lacks a name-description."),
    "no signature": (iso(without("update.xml.asc")), "The image lacks update.xml or its signature, update.xml.asc."),
    "no repository": (
        iso(without("repodata/repomd.xml")),
        "The image lacks repodata/repomd.xml or its signature, repodata/repomd.xml.asc.",
    ),
    "unsigned repository": (
        iso(without("repodata/repomd.xml.asc")),
        "The image lacks repodata/repomd.xml or its signature, repodata/repomd.xml.asc.",
    ),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("command", ["update-upload", "patch-upload"])
def test_what_is_no_update(xe: "Xe", image: Path, command: str, data: bytes, reason: str) -> None:
    image.write_bytes(data)
    told = xe(f"{command} file-name={image}").err
    assert f"info: {reason}\nCode: INVALID_UPDATE\n" in told
    assert xe.do("vdi-list --minimal") == xe.do("vdi-list is-a-snapshot=false --minimal")
    assert holder(xe) == ""


def test_an_update_whose_uuid_is_none(xe: "Xe", image: Path) -> None:
    image.write_bytes(about(XML.replace(UUID, "5")))
    assert "The uuid of the update is no uuid: 5" in xe(f"update-upload file-name={image}").err


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("4096", "many", "installation-size", "0"),
        (' installation-size="4096"', "", "installation-size", "0"),
        ("restartHost,", "restartMoon,", "after-apply-guidance", ""),
        ("restartHost,restartHVM", "", "after-apply-guidance", ""),
        ('homogeneity="true"', 'homogeneity="perhaps"', "enforce-homogeneity", "false"),
    ],
)
def test_what_may_be_missing(xe: "Xe", image: Path, old: str, new: str, field: str, value: str) -> None:
    image.write_bytes(about(XML.replace(old, new)))
    xe.do(f"update-upload file-name={image}")
    assert shown(xe, "update", UUID, field) == [value]


@pytest.mark.slow
@pytest.mark.parametrize("place", range(0, 4 * SECTOR, 37))
def test_a_damaged_image_does_no_harm(xe: "Xe", image: Path, place: int) -> None:
    data = bytearray(iso(FILES))
    data[16 * SECTOR + place] ^= 0xFF
    image.write_bytes(data)
    ended = xe(f"update-upload file-name={image}")
    assert ended.status == 0 or "Code: INVALID_UPDATE" in ended.err


def test_disks_that_cannot_be_read(xe: "Xe", image: Path) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    disk = xe.do(f"vdi-create sr-uuid={sr} name-label=d virtual-size=1GiB")
    told = xe(f"update-introduce vdi-uuid={disk}").err
    assert "info: Nobody has written anything to the VDI.\nCode: INVALID_UPDATE\n" in told
    xe.do("vdi-enable-cbt uuid={vdi}", vdi=disk)
    snapshot = xe.do(f"vdi-snapshot uuid={disk}")
    xe.do(f"vdi-data-destroy uuid={snapshot}")
    assert xe.code(f"update-introduce vdi-uuid={snapshot}") == "VDI_INCOMPATIBLE_TYPE"
    assert xe.code("update-introduce vdi-uuid=x") == "UUID_INVALID"
    del image


def test_there_is_no_room(xe: "Xe", image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XE_DISK_LIMIT", "1000")
    assert xe.code(f"update-upload file-name={image}") == "SR_BACKEND_FAILURE_44"


def test_a_dry_run_uploads_nothing(xe: "Xe", image: Path) -> None:
    before = xe.state.read_bytes()
    for command in ("update-upload", "patch-upload"):
        told = xe.do(f"{command} file-name={image} --dry-run")
        assert UUID in told
        assert told.endswith("Plan: 3 to add, 0 to change, 0 to remove")
        assert "Update: XS84E001" in told
    printed, ended = xe.piped("update-upload file-name=- --dry-run", image.read_bytes())
    assert b"Imported VDI" in printed
    assert ended.status == 0
    image.write_bytes(b"x" * 100_000)
    assert xe.code(f"update-upload file-name={image} --dry-run") == "INVALID_UPDATE"
    assert xe.state.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("command", ["update-upload", "patch-upload"])
def test_a_source_without_an_end_is_no_update(xe: "Xe", command: str) -> None:
    refused = xe(f"{command} file-name=/dev/zero")
    assert "Code: INVALID_UPDATE\n" in refused.err
    assert "/dev/zero is longer than 4294967296 bytes, the most that an update has." in refused.err
