#!/bin/sh
# Take a VM and all that was made for it down: in the wrong order, which xe refuses, and in the right one.
#
# Runs as it is against the real xe. Build the VM first with two-disks-two-networks.sh.
set -u

NAME=${1:-db01}
status=0

VM=$(xe vm-list name-label="$NAME" --minimal)
[ -n "$VM" ] || { echo "there is no VM $NAME" >&2; exit 1; }
VDIS=$(xe vbd-list vm-uuid="$VM" type=Disk params=vdi-uuid --minimal | tr ',' ' ')
NETWORK=$(xe network-list name-label="backend of $NAME" --minimal)

must_fail() {
    if xe "$@" >/dev/null 2>&1; then
        echo "xe $* was not refused" >&2
        status=1
    else
        echo "refused, as it should be: xe $1"
    fi
}

# The wrong order: everything is still held by something.
must_fail vm-destroy uuid="$VM"
for VDI in $VDIS; do must_fail vdi-destroy uuid="$VDI"; done
must_fail network-destroy uuid="$NETWORK"
for VBD in $(xe vbd-list vm-uuid="$VM" --minimal | tr ',' ' '); do must_fail vbd-destroy uuid="$VBD"; done

# The right order: stop the VM, then what is on it, then the VM, then what is under it.
xe vm-shutdown uuid="$VM"
for VBD in $(xe vbd-list vm-uuid="$VM" --minimal | tr ',' ' '); do xe vbd-destroy uuid="$VBD"; done
for VIF in $(xe vif-list vm-uuid="$VM" --minimal | tr ',' ' '); do xe vif-destroy uuid="$VIF"; done
xe vm-destroy uuid="$VM"
for VDI in $VDIS; do xe vdi-destroy uuid="$VDI"; done
xe network-destroy uuid="$NETWORK"

[ -z "$(xe vm-list name-label="$NAME" --minimal)" ] || status=1
[ -z "$(xe vdi-list name-label="$NAME disk 0" --minimal)" ] || status=1
exit $status
