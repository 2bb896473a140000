"""JSON-RPC as XAPI speaks it, 1.0 and 2.0; a refusal has the code 1, and its own code as the message."""

from __future__ import annotations

import json

from xe_py.serve.xmlrpc import BadCallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

TYPE = "application/json"

_VERSION = "2.0"


class Question:
    """A call: its method and parameters, and what its answer repeats: whether it is of version 2.0, and the id."""

    __slots__ = ("id", "is_second", "method", "params")

    def __init__(self, method: str, params: list[Any], id: str | int, *, is_second: bool) -> None:
        self.method = method
        self.params = params
        self.id = id
        self.is_second = is_second


def call_in(body: bytes) -> Question:
    """The call; BadCallError for bytes that are none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadCallError(str(error)) from None
    if not isinstance(found, dict) or not isinstance(found.get("method"), str):
        raise BadCallError("it is no object with a method")
    is_second = "jsonrpc" in found
    if is_second and found["jsonrpc"] != _VERSION:
        raise BadCallError("it is of an unknown version")
    if isinstance(found.get("id"), bool) or not isinstance(found.get("id"), (int, str)):
        raise BadCallError("its id is neither a number nor a text")
    return Question(found["method"], _params(found, is_second=is_second), found["id"], is_second=is_second)


def _params(found: dict[str, Any], *, is_second: bool) -> list[Any]:
    params = found.get("params")
    if isinstance(params, list):
        return params
    if not is_second:
        raise BadCallError("its params are no array")
    return [] if params is None else [params]


def answer(to: Question, of: Any) -> bytes:
    """The answer to a call that was done."""
    value = "" if of is None else of
    if to.is_second:
        return _text({"jsonrpc": _VERSION, "result": value, "id": to.id})
    return _text({"result": value, "error": None, "id": to.id})


def refusal(to: Question, description: Sequence[str]) -> bytes:
    """The answer to a call that was refused."""
    if to.is_second:
        error = {"code": 1, "message": description[0], "data": list(description[1:])}
        return _text({"jsonrpc": _VERSION, "error": error, "id": to.id})
    return _text({"result": None, "error": list(description), "id": to.id})


def _text(of: Any) -> bytes:
    return json.dumps(of, separators=(",", ":")).encode()
