"""Secrets in a capture: passwords, tokens and keys do not come into a state file unless somebody asks for them."""

from __future__ import annotations

import re

from xe_py.schema.secrets import HIDDEN, is_secret, without_secret_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xe_py.dumps.found import Found, Report

# A password in an address: `https://user:password@server`.
_IN_ADDRESS = re.compile(r"(//[^/\s:@']*):([^/\s@']+)@")
# Texts that hold whole records with all their maps, and the variables of a firmware with its keys.
_RECORDS = frozenset(("last-boot-record",))
_VARIABLES = frozenset(("EFI-variables",))


def mask(found: Iterable[Found], report: Report) -> None:
    """Hide the secrets in the objects, and count them."""
    for each in found:
        for values in (each.values, each.reverts, each.own):
            for name, value in values.items():
                values[name] = masked = _masked(each, name, value)
                report.secrets += _difference(value, masked)


def _masked(found: Found, name: str, value: Any) -> Any:
    if isinstance(value, dict):
        shown = without_secret_values(value)
        return {key: HIDDEN if _is_variable(key, text) else _without_password(text) for key, text in shown.items()}
    if not isinstance(value, str) or not value or name in found.cls.references:
        return value
    if name in _RECORDS:
        return found.cls.defaults[name]
    names_secret = is_secret(name) or (is_secret(found.cls.name) and name == "value")
    return HIDDEN if names_secret else _without_password(value)


def _is_variable(key: str, text: str) -> bool:
    return bool(text) and key.rpartition(":")[2] in _VARIABLES


def _without_password(text: str) -> str:
    return _IN_ADDRESS.sub(rf"\1:{HIDDEN}@", text) if "//" in text else text


def _difference(value: Any, masked: Any) -> int:
    if isinstance(value, dict):
        return sum(masked[key] != text for key, text in value.items())
    return int(value != masked)
