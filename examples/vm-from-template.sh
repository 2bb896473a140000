#!/bin/sh
# Install a VM from a template, start it, and wait until its guest has an address.
#
# Runs as it is against the real xe. The guest of the template must have the guest tools there.
set -eu

NAME=${1:-app01}
TEMPLATE=${2:-Debian Bookworm 12}
PATIENCE=300

NETWORK=$(xe network-list bridge=xenbr0 --minimal)
[ -n "$NETWORK" ] || { echo "there is no network on xenbr0" >&2; exit 1; }

VM=$(xe vm-install new-name-label="$NAME" template="$TEMPLATE")
xe vm-memory-limits-set uuid="$VM" static-min=1GiB dynamic-min=1GiB dynamic-max=2GiB static-max=2GiB
xe vif-create vm-uuid="$VM" network-uuid="$NETWORK" device=0 >/dev/null
xe vm-start uuid="$VM"
xe event-wait class=vm uuid="$VM" power-state=running

until ADDRESS=$(xe vm-param-get uuid="$VM" param-name=networks param-key=0/ip 2>/dev/null); do
    PATIENCE=$((PATIENCE - 1))
    [ "$PATIENCE" -gt 0 ] || { echo "$NAME has no address" >&2; exit 1; }
    sleep 1
done
echo "$NAME has $ADDRESS"
