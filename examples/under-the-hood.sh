#!/bin/sh
# Build the whole chain behind one VM, step by step, on a fresh host; start it; look at it; then try what xe refuses.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XE_STATE="$work/host.toml"

step() { printf '\n== %s\n' "$*"; }
refused() {
    printf '\n$ xe %s\n' "$*"
    if xe "$@"; then
        echo "this should have been refused" >&2
        exit 1
    fi 2>&1
}

step "A fresh host: one PIF and one network for each network card"
xe state-init name-label=xen1 nics=2
xe pif-list params=device,MAC,network-name-label
HOST=$(xe host-list --minimal)
NETWORK=$(xe network-list bridge=xenbr0 --minimal)

step "HOST - PBD - SR: a storage repository is reached through a PBD"
SR=$(xe sr-create name-label="Fast storage" type=lvm device-config:device=/dev/sdb physical-size=200GiB host-uuid="$HOST")
xe pbd-list sr-uuid="$SR"

step "SR - VDI: a disk image lives on it"
VDI=$(xe vdi-create sr-uuid="$SR" name-label="root disk" virtual-size=10GiB)
xe vdi-list uuid="$VDI"

step "VM: a container for a guest, hardware-virtualised here"
VM=$(xe vm-create name-label=web domain-type=hvm)
xe vm-memory-limits-set uuid="$VM" static-min=1GiB dynamic-min=1GiB dynamic-max=2GiB static-max=2GiB

step "VM - VBD - VDI: a VBD presents the image to the VM as a disk"
VBD=$(xe vbd-create vm-uuid="$VM" vdi-uuid="$VDI" device=0 bootable=true)
xe vbd-list uuid="$VBD"

step "VM - VIF - NETWORK: a VIF joins the VM to a network"
VIF=$(xe vif-create vm-uuid="$VM" network-uuid="$NETWORK" device=0 mac=random)
xe vif-list uuid="$VIF" params=device,vm-name-label,network-name-label,currently-attached

step "Start it: a host with the memory, the storage and the network is found"
xe vm-start vm=web
xe vm-list uuid="$VM" params=name-label,power-state,resident-on

step "What stands behind it, both ways down to the host"
xe vm-tree vm=web

step "Three commands that xe refuses"
refused vbd-create vm-uuid="$VM" vdi-uuid="$VDI" device=1
refused pbd-unplug uuid="$(xe pbd-list sr-uuid="$SR" --minimal)"
refused network-destroy uuid="$NETWORK"

step "The refused commands have not changed the host"
xe state-check
