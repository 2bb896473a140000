"""Guests that halt or boot again by themselves, so that scripts that wait for an installation come to their end."""

import re
import time
from calendar import timegm
from typing import TYPE_CHECKING

import pytest

from xe_py import open_host

if TYPE_CHECKING:
    from conftest import Process, Xe


FORM = "%Y-%m-%dT%H:%M:%SZ"


@pytest.fixture
def vm(xe: "Xe") -> str:
    """A VM that is halted."""
    return xe.do("vm-create name-label=web")


def later(xe: "Xe", seconds: int) -> None:
    """Let so many seconds pass: the VMs have started so much earlier, and the header names an earlier moment."""

    def earlier(match: "re.Match[str]") -> str:
        return time.strftime(FORM, time.gmtime(timegm(time.strptime(match[0], FORM)) - seconds))

    text = re.sub(r"(?<=start-time = )\S+", earlier, xe.state.read_text())
    xe.state.write_text(re.sub(r"(?<=guests-act = )\d+", lambda match: str(int(match[0]) - seconds), text))


def power_state(xe: "Xe", vm: str) -> str:
    return xe.do(f"vm-param-get uuid={vm} param-name=power-state")


def test_nothing_happens_before_its_time(xe: "Xe", vm: str) -> None:
    xe.do("vm-guest-set vm=web halts-after=100")
    assert "guests-act" not in xe.state.read_text()
    xe.do("vm-start vm=web")
    assert "guests-act = " in xe.state.read_text()
    later(xe, 50)
    assert power_state(xe, vm) == "running"


def test_a_guest_halts_once_after_its_start(xe: "Xe", vm: str) -> None:
    xe.do("vm-guest-set vm=web halts-after=100")
    xe.do("vm-start vm=web")
    later(xe, 101)
    text = xe.state.read_bytes()
    assert power_state(xe, vm) == "halted"
    assert xe.do("vm-list power-state=halted is-control-domain=false --minimal") == vm
    assert xe.state.read_bytes() == text, "a command that reads writes nothing"
    xe.do("vm-start vm=web")
    later(xe, 1000)
    assert power_state(xe, vm) == "running"
    assert "guests-act" not in xe.state.read_text()
    assert "guest-halts-after" not in xe.state.read_text()


@pytest.mark.parametrize(
    ("setting", "action", "becomes"),
    [
        ("halts-after", "", "halted"),
        ("halts-after", "actions-after-shutdown=Restart", "running"),
        ("reboots-after", "", "running"),
        ("reboots-after", "actions-after-reboot=Destroy", "halted"),
    ],
)
def test_the_actions_of_the_vm_say_what_happens(xe: "Xe", vm: str, setting: str, action: str, becomes: str) -> None:
    xe.do(f"vm-guest-set vm=web {setting}=10")
    if action:
        xe.do(f"vm-param-set uuid={vm} {action}")
    xe.do("vm-start vm=web")
    later(xe, 11)
    xe.do("network-create name-label=other")
    assert power_state(xe, vm) == becomes
    assert f"guest-{setting}" not in xe.state.read_text()
    if becomes == "running":
        assert int(xe.do(f"vm-param-get uuid={vm} param-name=dom-id")) > 0
        later(xe, 100)
        assert power_state(xe, vm) == "running"


def test_an_installation_boots_again_and_then_halts(xe: "Xe", vm: str) -> None:
    """What counts from a start counts anew from the next one."""
    xe.do("vm-guest-set vm=web reboots-after=10 halts-after=30")
    xe.do("vm-start vm=web")
    later(xe, 15)
    assert power_state(xe, vm) == "running"
    xe.do("network-create name-label=other")
    later(xe, 20)
    assert power_state(xe, vm) == "running"
    later(xe, 15)
    assert power_state(xe, vm) == "halted"


def test_a_paused_guest_does_nothing(xe: "Xe", vm: str) -> None:
    xe.do("vm-guest-set vm=web halts-after=10")
    xe.do("vm-start vm=web paused=true")
    later(xe, 20)
    assert power_state(xe, vm) == "paused"
    xe.do("vm-unpause vm=web")
    assert power_state(xe, vm) == "halted"


def test_a_suspended_guest_goes_on_when_it_is_resumed(xe: "Xe", vm: str) -> None:
    xe.do("vm-guest-set vm=web halts-after=10")
    xe.do("vm-start vm=web")
    xe.do("vm-suspend vm=web")
    later(xe, 20)
    assert power_state(xe, vm) == "suspended"
    xe.do("vm-resume vm=web")
    assert power_state(xe, vm) == "halted"


def test_the_guests_of_a_template_do_the_same(xe: "Xe") -> None:
    template = xe.do("template-list --minimal").split(",")[0]
    xe.do(f"vm-guest-set uuid={template} halts-after=5")
    vm = xe.do(f"vm-install template-uuid={template} new-name-label=made")
    xe.do(f"vm-start uuid={vm}")
    later(xe, 6)
    assert power_state(xe, vm) == "halted"


def test_a_refused_command_finds_the_guest_halted(xe: "Xe", vm: str) -> None:
    xe.do("vm-guest-set vm=web halts-after=10")
    xe.do("vm-start vm=web")
    later(xe, 20)
    assert xe.code("vm-pause vm=web") == "VM_BAD_POWER_STATE"
    assert "actual: halted" in xe("vm-pause vm=web").err
    assert "+ network x (" in xe.do("network-create name-label=x --dry-run")
    xe.do("vm-start vm=web")
    assert power_state(xe, vm) == "running"


def test_a_guest_that_cannot_boot_again_halts(xe: "Xe", vm: str) -> None:
    sr = xe.do("sr-list type=ext --minimal")
    vdi = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=1GiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device=0")
    xe.do("vm-guest-set vm=web reboots-after=10")
    xe.do("vm-start vm=web")
    later(xe, 20)
    xe.state.write_text(xe.state.read_text().replace(f"[vdi.{vdi}]\n", f"[vdi.{vdi}]\nmissing = true\n"))
    assert power_state(xe, vm) == "halted"


def test_setting_it_on_a_running_vm_counts_from_its_start(xe: "Xe", vm: str) -> None:
    xe.do("vm-start vm=web")
    later(xe, 100)
    xe.do("vm-guest-set vm=web halts-after=200")
    assert power_state(xe, vm) == "running"
    xe.do("vm-guest-set vm=web halts-after=50")
    assert power_state(xe, vm) == "halted"


@pytest.mark.parametrize("name", ["halts-after", "reboots-after", "boot-time"])
def test_seconds_are_not_negative(xe: "Xe", vm: str, name: str) -> None:
    line = f"vm-guest-set uuid={vm} {name}=-1"
    assert xe.code(line) == "INVALID_VALUE"
    assert f"field: {name}\nvalue: -1\n" in xe(line).err


def test_any_number_of_seconds_is_kept(xe: "Xe", vm: str) -> None:
    xe.do(f"vm-guest-set vm=web halts-after={(1 << 63) - 1}")
    xe.do("vm-start vm=web")
    assert power_state(xe, vm) == "running"
    xe.do("vm-guest-set vm=web reset=true")
    assert "guest-halts-after" not in xe.state.read_text()


def test_a_python_program_sees_it_when_it_runs_a_command(xe: "Xe", vm: str) -> None:
    xe.do("vm-guest-set vm=web halts-after=10")
    xe.do("vm-start vm=web")
    later(xe, 20)
    with open_host(str(xe.state)) as host:
        assert host.run("vm-param-get", vm=vm, param_name="power-state") == "halted"


@pytest.mark.slow
def test_event_wait_comes_to_its_end(process: "Process") -> None:
    """It sleeps until the moment, on the file and in a script."""
    state = process.home / "host.toml"
    for line in ("state-init", "vm-create name-label=web", "vm-guest-set vm=web halts-after=3", "vm-start vm=web"):
        done = process.xe("--state", str(state), *line.split())
        assert done.status == 0, done.err
    began = time.monotonic()
    done = process.xe("--state", str(state), "event-wait", "class=vm", "name-label=web", "power-state=halted")
    assert (done.status, done.err) == (0, "")
    assert time.monotonic() - began < 10
    script = process.home / "script"
    script.write_text(
        "xe vm-guest-set vm=web halts-after=2\nxe vm-start vm=web\n"
        "xe event-wait class=vm name-label=web power-state=halted\nxe vm-start vm=web\n"
    )
    done = process.xe("--state", str(state), "batch", str(script))
    assert (done.status, done.err) == (0, "")
