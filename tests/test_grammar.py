"""The words of the command line mean what they mean to the real xe, and its output has the real one's bytes."""

from typing import TYPE_CHECKING

import pytest

from xe_py.cli.words import extra_words, pairs, split
from xe_py.errors import Misuse

if TYPE_CHECKING:
    from conftest import Process, Xe

WORDS = [
    (["name=a=b"], [("name", "a=b")]),
    (["other-config:x.y/z:1=2"], [("other-config:x.y/z:1", "2")]),
    (["other-config:owner"], [("other-config:owner", "")]),
    (["name-description="], [("name-description", "")]),
    (["--force"], [("force", "true")]),
    (["--force", "x=1"], [("force", "true"), ("x", "1")]),
    (["--force=false"], [("force", "false")]),
    (["name=first", "name=second"], [("name", "first")]),
    (["--label", "web"], [("label", "web")]),
    (["--label", "--force"], [("label", "true"), ("force", "true")]),
    (["--label=a=b"], [("label", "a=b")]),
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
    xe.do("vm-start vm=web --multiple")
    assert xe.do("vm-list power-state=running is-control-domain=false --minimal") == ",".join(vms[:2])
    xe.do(f"vm-start uuid={vms[2]}")
    xe.do("vm-shutdown name-label=db")
    assert xe("vm-suspend nothing=1").err.startswith("Warning: vm-suspend does not know the parameter: nothing")


def test_of_several_objects_those_that_can_be_are_done(xe: "Xe") -> None:
    first, second = xe.do("vm-create name-label=a"), xe.do("vm-create name-label=b")
    xe.do(f"vm-start uuid={first}")
    result = xe.run(["vm-start", "--multiple", "is-control-domain=false"], partial=True)
    assert result.status == 1
    assert result.out == ""
    assert result.err.startswith(f"operation failed on {first}: ")
    assert xe.do(f"vm-param-get uuid={second} param-name=power-state") == "running"


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
    assert "Did you mean: vm-create" in xe("vm-craete").err
    assert xe("vm-craete").status == 1


def test_help_lists_what_the_real_one_lists(xe: "Xe") -> None:
    names = xe.do("help --all --minimal").split(",")
    assert names == sorted(names)
    assert {"vm-start", "vbd-create", "state-init", "pif-network-add"} <= set(names)
    assert "vm-create" not in names  # hidden in the real xe too
    common = xe.do("help --minimal").split(",")
    assert set(common) < set(names)
    assert xe("help vbd-plug").out == (
        "command name            : vbd-plug\n"
        "        reqd params     : uuid\n"
        "        optional params : \n"
        "        description     : Attach a VBD to its running VM.\n\n\n"
    )
    assert "device-config:" in xe.do("help pbd-create")
    assert "force, on, paused, <vm-selectors>" in xe.do("help vm-start")
    assert xe("help nothing").out == "Unknown command 'nothing'\n"


def test_the_version_is_told(process: "Process") -> None:
    assert process.xe("--version").out.startswith("xe_py, version ")


def test_lines_are_not_wider_than_a_terminal_in_help(xe: "Xe") -> None:
    assert max(map(len, xe.do("help --all").splitlines())) <= 80
