"""`state-apply FILE`: the state becomes like the file, whole or in part, in one step; names may stand for uuids."""

from pathlib import Path

import pytest
from conftest import Xe


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """The file to be applied."""
    return tmp_path / "part.toml"


def test_a_part_changes_what_it_has_and_nothing_else(xe: Xe, part: Path) -> None:
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vm-param-set uuid={vm} VCPUs-max=2")
    part.write_text('[vm.web]\nname-description = "the shop"\n[network.backend]\nbridge = "xapi7"\n')
    dry = xe.do(f"state-apply {part} --dry-run").splitlines()
    assert [line for line in dry if line[:1] in "+~-"][:1] == [f"~ vm web ({vm})"]
    assert dry[-1] == "Plan: 1 to add, 1 to change, 0 to remove"
    shown = xe.do(f"state-apply {part}").splitlines()
    assert shown[:2] == [f"~ vm web ({vm})", "    name-description: (empty) -> the shop"]
    assert shown[-1] == dry[-1]
    assert xe.do(f"vm-list uuid={vm} params=VCPUs-max,name-description --csv=noheader") == "2,the shop"
    assert xe.do("network-list name-label=backend params=bridge --minimal") == "xapi7"
    assert xe.do(f"state-apply {part}") == "Nothing changes."


def test_names_stand_for_uuids_of_the_file_first_and_then_of_the_state(xe: Xe, part: Path) -> None:
    part.write_text(
        '[network.backend]\nbridge = "xapi7"\n[vm.web]\n[vif.00000000-0000-4000-8000-000000000001]\n'
        'vm-uuid = "web"\nnetwork-uuid = "backend"\ndevice = "0"\nMAC = "02:00:00:00:00:01"\n'
        '[vdi.disk]\nsr-uuid = "Local storage"\nvirtual-size = 1073741824\nlocation = "disk"\n'
    )
    xe.do(f"state-apply {part}")
    assert xe.do("vif-list params=vm-uuid.name-label,network-uuid.name-label --csv=noheader") == "web,backend"
    assert xe.do("vdi-list name-label=disk params=sr-name-label --minimal") == "Local storage"


def test_a_whole_file_is_what_the_state_becomes_and_prune_removes_the_rest(xe: Xe, part: Path) -> None:
    part.write_bytes(xe.state.read_bytes())
    network = xe.do("network-list bridge=xenbr0 --minimal")
    xe.do(f"network-param-set uuid={network} name-description=changed")
    vm = xe.do("vm-create name-label=web")
    xe.do(f"state-apply {part}")
    assert xe.do(f"network-param-get uuid={network} param-name=name-description") == ""
    assert xe.do("vm-list name-label=web --minimal") == vm
    assert xe.do(f"state-apply {part} --prune") == f"- vm web ({vm})\n\nPlan: 0 to add, 0 to change, 1 to remove"
    assert xe.do(f"state-diff {part} --exit-code") == "Nothing changes."
    part.write_text(part.read_text().replace('rules = "strict"', 'rules = "xapi"'))
    assert "    rules: strict -> xapi" in xe.do(f"state-apply {part}")


def test_the_default_templates_are_those_of_the_file(xe: Xe, part: Path) -> None:
    xe.do("state-set templates=xcp-ng-8.3")
    changed, gone, *_ = xe.do("template-list --minimal").split(",")
    part.write_bytes(xe.state.read_bytes())
    xe.do(f"template-param-set uuid={changed} name-description=changed")
    xe.do(f"template-param-set uuid={gone} is-default-template=false")
    xe.do(f"vm-destroy uuid={gone}")
    xe.do(f"state-apply {part} --prune")
    assert xe.do(f"state-diff {part}") == "Nothing changes."
    xe.do("state-set templates=none")
    xe.do(f"state-apply {part} --prune")
    assert xe.do(f"state-diff {part}") == "Nothing changes."
    xe.do(f"template-param-set uuid={gone} is-default-template=false")
    xe.do(f"vm-destroy uuid={gone}")
    part.write_bytes(xe.state.read_bytes())
    xe.do("state-set templates=xcp-ng-8.3")
    assert gone in xe.do("template-list --minimal")
    xe.do(f"state-apply {part} --prune")
    assert gone not in xe.do("template-list --minimal")
    assert xe.do(f"state-diff {part}") == "Nothing changes."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[vms.web]\n", "Error: {part}: there is no class vms."),
        ("vm = 1\n", "Error: {part}: there is no class vm."),
        ("[vm]\nweb = 1\n", "Error: {part}: vm web must be a table, [vm.web]."),
        ("[vm.web]\nname-lable = 'x'\n", "Error: {part}: vm web: name-lable is no field that a state file holds."),
        ("[vm.web]\npower-state = 'runing'\n", "Error: {part}: vm web: power-state cannot be 'runing'."),
        ("[vm.web]\naffinity = 'nobody'\n", "Error: {part}: no object of the class host has the name nobody."),
        ("[network.twin]\n", "Error: {part}: several objects of the class network have the name twin; give a uuid: "),
        ("[vm.web]\nresident-on = 'xen1'\n", "A VM"),
    ],
)
def test_what_makes_no_sense_is_refused(xe: Xe, part: Path, text: str, said: str) -> None:
    for _ in range(2):
        xe.do("network-create name-label=twin")
    part.write_text(text)
    refused = xe(f"state-apply {part}")
    assert refused.status == 1
    if not said.startswith("A VM"):
        assert refused.err.startswith(said.format(part=part))


def test_a_part_does_not_prune_and_a_text_that_is_no_toml_is_refused(xe: Xe, part: Path) -> None:
    part.write_text("[vm.web]\n")
    assert xe.code(f"state-apply {part} --prune").startswith(f"Error: {part} is a part of a state, because it has no")
    part.write_text("[vm.web\n")
    assert xe(f"state-apply {part}").status == 3
    assert xe.code(f"state-apply {part}x") == f"The file {part}x cannot be read: No such file or directory."
