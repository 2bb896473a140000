#!/bin/sh
# Make a farm of clones of one halted VM, each with disks and MAC addresses of its own, and start them.
#
# Runs as it is against the real xe. Make the VM first, for example with two-disks-two-networks.sh, and shut it down.
set -eu

NAME=${1:-db01}
COUNT=${2:-3}

VM=$(xe vm-list name-label="$NAME" is-control-domain=false --minimal)
[ -n "$VM" ] || { echo "there is no VM $NAME" >&2; exit 1; }

NUMBER=1
while [ "$NUMBER" -le "$COUNT" ]; do
    CLONE=$(xe vm-clone uuid="$VM" new-name-label="$NAME clone $NUMBER" new-name-description="A clone of $NAME")
    xe vm-param-add uuid="$CLONE" param-name=tags param-key="farm of $NAME"
    xe vm-start uuid="$CLONE"
    echo "$CLONE has $(xe vif-list vm-uuid="$CLONE" params=MAC --minimal)"
    NUMBER=$((NUMBER + 1))
done

xe vm-list tags:contains="farm of $NAME" params=name-label,power-state
