#!/bin/sh
# Give a halted VM the disks that backup-disks.sh saved on a day.
#
# Runs as it is against the real xe.
set -eu

NAME=${1:-db01}
FOLDER=${2:-backups}
DAY=${3:-$(ls "$FOLDER/$NAME" | sort | tail -n 1)}

VM=$(xe vm-list name-label="$NAME" power-state=halted --minimal)
[ -n "$VM" ] || { echo "there is no halted VM $NAME" >&2; exit 1; }

for IMAGE in "$FOLDER/$NAME/$DAY"/*.raw.gz; do
    DEVICE=$(basename "$IMAGE" .raw.gz)
    DISK=$(xe vbd-list vm-uuid="$VM" userdevice="$DEVICE" params=vdi-uuid --minimal)
    gunzip -c "$IMAGE" | xe vdi-import uuid="$DISK" filename=/dev/stdin format=raw
    echo "disk $DEVICE is as on $DAY"
done
