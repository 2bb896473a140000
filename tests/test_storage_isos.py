"""An ISO SR shows the files of a folder, as they were when somebody looked last."""

import os
from pathlib import Path

import pytest
from small_pool import SmallPool

Shown = dict[str, tuple[int, bool]]


def local(folder: Path | str) -> str:
    """The device-config of a folder of the host."""
    return f"device-config:location={folder} device-config:legacy_mode=true"


class Isos(SmallPool):
    """A pool with an ISO SR of a real folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        for name, size in {"b.iso": 20, "a.ISO": 10, "notes.txt": 5}.items():
            (folder / name).write_bytes(bytes(size))
        (folder / "folder.iso").mkdir()
        (folder / "dangling.iso").symlink_to("nowhere")
        self.named["isos"] = self.xe(f"sr-create name-label=i type=iso host-uuid=xen1 {local(folder)}")
        (self.named["pbd"],) = self.state.pointing_at(self.named["isos"], "pbd.sr-uuid")

    def shown(self) -> Shown:
        """The names of the VDIs in order of creation, each with its size and whether it is missing."""
        vdis = self.state.pointing_at(self.named["isos"], "vdi.sr-uuid")
        assert all(vdi["read-only"] and vdi["location"] == vdi.name for vdi in vdis)
        return {vdi.name: (vdi["virtual-size"], vdi["missing"]) for vdi in vdis}

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


@pytest.fixture
def drives(isos: Isos) -> Isos:
    """A running and a halted VM with a.ISO in the drive, and the file taken away."""
    (isos.named["a"],) = isos.state.find("vdi", location="a.ISO")
    isos.add("running", "vm", power_state="running", resident_on="xen1", dom_id=4)
    isos.add("halted", "vm")
    for name, attached in {"running": True, "halted": False}.items():
        place = {"vm_uuid": name, "vdi_uuid": "a", "type": "CD", "mode": "RO", "userdevice": "3"}
        isos.add(f"{name}-cd", "vbd", currently_attached=attached, **place)
    isos.add("halted-disk", "vbd", vm_uuid="halted", vdi_uuid="a", mode="RO", userdevice="1")
    isos.add("empty", "vbd", vm_uuid="running", type="CD", mode="RO", userdevice="4", currently_attached=True)
    isos.add("loose", "vbd", vm_uuid="running", vdi_uuid="a", mode="RO", userdevice="5")
    isos.assert_sound()
    (isos.folder / "a.ISO").rename(isos.folder / "aside")
    return isos


@pytest.mark.parametrize(
    "line", ["vm-start vm=halted", "vbd-insert uuid=empty vdi-uuid=a", "vbd-plug uuid=loose", "vm-reboot vm=running"]
)
def test_a_disc_that_is_gone_is_not_seen_by_a_guest(drives: Isos, line: str) -> None:
    assert drives.refusal(line) == ("VDI_MISSING", "isos", "a")


def test_a_suspended_vm_does_not_go_on_without_its_disc(drives: Isos) -> None:
    drives.add("image", "vdi", sr_uuid="isos")
    asleep = {"power_state": "suspended", "resident_on": None, "dom_id": -1, "VCPUs_number": 0}
    drives.change("running", suspend_VDI_uuid="image", **asleep)
    assert drives.refusal("vm-resume vm=running") == ("VDI_MISSING", "isos", "a")


def test_a_scan_empties_the_drives_whose_disc_is_gone(drives: Isos) -> None:
    assert drives.scan() == {"b.iso": (20, False)}
    assert drives.gone() == {"a", "halted-disk", "loose"}
    assert drives.value("running-cd", "empty") is drives.value("halted-cd", "empty") is True
    drives.xe("vm-start vm=halted")


def test_a_disc_that_comes_back_before_a_scan_is_as_it_was(drives: Isos) -> None:
    (drives.folder / "aside").rename(drives.folder / "a.ISO")
    drives.xe("vm-start vm=halted")
    assert drives.scan() == {"a.ISO": (10, False), "b.iso": (20, False)}
    assert drives.value("halted-cd", "vdi-uuid") == "a"


def test_a_disc_that_is_gone_goes_into_the_drive_of_a_halted_vm(drives: Isos) -> None:
    drives.xe("vbd-eject uuid=halted-cd")
    drives.xe("vbd-insert uuid=halted-cd vdi-uuid=a")


def test_a_forgotten_disc_comes_back_under_another_uuid(isos: Isos) -> None:
    (isos.named["a"],) = isos.state.find("vdi", location="a.ISO")
    isos.xe("vdi-forget uuid=a")
    assert isos.scan() == {"b.iso": (20, False), "a.ISO": (10, False)}
    assert isos.gone() == {"a"}
    assert isos.state.all("volume") == []


def test_a_file_that_has_a_uuid_as_its_name_gives_it_to_the_vdi(isos: Isos) -> None:
    uuid = "33333333-2222-4333-8444-555555555555"
    (isos.folder / f"{uuid}.iso").touch()
    (isos.folder / f"{isos.named['xen1']['uuid']}.iso").touch()
    isos.scan()
    found = [isos.state.find("vdi", location=f"{name}.iso") for name in (uuid, isos.named["xen1"]["uuid"])]
    assert [len(vdis) for vdis in found] == [1, 1]
    assert found[0][0]["uuid"] == uuid


def test_an_sr_of_files_that_is_forgotten_leaves_them_where_they_are(isos: Isos) -> None:
    isos.xe("pbd-unplug uuid=pbd")
    sr = isos.named["isos"]["uuid"]
    isos.xe("sr-forget uuid=isos")
    (isos.folder / "a.ISO").unlink()
    isos.named["isos"] = isos.xe(f"sr-introduce name-label=i type=iso uuid={sr}")
    isos.named["pbd"] = isos.xe(f"pbd-create sr-uuid=isos host-uuid=xen1 {local(isos.folder)}")
    isos.xe("pbd-plug uuid=pbd")
    assert isos.shown() == {"b.iso": (20, False)}
    assert isos.state.all("volume") == isos.state.all("storage") == []


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


@pytest.mark.parametrize(
    "config",
    [
        "location=nas:/isos",
        "location=nas:/isos device-config:type=nfs_iso",
        "location=//nas/isos device-config:type=cifs",
        r"location=\\nas\isos device-config:type=cifs",
        r"location=\\nas\isos device-config:options=-o",
    ],
)
def test_files_on_a_server_are_not_looked_for(isos: Isos, config: str) -> None:
    line = f"sr-create name-label=i type=iso host-uuid=xen2 content-type=iso device-config:{config}"
    sr = isos.named["far"] = isos.xe(line)
    assert isos.state.pointing_at(sr, "vdi.sr-uuid") == []
    isos.add("known", "vdi", sr_uuid="far")
    isos.xe("sr-scan uuid=far")
    assert isos.value("far", "VDIs") == ["known"]


FOLDER = "; a folder of the host needs device-config:legacy_mode=true"


@pytest.mark.parametrize(
    ("config", "code", "said"),
    [
        ("", "228", "options is missing; a share needs device-config:type=cifs or options that begin with -o" + FOLDER),
        ("type=cifs", "225", "location names no server: {folder}" + FOLDER),
        ("type=nfs_iso", "225", "location names no server: {folder}" + FOLDER),
    ],
)
def test_a_folder_of_the_host_needs_legacy_mode(isos: Isos, config: str, code: str, said: str) -> None:
    line = f"sr-create name-label=i type=iso host-uuid=xen1 device-config:location={isos.folder}"
    refusal = isos.refusal(f"{line} device-config:{config}" if config else line)
    said = f"The device-config is not valid [opterr=device-config:{said.format(folder=isos.folder)}]"
    assert refusal == (f"SR_BACKEND_FAILURE_{code}", "", said, "")


def test_a_folder_of_the_host_may_have_a_colon(isos: Isos) -> None:
    folder = isos.folder / "a:b"
    folder.mkdir()
    (folder / "c.iso").touch()
    sr = isos.xe(f"sr-create name-label=i type=iso host-uuid=xen2 {local(folder)}")
    assert [vdi.name for vdi in isos.state.pointing_at(sr, "vdi.sr-uuid")] == ["c.iso"]


def test_a_location_that_is_no_folder_is_refused(isos: Isos) -> None:
    for location in (isos.folder / "nowhere", isos.folder / "notes.txt"):
        refusal = isos.refusal(f"sr-create name-label=i type=iso host-uuid=xen1 {local(location)}")
        said = f"The location is not a folder [opterr={location} is not a folder here]"
        assert refusal == ("SR_BACKEND_FAILURE_226", "", said, "")


@pytest.mark.parametrize("location", ["isos", "."])
def test_a_location_that_depends_on_where_one_stands_is_refused(isos: Isos, location: str) -> None:
    refusal = isos.refusal(f"sr-create name-label=i type=iso host-uuid=xen1 {local(location)}")
    said = f"The location is not a folder [opterr={location} is not an absolute path]"
    assert refusal == ("SR_BACKEND_FAILURE_226", "", said, "")


def test_the_guest_tools_are_no_file(isos: Isos) -> None:
    isos.add("tools", "sr", type="iso", is_tools_sr=True)
    isos.add("plug", "pbd", sr_uuid="tools", host_uuid="xen1", currently_attached=True)
    isos.add("guest-tools", "vdi", sr_uuid="tools", read_only=True)
    isos.xe("sr-scan uuid=tools")
    assert isos.value("tools", "VDIs") == ["guest-tools"]


def test_a_folder_that_cannot_be_read_is_refused(isos: Isos) -> None:
    loop = isos.folder / "loop"
    loop.symlink_to(loop)
    refusal = isos.refusal(f"sr-create name-label=i type=iso host-uuid=xen1 {local(loop)}")
    said = f"The driver cannot use the folder [opterr={loop}: {os.strerror(40)}]"
    assert refusal == ("SR_BACKEND_FAILURE_222", "", said, "")


def test_a_folder_that_went_away_is_refused_and_nothing_is_forgotten(isos: Isos) -> None:
    before = isos.shown()
    isos.folder.rename(isos.folder.with_name("elsewhere"))
    said = f"The location is not a folder [opterr={isos.folder} is not a folder here]"
    assert isos.refusal("sr-scan uuid=isos") == ("SR_BACKEND_FAILURE_47", "", said, "")
    assert isos.shown() == before
