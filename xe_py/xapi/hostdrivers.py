"""Drivers of hosts: what follows from their variants."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.state.record import Record
    from xe_py.state.state import State

_NONE = "<none>"


def variants(state: State, driver: Record) -> list[Record]:
    """The variants of the driver, the first choice first."""
    return sorted(state.pointing_at(driver, "hostdriver-variant.driver-uuid"), key=lambda each: -each["priority"])


def name_of(field: str) -> Callable[[State, Record], str]:
    """The name of the variant that the field of a driver refers to."""

    def name(state: State, driver: Record) -> str:
        variant = state.ref_or_none(driver, field)
        return _NONE if variant is None else str(variant["name"])

    return name


def with_version(state: State, driver: Record) -> list[str]:
    """Each variant with its version."""
    return [f"{each['name']}/{each['version']}" for each in variants(state, driver)]


def with_status(state: State, driver: Record) -> list[str]:
    """Each variant with its status."""
    return [f"{each['name']}={each['status']}" for each in variants(state, driver)]


def with_uuid(state: State, driver: Record) -> list[str]:
    """Each variant with its uuid."""
    return [f"{each['name']}/{each['uuid']}" for each in variants(state, driver)]


def with_hardware(state: State, driver: Record) -> list[str]:
    """The variants for which the host has hardware."""
    return [each["name"] for each in variants(state, driver) if each["hw-present"]]


def is_the(field: str) -> Callable[[State, Record], bool]:
    """Whether a variant is the one that the field of its driver refers to."""
    return lambda state, variant: bool(state.ref(variant, "driver-uuid")[field] == variant["uuid"])


def driver_name(state: State, variant: Record) -> str:
    """The name of the driver of a variant."""
    return str(state.ref(variant, "driver-uuid")["name"])


def host_uuid(state: State, variant: Record) -> str | None:
    """The host of the driver of a variant."""
    uuid: str | None = state.ref(variant, "driver-uuid")["host-uuid"]
    return uuid
