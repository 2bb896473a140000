"""Blobs: binary data with objects, kept beside the state file as the contents of disks are."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py import open_host

if TYPE_CHECKING:
    from conftest import Xe

OBJECTS = {
    "vm": "vm-create name-label=web",
    "pool": "pool-list --minimal",
    "sr": "sr-list type=ext --minimal",
    "host": "host-list --minimal",
    "network": "network-create name-label=red",
}
DATA = os.urandom(70_000) + bytes(200_000) + b"end\0\0"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "data").write_bytes(DATA)
    return tmp_path / "data"


@pytest.fixture
def blob(xe: "Xe") -> str:
    """A blob of a VM."""
    return xe.do("blob-create name=icon vm-uuid={vm}", vm=xe.do("vm-create name-label=web"))


def field(xe: "Xe", uuid: str, name: str) -> object:
    """A field of a blob, which no list shows."""
    with open_host(str(xe.state)) as host:
        return host.state.need("blob", uuid)[name]


def contents(xe: "Xe") -> list[str]:
    folder = xe.state.parent / f"{xe.state.name}.d" / "disks"
    return sorted(os.listdir(folder)) if folder.exists() else []


@pytest.mark.parametrize("cls", OBJECTS)
def test_an_object_knows_its_blobs_by_name(xe: "Xe", cls: str) -> None:
    owner = xe.do(OBJECTS[cls])
    first = xe.do(f"blob-create name=a {cls}-uuid={owner}")
    second = xe.do(f"blob-create name=b {cls}-uuid={owner} mime-type=image/png public=true")
    assert xe.do(f"{cls}-param-get uuid={owner} param-name=blobs") == f"a: {first}; b: {second}"
    assert [field(xe, first, name) for name in ("mime-type", "public", "size", "last-updated", "name-label")] == [
        "application/octet-stream",
        False,
        0,
        None,
        "",
    ]
    assert [field(xe, second, name) for name in ("mime-type", "public")] == ["image/png", True]
    told = xe(f"blob-create name=a {cls}-uuid={owner}").err
    assert "Code: MAP_DUPLICATE_KEY\n" in told
    assert f"param_name: blobs\nuuid: {owner}" in told
    assert "key: a\n" in told


def test_of_several_objects_one_gets_the_blob(xe: "Xe") -> None:
    made = {cls: xe.do(line) for cls, line in OBJECTS.items()}
    for cls in ("vm", "pool", "sr", "host", "network"):
        words = " ".join(f"{each}-uuid={uuid}" for each, uuid in reversed(made.items()))
        blob = xe.do(f"blob-create name={cls} {words}")
        assert xe.do(f"{cls}-param-get uuid={made.pop(cls)} param-name=blobs") == f"{cls}: {blob}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "name=a",
            "Error: Say whose blob it is, with vm-uuid, host-uuid, sr-uuid, network-uuid or pool-uuid.",
        ),
        ("vm-uuid={vm}", "Required parameter not found: name"),
        ("name=a vm-uuid=x", "No object of this class has this uuid."),
        (
            "name=a vm-uuid={vm} public=perhaps",
            "Error: Failed to parse parameter 'public': expecting true or false, got 'perhaps'",
        ),
    ],
)
def test_a_blob_that_cannot_be_made(xe: "Xe", words: str, told: str) -> None:
    vm = xe.do("vm-create name-label=web")
    ended = xe(f"blob-create {words}", vm=vm)
    assert (ended.status, ended.err.splitlines()[0]) == (1, told)


def test_what_was_put_in_comes_out(xe: "Xe", blob: str, file: Path) -> None:
    assert xe.do(f"blob-put uuid={blob} filename={file}") == "Blob put succeeded"
    assert field(xe, blob, "size") == len(DATA)
    assert str(field(xe, blob, "last-updated")) > "20260101T00:00:00Z"
    assert xe.do(f"blob-get uuid={blob} filename={file}.out") == "Blob get succeeded"
    assert Path(f"{file}.out").read_bytes() == DATA
    printed, _ = xe.piped(f"blob-get uuid={blob} filename=-")
    assert printed == DATA
    assert "exists already" in xe(f"blob-get uuid={blob} filename={file}").err


@pytest.mark.parametrize("data", [b"", b"\0" * 5000, b"x", DATA])
def test_data_of_any_length_and_kind(xe: "Xe", blob: str, data: bytes) -> None:
    printed, _ = xe.piped(f"blob-put uuid={blob} filename=-", data)
    assert printed == b"Blob put succeeded\n"
    assert xe.piped(f"blob-get uuid={blob} filename=-")[0] == data


def test_a_program_gets_a_blob_that_commands_take(xe: "Xe", file: Path) -> None:
    with open_host(str(xe.state)) as host:
        network = host.run("network-create", name_label="red")
        blob = host.run("blob-create", name="map", network=network, public=True)
        host.run("blob-put", blob=blob, filename=str(file))
        host.run("blob-get", blob=blob, filename=f"{file}.out")
        assert network["blobs"] == {"map": blob.uuid}
        assert (blob["name"], blob["size"], blob["public"]) == ("map", len(DATA), True)
    assert Path(f"{file}.out").read_bytes() == DATA


def test_new_data_replace_the_old(xe: "Xe", blob: str, file: Path) -> None:
    xe.do(f"blob-put uuid={blob} filename={file}")
    file.write_bytes(b"short")
    xe.do(f"blob-put uuid={blob} filename={file}")
    assert xe.piped(f"blob-get uuid={blob} filename=-")[0] == b"short"
    xe.do("state-undo")
    assert xe.piped(f"blob-get uuid={blob} filename=-")[0] == DATA


def test_an_empty_blob_has_nothing_to_get(xe: "Xe", blob: str, tmp_path: Path) -> None:
    assert xe.code(f"blob-get uuid={blob} filename={tmp_path}/x") == "INTERNAL_ERROR"
    assert not (tmp_path / "x").exists()
    assert xe.code(f"blob-get uuid=x filename={tmp_path}/x") == "UUID_INVALID"
    assert xe.code(f"blob-put uuid=x filename={tmp_path}/x") == "UUID_INVALID"
    assert "cannot be read" in xe(f"blob-put uuid={blob} filename={tmp_path}/x").err


def test_data_are_part_of_the_transaction(xe: "Xe", blob: str, file: Path) -> None:
    xe.do(f"blob-put uuid={blob} filename={file} --dry-run")
    assert contents(xe) == []
    xe.do(f"blob-put uuid={blob} filename={file}")
    [content] = contents(xe)
    assert field(xe, blob, "content") == content
    assert "The state is sound" in xe.do("state-check")
    assert "Warning" not in xe.do("state-check")
    (xe.state.parent / f"{xe.state.name}.d" / "disks" / content).unlink()
    assert f"its content {content} is missing" in xe.do("state-check")


def test_there_is_no_room(xe: "Xe", blob: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XE_DISK_LIMIT", "1000")
    told = xe(f"blob-put uuid={blob} filename={file}").err
    assert "Code: INTERNAL_ERROR" in told
    assert "XE_DISK_LIMIT" in told
    assert contents(xe) == []


def test_data_without_an_end_are_refused(xe: "Xe", blob: str) -> None:
    assert f"/dev/zero is longer than {1 << 30} bytes" in xe(f"blob-put uuid={blob} filename=/dev/zero").err
    assert contents(xe) == []
    assert field(xe, blob, "content") is None


@pytest.mark.parametrize("cls", ["vm", "network"])
def test_the_blobs_of_an_object_go_with_it(xe: "Xe", cls: str) -> None:
    owner = xe.do(OBJECTS[cls])
    blob = xe.do(f"blob-create name=a {cls}-uuid={owner}")
    xe.do(f"{cls}-destroy uuid={owner}")
    assert xe.code(f"blob-get uuid={blob} filename=x") == "UUID_INVALID"


def test_a_copy_of_a_vm_has_no_blobs(xe: "Xe", blob: str) -> None:
    del blob
    copy = xe.do("vm-clone vm=web new-name-label=copy")
    assert xe.do(f"vm-param-get uuid={copy} param-name=blobs") == ""


def test_a_host_that_joins_a_pool_leaves_its_blobs_behind(xe: "Xe", file: Path) -> None:
    xe.do("state-init --force preset=classroom hosts=1")
    other = type(xe)(file.parent / "other.toml")
    other.do("state-init name-label=other")
    for cls in ("pool", "host"):
        blob = other.do(f"blob-create name=a {cls}-uuid={other.do(f'{cls}-list --minimal')}")
        other.do(f"blob-put uuid={blob} filename={file}")
    other.do(f"pool-join master-address={xe.state} master-username=root master-password=x")
    joined = [xe.do(f"host-param-get uuid={host} param-name=blobs") for host in xe.do("host-list --minimal").split(",")]
    assert joined == ["", ""]
    assert contents(xe) == []


def test_hosts_that_keep_no_binary_data(xe: "Xe", blob: str, file: Path) -> None:
    xe.do(f"blob-put uuid={blob} filename={file}")
    xe.do("pool-disable-binary-storage")
    for command in ("blob-put", "blob-get"):
        told = xe(f"{command} uuid={blob} filename={file}").err
        assert "pool-enable-binary-storage" in told
    xe.do("pool-enable-binary-storage")
    assert "Nobody has put anything into the blob" in xe(f"blob-get uuid={blob} filename={file}.out").err
    xe.do(f"blob-put uuid={blob} filename={file}")


def test_a_dump_of_the_database_gives_blobs_back_without_their_data(xe: "Xe", blob: str, file: Path) -> None:
    xe.do(f"blob-put uuid={blob} filename={file}")
    vm = xe.do("vm-list name-label=web --minimal")
    xe.do(f"pool-dump-database file-name={file}.db")
    assert blob not in Path(f"{file}.db").read_text().partition("</manifest>")[2]
    other = type(xe)(file.parent / "other.toml")
    assert "content of a blob" in other.do(f"state-import file={file}.db")
    assert other.do(f"vm-param-get uuid={vm} param-name=blobs") == f"icon: {blob}"
    assert "Nobody has put anything" in other(f"blob-get uuid={blob} filename=x").err
