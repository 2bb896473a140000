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


def can_join(own: State, there: State, *, forced: bool) -> Iterator[Failure]:
    """Why the host of the one state cannot join the pool of the other; `forced` allows other software and CPUs."""
    host, master = coordinator(own), coordinator(there)
    restricted = own.all("pool")[0]["restrictions"].get("restrict_pool_size") == "true"
    if restricted and there.count("host") >= _MOST_WITH_LICENCE:
        yield Failure("LICENCE_RESTRICTION", "Pool_size")
    if not management_pifs(own, host["uuid"]):
        yield Failure("HOST_STILL_BOOTING")
    yield from ha_is_off(own)
    yield from ha_is_off(there)
    if there.get("host", host["uuid"]) is not None:
        yield Failure("OPERATION_NOT_ALLOWED", "Host is already part of a pool")
    yield from _is_alone(own, host)
    yield from _is_alike(host, master, forced=forced)
    yield from _has_nothing_shared(own)
    yield from _has_the_same_settings(own, there)
    yield from _nothing_is_updated(own, there)


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
    if host["pending-guidances"]:
        yield Failure("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", host)
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
    vlans = tuple(vlan for vlan in own.all("vlan") if not own.ref(vlan, "untagged-PIF")["management"])
    if vlans:
        yield Failure("POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS", blockers=vlans)


def _has_the_same_settings(own: State, there: State) -> Iterator[Failure]:
    host, master = coordinator(own), coordinator(there)
    ours, theirs = (management_pifs(state, each["uuid"]) for state, each in ((own, host), (there, master)))
    tags = [str(pifs[0]["VLAN"]) if pifs else "-1" for pifs in (ours, theirs)]
    if tags[0] != tags[1]:
        yield Failure("POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH", *tags)
    if _directory(host) != _directory(master):
        yield Failure("POOL_JOINING_EXTERNAL_AUTH_MISMATCH")
    if host["edition"] != master["edition"]:
        texts = (f'host edition = "{host["edition"]}"', f'pool edition = "{master["edition"]}"')
        yield Failure("LICENSE_HOST_POOL_MISMATCH", *texts)
    if _software(host, "network_backend") != _software(master, "network_backend"):
        yield Failure("OPERATION_NOT_ALLOWED", "Network backends differ")
    versions = [f"{each['API-version-major']}.{each['API-version-minor']}" for each in (host, master)]
    if versions[0] != versions[1]:
        yield Failure("POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION", *versions)
    schemas = [_software(each, "db_schema") for each in (host, master)]
    if schemas[0] != schemas[1]:
        yield Failure("POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA", *schemas)
    if {pif["primary-address-type"] for pif in (*ours[:1], *theirs[:1])} == {"IPv4", "IPv6"}:
        yield Failure("OPERATION_NOT_ALLOWED", "Primary address type differs")
    verified = [state.all("pool")[0]["tls-verification-enabled"] for state in (own, there)]
    if verified[0] != verified[1]:
        yield Failure("POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH")


def _directory(host: Record) -> tuple[str, str]:
    return host["external-auth-type"], host["external-auth-service-name"].lower()


def _software(host: Record, key: str) -> str:
    return str(host["software-version"].get(key, ""))


def _nothing_is_updated(own: State, there: State) -> Iterator[Failure]:
    if any("apply_updates" in state.all("pool")[0]["current-operations"] for state in (own, there)):
        yield Failure("NOT_SUPPORTED_DURING_UPGRADE")
