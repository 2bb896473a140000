"""The Python interface: open a state, run commands with keyword arguments, keep the changes or drop them."""

from typing import TYPE_CHECKING

import pytest

from xe_py import classes
from xe_py.errors import Failure, Misuse, SeveralFailed, StateFileError, UnsoundStateError
from xe_py.host import open_host

if TYPE_CHECKING:
    from conftest import Xe


def test_what_is_run_is_kept_at_the_end_of_the_block(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        web = host.run("vm-create", name_label="web")
        sr = host.find("sr", type="ext")[0]
        vdi = host.run("vdi-create", sr=sr, name_label="root", virtual_size="1GiB")
        assert vdi["virtual-size"] == 1 << 30
        host.run("vbd-create", vm=web["uuid"], vdi=vdi, device="0")
        host.run("vm-param-set", {"uuid": web["uuid"], "name-description": "x"})
        host.run("vm-start", vm=web)
        assert host.get("vm", web["uuid"])["power-state"] == "running"
    assert xe.do("vm-list name-label=web params=power-state --minimal") == "running"
    assert "serial: 2" in xe.do("state-show")


def test_a_block_that_is_left_by_an_error_keeps_nothing(xe: "Xe") -> None:
    before = xe.state.read_bytes()
    with pytest.raises(Failure, match="UUID_INVALID"), open_host(str(xe.state)) as host:
        host.run("vm-create", name_label="web")
        host.run("vm-destroy", vm="x")
    assert xe.state.read_bytes() == before


def test_a_refusal_that_is_caught_takes_back_only_its_command(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        web = host.run("vm-create", name_label="web")
        for _ in range(2):
            with pytest.raises(Failure, match="DEVICE_ALREADY_EXISTS"):
                host.run("vbd-create", vm=web, device="0", type="CD", mode="RO")
                host.run("vbd-create", vm=web, device="0", type="CD", mode="RO")
    assert len(xe.do("vbd-list --minimal").split(",")) == 1


def test_changes_are_kept_and_dropped_on_demand(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        first = host.run("vm-create", name_label="first")
        host.commit()
        host.run("vm-param-set", {"uuid": first["uuid"], "name-label": "renamed"})
        host.run("vm-create", name_label="second")
        host.rollback()
        host.run("vm-create", name_label="third")
        host.run("state-set", rules="xapi")
    names = xe.do("vm-list is-control-domain=false params=name-label --minimal")
    assert names == "first,third"
    assert "serial: 3" in xe.do("state-show")


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("vm-nothing", {}, Misuse),
        ("state-init", {}, Misuse),
        ("vm-create", {}, Misuse),
        ("vdi-create", {"sr": "x", "name_label": "x", "virtual_size": 1}, Failure),
        ("network-create", {"name_label": 5}, Failure),
        ("network-create", {"name_label": "x", "mtu": "many"}, Misuse),
    ],
)
def test_what_cannot_be_is_raised(xe: "Xe", name: str, arguments: dict[str, object], error: type[Exception]) -> None:
    with open_host(str(xe.state)) as host, pytest.raises(error):
        host.run(name, **arguments)


def test_commands_with_selectors_choose_as_on_the_command_line(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        web, db = (host.run("vm-create", name_label=name) for name in ("web", "db"))
        for given in ({"vm": "web"}, {"vm": web["uuid"]}, {"vm": web}, {"uuid": web["uuid"]}, {"name_label": "web"}):
            assert host.run("vm-start", **given) is None
            assert (web["power-state"], db["power-state"]) == ("running", "halted")
            assert host.run("vm-shutdown", words={"name-label": "web"}, force=True) is None
        with pytest.raises(Misuse, match="Multiple matches VMs found"):
            host.run("vm-start", is_control_domain=False)
        assert host.run("vm-start", is_control_domain=False, multiple=True) == []
        assert len(host.run("vm-vif-list", is_control_domain=False)) == 2
        host.run("vm-pause", vm=web)
        with pytest.raises(SeveralFailed) as several:
            host.run("vm-pause", is_control_domain=False, multiple=True)
        assert [(uuid, refusal.code) for uuid, refusal in several.value.refusals] == [
            (web["uuid"], "VM_BAD_POWER_STATE")
        ]
        assert db["power-state"] == "paused"
        for wrong in ({"vmm": "web"}, {"vm": web, "colour": "red"}):
            with pytest.raises(Misuse, match="Unknown field"):
                host.run("vm-unpause", **wrong)
        with pytest.raises(Misuse, match="No matching VMs found"):
            host.run("vm-unpause", vm=web, name_label="db")


def test_a_control_domain_cannot_be_reset(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        domain = host.find("vm", is_control_domain="true")[0]
        with pytest.raises(Failure, match="OPERATION_NOT_ALLOWED"):
            host.run("vm-reset-powerstate", vm=domain, force=True)


def test_an_unsound_file_is_not_opened(xe: "Xe") -> None:
    xe.state.write_text(xe.state.read_text() + "\n[disk]\n")
    with pytest.raises(UnsoundStateError), open_host(str(xe.state)):
        pass
    xe.state.write_text("")
    with pytest.raises(StateFileError, match="is empty"), open_host(str(xe.state)):
        pass


def test_objects_are_found_by_the_same_values_as_in_the_state(xe: "Xe") -> None:
    """Beside sets and maps, which only their printed form finds as a whole."""
    with open_host(str(xe.state)) as host:
        host.run("vm-create", name_label="web")
        for cls in classes.sections():
            if cls.name in classes.HIDDEN:
                continue
            fields = [each for each in cls.stored.values() if not each.hidden and "_" not in each.name]
            for obj in host.state.all(cls.name):
                values = {each.name: obj[each.name] for each in fields if not isinstance(obj[each.name], (list, dict))}
                for name, value in values.items():
                    found = host.find(cls.name, **{name.replace("-", "_"): value})
                    assert found == host.state.find(cls.name, **{name.replace("-", "_"): value}), (cls.name, name)
