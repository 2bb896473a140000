"""The names of all commands of the real xe (XAPI 26, API 2.23): they tell what is not here from a typing error."""

_NAMES = """
appliance-assert-can-be-recovered appliance-create appliance-destroy appliance-list appliance-param-clear
appliance-param-get appliance-param-list appliance-param-set appliance-recover appliance-shutdown appliance-start
audit-log-get blob-create blob-get blob-put bond-create bond-destroy bond-list bond-param-clear bond-param-get
bond-param-list bond-set-mode caller-create caller-destroy caller-list caller-list-usage caller-param-add
caller-param-clear caller-param-get caller-param-list caller-param-remove caller-param-set caller-query-usage
cd-list certificate-list certificate-param-clear certificate-param-get certificate-param-list cluster-create
cluster-destroy cluster-host-create cluster-host-destroy cluster-host-disable cluster-host-enable
cluster-host-force-destroy cluster-host-list cluster-host-param-clear cluster-host-param-get cluster-host-param-list
cluster-list cluster-param-add cluster-param-clear cluster-param-get cluster-param-list cluster-param-remove
cluster-param-set cluster-pool-create cluster-pool-destroy cluster-pool-force-destroy cluster-pool-resync console
console-list console-param-add console-param-clear console-param-get console-param-list console-param-remove
console-param-set diagnostic-compact diagnostic-db-stats diagnostic-gc-stats diagnostic-license-status
diagnostic-net-stats diagnostic-timing-stats diagnostic-vdi-status diagnostic-vm-status drtask-create drtask-destroy
drtask-list drtask-param-clear drtask-param-get drtask-param-list event-wait feature-list feature-param-clear
feature-param-get feature-param-list gpu-group-create gpu-group-destroy gpu-group-get-remaining-capacity
gpu-group-list gpu-group-param-add gpu-group-param-clear gpu-group-param-get gpu-group-param-list
gpu-group-param-remove gpu-group-param-set host-all-editions host-apply-edition host-apply-updates host-backup
host-bugreport-upload host-call-plugin host-compute-free-memory host-compute-memory-overhead host-cpu-info
host-cpu-list host-cpu-param-clear host-cpu-param-get host-cpu-param-list host-crashdump-destroy host-crashdump-list
host-crashdump-param-clear host-crashdump-param-get host-crashdump-param-list host-crashdump-upload
host-data-source-forget host-data-source-list host-data-source-query host-data-source-record host-declare-dead
host-disable host-disable-display host-disable-external-auth host-disable-local-storage-caching host-disable-ssh
host-dmesg host-emergency-clear-mandatory-guidance host-emergency-disable-tls-verification host-emergency-ha-disable
host-emergency-management-reconfigure host-emergency-reenable-tls-verification
host-emergency-reset-server-certificate host-enable host-enable-display host-enable-external-auth
host-enable-local-storage-caching host-enable-ssh host-evacuate host-external-auth-set-ldaps host-forget
host-get-cpu-features host-get-server-certificate host-get-sm-diagnostics host-get-system-status
host-get-system-status-capabilities host-get-thread-diagnostics host-get-vms-which-prevent-evacuation
host-ha-xapi-healthcheck host-is-in-emergency-mode host-license-add host-license-remove host-license-view host-list
host-logs-download host-management-disable host-management-reconfigure host-notify host-param-add host-param-clear
host-param-get host-param-list host-param-remove host-param-set host-power-on host-prepare-for-poweroff host-reboot
host-refresh-pack-info host-refresh-server-certificate host-reset-server-certificate host-restore
host-retrieve-wlb-evacuate-recommendations host-send-debug-keys host-server-certificate-install
host-set-hostname-live host-set-power-on-mode host-shutdown host-shutdown-agent host-signal-networking-change
host-sm-dp-destroy host-sync-data host-syslog-reconfigure host-update-firewalld-service-status hostdriver-deselect
hostdriver-list hostdriver-param-clear hostdriver-param-get hostdriver-param-list hostdriver-rescan
hostdriver-select hostdriver-variant-list hostdriver-variant-param-clear hostdriver-variant-param-get
hostdriver-variant-param-list hostdriver-variant-select lvhd-enable-thin-provisioning message-create message-destroy
message-destroy-all message-list message-param-clear message-param-get message-param-list network-attach
network-create network-destroy network-list network-param-add network-param-clear network-param-get
network-param-list network-param-remove network-param-set network-sriov-create network-sriov-destroy
network-sriov-list network-sriov-param-clear network-sriov-param-get network-sriov-param-list observer-create
observer-destroy observer-list observer-param-add observer-param-clear observer-param-get observer-param-list
observer-param-remove observer-param-set patch-apply patch-clean patch-destroy patch-list patch-param-clear
patch-param-get patch-param-list patch-pool-apply patch-pool-clean patch-precheck patch-upload pbd-create
pbd-destroy pbd-list pbd-param-add pbd-param-clear pbd-param-get pbd-param-list pbd-param-remove pbd-param-set
pbd-plug pbd-unplug pci-disable-dom0-access pci-enable-dom0-access pci-get-dom0-access-status pci-list pci-param-add
pci-param-clear pci-param-get pci-param-list pci-param-remove pci-param-set pgpu-disable-dom0-access
pgpu-enable-dom0-access pgpu-list pgpu-param-add pgpu-param-clear pgpu-param-get pgpu-param-list pgpu-param-remove
pgpu-param-set pif-db-forget pif-forget pif-introduce pif-list pif-param-add pif-param-clear pif-param-get
pif-param-list pif-param-remove pif-param-set pif-plug pif-reconfigure-ip pif-reconfigure-ipv6 pif-scan
pif-set-primary-address-type pif-unplug pool-apply-edition pool-certificate-install pool-certificate-list
pool-certificate-sync pool-certificate-uninstall pool-configure-repository-proxy pool-configure-update-sync
pool-crl-install pool-crl-list pool-crl-uninstall pool-deconfigure-wlb pool-designate-new-master
pool-disable-binary-storage pool-disable-client-certificate-auth pool-disable-external-auth
pool-disable-local-storage-caching pool-disable-redo-log pool-disable-repository-proxy pool-disable-ssh
pool-disable-ssl-legacy pool-dump-database pool-eject pool-emergency-reset-master
pool-emergency-transition-to-master pool-enable-binary-storage pool-enable-client-certificate-auth
pool-enable-external-auth pool-enable-local-storage-caching pool-enable-redo-log pool-enable-ssh
pool-enable-tls-verification pool-external-auth-set-ldaps pool-get-cpu-features pool-get-guest-secureboot-readiness
pool-ha-compute-hypothetical-max-host-failures-to-tolerate pool-ha-compute-max-host-failures-to-tolerate
pool-ha-compute-vm-failover-plan pool-ha-disable pool-ha-enable pool-ha-prevent-restarts-for pool-initialize-wlb
pool-install-ca-certificate pool-install-trusted-certificate pool-join pool-list pool-management-reconfigure
pool-param-add pool-param-clear pool-param-get pool-param-list pool-param-remove pool-param-set pool-recover-slaves
pool-reset-telemetry-uuid pool-restore-database pool-retrieve-wlb-configuration pool-retrieve-wlb-diagnostics
pool-retrieve-wlb-recommendations pool-retrieve-wlb-report pool-secret-rotate pool-send-test-post
pool-send-wlb-configuration pool-set-update-sync-enabled pool-set-vswitch-controller pool-sync-bundle
pool-sync-database pool-sync-updates pool-uninstall-ca-certificate pool-uninstall-trusted-certificate
pool-vlan-create pusb-list pusb-param-clear pusb-param-get pusb-param-list pusb-param-set pusb-scan
pvs-cache-storage-create pvs-cache-storage-destroy pvs-cache-storage-list pvs-cache-storage-param-clear
pvs-cache-storage-param-get pvs-cache-storage-param-list pvs-proxy-create pvs-proxy-destroy pvs-proxy-list
pvs-proxy-param-clear pvs-proxy-param-get pvs-proxy-param-list pvs-server-forget pvs-server-introduce
pvs-server-list pvs-server-param-clear pvs-server-param-get pvs-server-param-list pvs-site-forget pvs-site-introduce
pvs-site-list pvs-site-param-clear pvs-site-param-get pvs-site-param-list pvs-site-param-set rate-limit-add-caller
rate-limit-create rate-limit-destroy rate-limit-list rate-limit-param-clear rate-limit-param-get
rate-limit-param-list rate-limit-param-set rate-limit-remove-caller repository-forget repository-introduce
repository-introduce-bundle repository-introduce-remote-pool repository-list repository-param-clear
repository-param-get repository-param-list repository-param-set repository-set-gpgkey-path role-list
role-param-clear role-param-get role-param-list sdn-controller-forget sdn-controller-introduce sdn-controller-list
sdn-controller-param-clear sdn-controller-param-get sdn-controller-param-list secret-create secret-destroy
secret-list secret-param-clear secret-param-get secret-param-list secret-param-set session-subject-identifier-list
session-subject-identifier-logout session-subject-identifier-logout-all sm-list sm-param-clear sm-param-get
sm-param-list snapshot-clone snapshot-copy snapshot-destroy snapshot-disk-list snapshot-export-to-template
snapshot-list snapshot-param-add snapshot-param-clear snapshot-param-get snapshot-param-list snapshot-param-remove
snapshot-param-set snapshot-reset-powerstate snapshot-revert snapshot-uninstall sr-create sr-data-source-forget
sr-data-source-list sr-data-source-query sr-data-source-record sr-destroy sr-disable-database-replication
sr-enable-database-replication sr-forget sr-introduce sr-list sr-param-add sr-param-clear sr-param-get sr-param-list
sr-param-remove sr-param-set sr-probe sr-probe-ext sr-scan sr-update subject-add subject-list subject-param-clear
subject-param-get subject-param-list subject-remove subject-role-add subject-role-remove task-cancel task-list
task-param-add task-param-clear task-param-get task-param-list task-param-remove task-param-set template-export
template-list template-param-add template-param-clear template-param-get template-param-list template-param-remove
template-param-set template-uninstall tunnel-create tunnel-destroy tunnel-list tunnel-param-add tunnel-param-clear
tunnel-param-get tunnel-param-list tunnel-param-remove tunnel-param-set update-apply update-destroy update-introduce
update-list update-param-clear update-param-get update-param-list update-pool-apply update-pool-clean
update-precheck update-resync-host update-upload usb-group-list usb-group-param-add usb-group-param-clear
usb-group-param-get usb-group-param-list usb-group-param-remove usb-group-param-set user-password-change vbd-create
vbd-destroy vbd-eject vbd-insert vbd-list vbd-param-add vbd-param-clear vbd-param-get vbd-param-list
vbd-param-remove vbd-param-set vbd-pause vbd-plug vbd-unpause vbd-unplug vdi-clone vdi-copy vdi-create
vdi-data-destroy vdi-destroy vdi-disable-cbt vdi-enable-cbt vdi-export vdi-forget vdi-generate-config vdi-import
vdi-introduce vdi-list vdi-list-changed-blocks vdi-param-add vdi-param-clear vdi-param-get vdi-param-list
vdi-param-remove vdi-param-set vdi-pool-migrate vdi-resize vdi-snapshot vdi-unlock vdi-update vgpu-create
vgpu-destroy vgpu-list vgpu-param-add vgpu-param-clear vgpu-param-get vgpu-param-list vgpu-param-remove
vgpu-param-set vgpu-type-list vgpu-type-param-clear vgpu-type-param-get vgpu-type-param-list vif-configure-ipv4
vif-configure-ipv6 vif-create vif-destroy vif-list vif-move vif-param-add vif-param-clear vif-param-get
vif-param-list vif-param-remove vif-param-set vif-plug vif-unplug vlan-create vlan-destroy vlan-list
vlan-param-clear vlan-param-get vlan-param-list vm-assert-can-be-recovered vm-call-host-plugin vm-call-plugin
vm-cd-add vm-cd-eject vm-cd-insert vm-cd-list vm-cd-remove vm-checkpoint vm-clone vm-compute-maximum-memory
vm-compute-memory-overhead vm-copy vm-copy-bios-strings vm-crashdump-list vm-create vm-data-source-forget
vm-data-source-list vm-data-source-query vm-data-source-record vm-destroy vm-disk-add vm-disk-list vm-disk-remove
vm-export vm-get-secureboot-readiness vm-group-create vm-group-destroy vm-group-list vm-group-param-clear
vm-group-param-get vm-group-param-list vm-group-param-set vm-import vm-install vm-is-bios-customized vm-list
vm-memory-balloon vm-memory-dynamic-range-set vm-memory-limits-set vm-memory-set vm-memory-shadow-multiplier-set
vm-memory-static-range-set vm-memory-target-set vm-memory-target-wait vm-migrate vm-param-add vm-param-clear
vm-param-get vm-param-list vm-param-remove vm-param-set vm-pause vm-query-services vm-reboot vm-recover
vm-reset-powerstate vm-restart-device-models vm-resume vm-retrieve-wlb-recommendations vm-set-uefi-mode vm-shutdown
vm-snapshot vm-snapshot-with-quiesce vm-start vm-suspend vm-sysprep vm-uninstall vm-unpause
vm-update-secureboot-certificates-on-boot vm-vcpu-hotplug vm-vif-list vmss-create vmss-destroy vmss-list
vmss-param-add vmss-param-clear vmss-param-get vmss-param-list vmss-param-remove vmss-param-set vtpm-create
vtpm-destroy vtpm-list vtpm-param-clear vtpm-param-get vtpm-param-list vusb-create vusb-destroy vusb-list
vusb-param-add vusb-param-clear vusb-param-get vusb-param-list vusb-param-remove vusb-param-set vusb-unplug
"""
COMMANDS = frozenset(_NAMES.split())
