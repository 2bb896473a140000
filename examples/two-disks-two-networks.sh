#!/bin/sh
# Provision a VM with two disks and two network cards: one on the LAN, one on an internal network of its own.
#
# Runs as it is against the real xe.
set -eu

NAME=${1:-db01}

POOL=$(xe pool-list --minimal)
SR=$(xe pool-param-get uuid="$POOL" param-name=default-SR)
LAN=$(xe network-list bridge=xenbr0 --minimal)
BACKEND=$(xe network-create name-label="backend of $NAME" name-description="Only for replication")

VM=$(xe vm-create name-label="$NAME" name-description="Database")
xe vm-param-set uuid="$VM" HVM-boot-policy="BIOS order" HVM-boot-params:order=dc
xe vm-param-set uuid="$VM" VCPUs-max=2 VCPUs-at-startup=2
xe vm-memory-limits-set uuid="$VM" static-min=512MiB dynamic-min=1GiB dynamic-max=1GiB static-max=1GiB
xe vm-param-set uuid="$VM" other-config:auto_poweron=true other-config:owner="dba team"

DEVICE=0
for SIZE in 20GiB 50GiB; do
    VDI=$(xe vdi-create sr-uuid="$SR" name-label="$NAME disk $DEVICE" type=user virtual-size=$SIZE)
    xe vbd-create vm-uuid="$VM" vdi-uuid="$VDI" device=$DEVICE bootable=$([ $DEVICE -eq 0 ] && echo true || echo false) \
        mode=RW type=Disk >/dev/null
    DEVICE=$((DEVICE + 1))
done
xe vbd-create vm-uuid="$VM" device=3 type=CD mode=RO >/dev/null

xe vif-create vm-uuid="$VM" network-uuid="$LAN" device=0 mac=random >/dev/null
xe vif-create vm-uuid="$VM" network-uuid="$BACKEND" device=1 mac=random >/dev/null

xe vm-start uuid="$VM"

[ "$(xe vm-param-get uuid="$VM" param-name=power-state)" = running ]
xe vm-disk-list uuid="$VM" vbd-params=userdevice,bootable vdi-params=name-label,virtual-size
xe vm-vif-list uuid="$VM"
