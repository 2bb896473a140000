"""A small pool with storage, a network and a VM in each power state, for what VMs and hosts do."""

from typing import Any

from small_pool import GIB, Refusal, SmallPool

from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.state.record import Record

MIB = 1 << 20


class VmPool(SmallPool):
    """Two hosts of 16 GiB and 4 CPUs, `local` on xen1 only, `share` on both, and the network `lan` on both."""

    def __init__(self, rules: str = "strict") -> None:
        super().__init__(rules)
        self.add("local", "sr", type="ext", physical_size=40 * GIB)
        self.add("share", "sr", type="nfs", shared=True, physical_size=40 * GIB)
        self.add("p-local", "pbd", sr_uuid="local", host_uuid="xen1", currently_attached=True)
        for host in ("xen1", "xen2"):
            self.add(f"p-share-{host}", "pbd", sr_uuid="share", host_uuid=host, currently_attached=True)
        self.add("lan", "network", bridge="xenbr0")
        for number, host in enumerate(("xen1", "xen2")):
            self.add_bare(
                f"eth0-{host}",
                "pif",
                host_uuid=host,
                network_uuid="lan",
                device="eth0",
                physical=True,
                MAC=f"00:16:3e:00:00:0{number}",
                currently_attached=True,
                management=True,
                IP_configuration_mode="DHCP",
            )
        self.change("pool", suspend_image_SR="share")

    def add_management(self) -> None:
        """The network cards on `lan` manage their hosts."""

    def add_bare(self, name: str, cls: str, **fields: object) -> Record:
        """A new object of a class without names."""
        values = {field.replace("_", "-"): self._uuid(value) for field, value in fields.items()}
        self.named[name] = self.state.add(cls, values)
        return self.named[name]

    def vm(self, name: str, power_state: str = "halted", host: str = "xen1", **fields: object) -> Record:
        """A VM in the power state, live ones on the host."""
        if power_state in {"running", "paused"}:
            fields |= {"resident_on": host, "dom_id": len(self.named), "VCPUs_number": 1}
        return self.add(name, "vm", power_state=power_state, **fields)

    def disk(self, name: str, vm: str, sr: str = "share", **fields: object) -> Record:
        """A VBD of the VM, device 0, and its VDI `v-<name>`."""
        self.add(f"v-{name}", "vdi", sr_uuid=sr, virtual_size=GIB, location=name)
        return self.add(name, "vbd", vm_uuid=vm, vdi_uuid=f"v-{name}", **{"userdevice": "0", **fields})

    def vif(self, name: str, vm: str, network: str = "lan", **fields: object) -> Record:
        """A VIF of the VM, device 0."""
        fields = {"device": "0", "MAC": "00:16:3e:11:11:11", **fields}
        return self.add_bare(name, "vif", vm_uuid=vm, network_uuid=network, **fields)

    def do(self, command: str, name: str, **arguments: Any) -> Any:
        """Run a command on the object; what is accepted leaves the state sound."""
        found = find(command)
        assert found is not None, command
        obj = self.named[name]
        result = run(self.state, Call(found, {obj.cls.name: obj, **arguments}))
        self.assert_sound()
        return result

    def no(self, command: str, name: str, **arguments: Any) -> Refusal:
        """Run a command that must be refused; the code and its values, objects by name."""
        mark = self.state.mark()
        with self.refused() as refusal:
            self.do(command, name, **arguments)
        assert self.state.mark() == mark, "a refusal changed the state"
        return refusal()

    def write(self, name: str, words: dict[str, str]) -> None:
        """`param-set` the words, as the command line does."""
        obj = self.named[name]
        found = find(f"{obj.cls.name}-param-set")
        assert found is not None
        run(self.state, Call(found, words=[("uuid", obj["uuid"]), *words.items()]))
        self.assert_sound()

    def not_written(self, name: str, **words: str) -> Refusal:
        """`param-set` words that must be refused, `_` standing for `-`."""
        with self.refused() as refusal:
            self.write(name, {word.replace("_", "-"): text for word, text in words.items()})
        return refusal()
