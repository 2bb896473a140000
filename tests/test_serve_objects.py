"""What clients see and change of the pool by the messages that classes and fields imply, and by rows."""

import json
import os
import re
import threading
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import XenAPI

from xe_py.errors import Failure
from xe_py.serve.background import serving
from xe_py.serve.model import ENUM, MAP, REF, SET, inner, outer, read_model
from xe_py.serve.queries import holds
from xe_py.serve.references import reference, uuid_in
from xe_py.store import store_for

if TYPE_CHECKING:
    from conftest import Xe

MODEL = read_model()
NULL = "OpaqueRef:NULL"
TIME = re.compile(r"\d{8}T\d\d:\d\d:\d\dZ")


@pytest.fixture
def api(xapi: "Xe") -> Iterator[Any]:
    """The official SDK, logged in at a server of a fresh host."""
    with serving(store_for(str(xapi.state), os.environ)) as running:
        session = XenAPI.Session(running.address)
        session.xenapi.login_with_password("root", running.password)
        yield session.xenapi
        session("close")()


def refused(work: Callable[[], object]) -> list[str]:
    """Why the call is refused."""
    with pytest.raises(XenAPI.Failure) as failure:
        work()
    return list(failure.value.details)


def test_references_lead_back_to_their_objects_and_to_no_other_class() -> None:
    uuids = [
        "0b8a6f1e-8d8c-4b7e-9f43-1f0a2b3c4d5e",
        "00000000-0000-4000-8000-000000000001",
        "ABCDEF00-0000-4000-8000-00000000000a",
    ]
    for uuid in uuids:
        ref = reference("VM", uuid)
        assert ref.startswith("OpaqueRef:")
        assert uuid_in("VM", ref) == uuid
        assert uuid_in("VM_metrics", ref) != uuid
        assert uuid not in ref or uuid != uuid.lower()
    assert reference("VM", None) == NULL
    for wrong in ("", "OpaqueRef:", NULL, uuids[0], f"OpaqueRef:{uuids[0].upper()}", "OpaqueRef:x" * 100):
        assert uuid_in("VM", wrong) is None


# Types


def fits(type: str, value: Any) -> bool:
    """Whether a value of JSON is of the type."""
    kind = outer(type)
    if kind == SET:
        return isinstance(value, list) and all(fits(inner(type)[0], each) for each in value)
    if kind == MAP:
        return isinstance(value, dict) and all(isinstance(k, str) and fits(inner(type)[1], v) for k, v in value.items())
    if kind == REF:
        return isinstance(value, str) and value.startswith("OpaqueRef:")
    if kind == ENUM:
        return value in MODEL.enums[type.split()[1]]
    plain: dict[str, Callable[[Any], bool]] = {
        "int": lambda value: type_of(value) is int,
        "float": lambda value: type_of(value) is float,
        "bool": lambda value: type_of(value) is bool,
        "datetime": lambda value: bool(TIME.fullmatch(value)),
    }
    return plain.get(kind, lambda value: type_of(value) is str)(value)


def type_of(value: Any) -> type:
    return type(value)


def json_call(address: str, name: str, *params: Any) -> Any:
    import urllib.request

    body = json.dumps({"jsonrpc": "2.0", "method": name, "params": params, "id": 0}).encode()
    with urllib.request.urlopen(f"{address}jsonrpc", body) as answer:  # noqa: S310 - the test's own server
        found = json.load(answer)
    return found["result"] if "result" in found else found["error"]["message"]


def test_every_field_of_every_object_is_of_its_type_and_every_reference_leads_somewhere(xapi: "Xe") -> None:
    vm = xapi.do("vm-create name-label=web")
    network = xapi.do("network-list --minimal").split(",")[0]
    xapi.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0")
    xapi.do(f"vbd-create vm-uuid={vm} device=3 type=CD mode=RO")
    xapi.do("vm-start vm=web")
    xapi.do("vm-snapshot vm=web new-name-label=before")
    with serving(store_for(str(xapi.state), os.environ)) as running:
        session = json_call(running.address, "session.login_with_password", "root", running.password)
        records = {
            label: json_call(running.address, f"{label}.get_all_records", session)
            for label in MODEL.classes
            if f"{label}.get_all_records" in MODEL.messages
        }
        removed = [label for label, found in records.items() if found == "MESSAGE_REMOVED"]
        assert removed == ["VMPP", "VIF_metrics", "VBD_metrics"]
        there = {ref: label for label, found in records.items() if label not in removed for ref in found}
        assert sum(len(found) for label, found in records.items() if label not in removed) == len(there)
        for label, found in records.items():
            for ref, record in found.items() if label not in removed else ():
                fields = MODEL.classes[label].fields
                assert list(record) == list(fields), label
                for name, value in record.items():
                    assert fits(fields[name].type, value), (label, name, fields[name].type, value)
                    for each in value if isinstance(value, list) else [value]:
                        if isinstance(each, str) and each.startswith("OpaqueRef:") and each != NULL:
                            assert there[each] == fields[name].type.rstrip(")").split()[-1], (label, name)
                assert json_call(running.address, f"{label}.get_record", session, ref) == record
                if label != "message":
                    assert json_call(running.address, f"{label}.get_by_uuid", session, record["uuid"]) == ref
        assert {
            "VM",
            "VM_metrics",
            "VM_guest_metrics",
            "host_metrics",
            "PIF_metrics",
            "console",
            "host_cpu",
            "SM",
            "role",
        } <= {there[ref] for ref in there}
        web = json_call(running.address, "VM.get_by_uuid", session, vm)
        for name in [name for name, field in MODEL.classes["VM"].fields.items() if not field.is_removed]:
            assert json_call(running.address, f"VM.get_{name}", session, web) == records["VM"][web][name]


def test_values_are_as_xe_has_them_in_the_spelling_of_xenapi(xapi: "Xe", api: Any) -> None:
    uuid = xapi.do("vm-create name-label=web name-description=<&>é")
    vm = api.VM.get_by_uuid(uuid)
    record = api.VM.get_record(vm)
    assert record["power_state"] == "Halted"
    assert record["name_description"] == "<&>é"
    assert record["VCPUs_max"] == "1"
    assert record["is_a_template"] is False
    assert record["actions_after_crash"] == "destroy"
    assert record["snapshot_time"].value == "19700101T00:00:00Z"
    assert record["HVM_shadow_multiplier"] == 1.0
    assert record["guest_metrics"] == NULL
    assert record["resident_on"] == NULL
    assert api.VM_metrics.get_record(record["metrics"])["hvm"] is not None
    assert api.VM.get_by_name_label("web") == [vm]


def test_fields_are_written_and_the_file_has_them(xapi: "Xe", api: Any) -> None:
    uuid = xapi.do("vm-create name-label=web")
    vm = api.VM.get_by_uuid(uuid)

    def param(name: str) -> str:
        return xapi.do(f"vm-param-get uuid={uuid} param-name={name}")

    assert api.VM.set_name_label(vm, "www") == ""
    assert param("name-label") == "www"
    api.VM.set_VCPUs_max(vm, "4")
    api.VM.set_VCPUs_at_startup(vm, 2)
    assert (param("VCPUs-max"), param("VCPUs-at-startup")) == ("4", "2")
    api.VM.set_actions_after_crash(vm, "Coredump_And_Destroy")
    assert api.VM.get_actions_after_crash(vm) == "coredump_and_destroy"
    api.VM.set_other_config(vm, {"a": "1", "b": "2"})
    api.VM.add_to_other_config(vm, "c", "3")
    api.VM.remove_from_other_config(vm, "a")
    api.VM.remove_from_other_config(vm, "nothing")
    assert param("other-config") == "c: 3; b: 2"
    assert refused(lambda: api.VM.add_to_other_config(vm, "b", "2")) == [
        "MAP_DUPLICATE_KEY",
        "VM",
        "other_config",
        vm,
        "b",
    ]
    assert refused(lambda: api.VM.add_to_other_config(vm, "", "2"))[0] == "INTERNAL_ERROR"
    api.VM.add_tags(vm, "red")
    api.VM.add_tags(vm, "blue")
    api.VM.add_tags(vm, "red")
    assert api.VM.get_tags(vm) == ["blue", "red"]
    api.VM.remove_tags(vm, "red")
    assert param("tags") == "blue"
    host = api.host.get_all()[0]
    api.VM.set_affinity(vm, host)
    assert api.VM.get_affinity(vm) == host
    api.VM.set_affinity(vm, NULL)
    assert refused(lambda: api.VM.set_affinity(vm, vm)) == ["HANDLE_INVALID", "host", vm]
    api.VM.add_to_blocked_operations(vm, "start", "no")
    assert refused(lambda: api.VM.start(vm, False, False))[0] == "OPERATION_BLOCKED"
    api.VM.remove_from_blocked_operations(vm, "start")
    assert refused(lambda: api.VM.set_PCI_bus(vm, "x")) == ["NOT_IMPLEMENTED", "VM.set_PCI_bus"]
    assert xapi.do("state-check").startswith("The state is sound")


def test_a_refusal_names_objects_by_their_references_and_leaves_the_file_as_it_is(xapi: "Xe", api: Any) -> None:
    vm = api.VM.get_by_uuid(xapi.do("vm-create name-label=web"))
    before = xapi.state.read_bytes()
    assert refused(lambda: api.VM.clean_shutdown(vm)) == ["VM_BAD_POWER_STATE", vm, "running", "halted"]
    assert refused(lambda: api.VM.set_VCPUs_at_startup(vm, "99"))[0] == "INVALID_VALUE"
    assert xapi.state.read_bytes() == before


def test_a_vm_lives_and_dies(xapi: "Xe", api: Any) -> None:
    host = api.host.get_all()[0]
    template = next(ref for ref, vm in api.VM.get_all_records().items() if vm["is_default_template"])
    vm = api.VM.clone(template, "web")
    api.VM.provision(vm)
    api.VM.set_is_a_template(vm, False)
    api.VM.set_memory_limits(vm, *["2147483648"] * 4)
    sr = api.SR.get_all_records_where('field "name__label"="Local storage"')
    storage = (
        next(iter(sr))
        if sr
        else api.SR.create(host, {"device": "/dev/sdb"}, "0", "disks", "", "lvm", "user", False, {})
    )
    disk = {
        "name_label": "root",
        "name_description": "of web",
        "SR": storage,
        "virtual_size": str(1 << 30),
        "type": "user",
        "sharable": False,
        "read_only": False,
        "other_config": {"by": "test"},
        "managed": True,
    }
    vdi = api.VDI.create(disk)
    assert api.VDI.get_other_config(vdi) == {"by": "test"}
    assert api.VDI.get_virtual_size(vdi) == str(1 << 30)
    drive = {"VM": vm, "VDI": vdi, "bootable": True, "mode": "RW", "type": "Disk", "empty": False, "other_config": {}}
    drive |= {"qos_algorithm_type": "", "qos_algorithm_params": {}}
    assert refused(lambda: api.VBD.create(drive)) == ["INTERNAL_ERROR", "Dispatcher_FieldNotFound(userdevice)"]
    vbd = api.VBD.create({**drive, "userdevice": "0", "unknown": ["x"]})
    assert api.VM.get_VBDs(vm) == [vbd]
    assert api.VDI.get_VBDs(vdi) == [vbd]
    network = api.network.get_all()[0]
    card = {"device": "0", "network": network, "VM": vm, "MAC": "", "MTU": "1500", "other_config": {}}
    vif = api.VIF.create({**card, "qos_algorithm_type": "", "qos_algorithm_params": {}})
    assert api.VM.get_VIFs(vm) == [vif]
    assert vif in api.network.get_VIFs(network)
    api.VM.start(vm, False, False)
    assert api.VM.get_power_state(vm) == "Running"
    assert api.VM.get_resident_on(vm) == host
    assert vm in api.host.get_resident_VMs(host)
    assert "0/ip" in api.VM_guest_metrics.get_networks(api.VM.get_guest_metrics(vm))
    snapshot = api.VM.snapshot(vm, "before")
    assert api.VM.get_snapshots(vm) == [snapshot]
    assert api.VM.get_snapshot_of(snapshot) == vm
    api.VM.suspend(vm)
    api.VM.resume(vm, False, False)
    api.VM.hard_shutdown(vm)
    api.VM.revert(snapshot)
    api.VM.destroy(snapshot)
    for disk_of in [api.VBD.get_VDI(each) for each in api.VM.get_VBDs(vm)]:
        api.VDI.destroy(disk_of)
    api.VM.destroy(vm)
    assert refused(lambda: api.VM.get_record(vm)) == ["HANDLE_INVALID", "VM", vm]
    assert xapi.do("vm-list name-label=web --minimal") == ""
    assert "serve: VM.destroy" in xapi.do("state-history")


# Queries

QUERIES = [
    ("true", True),
    ("false", False),
    ('field "name__label"="web"', True),
    ('"web" = field "name__label"', True),
    ('field "name__label"="db"', False),
    ('field "is_a_template"="false" and field "VCPUs__max"="1"', True),
    ("true or false and false", False),
    ("false and false or true", True),
    ("not true or true", False),
    ("not false and true", True),
    ("(not false) and false", False),
    ("true and not false or true", False),
    ("field \"tags\" = \"('a' 'b')\"", True),
    ("field \"other_config\" = \"(('k' 'it\\'s'))\"", True),
]


@pytest.mark.parametrize(("expression", "expected"), QUERIES)
def test_expressions_bind_as_in_xapi(expression: str, expected: bool) -> None:
    columns = {
        "name__label": "web",
        "is_a_template": "false",
        "VCPUs__max": "1",
        "tags": "('a' 'b')",
        "other_config": "(('k' 'it\\'s'))",
    }
    assert holds(expression)(columns.__getitem__) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "x",
        "true true",
        "field x",
        "field",
        '"a"',
        '"a"=',
        "(true",
        "true)",
        "and",
        "not",
        "TRUE",
        "(" * 200,
        "'a'='a'",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(Failure) as failure:
        holds(expression)
    assert failure.value.code == "INVALID_VALUE"
    assert failure.value.values[0] == expression


def test_objects_are_found_by_the_columns_of_the_database(xapi: "Xe", api: Any) -> None:
    vm = api.VM.get_by_uuid(xapi.do("vm-create name-label=web"))
    assert list(api.VM.get_all_records_where('field "name__label"="web"')) == [vm]
    assert api.VM.get_all_where(f'field "_ref"="{vm}"') == [vm]
    assert refused(lambda: api.VM.get_all_records_where('field "name_label"="web"')) == [
        "INTERNAL_ERROR",
        "missing field",
        "name_label",
        "",
    ]
    assert refused(lambda: api.VM.get_all_records_where("x"))[:2] == ["INVALID_VALUE", "x"]
    task = api.task.create("mine", "of a client")
    assert list(api.task.get_all_records_where('field "name__label"="mine"')) == [task]
    assert api.task.get_by_name_label("mine") == [task]


# Tasks


def test_what_is_done_asynchronously_has_a_task_with_the_result_as_xml(xapi: "Xe", api: Any) -> None:
    vm = api.VM.get_by_uuid(xapi.do("vm-create name-label=web"))

    def ended(task: str) -> dict[str, Any]:
        while (record := api.task.get_record(task))["status"] == "pending":
            time.sleep(0.01)
        return dict(record)

    started = ended(api.Async.VM.start(vm, False, False))
    assert (started["status"], started["result"], started["progress"]) == ("success", "<value></value>", 1.0)
    assert started["name_label"] == "Async.VM.start"
    assert started["resident_on"] == api.host.get_all()[0]
    again = ended(api.Async.VM.start(vm, False, False))
    assert (again["status"], again["result"]) == ("failure", "")
    assert again["error_info"] == ["VM_BAD_POWER_STATE", vm, "halted", "running"]
    copied = ended(api.Async.VM.snapshot(vm, "x", []))
    ref = copied["result"].removeprefix("<value>").removesuffix("</value>")
    assert api.VM.get_name_label(ref) == "x"
    for task in api.task.get_all():
        api.task.destroy(task)
    assert api.task.get_all() == []
    assert refused(lambda: api.task.get_record(ref)) == ["HANDLE_INVALID", "task", ref]


def test_clients_report_their_own_work(api: Any) -> None:
    task = api.task.create("mine", "of a client")
    assert api.task.get_by_uuid(api.task.get_uuid(task)) == task
    api.task.set_progress(task, 0.5)
    assert api.task.get_progress(task) == 0.5
    api.task.add_to_other_config(task, "a", "b")
    assert api.task.get_other_config(task) == {"a": "b"}
    api.task.cancel(task)
    assert list(api.task.get_current_operations(task).values()) == ["cancel"]
    api.task.set_status(task, "success")
    api.task.destroy(task)
    assert api.task.get_all_records() == {}


def test_a_task_in_the_file_is_there_too(xapi: "Xe", api: Any) -> None:
    uuid = "33333333-4444-4555-8666-777777777777"
    xapi.state.write_text(f'{xapi.state.read_text()}\n[task.{uuid}]\nname-label = "Async.VM.start"\nprogress = 0.25\n')
    task = api.task.get_by_uuid(uuid)
    assert api.task.get_progress(task) == 0.25
    assert api.task.get_all() == [task]
    assert api.task.get_by_name_label("Async.VM.start") == [task]


# Events


def events(api: Any, token: str, classes: tuple[str, ...] = ("*",), timeout: float = 5.0) -> tuple[list[Any], str]:
    """What changed since the token: class, operation and reference of each, and the next token."""
    answer = api.event_from(list(classes), token, timeout)
    return [(each["class"], each["operation"], each["ref"]) for each in answer["events"]], answer["token"]


@pytest.fixture
def watched(api: Any) -> Any:
    api.event_from = getattr(api.event, "from")
    return api


def test_the_first_answer_has_everything_and_a_token(xapi: "Xe", watched: Any) -> None:
    answer = watched.event_from(["*"], "", 0.0)
    found = {(each["class"], each["ref"]) for each in answer["events"]}
    assert len(found) == len(answer["events"])
    assert {each["operation"] for each in answer["events"]} == {"add"}
    assert {("vm", ref) for ref in watched.VM.get_all()} == {each for each in found if each[0] == "vm"}
    assert all(each["snapshot"]["uuid"] for each in answer["events"] if each["class"] == "host")
    assert re.fullmatch(r"\d{20},\d{20}", answer["token"])
    assert answer["valid_ref_counts"]["host"] == 1
    assert answer["valid_ref_counts"]["vm"] == len(watched.VM.get_all())
    assert answer["valid_ref_counts"]["vmpp"] == 0
    assert events(watched, answer["token"], timeout=0.0) == ([], answer["token"])
    assert int(answer["token"].partition(",")[0]) == int(xapi.state.read_text().partition("serial = ")[2].split()[0])


def test_both_ends_of_a_relation_change(xapi: "Xe", watched: Any) -> None:
    vm = watched.VM.get_by_uuid(xapi.do("vm-create name-label=web"))
    _, token = events(watched, "", timeout=0.0)
    drive = {"VM": vm, "VDI": NULL, "userdevice": "3", "bootable": False, "mode": "RO", "type": "CD", "empty": True}
    vbd = watched.VBD.create({**drive, "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {}})
    found, token = events(watched, token, ("VBD", "vm"))
    assert found == [("vbd", "add", vbd), ("vm", "mod", vm)]
    watched.VBD.destroy(vbd)
    found, token = events(watched, token, ("vbd", f"VM/{vm}"))
    assert found == [("vm", "mod", vm), ("vbd", "del", vbd)]
    gone = watched.VBD.create({**drive, "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {}})
    watched.VBD.destroy(gone)
    assert events(watched, token, ("VBD",), 0.0)[0] == []


def test_a_client_that_waits_is_woken_by_what_xe_and_an_editor_write(xapi: "Xe", watched: Any) -> None:
    uuid = xapi.do("vm-create name-label=web")
    vm = watched.VM.get_by_uuid(uuid)
    _, token = events(watched, "", timeout=0.0)
    delays = {}

    def edit() -> None:
        xapi.state.write_text(xapi.state.read_text().replace('"www"', '"edited"'))

    ways: dict[str, Callable[[], object]] = {
        "xe": lambda: xapi.do(f"vm-param-set uuid={uuid} name-label=www"),
        "editor": edit,
    }
    for way, work in ways.items():
        done: list[float] = []

        def timed(work: Callable[[], object] = work, done: list[float] = done) -> None:
            work()
            done.append(time.monotonic())

        timer = threading.Timer(0.3, timed)
        timer.start()
        found, token = events(watched, token, ("vm",))
        timer.join()
        delays[way] = time.monotonic() - done[0]
        assert found == [("vm", "mod", vm)], way
    assert max(delays.values()) < 1
    assert watched.VM.get_name_label(vm) == "edited"


def test_an_injected_event_follows_its_token(watched: Any) -> None:
    pool = watched.pool.get_all()[0]
    token = watched.event.inject("pool", pool)
    assert events(watched, token, ("pool",))[0] == [("pool", "mod", pool)]


def test_a_token_is_good_after_a_restart(xapi: "Xe") -> None:
    store = store_for(str(xapi.state), os.environ)

    def logged_in(running: Any) -> Any:
        session = XenAPI.Session(running.address)
        session.xenapi.login_with_password("root", running.password)
        return session

    with serving(store) as running:
        first = logged_in(running)
        token = getattr(first.xenapi.event, "from")(["*"], "", 0.0)["token"]
        first("close")()
    uuid = xapi.do("vm-create name-label=web")
    with serving(store) as running:
        second = logged_in(running)
        answer = getattr(second.xenapi.event, "from")(["vm"], token, 5.0)
        vm = second.xenapi.VM.get_by_uuid(uuid)
        assert [(each["operation"], each["ref"]) for each in answer["events"]] == [("add", vm)]
        second("close")()


def test_a_logout_wakes_who_waits(api: Any, xapi: "Xe") -> None:
    del api
    with serving(store_for(str(xapi.state), os.environ)) as running:
        waiting, ending = xmlrpc.client.ServerProxy(running.address), xmlrpc.client.ServerProxy(running.address)
        ref = str(waiting.session.login_with_password("root", running.password)["Value"])
        token = getattr(waiting.event, "from")(ref, ["*"], "", 0.0)["Value"]["token"]
        threading.Timer(0.2, lambda: ending.session.logout(ref)).start()
        began = time.monotonic()
        assert getattr(waiting.event, "from")(ref, ["*"], token, 60.0)["ErrorDescription"] == ["SESSION_INVALID", ref]
        assert time.monotonic() - began < 10
        waiting("close")()
        ending("close")()


# The file is the truth


def test_many_writers_lose_nothing_and_xe_writes_meanwhile(xapi: "Xe") -> None:
    uuid = xapi.do("vm-create name-label=web")
    with serving(store_for(str(xapi.state), os.environ)) as running:

        def write(number: int) -> None:
            session = XenAPI.Session(running.address)
            session.xenapi.login_with_password("root", running.password)
            vm = session.xenapi.VM.get_by_uuid(uuid)
            for place in range(5):
                session.xenapi.VM.add_to_other_config(vm, f"{number}-{place}", "x")
            session("close")()

        threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for place in range(5):
            xapi.do(f"vm-param-set uuid={uuid} xenstore-data:k{place}=x")
        for thread in threads:
            thread.join()
    found = xapi.do(f"vm-param-get uuid={uuid} param-name=other-config").split("; ")
    found = [pair for pair in found if not pair.startswith("mac_seed")]
    assert sorted(found) == sorted(f"{number}-{place}: x" for number in range(6) for place in range(5))
    assert len(xapi.do(f"vm-param-get uuid={uuid} param-name=xenstore-data").split("; ")) == 5


def test_a_broken_file_can_be_read_as_it_was_and_is_written_when_it_is_mended(xapi: "Xe", api: Any) -> None:
    vm = api.VM.get_by_uuid(xapi.do("vm-create name-label=web"))
    whole = xapi.state.read_bytes()
    xapi.state.write_bytes(whole + b"\n[vm\n")
    assert api.VM.get_name_label(vm) == "web"
    assert refused(lambda: api.VM.set_name_label(vm, "www"))[0] == "STATE_FILE_UNUSABLE"
    xapi.state.write_bytes(whole.replace(b'"web"', b'"web"\nunknown-field = 1'))
    assert refused(lambda: api.VM.set_name_label(vm, "www"))[0] == "STATE_UNSOUND"
    xapi.state.write_bytes(whole)
    api.VM.set_name_label(vm, "www")
    assert xapi.do("vm-list name-label=www --minimal")
