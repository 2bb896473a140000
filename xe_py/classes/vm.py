"""VM: the container in which a guest runs. Templates and snapshots are VMs too, and so is a host's control domain."""

from __future__ import annotations

from xe_py.schema.derived import Back, Computed, Fixed
from xe_py.schema.fields import CLEAR, KEYS_TOGETHER, RW, Bool, Choice, Int, Map, Ref, Refs, Set, Text
from xe_py.schema.values import EPOCH, Absent, FirmBool, Float, KeyedMap, Size, Time
from xe_py.schema.xenclass import NAMES, OPERATIONS, TAGS, Unique, XenClass
from xe_py.xapi import guest, memory
from xe_py.xapi import vm_settings as settings
from xe_py.xapi.guest import HALTED, PAUSED, RUNNING, SUSPENDED, Told
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
        *NAMES,
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
        Back("snapshots", "vm.snapshot-of", doc="Its snapshots."),
        Time("snapshot-time", unknown=EPOCH, doc="When the snapshot was taken."),
        Text("transportable-snapshot-id", hidden=True, doc="A name for the snapshot elsewhere."),
        Map("snapshot-info", doc="What is told of the snapshot."),
        Ref("parent", "vm", on_delete=CLEAR, doc="The snapshot it comes from."),
        Back("children", "vm.parent", doc="Those that come from it."),
        Bool("is-control-domain", doc="Whether it manages a host."),
        Choice("power-state", (HALTED, PAUSED, RUNNING, SUSPENDED), default=HALTED, doc="Whether it runs."),
        Computed("memory-actual", Int, _memory_actual, doc="How much memory the guest has now, in bytes."),
        Computed("memory-target", Int, _memory_actual, expensive=True, doc="How much it is meant to have now."),
        Computed(
            "memory-overhead",
            Int,
            lambda _state, vm: memory.overhead(vm),
            doc="How much Xen needs for it besides.",
        ),
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
        KeyedMap(
            "VCPUs-params",
            ("weight", "cap", "mask"),
            otherwise="Failed to add parameter '{}': expecting 'weight','cap' or 'mask'",
            mode="MRW",
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
        Computed(
            "hvm",
            Bool,
            lambda state, vm: guest.domain_type(state, vm) == "hvm",
            doc="Whether it runs hardware-virtualised now.",
        ),
        Computed(
            "nomigrate", Bool, _live_platform("nomigrate"), hidden=True, doc="Whether it has to stay on its host."
        ),
        Computed("nested-virt", Bool, _live_platform("nested-virt"), hidden=True, doc="Whether it may run VMs itself."),
        Map("platform", mode="MRW", doc="Settings of the virtual hardware."),
        Bool("numa-optimised", doc="Whether it lies well on NUMA nodes."),
        Int("numa-nodes", doc="On how many it lies."),
        Map("numa-node-memory", mode="MRO", doc="How much memory it has on each."),
        *OPERATIONS,
        Map(
            "blocked-operations",
            mode="MRW",
            guard=settings.blocked_operations,
            doc="What may not be done to it, and why.",
        ),
        Computed(
            "allowed-VBD-devices",
            Set,
            _free_vbd_devices,
            mode="SRO",
            expensive=True,
            doc="The devices that a VBD could be.",
        ),
        Computed(
            "allowed-VIF-devices",
            Set,
            _free_vif_devices,
            mode="SRO",
            expensive=True,
            doc="The devices that a VIF could be.",
        ),
        Computed(
            "possible-hosts", Refs, _possible_hosts, to="host", expensive=True, doc="The hosts where it could run now."
        ),
        Choice(
            "domain-type",
            ("hvm", "pv", "pv-in-pvh", "pvh"),
            otherwise="Invalid domain type. Got {}",
            default="pv",
            mode=RW,
            effect=settings.domain_type_was_set,
            doc="How Xen is to run it.",
        ),
        Computed("current-domain-type", Choice, guest.domain_type, doc="How Xen runs it now."),
        Text(
            "HVM-boot-policy",
            mode=RW,
            effect=settings.boot_policy_was_set,
            doc="How a hardware-virtualised guest boots.",
        ),
        Map("HVM-boot-params", mode="MRW", doc="Its firmware, and the order of boot devices."),
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
        FirmBool(
            "ha-always-run",
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
        Fixed("VCPUs-utilisation", {}, mode="MRO", expensive=True, doc="How busy they are; not simulated."),
        Told("os-version", {}, {}, mode="MRO", doc="What the guest tells of its operating system."),
        Told("netbios-name", {}, {}, mode="MRO", doc="What it tells of its Windows name."),
        Told("PV-drivers-version", _DRIVERS, {}, mode="MRO", doc="What it tells of its PV drivers."),
        Told("PV-drivers-up-to-date", True, False, deprecated=True, doc="Whether they are current."),
        Told("memory", {}, {}, mode="MRO", doc="What it tells of its memory."),
        Told("disks", {}, {}, mode="MRO", doc="What it tells of its disks."),
        Back("VBDs", "vbd.vm-uuid", mode="SRO", doc="Its VBDs."),
        Told("networks", {}, {}, mode="MRO", doc="What it tells of its addresses."),
        Told("services", {}, {}, mode="MRO", doc="What it tells of its services."),
        Told("PV-drivers-detected", True, False, doc="Whether it has PV drivers."),
        Told("other", _FEATURES, {}, mode="MRO", doc="What it tells that it can do."),
        Told("live", True, False, doc="Whether its agent answers."),
        Computed("guest-metrics-last-updated", Time, _last_told, doc="When it last told of itself."),
        Told("can-use-hotplug-vbd", "true", "unspecified", doc="Whether it takes VBDs while it runs."),
        Told("can-use-hotplug-vif", "true", "unspecified", doc="Whether it takes VIFs while it runs."),
        Fixed("cooperative", True, expensive=True, deprecated=True, doc="Whether it shrinks when asked."),
        TAGS,
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
        KeyedMap(
            "bios-strings",
            settings.BIOS_STRINGS,
            otherwise=f"Unknown key '{{}}': expecting {', '.join(settings.BIOS_STRINGS)}",
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
