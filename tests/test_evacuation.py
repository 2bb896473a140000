"""Evacuating a host: a plan that fits all VMs of the host, or the reasons why one cannot leave."""

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pool import GIB, Refusal
from vm_pool import MIB, VmPool

from xe_py import open_host
from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.xapi import memory

if TYPE_CHECKING:
    from conftest import Xe


class Evacuation(VmPool):
    """Three hosts with the shared SR and the network, of 16, 8 and 4 GiB; `xen1` is to be evacuated."""

    def __init__(self, rules: str = "strict") -> None:
        super().__init__(rules)
        self.add("xen3", "host", memory_total=4 * GIB)
        self.change("xen2", memory_total=8 * GIB)
        self._add_control_domain("dom0-xen3", "xen3")
        self.add("p-share-xen3", "pbd", sr_uuid="share", host_uuid="xen3", currently_attached=True)
        card = {"device": "eth0", "physical": True, "MAC": "00:16:3e:00:00:03", "currently_attached": True}
        self.add_bare(
            "eth0-xen3", "pif", host_uuid="xen3", network_uuid="lan", management=True, IP_configuration_mode="DHCP",
            **card,
        )  # fmt: skip

    def guest(self, name: str, size: int, host: str = "xen1", **fields: object) -> None:
        """A running VM with so much memory, in MiB, that it never gives away."""
        limits = {f"memory_{limit}": size * MIB for limit in ("static_min", "dynamic_min", "dynamic_max", "static_max")}
        self.vm(name, "running", host, **limits, **fields)

    def where(self, *names: str) -> list[str]:
        return [self.value(name, "resident-on") for name in names]

    def prevented(self, host: str = "xen1") -> dict[str, str]:
        """What the command says of each VM."""
        command = find("host-get-vms-which-prevent-evacuation")
        assert command is not None
        listings = run(self.state, Call(command, {"host": self.named[host]}))
        assert [field.name for listing in listings for field in listing.fields] == [
            "uuid", "name-label", "reason"
        ] * len(listings)  # fmt: skip
        return {
            vm.name: self.text(listing.fields[-1].compute(self.state, vm))
            for listing in listings
            for vm in listing.records
        }

    def text(self, text: str) -> str:
        return ",".join(str(self._name(part)) for part in text.split(","))


@pytest.fixture
def pool() -> Evacuation:
    return Evacuation()


def test_the_biggest_vm_goes_first_and_each_where_most_room_is(pool: Evacuation) -> None:
    for name, size in (("small", 512), ("big", 6000), ("middle", 3000)):
        pool.guest(name, size)
    pool.guest("here", 512, "xen2")
    pool.vm("halted")
    assert pool.prevented() == {}
    pool.do("host-evacuate", "xen1", batch_size=1)
    assert pool.where("big", "middle", "small", "here", "halted", "dom0") == [
        "xen2", "xen3", "xen2", "xen2", None, "xen1",
    ]  # fmt: skip
    assert pool.value("xen1", "enabled") is True
    told = [message["body"].partition("migrated ")[2] for message in pool.state.all("message")]
    assert [body.count("to host 'xen2'") for body in told] == [1, 1, 0]


def test_guests_shrink_to_their_least_but_pvh_guests_do_not(pool: Evacuation) -> None:
    limits = {"memory_static_max": 6 * GIB, "memory_dynamic_max": 6 * GIB, "memory_dynamic_min": GIB}
    for name in ("a", "b"):
        pool.vm(name, "running", **limits)
    pool.do("host-evacuate", "xen1")
    assert pool.where("a", "b") == ["xen2", "xen2"]
    pool = Evacuation()
    for name in ("a", "b"):
        pool.vm(name, "running", domain_type="pvh", **limits)
    assert pool.no("host-evacuate", "xen1") == ("HOST_NOT_ENOUGH_FREE_MEMORY", "b")


def unshared(pool: Evacuation) -> None:
    pool.disk("root", "web", "local", currently_attached=True)


def unreachable(pool: Evacuation) -> None:
    pool.add("dmz", "network", bridge="xenbr1")
    card = {"device": "eth1", "physical": True, "MAC": "00:16:3e:00:01:00"}
    pool.add_bare("eth1", "pif", host_uuid="xen1", network_uuid="dmz", **card)
    pool.vif("nic", "web", "dmz")


def only_on_one(pool: Evacuation) -> None:
    """A guest must be able to run on every target, not only on one."""
    pool.disk("root", "web", currently_attached=True)
    pool.change("p-share-xen3", currently_attached=False)


def alone(pool: Evacuation) -> None:
    pool.change("xen2", enabled=False)
    pool.change("xen3", enabled=False)


def older(pool: Evacuation) -> None:
    for host, version in (("xen1", "8.3.0"), ("xen2", "8.2.9"), ("xen3", "8.2.10")):
        pool.state.update(pool.named[host], {"software-version": {"platform_version": version}})


def change(name: str, **fields: object) -> Any:
    return lambda pool: pool.change(name, **fields)


# What is done first, and why the VM `web` cannot leave xen1 then.
REASONS = [
    (alone, ("NO_HOSTS_AVAILABLE", "web")),
    (older, ("NO_HOSTS_AVAILABLE", "web")),
    (change("pool", ha_enabled=True), ("HOST_EVACUATE_VM_NOT_HA_PROTECTED", "web")),
    (change("xen3", host_metrics_live=False), ("HOST_NOT_LIVE",)),
    (unshared, ("VM_REQUIRES_SR", "web", "local")),
    (only_on_one, ("VM_REQUIRES_SR", "web", "share")),
    (unreachable, ("VM_REQUIRES_NETWORK", "web", "dmz")),
    (change("web", VCPUs_max=5), ("HOST_NOT_ENOUGH_PCPUS", "5", "4")),
    (change("web", power_state="paused"), ("VM_BAD_POWER_STATE", "web", "running", "paused")),
    (change("web", platform={"nomigrate": "true"}), ("VM_IS_IMMOBILE", "web")),
    (lambda pool: pool.guest("big", 9000), ("HOST_NOT_ENOUGH_FREE_MEMORY", "big")),
]


@pytest.mark.parametrize(("prepare", "refusal"), REASONS)
def test_why_a_vm_cannot_leave(pool: Evacuation, prepare: Any, refusal: Refusal) -> None:
    pool.guest("web", 512)
    prepare(pool)
    assert pool.no("host-evacuate", "xen1") == refusal
    assert pool.where("web") == ["xen1"]
    why = pool.prevented()
    assert why["big" if "big" in why else "web"] == ",".join(refusal)


def test_what_counts_if_there_are_several_reasons(pool: Evacuation) -> None:
    """The operation itself before the targets, and memory only for a VM that could go."""
    pool.guest("web", 512, platform={"nomigrate": "true"}, VCPUs_max=5)
    assert pool.prevented() == {"web": "VM_IS_IMMOBILE,web"}
    pool.guest("big", 9000, platform={"nomigrate": "true"})
    assert pool.prevented()["big"] == "HOST_NOT_ENOUGH_FREE_MEMORY,big"


def test_a_host_that_does_not_answer_lets_nothing_go(pool: Evacuation) -> None:
    pool.guest("web", 512)
    pool.change("xen1", host_metrics_live=False)
    assert pool.no("host-evacuate", "xen1") == ("HOST_OFFLINE", "xen1")


def test_an_empty_host_is_evacuated_by_doing_nothing(pool: Evacuation) -> None:
    alone(pool)
    mark = pool.state.mark()
    pool.do("host-evacuate", "xen1")
    assert pool.state.mark() == mark


NETWORKS = [
    (change("eth0-xen2", currently_attached=False, management=False), ("REQUIRED_PIF_IS_UNPLUGGED", "eth0-xen2")),
    (lambda _pool: None, ("INTERFACE_HAS_NO_IP", "eth0-xen2")),
    (change("eth0-xen2", primary_address_type="IPv6", IP="10.0.0.2"), ("INTERFACE_HAS_NO_IP", "eth0-xen2")),
    (lambda pool: pool.state.delete(pool.named["eth0-xen2"]), ("PIF_NOT_PRESENT", "xen2", "lan")),
]


@pytest.mark.parametrize(("prepare", "refusal"), NETWORKS)
def test_each_host_that_gets_a_vm_needs_an_address_on_the_network(prepare: Any, refusal: Refusal) -> None:
    pool = Evacuation("xapi")
    pool.guest("web", 512)
    prepare(pool)
    assert pool.no("host-evacuate", "xen1", network=pool.named["lan"]) == refusal


@pytest.mark.parametrize(
    "address",
    [{"IP": "10.0.0.2"}, {"primary_address_type": "IPv6", "IPv6_configuration_mode": "DHCP", "IPv6": ["fd00::2/64"]}],
)
def test_hosts_that_get_no_vm_need_no_address(pool: Evacuation, address: dict[str, object]) -> None:
    pool.guest("web", 512)
    pool.change("eth0-xen2", **address)
    pool.do("host-evacuate", "xen1", network=pool.named["lan"])
    assert pool.where("web") == ["xen2"]


def test_a_batch_has_a_size() -> None:
    assert Evacuation().no("host-evacuate", "xen1", batch_size=-1) == ("Error: batch-size must be 0 or more",)


# An oracle

sizes = st.lists(st.integers(1, 5), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(sizes, st.integers(1, 9), st.integers(1, 9))
def test_a_plan_fits_and_none_is_found_where_none_is(guests: list[int], second: int, third: int) -> None:
    """All assignments are tried: where none gives every VM a host, the evacuation is refused; what is done fits."""
    pool = Evacuation("xapi")
    pool.change("xen2", memory_total=second * GIB)
    pool.change("xen3", memory_total=third * GIB)
    for number, size in enumerate(guests):
        pool.guest(f"vm{number}", size * 1000)
    vms = [pool.named[f"vm{number}"] for number in range(len(guests))]
    targets = [pool.named["xen2"], pool.named["xen3"]]
    room = {host["uuid"]: memory.free(pool.state, host) for host in targets}
    possible = any(
        all(sum(map(memory.least, on)) <= room[host["uuid"]] for host, on in split(vms, targets, chosen))
        for chosen in product(targets, repeat=len(vms))
    )
    prevented = pool.prevented()
    assert possible or prevented
    if prevented:
        assert pool.no("host-evacuate", "xen1")[0] == "HOST_NOT_ENOUGH_FREE_MEMORY"
        return
    pool.do("host-evacuate", "xen1")
    assert all(memory.needed(pool.state, host) <= memory.for_guests(host) for host in targets)
    assert pool.value("xen1", "resident-vms") == ["dom0"]


def split(vms: list[Any], targets: list[Any], chosen: tuple[Any, ...]) -> list[tuple[Any, list[Any]]]:
    """The VMs on each host."""
    return [(host, [vm for vm, to in zip(vms, chosen, strict=True) if to is host]) for host in targets]


# What a person reads


def test_all_vms_that_stay_are_named_and_the_way_out_works(xe: "Xe") -> None:
    xe.do("state-init name-label=xen hosts=2 --force")
    first, second = xe.do("host-list --minimal").split(",")
    for name in ("web", "db"):
        xe.do(f"vm-create name-label={name}")
        xe.do(f"vm-start vm={name} on=xen")
    web, db = (xe.do(f"vm-list name-label={name} --minimal") for name in ("web", "db"))
    xe.do("host-disable host=xen-2")
    shown = xe.do(f"host-get-vms-which-prevent-evacuation uuid={first}")
    assert shown == (
        f"uuid ( RO)          : {web}\n    name-label ( RW): web\n        reason ( RO): NO_HOSTS_AVAILABLE,{web}\n\n\n"
        f"uuid ( RO)          : {db}\n    name-label ( RW): db\n        reason ( RO): NO_HOSTS_AVAILABLE,{db}\n\n"
    )
    minimal = f"host-get-vms-which-prevent-evacuation uuid={first} --minimal"
    assert xe.do(minimal) == f"{db},{web}"
    assert xe.do(f"{minimal} params=reason") == f"NO_HOSTS_AVAILABLE\\,{db},NO_HOSTS_AVAILABLE\\,{web}"
    reasons = [f"NO_HOSTS_AVAILABLE,{vm}" for vm in (web, db)]
    data = xe.do(f"--json host-get-vms-which-prevent-evacuation uuid={first}")
    assert [reason for reason in reasons if f'"{reason}"' in data] == reasons
    with open_host(str(xe.state)) as host:
        listed = host.run("host-get-vms-which-prevent-evacuation", host=first)
    assert [row["reason"] for listing in listed for row in listing] == reasons
    refused = xe("host-evacuate host=xen")
    assert refused.err.splitlines() == [
        "No host can run this VM now.",
        f"<extra>: {web} (web)",
        f"In the way: host {second} (xen-2): The host is disabled, so no VM can start on it (HOST_DISABLED)",
        f"In the way: vm {db} (db): No host can run this VM now (NO_HOSTS_AVAILABLE)",
        "Code: NO_HOSTS_AVAILABLE",
        "Command: xe host-evacuate host=xen",
        f"Hint: xe --state {xe.state} host-enable uuid={second}",
    ]
    xe.do(f"host-enable uuid={second}")
    xe.do("host-evacuate host=xen")
    assert xe.do(f"vm-list resident-on={second} is-control-domain=false --minimal") == f"{web},{db}"
    assert xe.do(f"host-get-vms-which-prevent-evacuation uuid={first} --minimal") == ""


def test_a_full_host_is_told_in_words(xe: "Xe") -> None:
    xe.do("state-init name-label=xen hosts=2 --force")
    second = xe.do("host-list --minimal").split(",")[1]
    for name, host in (("web", "xen"), ("db", "xen-2")):
        vm = xe.do(f"vm-create name-label={name}")
        xe.do(f"vm-memory-set vm={name} memory=8GiB")
        xe.do(f"vm-start uuid={vm} on={host}")
    lines = xe("host-evacuate host=xen").err.splitlines()
    assert lines[2].startswith("available: <unknown>")
    assert lines[3].startswith(f"In the way: host {second} (xen-2): needs 8.1 GiB, ")
    assert lines[3].endswith(" GiB free (HOST_NOT_ENOUGH_FREE_MEMORY)")


def hints(xe: "Xe", line: str) -> list[str]:
    return [text.partition(f"{xe.state} ")[2] for text in xe(line).err.splitlines() if text.startswith("Hint: ")]


def test_a_vm_that_ha_does_not_protect_is_to_be_protected(xe: "Xe") -> None:
    xe.do("state-init name-label=xen hosts=2 --force")
    web = xe.do("vm-create name-label=web")
    xe.do(f"vm-start uuid={web} on=xen")
    xe.state.write_text(xe.state.read_text().replace("\nmaster = ", "\nha-enabled = true\nmaster = "))
    [hint] = hints(xe, "host-evacuate host=xen")
    assert hint == f"vm-param-set uuid={web} ha-restart-priority=restart"
    xe.do(hint)
    xe.do("host-evacuate host=xen")


def test_a_pif_that_is_not_plugged_is_to_be_plugged(xe: "Xe") -> None:
    xe.do("state-init name-label=xen hosts=2 --force")
    second = xe.do("host-list --minimal").split(",")[1]
    web = xe.do("vm-create name-label=web")
    xe.do(f"vm-start uuid={web} on=xen")
    pif = xe.do(f"pif-list host-uuid={second} device=eth1 --minimal")
    network = xe.do(f"pif-param-get uuid={pif} param-name=network-uuid")
    xe.do(f"pif-unplug uuid={pif}")
    [hint] = hints(xe, f"host-evacuate host=xen network-uuid={network}")
    assert hint == f"pif-plug uuid={pif}"
    xe.do(hint)
    assert xe.code(f"host-evacuate host=xen network-uuid={network}") == "INTERFACE_HAS_NO_IP"
