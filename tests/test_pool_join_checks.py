"""What keeps a host from a pool: what stands in the two states, in the order in which XAPI asks."""

from collections.abc import Callable

import pytest

from xe_py.errors import Failure
from xe_py.fresh.host import fresh_host
from xe_py.state.record import Record
from xe_py.state.state import State
from xe_py.xapi.pool_join import can_join

Wrong = Callable[[State, State], object]


def fresh(name: str) -> State:
    return fresh_host(name_label=name, nics=3, templates="none", disk=0)


@pytest.fixture
def own() -> State:
    return fresh("host")


@pytest.fixture
def there() -> State:
    return fresh("pool")


def first(state: State, cls: str) -> Record:
    return state.all(cls)[0]


def card(state: State, number: int) -> Record:
    return state.find("pif", device=f"eth{number}", VLAN=-1)[0]


def take_part(state: State, pif: Record, **fields: object) -> None:
    """The host takes part in a cluster through the PIF, which has an address."""
    state.update(pif, {"IP": "10.0.0.1"})
    cluster = state.add("cluster", {name.replace("_", "-"): value for name, value in fields.items()})
    member = {"cluster": cluster["uuid"], "PIF": pif["uuid"], "host": first(state, "host")["uuid"], "enabled": True}
    state.add("cluster-host", member)


def add_tunnel(own: State, _there: State) -> None:
    own.add("tunnel", {"access-PIF": card(own, 1)["uuid"], "transport-PIF": card(own, 2)["uuid"]})


def add_sriov(own: State, _there: State) -> None:
    own.add("network-sriov", {"physical-PIF": card(own, 1)["uuid"], "logical-PIF": card(own, 2)["uuid"]})


def add_update(_own: State, there: State) -> None:
    there.add("update", {"hosts": [first(there, "host")["uuid"]], "enforce-homogeneity": True})


def use_nbd(own: State, there: State) -> None:
    own.update(first(own, "network"), {"purpose": ["nbd"]})
    there.update(first(there, "network"), {"purpose": ["insecure_nbd"]})


def trust(
    own: State, there: State, *, name: str, checksums: tuple[str, str], uses: tuple[list[str], list[str]]
) -> None:
    for state, checksum, purpose in zip((own, there), checksums, uses, strict=True):
        values = {"type": "ca", "name": name, "fingerprint_sha256": checksum, "purpose": purpose}
        state.add("certificate", values)


CHECKS: list[tuple[tuple[str, ...], Wrong]] = [
    (("CLUSTERING_ENABLED",), lambda own, _: take_part(own, card(own, 2))),
    (
        ("POOL_JOINING_HOST_MUST_HAVE_ONLY_ONE_IP_ON_CLUSTERING_NETWORK",),
        lambda _, there: take_part(there, card(there, 1)),
    ),
    (("HA_IS_ENABLED",), lambda _, there: there.update(first(there, "pool"), {"ha-enabled": True})),
    (
        ("HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY",),
        lambda _, there: there.update(first(there, "host"), {"pending-guidances": ["reboot_host"]}),
    ),
    (("POOL_JOINING_HOST_HAS_TUNNELS",), add_tunnel),
    (("POOL_JOINING_HOST_HAS_NETWORK_SRIOVS",), add_sriov),
    (("LICENSE_HOST_POOL_MISMATCH",), lambda _, there: there.update(first(there, "host"), {"edition": "premium"})),
    (
        ("OPERATION_NOT_ALLOWED", "SDN controller differs"),
        lambda own, _: own.add("sdn-controller", {"address": "192.0.2.1", "port": 6632}),
    ),
    (
        ("POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION",),
        lambda own, _: own.update(first(own, "host"), {"API-version-minor": 1}),
    ),
    (("HOSTS_NOT_HOMOGENEOUS", "Host host and host pool have other updates"), add_update),
    (("OPERATION_NOT_ALLOWED", "Incompatible network purposes: nbd and insecure_nbd"), use_nbd),
    (
        ("POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH",),
        lambda own, _: own.update(first(own, "pool"), {"tls-verification-enabled": False}),
    ),
    (
        ("POOL_JOINING_HOST_CA_CERTIFICATES_CONFLICT", "ours.pem"),
        lambda own, there: trust(own, there, name="ours.pem", checksums=("aa", "bb"), uses=([], [])),
    ),
    (
        ("POOL_JOINING_HOST_TRUSTED_CERTIFICATES_CONFLICT",),
        lambda own, there: trust(own, there, name="", checksums=("cc", "cc"), uses=(["ldaps"], ["ldaps", "licensing"])),
    ),
    (
        ("NOT_SUPPORTED_DURING_UPGRADE",),
        lambda _, there: there.update(first(there, "pool"), {"current-operations": ["apply_updates"]}),
    ),
]


def refusal(own: State, there: State) -> Failure | None:
    return next(can_join(own, there, forced=False), None)


def said(failure: Failure | None, expected: tuple[str, ...]) -> tuple[object, ...]:
    """The code and as many values as are expected."""
    assert failure is not None
    return (failure.code, *failure.values[: len(expected) - 1])


@pytest.mark.parametrize(("expected", "wrong"), CHECKS, ids=lambda each: each[0] if isinstance(each, tuple) else "")
def test_a_host_cannot_join(own: State, there: State, expected: tuple[str, ...], wrong: Wrong) -> None:
    assert refusal(own, there) is None
    wrong(own, there)
    assert said(refusal(own, there), expected) == expected


def test_the_first_check_of_xapi_refuses(own: State, there: State) -> None:
    for expected, wrong in reversed(CHECKS):
        wrong(own, there)
        assert said(refusal(own, there), expected) == expected


# Clusters of the pool


def test_no_host_joins_a_cluster_on_a_vlan_that_does_not_manage(own: State, there: State) -> None:
    there.update(card(there, 1), {"VLAN": 7})
    pif = there.find("pif", VLAN=7)[0]
    take_part(there, pif)
    expected = ("POOL_JOINING_POOL_CANNOT_ENABLE_CLUSTERING_ON_VLAN_NETWORK", "7")
    assert said(refusal(own, there), expected) == expected


def test_a_host_joins_a_cluster_through_its_one_address_there(own: State, there: State) -> None:
    take_part(there, card(there, 1))
    own.update(card(own, 1), {"IP": "10.0.0.2"})
    assert refusal(own, there) is None


def test_a_cluster_on_a_bond_is_reached_through_the_cards_of_its_members(own: State, there: State) -> None:
    master = there.add("pif", {**{f: card(there, 1)[f] for f in ("host-uuid", "network-uuid")}, "device": "bond0"})
    there.update(master, {"network-uuid": there.add("network", {"bridge": "xapi1"})["uuid"]})
    bond = there.add("bond", {"master": master["uuid"]})
    there.update(card(there, 1), {"bond-slave-of": bond["uuid"]})
    take_part(there, master)
    assert said(refusal(own, there), CHECKS[1][0]) == CHECKS[1][0]
    own.update(card(own, 1), {"IP": "10.0.0.2"})
    assert refusal(own, there) is None


def test_a_cluster_that_nobody_joins_by_itself_keeps_no_host_away(own: State, there: State) -> None:
    take_part(there, card(there, 1), pool_auto_join=False)
    assert refusal(own, there) is None


# What may differ


@pytest.mark.parametrize(
    "right",
    [
        lambda _, there: there.add("sdn-controller", {"address": "192.0.2.1", "port": 6632}),
        lambda own, there: [
            state.add("sdn-controller", {"address": "192.0.2.1", "port": 6632}) for state in (own, there)
        ],
        lambda _, there: there.add("update", {"hosts": [first(there, "host")["uuid"]]}),
        lambda own, _: own.update(first(own, "network"), {"purpose": ["nbd"]}),
        lambda own, there: trust(own, there, name="ca.pem", checksums=("aa", "aa"), uses=([], [])),
        lambda own, there: trust(own, there, name="", checksums=("aa", "aa"), uses=(["ldaps"], ["licensing"])),
        lambda own, there: trust(own, there, name="", checksums=("aa", "aa"), uses=(["ldaps"], ["ldaps"])),
    ],
)
def test_what_keeps_no_host_away(own: State, there: State, right: Wrong) -> None:
    right(own, there)
    assert refusal(own, there) is None
