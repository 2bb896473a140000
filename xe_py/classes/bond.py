"""Bond: several PIFs of a host that work as one, the master."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.derived import Back, Computed
from xe_py.schema.fields import CASCADE, CLEAR, KEYS, Bool, Choice, Int, Map, Ref
from xe_py.schema.xenclass import Unique, XenClass, rule
from xe_py.xapi.pif_guards import host_answers, is_no_vlan
from xe_py.xapi.pif_kinds import is_no_sriov_logical, is_no_tunnel_access

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record
    from xe_py.state.state import State

MODES = ("balance-slb", "active-backup", "lacp")
_LACP_VALUES = {
    "hashing_algorithm": ("src_mac", "tcpudp_ports"),
    "lacp-time": ("fast", "slow"),
    "lacp-fallback-ab": ("true", "false"),
}
_LACP_DEFAULTS = {"hashing_algorithm": "tcpudp_ports", "lacp-time": "slow", "lacp-fallback-ab": "true"}


def slaves(state: State, bond: Record) -> list[Record]:
    """The members of the bond."""
    return state.pointing_at(bond, "pif.bond-slave-of")


# Properties


def invalid_properties(mode: str, properties: dict[str, str]) -> Iterator[Failure]:
    """A refusal for each property that a bond of this mode cannot have."""
    for name, value in properties.items():
        if not is_property(mode, name, value):
            yield Failure("INVALID_VALUE", "properties", f"{name} = {value}")


def is_property(mode: str, name: str, value: str) -> bool:
    """Whether a bond of this mode can have the property."""
    if mode != "lacp":
        return False
    if name == "lacp-aggregation-key":
        return value.isascii() and value.isdecimal()
    return value in _LACP_VALUES.get(name, ())


def can_have_properties(state: State, bond: Record, properties: dict[str, str]) -> Iterator[Failure]:
    """Why the properties of the bond cannot become these."""
    yield from host_answers(state, state.ref(bond, "master"))
    yield from invalid_properties(bond["mode"], properties)


def with_defaults(mode: str, properties: dict[str, str]) -> dict[str, str]:
    """The properties, with the mode's own default for each that is not given."""
    return properties | {
        name: value for name, value in _LACP_DEFAULTS.items() if mode == "lacp" and name not in properties
    }


# Rules


@rule("mode", "properties")
def properties_suit_the_mode(_state: State, bond: Record) -> Iterator[Failure]:
    """Only the mode lacp has properties, and each property has an allowed value."""
    yield from invalid_properties(bond["mode"], bond["properties"])


@rule("pif.bond-slave-of")
def bond_has_members(state: State, bond: Record) -> Iterator[Failure]:
    """A bond has at least one member."""
    if not slaves(state, bond):
        yield Failure("PIF_BOND_NEEDS_MORE_MEMBERS", blockers=(bond,))


@rule("master", "master/host-uuid", "pif.bond-slave-of/host-uuid")
def members_share_the_host_of_the_master(state: State, bond: Record) -> Iterator[Failure]:
    """The bond's PIF and all members belong to the same host."""
    host = state.ref(bond, "master")["host-uuid"]
    strangers = tuple(pif for pif in slaves(state, bond) if pif["host-uuid"] != host)
    if strangers:
        yield Failure("PIF_CANNOT_BOND_CROSS_HOST", blockers=strangers)


@rule(
    "pif.bond-slave-of/VLAN",
    "pif.bond-slave-of/bond.master",
    "pif.bond-slave-of/tunnel.access-PIF",
    "pif.bond-slave-of/network-sriov.logical-PIF",
)
def members_are_physical(state: State, bond: Record) -> Iterator[Failure]:
    """A member of a bond is a network card: no PIF of a VLAN, of a tunnel, of an SR-IOV network or of another bond."""
    for pif in slaves(state, bond):
        yield from is_no_vlan(pif)
        yield from is_no_tunnel_access(state, pif)
        yield from is_no_sriov_logical(state, pif)
        for other in state.pointing_at(pif, "bond.master"):
            yield Failure("PIF_ALREADY_BONDED", pif, blockers=(other,))


@rule("primary-slave", "pif.bond-slave-of")
def primary_slave_is_a_member(state: State, bond: Record) -> Iterator[Failure]:
    """The primary slave is one of the members."""
    primary = state.ref_or_none(bond, "primary-slave")
    if primary is not None and primary["bond-slave-of"] != bond["uuid"]:
        yield Failure("PIF_CONFIGURATION_ERROR", primary, "it is the primary slave of a bond, but not a member of it")


BOND = XenClass(
    "bond",
    label="Bond",
    section=50,
    doc="A bond: several PIFs of a host that work as one.",
    fields=(
        Ref("master", "pif", required=True, on_delete=CASCADE, doc="The PIF of the bond; it stands for all members."),
        Back("slaves", "pif.bond-slave-of", doc="The PIFs that are members of the bond."),
        Choice("mode", MODES, default="balance-slb", doc="How the members share the traffic."),
        Map("properties", mode="MRO", param_set=KEYS, guard=can_have_properties, doc="Extra settings of the mode."),
        Ref("primary-slave", "pif", on_delete=CLEAR, doc="The member that gave the bond its MAC and IP configuration."),
        Computed(
            "links-up",
            Int,
            lambda state, bond: sum(pif["carrier"] for pif in slaves(state, bond)),
            doc="How many members have a link.",
        ),
        Bool("auto-update-mac", default=True, doc="Whether the MAC follows the primary slave."),
    ),
    unique=(Unique("master", refusal="PIF_ALREADY_BONDED"),),
    rules=(
        properties_suit_the_mode,
        bond_has_members,
        members_share_the_host_of_the_master,
        members_are_physical,
        primary_slave_is_a_member,
    ),
    list_fields=("uuid", "master", "slaves"),
)
