"""Values as JSON that is safe to print: no character in it steers a terminal or turns the direction of writing."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_UNSAFE = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def in_json(value: Any) -> str:
    """The value on one line."""
    return json.dumps(value, ensure_ascii=False).translate(_UNSAFE)


def warning(text: str) -> str:
    """A warning as an object on a line of its own."""
    return in_json({"warning": text.removeprefix("Warning: ").rstrip("\n")}) + "\n"
