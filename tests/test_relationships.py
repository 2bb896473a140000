"""The nine relationships, each broken in every way there is: by command, by parameter, by editing the file, and by
deleting the other end; under the strict rules and under those of the real XAPI."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

NOBODY = "00000000-0000-4000-8000-000000000000"
OTHER = "00000000-0000-4000-8000-00000000000a"
MORE = "00000000-0000-4000-8000-00000000000b"
ACCEPTED = None


class World:
    """A pool of two hosts with one running VM of everything, and a second VM that is halted."""

    def __init__(self, xe: "Xe", rules: str) -> None:
        self.xe = xe
        xe.state.unlink()
        xe.do(f"state-init name-label=xen nics=2 hosts=2 rules={rules}")
        do = xe.do
        self.host, self.host2 = do("host-list --minimal").split(",")
        self.network, self.network2 = (do(f"network-list bridge=xenbr{n} --minimal") for n in (0, 1))
        self.pif = do(f"pif-list host-uuid={self.host} device=eth0 --minimal")
        self.pif2 = do(f"pif-list host-uuid={self.host} device=eth1 --minimal")
        self.sr = do(f"sr-create name-label=store type=ext device-config:device=/dev/sdb host-uuid={self.host}")
        self.pbd = do(f"pbd-list sr-uuid={self.sr} --minimal")
        self.vdi = do(f"vdi-create sr-uuid={self.sr} name-label=root virtual-size=1GiB")
        self.vdi2 = do(f"vdi-create sr-uuid={self.sr} name-label=data virtual-size=1GiB")
        self.vm, self.vm2 = do("vm-create name-label=web"), do("vm-create name-label=db")
        self.vbd = do(f"vbd-create vm-uuid={self.vm} vdi-uuid={self.vdi} device=0")
        self.vif = do(f"vif-create vm-uuid={self.vm} network-uuid={self.network} device=0 mac=random")
        do("vm-start vm=web")

    def __getitem__(self, name: str) -> str:
        return str(getattr(self, name))

    def text(self, line: str) -> str:
        """The line with `{vm}` and the like replaced by uuids."""
        names = re.findall(r"\{(\w+)\}", line)
        return line.format(**{name: self[name] for name in names if hasattr(self, name)} | CONSTANTS)

    def edit(self, old: str, new: str) -> None:
        """Change the file as a person with an editor does."""
        text = self.xe.state.read_text()
        old, new = self.text(old), self.text(new)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the file"
        self.xe.state.write_text(text.replace(old, new))

    def table(self, header: str, *, without: str = "") -> None:
        """Take a whole table out of the file, or one of its lines."""
        header = self.text(header)
        text = self.xe.state.read_text()
        start = text.index(header)
        end = text.find("\n\n", start) + 1 or len(text)
        table = text[start:end]
        kept = re.sub(rf"^{without} = .*\n", "", table, flags=re.MULTILINE) if without else ""
        assert kept != table
        self.xe.state.write_text(text[:start] + kept + text[end:])


CONSTANTS = {"nobody": NOBODY, "other": OTHER, "more": MORE}


@pytest.fixture(params=["strict", "xapi"])
def world(request: pytest.FixtureRequest, xe: "Xe") -> World:
    return World(xe, request.param)


def expected(world: World, strict: str | None, xapi: str | None) -> str | None:
    return strict if 'rules = "strict"' in world.xe.state.read_text() else xapi


# Each row: the relationship, a command that breaks it, the code under the strict rules and under those of XAPI.
COMMANDS: list[tuple[int, str, str | None, str | None]] = [
    (1, "vbd-create vm-uuid={vm} vdi-uuid={vdi2} device=0", "DEVICE_ALREADY_EXISTS", "DEVICE_ALREADY_EXISTS"),
    (1, "vbd-create vm-uuid={vm} vdi-uuid={vdi2} device=xvda", "DEVICE_ALREADY_EXISTS", "DEVICE_ALREADY_EXISTS"),
    (1, "vbd-create vm-uuid={vm} vdi-uuid={vdi2} device=first", "INVALID_DEVICE", "INVALID_DEVICE"),
    (1, "vbd-create vm-uuid={nobody} vdi-uuid={vdi2} device=1", "UUID_INVALID", "UUID_INVALID"),
    (1, "vbd-create vm-uuid={vif} vdi-uuid={vdi2} device=1", "UUID_INVALID", "UUID_INVALID"),
    (1, "vbd-param-set uuid={vbd} vm-uuid={vm2}", "Error: Field 'vm-uuid' is read-only.", "Error: Field 'vm-uuid' is read-only."),
    (1, "vbd-param-set uuid={vbd} userdevice=first", "INVALID_DEVICE", "INVALID_DEVICE"),
    (1, "vm-destroy uuid={vm}", "VM_BAD_POWER_STATE", "VM_BAD_POWER_STATE"),
    (2, "vif-create vm-uuid={vm} network-uuid={network} device=0 mac=random", "DEVICE_ALREADY_EXISTS", "DEVICE_ALREADY_EXISTS"),
    (2, "vif-create vm-uuid={vm} network-uuid={network} device=x mac=random", "INVALID_DEVICE", "INVALID_DEVICE"),
    (2, "vif-create vm-uuid={nobody} network-uuid={network} device=1 mac=random", "UUID_INVALID", "UUID_INVALID"),
    (2, "vif-param-set uuid={vif} vm-uuid={vm2}", "Error: Field 'vm-uuid' is read-only.", "Error: Field 'vm-uuid' is read-only."),
    (3, "vbd-create vm-uuid={vm2} vdi-uuid={vdi} device=0", "VDI_IN_USE", ACCEPTED),
    (3, "vbd-create vm-uuid={vm2} vdi-uuid={vdi} device=0 mode=RO", "VDI_IN_USE", ACCEPTED),
    (3, "vbd-create vm-uuid={vm2} vdi-uuid={nobody} device=0", "UUID_INVALID", "UUID_INVALID"),
    (3, "vbd-create vm-uuid={vm2} device=0", "Error: Empty VBDs can only be made for type=CD", "Error: Empty VBDs can only be made for type=CD"),
    (3, "vbd-insert uuid={vbd} vdi-uuid={vdi2}", "VBD_NOT_REMOVABLE_MEDIA", "VBD_NOT_REMOVABLE_MEDIA"),
    (3, "vbd-eject uuid={vbd}", "VBD_NOT_REMOVABLE_MEDIA", "VBD_NOT_REMOVABLE_MEDIA"),
    (3, "vdi-destroy uuid={vdi}", "VDI_IN_USE", "VDI_IN_USE"),
    (3, "vdi-forget uuid={vdi}", "VDI_IN_USE", "VDI_IN_USE"),
    (4, "vdi-create sr-uuid={nobody} name-label=x virtual-size=1", "UUID_INVALID", "UUID_INVALID"),
    (4, "vdi-create sr-uuid={sr} name-label=x virtual-size=2000GiB", "SR_BACKEND_FAILURE_44", "SR_BACKEND_FAILURE_44"),
    (4, "vdi-param-set uuid={vdi} sr-uuid={sr}", "Error: Field 'sr-uuid' is read-only.", "Error: Field 'sr-uuid' is read-only."),
    (4, "sr-destroy uuid={sr}", "SR_HAS_PBD", "SR_HAS_PBD"),
    (4, "sr-forget uuid={sr}", "SR_HAS_PBD", "SR_HAS_PBD"),
    (5, "pbd-create sr-uuid={sr} host-uuid={host}", "PBD_EXISTS", "PBD_EXISTS"),
    (5, "pbd-create sr-uuid={sr} host-uuid={host2}", "PBD_EXISTS", ACCEPTED),
    (5, "pbd-create sr-uuid={nobody} host-uuid={host2}", "UUID_INVALID", "UUID_INVALID"),
    (5, "pbd-destroy uuid={pbd}", "OPERATION_NOT_ALLOWED", "OPERATION_NOT_ALLOWED"),
    (5, "pbd-unplug uuid={pbd}", "VDI_IN_USE", "VDI_IN_USE"),
    (6, "pbd-create sr-uuid={sr} host-uuid={nobody}", "UUID_INVALID", "UUID_INVALID"),
    (6, "pbd-create sr-uuid={sr} host-uuid={vm}", "UUID_INVALID", "UUID_INVALID"),
    (7, "vif-create vm-uuid={vm} network-uuid={nobody} device=1 mac=random", "UUID_INVALID", "UUID_INVALID"),
    (7, "vif-create vm-uuid={vm} network-uuid={pif} device=1 mac=random", "UUID_INVALID", "UUID_INVALID"),
    (7, "vif-param-set uuid={vif} network-uuid={network2}", "Error: Field 'network-uuid' is read-only.", "Error: Field 'network-uuid' is read-only."),
    (7, "vif-move uuid={vif} network-uuid={nobody}", "UUID_INVALID", "UUID_INVALID"),
    (7, "network-destroy uuid={network}", "NETWORK_CONTAINS_VIF", "NETWORK_CONTAINS_VIF"),
    (8, "pif-network-add uuid={pif} network-uuid={nobody}", "UUID_INVALID", "UUID_INVALID"),
    (8, "network-destroy uuid={network2}", "NETWORK_CONTAINS_PIF", "NETWORK_CONTAINS_PIF"),
    (8, "vlan-create pif-uuid={pif} network-uuid={network2} vlan=5", "NETWORK_ALREADY_CONNECTED", "NETWORK_ALREADY_CONNECTED"),
    (8, "pif-forget uuid={pif}", "PIF_IS_MANAGEMENT_INTERFACE", "PIF_IS_MANAGEMENT_INTERFACE"),
    (9, "pif-introduce host-uuid={host} device=eth0", "DUPLICATE_PIF_DEVICE_NAME", "DUPLICATE_PIF_DEVICE_NAME"),
    (9, "pif-introduce host-uuid={nobody} device=eth7", "UUID_INVALID", "UUID_INVALID"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "line", "strict", "xapi"), COMMANDS, ids=[row[1] for row in COMMANDS])
def test_a_command_that_breaks_a_relationship_is_refused(
    world: World, number: int, line: str, strict: str | None, xapi: str | None
) -> None:
    assert 1 <= number <= 9
    code = expected(world, strict, xapi)
    if code is ACCEPTED:
        world.xe.do(world.text(line))
    else:
        assert world.xe.code(world.text(line)) == code


# Each row: the relationship, how the file is edited, the code that the check names under either set of rules.
Edit = Callable[[World], None]


def replaced(old: str, new: str) -> Edit:
    return lambda world: world.edit(old, new)


def added(table: str) -> Edit:
    def edit(world: World) -> None:
        with world.xe.state.open("a") as file:
            file.write("\n" + world.text(table) + "\n")

    return edit


def removed(header: str, field: str = "") -> Edit:
    return lambda world: world.table(header, without=field)


VBD = '[vbd.{other}]\nvm-uuid = "{vm2}"\nvdi-uuid = "{vdi}"\nuserdevice = "0"'
VIF = '[vif.{other}]\nvm-uuid = "{vm}"\nnetwork-uuid = "{network}"\ndevice = "0"\nMAC = "02:00:00:00:00:01"'
PBD = '[pbd.{other}]\nsr-uuid = "{sr}"\nhost-uuid = "{host2}"'
PIF = (
    '[pif.{other}]\nhost-uuid = "{host}"\nnetwork-uuid = "{other}"\ndevice = "eth0"\nphysical = true\n'
    'MAC = "02:00:00:00:00:02"\n\n[network.{more}]\nbridge = "xapi9"'
).replace('network-uuid = "{other}"', 'network-uuid = "{more}"')

EDITS: list[tuple[int, str, Edit, str | None, str | None]] = [
    (1, "a VBD of a VM that is not there", added(VBD.replace("{vm2}", "{nobody}").replace("{vdi}", "{vdi2}")), "HANDLE_INVALID", "HANDLE_INVALID"),
    (1, "a VBD of no VM", removed("[vbd.{vbd}]", "vm-uuid"), "FIELD_TYPE_ERROR", "FIELD_TYPE_ERROR"),
    (1, "a device twice", added(VBD.replace("{vm2}", "{vm}").replace("{vdi}", "{vdi2}")), "DEVICE_ALREADY_EXISTS", "DEVICE_ALREADY_EXISTS"),
    (1, "a device that is none", added(VBD.replace('"0"', '"first"').replace("{vdi}", "{vdi2}")), "INVALID_DEVICE", "INVALID_DEVICE"),
    (1, "the VM deleted", removed("[vm.{vm}]"), "HANDLE_INVALID", "HANDLE_INVALID"),
    (2, "a VIF of a VM that is not there", added(VIF.replace("{vm}", "{nobody}")), "HANDLE_INVALID", "HANDLE_INVALID"),
    (2, "a VIF of no VM", removed("[vif.{vif}]", "vm-uuid"), "FIELD_TYPE_ERROR", "FIELD_TYPE_ERROR"),
    (2, "a device twice", added(VIF), "DEVICE_ALREADY_EXISTS", "DEVICE_ALREADY_EXISTS"),
    (2, "a device that is none", added(VIF.replace('"0"', '"x"')), "INVALID_DEVICE", "INVALID_DEVICE"),
    (3, "a second VBD of a VDI", added(VBD), "VDI_IN_USE", ACCEPTED),
    (3, "a VBD of a VDI that is not there", added(VBD.replace("{vdi}", "{nobody}")), "HANDLE_INVALID", "HANDLE_INVALID"),
    (3, "a disk without a VDI", removed("[vbd.{vbd}]", "vdi-uuid"), "VBD_NOT_REMOVABLE_MEDIA", "VBD_NOT_REMOVABLE_MEDIA"),
    (3, "the VDI deleted", removed("[vdi.{vdi}]"), "HANDLE_INVALID", "HANDLE_INVALID"),
    (4, "a VDI of no SR", removed("[vdi.{vdi}]", "sr-uuid"), "FIELD_TYPE_ERROR", "FIELD_TYPE_ERROR"),
    (4, "a VDI larger than its SR", replaced('name-label = "data"\nsr-uuid = "{sr}"\nvirtual-size = 1073741824', 'name-label = "data"\nsr-uuid = "{sr}"\nvirtual-size = 9073741824000000'), "SR_BACKEND_FAILURE_44", ACCEPTED),
    (4, "the SR deleted", removed("[sr.{sr}]"), "HANDLE_INVALID", "HANDLE_INVALID"),
    (5, "a PBD on a second host", added(PBD), "PBD_EXISTS", ACCEPTED),
    (5, "a second PBD on the same host", added(PBD.replace("{host2}", "{host}")), "PBD_EXISTS", "PBD_EXISTS"),
    (5, "a PBD of no SR", removed("[pbd.{pbd}]", "sr-uuid"), "FIELD_TYPE_ERROR", "FIELD_TYPE_ERROR"),
    (5, "the PBD of an SR in use deleted", removed("[pbd.{pbd}]"), "VM_REQUIRES_SR", "VM_REQUIRES_SR"),
    (6, "a PBD of no host", removed("[pbd.{pbd}]", "host-uuid"), "FIELD_TYPE_ERROR", "FIELD_TYPE_ERROR"),
    (6, "the host deleted", removed("[host.{host}]"), "HANDLE_INVALID", "HANDLE_INVALID"),
    (7, "a VIF of no network", removed("[vif.{vif}]", "network-uuid"), "FIELD_TYPE_ERROR", "FIELD_TYPE_ERROR"),
    (7, "a VIF of a network that is not there", added(VIF.replace('"0"', '"1"').replace("{network}", "{nobody}")), "HANDLE_INVALID", "HANDLE_INVALID"),
    (7, "the network deleted", removed("[network.{network}]"), "HANDLE_INVALID", "HANDLE_INVALID"),
    (8, "a PIF of no network", removed("[pif.{pif}]", "network-uuid"), "FIELD_TYPE_ERROR", "FIELD_TYPE_ERROR"),
    (8, "a joined network that is not there", replaced("[pif.{pif2}]\n", '[pif.{pif2}]\njoined-network-uuids = ["{nobody}"]\n'), "HANDLE_INVALID", "HANDLE_INVALID"),
    (8, "the network of a PIF deleted", removed("[network.{network2}]"), "HANDLE_INVALID", "HANDLE_INVALID"),
    (9, "a device of a host twice", added(PIF), "DUPLICATE_PIF_DEVICE_NAME", "DUPLICATE_PIF_DEVICE_NAME"),
    (9, "a PIF of no host", removed("[pif.{pif2}]", "host-uuid"), "FIELD_TYPE_ERROR", "FIELD_TYPE_ERROR"),
    (9, "the host deleted", removed("[host.{host2}]"), "HANDLE_INVALID", "HANDLE_INVALID"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "what", "edit", "strict", "xapi"), EDITS, ids=[f"{row[0]}: {row[1]}" for row in EDITS]
)
def test_an_edited_file_that_breaks_a_relationship_is_named_and_not_written_to(
    world: World, number: int, what: str, edit: Edit, strict: str | None, xapi: str | None
) -> None:
    assert 1 <= number <= 9, what
    code = expected(world, strict, xapi)
    edit(world)
    check = world.xe.run(["state-check"], partial=True)
    if code is ACCEPTED:
        assert check.status == 0, check.out
        return
    assert check.status == 3
    assert f"[{code}]" in check.out
    assert re.search(rf"^{re.escape(str(world.xe.state))}:\d+: ", check.out)
    listed = world.xe("vm-list")
    assert listed.status == 0
    assert "unsound" in listed.err
    assert world.xe(world.text("vm-param-set uuid={vm2} name-label=x")).status == 3


def test_a_vdi_that_is_declared_sharable_may_have_several_vbds(world: World) -> None:
    vdi = world.xe.do(world.text("vdi-create sr-uuid={sr} name-label=quorum virtual-size=1MiB sharable=true"))
    for device, vm in (("1", world.vm), ("1", world.vm2)):
        world.xe.do(f"vbd-create vm-uuid={vm} vdi-uuid={vdi} device={device}")


def test_a_shared_sr_has_one_pbd_for_each_host(world: World) -> None:
    line = "sr-create name-label=nfs type=nfs shared=true device-config:server=s device-config:serverpath=/p"
    sr = world.xe.do(line)
    assert len(world.xe.do(f"pbd-list sr-uuid={sr} --minimal").split(",")) == 2
    assert world.xe.code(f"pbd-create sr-uuid={sr} host-uuid={world.host2}") == "PBD_EXISTS"


def test_an_sr_that_is_shared_no_more_needs_one_pbd(world: World) -> None:
    line = "sr-create name-label=nfs type=nfs shared=true device-config:server=s device-config:serverpath=/p"
    sr = world.xe.do(line)
    assert world.xe.code(f"sr-param-set uuid={sr} shared=false") == "SR_HAS_MULTIPLE_PBDS"


def test_a_pif_serves_several_networks_and_a_network_several_pifs(world: World) -> None:
    joined = world.xe(world.text("pif-network-add uuid={pif2} network-uuid={network}"))
    if expected(world, "strict", "xapi") == "xapi":
        assert joined.status == 1
        return
    networks = world.xe.do(world.text("pif-param-get uuid={pif2} param-name=network-uuids"))
    assert networks == world.text("{network2}; {network}")
    pifs = world.xe.do(world.text("network-param-get uuid={network} param-name=PIF-uuids"))
    assert pifs.endswith(world.pif2)
    assert len(pifs.split("; ")) == 3
    world.xe.do(world.text("pif-network-remove uuid={pif2} network-uuid={network}"))
    assert world.xe.do(world.text("pif-param-get uuid={pif2} param-name=network-uuids")) == world.network2


def test_the_rules_change_only_where_the_state_keeps_the_new_ones(world: World) -> None:
    world.xe.do("state-set rules=xapi")
    world.xe.do(world.text("vbd-create vm-uuid={vm2} vdi-uuid={vdi} device=0"))
    refused = world.xe("state-set rules=strict")
    assert refused.status == 1
    assert "Code: VDI_IN_USE" in refused.err
    world.xe.do("vm-destroy uuid=" + world.vm2)
    world.xe.do("state-set rules=strict")
    assert "rules: strict" in world.xe.do("state-show")
