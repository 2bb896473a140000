"""Passwords in a device-config: XAPI keeps them as secrets, which the device-config names by their uuids."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.schema.numbers import is_uuid
from xe_py.schema.secrets import HIDDEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State

_PASSWORD, _SECRET = "password", "_secret"


def with_secrets(state: State, config: Mapping[str, str]) -> dict[str, str]:
    """The device-config for a new PBD: a new secret for each password, and a copy of each secret that it names."""
    return dict(_with_secret(state, key, text) for key, text in config.items())


def check_secrets(state: State, config: Mapping[str, str]) -> None:
    """UUID_INVALID if the device-config names a secret that does not exist."""
    for uuid in _named(config):
        _need(state, uuid)


def drop_secrets(state: State, pbd: Record) -> None:
    """Destroy the secrets that the device-config of the PBD names."""
    for uuid in _named(pbd["device-config"]):
        secret = state.get("secret", uuid)
        if secret is not None:
            state.delete(secret)


def _with_secret(state: State, key: str, text: str) -> tuple[str, str]:
    if key.endswith(_PASSWORD):
        return key + _SECRET, state.add("secret", {"value": text})["uuid"]
    if key.endswith(_PASSWORD + _SECRET):
        return key, state.add("secret", {"value": _need(state, text)["value"]})["uuid"]
    return key, text


def _need(state: State, uuid: str) -> Record:
    """The secret; the refusal does not repeat what is no uuid, because it may be a password."""
    found = state.get("secret", uuid)
    if found is None:
        raise Failure("UUID_INVALID", "secret", uuid if is_uuid(uuid) else HIDDEN)
    return found


def _named(config: Mapping[str, str]) -> Iterator[str]:
    return (text for key, text in config.items() if key.endswith(_PASSWORD + _SECRET))
