"""A small pool with network cards: two on each host, those of the same device on one network."""

from small_pool import SmallPool

from xe_py.state.record import Record

NAMELESS = {
    "bond",
    "host-crashdump",
    "message",
    "network-sriov",
    "pif",
    "sdn-controller",
    "tunnel",
    "vif",
    "vlan",
}


class NetworkPool(SmallPool):
    """Networks `net0` and `net1` with the PIFs `a0`, `a1` on `xen1` and `b0`, `b1` on `xen2`; `lan` has none.

    `a0` and `b0` are the management interfaces. `web` is a VM that is halted.
    """

    def __init__(self, rules: str = "strict") -> None:
        super().__init__(rules)
        for number in range(2):
            self.add(f"net{number}", "network", bridge=f"xenbr{number}")
            for letter, host in (("a", "xen1"), ("b", "xen2")):
                self.add_card(f"{letter}{number}", host, f"eth{number}", f"net{number}")
        for host, pif, address in (("xen1", "a0", "10.0.0.1"), ("xen2", "b0", "10.0.0.2")):
            self.change(pif, management=True, IP_configuration_mode="Static", IP=address, netmask="255.0.0.0")
            self.change(host, address=address)
        self.add("lan", "network", bridge="xapi0")
        self.add("web", "vm")
        self.assert_sound()

    def add_management(self) -> None:
        """`a0` and `b0` manage their hosts."""

    def add(self, name: str, cls: str, **fields: object) -> Record:
        if cls not in NAMELESS:
            return super().add(name, cls, **fields)
        values = {field.replace("_", "-"): self._uuid(value) for field, value in fields.items()}
        self.named[name] = self.state.add(cls, values)
        return self.named[name]

    def add_card(self, name: str, host: str, device: str, network: str) -> None:
        """A PIF for a network card that is up."""
        number = len(self.state.all("pif"))
        where = {"host-uuid": host, "network-uuid": network, "device": device}
        what = {"physical": True, "MAC": f"00:16:3e:00:00:{number:02x}", "carrier": True, "speed": "1000 Mbit/s"}
        self.add(name, "pif", currently_attached=True, properties={"gro": "on"}, **where, **what)

    def add_vif(self, name: str, vm: str, network: str, **fields: object) -> None:
        """A VIF with the next number of its VM."""
        number = len(self.state.pointing_at(self.named[vm], "vif.vm-uuid"))
        common = {"vm-uuid": vm, "network-uuid": network, "device": str(number), "MAC": f"00:16:3e:01:00:{number:02x}"}
        self.add(name, "vif", **common, **fields)

    def run_vm(self, vm: str, host: str, state: str = "running") -> None:
        """Let the VM run on the host."""
        live = state in {"running", "paused"}
        number = 1 + self.state.count("vm")
        domain = (
            {"resident_on": host, "dom_id": number, "VCPUs_number": 1} if live else {"resident_on": None, "dom_id": -1}
        )
        image = self._image() if state == "suspended" else None
        self.change(vm, power_state=state, suspend_VDI_uuid=image, **domain)

    def make(self, name: str, line: str) -> Record:
        """Run a line that makes an object, which gets the name."""
        self.named[name] = self.xe(line)
        return self.named[name]

    def vlan_below(self, pif: str) -> Record:
        """The VLAN whose network the PIF carries."""
        return self.state.pointing_at(self.named[pif], "vlan.untagged-PIF")[0]

    def tunnel_below(self, pif: str) -> Record:
        """The tunnel whose network the PIF carries."""
        return self.state.pointing_at(self.named[pif], "tunnel.access-PIF")[0]

    def _uuid(self, name: object) -> object:
        if isinstance(name, str) and "," in name:
            return ",".join(str(self._uuid(part)) for part in name.split(","))
        return super()._uuid(name)
