"""The default templates of a host: what they are, and how a state has them although the file does not hold them."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py import classes
from xe_py.errors import StateFileError
from xe_py.fresh.host import fresh_host
from xe_py.schema.secrets import is_secret
from xe_py.schema.xenclass import DESTROYED, TEMPLATES
from xe_py.state.core import findings
from xe_py.state.state import State
from xe_py.state.templates import of
from xe_py.store import store_for
from xe_py.store.files.document import Site
from xe_py.store.toml import reader
from xe_py.store.toml.render import canonical
from xe_py.xapi.default_templates import SETS

if TYPE_CHECKING:
    from conftest import Process, Xe

FACTS = json.loads((Path(__file__).parent / "facts" / "templates.json").read_text())
OTHER = "552bce37-51b2-445d-84f2-5f33fa112d7e"
DEBIAN = "07d91aaa-43f7-430a-bf84-0edb6714df0f"
SET = "xcp-ng-8.3"


# What they are

# The fields whose texts are ours, that differ from host to host, or that stand under other names in the facts.
OTHERWISE = {"uuid", "name_description", "other_config", "recommendations", "disks", "generation_id"}
# How xe spells a few values of the API.
SPELLED = {"domain_type": lambda text: text.replace("_", "-")}


def of_set(name: str) -> State:
    return fresh_host(templates=name)


def facts_of(name: str) -> dict[str, dict[str, object]]:
    release = name.removesuffix("+pv")
    return {
        each["uuid"]: each
        for each in FACTS["templates"]
        if release in each["in"] and (name != release or each["package"] != "data-pv")
    }


@pytest.mark.parametrize("name", [name for name in SETS if name != "none"])
def test_a_set_has_what_a_real_host_has(name: str) -> None:
    state, facts = of_set(name), facts_of(name)
    form = "_py38" if "9" in name else ""
    columns = {field.name.replace("-", "_"): field.name for field in classes.get("vm").fields if field.stored}
    assert list(of(state.header)) == list(facts)
    for uuid, fact in facts.items():
        vm = state.need("vm", uuid)
        for name_in_api, value in fact.items():
            if name_in_api in columns and name_in_api not in OTHERWISE:
                shown = SPELLED.get(name_in_api, lambda text: text)(value)
                found = vm[columns[name_in_api]]
                assert found == shown, (vm.name, name_in_api)
                assert type(found) is not dict or list(found) == list(shown), (vm.name, name_in_api)
        assert vm["recommendations"] == fact[f"recommendations_xml{form}"]
        assert vm["generation-id"] == fact["generation_id"]
        config = vm["other-config"]
        assert config.get("disks") == fact[f"other_config_disks_xml{form}"]
        assert next(iter(config)) == "default_template"
        assert list(config)[-2:] == ["mac_seed", "import_task"]
        own = {"default_template", "disks", "mac_seed", "import_task"}
        assert [pair for pair in config.items() if pair[0] not in own] == list(fact["other_config"].items())  # type: ignore[attr-defined] # a map


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("rules", ["strict", "xapi"])
def test_every_set_is_sound_and_has_no_secrets(name: str, rules: str) -> None:
    state = fresh_host(templates=name, rules=rules)
    assert list(findings(state)) == []
    maps = [vm[field] for vm in state.all("vm") for field in classes.get("vm").maps]
    assert not any(is_secret(key) for each in maps for key in each)


def test_each_host_has_its_own_seeds() -> None:
    seeds = [vm["other-config"]["mac_seed"] for _ in range(2) for vm in of_set(SET).find("vm", is_a_template=True)]
    assert len(set(seeds)) == len(seeds) == 78


# The file


def in_full(path: Path) -> State:
    state, found = reader.judge(reader.read(Site(str(path))))
    assert found == []
    return state


def everything(state: State) -> dict[str, list[dict[str, object]]]:
    return {cls.name: [dict(obj) for obj in state.all(cls.name)] for cls in classes.sections()}


def held(xe: "Xe") -> list[str]:
    """The default templates that the file holds."""
    text = xe.state.read_text()
    return [uuid for uuid in facts_of(f"{SET}+pv") if f"[vm.{uuid}]" in text]


def test_the_file_of_a_fresh_host_names_the_set_and_holds_no_template(xe: "Xe") -> None:
    assert f'templates = "{SET}"\n' in xe.state.read_text()
    assert held(xe) == []
    assert xe.do("template-list --minimal").split(",") == list(facts_of(SET))
    assert canonical(in_full(xe.state)) == xe.state.read_text()


def test_a_state_read_through_its_index_has_the_same_objects_in_the_same_order(xe: "Xe") -> None:
    vm = xe.do("vm-create name-label=golden")
    for line in (
        f"template-param-set uuid={DEBIAN} name-description=mine",
        f"vm-param-set uuid={vm} is-a-template=true",
        "vm-create name-label=web",
        f"template-param-set uuid={OTHER} is-default-template=false",
        f"vm-destroy uuid={OTHER}",
    ):
        xe.do(line)
        listed = xe.do("template-list params=all"), xe.do("vm-list params=all --all")
        xe.state.write_bytes(xe.state.read_bytes())
        assert (xe.do("template-list params=all"), xe.do("vm-list params=all --all")) == listed
        assert canonical(in_full(xe.state)).count("[vm.") == xe.state.read_text().count("[vm.")


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("param-set uuid={0} name-label=Mine", "param-set uuid={0} name-label=Debian~Bookworm~12"),
        ("param-add uuid={0} param-name=tags param-key=a", "param-clear uuid={0} param-name=tags"),
        ("param-set uuid={0} VCPUs-max=4", "param-set uuid={0} VCPUs-max=1"),
    ],
)
@pytest.mark.parametrize("between", ["", "vm-create name-label=between"])
def test_a_template_is_in_the_file_while_it_differs(xe: "Xe", change: str, back: str, between: str) -> None:
    fresh = in_full(xe.state)
    there, again = (
        [word.replace("~", " ") for word in f"template-{each}".format(DEBIAN).split()] for each in (change, back)
    )
    assert xe.run(there).status == 0
    assert held(xe) == [DEBIAN]
    assert everything(in_full(xe.state)) != everything(fresh)
    if between:
        xe.do("vm-destroy uuid=" + xe.do(between))
    assert xe.run(again).status == 0
    assert held(xe) == []
    assert everything(in_full(xe.state)) == everything(fresh)


def test_a_map_in_another_order_differs(xe: "Xe") -> None:
    seed = xe.do(f"template-param-get uuid={OTHER} param-name=other-config param-key=mac_seed")
    xe.do(f"template-param-remove uuid={OTHER} param-name=other-config param-key=mac_seed")
    xe.do(f"template-param-add uuid={OTHER} param-name=other-config mac_seed={seed}")
    assert held(xe) == [OTHER]
    assert next(iter(in_full(xe.state).need("vm", OTHER)["other-config"])) == "mac_seed"


def test_what_refers_to_a_template_leaves_it_out_of_the_file(xe: "Xe") -> None:
    vbd = xe.do(f"vbd-create vm-uuid={OTHER} device=3 type=CD mode=RO")
    assert held(xe) == []
    assert xe.do(f"template-param-get uuid={OTHER} param-name=VBDs") == vbd
    xe.state.write_bytes(xe.state.read_bytes())
    assert xe.do("state-check").startswith("The state is sound")


def test_a_destroyed_template_stays_gone_until_the_set_is_asked_for_again(xe: "Xe") -> None:
    assert xe.code(f"vm-destroy uuid={OTHER}") == "VM_IS_TEMPLATE"
    xe.do(f"template-param-set uuid={OTHER} is-default-template=false")
    xe.do(f"vm-destroy uuid={OTHER}")
    assert f'{DESTROYED} = [\n    "{OTHER}",\n]\n' in xe.state.read_text()
    assert held(xe) == []
    for _ in ("through the index", "in full"):
        assert OTHER not in xe.do("template-list --minimal")
        xe.state.write_bytes(xe.state.read_bytes())
    assert xe.do("state-show").splitlines()[6] == f"{DESTROYED}: {OTHER}"
    xe.do("state-undo")
    assert OTHER in xe.do("template-list --minimal")
    assert DESTROYED not in xe.state.read_text()
    xe.do("state-undo")
    assert xe.do(f"state-set templates={SET}") == ""
    assert OTHER in xe.do("template-list --minimal")
    assert DESTROYED not in xe.state.read_text()


def test_a_commit_that_fails_leaves_the_header_as_it_was(xe: "Xe", monkeypatch: pytest.MonkeyPatch) -> None:
    xe.do(f"template-param-set uuid={OTHER} is-default-template=false")

    def full(*_: object, **__: object) -> None:
        raise StateFileError("No space left on device.")

    with store_for(str(xe.state), os.environ).write("test") as opened:
        state = opened.state
        header = state.header
        state.delete(state.need("vm", OTHER))
        with monkeypatch.context() as patch, pytest.raises(StateFileError):
            patch.setattr("xe_py.store.committing.replace", full)
            opened.commit()
        assert state.header == header
        assert state.get("vm", OTHER) is None
        opened.commit()
        assert state.header[DESTROYED] == [OTHER]
    assert OTHER not in xe.do("template-list --minimal")


CHANGED = "\nPlan: 0 to add, 1 to change, 0 to remove"


@pytest.mark.parametrize("name", [name for name in SETS if name != SET])
def test_another_set_takes_the_place_of_the_templates_that_nobody_changed(xe: "Xe", name: str) -> None:
    xe.do(f"template-param-set uuid={DEBIAN} name-label=Mine")
    assert xe("--dry-run state-set templates=" + name).out == f"~ state\n    templates: {SET} -> {name}\n{CHANGED}\n"
    xe.do(f"state-set templates={name}")
    assert set(xe.do("template-list --minimal").split(",")) == {*(facts_of(name) if name != "none" else ()), DEBIAN}
    assert xe.do(f"template-param-get uuid={DEBIAN} param-name=name-label") == "Mine"
    assert held(xe) == [DEBIAN]
    assert (TEMPLATES in in_full(xe.state).header) == (name != "none")
    assert xe.do("state-diff") == f"~ state\n    templates: {SET} -> {name}\n{CHANGED}"


def test_a_file_from_before_has_none_until_asked(xe: "Xe") -> None:
    xe.state.write_text(xe.state.read_text().replace(f'templates = "{SET}"\n', ""))
    assert xe.do("template-list --minimal") == ""
    xe.do(f"state-set templates={SET} rules=xapi")
    assert xe.do("template-list --minimal").split(",") == list(facts_of(SET))
    assert held(xe) == []
    assert xe.do("state-show").splitlines()[4:6] == ["rules: xapi", f"templates: {SET}"]


def test_state_set_needs_a_set(xe: "Xe") -> None:
    assert xe("state-set").err.splitlines()[0] == "Error: Give rules=, templates= or both"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ('templates = "xcp-ng-7"', 'templates is "xcp-ng-7"; it must be xcp-ng-8.3, xcp-ng-9,'),
        ("templates = 8", "templates"),
        ('templates-destroyed = "all"', "templates-destroyed"),
        ('template = "none"', "has an unknown key: template (templates?)"),
    ],
)
def test_a_header_that_names_no_set_is_told_with_its_line(xe: "Xe", header: str, said: str) -> None:
    xe.state.write_text(xe.state.read_text().replace(f'templates = "{SET}"', header))
    result = xe("vm-list")
    assert result.status == 3
    assert f"{xe.state}:7: [state] " in result.err
    assert said in result.err


@pytest.mark.parametrize("form", ["a table", "dotted", "inline", "the class as a value"])
def test_a_template_that_the_file_holds_unchanged_is_changed_as_it_is_written(xe: "Xe", form: str) -> None:
    """Somebody may copy a template into the file before they change it."""
    text = xe.state.read_text()
    xe.do(f"template-param-set uuid={OTHER} name-label=x")
    table = xe.state.read_text().partition(f"[vm.{OTHER}]\n")[2].partition("\n[")[0]
    table = table.replace('name-label = "x"', 'name-label = "Other install media"')
    lines = table.strip().splitlines()
    if form == "a table":
        text += f"\n[vm.{OTHER}]\n{table}"
    elif form == "dotted":
        text += "\n[vm]\n" + "".join(f"{OTHER}.{line}\n" for line in lines)
    elif form == "inline":
        text += f"\n[vm]\n{OTHER} = {{ {', '.join(lines)} }}\n"
    else:
        domain = text.partition("[vm.")[2]
        uuid, _, fields = domain.partition("]\n")
        own = ", ".join(line for line in fields.strip().splitlines())
        text = text.partition("[vm.")[0].replace(
            "[state]", f"vm = {{ {uuid} = {{ {own} }}, {OTHER} = {{ {', '.join(lines)} }} }}\n[state]"
        )
    xe.state.write_text(text)
    assert xe.do("state-check").endswith("is sound: 56 objects.")
    xe.do(f"template-param-set uuid={OTHER} name-label=y HVM-boot-policy=")
    found = in_full(xe.state).need("vm", OTHER)
    assert (found.name, found["HVM-boot-policy"], found["domain-type"]) == ("y", "", "pv")
    xe.do(f"template-param-set uuid={OTHER} is-default-template=false")
    xe.do(f"vm-destroy uuid={OTHER}")
    assert OTHER not in xe.state.read_text().replace(f'"{OTHER}"', "")
    assert OTHER not in xe.do("template-list --minimal")


def test_two_spellings_of_the_uuid_of_a_template_are_one_too_many(xe: "Xe") -> None:
    xe.state.write_text(xe.state.read_text() + f'\n[vm.{OTHER.upper()}]\nname-label = "x"\n')
    _, found = reader.judge(reader.read(Site(str(xe.state))))
    assert [finding.failure.code for finding in found] == ["STATE_DUPLICATE_UUID"]


def test_commands_that_need_no_template_do_not_load_them(xe: "Xe", process: "Process") -> None:
    vm = xe.do("vm-create name-label=web")
    os.utime(xe.state, ns=(1, 1))
    process.run(["xe", "--state", str(xe.state), "vm-list"])
    for line in (
        "vm-list",
        f"vm-param-get uuid={vm} param-name=uuid",
        "vm-create name-label=db",
        f"vm-start uuid={vm}",
    ):
        program = "import sys; from xe_py.cli.main import run; from xe_py.cli.environment import of_process; run(sys.argv[1:], of_process()); print(*sys.modules)"
        done = process.run([sys.executable, "-c", program, "--state", str(xe.state), *line.split()])
        assert done.status == 0
        assert "templates" not in done.out.split("\n")[-2]
