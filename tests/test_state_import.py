"""A real pool comes in: `state-import` makes a state file of whatever XAPI or xe wrote down about it."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from conftest import Result, Xe, run
from pool_dump import DISK, HOST, NULL, SR, VM, Rows, Value, dump, uuid

from xe_py.dumps import capture, kinds
from xe_py.store import store_for

DUMPS = Path(__file__).parent / "facts/dumps"
DATABASE = (DUMPS / "xapi-db.xml").read_bytes()
ONE_HOST = "1 pool, 1 host, 1 network, 1 PIF, 1 SR, 1 PBD, 1 VDI, 2 VM, 1 VBD, 1 VIF"
RECORD = {"uuid": uuid(9), "name_label": "web", "power_state": "Halted", "memory_static_max": 1 << 30, "is_a_template": False, "platform": {}, "VCPUs_max": "2", "PV_args": "", "tags": ["a b"]}  # fmt: skip


class Import:
    """Imports dumps into one new state file."""

    def __init__(self, folder: Path) -> None:
        self.dump = folder / "dump"
        self.xe = Xe(folder / "new.toml")

    def __call__(self, data: bytes | str, *words: str) -> Result:
        self.dump.write_bytes(data if isinstance(data, bytes) else data.encode())
        return self.xe.run(["state-import", f"file={self.dump}", *words])

    def made(self, data: bytes | str, *words: str) -> list[str]:
        """What is told of a dump that comes in, behind the line about the file."""
        result = self(data, *words)
        assert (result.status, result.err) == (0, "")
        return result.out.splitlines()[1:]

    def refused(self, data: bytes | str, *words: str) -> str:
        """What is told of a dump that is refused, of which no file is left."""
        before = self.xe.state.exists()
        result = self(data, *words)
        assert result.status == 1
        assert self.xe.state.exists() == before
        return result.err.removesuffix("\n")

    def value(self, cls: str, of: str, field: str) -> str:
        return self.xe.do(f"{cls}-param-get uuid={of} param-name={field}")


@pytest.fixture
def imports(tmp_path: Path) -> Import:
    return Import(tmp_path)


# Kinds of file


@pytest.mark.parametrize(
    ("file", "kind", "title", "objects"),
    [
        ("xapi-db.xml", "database", "a dump of XAPI's database (schema 5.775)", ONE_HOST),
        ("bug-report-20260102030405.tar.bz2", "report", "xapi-db.xml in a status report: a dump of XAPI's database (schema 5.775)", ONE_HOST),
        ("get_all_records.json", "json", "records of XenAPI as JSON", "1 pool, 1 host, 1 SR, 1 PBD, 1 VDI"),
        ("get_all_records.xml", "xml-rpc", "records of XenAPI as XML-RPC", "1 pool, 1 host, 1 SR, 1 PBD, 1 VDI"),
        ("xe-params.txt", "text", "what xe prints of objects", "1 pool, 1 host, 1 SR, 1 PBD, 1 VDI, 1 VM"),
    ],
)  # fmt: skip
def test_each_kind_comes_in_whether_it_is_named_or_not(
    imports: Import, file: str, kind: str, title: str, objects: str
) -> None:
    for words in ([], [f"kind={kind}", "force=true"]):
        result = imports((DUMPS / file).read_bytes(), *words)
        assert result.status == 0, result.err
        assert result.out.startswith(f"Made {imports.xe.state} from {title}.\nObjects: {objects}\n")
        assert imports.xe.do("state-check").startswith("The state is sound")


def test_the_rules_are_those_of_a_real_pool_and_the_history_says_where_it_came_from(imports: Import) -> None:
    imports.made(DATABASE)
    assert "rules: xapi" in imports.xe.do("state-show")
    assert f"state-import file={imports.dump}" in imports.xe.do("state-history")


def _tar(files: dict[str, bytes], mode: str = "w") -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as archive:  # type: ignore[call-overload] # a mode is a text
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return held.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


REPORT = {"bug-report/inventory.xml": b"<x/>", "bug-report/etc/xensource/pool.conf": b"master", "bug-report/xapi-db.xml": DATABASE}  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(DATABASE),
        bz2.compress(DATABASE),
        bz2.compress(DATABASE[:5000]) + bz2.compress(DATABASE[5000:]),
        lzma.compress(DATABASE),
        b"\xef\xbb\xbf" + DATABASE,
        _tar(REPORT),
        _tar(REPORT, "w:gz"),
        _tar(REPORT, "w:xz"),
        _tar({name.removeprefix("bug-report/"): data for name, data in REPORT.items()}),
        _tar({f"./{name}": data for name, data in REPORT.items()}),
        _tar({"bug-report/xapi-db.xml": b"", "bug-report/xapi-db-dumped.xml": DATABASE}),
        _zip(REPORT),
    ],
    ids=[
        "gzip",
        "bzip2",
        "several",
        "xz",
        "mark",
        "tar",
        "tar.gz",
        "tar.xz",
        "no folder",
        "dot",
        "no filtered one",
        "zip",
    ],
)
def test_a_database_is_found_in_whatever_it_is_packed(imports: Import, data: bytes) -> None:
    assert imports.made(data)[0] == f"Objects: {ONE_HOST}"


def test_a_report_of_a_member_is_said_to_be_old(imports: Import) -> None:
    lines = imports.made(_tar({**REPORT, "bug-report/etc/xensource/pool.conf": b"slave:192.0.2.1"}))
    assert lines[1].startswith("The status report is of a member of the pool, so its database is an older copy.")


def test_a_dump_may_come_on_standard_input(imports: Import) -> None:
    out, result = imports.xe.piped("state-import file=-", DATABASE)
    assert result.status == 0
    assert ONE_HOST.encode() in out


# What comes in


@pytest.mark.parametrize(
    ("cls", "of", "field", "value"),
    [
        ("vm", 19, "name-label", "web"),
        ("vm", 19, "power-state", "running"),
        ("vm", 19, "resident-on", "5a5a0000-0000-0000-0000-000000000015"),
        ("vm", 19, "dom-id", "3"),
        ("vm", 19, "actions-after-crash", "Destroy"),
        ("vm", 19, "tags", "prod, two words"),
        ("vm", 19, "HVM-shadow-multiplier", "1.000"),
        ("vm", 19, "VBDs", "5a5a0000-0000-0000-0000-00000000001a"),
        ("vdi", 18, "name-label", "root of 'web'"),
        ("vdi", 18, "name-description", "100% own,\nmade up"),
        ("vdi", 18, "type", "User"),
        ("vdi", 18, "virtual-size", "10737418240"),
        ("vdi", 18, "sm-config", "vhd-parent: 5a5a0000-0000-0000-0000-00000000004d"),
        ("vbd", "1a", "vdi-uuid", "5a5a0000-0000-0000-0000-000000000018"),
        ("vbd", "1a", "device", "xvda"),
        ("vbd", "1a", "other-config", "owner: "),
        ("host", 15, "memory-total", "34359738368"),
        ("host", 15, "host-metrics-live", "true"),
        ("host", 15, "hostname", "xen1"),
        ("pif", "1c", "IP-configuration-mode", "Static"),
        ("pbd", 17, "currently-attached", "true"),
        ("sr", 16, "physical-size", "500000000000"),
    ],
)
def test_a_field_of_the_database_comes_in(imports: Import, cls: str, of: object, field: str, value: str) -> None:
    imports.made(DATABASE)
    assert imports.value(cls, f"5a5a0000-0000-0000-0000-{of:0>12}", field) == value


def test_the_pool_works_as_it_would_have(imports: Import) -> None:
    imports.made(DATABASE)
    assert imports.xe.do("vm-shutdown vm=web force=true") == ""
    snapshot = imports.xe.do("vm-snapshot vm=web new-name-label=before")
    assert imports.value("vm", snapshot, "snapshot-of") == "5a5a0000-0000-0000-0000-000000000019"


def _vm(**columns: Value) -> Rows:
    return [{"ref": VM, "uuid": uuid(9), "name__label": "web", **columns}]


@pytest.mark.parametrize(
    ("column", "given", "field", "value"),
    [
        ("name__description", "a  b\tc\nd%e", "name-description", "a  b\tc\nd%e"),
        ("other_config", {"it's": "a \\ b", "e": ""}, "other-config", "it's: a \\ b; e: "),
        ("actions__after_crash", "coredump_and_restart", "actions-after-crash", "Core dump and restart"),
        ("snapshot_time", "20260102T03:04:05Z", "snapshot-time", "20260102T03:04:05Z"),
        ("snapshot_time", "2026-01-02T03:04:05Z", "snapshot-time", "20260102T03:04:05Z"),
        ("HVM__shadow_multiplier", "4.", "HVM-shadow-multiplier", "4.000"),
        ("affinity", NULL, "affinity", "<not in database>"),
        ("blocked_operations", {"clean_shutdown": "no"}, "blocked-operations", "clean_shutdown: no"),
        ("memory__static_max", "-1", "memory-static-max", "-1"),
        ("current_operations", {"OpaqueRef:t": "start"}, "current-operations", ""),
    ],
)
def test_a_value_of_the_database_is_read_as_xapi_writes_it(
    imports: Import, column: str, given: Value, field: str, value: str
) -> None:
    imports.made(dump(VM=_vm(**{column: given})))
    assert imports.value("vm", uuid(9), field) == value


def test_objects_stand_in_the_order_in_which_they_were_made(imports: Import) -> None:
    ages = {"old": 3, "new": 20, "middle": 7}
    rows: Rows = [{"ref": f"OpaqueRef:{name}", "__ctime": age, "uuid": uuid(age), "name__label": name} for name, age in ages.items()]  # fmt: skip
    imports.made(dump(VM=rows))
    assert imports.xe.do("vm-list params=name-label --minimal") == "old,middle,new"


def test_what_guests_reported_is_reported_on(imports: Import) -> None:
    metrics = "OpaqueRef:metrics"
    reports: Rows = [{"ref": metrics, "uuid": uuid(11), "os_version": {"name": "OwnOS 1"}, "networks": {"0/ip": "192.0.2.7"}}]  # fmt: skip
    rows = _vm(power_state="Running", resident_on=HOST, domid=4, domain_type="hvm", guest_metrics=metrics)
    imports.made(dump(VM=rows, VM_guest_metrics=reports))
    assert imports.value("vm", uuid(9), "os-version") == "name: OwnOS 1"
    assert imports.value("vm", uuid(9), "networks") == "0/ip: 192.0.2.7"
    assert imports.xe.do("vm-shutdown vm=web") == ""


def test_a_guest_that_reported_nothing_has_no_tools(imports: Import) -> None:
    rows = _vm(power_state="Running", resident_on=HOST, domid=4, domain_type="hvm", guest_metrics=NULL)
    imports.made(dump(VM=rows, VM_guest_metrics=[]))
    assert imports.xe.code("vm-shutdown vm=web") == "VM_LACKS_FEATURE"


def test_a_snapshot_knows_what_its_vm_was_like(imports: Import) -> None:
    was = {"uuid": uuid(9), "name__label": "old web", "VCPUs__max": "4", "other_config": "(('a' 'b'))"}
    snapshot: Rows = [{"ref": "OpaqueRef:snap", "uuid": uuid(10), "name__label": "before", "is_a_snapshot": True, "is_a_template": True, "snapshot_of": VM, "snapshot_metadata": was, "power_state": "Halted"}]  # fmt: skip
    imports.made(dump(VM=_vm() + snapshot))
    imports.xe.do(f"snapshot-revert snapshot-uuid={uuid(10)}")
    assert imports.value("vm", uuid(9), "name-label") == "old web"
    assert imports.value("vm", uuid(9), "VCPUs-max") == "4"
    assert imports.value("vm", uuid(9), "other-config") == "a: b"


# Records


@pytest.mark.parametrize(
    "shape",
    [
        {"OpaqueRef:1": RECORD},
        {"jsonrpc": "2.0", "result": {"OpaqueRef:1": RECORD}, "id": 1},
        {"Status": "Success", "Value": {"OpaqueRef:1": RECORD}},
        {"VM": {"OpaqueRef:1": RECORD}},
        {"VM.get_all_records": {"OpaqueRef:1": RECORD}},
        {"vms": [RECORD]},
        [RECORD],
        RECORD,
        {"result": RECORD},
        {"events": [{"class": "vm", "operation": "add", "ref": "OpaqueRef:1", "snapshot": RECORD}], "token": "1"},
    ],
    ids=str,
)
def test_records_come_in_whatever_is_around_them(imports: Import, shape: object) -> None:
    assert imports.made(json.dumps(shape))[0] == "Objects: 1 pool, 1 host, 1 VM"
    assert imports.value("vm", uuid(9), "VCPUs-max") == "2"
    assert imports.value("vm", uuid(9), "tags") == "a b"


def test_a_half_of_a_character_is_none(imports: Import) -> None:
    halves = {"name_description": "a\ud800", "other_config": {"k\udfff": "\ud801"}, "tags": ["\ud802"]}
    imports.made(json.dumps({"VM": {VM: RECORD | halves}}))
    assert imports.value("vm", uuid(9), "name-description") == "a?"
    assert imports.value("vm", uuid(9), "other-config") == "k?: ?"


def test_references_in_sets_of_texts_become_uuids(imports: Import) -> None:
    pool: Rows = [{"ref": "OpaqueRef:pool", "uuid": uuid(1), "master": HOST, "ha_statefiles": [DISK, "OpaqueRef:gone"]}]
    disk: Rows = [{"ref": DISK, "uuid": uuid(18), "SR": SR}]
    imports.made(dump(pool=pool, VDI=disk, SR=SECRETS["SR"], PBD=[]))
    assert imports.value("pool", uuid(1), "ha-statefiles") == f"{uuid(18)}; OpaqueRef:gone"


def test_several_answers_in_one_file_are_one_capture(imports: Import) -> None:
    host = {"uuid": uuid(2), "name_label": "xen1", "hostname": "xen1", "address": "192.0.2.1"}
    answers = [{"result": {"host": {HOST: host}}}, {"result": {VM: {**RECORD, "affinity": HOST}}}]
    lines = imports.made("\n".join(map(json.dumps, answers)))
    assert lines[0] == "Objects: 1 pool, 1 host, 1 VM"
    assert imports.value("vm", uuid(9), "affinity") == uuid(2)
    member = f"<member><name>uuid</name><value>{uuid(9)}</value></member>"
    answer = "<?xml version='1.0'?><methodResponse><params><param><value><struct><member><name>Value</name><value><struct><member><name>{}</name><value><struct><member><name>{}</name><value><struct>{}</struct></value></member></struct></value></member></struct></value></member></struct></value></param></params></methodResponse>\n"
    both = answer.format("VM", VM, member) + answer.format("SR", SR, member.replace(uuid(9), uuid(8)))
    assert imports.made(both, "force=true")[0] == "Objects: 1 pool, 1 host, 1 SR, 1 PBD, 1 VM"


# What xe prints

LISTS = f"""\
[root@xen1 ~]# xe vm-list params=all
uuid ( RO)                  : {uuid(9)}
              name-label ( RW): web
        name-description ( RW): first line
second line

behind an empty one: with a colon
             power-state ( RO): running
             resident-on ( RO): {uuid(2)}
                  dom-id ( RO): 3
            other-config (MRW): a: b; c; d: e: f; g:\x20
                    tags (SRW): one, two
           memory-target ( RO): <expensive field>


[root@xen1 ~]# date
Fri Nov 27 14:32:00 UTC 2026
[root@xen1 ~]# xe vdi-list
uuid ( RO)                : {uuid(18)}
          name-label ( RW): disk
    name-description ( RW):\x20
             sr-uuid ( RO): {uuid(16)}
        virtual-size ( RO): 1048576
            sharable ( RO): false
           read-only ( RO): false


[root@xen1 ~]# xe vbd-param-list uuid={uuid(26)}
uuid ( RO)                : {uuid(26)}
             vm-uuid ( RO): {uuid(9)}
            vdi-uuid ( RO): {uuid(18)}
                type ( RW): Disk
          userdevice ( RW): 0
  currently-attached ( RO): true
"""


def test_lists_of_xe_come_in_with_what_stands_around_them(imports: Import) -> None:
    lines = imports.made(LISTS)
    assert lines[0] == "Objects: 1 pool, 1 host, 1 SR, 1 PBD, 1 VDI, 1 VM, 1 VBD"
    assert (
        imports.value("vm", uuid(9), "name-description")
        == "first line\nsecond line\n\nbehind an empty one: with a colon"
    )
    assert imports.value("vm", uuid(9), "other-config") == "a: b; c; d: e: f; g: "
    assert imports.value("vm", uuid(9), "tags") == "one, two"
    assert imports.value("vm", uuid(9), "resident-on") == uuid(2)
    assert imports.value("vdi", uuid(18), "virtual-size") == "1048576"
    assert imports.xe.do("state-check").startswith("The state is sound")


PAGE = f"""\
## How to look at the storage

First find the SR, and then use this command (`xe pbd-list` knows more):
```
# xe sr-list name-label=shared
uuid ( RO)                : {uuid(16)}
          name-label ( RW): shared
    name-description ( RW):\x20
                host ( RO): <shared>
                type ( RO): linstor
        content-type ( RO): user
```

Example output, where each host is connected:
```
uuid ( RO)                  : {uuid(17)}
host-uuid ( RO): {uuid(2)}
sr-uuid ( RO): {uuid(16)}
device-config (MRO): group-name: linstor_group/thin_device; redundancy: 2
currently-attached ( RO): true\x20\x20


     uuid ( RO)                  : {uuid(18)}                   host-uuid ( RO): {uuid(3)}
                    sr-uuid ( RO): {uuid(16)}
         currently-attached ( RO): true


uuid ( RO)                  : {uuid(19)}
             host-uuid ( RO): {uuid(4)}
               sr-uuid ( RO): {uuid(16)}
    currently-attached ( RO): true
```
And so on.
"""


def test_a_page_of_documentation_comes_in(imports: Import) -> None:
    """People paste lists without their blanks, into pages with words around them."""
    lines = imports.made(PAGE)
    assert lines[0] == "Objects: 1 pool, 2 host, 1 SR, 2 PBD"
    assert lines[-1] == "Left out: PBD without a valid uuid (1)"
    assert imports.value("sr", uuid(16), "shared") == "true"
    assert imports.value("pbd", uuid(17), "device-config") == "group-name: linstor_group/thin_device; redundancy: 2"
    assert imports.value("pbd", uuid(19), "host-uuid") == uuid(4)


def test_a_list_without_a_command_line_is_told_by_its_fields(imports: Import) -> None:
    shown = [f"uuid ( RO) : {uuid(9)}\nname-label ( RW): web\npower-state ( RO): halted\n\n\n"]
    shown += [
        f"uuid ( RO) : {uuid(16)}\nname-label ( RW): nfs\nname-description ( RW): \nhost ( RO): xen1\ntype ( RO): nfs\ncontent-type ( RO): user\n\n\n"
    ]
    assert imports.made("".join(shown))[0] == "Objects: 1 pool, 1 host, 1 SR, 1 PBD, 1 VM"


def test_a_list_that_may_be_of_several_classes_is_left_out_unless_its_command_is_there(imports: Import) -> None:
    shown = f"uuid ( RO) : {uuid(9)}\nname-label ( RW): x\nname-description ( RW): \n\n\n"
    assert "records with the fields uuid, name-label, name-description (1)" in imports.refused(shown)
    assert imports.made(f"xe template-list\n{shown}")[0] == "Objects: 1 pool, 1 host, 1 VM"


def test_what_is_told_of_one_object_twice_comes_together(imports: Import) -> None:
    shown = f"xe vm-list\nuuid ( RO) : {uuid(9)}\nname-label ( RW): web\n\n\n"
    imports.made(f"{shown}xe vm-param-list uuid={uuid(9)}\nuuid ( RO) : {uuid(9)}\nVCPUs-max ( RW): 3\n")
    assert imports.value("vm", uuid(9), "name-label") == "web"
    assert imports.value("vm", uuid(9), "VCPUs-max") == "3"


# What is missing


def test_a_capture_without_host_and_storage_gets_stand_ins_that_work(imports: Import) -> None:
    disk = f"xe vdi-list\nuuid ( RO): {uuid(18)}\nsr-uuid ( RO): {uuid(16)}\nsr-name-label ( RO): vms\nvirtual-size ( RO): 1024\n"
    lines = imports.made(disk)
    assert lines[0] == "Objects: 1 pool, 1 host, 1 SR, 1 PBD, 1 VDI"
    stand_ins = [line.removeprefix("Stand-in, because it is not in the capture: ") for line in lines[1:4]]
    assert [each.split()[0] for each in stand_ins] == ["SR", "host", "pool"]
    assert stand_ins[0] == f"SR {uuid(16)} (vms)"
    assert lines[4] == "Assumed: plugged PBDs for 1 SR"
    vm = imports.xe.do("vm-create name-label=new")
    imports.xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={uuid(18)} device=0 type=Disk mode=RW bootable=true")
    imports.xe.do(f"vm-start uuid={vm}")


def test_running_vms_of_a_plain_list_get_a_host_and_a_domain(imports: Import) -> None:
    shown = "".join(
        f"uuid ( RO): {uuid(number)}\nname-label ( RW): vm\npower-state ( RO): running\n\n\n" for number in (8, 9)
    )
    lines = imports.made(f"xe vm-list\n{shown}")
    assert lines[-1] == "Assumed: the host or the domain number of 2 running VMs"
    assert imports.xe.do("vm-list params=dom-id --minimal") == "1,2"


HANGS: Rows = [{"ref": "OpaqueRef:vbd", "uuid": uuid(26), "VM": "OpaqueRef:gone", "VDI": NULL, "type": "CD", "mode": "RO", "userdevice": "3"}]  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "line"),
    [
        ({"VM": _vm(), "SM": [{"ref": "OpaqueRef:sm", "uuid": uuid(30), "type": "nfs"}]}, "Left out, because xe_py does not have it: SM (1)"),
        ({"VM": _vm(new_field="x")}, "Left out, because xe_py does not have it: VM.new_field (1)"),
        ({"VM": _vm(power_state="Dreaming")}, "Left out, because the value does not fit the field: VM.power_state=Dreaming (1)"),
        ({"VM": _vm(memory__static_max="much")}, "Left out, because the value does not fit the field: VM.memory_static_max=much (1)"),
        ({"VM": _vm(other_config="(('password' 'hunter2')")}, "Left out, because the value does not fit the field: VM.other_config (1)"),
        ({"VM": _vm(), "VBD": HANGS}, "Left out: VBD whose vm-uuid is not there (1)"),
        ({"VM": [*_vm(), {"ref": "OpaqueRef:x", "uuid": "none"}]}, "Left out: VM without a valid uuid (1)"),
        ({"VM": _vm(), "PBD": [], "SR": [{"ref": SR, "uuid": uuid(9)}]}, "Left out: VM with the uuid of another object (1)"),
        ({"VM": _vm(affinity="OpaqueRef:gone")}, "Cleared, because the object is not there: VM affinity (1)"),
    ],
)  # fmt: skip
def test_what_does_not_come_in_is_reported(imports: Import, tables: dict[str, Rows], line: str) -> None:
    assert imports.made(dump(**tables))[1:] == [line]


def _disk(type: str) -> Rows:
    return [{"ref": "OpaqueRef:vbd", "uuid": uuid(26), "VM": VM, "VDI": "OpaqueRef:gone", "type": type, "mode": "RO" if type == "CD" else "RW", "userdevice": "0"}]  # fmt: skip


def test_what_a_host_would_put_right_is_put_right(imports: Import) -> None:
    """As XAPI does when it starts: a disk that is gone takes its VBD along, a drive is emptied, a VM is halted."""
    rows = _vm(power_state="Running", resident_on="OpaqueRef:gone", domid=3)
    vif: Rows = [{"ref": "OpaqueRef:vif", "uuid": uuid(30), "VM": VM, "network": "OpaqueRef:net", "device": "0", "MAC": "02:00:00:00:00:01", "currently_attached": True}]  # fmt: skip
    network: Rows = [{"ref": "OpaqueRef:net", "uuid": uuid(27), "bridge": "xenbr0"}]
    lines = imports.made(dump(VM=rows, VIF=vif, network=network, VDI=[], VBD=_disk("Disk")))
    assert lines[1:] == [
        f"Assumed: VM {uuid(9)} (web) is halted, because its host is not there",
        "Left out: VBD whose vdi-uuid is not there (1)",
        "Cleared, because the object is not there: VBD vdi-uuid (1), VM resident-on (1)",
    ]
    assert imports.value("vm", uuid(9), "power-state") == "halted"
    assert imports.value("vif", uuid(30), "currently-attached") == "false"
    imports.made(dump(VM=_vm(), VDI=[], VBD=_disk("CD")), "force=true")
    assert imports.value("vbd", uuid(26), "empty") == "true"


def test_what_says_nothing_or_is_kept_elsewhere_is_not_reported(imports: Import) -> None:
    rows = _vm(VIFs=["OpaqueRef:a"], attached_PCIs=[], is_snapshot_from_vmpp=False, protection_policy=NULL)
    assert imports.made(dump(VM=rows))[1:] == []


# Secrets

SECRETS: dict[str, Rows] = {
    "SR": [{"ref": SR, "uuid": uuid(16), "type": "nfs", "shared": True}],
    "PBD": [{"ref": "OpaqueRef:pbd", "uuid": uuid(17), "SR": SR, "host": HOST, "currently_attached": True, "device_config": {"cifspassword": "hunter2", "location": "//u:hunter2@nas/x", "password_secret": uuid(3)}}],
    "VM": _vm(other_config={"rootPassword": "hunter2"}, NVRAM={"EFI-variables": "hunter2"}, last_booted_record="('struct' ('password' 'hunter2'))"),
}  # fmt: skip


def test_secrets_are_masked(imports: Import) -> None:
    assert imports.made(dump(**SECRETS))[-1] == "Masked: 5 secrets"
    text = imports.xe.state.read_text()
    assert "hunter2" not in text
    assert 'cifspassword = "***"' in text
    assert f'password_secret = "{uuid(3)}"' in text
    assert '"//u:***@nas/x"' in text


def test_secrets_are_kept_if_somebody_asks_for_them(imports: Import) -> None:
    assert imports.made(dump(**SECRETS), "secrets=true")[1:] == []
    assert imports.xe.state.read_text().count("hunter2") == 5


# What is unsound

TWO_POOLS: dict[str, Rows] = {
    "pool": [{"ref": f"OpaqueRef:{number}", "uuid": uuid(number), "master": HOST} for number in (3, 4)],
    "VM": _vm(),
}


def test_a_pool_that_breaks_the_rules_is_refused(imports: Import) -> None:
    text = imports.refused(dump(**TWO_POOLS))
    assert text.splitlines()[0] == f"Error: The pool in {imports.dump} breaks the rules, so no state file was made."
    assert f"Wrong: pool {uuid(4)}: Another object already has this value. [DB_UNIQUENESS_CONSTRAINT_VIOLATION]" in text
    assert text.endswith("To keep it as it is, in a file that can be listed but not changed, add keep=true")


def test_what_is_kept_all_the_same_can_be_listed_and_not_changed(imports: Import) -> None:
    imports.dump.write_text(dump(**TWO_POOLS))
    assert run(["--state", str(imports.xe.state), "state-import", f"file={imports.dump}", "keep=true"]) == 0
    listed = imports.xe("vm-list params=name-label --minimal")
    assert (listed.out, listed.status) == ("web\n", 0)
    assert imports.xe("vm-start vm=web").status == 3
    assert len(store_for(str(imports.xe.state), {}).read().findings) == 1


# What may not happen


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"  \n", "it is empty"),
        (b'<!DOCTYPE d [<!ENTITY a "x">]><database/>', "it declares a document type, which could define entities of any size; XAPI writes none"),
        (b'<!DOCTYPE m SYSTEM "file:///etc/passwd"><methodResponse/>', "it declares a document type, which could define entities of any size; XenAPI writes none"),
        (b"<database><table", "it is not well-formed XML: unclosed token: line 1, column 10"),
        (b"<database></database>", "it has no tables, as the database of a pool has"),
        (b"<database>" * 100_000, "it has an element <database> where the database of a pool has none"),
        (b"<html><body/></html>", "it has an element <html> where the database of a pool has none"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "it has no records, which are objects with a uuid"),
        (b'{"uuid": 1' + b"0" * 5000 + b"}", "it is not valid JSON: Exceeds the limit (4300 digits) for integer string conversion: value has 5001 digits; use sys.set_int_max_str_digits() to increase the limit"),
        (b'{"uuid"', "it is not valid JSON: Expecting ':' delimiter: line 1 column 8 (char 7)"),
        (b"{}", "it has no records, which are objects with a uuid"),
        (b'{"error": {"code": 1, "message": "SESSION_INVALID"}}', "it is an error that XenAPI has answered, not records: {'code': 1, 'message': 'SESSION_INVALID'}"),
        (b"<methodResponse>" + b"<params><param><value><array><data>" * 20_000 + b"</methodResponse>", "it is not well-formed XML: mismatched tag: line 1, column 700018"),
        (b"<methodResponse><params/></methodResponse>", "it has no records, which are objects with a uuid"),
        (b"web,db,mail\n", "it has no record as xe prints them, with lines such as `uuid ( RO): …`"),
        (bytes(range(256)) * 10, "it has no record as xe prints them, with lines such as `uuid ( RO): …`"),
        (gzip.compress(DATABASE)[:-40], "it cannot be decompressed: Compressed file ended before the end-of-stream marker was reached"),
        (b"\x1f\x8bnonsense", "it cannot be decompressed: Unknown compression method"),
        (b"BZh9nonsense", "it cannot be decompressed: Invalid data stream"),
        (_tar({"bug-report/inventory.xml": b"<x/>"}), "it is an archive without xapi-db.xml or xapi-db-dumped.xml, as a status report has them"),
        (b"PK\x03\x04nonsense", "it is an archive that cannot be read: File is not a zip file"),
        (dump(pool=[], host=[], SM=[{"ref": "OpaqueRef:sm", "uuid": uuid(30)}]).encode(), "it has no object that xe_py has. Left out, because xe_py does not have it: SM (1)"),
    ],
    ids=range(24),
)  # fmt: skip
def test_a_file_that_is_no_dump_is_refused_with_the_reason(imports: Import, data: bytes, said: str) -> None:
    assert imports.refused(data) == f"Error: {imports.dump} cannot be imported: {said}."


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lambda data: _zip({"r/xapi-db.xml": data})])
def test_what_grows_too_large_is_refused(imports: Import, monkeypatch: pytest.MonkeyPatch, pack: "type[bytes]") -> None:
    monkeypatch.setattr(kinds, "LARGEST", 1 << 20)
    bomb = pack(b" " * (2 << 20))
    assert len(bomb) < 1 << 16
    assert "more than" in imports.refused(bomb)
    assert "more than" in imports.refused(b" " * (2 << 20))


def test_a_dump_of_too_many_objects_is_refused(imports: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xe_py.dumps.capture.MOST_ROWS", 10)
    monkeypatch.setattr("xe_py.dumps.listing.MOST_ROWS", 10)
    assert capture.MOST_ROWS == 10
    rows: Rows = [{"ref": f"OpaqueRef:{number}", "uuid": uuid(number)} for number in range(20)]
    assert "it has more than 10 objects" in imports.refused(dump(VM=rows))
    assert "it has more than 10 objects" in imports.refused(
        "".join(f"uuid ( RO): {uuid(number)}\n" for number in range(20))
    )


def test_a_dump_of_too_many_values_is_refused(imports: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xe_py.dumps.capture.MOST_VALUES", 10)
    for file in ("xapi-db.xml", "get_all_records.json", "get_all_records.xml", "xe-params.txt"):
        assert "it has more than 10 values" in imports.refused((DUMPS / file).read_bytes())


def test_values_that_are_no_sets_or_maps_are_left_out(imports: Import) -> None:
    for text in ("(", "()x", "'a'", "((('a')))", "('a'))", "(('a' 'b' 'c'))", "('" + "\\" * 99, "(" * 100_000):
        lines = imports.made(dump(VM=_vm(other_config=text)), "force=true")
        assert lines[1].startswith("Left out, because the value does not fit the field: VM.other_config (1)")


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(imports: Import) -> None:
    imports.made(DATABASE)
    before = imports.xe.state.read_bytes()
    result = imports(dump(VM=_vm()))
    assert (result.status, result.err) == (
        3,
        f"The state file {imports.xe.state} already exists.\nTo replace it, add --force.\n",
    )
    assert imports.xe.state.read_bytes() == before
    imports.made(dump(VM=_vm()), "force=true")
    assert imports.xe.do("vm-list params=name-label --minimal") == "web"


def test_a_dry_run_tells_the_same_and_makes_nothing(imports: Import) -> None:
    told = imports(DATABASE, "--dry-run")
    assert not imports.xe.state.exists()
    assert told.out.startswith("Would make")
    assert told.out.splitlines()[1:] == imports.made(DATABASE)


def test_a_file_that_cannot_be_read_is_refused(imports: Import) -> None:
    result = imports.xe("state-import file=/nowhere/dump.xml")
    assert (result.status, result.err) == (1, "The file /nowhere/dump.xml cannot be read: No such file or directory.\n")


# Size


def _large(count: int) -> str:
    """A pool of about so many objects: VMs, each with two disks and two network cards."""
    vms: Rows = []
    others: dict[str, Rows] = {"VDI": [], "VBD": [], "VIF": [], "VM_metrics": [], "VM_guest_metrics": []}
    for number in range(count // 9):
        ref = f"OpaqueRef:vm{number}"
        vms.append({"ref": ref, "__ctime": number, "uuid": uuid(1_000_000 + number), "name__label": f"vm {number}", "power_state": "Running", "resident_on": HOST, "domid": number + 1, "domain_type": "hvm", "metrics": f"OpaqueRef:m{number}", "guest_metrics": f"OpaqueRef:g{number}", "other_config": {"mac_seed": uuid(number), "base_template_name": "Debian"}, "platform": {"acpi": "1", "apic": "true"}, "tags": ["a", "b"]})  # fmt: skip
        others["VM_metrics"].append(
            {"ref": f"OpaqueRef:m{number}", "uuid": uuid(2_000_000 + number), "start_time": "20260102T03:04:05Z"}
        )
        others["VM_guest_metrics"].append(
            {
                "ref": f"OpaqueRef:g{number}",
                "uuid": uuid(3_000_000 + number),
                "networks": {"0/ip": "192.0.2.7"},
                "os_version": {"name": "Debian"},
            }
        )
        for place in range(2):
            key = 10 * number + place
            others["VDI"].append(
                {
                    "ref": f"OpaqueRef:vdi{key}",
                    "uuid": uuid(4_000_000 + key),
                    "SR": SR,
                    "location": uuid(4_000_000 + key),
                    "virtual_size": 1 << 30,
                }
            )
            others["VBD"].append(
                {
                    "ref": f"OpaqueRef:vbd{key}",
                    "uuid": uuid(5_000_000 + key),
                    "VM": ref,
                    "VDI": f"OpaqueRef:vdi{key}",
                    "userdevice": str(place),
                    "currently_attached": True,
                    "device": f"xvd{'ab'[place]}",
                }
            )
            others["VIF"].append(
                {
                    "ref": f"OpaqueRef:vif{key}",
                    "uuid": uuid(6_000_000 + key),
                    "VM": ref,
                    "network": "OpaqueRef:net",
                    "device": str(place),
                    "MAC": f"02:00:00:{number >> 8:02x}:{number & 255:02x}:{place:02x}",
                    "currently_attached": True,
                }
            )
    return dump(VM=vms, SR=SECRETS["SR"], PBD=SECRETS["PBD"], network=[{"ref": "OpaqueRef:net", "uuid": uuid(27), "bridge": "xenbr0"}], **others)  # fmt: skip


@pytest.mark.slow
def test_a_pool_of_ten_thousand_objects_comes_in_within_seconds(imports: Import) -> None:
    text = _large(10_000)
    started = time.process_time()
    lines = imports.made(text)
    assert time.process_time() - started < 20
    assert "1111 VM, 2222 VBD, 2222 VIF" in lines[0]
    assert DISK not in imports.xe.state.read_text()
