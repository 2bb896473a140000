"""VM: the container in which a guest runs. Templates and snapshots are VMs too, and so is a host's control domain."""

from __future__ import annotations

from xe_py.schema.elsewhere import EPOCH, Absent
from xe_py.schema.fields import CLEAR, KEYS_TOGETHER, RW, Bool, Choice, Derived, Int, Map, Ref, Set, Text
from xe_py.schema.values import Float, Size, Time
from xe_py.schema.xenclass import Unique, XenClass, allowed_operations
from xe_py.xapi import guest, memory
from xe_py.xapi import vm_settings as settings
from xe_py.xapi.guest import HALTED, PAUSED, RUNNING, SUSPENDED
from xe_py.xapi.memory import MIB
from xe_py.xapi.vm_lifecycle import operations
from xe_py.xapi.vm_rules import RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

_AFTER_EXIT = ("Destroy", "Restart")
_AFTER_CRASH = (
    "Destroy",
    "Core dump and destroy",
    "Restart",
    "Core dump and restart",
    "Preserve",
    "Rename restart",
)
_DRIVERS = {"major": "9", "minor": "4", "micro": "0", "build": "1"}
_FEATURES = {
    "platform-feature-multiprocessor-suspend": "1",
    "feature-shutdown": "1",
    "feature-reboot": "1",
    "feature-suspend": "1",
    "feature-balloon": "1",
    "feature-vcpu-hotplug": "1",
}
_VBD_DEVICES, _VIF_DEVICES = 255, 16


def _pointing(reference: str) -> Callable[[State, Record], list[str]]:
    """How a field is computed that lists the objects which refer to the VM."""
    return lambda state, vm: [obj["uuid"] for obj in state.pointing_at(vm, reference)]


def _memory_actual(state: State, vm: Record) -> int:
    return memory.target(state, vm) if guest.is_live(vm) else 0


def _live_platform(key: str) -> Callable[[State, Record], bool]:
    return lambda _state, vm: guest.is_live(vm) and guest.platform_says(vm, key)


def _free_vbd_devices(state: State, vm: Record) -> list[str]:
    from xe_py.xapi.devices import position

    used = {position(vbd) for vbd in state.pointing_at(vm, "vbd.vm-uuid")}
    return [str(number) for number in range(_VBD_DEVICES) if ("disk", number) not in used]


def _free_vif_devices(state: State, vm: Record) -> list[str]:
    used = {vif["device"] for vif in state.pointing_at(vm, "vif.vm-uuid")}
    return [device for device in map(str, range(_VIF_DEVICES)) if device not in used]


def _possible_hosts(state: State, vm: Record) -> list[str]:
    from xe_py.xapi.placement import possible_hosts

    return [host["uuid"] for host in possible_hosts(state, vm)]


def _last_told(_state: State, vm: Record) -> Any:
    if vm["power-state"] == HALTED or vm["is-control-domain"]:
        return None
    return vm["start-time"] or EPOCH


VM = XenClass(
    "vm",
    label="VM",
    section=95,
    doc="A virtual machine: the container in which a guest runs.",
    fields=(
        Text("name-label", mode=RW, doc="The name of the VM."),
        Text("name-description", mode=RW, doc="What its users say of it."),
        Int("user-version", mode=RW, doc="A version that clients give it."),
        Bool(
            "is-a-template",
            mode=RW,
            guard=settings.is_a_template,
            effect=settings.template_was_set,
            doc="Whether it only serves to make VMs from.",
        ),
        Bool(
            "is-default-template",
            mode=RW,
            guard=settings.is_default_template,
            effect=settings.default_template_was_set,
            doc="Whether it came with XenServer.",
        ),
        Bool("is-a-snapshot", doc="Whether it is a snapshot of a VM."),
        Ref("snapshot-of", "vm", on_delete=CLEAR, doc="The VM it is a snapshot of."),
        Derived("snapshots", _pointing("vm.snapshot-of"), doc="Its snapshots."),
        Time("snapshot-time", unknown=EPOCH, doc="When the snapshot was taken."),
        Text("transportable-snapshot-id", hidden=True, doc="A name for the snapshot elsewhere."),
        Map("snapshot-info", doc="What is told of the snapshot."),
        Ref("parent", "vm", on_delete=CLEAR, doc="The snapshot it comes from."),
        Derived("children", _pointing("vm.parent"), doc="Those that come from it."),
        Bool("is-control-domain", doc="Whether it manages a host."),
        Choice("power-state", (HALTED, PAUSED, RUNNING, SUSPENDED), default=HALTED, doc="Whether it runs."),
        Derived("memory-actual", _memory_actual, doc="How much memory the guest has now, in bytes."),
        Derived("memory-target", _memory_actual, expensive=True, doc="How much it is meant to have now."),
        Derived("memory-overhead", lambda _state, vm: memory.overhead(vm), doc="How much Xen needs for it besides."),
        Size(
            "memory-static-max",
            default=256 * MIB,
            mode=RW,
            guard=settings.memory("static_max"),
            doc="The most memory it can ever have.",
        ),
        Size(
            "memory-dynamic-max",
            default=256 * MIB,
            mode=RW,
            guard=settings.memory("dynamic_max"),
            doc="The most it may have at present.",
        ),
        Size(
            "memory-dynamic-min",
            default=128 * MIB,
            mode=RW,
            guard=settings.memory("dynamic_min"),
            doc="The least it may be squeezed to at present.",
        ),
        Size(
            "memory-static-min",
            default=128 * MIB,
            mode=RW,
            guard=settings.memory("static_min"),
            doc="The least it can ever have.",
        ),
        Ref(
            "suspend-VDI-uuid",
            "vdi",
            mode=RW,
            on_delete=CLEAR,
            always_names=True,
            guard=settings.suspend_vdi,
            doc="Where its memory is while it is suspended.",
        ),
        Ref("suspend-SR-uuid", "sr", mode=RW, on_delete=CLEAR, always_names=True, doc="Where that is to be put."),
        Map(
            "VCPUs-params",
            mode="MRW",
            column="VCPUs__params",
            guard=settings.vcpus_params,
            doc="Weight, cap and mask of its CPUs.",
        ),
        Int("VCPUs-max", default=1, mode=RW, guard=settings.vcpus_max, doc="How many CPUs it can ever have."),
        Int("VCPUs-at-startup", default=1, mode=RW, guard=settings.vcpus_at_startup, doc="How many it starts with."),
        Choice(
            "actions-after-shutdown", _AFTER_EXIT, default="Destroy", mode=RW, doc="What follows when the guest halts."
        ),
        Choice(
            "actions-after-softreboot",
            (*_AFTER_EXIT, "Preserve", "Soft reboot"),
            default="Soft reboot",
            mode=RW,
            doc="What follows when it reboots softly.",
        ),
        Choice("actions-after-reboot", _AFTER_EXIT, default="Restart", mode=RW, doc="What follows when it reboots."),
        Choice(
            "actions-after-crash",
            _AFTER_CRASH,
            default="Destroy",
            mode=RW,
            guard=settings.actions_after_crash,
            doc="What follows when it crashes.",
        ),
        Absent("console-uuids", "console", default=[], mode="SRO", doc="Its consoles; none is simulated."),
        Derived(
            "hvm",
            lambda state, vm: guest.domain_type(state, vm) == "hvm",
            doc="Whether it runs hardware-virtualised now.",
        ),
        Derived("nomigrate", _live_platform("nomigrate"), hidden=True, doc="Whether it has to stay on its host."),
        Derived("nested-virt", _live_platform("nested-virt"), hidden=True, doc="Whether it may run VMs itself."),
        Map("platform", mode="MRW", doc="Settings of the virtual hardware."),
        Bool("numa-optimised", doc="Whether it lies well on NUMA nodes."),
        Int("numa-nodes", doc="On how many it lies."),
        Map("numa-node-memory", mode="MRO", doc="How much memory it has on each."),
        allowed_operations(),
        Set("current-operations", mode="SRO", doc="What is being done to it now."),
        Map(
            "blocked-operations",
            mode="MRW",
            guard=settings.blocked_operations,
            doc="What may not be done to it, and why.",
        ),
        Derived(
            "allowed-VBD-devices", _free_vbd_devices, mode="SRO", expensive=True, doc="The devices that a VBD could be."
        ),
        Derived(
            "allowed-VIF-devices", _free_vif_devices, mode="SRO", expensive=True, doc="The devices that a VIF could be."
        ),
        Derived("possible-hosts", _possible_hosts, expensive=True, doc="The hosts where it could run now."),
        Choice(
            "domain-type",
            ("hvm", "pv", "pv-in-pvh", "pvh"),
            otherwise="Invalid domain type. Got {}",
            default="pv",
            mode=RW,
            effect=settings.domain_type_was_set,
            doc="How Xen is to run it.",
        ),
        Derived("current-domain-type", guest.domain_type, doc="How Xen runs it now."),
        Text(
            "HVM-boot-policy",
            mode=RW,
            effect=settings.boot_policy_was_set,
            doc="How a hardware-virtualised guest boots.",
        ),
        Map(
            "HVM-boot-params", mode="MRW", column="HVM__boot_params", doc="Its firmware, and the order of boot devices."
        ),
        Float(
            "HVM-shadow-multiplier",
            default=1.0,
            mode=RW,
            guard=settings.shadow_multiplier,
            doc="How much larger its tables of pages are made.",
        ),
        Map("NVRAM", mode="MRW", hidden=True, doc="The variables of its firmware."),
        Text("PV-kernel", mode=RW, doc="The kernel of a paravirtualised guest."),
        Text("PV-ramdisk", mode=RW, doc="Its initial ramdisk."),
        Text("PV-args", mode=RW, doc="The arguments of the kernel."),
        Text("PV-legacy-args", mode=RW, doc="The arguments of an old kernel."),
        Text("PV-bootloader", mode=RW, doc="The program that finds the kernel."),
        Text("PV-bootloader-args", mode=RW, doc="The arguments of that."),
        Map("last-boot-CPU-flags", doc="What the CPUs could do at its last start."),
        Text("last-boot-record", default="''", expensive=True, doc="How it was set at its last start."),
        Ref("resident-on", "host", doc="The host on which it runs."),
        Ref("affinity", "host", mode=RW, on_delete=CLEAR, doc="The host on which it would rather run."),
        Map(
            "other-config",
            mode="MRW",
            doc="Further settings of clients; guest-tools=false: the guest has no PV drivers.",
        ),
        Int("dom-id", default=-1, doc="The number of its domain; -1 if it has none."),
        Text("recommendations", doc="The limits that suit the guest, as XML."),
        Map("xenstore-data", mode="MRW", doc="What is put into XenStore for the guest."),
        Bool(
            "ha-always-run",
            must_be=True,
            mode=RW,
            deprecated=True,
            effect=settings.always_run_was_set,
            doc="Whether high availability keeps it running.",
        ),
        Text(
            "ha-restart-priority",
            mode=RW,
            guard=settings.ha_restart_priority,
            effect=settings.restart_priority_was_set,
            doc="Whether it is to: restart, best-effort or empty.",
        ),
        Absent("blobs", "blob", default={}, doc="Binary data kept with it; none is simulated."),
        Time("start-time", unknown=EPOCH, doc="When it was last started."),
        Time("install-time", unknown=EPOCH, doc="When it was installed."),
        Int("VCPUs-number", doc="How many CPUs it has now."),
        Derived(
            "VCPUs-utilisation",
            lambda _state, _vm: {},
            mode="MRO",
            expensive=True,
            doc="How busy they are; not simulated.",
        ),
        Derived("os-version", guest.told({}, {}), mode="MRO", doc="What the guest tells of its operating system."),
        Derived("netbios-name", guest.told({}, {}), mode="MRO", doc="What it tells of its Windows name."),
        Derived("PV-drivers-version", guest.told(_DRIVERS, {}), mode="MRO", doc="What it tells of its PV drivers."),
        Derived("PV-drivers-up-to-date", guest.told(True, False), deprecated=True, doc="Whether they are current."),
        Derived("memory", guest.told({}, {}), mode="MRO", doc="What it tells of its memory."),
        Derived("disks", guest.told({}, {}), mode="MRO", doc="What it tells of its disks."),
        Derived("VBDs", _pointing("vbd.vm-uuid"), mode="SRO", doc="Its VBDs."),
        Derived("networks", guest.told({}, {}), mode="MRO", doc="What it tells of its addresses."),
        Derived("services", guest.told({}, {}), mode="MRO", doc="What it tells of its services."),
        Derived("PV-drivers-detected", guest.told(True, False), doc="Whether it has PV drivers."),
        Derived("other", guest.told(_FEATURES, {}), mode="MRO", doc="What it tells that it can do."),
        Derived("live", guest.told(True, False), doc="Whether its agent answers."),
        Derived("guest-metrics-last-updated", _last_told, doc="When it last told of itself."),
        Derived("can-use-hotplug-vbd", guest.told("true", "unspecified"), doc="Whether it takes VBDs while it runs."),
        Derived("can-use-hotplug-vif", guest.told("true", "unspecified"), doc="Whether it takes VIFs while it runs."),
        Derived(
            "cooperative",
            lambda _state, _vm: True,
            expensive=True,
            deprecated=True,
            doc="Whether it shrinks when asked.",
        ),
        Set("tags", mode="SRW", join=", ", doc="Words that users sort by."),
        Absent("appliance", "VM_appliance", mode=RW, doc="The appliance it is part of; none is simulated."),
        Absent("groups", "VM_group", default=[], mode=RW, doc="The groups it is in; none is simulated."),
        Choice(
            "secureboot-certificates-state",
            ("ok", "update_available", "update_on_boot"),
            default="ok",
            doc="Whether its certificates are current.",
        ),
        Absent("snapshot-schedule", "VMSS", mode=RW, doc="The schedule of its snapshots; none is simulated."),
        Bool("is-vmss-snapshot", doc="Whether a schedule took the snapshot."),
        Int(
            "start-delay",
            mode=RW,
            guard=settings.not_negative("start_delay"),
            doc="How many seconds to wait after its start.",
        ),
        Int(
            "shutdown-delay",
            mode=RW,
            guard=settings.not_negative("shutdown_delay"),
            doc="How many seconds to wait after its shutdown.",
        ),
        Int("order", mode=RW, guard=settings.not_negative("order"), doc="Its turn when an appliance starts."),
        Int("version", doc="How often it was recovered."),
        Text("generation-id", doc="What tells a guest that it was copied."),
        Int("hardware-platform-version", doc="The version of virtual hardware it needs."),
        Bool("has-vendor-device", mode=RW, doc="Whether it has the device for which Windows Update has drivers."),
        Bool("requires-reboot", doc="Whether a setting waits for its reboot."),
        Text("reference-label", doc="The template it was made from."),
        Map(
            "bios-strings",
            mode="MRO",
            param_set=KEYS_TOGETHER,
            guard=settings.bios_strings,
            effect=settings.bios_strings_were_given,
            doc="What its BIOS tells of the hardware; given once.",
        ),
        Set("pending-guidances", doc="What updates demand to be done."),
        Absent("vtpms", "VTPM", default=[], doc="Its TPMs; none is simulated."),
        Set("pending-guidances-recommended", doc="What updates recommend to be done."),
        Set("pending-guidances-full", doc="What makes updates fully effective."),
    ),
    unique=(Unique("resident-on", "dom-id", refusal="DOMAIN_EXISTS", shows=("uuid", "dom-id")),),
    rules=RULES,
    operations=operations(),
    measures=memory.MEASURES,
    filters={"is-a-template": "false"},
    list_fields=("name-label", "uuid", "power-state"),
)
