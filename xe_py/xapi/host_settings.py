"""What may be set on a host, and what a setting brings about elsewhere."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.fields import show, with_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

# Settings that stand in other-config too, each with the texts there that mean a value.
_MIRRORED: dict[str, Callable[[str], Any]] = {
    "multipathing": {"true": True, "false": False}.get,
    "iscsi_iqn": lambda text: text or None,
}


def mirrored(field: str) -> Callable[[State, Record, Any], None]:
    """The effect of a setting that stands in other-config too: it is written there."""

    def effect(state: State, host: Record, value: Any) -> None:
        state.update(host, {"other-config": with_key(host["other-config"], field, show(value))})

    return effect


def other_config_was_set(state: State, host: Record, texts: Mapping[str, str]) -> None:
    """A mirrored setting follows what is written in other-config; what means no value, or is gone, changes nothing."""
    found = {field: meaning(texts[field]) for field, meaning in _MIRRORED.items() if field in texts}
    state.update(host, {field: value for field, value in found.items() if value is not None})


def iscsi_iqn(_state: State, _host: Record, value: str) -> Iterator[Failure]:
    """Why the name of the iSCSI initiator is refused: there is always one."""
    if not value:
        yield Failure("INVALID_VALUE", "value", value)


def ntp_mode(_state: State, host: Record, value: str) -> Iterator[Failure]:
    """Why the source of the time is refused: there is no server to take it from."""
    if value == "Custom" and not host["ntp-custom-servers"]:
        yield Failure("INVALID_NTP_CONFIG", "ntp-custom-servers is empty", blockers=(host,))


def ntp_custom_servers(_state: State, host: Record, value: list[str]) -> Iterator[Failure]:
    """Why these time servers are refused: none is left to take the time from."""
    if host["ntp-mode"] == "Custom" and not value:
        yield Failure("INVALID_NTP_CONFIG", "ntp-mode is Custom, which needs a server", blockers=(host,))
