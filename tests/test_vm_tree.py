"""`vm-tree` shows what stands behind a VM, down both chains to the hosts; `state-tree` shows the whole pool."""

import json
import re

import pytest
from conftest import Xe

UUID = re.compile(r" [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def bond_and_vlan(xe: Xe) -> tuple[str, str]:
    """The network of a new bond, and that of VLAN 25 on it."""
    bonded = xe.do("network-create name-label=bonded")
    pifs = xe.do("pif-list management=false --minimal")
    xe.do(f"bond-create network-uuid={bonded} pif-uuids={pifs}")
    master = xe.do(f"pif-list network-uuid={bonded} --minimal")
    tagged = xe.do("network-create name-label=tagged")
    xe.do(f"vlan-create pif-uuid={master} network-uuid={tagged} vlan=25")
    return bonded, tagged


def test_a_tree_goes_through_bonds_and_vlans_to_every_host(xe: Xe) -> None:
    _, tagged = bond_and_vlan(xe)
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={tagged} device=0 mac=00:16:3e:00:00:01")
    xe.do(f"vbd-create vm-uuid={vm} device=3 type=CD mode=RO")
    sr = xe.do("sr-list type=ext --minimal")
    disk = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=2MiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={disk} device=0")
    shown = UUID.sub("", xe.do("vm-tree vm=web --all")).splitlines()
    assert shown == [
        "VM (web), halted",
        "  VBD, 3, CD, RO, not attached",
        "    empty",
        "  VBD, 0, Disk, RW, not attached",
        "    VDI (root), 2097152 bytes",
        "      SR (Local storage), ext",
        "        PBD, attached",
        "          HOST (xen1)",
        "  VIF, 0, 00:16:3e:00:00:01, not attached",
        "    NETWORK (tagged), xapi1",
        "      PIF, bond0, VLAN 25, attached",
        "        PIF, bond0, attached",
        "          PIF, eth1, not attached",
        "            HOST (xen1)",
    ]


def chain(xe: Xe, network: str) -> list[str]:
    """The lines of the tree from the network down to the host, without indents."""
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=00:16:3e:00:00:01")
    return [line.strip() for line in UUID.sub("", xe.do(f"vm-tree uuid={vm} --all")).splitlines()[3:]]


def test_a_tree_goes_through_tunnels(xe: Xe) -> None:
    pif, network = xe.do("pif-list device=eth0 --minimal"), xe.do("network-create name-label=red")
    xe.do(f"tunnel-create pif-uuid={pif} network-uuid={network}")
    assert chain(xe, network) == ["PIF, tunnel0, attached", "PIF, eth0, attached", "HOST (xen1)"]


def test_a_tree_goes_through_sriov_networks(xe: Xe) -> None:
    pif, network = xe.do("pif-list device=eth1 --minimal"), xe.do("network-create name-label=red")
    header = f"[pif.{pif}]\n"
    xe.state.write_text(xe.state.read_text().replace(header, f"{header}capabilities = ['sriov']\n"))
    xe.do(f"network-sriov-create pif-uuid={pif} network-uuid={network}")
    assert chain(xe, network) == ["PIF, eth1, attached", "PIF, eth1, attached", "HOST (xen1)"]


def test_pifs_that_stand_on_each_other_have_a_tree_too(xe: Xe) -> None:
    pif, network = xe.do("pif-list device=eth1 --minimal"), xe.do("network-create name-label=red")
    untagged = xe.do(f"vlan-create pif-uuid={pif} network-uuid={network} vlan=5")
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device=0 mac=00:16:3e:00:00:01")
    text = xe.state.read_text()
    xe.state.write_text(text.replace(f'tagged-PIF = "{pif}"', f'tagged-PIF = "{untagged}"', 1))
    assert "PIF_IS_VLAN" in xe.run(["state-check"], partial=True).out
    assert "PIF, eth1, VLAN 5, attached" in UUID.sub("", xe.do(f"vm-tree uuid={vm} --all"))


# A line for each device, and the whole pool


def test_a_line_for_each_device_names_its_chain(xe: Xe) -> None:
    bonded, tagged = bond_and_vlan(xe)
    vm = xe.do("vm-create name-label=web")
    for device, network in enumerate((tagged, bonded, xe.do("network-create name-label=private"))):
        xe.do(f"vif-create vm-uuid={vm} network-uuid={network} device={device} mac=00:16:3e:00:00:0{device}")
    sr = xe.do("sr-list type=ext --minimal")
    disk = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=20GiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={disk} device=0")
    below = [
        "  vif0  00:16:3e:00:00:00  on tagged = bond0.25 (eth1) xen1",
        "  vif1  00:16:3e:00:00:01  on bonded = bond0 (eth1) xen1",
        "  vif2  00:16:3e:00:00:02  on private, internal",
    ]
    assert xe.do("vm-tree web").splitlines() == [
        "web  halted, 1 vCPU, 256 MiB",
        "  0  root 20 GiB RW  on Local storage (ext, xen1)",
        *below,
        "  hosts: xen1 (could run here)",
    ]
    xe.do("vm-start vm=web")
    assert xe.do("vm-tree web").splitlines() == [
        "web  running on xen1, 1 vCPU, 256 MiB",
        "  xvda  root 20 GiB RW  on Local storage (ext, xen1)",
        *below,
    ]
    shown = json.loads(xe.do("vm-tree web --json"))
    assert (shown["class"], shown["uuid"], len(shown["below"])) == ("vm", vm, 4)


def test_the_line_about_hosts_says_why_a_vm_cannot_run_there(xe: Xe) -> None:
    xe.do("vm-create name-label=web")
    xe.do("host-disable")
    assert xe.do("vm-tree web").splitlines()[-1] == "  hosts: xen1 (The host is disabled, so no VM can start on it)"


@pytest.mark.parametrize(
    ("group", "line"),
    [
        ("hosts", "xen1  memory [##............] 2.3 GiB of 16 GiB"),
        ("hosts", "web  running on xen1, 1 vCPU, 256 MiB"),
        ("VMs on no host", "db  halted, 1 vCPU, 256 MiB"),
        ("storage", "Local storage (ext, xen1)  [###...........] 120 GiB of 512 GiB"),
        ("storage", "root 20 GiB  of web"),
        ("storage", "lost 100 GiB  of no VM"),
        ("networks", "lan, internal: web"),
    ],
)
def test_the_pool_at_a_glance(xe: Xe, group: str, line: str) -> None:
    vm, sr = xe.do("vm-create name-label=web"), xe.do("sr-list type=ext --minimal")
    disk = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=20GiB")
    xe.do(f"vdi-create sr-uuid={sr} name-label=lost virtual-size=100GiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={disk} device=0")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={xe.do('network-create name-label=lan')} device=0")
    xe.do("vm-start vm=web")
    xe.do("vm-create name-label=db")
    lines = xe.do("state-tree").splitlines()
    assert lines[0].startswith("pool ")
    assert ", strict rules, serial " in lines[0]
    assert lines[-1] == "  orphans: 1, 100 GiB; to list them: xe state-orphans"
    start = lines.index(f"  {group}")
    end = next((place for place in range(start + 1, len(lines)) if not lines[place].startswith("    ")), len(lines))
    assert line in [each.strip() for each in lines[start:end]]


def test_of_many_only_the_first_are_shown(xe: Xe) -> None:
    for number in range(14):
        xe.do(f"vm-create name-label=vm{number}")
    assert "    2 more; to see all: --all" in xe.do("state-tree").splitlines()
    assert "    vm13  halted, 1 vCPU, 256 MiB" in xe.do("state-tree --all").splitlines()
