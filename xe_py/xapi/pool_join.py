"""Whether a host can join a pool: what the two states say, in the order in which XAPI asks."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.xapi.guest import RUNNING
from xe_py.xapi.hosts import answers, coordinator
from xe_py.xapi.pif_guards import management_pifs
from xe_py.xapi.protection import ha_is_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

_MOST_WITH_LICENCE = 3
_NBD = frozenset(("nbd", "insecure_nbd"))


def can_join(own: State, there: State, *, forced: bool) -> Iterator[Failure]:
    """Why the host of the one state cannot join the pool of the other; `forced` allows other software and CPUs."""
    host, master = coordinator(own), coordinator(there)
    restricted = own.all("pool")[0]["restrictions"].get("restrict_pool_size") == "true"
    if restricted and there.count("host") >= _MOST_WITH_LICENCE:
        yield Failure("LICENCE_RESTRICTION", "Pool_size")
    if not management_pifs(own, host["uuid"]):
        yield Failure("HOST_STILL_BOOTING")
    yield from ha_is_off(own)
    yield from _is_in_no_cluster(own, host)
    yield from _has_address_for_cluster(own, there)
    yield from ha_is_off(there)
    if there.get("host", host["uuid"]) is not None:
        yield Failure("OPERATION_NOT_ALLOWED", "Host is already part of a pool")
    yield from _is_alone(own, host)
    yield from _is_alike(host, master, forced=forced)
    yield from _has_nothing_shared(own)
    yield from _has_the_same_settings(own, there)
    yield from _has_the_same_versions(own, there)
    yield from _talks_alike(own, there)
    yield from _trusts_the_same(own, there)
    yield from _nothing_is_updated(own, there)


def _is_in_no_cluster(own: State, host: Record) -> Iterator[Failure]:
    for member in own.having("cluster-host", "host", host["uuid"]):
        if member["enabled"]:
            yield Failure("CLUSTERING_ENABLED", member, blockers=(member,))


def _has_address_for_cluster(own: State, there: State) -> Iterator[Failure]:
    """Why the host cannot take part in the cluster of the pool, which new members join by themselves."""
    for member in there.all("cluster-host")[:1]:
        pif = there.ref_or_none(member, "PIF")
        if pif is None or not there.ref(member, "cluster")["pool-auto-join"]:
            continue
        if pif["VLAN"] > 0 and not pif["management"]:
            yield Failure("POOL_JOINING_POOL_CANNOT_ENABLE_CLUSTERING_ON_VLAN_NETWORK", str(pif["VLAN"]))
            continue
        bridges = _bridges_below(there, pif)
        pifs = [each for each in own.all("pif") if each["IP"] and _bridge(own, each) in bridges]
        if len(pifs) != 1:
            yield Failure("POOL_JOINING_HOST_MUST_HAVE_ONLY_ONE_IP_ON_CLUSTERING_NETWORK", blockers=tuple(pifs))


def _bridges_below(state: State, pif: Record) -> set[str]:
    """The bridges of the members of a bond, or that of the PIF."""
    members = [
        each for bond in state.pointing_at(pif, "bond.master") for each in state.pointing_at(bond, "pif.bond-slave-of")
    ]
    return {_bridge(state, each) for each in members or [pif]}


def _bridge(state: State, pif: Record) -> str:
    return str(state.ref(pif, "network-uuid")["bridge"])


def answers_joiners(there: State) -> Iterator[Failure]:
    """Why nobody can join the pool: its coordinator is down."""
    if any(answers(there, coordinator(there))):
        yield Failure("JOINING_HOST_SERVICE_FAILED", blockers=(coordinator(there),))


def _is_alone(own: State, host: Record) -> Iterator[Failure]:
    others = tuple(each for each in own.all("host") if each is not host)
    if others:
        yield Failure("JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS", blockers=others)
    guests = [vm for vm in own.all("vm") if not vm["is-control-domain"]]
    running = tuple(vm for vm in guests if vm["power-state"] == RUNNING)
    if running:
        yield Failure("JOINING_HOST_CANNOT_HAVE_RUNNING_VMS", blockers=running)
    busy = tuple(vm for vm in guests if vm["current-operations"])
    if busy:
        yield Failure("JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS", blockers=busy)


def _is_alike(host: Record, master: Record, *, forced: bool) -> Iterator[Failure]:
    ours, theirs = host["software-version"], master["software-version"]
    for each in (host, master):
        if each["pending-guidances"]:
            yield Failure("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", each)
    if (ours.get("platform_version"), _brand(ours)) != (theirs.get("platform_version"), _brand(theirs)):
        yield Failure("HOSTS_NOT_COMPATIBLE")
    if forced:
        return
    if any(ours.get(key, "") != theirs.get(key, "") for key in ("xapi", "git_id")):
        yield Failure("HOSTS_NOT_HOMOGENEOUS", "Software version differs")
    if host["cpu_info"].get("vendor") != master["cpu_info"].get("vendor"):
        yield Failure("HOSTS_NOT_HOMOGENEOUS", "CPUs differ")


def _brand(software: dict[str, str]) -> str | None:
    return software.get("product_brand") or software.get("platform_name")


def _has_nothing_shared(own: State) -> Iterator[Failure]:
    """Storage and networks that the pool has for all hosts, or not at all."""
    shared = tuple(sr for sr in own.find("sr", shared=True) if not sr["is-tools-sr"])
    if shared:
        yield Failure("JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS", blockers=shared)
    bonds = tuple(own.all("bond"))
    if bonds:
        yield Failure("POOL_JOINING_HOST_HAS_BONDS", blockers=bonds)
    tunnels = tuple(own.all("tunnel"))
    if tunnels:
        yield Failure("POOL_JOINING_HOST_HAS_TUNNELS", blockers=tunnels)
    sriovs = tuple(own.all("network-sriov"))
    if sriovs:
        yield Failure("POOL_JOINING_HOST_HAS_NETWORK_SRIOVS", blockers=sriovs)
    vlans = tuple(vlan for vlan in own.all("vlan") if not own.ref(vlan, "untagged-PIF")["management"])
    if vlans:
        yield Failure("POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS", blockers=vlans)


def _has_the_same_settings(own: State, there: State) -> Iterator[Failure]:
    host, master = coordinator(own), coordinator(there)
    tags = [str(pif["VLAN"]) if pif is not None else "-1" for pif in (_management_pif(own), _management_pif(there))]
    if tags[0] != tags[1]:
        yield Failure("POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH", *tags)
    if _directory(host) != _directory(master):
        yield Failure("POOL_JOINING_EXTERNAL_AUTH_MISMATCH")
    if host["edition"] != master["edition"]:
        texts = (f'host edition = "{host["edition"]}"', f'pool edition = "{master["edition"]}"')
        yield Failure("LICENSE_HOST_POOL_MISMATCH", *texts)
    if _software(host, "network_backend") != _software(master, "network_backend"):
        yield Failure("OPERATION_NOT_ALLOWED", "Network backends differ")
    if _software(host, "network_backend") == "openvswitch":
        yield from _has_the_same_controller(own, there)


def _management_pif(state: State) -> Record | None:
    """The management interface of the coordinator."""
    return next(iter(management_pifs(state, coordinator(state)["uuid"])), None)


def _has_the_same_versions(own: State, there: State) -> Iterator[Failure]:
    host, master = coordinator(own), coordinator(there)
    versions = [f"{each['API-version-major']}.{each['API-version-minor']}" for each in (host, master)]
    if versions[0] != versions[1]:
        yield Failure("POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION", *versions)
    schemas = [_software(each, "db_schema") for each in (host, master)]
    if schemas[0] != schemas[1]:
        yield Failure("POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA", *schemas)
    updates = [_updates(state, each) for state, each in ((own, host), (there, master))]
    if updates[0] != updates[1]:
        yield Failure("HOSTS_NOT_HOMOGENEOUS", f"Host {host.name} and host {master.name} have other updates")


def _talks_alike(own: State, there: State) -> Iterator[Failure]:
    """Why the host and the pool do not understand each other: by addresses, network block devices, certificates."""
    pifs = [_management_pif(own), _management_pif(there)]
    if {pif["primary-address-type"] for pif in pifs if pif is not None} == {"IPv4", "IPv6"}:
        yield Failure("OPERATION_NOT_ALLOWED", "Primary address type differs")
    uses = [_uses_of_nbd(state) for state in (own, there)]
    if uses[0] and uses[1] and uses[0] != uses[1]:
        yield Failure("OPERATION_NOT_ALLOWED", "Incompatible network purposes: nbd and insecure_nbd")
    verified = [state.all("pool")[0]["tls-verification-enabled"] for state in (own, there)]
    if verified[0] != verified[1]:
        yield Failure("POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH")


def _has_the_same_controller(own: State, there: State) -> Iterator[Failure]:
    ours, theirs = (
        [(each["protocol"], each["address"], each["port"]) for each in state.all("sdn-controller")]
        for state in (own, there)
    )
    if ours and ours[:1] != theirs[:1]:
        yield Failure("OPERATION_NOT_ALLOWED", "SDN controller differs", blockers=tuple(own.all("sdn-controller")))


def _updates(state: State, host: Record) -> set[str]:
    """The updates of the host that all hosts of a pool must have."""
    return {each["uuid"] for each in state.pointing_at(host, "update.hosts") if each["enforce-homogeneity"]}


def _uses_of_nbd(state: State) -> set[str]:
    return {use for network in state.all("network") for use in network["purpose"] if use in _NBD}


def _trusts_the_same(own: State, there: State) -> Iterator[Failure]:
    """Certificates of one name that differ, and one certificate that both trust for some, but not all, of its uses."""
    ours, theirs = ({each["name"]: each for each in _trusted(state, "ca") if each["name"]} for state in (own, there))
    names = [name for name in ours if name in theirs and _checksum(ours[name]) != _checksum(theirs[name])]
    if names:
        yield Failure("POOL_JOINING_HOST_CA_CERTIFICATES_CONFLICT", *names, blockers=tuple(map(ours.get, names)))
    ours, theirs = (
        {_checksum(each): each for each in _trusted(state, "ca", "pinned") if not each["name"]}
        for state in (own, there)
    )
    for checksum, certificate in ours.items():
        other = theirs.get(checksum)
        uses = [set(each["purpose"]) for each in (certificate, other) if each is not None]
        if other is not None and uses[0] != uses[1] and uses[0] & uses[1]:
            yield Failure("POOL_JOINING_HOST_TRUSTED_CERTIFICATES_CONFLICT", other, certificate)


def _trusted(state: State, *types: str) -> list[Record]:
    return [each for each in state.all("certificate") if each["type"] in types]


def _checksum(certificate: Record) -> str:
    return str(certificate["fingerprint_sha256"])


def _directory(host: Record) -> tuple[str, str]:
    return host["external-auth-type"], host["external-auth-service-name"].lower()


def _software(host: Record, key: str) -> str:
    return str(host["software-version"].get(key, ""))


def _nothing_is_updated(own: State, there: State) -> Iterator[Failure]:
    if any("apply_updates" in state.all("pool")[0]["current-operations"] for state in (own, there)):
        yield Failure("NOT_SUPPORTED_DURING_UPGRADE")
