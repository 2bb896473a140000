#!/bin/sh
# Attach storage that holds disks already: introduce the SR, connect it to every host, plug it, and make it the default.
#
# Runs as it is against the real xe; the uuid is that of the storage as the host that had it before knew it.
set -eu

SR_UUID=${1:-5b9d2f5e-0a77-4d24-8d1c-1f0f3a1f6b3e}
SERVER=${2:-nfs.example.org}
EXPORT=${3:-/export/vms}

POOL=$(xe pool-list --minimal)

xe sr-introduce uuid="$SR_UUID" type=nfs name-label="Shared VMs" shared=true content-type=user

for HOST in $(xe host-list --minimal | tr ',' ' '); do
    PBD=$(xe pbd-create sr-uuid="$SR_UUID" host-uuid="$HOST" \
        device-config:server="$SERVER" device-config:serverpath="$EXPORT")
    xe pbd-plug uuid="$PBD"
done

xe pool-param-set uuid="$POOL" default-SR="$SR_UUID" suspend-image-SR="$SR_UUID"
xe sr-scan uuid="$SR_UUID"

if [ "$(xe pbd-list sr-uuid="$SR_UUID" currently-attached=false --minimal)" ]; then
    echo "some hosts do not see the storage" >&2
    exit 1
fi
xe sr-list uuid="$SR_UUID"
