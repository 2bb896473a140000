"""VM: the container in which a guest runs. Templates and snapshots are VMs too, and so is a host's control domain."""

from __future__ import annotations

from xe_py.schema.derived import Back, Computed, Fixed
from xe_py.schema.fields import CLEAR, KEYS_TOGETHER, RW, Bool, Choice, Int, Map, Ref, Refs, Set, Text
from xe_py.schema.values import EPOCH, FirmBool, Float, KeyedMap, Size, Time
from xe_py.schema.xenclass import NAMES, OPERATIONS, TAGS, Unique, XenClass
from xe_py.xapi import blobs, guest, memory
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
_AFTER_CRASH = ("Destroy", "Core dump and destroy", "Restart", "Core dump and restart", "Preserve", "Rename restart")


def _memory_actual(state: State, vm: Record) -> int:
    return memory.target(state, vm) if guest.is_live(vm) else 0


def _live_platform(key: str) -> Callable[[State, Record], bool]:
    return lambda _state, vm: guest.is_live(vm) and guest.platform_says(vm, key)


def _free_vbd_devices(state: State, vm: Record) -> list[str]:
    from xe_py.xapi.devices import free_vbd_devices

    return free_vbd_devices(state, vm)


def _free_vif_devices(state: State, vm: Record) -> list[str]:
    from xe_py.xapi.devices import free_vif_devices

    return free_vif_devices(state, vm)


def _possible_hosts(state: State, vm: Record) -> list[str]:
    from xe_py.xapi.placement import possible_hosts

    return [host["uuid"] for host in possible_hosts(state, vm)]


def _consoles(_state: State, vm: Record) -> list[str]:
    from xe_py.xapi.consoles import uuids

    return uuids(vm)


def _networks(state: State, vm: Record) -> dict[str, str]:
    from xe_py.xapi.guest_addresses import networks

    return networks(state, vm)


def _os_version(_state: State, vm: Record) -> dict[str, str]:
    from xe_py.xapi.guest_systems import os_version

    return os_version(vm)


def _drivers(_state: State, vm: Record) -> dict[str, str]:
    from xe_py.xapi.guest_systems import drivers

    return drivers(vm)


def _netbios_name(_state: State, vm: Record) -> dict[str, str]:
    from xe_py.xapi.guest_systems import netbios_name

    return netbios_name(vm)


def _ha(name: str) -> Callable[[State, Record, Any], Any]:
    """The guard or effect of this name for high availability, which few commands need to load."""

    def late(state: State, vm: Record, value: Any) -> Any:
        from xe_py.xapi import ha_settings

        return getattr(ha_settings, name)(state, vm, value)

    return late


VM = XenClass(
    "vm",
    label="VM",
    section=95,
    doc="A virtual machine: the container in which a guest runs.",
    fields=(
        *NAMES,
        Int("user-version", mode=RW, doc="A version number that clients can set."),
        Bool(
            "is-a-template",
            mode=RW,
            guard=settings.is_a_template,
            effect=settings.template_was_set,
            doc="Whether it is a template: a VM that only serves to make other VMs.",
        ),
        Bool(
            "is-default-template",
            mode=RW,
            guard=settings.is_default_template,
            effect=settings.default_template_was_set,
            doc="Whether it is a template that came with XenServer.",
        ),
        Bool("is-a-snapshot", doc="Whether it is a snapshot of a VM."),
        Ref("snapshot-of", "vm", on_delete=CLEAR, doc="The VM that it is a snapshot of."),
        Back("snapshots", "vm.snapshot-of", doc="The snapshots of the VM."),
        Time("snapshot-time", unknown=EPOCH, doc="When the snapshot was taken."),
        Text("transportable-snapshot-id", hidden=True, doc="An identifier of the snapshot on other systems."),
        Map("snapshot-info", doc="Details about the snapshot."),
        Map("reverts-to", hidden=True, doc="What the VM was like, so that it can be reverted to the snapshot."),
        Ref("parent", "vm", on_delete=CLEAR, doc="The snapshot that the VM comes from."),
        Back("children", "vm.parent", doc="The VMs that come from it."),
        Bool("is-control-domain", doc="Whether it is the control domain of a host."),
        Choice(
            "power-state",
            (HALTED, PAUSED, RUNNING, SUSPENDED),
            default=HALTED,
            doc="Whether the VM is halted, paused, running or suspended.",
        ),
        Computed("memory-actual", Size, _memory_actual, doc="How much memory the guest has now, in bytes."),
        Computed(
            "memory-target", Size, _memory_actual, expensive=True, doc="How much memory it should have, in bytes."
        ),
        Computed(
            "memory-overhead",
            Size,
            lambda _state, vm: memory.overhead(vm),
            doc="How much memory Xen needs for the VM besides the guest's, in bytes.",
        ),
        Size(
            "memory-static-max",
            default=256 * MIB,
            mode=RW,
            guard=settings.memory("static_max"),
            doc="The most memory that the VM can ever have, in bytes.",
        ),
        Size(
            "memory-dynamic-max",
            default=256 * MIB,
            mode=RW,
            guard=settings.memory("dynamic_max"),
            doc="The most memory that the running VM may have, in bytes.",
        ),
        Size(
            "memory-dynamic-min",
            default=128 * MIB,
            mode=RW,
            guard=settings.memory("dynamic_min"),
            doc="The least memory that the running VM may have, in bytes.",
        ),
        Size(
            "memory-static-min",
            default=128 * MIB,
            mode=RW,
            guard=settings.memory("static_min"),
            doc="The least memory that the VM can ever have, in bytes.",
        ),
        Ref(
            "suspend-VDI-uuid",
            "vdi",
            mode=RW,
            on_delete=CLEAR,
            always_names=True,
            guard=settings.suspend_vdi,
            doc="The VDI that holds the memory of the suspended VM.",
        ),
        Ref("suspend-SR-uuid", "sr", mode=RW, on_delete=CLEAR, always_names=True, doc="The SR for that VDI."),
        KeyedMap(
            "VCPUs-params",
            ("weight", "cap", "mask"),
            otherwise="Failed to add parameter '{}': expecting 'weight','cap' or 'mask'",
            mode="MRW",
            doc="How Xen schedules the VM's CPUs: weight, cap and mask.",
        ),
        Int("VCPUs-max", default=1, mode=RW, guard=settings.vcpus_max, doc="The most CPUs that the VM can ever have."),
        Int(
            "VCPUs-at-startup",
            default=1,
            mode=RW,
            guard=settings.vcpus_at_startup,
            doc="How many CPUs the VM starts with.",
        ),
        Choice("actions-after-shutdown", _AFTER_EXIT, default="Destroy", mode=RW, doc="What happens after a shutdown."),
        Choice(
            "actions-after-softreboot",
            (*_AFTER_EXIT, "Preserve", "Soft reboot"),
            default="Soft reboot",
            mode=RW,
            doc="What happens after a soft reboot.",
        ),
        Choice("actions-after-reboot", _AFTER_EXIT, default="Restart", mode=RW, doc="What happens after a reboot."),
        Choice(
            "actions-after-crash",
            _AFTER_CRASH,
            default="Destroy",
            mode=RW,
            guard=settings.actions_after_crash,
            doc="What happens after a crash.",
        ),
        Computed("console-uuids", Refs, _consoles, to="console", mode="SRO", doc="The consoles of the VM."),
        Computed(
            "hvm",
            Bool,
            lambda state, vm: guest.domain_type(state, vm) == "hvm",
            doc="Whether the VM runs hardware-virtualised now.",
        ),
        Computed(
            "nomigrate", Bool, _live_platform("nomigrate"), hidden=True, doc="Whether the VM must stay on its host."
        ),
        Computed("nested-virt", Bool, _live_platform("nested-virt"), hidden=True, doc="Whether it may run VMs itself."),
        Map("platform", mode="MRW", doc="Settings of the virtual hardware."),
        Bool("numa-optimised", doc="Whether the VM's memory is well placed on NUMA nodes."),
        Int("numa-nodes", doc="On how many NUMA nodes the VM's memory is."),
        Map("numa-node-memory", mode="MRO", doc="How much memory the VM has on each NUMA node."),
        *OPERATIONS,
        Map(
            "blocked-operations",
            mode="MRW",
            guard=settings.blocked_operations,
            doc="The blocked operations, each with the error code of its refusal.",
        ),
        Computed(
            "allowed-VBD-devices",
            Set,
            _free_vbd_devices,
            mode="SRO",
            expensive=True,
            doc="The devices that are free for a new VBD.",
        ),
        Computed(
            "allowed-VIF-devices",
            Set,
            _free_vif_devices,
            mode="SRO",
            expensive=True,
            doc="The devices that are free for a new VIF.",
        ),
        Computed(
            "possible-hosts", Refs, _possible_hosts, to="host", expensive=True, doc="The hosts that could run it now."
        ),
        Choice(
            "domain-type",
            ("hvm", "pv", "pv-in-pvh", "pvh"),
            otherwise="Invalid domain type. Got {}",
            default="pv",
            mode=RW,
            effect=settings.domain_type_was_set,
            doc="How Xen runs the VM from its next start on.",
        ),
        Computed("current-domain-type", Choice, guest.domain_type, doc="How Xen runs the VM now."),
        Text(
            "HVM-boot-policy",
            mode=RW,
            effect=settings.boot_policy_was_set,
            doc="How a hardware-virtualised guest boots.",
        ),
        Map("HVM-boot-params", mode="MRW", doc="The firmware of an HVM guest, and the order of its boot devices."),
        Float(
            "HVM-shadow-multiplier",
            default=1.0,
            mode=RW,
            guard=settings.shadow_multiplier,
            doc="How many times larger than necessary the shadow page tables are.",
        ),
        Map("NVRAM", mode="MRW", hidden=True, doc="The variables of the VM's firmware."),
        Text("PV-kernel", mode=RW, doc="The kernel of a paravirtualised guest."),
        Text("PV-ramdisk", mode=RW, doc="The initial ramdisk of that kernel."),
        Text("PV-args", mode=RW, doc="The arguments of that kernel."),
        Text("PV-legacy-args", mode=RW, doc="The arguments of an old kernel."),
        Text("PV-bootloader", mode=RW, doc="The program that finds the kernel."),
        Text("PV-bootloader-args", mode=RW, doc="The arguments of that program."),
        Map("last-boot-CPU-flags", doc="The features of the host's CPUs when the VM last started."),
        Text("last-boot-record", default="''", expensive=True, doc="The settings of the VM when it last started."),
        Ref("resident-on", "host", doc="The host on which it runs."),
        Ref("affinity", "host", mode=RW, on_delete=CLEAR, doc="The host on which the VM should preferably run."),
        Map(
            "other-config",
            mode="MRW",
            doc="Extra settings that clients keep. With guest-tools=false the guest has no PV drivers.",
        ),
        Int("dom-id", default=-1, doc="The number of the VM's domain on its host; -1 if it has none."),
        Text("recommendations", doc="The limits that are right for the guest, as XML."),
        Map("xenstore-data", mode="MRW", doc="Data for the guest in XenStore."),
        FirmBool(
            "ha-always-run",
            mode=RW,
            deprecated=True,
            guard=_ha("always_run"),
            effect=_ha("always_run_was_set"),
            doc="Whether high availability keeps the VM running.",
        ),
        Text(
            "ha-restart-priority",
            mode=RW,
            guard=_ha("restart_priority"),
            effect=_ha("restart_priority_was_set"),
            doc="How high availability restarts the VM: restart, best-effort, or empty for not at all.",
        ),
        blobs.of("VM"),
        Time("start-time", unknown=EPOCH, doc="When the VM was last started."),
        Time("install-time", unknown=EPOCH, doc="When the VM was installed."),
        Int("VCPUs-number", doc="How many CPUs the VM has now."),
        Fixed("VCPUs-utilisation", {}, mode="MRO", expensive=True, doc="How busy the CPUs are; not simulated."),
        Told("os-version", _os_version, {}, mode="MRO", doc="What the guest reports about its operating system."),
        Told("netbios-name", _netbios_name, {}, mode="MRO", doc="What the guest reports about its Windows name."),
        Told("PV-drivers-version", _drivers, {}, mode="MRO", doc="What the guest reports about its PV drivers."),
        Told("PV-drivers-up-to-date", True, False, deprecated=True, doc="Whether the PV drivers are up to date."),
        Told("memory", {}, {}, mode="MRO", doc="What the guest reports about its memory."),
        Told("disks", {}, {}, mode="MRO", doc="What the guest reports about its disks."),
        Back("VBDs", "vbd.vm-uuid", mode="SRO", doc="The VBDs of the VM."),
        Told("networks", _networks, {}, mode="MRO", doc="What the guest reports about its addresses."),
        Told("services", {}, {}, mode="MRO", doc="What the guest reports about its services."),
        Told("PV-drivers-detected", True, False, doc="Whether the guest has PV drivers."),
        Told("other", guest.FEATURES, {}, mode="MRO", doc="What the guest reports about its features."),
        Told("live", True, True, doc="Whether the guest agent answers."),
        Computed("guest-metrics-last-updated", Time, guest.last_report, doc="When the guest last reported."),
        Told("can-use-hotplug-vbd", "true", "unspecified", doc="Whether the guest accepts VBDs while it runs."),
        Told("can-use-hotplug-vif", "true", "unspecified", doc="Whether the guest accepts VIFs while it runs."),
        Fixed(
            "cooperative",
            True,
            expensive=True,
            deprecated=True,
            doc="Whether the guest gives memory back when it is asked to.",
        ),
        TAGS,
        Ref("appliance", "appliance", mode=RW, on_delete=CLEAR, guard=settings.appliance, doc="The VM's appliance."),
        Refs("groups", "vm-group", mode=RW, guard=settings.groups, doc="The group that the VM is in."),
        Choice(
            "secureboot-certificates-state",
            ("ok", "update_available", "update_on_boot"),
            default="ok",
            doc="Whether the Secure Boot certificates of the VM are up to date.",
        ),
        Ref("snapshot-schedule", "vmss", mode=RW, on_delete=CLEAR, guard=settings.schedule, doc="Its schedule."),
        Bool("is-vmss-snapshot", doc="Whether a schedule took the snapshot."),
        Int(
            "start-delay",
            mode=RW,
            guard=settings.not_negative("start_delay"),
            doc="How many seconds an appliance waits after it has started the VM.",
        ),
        Int(
            "shutdown-delay",
            mode=RW,
            guard=settings.not_negative("shutdown_delay"),
            doc="How many seconds an appliance waits after it has shut the VM down.",
        ),
        Int("order", mode=RW, guard=settings.not_negative("order"), doc="The place of the VM in the start order."),
        Int("version", doc="How often the VM was recovered."),
        Text("generation-id", doc="An identifier by which the guest notices that the VM was copied."),
        Int("hardware-platform-version", doc="The version of virtual hardware that the VM needs."),
        Bool("has-vendor-device", mode=RW, doc="Whether Windows Update can install PV drivers in the guest."),
        Bool("requires-reboot", doc="Whether a setting takes effect only after a reboot of the VM."),
        Text("reference-label", doc="The template that the VM was made from."),
        KeyedMap(
            "bios-strings",
            settings.BIOS_STRINGS,
            otherwise=f"Unknown key '{{}}': expecting {', '.join(settings.BIOS_STRINGS)}",
            mode="MRO",
            param_set=KEYS_TOGETHER,
            guard=settings.bios_strings,
            effect=settings.bios_strings_were_given,
            doc="What the BIOS tells the guest about the hardware; it can be set only once.",
        ),
        Set("pending-guidances", doc="What updates still require, such as a reboot."),
        Back("vtpms", "vtpm.vm-uuid", doc="The TPMs of the VM."),
        Set("pending-guidances-recommended", doc="What updates recommend to do."),
        Set("pending-guidances-full", doc="What must be done before updates take full effect."),
        *(
            Map(guest.reported_as(name), hidden=True, doc=f"What the guest is to report in {name}, by key.")
            for name in guest.REPORTED
        ),
        Int(guest.BOOT_TIME, hidden=True, doc="How many seconds after the start the guest reports for the first time."),
        Map("console-other-config", hidden=True, doc="The other-config of the console of the VM."),
        Int("guest-halts-after", hidden=True, doc="How many seconds after the start the guest halts by itself."),
        Int(
            "guest-reboots-after", hidden=True, doc="How many seconds after the start the guest boots again by itself."
        ),
    ),
    unique=(Unique("resident-on", "dom-id", refusal="DOMAIN_EXISTS", shows=("uuid", "dom-id")),),
    rules=RULES,
    operations=operations(),
    sums={"resident-on": memory.MEASURES},
    filters={"is-a-template": "false"},
    list_fields=("name-label", "uuid", "power-state"),
)
