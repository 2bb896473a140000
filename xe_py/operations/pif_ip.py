"""How PIFs get their addresses."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations.effects.bring_up import get_address
from xe_py.schema.command import command
from xe_py.schema.fields import Choice, Ref, Text
from xe_py.xapi import pif_guards as guards
from xe_py.xapi.addresses import is_cidr, is_ip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_PIF = Ref("uuid", "pif", doc="The PIF.")
_GATEWAY = Text("gateway", doc="The gateway.")
_DNS = Text("DNS", any_case_name=True, doc="The DNS servers, separated by commas.")


@command(
    "pif-reconfigure-ip",
    required=(_PIF, Choice("mode", ("None", "DHCP", "Static"), doc="How it gets its address.")),
    optional=(
        Text("IP", any_case_name=True, doc="The address."),
        Text("netmask", doc="The netmask of the address."),
        _GATEWAY,
        _DNS,
    ),
    doc="Set how a PIF gets its IPv4 address.",
)
def reconfigure_ip(
    state: State, pif: Record, mode: str, *, ip: str = "", netmask: str = "", gateway: str = "", dns: str = ""
) -> None:
    """Set the IPv4 configuration of the PIF; name servers with IPv6 addresses stay."""
    refuse(guards.host_answers(state, pif))
    refuse(guards.is_managed(pif))
    stays = {"IP-configuration-mode": "Static", "IP": ip, "netmask": netmask, "gateway": gateway}
    _may_change(state, pif, mode, stays)
    for name, address in (("IP", ip), ("netmask", netmask), ("gateway", gateway)):
        wanted = mode == "Static" and name != "gateway"
        if (address or wanted) and not is_ip(address, 4):
            raise Failure("INVALID_IP_ADDRESS_SPECIFIED", name)
    if mode == "None" and pif["primary-address-type"] == "IPv4":
        refuse(guards.is_not_management(pif))
    servers = _servers(dns, 4) + _servers(pif["DNS"], 6)
    addresses = {"IP": ip, "netmask": netmask, "gateway": gateway, "DNS": ",".join(servers)}
    state.update(pif, {"IP-configuration-mode": mode, **addresses})
    get_address(state, pif)


@command(
    "pif-reconfigure-ipv6",
    required=(_PIF, Choice("mode", ("None", "DHCP", "Static", "Autoconf"), doc="How it gets its address.")),
    optional=(Text("IPv6", any_case_name=True, doc="The address with its prefix length."), _GATEWAY, _DNS),
    doc="Set how a PIF gets its IPv6 address.",
)
def reconfigure_ipv6(state: State, pif: Record, mode: str, *, ipv6: str = "", gateway: str = "", dns: str = "") -> None:
    """Set the IPv6 configuration of the PIF; name servers with IPv4 addresses stay."""
    refuse(guards.host_answers(state, pif))
    refuse(guards.is_managed(pif))
    stays = {"IPv6-configuration-mode": "Static", "IPv6": [ipv6] if ipv6 else [], "IPv6-gateway": gateway}
    _may_change(state, pif, mode, stays)
    if gateway and not is_ip(gateway, 6):
        raise Failure("INVALID_IP_ADDRESS_SPECIFIED", "gateway")
    if ipv6 and not is_cidr(ipv6, 6):
        raise Failure("INVALID_CIDR_ADDRESS_SPECIFIED", "IPv6")
    if mode == "None" and pif["primary-address-type"] == "IPv6":
        refuse(guards.is_not_management(pif))
    servers = _servers(dns, 6) + _servers(pif["DNS"], 4)
    addresses = {"IPv6": [ipv6] if ipv6 else [], "IPv6-gateway": gateway, "DNS": ",".join(servers)}
    state.update(pif, {"IPv6-configuration-mode": mode, **addresses})
    get_address(state, pif)


def _may_change(state: State, pif: Record, mode: str, stays: Mapping[str, object]) -> None:
    """Refuse a change of more than the name servers of a static configuration, while the pool relies on the PIF."""
    if mode != "Static" or any(pif[field] != value for field, value in stays.items()):
        refuse(guards.may_change(state, pif))
        refuse(guards.is_in_no_cluster(state, pif))


def _servers(dns: str, version: int) -> list[str]:
    return [server for server in dns.split(",") if is_ip(server, version)]
