"""Whatever a dump holds: it comes in, or it is refused with a reason. Nothing else happens, and no file is left."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from conftest import run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pool_dump import HOST, NULL, POOL, VM, dump, uuid

from xe_py.store import store_for

DUMPS = Path(__file__).parent / "facts/dumps"
SAMPLES = [path.read_bytes() for path in sorted(DUMPS.iterdir())]
pytestmark = pytest.mark.slow
EXAMPLES = settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([HOST, POOL, VM, NULL, uuid(1), uuid(2), uuid(9), "OpaqueRef:x", "true", "-1", "1e999", "()", "('a')", "(('a' 'b'))", "20260102T03:04:05Z", "Running", "xvda"]),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.none(), st.integers(), st.floats()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
NAMES = st.sampled_from(["uuid", "name_label", "power_state", "resident_on", "domid", "other_config", "VM", "VDI", "SR", "host", "network", "master", "affinity", "snapshot_of", "snapshot_metadata", "snapshot_time", "guest_metrics", "metrics", "memory_static_max", "HVM_shadow_multiplier", "device", "userdevice", "type", "currently_attached", "tags", "last_booted_record", "speed", "duplex", "VLAN", "MAC", "bridge", "location", "blobs", "appliance", "allowed_operations"])  # fmt: skip
LABELS = st.sampled_from(["VM", "VDI", "SR", "VBD", "VIF", "PBD", "PIF", "host", "pool", "network", "Bond", "VLAN", "task", "message", "VM_metrics", "VM_guest_metrics", "SM", "x"])  # fmt: skip
RECORDS = st.dictionaries(NAMES, VALUES, max_size=8)


def imported(folder: Path, data: bytes, *words: str) -> int:
    """Import the dump, which may be refused but not fail; the exit status."""
    state = folder / "new.toml"
    state.unlink(missing_ok=True)
    (folder / "dump").write_bytes(data)
    out, err = io.StringIO(), io.StringIO()
    status = run(["--state", str(state), "state-import", f"file={folder / 'dump'}", *words], out, err)
    assert "INTERNAL_ERROR" not in err.getvalue(), err.getvalue()
    assert status in {0, 1}
    assert state.exists() == (status == 0)
    if not status and not words:
        assert store_for(str(state), {}).read().findings == []
    return status


@EXAMPLES
@given(st.sampled_from(SAMPLES), st.data())
def test_damaged_files(tmp_path: Path, sample: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    imported(tmp_path, bytes(damaged))


@EXAMPLES
@given(st.dictionaries(LABELS, st.dictionaries(TEXTS, RECORDS, max_size=4), max_size=5), st.booleans())
def test_records_of_any_values(tmp_path: Path, records: dict[str, Any], anonymise: bool) -> None:
    whole = {label: {ref: {"uuid": uuid(number), **each} for number, (ref, each) in enumerate(of.items())} for label, of in records.items()}  # fmt: skip
    imported(tmp_path, json.dumps(whole).encode(), "keep=true", f"anonymise={str(anonymise).lower()}")


@EXAMPLES
@given(st.dictionaries(LABELS, st.lists(st.dictionaries(NAMES, TEXTS, max_size=8), max_size=3), max_size=5))
def test_databases_of_any_values(tmp_path: Path, tables: dict[str, Any]) -> None:
    names = {"name_label": "name__label", "memory_static_max": "memory__static_max"}
    made = {
        label: [
            {"ref": f"OpaqueRef:{label}{number}", "uuid": uuid(100 * len(label) + number)}
            | {names.get(name, name): _written(value) for name, value in row.items()}
            for number, row in enumerate(rows)
        ]
        for label, rows in tables.items()
    }
    if imported(tmp_path, dump(**made).encode(), "keep=true") == 0:
        _restored(tmp_path)


def _written(text: str) -> str:
    """The text without what XML has no characters for."""
    return "".join(letter for letter in text if letter.isprintable())


def _restored(folder: Path) -> None:
    """The dump may be put back on a fresh host or not, but nothing fails."""
    text = (folder / "dump").read_text().replace('"775"', '"909"')
    (folder / "dump").write_text(text)
    err = io.StringIO()
    assert run(["--state", str(folder / "host.toml"), "state-init", "force=true", "rules=xapi", "templates=none"]) == 0
    line = ["--state", str(folder / "host.toml"), "pool-restore-database", f"file-name={folder / 'dump'}", "--force"]
    assert run(line, io.StringIO(), err) in {0, 1}
    assert "message: " not in err.getvalue() or "The dump cannot be put back" in err.getvalue(), err.getvalue()


@EXAMPLES
@given(st.lists(st.one_of(st.text(max_size=30), st.tuples(NAMES, TEXTS).map(lambda pair: f"{pair[0].replace('_', '-')} ( RW): {pair[1]}"), st.just(f"uuid ( RO): {uuid(9)}"), st.just(""), st.just("xe vm-list")), max_size=20))  # fmt: skip
def test_text_of_any_lines(tmp_path: Path, lines: list[str]) -> None:
    imported(tmp_path, "\n".join(lines).encode(errors="replace"), "keep=true", "kind=text")


@EXAMPLES
@given(st.dictionaries(st.sampled_from(["xapi-db.xml", "a/xapi-db.xml", "../../xapi-db.xml", "/etc/xensource/pool.conf", "a/etc/xensource/pool.conf", "x"]), st.binary(max_size=40), max_size=4), st.integers(0, 3000))  # fmt: skip
def test_archives_of_any_members(tmp_path: Path, files: dict[str, bytes], cut: int) -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    imported(tmp_path, held.getvalue()[cut:])


@pytest.mark.parametrize("kind", ["database", "json", "xml-rpc", "text", "report"])
@EXAMPLES
@given(st.sampled_from([*SAMPLES, b"", b"\0" * 600, b"<", b"{", b"\xff\xfe"]))
def test_files_of_another_kind_than_they_are_said_to_be(tmp_path: Path, kind: str, sample: bytes) -> None:
    imported(tmp_path, sample, f"kind={kind}", "keep=true")
