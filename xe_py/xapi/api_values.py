"""How XenAPI spells the words that xe prints: `Halted` for `halted`, `coredump_and_destroy` for a longer text.

Most words are the same in both. Each enumeration of XenAPI has one rule for all its words, and exceptions by name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CRASH_ACTIONS = "on_crash_behaviour"

_CAPITAL = frozenset(("vm_power_state",))
_SMALL = frozenset(
    (
        CRASH_ACTIONS,
        "allocation_algorithm",
        "console_protocol",
        "domain_type",
        "host_allowed_operations",
        "on_normal_exit",
        "on_softreboot_behavior",
        "placement_policy",
        "pvs_proxy_status",
        "storage_operations",
        "task_allowed_operations",
        "vdi_type",
    )
)
_JOINED = str.maketrans(" .-", "___")
_EXCEPTIONS = {
    CRASH_ACTIONS: {
        "Core dump and destroy": "coredump_and_destroy",
        "Core dump and restart": "coredump_and_restart",
    },
    "tristate_type": {"true": "yes", "false": "no"},
    "vm_operations": {"assertoperationvalid": "assert_operation_valid", "data_sources_op": "data_source_op"},
}


def in_api(enum: str, text: str) -> str:
    """XenAPI's spelling of a word that xe prints for the enumeration."""
    exception = _EXCEPTIONS.get(enum, {}).get(text)
    if exception is not None:
        return exception
    if enum in _CAPITAL:
        return text.capitalize()
    return text.lower().translate(_JOINED) if enum in _SMALL else text


def in_xe(enum: str, value: str, words: Iterable[str]) -> str | None:
    """The word of xe, among these words, that XenAPI spells as `value`; None if there is none."""
    return next((word for word in words if in_api(enum, word) == value), None)
