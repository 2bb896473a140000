#!/bin/sh
# Save the disks of a VM as compressed images, while the VM runs, and remove the oldest images: run it every night.
#
# Runs as it is against the real xe. restore-disks.sh brings the disks back.
set -eu

NAME=${1:-db01}
FOLDER=${2:-backups}
KEEP=${3:-7}
DAY=${4:-$(date +%Y-%m-%d)}

VM=$(xe vm-list name-label="$NAME" is-control-domain=false --minimal)
[ -n "$VM" ] || { echo "there is no VM $NAME" >&2; exit 1; }
mkdir -p "$FOLDER/$NAME/$DAY"

SNAPSHOT=$(xe vm-snapshot uuid="$VM" new-name-label="backup of $NAME")
for VBD in $(xe vbd-list vm-uuid="$SNAPSHOT" type=Disk --minimal | tr ',' ' '); do
    IMAGE=$FOLDER/$NAME/$DAY/$(xe vbd-param-get uuid="$VBD" param-name=userdevice).raw
    rm -f "$IMAGE" "$IMAGE.gz"
    xe vdi-export uuid="$(xe vbd-param-get uuid="$VBD" param-name=vdi-uuid)" filename="$IMAGE" format=raw
    gzip "$IMAGE"
done
xe snapshot-uninstall uuid="$SNAPSHOT" force=true >/dev/null

ls "$FOLDER/$NAME" | sort -r | tail -n +$((KEEP + 1)) | while read -r OLD; do rm -r "$FOLDER/$NAME/$OLD"; done
ls "$FOLDER/$NAME"
