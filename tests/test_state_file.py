"""The state file: what is kept of it, what is wrong with it, and what happens when it cannot be written."""

import errno
import os
import re
import signal
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import run

from xe_py import classes
from xe_py.errors import StateFileError
from xe_py.schema.values import Absent
from xe_py.store import store_for
from xe_py.store.toml.misfits import missing
from xe_py.store.toml.render import canonical

if TYPE_CHECKING:
    from conftest import Process, Xe


def reload(xe: "Xe") -> str:
    """The whole file as it would be written anew."""
    opened = store_for(str(xe.state), os.environ).read()
    assert not opened.findings
    return canonical(opened.state)


def test_a_file_that_only_xe_wrote_is_canonical(xe: "Xe") -> None:
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=a virtual-size=1MiB")
    vm = xe.do("vm-create name-label=web")
    vbd = xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    xe.do(f"vm-param-set uuid={vm} name-description=text other-config:a=1 VCPUs-max=2")
    xe.do(f"vm-param-add uuid={vm} param-name=tags param-key=one")
    xe.do(f"vm-param-set uuid={vm} name-description=")
    xe.do(f"vbd-destroy uuid={vbd}")
    for text in ('a "b" \\ é', "a\nb\t", "[vm.x]\n[vm.y]\n", "z"):
        assert not xe.run(
            ["vm-param-set", f"uuid={vm}", f"name-description={text}", f"other-config:{text}={text}"]
        ).status
        xe.do(f"vm-param-add uuid={vm} param-name=tags param-key=t{len(text)}")
    xe.do("vm-create name-label=db")
    assert xe.state.read_text() == reload(xe)


def test_comments_blank_lines_and_order_stay(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    text = xe.state.read_text()
    text = text.replace(f"[vm.{vm}]\n", f"# the web server\n\n\n[vm.{vm}]  # do not touch\n# inside\n")
    text = text.replace('name-label = "web"\n', 'name-label = "web" # as in DNS\n')
    xe.state.write_text(text + "# the end\n")
    xe.do(f"vm-param-set uuid={vm} name-label=www name-description=x")
    xe.do("vm-create name-label=db")
    after = xe.state.read_text()
    assert f"# the web server\n\n\n[vm.{vm}]  # do not touch\n# inside\n" in after
    assert 'name-label = "www" # as in DNS\nname-description = "x"\n' in after
    assert after.endswith("# the end\n")


UNUSUAL = {
    "an inline table": 'vm = {{ {uuid} = {{ name-label = "web", other-config = {{ a = "1" }} }} }}\n{rest}',
    "dotted keys": 'vm.{uuid}.name-label = "web"\nvm.{uuid}.other-config.a = "1"\n{rest}',
    "a table of its class": '{rest}\n[vm]\n{uuid} = {{ name-label = "web", other-config.a = "1" }}\n',
    "a table within": '{rest}\n[vm.{uuid}]\nname-label = "web"\n[vm.{uuid}.other-config]\na = "1"\n',
    "quoted keys": '{rest}\n[ "vm" . "{uuid}" ]\n"name-label" = \'web\'\nother-config."a" = """1"""\n',
}


@pytest.mark.parametrize("form", UNUSUAL.values(), ids=UNUSUAL)
@pytest.mark.parametrize("change", ["other-config:b=2", "name-label=www", "destroy"])
def test_an_object_in_another_form_can_be_changed(xapi: "Xe", form: str, change: str) -> None:
    xe = xapi  # The inline table takes the place of all VMs, the control domain among them.
    uuid = "00000000-0000-4000-8000-00000000000a"
    rest = xe.state.read_text()
    domain = rest.index("[vm.")
    if form.startswith("vm = "):
        rest = rest[:domain]
    xe.state.write_text(form.format(uuid=uuid, rest=rest))
    if change == "destroy":
        xe.do(f"vm-destroy uuid={uuid}")
        assert xe.do("vm-list is-control-domain=false --minimal") == ""
        return
    xe.do(f"vm-param-set uuid={uuid} {change}")
    shown = xe.do(f"vm-param-get uuid={uuid} param-name={change.partition('=')[0].partition(':')[0]}")
    assert shown == ("b: 2; a: 1" if ":" in change else "www")


def test_the_serial_counts_commits_that_change_something(xe: "Xe") -> None:
    before = xe.do("state-show").splitlines()
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-param-set uuid={vm} name-label=web")
    assert xe.code("vm-start vm=nobody") == "Error: No matching VMs found"
    after = xe.do("state-show").splitlines()
    assert "serial: 1" in before
    assert "serial: 2" in after


HEADER = '[state]\nformat = 2\nlineage = ""\nserial = 1\nrules = "strict"\n'
VM = "[vm.00000000-0000-4000-8000-00000000000a]\n"
QUOTES = (
    "A text must end on the line on which it begins, with the same quote; in double quotes, write \\n for a line break."
    " A text of several lines needs three quotes on each side."
)
BRACES = 'A table in braces must be on one line, with no comma after its last value: { a = "1", b = "2" }'
ANY = "…"
# What is in the file, and what is said of it, `FILE` standing for its path and `ANY` for any words.
BAD = {
    "empty": ("", "The state file FILE is empty."),
    "not UTF-8": (b"[state]\nx = \xff\n", "FILE:2: this is not UTF-8 text (byte 12)."),
    "not TOML": ("# x\n[state\n", "FILE:2: this is not TOML: "),
    "a text without an end": (HEADER + 'x = """\n\n', f"FILE:6: this is not TOML: unterminated string.\n{QUOTES}\n"),
    "a text without an end, in single quotes": (HEADER + "x = '''\n\n", f"FILE:6: this is not TOML: {ANY}.\n{QUOTES}\n"),
    "a quote that is not closed": (HEADER + 'x = "a\ny = "b"\n', f"FILE:6: this is not TOML: {ANY} (column 7).\n{QUOTES}\n"),
    "a single quote that is not closed": (HEADER + "x = 'a\ny = 'b'\n", f"FILE:6: this is not TOML: {ANY}.\n{QUOTES}\n"),
    "a single quote that is not closed, the last": (HEADER + "x = 'a\n", f"FILE:6: this is not TOML: {ANY}.\n{QUOTES}\n"),
    "a name that is not closed": (HEADER + '["vm.x]\n', f"FILE:6: this is not TOML: {ANY}.\n{QUOTES}\n"),
    "a quote behind a backslash": (HEADER + VM + 'name-label = "C:\\"\n', f"FILE:7: this is not TOML: {ANY} (column 19).\n{QUOTES}\n"),
    "a backslash": (HEADER + 'x = "\\w"\n', f"FILE:6: this is not TOML: {ANY}.\nIn double quotes, write a backslash twice, \\\\;"),
    "a table in braces on several lines": (HEADER + "x = {\n  a = 1 }\n", f"FILE:6: this is not TOML: {ANY}.\n{BRACES}\n"),
    "a table in braces that ends on another line": (HEADER + "x = { a = 1\n}\n", f"FILE:6: this is not TOML: {ANY}.\n{BRACES}\n"),
    "a comma before a brace": (HEADER + "x = { a = 1, }\n", f"FILE:6: this is not TOML: {ANY}.\n{BRACES}\n"),
    "a name that is none": (HEADER + "[vm.]\n", "FILE:6: this is not TOML: invalid initial character for a key part (column 5).\n"),
    "not TOML with the line breaks of Windows": ("[state]\r\nx = \r\n", "FILE:2: this is not TOML: "),
    "two tables of one uuid": ("[vm.x]\n[vm.x]\n", "FILE:2: this is not TOML: the table [vm.x] is there twice"),
    "a key twice": ("[vm.x]\na = 1\na = 2\n", "FILE:3: this is not TOML: this key is there twice"),
    "a merge that is not finished": (
        f"{HEADER}\n<<<<<<< HEAD\n{VM}=======\n>>>>>>> other\n",
        (
            "FILE:7: a merge left a conflict here, so this is not TOML.\n"
            "Keep one side of each conflict, and the larger serial; remove the lines that begin with <<<<<<<, ======="
            " and >>>>>>>.\nThen run: xe --state FILE state-check\n"
        ),
    ),
    "the rest of a merge": (f"{HEADER}\n{VM}=======\n", "FILE:8: a merge left a conflict here"),
    "no header": ("[vm.x]\n", "FILE has no [state] table"),
    "a newer format": (HEADER.replace("2", "3", 1) + "more = 1\n", "FILE:2: [state] has a newer format than 2, the newest that this xe knows; use a newer xe."),
    "no format": (HEADER.replace("2", "0", 1), "FILE:2: [state] has a format that does not exist; it must be 2."),
    "an unknown set of rules": (HEADER.replace("strict", "Strickt"), 'FILE:5: [state] rules is "Strickt"; it must be strict or xapi (strict?).'),
    "a header without a serial": (HEADER.replace("serial = 1\n", ""), "FILE:1: [state] must have serial, a number."),
    "a serial in quotes": (HEADER.replace("serial = 1", 'serial = "1"'), "FILE:4: [state] must have serial, a number."),
    "a serial below zero": (HEADER.replace("serial = 1", "serial = -1"), "FILE:4: [state] has an impossible serial; it must be from 0 to 9223372036854775807."),
    "an unknown key": (HEADER + 'rule = "x"\n', "FILE:6: [state] has an unknown key: rule (rules?)."),
    "an unknown key like no other": (HEADER + 'zzz = "x"\n', "FILE:6: [state] has an unknown key: zzz."),
    "a huge number": (f"{HEADER}{VM}VCPUs-max = {'9' * 5000}\n", "FILE:7: VCPUs-max is a number of 5000 digits, which is too long to be read.\nNo number in a state file has more than 19 digits.\n"),
    "a huge number behind what looks like one": (
        f"{HEADER}{VM}name-label = '{'9' * 5000}' # {'9' * 5000}\n{'9' * 5000} = 1\ntags = [\n  -{'9' * 5000}]\n", "FILE:10: this is a number of 5000 digits"),
    "deep nesting": ("[state]\nx = " + "[" * 9000 + "]" * 9000 + "\n", "FILE is nested too deeply to be read."),
    "a key of many parts": (f"{HEADER}{VM}a{'.a' * 20_000} = 1\n", "FILE:7: this name has more than 8 parts with dots between them.\nNo name in a state file has more than four: class, uuid, field and key.\n"),
    "a quoted key of many parts": (f"""{HEADER}{VM}a{' . "a.b"' * 9} = 1\n""", "FILE:7: this name has more than 8 parts"),
    "a key of many parts in a value": (f"{HEADER}{VM}a = [{{ x = 'y', a{'.a' * 20_000} = 1 }}]\n", "FILE:7: this name has more than 8 parts"),
    "a header of many parts": (f"{HEADER}[vm{'.a' * 20_000}]\n", "FILE:6: this name has more than 8 parts"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "text"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("line", ["vm-list", "vm-create name-label=x", "state-check"])
def test_a_file_that_is_no_state_is_refused_with_its_reason(xe: "Xe", data: bytes | str, text: str, line: str) -> None:
    xe.state.write_bytes(data.encode() if isinstance(data, str) else data)
    result = xe(line)
    assert result.status == 3
    pattern = re.escape(text.replace("FILE", str(xe.state))).replace(ANY, r"[^\n]+")
    assert re.match(pattern, result.err), result.err


def test_dots_in_texts_and_comments_are_no_parts_of_a_name(xe: "Xe") -> None:
    dots = "a.b" * 30
    more = f'''other-config = {{ "{dots}" = '{dots}' }} # {dots}\n# {dots} = 1\nname-description = """\n{dots} = 1\n"{dots}"""\n'''
    xe.state.write_text(f"{xe.state.read_text()}\n{VM}{more}")
    assert xe.do("vm-create name-label=web")


A = "00000000-0000-4000-8000-00000000000a"
UNSOUND = {
    "an unknown class": ("[vms.a]\nx = 1\n", 1, "vms: there is no class vms (vm?) [STATE_UNKNOWN_CLASS]"),
    "a class like no other": ("[zoo.a]\nx = 1\n", 1, "zoo: there is no class zoo [STATE_UNKNOWN_CLASS]"),
    "a list of objects": ("[[bond]]\n", 1, "bond: objects of this class must be tables, [bond.uuid] [STATE_UNKNOWN_CLASS]"),
    "an object in double brackets": (f'[[vm.{A}]]\nname-label = "x"\n', 1,
        f"vm {A}: this is a list of tables, [[vm.uuid]]; an object must be one table, [vm.uuid] [STATE_OBJECT_MALFORMED]"),
    "a text for an object": (f'[vm]\n{A} = "x"\n', 2,
        f"vm {A}: this is a text; an object must be one table, [vm.uuid] [STATE_OBJECT_MALFORMED]"),
    "a list for an object": (f'[vm]\n{A} = ["x"]\n', 2,
        f"vm {A}: this is a list; an object must be one table, [vm.uuid] [STATE_OBJECT_MALFORMED]"),
    "a malformed uuid": ('[vm.web]\nname-label = "x"\n', 1,
        "vm web (x): A uuid must be 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, with hyphens between them. uuid: web [STATE_UUID_MALFORMED]"),
    "a misspelt field": (f'{VM}name-label = "web"\nname-descripton = "x"\n', 3,
        f"vm {A} (web): there is no field name-descripton (name-description?) [STATE_UNKNOWN_FIELD]"),
    "a field like no other": (f'{VM}x = "x"\n', 2, f"vm {A}: there is no field x [STATE_UNKNOWN_FIELD]"),
    "a field that is computed": (f'{VM}allowed-operations = []\n', 2,
        f"vm {A}: allowed-operations is computed and not stored in the file; remove it [STATE_UNKNOWN_FIELD]"),
    "one uuid in two classes": (f'[network.{A}]\nbridge = "xapi7"\n{VM}name-label = "x"\n', 3,
        f"vm {A} (x): Two objects in the file have this uuid; upper and lower case count as the same. uuid: {A} [STATE_DUPLICATE_UUID]"),
    "a misspelt word": (f'{VM}name-label = "web"\npower-state = "runing"\n', 3,
        f'vm {A} (web): power-state is "runing"; it must be halted, paused, running or suspended (running?) [FIELD_TYPE_ERROR]'),
    "a word in capitals": (f'{VM}power-state = "Halted"\n', 2,
        f'vm {A}: power-state is "Halted"; it must be halted, paused, running or suspended (halted?) [FIELD_TYPE_ERROR]'),
    "a number in quotes": (f'{VM}VCPUs-max = "4"\n', 2,
        f'vm {A}: VCPUs-max is "4"; it must be a whole number of up to 63 bits (4?) [FIELD_TYPE_ERROR]'),
    "a number that is too large": (f"{VM}VCPUs-max = 0x{'f' * 5000}\n", 2,
        f"vm {A}: VCPUs-max is a number; it must be a whole number of up to 63 bits [FIELD_TYPE_ERROR]"),
    "a boolean in quotes": (f'{VM}is-a-template = "yes"\n', 2,
        f'vm {A}: is-a-template is "yes"; it must be true or false (true?) [FIELD_TYPE_ERROR]'),
    "no fraction": (f"{VM}HVM-shadow-multiplier = nan\n", 2,
        f"vm {A}: HVM-shadow-multiplier is nan; it must be a number of up to 63 bits [FIELD_TYPE_ERROR]"),
    "a number for a text": (f"{VM}name-label = 5\n", 2,
        f"vm {A}: name-label is 5; it must be a text in quotes [FIELD_TYPE_ERROR]"),
    "a long text": (f'{VM}VCPUs-max = "{"x" * 50}"\n', 2,
        f'vm {A}: VCPUs-max is "{"x" * 40}…"; it must be a whole number of up to 63 bits [FIELD_TYPE_ERROR]'),
    "a moment without an offset": (f"{VM}start-time = 2026-11-22T09:00:00\n", 2,
        f"vm {A}: start-time is 2026-11-22T09:00:00; it must be a time with an offset, such as 2026-11-22T09:00:00Z [FIELD_TYPE_ERROR]"),
    "a member twice": (f'{VM}tags = ["a", "b", "a"]\n', 2, f'vm {A}: tags has "a" twice; each member may be there only once [FIELD_TYPE_ERROR]'),
    "a member that is a number": (f'{VM}tags = ["a", 5]\n', 2,
        f"vm {A}: tags has 5 in it; it must be a list of texts [FIELD_TYPE_ERROR]"),
    "a text for a list": (f'{VM}tags = "a"\n', 2, f'vm {A}: tags is "a"; it must be a list of texts [FIELD_TYPE_ERROR]'),
    "a map of numbers": (f"{VM}other-config = {{ a = 5 }}\n", 2,
        f'vm {A}: other-config has a number for the key a; it must be a map of texts, such as {{ key = "text" }} [FIELD_TYPE_ERROR]'),
    "a text for a map, which may be secret": (f'{VM}other-config = "password=x"\n', 2,
        f'vm {A}: other-config is a text; it must be a map of texts, such as {{ key = "text" }} [FIELD_TYPE_ERROR]'),
    "a value where none can be": (f'[vdi.{A}]\ncrashdump-uuids = "x"\n', 2, f'vdi {A}: crashdump-uuids is "x"; it must be left out [FIELD_TYPE_ERROR]'),
    "a number for a uuid": (f"{VM}affinity = 5\n", 2,
        f"vm {A}: affinity is 5; it must be the uuid of a host in quotes [FIELD_TYPE_ERROR]"),
    "a reference that must be there": (f"[bond.{A}]\n", 1,
        f"bond {A}: master is missing; it must be the uuid of a pif in quotes [FIELD_TYPE_ERROR]"),
    "a reference that dangles": (f'{VM}name-label = "web"\naffinity = "{A}"\n', 3,
        f"vm {A} (web) affinity: A reference points to an object that does not exist. class: host, handle: {A} [HANDLE_INVALID]"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "line", "text"), UNSOUND.values(), ids=UNSOUND)
def test_what_is_unsound_is_named_with_its_line_and_listed_all_the_same(
    xe: "Xe", table: str, line: int, text: str
) -> None:
    before = xe.state.read_text() + "\n"
    xe.state.write_text(before + table)
    check = xe.run(["state-check"], partial=True)
    assert check.status == 3
    assert f"{xe.state}:{before.count(chr(10)) + line}: {text}" in check.out.splitlines()
    assert xe("vm-list").status == 0
    refused = xe("vm-create name-label=x")
    assert refused.status == 3
    assert "Mend the file first; until then every change is refused." in refused.err


SPOILT = {
    "a misspelt word": ('power-state = "running"', 'power-state = "runing"', "vm"),
    "a misspelt field": ("power-state = ", "power-stat = ", "vm"),
    "a number for a required reference": (r'vm-uuid = ".*"', "vm-uuid = 5", "vbd|vif"),
    "a misspelt required reference": (r"vm-uuid = ", "vm-uid = ", "vbd|vif"),
    "a misspelt class": (r"\[vm\.", "[vms.", "vms"),
}


@pytest.mark.parametrize(("pattern", "new", "where"), SPOILT.values(), ids=SPOILT)
def test_what_only_follows_from_a_finding_is_none(xe: "Xe", pattern: str, new: str, where: str) -> None:
    """A VM that runs, with a disk and a network attached, is not taken for halted because its state is misspelt."""
    sr = xe.do("sr-list type=ext --minimal")
    vm = xe.do("vm-create name-label=web")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=a virtual-size=1MiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    network = xe.do("network-list --minimal").partition(",")[0]
    xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=random")
    xe.do("vm-start vm=web")
    xe.state.write_text(re.sub(pattern, new, xe.state.read_text()))
    found = xe.run(["state-check"], partial=True).out.splitlines()
    assert found
    assert not [line for line in found if not re.search(rf":\d+: ({where})\b.*(FIELD_TYPE|UNKNOWN|MALFORMED)", line)]


def test_what_is_wrong_besides_is_named_as_well(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    text = xe.state.read_text().replace(f"[vm.{vm}]\n", f"[vm.{vm}]\nVCPUs-max = 1\nVCPUs-at-startup = 2\ntags = 5\n")
    xe.state.write_text(text)
    found = xe.run(["state-check"], partial=True).out.splitlines()
    assert len(found) == 2
    assert "tags is 5" in found[0]
    assert f"vm {vm} (web) VCPUs-" in found[1]


def test_the_last_serial_is_no_longer_written(xe: "Xe") -> None:
    last = (1 << 63) - 2
    xe.state.write_text(xe.state.read_text().replace("serial = 1\n", f"serial = {last - 1}\n"))
    xe.do("vm-create name-label=web")
    refused = xe("vm-create name-label=db")
    assert refused.status == 3
    assert refused.err == (
        f"The serial of {xe.state} is {last}, the largest possible one, so no change can follow it.\n"
        "Set a smaller serial by hand, in the table [state]: serial = 1\n"
    )
    assert xe.do("state-check").startswith("The state is sound")
    xe.state.write_text(xe.state.read_text().replace(str(last), "5"))
    xe.do("vm-create name-label=db")


def test_a_missing_file_is_an_error_that_says_how_to_make_one(xe: "Xe") -> None:
    xe.state.unlink()
    result = xe("vm-list")
    assert result.status == 3
    assert "state-init" in result.err
    assert not xe.state.exists()


def test_each_kind_of_stored_field_has_words_for_what_it_must_be() -> None:
    for cls in classes.sections():
        for name, field in cls.stored.items():
            told = missing(field)
            assert told.startswith(f"{name} is missing; it must be ")
            assert told.endswith("left out") == isinstance(field, Absent)


def test_a_folder_is_no_state_file(xe: "Xe") -> None:
    xe.state.unlink()
    xe.state.mkdir()
    assert run(["--state", str(xe.state), "vm-list"]) == 3


def test_a_fresh_host_replaces_a_file_only_by_force(xe: "Xe") -> None:
    assert xe("state-init").status == 3
    xe.do("state-init --force name-label=other")
    assert xe.do("host-list params=name-label --minimal") == "other"


def test_mode_and_link_are_kept(xe: "Xe", tmp_path: Path) -> None:
    xe.state.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(xe.state)
    real, xe.state = xe.state, link
    xe.do("vm-create name-label=web")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert not (tmp_path / "link.toml.d").exists()


def test_a_new_file_is_for_its_owner_only(xe: "Xe") -> None:
    xe.state.unlink()
    xe.do("state-init")
    assert stat.S_IMODE(xe.state.stat().st_mode) == 0o600


def test_a_lock_that_is_held_names_its_holder(process: "Process", xe: "Xe") -> None:
    with store_for(str(xe.state), os.environ).write("vm-start"):
        waiting = process.xe("--state", str(xe.state), "vm-create", "name-label=x", XE_LOCK_TIMEOUT="0.2")
    assert waiting.status == 3
    assert f"process {os.getpid()} of" in waiting.err
    assert "(xe vm-start) since 20" in waiting.err


def test_a_reader_does_not_wait_for_a_writer(process: "Process", xe: "Xe") -> None:
    with store_for(str(xe.state), os.environ).write("vm-start"):
        assert process.xe("--state", str(xe.state), "vm-list", XE_LOCK_TIMEOUT="0").status == 0


def test_a_waiting_writer_goes_on_when_the_lock_is_free(process: "Process", xe: "Xe") -> None:
    with store_for(str(xe.state), os.environ).write("vm-start"):
        waiting = process.start("--state", str(xe.state), "vm-create", "name-label=x", XE_LOCK_TIMEOUT="60")
        threading.Event().wait(0.3)
        assert waiting.poll() is None
    _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, err


def test_an_edit_by_hand_in_the_meantime_is_not_overwritten(xe: "Xe") -> None:
    edited = xe.state.read_text() + "# edited\n"
    with (
        pytest.raises(StateFileError, match="changed by someone else"),
        store_for(str(xe.state), os.environ).write("test") as opened,
    ):
        opened.state.add("vm", {"name-label": "web"})
        xe.state.write_text(edited)
        opened.commit()
    assert xe.state.read_text() == edited


def test_what_a_killed_writer_left_is_swept_away(xe: "Xe") -> None:
    left = xe.state.with_name(xe.state.name + ".d") / "new.1"
    left.parent.mkdir(exist_ok=True)
    left.write_text("half")
    xe.do("vm-create name-label=web")
    assert not left.exists()


CALLS = ("open", "write", "fsync", "replace", "fchmod", "close")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (call, error)
        for call in CALLS
        for error in ("ENOSPC", "EIO", "EDQUOT", "EACCES")
        if (call, error) != ("fchmod", "EACCES")
    ],
)
def test_a_write_that_fails_leaves_the_old_file(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, call: str, error: str
) -> None:
    """Each step of a commit fails in turn: the file is the old one, or the new one where the step came after."""
    number = getattr(errno, error)
    before = xe.state.read_bytes()
    real = getattr(os, call)
    with store_for(str(xe.state), os.environ).write("test") as opened:
        opened.state.add("vm", {"name-label": "web"})
        calls = 0

        def fail_once(*words: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise OSError(number, os.strerror(number))
            return real(*words, **named)

        monkeypatch.setattr(os, call, fail_once)
        with pytest.raises(StateFileError, match="Nothing was changed"):
            opened.commit()
        monkeypatch.setattr(os, call, real)
    assert calls
    assert xe.state.read_bytes() == before
    assert not list(xe.state.with_name("host.toml.d").glob("new.*"))
    xe.do("vm-create name-label=web")


def test_a_full_disk_leaves_the_old_file(process: "Process", xe: "Xe") -> None:
    """A file size limit stands for the full disk: the write of the next version is cut short."""
    before = xe.state.read_bytes()
    script = f"ulimit -f 1; trap '' XFSZ; exec xe --state {xe.state} vm-create name-label=x"
    # Python itself would leave cut-off byte code behind.
    done = process.run(["bash", "-c", script], PYTHONDONTWRITEBYTECODE="1")
    assert done.status == 3, done
    assert "Nothing was changed." in done.err
    assert xe.state.read_bytes() == before


def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(process: "Process", xe: "Xe") -> None:
    for number in range(24):
        writer = process.start("--state", str(xe.state), "vm-create", f"name-label=vm{number}")
        threading.Event().wait(0.004 * number)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        assert not store_for(str(xe.state), os.environ).read().findings
    serial = int(xe.do("state-show").splitlines()[3].removeprefix("serial: "))
    created = [name for name in xe.do("vm-list params=name-label --minimal").split(",") if name.startswith("vm")]
    assert serial == 1 + len(created)
    xe.do("vm-create name-label=last")


def test_writers_at_once_lose_nothing(process: "Process", xe: "Xe") -> None:
    writers = [
        process.start("--state", str(xe.state), "vm-create", f"name-label=vm{number}", XE_LOCK_TIMEOUT="60")
        for number in range(16)
    ]
    made = [writer.communicate(timeout=100)[0].strip() for writer in writers]
    assert sorted(xe.do("vm-list is-control-domain=false --minimal").split(",")) == sorted(made)
    assert "serial: 17" in xe.do("state-show").splitlines()
