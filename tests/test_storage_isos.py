"""An ISO SR shows the files of a folder, as they were when somebody looked last."""

import os
from pathlib import Path

import pytest
from small_pool import Refusal, SmallPool

from xe_py import operations, session

Shown = dict[str, tuple[int, bool]]


class Isos(SmallPool):
    """A pool with an ISO SR of a real folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        for name, size in {"b.iso": 20, "a.ISO": 10, "notes.txt": 5}.items():
            (folder / name).write_bytes(bytes(size))
        (folder / "folder.iso").mkdir()
        (folder / "dangling.iso").symlink_to("nowhere")
        self.named["isos"] = self.xe(f"sr-create name-label=i type=iso host-uuid=xen1 device-config:location={folder}")
        (self.named["pbd"],) = self.state.pointing_at(self.named["isos"], "pbd.sr-uuid")

    def shown(self) -> Shown:
        """The names of the VDIs in order of creation, each with its size and whether it is missing."""
        vdis = self.state.pointing_at(self.named["isos"], "vdi.sr-uuid")
        assert all(vdi["read-only"] and vdi["location"] == vdi.name for vdi in vdis)
        return {vdi.name: (vdi["virtual-size"], vdi["missing"]) for vdi in vdis}

    def start(self) -> None:
        """Start the VM `vm`."""
        command = operations.find("vm-start")
        assert command is not None
        session.run(self.state, command, {"vm": self.named["vm"]})

    def start_refusal(self) -> Refusal:
        """Why the VM `vm` does not start."""
        with self.refused() as refusal:
            self.start()
        return refusal()

    def scan(self) -> Shown:
        """What is shown after another look."""
        self.xe("sr-scan uuid=isos")
        return self.shown()


@pytest.fixture
def isos(tmp_path: Path) -> Isos:
    return Isos(tmp_path)


def test_the_files_are_shown_by_name(isos: Isos) -> None:
    assert list(isos.shown().items()) == [("a.ISO", (10, False)), ("b.iso", (20, False))]
    shown = {field: isos.value("isos", field) for field in ("content-type", "physical-size", "physical-utilisation")}
    assert shown == {"content-type": "", "physical-size": 30, "physical-utilisation": 30}


def test_a_scan_finds_what_came_what_grew_and_what_is_gone(isos: Isos) -> None:
    (isos.folder / "a.ISO").unlink()
    (isos.folder / "b.iso").write_bytes(bytes(25))
    (isos.folder / "c.iso").write_bytes(b"")
    kept = isos.state.find("vdi", location="b.iso")[0]
    assert isos.scan() == {"b.iso": (25, False), "c.iso": (0, False)}
    assert isos.state.find("vdi", location="b.iso") == [kept]


def test_a_file_that_is_gone_leaves_with_the_scan_and_its_drives_are_empty(isos: Isos) -> None:
    for name in ("vm", "other"):
        isos.add(name, "vm", domain_type="hvm")
    (isos.named["a"],) = isos.state.find("vdi", location="a.ISO")
    isos.named["drive"] = isos.xe("vbd-create vm-uuid=vm vdi-uuid=a device=3 type=CD mode=RO")
    isos.named["second"] = isos.xe("vbd-create vm-uuid=other vdi-uuid=a device=3 type=CD mode=RO")
    (isos.folder / "a.ISO").rename(isos.folder / "aside")
    assert isos.start_refusal() == ("VDI_MISSING", "isos", "a")
    assert isos.scan() == {"b.iso": (20, False)}
    assert isos.value("drive", "empty") is isos.value("second", "empty") is True
    isos.start()
    (isos.folder / "aside").rename(isos.folder / "a.ISO")
    assert isos.scan() == {"a.ISO": (10, False), "b.iso": (20, False)}
    (isos.named["again"],) = isos.state.find("vdi", location="a.ISO")
    (isos.folder / "a.ISO").unlink()
    assert isos.refusal("vbd-insert uuid=drive vdi-uuid=again") == ("VDI_MISSING", "isos", "again")
    isos.xe("vbd-insert uuid=second vdi-uuid=again")


def test_plugging_is_a_look_too(isos: Isos) -> None:
    isos.xe("pbd-unplug uuid=pbd")
    (isos.folder / "c.iso").write_bytes(bytes(3))
    assert isos.refusal("sr-scan uuid=isos") == ("SR_HAS_NO_PBDS", "isos")
    isos.xe("pbd-plug uuid=pbd")
    assert list(isos.shown()) == ["a.ISO", "b.iso", "c.iso"]


def test_forgetting_the_sr_leaves_the_files(isos: Isos) -> None:
    before = sorted(os.listdir(isos.folder))
    isos.xe("pbd-unplug uuid=pbd")
    isos.xe("sr-forget uuid=isos")
    assert sorted(os.listdir(isos.folder)) == before
    assert isos.state.all("vdi") == []


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes on POSIX only")
def test_a_file_whose_name_is_no_text_is_passed_over(isos: Isos) -> None:
    try:
        Path(os.fsdecode(os.fsencode(isos.folder) + b"/\xff.iso")).touch()
    except OSError:
        pytest.skip("the file system takes text only")
    assert list(isos.scan()) == ["a.ISO", "b.iso"]


@pytest.mark.parametrize("location", ["nas:/isos", "//nas/isos", r"\\nas\isos"])
def test_files_on_a_server_are_not_looked_for(isos: Isos, location: str) -> None:
    line = f"sr-create name-label=i type=iso host-uuid=xen2 content-type=iso device-config:location={location}"
    sr = isos.named["far"] = isos.xe(line)
    assert isos.state.pointing_at(sr, "vdi.sr-uuid") == []
    isos.add("known", "vdi", sr_uuid="far")
    isos.xe("sr-scan uuid=far")
    assert isos.value("far", "VDIs") == ["known"]


def test_a_location_that_is_no_folder_is_refused(isos: Isos) -> None:
    for location in (isos.folder / "nowhere", isos.folder / "notes.txt"):
        refusal = isos.refusal(f"sr-create name-label=i type=iso host-uuid=xen1 device-config:location={location}")
        assert refusal == ("SR_BACKEND_FAILURE_226", "", f"{location} is no folder here", "")


@pytest.mark.parametrize("location", ["isos", "."])
def test_a_location_that_depends_on_where_one_stands_is_refused(isos: Isos, location: str) -> None:
    refusal = isos.refusal(f"sr-create name-label=i type=iso host-uuid=xen1 device-config:location={location}")
    assert refusal == ("SR_BACKEND_FAILURE_226", "", f"{location} is not an absolute path", "")


def test_the_guest_tools_are_no_file(isos: Isos) -> None:
    isos.add("tools", "sr", type="iso", is_tools_sr=True)
    isos.add("plug", "pbd", sr_uuid="tools", host_uuid="xen1", currently_attached=True)
    isos.add("guest-tools", "vdi", sr_uuid="tools", read_only=True)
    isos.xe("sr-scan uuid=tools")
    assert isos.value("tools", "VDIs") == ["guest-tools"]


def test_a_folder_that_cannot_be_read_is_refused(isos: Isos) -> None:
    loop = isos.folder / "loop"
    loop.symlink_to(loop)
    refusal = isos.refusal(f"sr-create name-label=i type=iso host-uuid=xen1 device-config:location={loop}")
    assert refusal == ("SR_BACKEND_FAILURE_222", "", f"{loop}: {os.strerror(40)}", "")


def test_a_folder_that_went_away_is_refused_and_nothing_is_forgotten(isos: Isos) -> None:
    before = isos.shown()
    isos.folder.rename(isos.folder.with_name("elsewhere"))
    assert isos.refusal("sr-scan uuid=isos")[0] == "SR_BACKEND_FAILURE_47"
    assert isos.shown() == before
