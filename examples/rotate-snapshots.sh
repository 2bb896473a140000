#!/bin/sh
# Take a snapshot of a VM, and remove the oldest snapshots with their disks: run it every night.
#
# Runs as it is against the real xe. The VM may run.
set -eu

NAME=${1:-db01}
KEEP=${2:-7}

VM=$(xe vm-list name-label="$NAME" is-control-domain=false --minimal)
[ -n "$VM" ] || { echo "there is no VM $NAME" >&2; exit 1; }

xe vm-snapshot uuid="$VM" new-name-label="$NAME $(date +%Y-%m-%d)" >/dev/null

for SNAPSHOT in $(xe snapshot-list snapshot-of="$VM" --minimal | tr ',' ' '); do
    echo "$(xe snapshot-param-get uuid="$SNAPSHOT" param-name=snapshot-time) $SNAPSHOT"
done | sort -r | tail -n +$((KEEP + 1)) | while read -r _ SNAPSHOT; do
    DISKS=$(xe vbd-list vm-uuid="$SNAPSHOT" type=Disk params=vdi-uuid --minimal | tr ',' ' ')
    xe snapshot-destroy uuid="$SNAPSHOT"
    for DISK in $DISKS; do xe vdi-destroy uuid="$DISK"; done
done

xe snapshot-list snapshot-of="$VM" params=name-label,snapshot-time
