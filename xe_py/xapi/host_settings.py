"""Which settings a host accepts, and what else a setting changes."""

from __future__ import annotations

import time

from xe_py.errors import Failure
from xe_py.schema.fields import show, with_key
from xe_py.schema.values import TIME_FORM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State

_LONGEST_SSH = 2 * 24 * 60 * 60

# Settings that other-config has too, each with the texts that stand for a value there.
_MIRRORED: dict[str, Callable[[str], Any]] = {
    "multipathing": {"true": True, "false": False}.get,
    "iscsi_iqn": lambda text: text or None,
}


def mirrored(field: str) -> Callable[[State, Record, Any], None]:
    """The effect of a setting that other-config has too: the same value is written there."""

    def effect(state: State, host: Record, value: Any) -> None:
        state.update(host, {"other-config": with_key(host["other-config"], field, show(value))})

    return effect


def other_config_was_set(state: State, host: Record, texts: Mapping[str, str]) -> None:
    """A mirrored setting takes its value from other-config; a text without a meaning, or no text, changes nothing."""
    found = {field: meaning(texts[field]) for field, meaning in _MIRRORED.items() if field in texts}
    state.update(host, {field: value for field, value in found.items() if value is not None})


def iscsi_iqn(_state: State, _host: Record, value: str) -> Iterator[Failure]:
    """Why the name of the iSCSI initiator is refused: it cannot be empty."""
    if not value:
        yield Failure("INVALID_VALUE", "value", value)


def expiry_of(seconds: int) -> str | None:
    """When SSH that is switched on now is switched off again; never after 0 seconds."""
    return time.strftime(TIME_FORM, time.gmtime(time.time() + seconds)) if seconds else None


def ssh_timeout(_state: State, _host: Record, value: int) -> Iterator[Failure]:
    """Why this number of seconds is refused: SSH can be limited to at most two days."""
    if not 0 <= value <= _LONGEST_SSH:
        yield Failure("INVALID_VALUE", "ssh_enabled_timeout", str(value))


def ssh_timeout_was_set(state: State, host: Record, value: int) -> None:
    """If SSH is switched on, the seconds count from now on."""
    if host["ssh-enabled"]:
        state.update(host, {"ssh-expiry": expiry_of(value)})


def console_timeout(_state: State, _host: Record, value: int) -> Iterator[Failure]:
    """Why this number of seconds is refused: it is negative."""
    if value < 0:
        yield Failure("INVALID_VALUE", "console_timeout", str(value))


def ssl_legacy(_state: State, _host: Record, value: bool) -> Iterator[Failure]:
    """Why old ciphers cannot be allowed: XAPI has none any more."""
    if value:
        yield Failure("VALUE_NOT_SUPPORTED", "value", "true", "XAPI has no old ciphers any more")


def ntp_mode(_state: State, host: Record, value: str) -> Iterator[Failure]:
    """Why the NTP mode is refused: Custom needs a server."""
    if value == "Custom" and not host["ntp-custom-servers"]:
        yield Failure("INVALID_NTP_CONFIG", "ntp-custom-servers is empty", blockers=(host,))


def ntp_custom_servers(_state: State, host: Record, value: list[str]) -> Iterator[Failure]:
    """Why these time servers are refused: the mode Custom needs at least one."""
    if host["ntp-mode"] == "Custom" and not value:
        yield Failure("INVALID_NTP_CONFIG", "ntp-mode is Custom, which needs a server", blockers=(host,))
