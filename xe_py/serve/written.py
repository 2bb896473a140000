"""The messages that are written out in XenAPI and that commands do: a row for each."""

from __future__ import annotations

from xe_py.errors import refuse
from xe_py.operations.vm_install import provision
from xe_py.serve.rows import Alike, Does, Makes, Row, Shows
from xe_py.serve.sessions import moment
from xe_py.xapi import placement
from xe_py.xapi.vm_lifecycle import refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_FORCED, _LIVE = {"force": True}, {"live": True}


def _provision(state: State, vm: Record) -> None:
    provision(state, vm, placement.default_sr(state))


def _assert_operation_valid(state: State, vm: Record, operation: str) -> None:
    refuse(refusals(state, vm, operation))


def _assert_can_boot_here(state: State, vm: Record, host: Record) -> None:
    refuse(placement.can_run_on(state, vm, host))


def _update_nothing(_state: State, _obj: Record) -> None:
    """What is allowed is computed when it is asked for."""


def _is_slave(state: State, host: Record) -> bool:
    return not state.find("pool", master=host["uuid"])


def _servertime(_state: State, _host: Record) -> str:
    return moment()


# Messages that the commands of the same names do: of a class, by the name with which its commands begin.
_ALIKE = {
    ("pool", "pool"): (
        "eject emergency_transition_to_master emergency_reset_master recover_slaves management_reconfigure "
        "sync_database designate_new_master ha_prevent_restarts_for ha_compute_max_host_failures_to_tolerate "
        "enable_binary_storage disable_binary_storage enable_external_auth disable_external_auth "
        "external_auth_set_ldaps initialize_wlb "
        "deconfigure_wlb send_wlb_configuration enable_tls_verification enable_redo_log disable_redo_log "
        "set_vswitch_controller enable_local_storage_caching disable_local_storage_caching apply_edition "
        "disable_ssl_legacy enable_client_certificate_auth disable_client_certificate_auth disable_repository_proxy "
        "reset_telemetry_uuid configure_update_sync set_update_sync_enabled get_guest_secureboot_readiness enable_ssh "
        "disable_ssh"
    ),
    ("pool_patch", "patch"): "apply pool_apply precheck clean pool_clean destroy",
    ("pool_update", "update"): "pool_apply pool_clean destroy resync_host",
    ("VM", "vm"): (
        "shutdown compute_memory_overhead copy_bios_strings query_services call_plugin restart_device_models "
        "set_uefi_mode get_secureboot_readiness update_secureboot_certificates_on_boot"
    ),
    ("VMSS", "vmss"): "snapshot_now destroy",
    ("VM_appliance", "appliance"): "shutdown",
    ("DR_task", "drtask"): "destroy",
    ("host", "host"): (
        "prepare_for_poweroff send_debug_keys license_remove power_on ha_xapi_healthcheck syslog_reconfigure "
        "management_reconfigure management_disable get_system_status_capabilities shutdown_agent is_in_emergency_mode "
        "sync_data enable_external_auth disable_external_auth enable_local_storage_caching "
        "disable_local_storage_caching sm_dp_destroy declare_dead enable_display disable_display "
        "emergency_disable_tls_verification emergency_reenable_tls_verification emergency_clear_mandatory_guidance "
        "enable_ssh disable_ssh"
    ),
    ("host_crashdump", "host-crashdump"): "destroy",
    ("network", "network"): "attach",
    ("PIF", "pif"): "set_primary_address_type db_forget",
    ("SR", "sr"): "introduce probe enable_database_replication disable_database_replication",
    ("VDI", "vdi"): "introduce generate_config pool_migrate",
    ("VBD", "vbd"): "pause unpause",
    ("VTPM", "vtpm"): "create destroy",
    ("secret", "secret"): "destroy",
    ("network_sriov", "network-sriov"): "create destroy",
    ("PCI", "pci"): "disable_dom0_access enable_dom0_access get_dom0_access_status",
    ("PGPU", "pgpu"): "enable_dom0_access disable_dom0_access",
    ("GPU_group", "gpu-group"): "create destroy get_remaining_capacity",
    ("VGPU", "vgpu"): "destroy",
    ("PVS_site", "pvs-site"): "introduce forget",
    ("PVS_server", "pvs-server"): "forget",
    ("PVS_proxy", "pvs-proxy"): "destroy",
    ("PVS_cache_storage", "pvs-cache-storage"): "destroy",
    ("SDN_controller", "sdn-controller"): "forget",
    ("PUSB", "pusb"): "scan",
    ("VUSB", "vusb"): "create unplug destroy",
    ("Cluster", "cluster"): "destroy pool_force_destroy pool_destroy pool_resync",
    ("Cluster_host", "cluster-host"): "create destroy enable force_destroy disable",
    ("Repository", "repository"): "introduce introduce_bundle forget",
    ("Observer", "observer"): "destroy",
    ("VM_group", "vm-group"): "destroy",
    ("Host_driver", "hostdriver"): "deselect rescan",
    ("Driver_variant", "hostdriver-variant"): "select",
    ("Caller", "caller"): "destroy",
    ("Rate_limit", "rate-limit"): "add_caller remove_caller destroy",
}

WRITTEN: Mapping[str, Row | Shows | Does] = {
    **{
        f"{label}.{name}": Alike(f"{family}-{name}".replace("_", "-").lower())
        for (label, family), names in _ALIKE.items()
        for name in names.split()
    },
    # VMs
    "VM.start": Row("vm-start", vm="vm", start_paused="paused", force="force"),
    "VM.start_on": Row("vm-start", vm="vm", host="on", start_paused="paused", force="force"),
    "VM.resume": Row("vm-resume", vm="vm", force="force"),
    "VM.resume_on": Row("vm-resume", vm="vm", host="on", force="force"),
    "VM.clean_shutdown": Row("vm-shutdown", vm="vm"),
    "VM.hard_shutdown": Row("vm-shutdown", _FORCED, vm="vm"),
    "VM.clean_reboot": Row("vm-reboot", vm="vm"),
    "VM.hard_reboot": Row("vm-reboot", _FORCED, vm="vm"),
    "VM.suspend": Row("vm-suspend", vm="vm"),
    "VM.pause": Row("vm-pause", vm="vm"),
    "VM.unpause": Row("vm-unpause", vm="vm"),
    "VM.power_state_reset": Row("vm-reset-powerstate", _FORCED, vm="vm"),
    "VM.clone": Row("vm-clone", vm="vm", new_name="new_name_label"),
    "VM.copy": Row("vm-copy", vm="vm", new_name="new_name_label", sr="sr"),
    "VM.snapshot": Row("vm-snapshot", vm="vm", new_name="new_name_label", ignore_vdis="ignore_vdis"),
    "VM.checkpoint": Row("vm-checkpoint", vm="vm", new_name="new_name_label"),
    "VM.revert": Row("snapshot-revert", snapshot="snapshot"),
    "VM.destroy": Row("vm-destroy", self="vm"),
    "VM.set_memory_limits": Row(
        "vm-memory-limits-set",
        self="vm",
        static_min="static_min",
        static_max="static_max",
        dynamic_min="dynamic_min",
        dynamic_max="dynamic_max",
    ),
    "VM.set_memory_dynamic_range": Row("vm-memory-dynamic-range-set", self="vm", min="min", max="max"),
    "VM.set_memory_static_range": Row("vm-memory-static-range-set", self="vm", min="min", max="max"),
    "VM.set_memory": Row("vm-memory-set", self="vm", value="memory"),
    "VM.set_VCPUs_number_live": Row("vm-vcpu-hotplug", self="vm", nvcpu="new_vcpus"),
    "VM.pool_migrate": Row("vm-migrate", _LIVE, vm="vm", host="host_uuid"),
    "VM.provision": Does(_provision),
    "VM.assert_operation_valid": Does(_assert_operation_valid, reads=True),
    "VM.assert_can_boot_here": Does(_assert_can_boot_here, reads=True),
    "VM.update_allowed_operations": Does(_update_nothing, reads=True),
    "VM.get_allowed_VBD_devices": Shows("allowed-VBD-devices"),
    "VM.get_allowed_VIF_devices": Shows("allowed-VIF-devices"),
    "VM.get_possible_hosts": Shows("possible-hosts"),
    "VM.get_cooperative": Shows("cooperative"),
    "VM_appliance.create": Makes("appliance-create", name_label="name_label", name_description="name_description"),
    "VM_appliance.destroy": Row("appliance-destroy", self="appliance"),
    "VM_appliance.start": Row("appliance-start", self="appliance", paused="paused"),
    # Disks
    "VBD.create": Makes(
        "vbd-create",
        VM="vm",
        VDI="vdi",
        userdevice="device",
        bootable="bootable",
        mode="mode",
        type="type",
        unpluggable="unpluggable",
    ),
    "VBD.destroy": Row("vbd-destroy", self="vbd"),
    "VBD.plug": Row("vbd-plug", self="vbd"),
    "VBD.unplug": Row("vbd-unplug", self="vbd"),
    "VBD.unplug_force": Row("vbd-unplug", _FORCED, self="vbd"),
    "VBD.insert": Row("vbd-insert", vbd="vbd", vdi="vdi"),
    "VBD.eject": Row("vbd-eject", vbd="vbd"),
    "VDI.create": Makes(
        "vdi-create",
        SR="sr",
        name_label="name_label",
        virtual_size="virtual_size",
        type="type",
        sharable="sharable",
        sm_config="sm_config",
    ),
    "VDI.destroy": Row("vdi-destroy", self="vdi"),
    "VDI.resize": Row("vdi-resize", vdi="vdi", size="disk_size"),
    "VDI.resize_online": Row("vdi-resize", {"online": True}, vdi="vdi", size="disk_size"),
    "VDI.snapshot": Row("vdi-snapshot", vdi="vdi", driver_params="driver_params"),
    "VDI.clone": Row("vdi-clone", vdi="vdi", driver_params="driver_params"),
    "VDI.copy": Row("vdi-copy", vdi="vdi", sr="sr", base_vdi="base_vdi", into_vdi="into_vdi"),
    "VDI.forget": Row("vdi-forget", vdi="vdi"),
    "VDI.update": Row("vdi-update", vdi="vdi"),
    "VDI.enable_cbt": Row("vdi-enable-cbt", self="vdi"),
    "VDI.disable_cbt": Row("vdi-disable-cbt", self="vdi"),
    "VDI.data_destroy": Row("vdi-data-destroy", self="vdi"),
    "VDI.list_changed_blocks": Row("vdi-list-changed-blocks", vdi_from="vdi_from", vdi_to="vdi_to"),
    "SR.scan": Row("sr-scan", sr="sr"),
    "SR.forget": Row("sr-forget", sr="sr"),
    "SR.destroy": Row("sr-destroy", sr="sr"),
    "SR.update": Row("sr-update", sr="sr"),
    "SR.create": Row(
        "sr-create",
        host="host",
        device_config="device_config",
        physical_size="physical_size",
        name_label="name_label",
        name_description="name_description",
        type="type",
        content_type="content_type",
        shared="shared",
        sm_config="sm_config",
    ),
    "PBD.create": Makes("pbd-create", host="host", SR="sr", device_config="device_config"),
    "PBD.destroy": Row("pbd-destroy", self="pbd"),
    "PBD.plug": Row("pbd-plug", self="pbd"),
    "PBD.unplug": Row("pbd-unplug", self="pbd"),
    # Networks
    "VIF.create": Makes("vif-create", device="device", network="network", VM="vm", MAC="mac"),
    "VIF.destroy": Row("vif-destroy", self="vif"),
    "VIF.plug": Row("vif-plug", self="vif"),
    "VIF.unplug": Row("vif-unplug", self="vif"),
    "VIF.unplug_force": Row("vif-unplug", _FORCED, self="vif"),
    "VIF.move": Row("vif-move", self="vif", network="network"),
    "VIF.configure_ipv4": Row("vif-configure-ipv4", self="vif", mode="mode", address="address", gateway="gateway"),
    "VIF.configure_ipv6": Row("vif-configure-ipv6", self="vif", mode="mode", address="address", gateway="gateway"),
    "network.create": Makes(
        "network-create",
        name_label="name_label",
        name_description="name_description",
        bridge="bridge",
        managed="managed",
    ),
    "network.destroy": Row("network-destroy", self="network"),
    "PIF.plug": Row("pif-plug", self="pif"),
    "PIF.unplug": Row("pif-unplug", self="pif"),
    "PIF.scan": Row("pif-scan", host="host"),
    "PIF.reconfigure_ip": Row(
        "pif-reconfigure-ip", self="pif", mode="mode", IP="ip", netmask="netmask", gateway="gateway", DNS="dns"
    ),
    "PIF.reconfigure_ipv6": Row(
        "pif-reconfigure-ipv6", self="pif", mode="mode", IPv6="ipv6", gateway="gateway", DNS="dns"
    ),
    "PIF.introduce": Row("pif-introduce", host="host", MAC="mac", device="device", managed="managed"),
    "PIF.forget": Row("pif-forget", self="pif"),
    "VLAN.create": Row("vlan-create", tagged_PIF="pif", tag="vlan", network="network"),
    "VLAN.destroy": Row("vlan-destroy", self="uuid"),
    "tunnel.create": Row("tunnel-create", transport_PIF="pif", network="network", protocol="protocol"),
    "tunnel.destroy": Row("tunnel-destroy", self="tunnel"),
    "Bond.create": Row(
        "bond-create", network="network", members="pifs", MAC="mac", mode="mode", properties="properties"
    ),
    "Bond.destroy": Row("bond-destroy", self="bond"),
    # Hosts
    "host.enable": Row("host-enable", host="host"),
    "host.disable": Row("host-disable", host="host", auto_enable="auto_enable"),
    "host.reboot": Row("host-reboot", host="host"),
    "host.shutdown": Row("host-shutdown", host="host"),
    "host.compute_free_memory": Row("host-compute-free-memory", host="host"),
    "host.compute_memory_overhead": Row("host-compute-memory-overhead", host="host"),
    "host.set_hostname_live": Row("host-set-hostname-live", host="host", hostname="host_name"),
    "host.evacuate": Row("host-evacuate", host="host", network="network", evacuate_batch_size="batch_size"),
    "host.get_servertime": Does(_servertime, reads=True),
    "pool.is_slave": Does(_is_slave, reads=True),
    "host.destroy": Row("host-forget", _FORCED, self="host"),
    # Others
    "VMSS.create": Makes(
        "vmss-create",
        name_label="name_label",
        name_description="name_description",
        enabled="enabled",
        type="type",
        frequency="frequency",
        schedule="schedule",
        retained_snapshots="retained_snapshots",
    ),
    "VM_group.create": Makes(
        "vm-group-create", name_label="name_label", name_description="name_description", placement="placement"
    ),
    "Caller.create": Makes(
        "caller-create",
        name_label="name_label",
        name_description="name_description",
        user_agent="user_agent",
        client_ip="client_ip",
    ),
    "Rate_limit.create": Makes(
        "rate-limit-create",
        name_label="name_label",
        name_description="name_description",
        burst_size="burst_size",
        fill_rate="fill_rate",
    ),
    "Observer.create": Makes(
        "observer-create",
        name_label="name_label",
        name_description="name_description",
        hosts="hosts",
        attributes="attributes",
        endpoints="endpoints",
        components="components",
        enabled="enabled",
    ),
    "PVS_proxy.create": Row("pvs-proxy-create", site="pvs_site", VIF="vif"),
    "PVS_server.introduce": Row(
        "pvs-server-introduce", addresses="addresses", first_port="first_port", last_port="last_port", site="pvs_site"
    ),
    "Bond.set_mode": Row("bond-set-mode", self="bond", value="mode"),
    "message.destroy": Row("message-destroy", self="uuid"),
    "secret.create": Makes("secret-create", value="value", other_config="other_config"),
    "task.cancel": Row("task-cancel", task="task"),
}
