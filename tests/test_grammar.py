"""The words of the command line mean what they mean to the real xe, and its output has the real one's bytes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py import operations
from xe_py.cli.report import message_of
from xe_py.cli.words import extra_words, pairs, split
from xe_py.codes import UNLISTED
from xe_py.errors import Failure, Misuse, ScriptRefused
from xe_py.host import open_host
from xe_py.schema.fields import Map

if TYPE_CHECKING:
    from conftest import Process, Xe

COMMANDS = json.loads((Path(__file__).parent / "facts" / "commands.json").read_text())
WORDS = [
    (["name=a=b"], [("name", "a=b")]),
    (["other-config:x.y/z:1=2"], [("other-config:x.y/z:1", "2")]),
    (["other-config:owner"], [("other-config:owner", "")]),
    (["name-description="], [("name-description", "")]),
    (["--force"], [("force", "true")]),
    (["--force", "x=1"], [("force", "true"), ("x", "1")]),
    (["--force=false"], [("force=false", "true")]),
    (["name=first", "name=second"], [("name", "first"), ("name", "second")]),
    (["--label:k", "web"], [("label:k", "web")]),
    (["--label", "web"], [("label", "web")]),
    (["--label", "--force"], [("label", "true"), ("force", "true")]),
    (["--label=a=b", "x"], [("label=a=b", "true"), ("x", "")]),
    (["--label:k=v", "x"], [("label:k=v", "true"), ("x", "")]),
]


@pytest.mark.parametrize(("words", "expected"), WORDS)
def test_words_become_pairs(words: list[str], expected: list[tuple[str, str]]) -> None:
    assert pairs(words, frozenset({"label"})) == expected


def test_switches_of_a_connection_are_taken_anywhere_and_lead_nowhere() -> None:
    line = split(
        ["-s", "host", "vm-list", "-u", "root", "-pw", "x", "--nossl", "server=h", "name-label=web", "-p", "1"]
    )
    assert (line.command, line.words) == ("vm-list", ["name-label=web"])


@pytest.mark.parametrize("words", [["--state", "f", "vm-list"], ["vm-list", "--state=f"], ["vm-list", "--state", "f"]])
def test_the_state_file_may_be_named_anywhere(words: list[str]) -> None:
    assert split(words).state == "f"


@pytest.mark.parametrize("words", [["vm-list", "-s"], ["vm-list", "--state"]])
def test_a_switch_without_its_value_is_a_syntax_error(words: list[str]) -> None:
    with pytest.raises(Misuse, match="Syntax error: Switch"):
        split(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", []), ("a=1,--minimal", ["a=1", "--minimal"]), (r"a=1\,2,b=\\", ["a=1,2", "b=\\"]), (",,x", ["x"])],
)
def test_extra_arguments_are_separated_by_commas(text: str, words: list[str]) -> None:
    assert extra_words(text) == words


def test_extra_arguments_come_from_the_environment(process: "Process", xe: "Xe") -> None:
    done = process.xe("host-list", XE_EXTRA_ARGS=f"--minimal,params=name-label,--state={xe.state}")
    assert done.out == "xen1\n"


def test_a_list_has_the_bytes_of_the_real_one(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    assert xe("vm-list name-label=web").out == (
        f"uuid ( RO)           : {vm}\n     name-label ( RW): web\n    power-state ( RO): halted\n\n\n"
    )
    assert xe("vm-list name-label=web params=power-state,uuid").out == (
        f"uuid ( RO)           : {vm}\n    power-state ( RO): halted\n\n\n"
    )
    assert xe("vm-list name-label=nobody").out == ""
    assert xe("vm-list name-label=nobody --minimal").out == "\n"


def test_minimal_has_the_last_table_of_a_command_first(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    sr = xe.do("sr-list type=ext --minimal")
    disks = [xe.do(f"vdi-create sr-uuid={sr} name-label=d{n} virtual-size=2MiB") for n in range(2)]
    vbds = [xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={disk} device={n}") for n, disk in enumerate(disks)]
    assert xe.do("vm-disk-list vm=web --minimal") == ",".join((disks[1], vbds[1], disks[0], vbds[0]))


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("vm-disk-list vm=full vbd-params=userdevice vdi-params=name-label", "d1,1,d0,0"),
        ("vm-disk-list vm=full vbd-params=none vdi-params=name-label", "d1,d0"),
        ("vm-disk-list vm=full vbd-params=userdevice vdi-params=none", "1,0"),
        ("vm-disk-list vm=full vbd-params=none vdi-params=none", ""),
        # A value that is empty is one all the same.
        ("vm-disk-list vm=full vbd-params=none vdi-params=name-description", ","),
        ("vm-disk-list vm=empty", ""),
        ("vm-cd-list vm=empty vbd-params=userdevice", "3"),
        ("vm-vif-list is-control-domain=false params=device", "0,1"),
        ("vm-vif-list is-control-domain=false params=foo", ""),
        ("vm-vif-list vm=empty", ""),
    ],
)
def test_minimal_passes_over_tables_without_a_record_or_a_field(xe: "Xe", line: str, printed: str) -> None:
    sr, network = xe.do("sr-list type=ext --minimal"), xe.do("network-list --minimal").split(",")[0]
    vms = {name: xe.do(f"vm-create name-label={name}") for name in ("empty", "full", "last")}
    for device in range(2):
        disk = xe.do(f"vdi-create sr-uuid={sr} name-label=d{device} virtual-size=2MiB")
        xe.do(f"vbd-create vm-uuid={vms['full']} vdi-uuid={disk} device={device}")
        xe.do(f"vif-create vm-uuid={vms['full']} network-uuid={network} device={device}")
    xe.do(f"vbd-create vm-uuid={vms['empty']} device=3 type=CD mode=RO")
    assert xe(f"{line} --minimal").out == f"{printed}\n"


def test_the_old_form_of_a_map_parameter_is_taken(xe: "Xe") -> None:
    xe.do("sr-create name-label=old type=ext device-config-device=/dev/sdb")
    sr = xe.do("sr-list name-label=old --minimal")
    assert xe.do(f"pbd-list sr-uuid={sr} params=device-config").split(": ", 1)[1].strip() == "device: /dev/sdb"


def test_minimal_escapes_commas_and_backslashes(xe: "Xe") -> None:
    xe.run(["network-create", "name-label=a,b\\c"])
    xe.run(["network-create", "name-label=d e"])
    names = xe.do("network-list params=name-label --minimal")
    assert names.endswith(",a\\,b\\\\c,d e")


def test_no_name_steers_the_terminal(xe: "Xe") -> None:
    xe.run(["vm-create", "name-label=a\x1b[31mb\x07"])
    for line in ("vm-list", "vm-list params=name-label --minimal", "vm-start vm=x"):
        result = xe(line)
        assert "\x1b" not in result.out + result.err
        assert "\x07" not in result.out + result.err
    assert r"a\x1b[31mb\x07" in xe.do("vm-list params=name-label --minimal")


def test_no_name_turns_the_direction_of_writing(xe: "Xe") -> None:
    xe.run(["vm-create", "name-label=a\u202eb\u2066"])
    assert xe.do("vm-list is-control-domain=false params=name-label --minimal") == r"a\u202eb\u2066"


def test_expensive_fields_are_computed_only_for_one_object(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    assert "possible-hosts ( RO): <expensive field>" in xe.do(f"vm-list uuid={vm} params=all")
    assert "<expensive field>" not in xe.do(f"vm-param-list uuid={vm}")


def test_filters_compare_what_is_printed(xe: "Xe") -> None:
    first, second = xe.do("vm-create name-label=web"), xe.do("vm-create name-label=db")
    xe.do(f"vm-param-set uuid={first} other-config:role=front")
    for line, found in [
        ("vm-list other-config:role=front --minimal", first),
        ("vm-list other-config-role=front --minimal", first),
        ("vm-list power-state=halted name-label=db --minimal", second),
        ("vm-list resident-on=<not --minimal", ""),
        (f"vm-list uuid={second} --minimal", second),
        (f"vm-list uuid={second} name-label=web --minimal", ""),
        ("pif-list MAC=X --minimal", ""),
    ]:
        assert xe.do(line) == found, line
    assert xe.run(["vm-list", "resident-on=<not in database>", "--minimal"]).out == f"{first},{second}\n"
    mac = xe.do("pif-list device=eth0 params=MAC --minimal").upper()
    assert xe.do(f"pif-list MAC={mac} params=device --minimal") == "eth0"


REFUSED_FILTERS = [
    ("vm-list name-lable=web", "Error: Unknown field 'name-lable'"),
    ("vm-list name-lable:x=web", "Error: Unknown field 'name-lable:x'"),
    ("vm-list name-label:x=web", "Error: Field 'name-label' is not a set or map"),
    ("vm-list tags:holds=web", "Error: Invalid syntax for set filtering (should be set-param:contains=key)"),
    ("vm-list --all nothing=1", "Error: Unknown field 'nothing'"),
    ("vm-list database=x", "Error: Unknown field 'database'"),
]


@pytest.mark.parametrize(("line", "says"), REFUSED_FILTERS)
def test_a_filter_that_is_none_is_refused(xe: "Xe", line: str, says: str) -> None:
    assert xe.code(line) == says


def test_params_chooses_fields_and_never_hidden_ones(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    nothing = "\n\n\n"
    for line, printed in [
        ("params=name-label,uuid", f"uuid ( RO)          : {vm}\n    name-label ( RW): web\n\n\n"),
        ("params=nothing,name-label", "name-label ( RW)    : web\n\n\n"),
        ("params=nothing", nothing),
        ("params=ALL", nothing),
        ("params=", nothing),
        ("params", nothing),
        ("params=transportable-snapshot-id", nothing),
        ("params=possible-hosts", "possible-hosts ( RO)    : <expensive field>\n\n\n"),
        ("params=nothing --minimal", "\n"),
        ("params=name-label database:vdi-uuid=x", "name-label ( RW)    : web\n\n\n"),
    ]:
        assert xe(f"vm-list uuid={vm} {line}").out == printed, line
    assert xe("vm-list params=").out == nothing * 2
    assert xe(f"vm-param-get uuid={vm} param-name=transportable-snapshot-id").out == "\n"
    assert "transportable-snapshot-id" not in xe.do(f"vm-list uuid={vm} params=all")
    assert xe.do(f"vm-list transportable-snapshot-id= uuid={vm} --minimal") == vm


def test_all_lists_all_objects_of_the_class(xe: "Xe") -> None:
    template = xe.do("vm-create name-label=golden")
    xe.do(f"vm-param-set uuid={template} is-a-template=true")
    everything = xe.do("vm-list --all --minimal").split(",")
    assert template in everything
    assert xe.do("vm-list --all name-label=nobody params=uuid --minimal").split(",") == everything
    assert xe.do("vm-list all=false name-label=nobody --minimal") == ""


@pytest.mark.parametrize("word", ["ip=10.2.2.4", "IP=10.2.2.4", "Ip=10.2.2.4", "--IP 10.2.2.4", "--ip 10.2.2.4"])
def test_some_names_are_understood_in_any_case(xe: "Xe", word: str) -> None:
    pif = xe.do("pif-list device=eth1 --minimal")
    done = xe(f"pif-reconfigure-ip uuid={pif} mode=static {word} netmask=255.255.255.0 Dns=10.2.2.1 DNS=10.9.9.9")
    assert (done.out, done.err) == ("", "")
    assert xe.do(f"pif-param-get uuid={pif} param-name=IP") == "10.2.2.4"
    assert xe.do(f"pif-param-get uuid={pif} param-name=DNS") == "10.2.2.1"


def test_other_names_are_not(xe: "Xe") -> None:
    pif = xe.do("pif-list device=eth1 --minimal")
    assert (
        xe.code(f"pif-reconfigure-ip uuid={pif} mode=static ip=10.2.2.4 NETMASK=255.0.0.0")
        == "INVALID_IP_ADDRESS_SPECIFIED"
    )
    xe.do(f"pif-reconfigure-ipv6 uuid={pif} mode=static ipv6=fd00::1/64 dns=fd00::53")
    assert xe.do(f"pif-param-get uuid={pif} param-name=IPv6") == "fd00::1/64"
    assert xe.do(f"pif-param-get uuid={pif} param-name=DNS") == "fd00::53"


def test_a_script_has_the_same_names(xe: "Xe", tmp_path: Path) -> None:
    script = tmp_path / "addresses.sh"
    script.write_text("xe pif-reconfigure-ip uuid=$PIF mode=static ip=10.2.2.4 netmask=255.0.0.0\n")
    script.write_text(script.read_text().replace("$PIF", xe.do("pif-list device=eth1 --minimal")))
    xe.do(f"batch {script}")
    assert xe.do("pif-list IP=10.2.2.4 params=device --minimal") == "eth1"


def test_templates_and_snapshots_are_vms_seen_apart(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=golden")
    xe.do(f"vm-param-set uuid={vm} is-a-template=true")
    assert xe.do("vm-list name-label=golden --minimal") == ""
    assert xe.do("template-list name-label=golden --minimal") == vm
    assert xe.code("vm-start vm=golden") == "Error: No matching VMs found"


def test_selectors_choose_one_or_several(xe: "Xe") -> None:
    vms = [xe.do(f"vm-create name-label={name}") for name in ("web", "web", "db")]
    several = "Error: Multiple matches VMs found. --multiple required to complete the operation"
    assert xe.code("vm-start vm=web") == several
    assert f"Note: one of them is uuid={vms[0]} (web)\n" in xe("vm-start vm=web").err
    xe.do("vm-start vm=web --multiple")
    assert xe.do("vm-list power-state=running is-control-domain=false --minimal") == ",".join(vms[:2])
    xe.do(f"vm-start uuid={vms[2]}")
    xe.do("vm-shutdown name-label=db")
    assert xe.code("vm-shutdown name-label=web name-label=db --multiple") == "Error: No matching VMs found"


UNSPLIT = [
    ("vm-list --power-state=running", "Error: Unknown field 'power-state=running'", "power-state=running"),
    ("vm-list --name-label=a:b", "Error: Unknown field 'name-label=a:b'", "name-label=a:b"),
    ("vm-list --minimal=true", "Error: Unknown field 'minimal=true'", "minimal=true"),
    ("vm-list --params=uuid", "Error: Unknown field 'params=uuid'", "params=uuid"),
    ("vm-shutdown --vm=web --multiple", "Error: Unknown field 'vm=web'", "vm=web"),
    ("vm-shutdown vm=web --force=true", "Error: Unknown field 'force=true'", "force=true"),
    ("vm-param-set uuid={vm} --name-label=www", "Error: Unknown field 'name-label=www'", "name-label=www"),
    ("vm-param-get --uuid={vm}", "Required parameter not found: uuid\nFor usage run: 'xe help'", "uuid={vm}"),
    ("vm-create --name-label=x", "Required parameter not found: name-label\nFor usage run: 'xe help'", "name-label=x"),
    ("batch --file=x", "Required parameter not found: file\nFor usage run: 'xe help'", "file=x"),
    # What a real xe shows of a secret is left out here.
    ("vm-list --password=HUNTER", "Error: Unknown field 'password=***'", "password=***"),
    ("vm-param-set uuid={vm} --password=HUNTER", "Error: Unknown field 'password=***'", "password=***"),
]


@pytest.mark.parametrize(("line", "refusal", "meant"), UNSPLIT)
def test_a_value_behind_two_dashes_is_part_of_the_name(xe: "Xe", line: str, refusal: str, meant: str) -> None:
    """In a batch and from its lines as well; what was meant is told."""
    vm = xe.do("vm-create name-label=web")
    told = xe(line, vm=vm).err
    assert told.startswith(f"{refusal}\nNote: did you mean {meant.format(vm=vm)}?\n")
    assert "HUNTER" not in told
    if not line.startswith("batch"):
        with open_host(str(xe.state)) as host, pytest.raises(ScriptRefused, match="did you mean"):
            host.batch([f"xe {line.format(vm=vm)}"])


def test_a_command_that_knows_its_object_warns_of_such_a_name(xe: "Xe") -> None:
    done = xe(f"vm-destroy uuid={xe.do('vm-create name-label=web')} --force=true --password=HUNTER")
    notes = "force=true (did you mean force=true?), password=*** (did you mean password=***?)"
    assert done.err == f"Warning: vm-destroy does not know the parameters: {notes}; ignored.\n"


SELECTING = [name for name in operations.names() if (found := operations.find(name)) and found.selector]


@pytest.mark.slow
@pytest.mark.parametrize("name", SELECTING)
@pytest.mark.parametrize("several", ["", " --multiple"])
def test_a_word_that_is_no_field_is_refused_and_nothing_is_done(xe: "Xe", name: str, several: str) -> None:
    """In a batch and from Python as well."""
    command = operations.find(name)
    assert command is not None
    for vm in ("web", "db"):
        xe.do(f"vm-create name-label={vm}")
    if command.required and command.required[0].name == "uuid":
        pytest.skip("its uuid names an object, which is looked for first")
    selects = command.selector.name if command.selector else ""
    given = " ".join(f"{field.name}={'xen1' if field.name == selects else '1GiB'}" for field in command.required)
    for word in ("nmae-label", "colour", "database:x", "vmm", "hots"):
        line = f"{name} {given} {word}=web{several}"
        assert xe(line).err.startswith(f"Error: Unknown field '{word}'\n"), line
        assert f"Command: xe {name} " in xe(line).err
        with open_host(str(xe.state)) as host:
            refused = host.state.mark()
            with pytest.raises(ScriptRefused, match=f"Unknown field '{word}'"):
                host.batch([f"xe {line}"])
            arguments = dict.fromkeys(command.by_argument(), "1GiB") if command.required else {}
            with pytest.raises(Misuse, match=f"Unknown field '{word}'"):
                host.run(name, {word: "web"}, **arguments, **({"multiple": True} if several else {}))
            assert host.state.mark() == refused


@pytest.mark.parametrize("name", SELECTING)
def test_words_that_are_never_filters_change_nothing(xe: "Xe", name: str) -> None:
    command = operations.find(name)
    assert command is not None
    assert command.selector is not None
    if command.required and command.required[0].name == "uuid":
        pytest.skip("its uuid names an object, which is looked for first")
    given = " ".join(f"{field.name}=1GiB" for field in command.required)
    facts = COMMANDS.get(name, {"not_filters": [], "optional": []})
    maps = {f"{field.name}:" for field in command.taken() if isinstance(field, Map)}
    own = " ".join(f"{word}:x=false" if f"{word}:" in maps else f"{word}=false" for word in facts["not_filters"])
    common = "server=s port=1 username=u password=p minimal=false force=false multiple=false all=false trace=false"
    line = f"{name} {given} {own} {common} message-priority=3 uuid=nobody"
    objects = "VMs" if command.selector.name == "vm" else "hosts"
    told = "No VM found" if name == "console" else f"Error: No matching {objects} found"
    assert xe(line).err.startswith(f"{told}\n")


FILTERS = [
    # Words count one after the other, as long as an object is left.
    ("vm=nobody bogus=1", "Error: No matching VMs found"),
    ("name-label=nobody tags:a=b", "Error: No matching VMs found"),
    ("bogus=1 uuid=nobody", "Error: Unknown field 'bogus'"),
    ("vm=web bogus=1", "Error: Unknown field 'bogus'"),
    ("vm=web vm=db", "Error: Unknown field 'vm'"),
    ("tags:a=b", "Error: Invalid syntax for set filtering (should be set-param:contains=key)"),
    ("allowed-operations-x=y", "Error: Invalid syntax for set filtering (should be set-param:contains=key)"),
    ("name-label:x=y", "Error: Field 'name-label' is not a set or map"),
    ("tags:contains=x", "Error: No matching VMs found"),
    ("other-config:a=b", "Error: No matching VMs found"),
    ("params=uuid vm=web", "Error: Unknown field 'params'"),
    ("web", "Error: Unknown field 'web'"),
    ("vm=", "Error: No matching VMs found"),
]


@pytest.mark.parametrize(("words", "refusal"), FILTERS)
def test_filters_count_in_their_order(xe: "Xe", words: str, refusal: str) -> None:
    for name in ("web", "db"):
        xe.do(f"vm-create name-label={name}")
    assert xe(f"vm-start {words} --multiple").err.splitlines()[0] == refusal
    if "vm" not in words and words != "web":
        listed = xe(f"vm-list {words}")
        expected = "" if refusal.endswith("found") else refusal
        assert (listed.err.splitlines() or [""])[0] == expected if "params" not in words else not listed.err


MEANT = [
    ("vm-start web", "vm=web"),
    ("vm-start vm web", "vm=web"),
    ("vm-start vmm=web", "vm"),
    ("vm-start name-lable=web", "name-label"),
    ("vm-start nam=web", "name-label"),
    ("vm-start vm=wbe", "vm=web"),
    ("vm-start nowhere", "vm=nowhere"),
    ("vm-start tags:x=y", "tags:contains=y"),
    ("host-disable hots=xen1", "host"),
    ("host-disable xen1", "host=xen1"),
    ("vm-list power-stat=x", "power-state"),
    ("pif-list mac=x", "MAC"),
    ("vm-list web", "name-label=web"),
    ("vm-list vm=web", "name-label=web"),
    ("sr-list Local", "name-label='Local storage'"),
    ("sr-list sr=x", "name-label=x"),
    ("network-list nowhere", "name-label=nowhere"),
]


@pytest.mark.parametrize(("line", "meant"), MEANT)
def test_what_was_meant_is_told(xe: "Xe", line: str, meant: str) -> None:
    xe.do("vm-create name-label=web")
    assert f"Note: did you mean {meant}?\n" in xe(line).err


def test_the_name_of_an_object_in_the_place_of_its_uuid_is_understood_as_one(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    assert f"Note: there is a VM of this name: uuid={vm}\n" in xe("vm-destroy uuid=web").err
    assert f"Note: there is a VM whose uuid begins so: uuid={vm}\n" in xe(f"vm-destroy uuid={vm[:8]}").err
    assert "Note: " not in xe("vm-destroy uuid=nobody").err


def test_commands_for_one_object_do_not_take_several(xe: "Xe") -> None:
    xe.state.unlink()
    assert xe.run(["state-init", "hosts=2"]).status == 0
    one = "Error: Multiple matching hosts found. Operation can only be performed on one host at a time"
    assert xe.code("host-compute-free-memory --multiple") == one
    assert (
        xe.code("host-disable") == "Error: Multiple matching hosts found. --multiple required to complete the operation"
    )
    for vm in ("a", "b"):
        xe.do(f"vm-create name-label={vm}")
    assert xe("vm-vif-list params=MAC").status == 0


def test_of_several_objects_those_that_can_be_are_done(xe: "Xe") -> None:
    first, second = xe.do("vm-create name-label=a"), xe.do("vm-create name-label=b")
    xe.do(f"vm-start uuid={first}")
    result = xe.run(["vm-start", "--multiple", "is-control-domain=false", "--minimal"], partial=True)
    assert result.status == 1
    assert result.out == (
        f"operation failed on {first}: The VM is in the wrong power state for this operation.\n"
        f"vm: {first} (a)\nexpected: halted\nactual: running\n"
    )
    assert xe.do(f"vm-param-get uuid={second} param-name=power-state") == "running"


def test_refusals_without_values_or_of_words_are_told_as_in_xe(xe: "Xe") -> None:
    vms = [xe.do(f"vm-create name-label={name}") for name in "ab"]
    words = ["is-control-domain=false", "--multiple"]
    result = xe.run(["vm-start", "on=nowhere", *words], partial=True)
    assert result.out == "".join(
        f'operation failed on {vm}: INTERNAL_ERROR: [ Cli_util.Cli_failure("Host nowhere not found") ]\n'
        for vm in reversed(vms)
    )
    xe.do("host-disable")
    result = xe.run(["vm-start", *words], partial=True)
    assert result.out == "".join(f"operation failed on {vm}: No host can run this VM now.\n\n" for vm in reversed(vms))


def test_errors_plain_leaves_out_what_is_ours(process: "Process", xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-start uuid={vm}")

    def plain(*words: str) -> str:
        return process.xe("--state", str(xe.state), *words, XE_ERRORS="plain").err

    sentence = "The VM is in the wrong power state for this operation.\n"
    assert (
        plain("vm-destroy", f"uuid={vm}") == f"{sentence}vm: {vm} (web)\nexpected: halted, suspended\nactual: running\n"
    )
    assert plain("vm-start", "web") == "Error: Unknown field 'web'\n"
    assert plain("vm-create", "name-label=x", "colour=red") == ""
    for name in ("vm-strat", "vm-explode"):
        assert plain(name) == f"Unknown command: {name}\nFor usage run: 'xe help'\n"
    assert (
        plain("vm-start", "--multiple", "name-label=web")
        == f"{sentence}vm: {vm} (web)\nexpected: halted\nactual: running\n"
    )


UNLISTED_REFUSALS = [
    (
        "sr-create name-label=x type=ext",
        "90",
        "The device-config is not valid [opterr=device-config:device is missing]",
    ),
    (
        "vdi-resize uuid={vdi} disk-size=2",
        "79",
        "The VDI cannot have this size [opterr=2 bytes is less than it has now]",
    ),
]


@pytest.mark.parametrize(("line", "number", "text"), UNLISTED_REFUSALS)
def test_a_code_that_xe_has_no_sentence_for_is_printed_as_it_is(
    xe: "Xe", monkeypatch: pytest.MonkeyPatch, line: str, number: str, text: str
) -> None:
    """What it means is told below, unless the driver has said it, where lines of ours are wanted."""
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=d virtual-size=1GiB")
    shape = f"Error code: SR_BACKEND_FAILURE_{number}\nError parameters: , {text}, \n"
    told = xe(line, vdi=vdi).err
    assert told.startswith(f"{shape}Code: ")
    meaning = UNLISTED[xe.code(line, vdi=vdi)][0]
    assert (f"\nNote: {meaning}\n" in told) == (meaning.rstrip(".") not in text)
    monkeypatch.setenv("XE_ERRORS", "plain")
    assert xe(line, vdi=vdi).err == shape


@pytest.mark.parametrize("code", UNLISTED)
def test_values_without_labels_stand_in_a_row(code: str) -> None:
    vm = {"uuid": "1234", "name-label": "web"}
    assert (
        message_of(Failure(code, vm, "start"), plain=True)
        == f"Error code: {code}\nError parameters: 1234 (web), start\n"
    )
    assert message_of(Failure(code), plain=True) == f"Error code: {code}\nError parameters: \n"


def test_a_map_without_a_key_is_told_so(xe: "Xe") -> None:
    sr = xe.do("pool-list params=default-SR --minimal")
    result = xe(f"vdi-create sr-uuid={sr} name-label=a virtual-size=1GiB sm-config=x")
    assert "sm-config without a key (it is a map: sm-config:<key>=<value>)" in result.err


@pytest.mark.parametrize("value", ["yes", "1", "TRUE", "", "True"])
def test_minimal_is_true_or_false(xe: "Xe", value: str) -> None:
    refused = xe(f"vm-list minimal={value}")
    assert refused.status == 1
    assert 'message: INTERNAL_ERROR: [ Invalid_argument("bool_of_string") ]\n' in refused.err
    assert xe("vm-list minimal=false").out != xe("vm-list minimal=true").out


def test_a_first_word_that_is_no_command_is_a_syntax_error(xe: "Xe") -> None:
    for words in (["name-label=x"], ["name-label=x", "vm-list"], ["--nossl"], ["-s", "host"]):
        assert xe.run(words).err == "Syntax error: \nFor usage run: 'xe help'\n"


def test_without_any_word_the_usage_is_told(process: "Process") -> None:
    told = process.xe()
    assert (told.out, told.status) == ("", 0)
    assert told.err.startswith("Usage:")


def test_params_that_name_no_field_print_empty_lines(xe: "Xe") -> None:
    for params in ("bogus", "ALL", ""):
        assert xe(f"host-list params={params}").out == "\n\n\n"
        assert xe(f"host-list params={params} --minimal").out == "\n"


def test_an_unknown_parameter_is_ignored_with_one_warning(process: "Process", xe: "Xe") -> None:
    result = xe("vm-create name-label=web name-descripton=x colour=red")
    assert result.status == 0
    assert result.err == (
        "Warning: vm-create does not know the parameters: name-descripton (did you mean name-description?), colour; "
        "ignored.\n"
    )
    strict = process.xe("--state", str(xe.state), "vm-create", "name-label=x", "colour=red", XE_STRICT="1")
    assert (strict.status, strict.out) == (1, "")
    assert strict.err == "Error: vm-create does not know the parameter: colour\n"


def test_an_unknown_command_is_refused_with_the_nearest(xe: "Xe") -> None:
    assert "Note: did you mean vm-create" in xe("vm-craete").err
    assert xe("vm-craete").status == 1


def test_help_lists_what_the_real_one_lists(xe: "Xe") -> None:
    names = xe.do("help --all --minimal").split(",")
    assert names == sorted(names)
    assert {"vm-start", "vbd-create", "state-init", "pif-network-add"} <= set(names)
    assert "vm-create" not in names  # hidden in the real xe too
    common = xe.do("help --minimal").split(",")
    assert set(common) - set(names) == {"vm-query-services"}  # standard and hidden at once in the real xe
    assert xe("help vbd-plug").out == (
        "command name            : vbd-plug\n"
        "        reqd params     : uuid\n"
        "        optional params : \n"
        "        description     : Attach a VBD to its running VM.\n\n\n"
    )
    assert "device-config:" in xe.do("help pbd-create")
    assert "force, on, paused, <vm-selectors>" in xe.do("help vm-start")
    assert xe("help nothing").out == "Unknown command 'nothing'\n"
    assert xe("help vm-start vbd-plug --minimal").out == "vbd-plug,vm-start\n"
    assert xe("help vm-start nothing --minimal").out == "Unknown command 'nothing',vm-start\n"
    assert xe("help --all vm-start").out == xe("help vm-start").out
    assert xe("help --trace").out == "Unknown command 'trace'\n"
    groups = xe.do("help --all").split("------------\n")[1].split("\n    \n")
    assert [group.split()[0].rstrip(",") for group in groups] == [
        "host-add",
        "vm-assert-can-be-recovered",
        "appliance-assert-can-be-recovered",
    ]


def test_the_version_is_told(process: "Process") -> None:
    assert process.xe("--version").out.startswith("xe_py, version ")


def test_lines_are_not_wider_than_a_terminal_in_help(xe: "Xe") -> None:
    assert max(map(len, xe.do("help --all").splitlines())) <= 80
