"""`vm-tree` shows what stands behind a VM, down both chains to the hosts."""

import re

from conftest import Xe

UUID = re.compile(r" [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_a_tree_goes_through_bonds_and_vlans_to_every_host(xe: Xe) -> None:
    bonded = xe.do("network-create name-label=bonded")
    pifs = xe.do("pif-list management=false --minimal")
    xe.do(f"bond-create network-uuid={bonded} pif-uuids={pifs}")
    master = xe.do(f"pif-list network-uuid={bonded} --minimal")
    tagged = xe.do("network-create name-label=tagged")
    xe.do(f"vlan-create pif-uuid={master} network-uuid={tagged} vlan=25")
    vm = xe.do("vm-create name-label=web")
    xe.do(f"vif-create vm-uuid={vm} network-uuid={tagged} device=0 mac=00:16:3e:00:00:01")
    xe.do(f"vbd-create vm-uuid={vm} device=3 type=CD mode=RO")
    sr = xe.do("sr-list type=ext --minimal")
    disk = xe.do(f"vdi-create sr-uuid={sr} name-label=root virtual-size=2MiB")
    xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={disk} device=0")
    shown = UUID.sub("", xe.do("vm-tree vm=web")).splitlines()
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
    return [line.strip() for line in UUID.sub("", xe.do(f"vm-tree uuid={vm}")).splitlines()[3:]]


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
    assert "PIF, eth1, VLAN 5, attached" in UUID.sub("", xe.do(f"vm-tree uuid={vm}"))
