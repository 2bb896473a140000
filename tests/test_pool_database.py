"""The database of a pool as a file: what is written is read back equal, and put back on the machine that is there."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from conftest import Xe
from pool_dump import HOST, POOL, Rows, dump, uuid

from xe_py import classes
from xe_py.dumps import database, writing
from xe_py.dumps.pool import take_in
from xe_py.state.state import State
from xe_py.store import store_for
from xe_py.xapi.api_fields import in_database

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.toml"))
# Messages are in files of their own, and tasks pass with the host's software.
KEPT = [cls.name for cls in classes.sections() if cls.name not in {"message", "task"}]
TABLES = [table.get("name") for table in ET.parse(Path(__file__).parent / "facts/dumps/xapi-db.xml").iter("table")]  # noqa: S314 - it is our own


def objects(state: State) -> dict[str, list[dict[str, object]]]:
    """All objects that the database has, with their fields, in order."""
    return {cls: [{name: in_order(value) for name, value in obj.items()} for obj in state.all(cls)] for cls in KEPT}


def in_order(value: object) -> object:
    """The value, so that the order of a map counts."""
    return list(value.items()) if isinstance(value, dict) else value


def state_in(path: Path) -> State:
    return store_for(str(path), {"XE_CACHE": "0"}).read(whole=True).state


def read_back(state: State) -> State:
    return take_in(database.read(b"".join(writing.dump(state))), secrets=True)[0]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_what_is_written_is_read_back_equal(path: Path) -> None:
    state = state_in(path)
    again = read_back(state)
    assert objects(again) == objects(state)
    assert b"".join(writing.dump(again)) == b"".join(writing.dump(state))


@pytest.mark.parametrize(
    "text",
    ["", "a  b", "%.%n%%_", "'\\'", "(('a' 'b'))", "<a b=\"c\">&amp;", "\t\n\r", "\x01\x1f\x7f", "\ufffe", "é€😀", "OpaqueRef:NULL"],
    ids=ascii,
)  # fmt: skip
def test_every_text_is_read_back_equal(xapi: Xe, text: str) -> None:
    vm = xapi.do("vm-create name-label=web")
    xapi.run(["vm-param-set", f"uuid={vm}", f"name-description={text}", f"other-config:k{text}={text}"])
    xapi.run(["vm-param-add", f"uuid={vm}", "param-name=tags", f"param-key={text}"])
    state = state_in(xapi.state)
    assert objects(read_back(state)) == objects(state)


def test_the_dump_has_the_form_of_xapis_database(xapi: Xe) -> None:
    vm = xapi.do("vm-create name-label=web")
    out, result = xapi.piped("pool-dump-database file-name=")
    assert result.status == 0
    root = ET.fromstring(out)  # noqa: S314 - it is our own
    assert [part.tag for part in root] == ["manifest", *["table"] * (len(root) - 1)]
    assert {"schema_major_vsn": "5", "schema_minor_vsn": "909"}.items() <= {pair.get("key"): pair.get("value") for pair in root[0]}.items()  # fmt: skip
    tables = {table.get("name"): list(table) for table in root[1:]}
    assert list(tables) == TABLES
    for rows in tables.values():
        assert [row.get("ref") for row in rows] == sorted(row.get("ref", "") for row in rows)
        for row in rows:
            assert list(row.attrib)[:3] == ["ref", "__ctime", "__mtime"]
            assert list(row.attrib)[3:] == sorted(list(row.attrib)[3:])
            assert row.get("_ref") == row.get("ref")
    row = next(row for row in tables["VM"] if row.get("uuid") == vm)
    assert row.get("power_state") == "Halted"
    assert row.get("resident_on") == "OpaqueRef:NULL"
    assert row.get("HVM__shadow_multiplier") == "1."
    assert row.get("snapshot_time") == "19700101T00:00:00Z"
    assert row.get("actions__after_crash") == "destroy"
    assert row.get("is_a_template") == "false"
    metrics = next(each for each in tables["VM_metrics"] if each.get("ref") == row.get("metrics"))
    assert metrics.get("memory__actual") == "0"
    local = next(row for row in tables["SR"] if row.get("name__label") == "Local%.storage")
    assert "('i18n-key'%.'local-storage')" in local.get("other_config", "")
    assert local.get("PBDs", "").startswith("('OpaqueRef:")


@pytest.mark.parametrize(
    ("cls", "name", "column"),
    [
        ("VM", "name_label", "name__label"),
        ("pool", "name_label", "name_label"),
        ("VM", "memory_static_max", "memory__static_max"),
        ("VM", "PV_args", "PV__args"),
        ("VM_guest_metrics", "PV_drivers_version", "PV_drivers_version"),
        ("host", "API_version_vendor_implementation", "API_version__vendor_implementation"),
        ("VIF", "qos_algorithm_type", "qos__algorithm_type"),
        ("VM", "actions_after_crash", "actions__after_crash"),
        ("SR", "physical_size", "physical_size"),
    ],
)
def test_a_column_has_the_name_that_it_has_there(cls: str, name: str, column: str) -> None:
    assert in_database(cls, name) == column


def test_a_dump_makes_a_new_file_for_its_user_alone(xapi: Xe, tmp_path: Path) -> None:
    file = tmp_path / "pool.db"
    assert xapi.do(f"pool-dump-database file-name={file}") == ""
    assert file.stat().st_mode & 0o777 == 0o600
    again = xapi(f"pool-dump-database file-name={file}")
    assert again.status == 1
    assert again.err.startswith(f"The file {file} exists already. Remove it, or choose another name.\n")


def test_the_contents_of_disks_are_not_in_the_dump(tmp_path: Path) -> None:
    pool, new = Xe(tmp_path / "pool.toml"), Xe(tmp_path / "new.toml")
    pool.state.write_bytes((Path(__file__).parent / "golden/format-2-contents.toml").read_bytes())
    pool.do(f"pool-dump-database file-name={tmp_path / 'pool.db'}")
    told = new.do(f"state-import file={tmp_path / 'pool.db'}")
    assert "Left out: content of a VDI (1), content of a volume (1)" in told.splitlines()
    assert "content" not in new.do("state-check")


# Putting back


@pytest.fixture
def dumped(xapi: Xe, tmp_path: Path) -> Path:
    """A dump of the pool with one VM, `web`."""
    xapi.do("vm-create name-label=web")
    xapi.do(f"pool-dump-database file-name={tmp_path / 'pool.db'}")
    return tmp_path / "pool.db"


def test_a_dump_is_put_back(xapi: Xe, dumped: Path) -> None:
    before = objects(state_in(xapi.state))
    xapi.do("vm-create name-label=later")
    xapi.do("vm-param-set uuid={vm} name-label=www", vm=xapi.do("vm-list name-label=web --minimal"))
    xapi.do("message-create name=N priority=3 body=B vm-uuid={vm}", vm=xapi.do("vm-list name-label=www --minimal"))
    assert xapi.do(f"pool-restore-database file-name={dumped} --force") == "The database of the pool is put back."
    assert objects(state_in(xapi.state)) == before
    assert xapi.do("message-list params=name --minimal") == "N"


def test_a_dry_run_puts_nothing_back(xapi: Xe, dumped: Path) -> None:
    xapi.do("vm-create name-label=later")
    before = xapi.state.read_bytes()
    assert xapi.do(f"pool-restore-database file-name={dumped} dry-run=false") == "The dump can be put back."
    assert xapi.state.read_bytes() == before


def test_it_must_be_forced(xapi: Xe, dumped: Path) -> None:
    refused = xapi(f"pool-restore-database file-name={dumped}")
    assert refused.status == 1
    assert refused.err.splitlines()[0].endswith("are forgotten. This operation must be forced (use --force).")


def test_the_machine_that_is_there_keeps_its_identity(xapi: Xe, tmp_path: Path) -> None:
    """Another host's dump is put back: uuids and network cards are those of this machine, all else is the dump's."""
    other = Xe(tmp_path / "other.toml")
    other.do("state-init name-label=other rules=xapi")
    other.do("vm-create name-label=theirs")
    other.do(f"pool-dump-database file-name={tmp_path / 'other.db'}")
    kept = [
        xapi.do("host-list --minimal"),
        xapi.do("vm-list is-control-domain=true --minimal"),
        xapi.do("pif-list params=MAC --minimal"),
    ]
    xapi.do(f"pool-restore-database file-name={tmp_path / 'other.db'} --force")
    assert kept == [xapi.do("host-list --minimal"), xapi.do("vm-list is-control-domain=true --minimal"), xapi.do("pif-list params=MAC --minimal")]  # fmt: skip
    assert xapi.do("host-list params=name-label --minimal") == "other"
    assert xapi.do("vm-list is-control-domain=false params=name-label --minimal") == "theirs"


def test_all_hosts_but_the_coordinator_are_forgotten(tmp_path: Path) -> None:
    pool = Xe(tmp_path / "pool.toml")
    pool.do("state-init name-label=xen hosts=2 rules=xapi")
    vm, disk_less = pool.do("vm-create name-label=there"), pool.do("vm-create name-label=here")
    pool.do(f"vm-start uuid={vm} on=xen-2")
    pool.do(f"vm-start uuid={disk_less} on=xen")
    pool.do(f"pool-dump-database file-name={tmp_path / 'pool.db'}")
    pool.do(f"pool-restore-database file-name={tmp_path / 'pool.db'} --force")
    assert pool.do("host-list params=name-label --minimal") == "xen"
    assert pool.do("pif-list params=host-name-label --minimal") == "xen,xen"
    assert set(pool.do("pbd-list params=host-name-label --minimal").split(",")) == {"xen"}
    assert pool.do("vm-list params=name-label power-state=running is-control-domain=false --minimal") == "here"
    assert pool.do("vm-list params=name-label power-state=halted --minimal") == "there"
    assert pool.do("vm-list is-control-domain=true params=name-label --minimal") == "Control domain on host: xen"


def _pif(device: str, **columns: str | bool) -> Rows:
    return [{"ref": "OpaqueRef:pif", "uuid": uuid(28), "host": HOST, "network": "OpaqueRef:net", "device": device, "physical": True, "MAC": "02:00:00:00:00:01", "VLAN": "-1", **columns}]  # fmt: skip


NETWORK: Rows = [{"ref": "OpaqueRef:net", "uuid": uuid(27), "bridge": "xenbr0"}]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (dump(), "RESTORE_INCOMPATIBLE_VERSION", "It is a dump of XAPI's database (schema 5.775); the schema of this pool is 5.909."),
        (dump(PIF=_pif("eth7"), network=NETWORK).replace("775", "909"), "RESTORE_TARGET_MISSING_DEVICE", "device: eth7"),
        (dump(PIF=_pif("eth1"), network=NETWORK).replace("775", "909"), "RESTORE_TARGET_MGMT_IF_NOT_IN_BACKUP", "<extra>: eth1"),
        (dump(pool=[{"ref": POOL, "uuid": uuid(1), "master": "OpaqueRef:gone"}]).replace("775", "909"), "INTERNAL_ERROR", "The dump cannot be put back: it has no pool with a coordinator."),
        ("<database/>", "INTERNAL_ERROR", "The dump cannot be put back: it has no tables, as the database of a pool has."),
        ("nonsense", "INTERNAL_ERROR", "The dump cannot be put back: it is not well-formed XML: syntax error: line 1, column 0."),
    ],
)  # fmt: skip
def test_what_cannot_be_put_back_is_refused(xapi: Xe, tmp_path: Path, text: str, code: str, said: str) -> None:
    (tmp_path / "pool.db").write_text(text)
    refused = xapi(f"pool-restore-database file-name={tmp_path / 'pool.db'} --force")
    assert refused.status == 1
    assert f"Code: {code}" in refused.err.splitlines()
    assert said in refused.err


def test_a_pool_that_came_in_has_the_schema_of_its_dump(tmp_path: Path) -> None:
    rows: Rows = [{"ref": HOST, "uuid": uuid(2), "software_version": {"db_schema": "5.775"}}]
    (tmp_path / "real.db").write_text(dump(host=rows))
    pool = Xe(tmp_path / "pool.toml")
    pool.do(f"state-import file={tmp_path / 'real.db'}")
    assert b'<pair key="schema_minor_vsn" value="775"/>' in pool.piped("pool-dump-database file-name=-")[0]
    pool.do(f"pool-restore-database file-name={tmp_path / 'real.db'} --force")
