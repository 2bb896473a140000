"""How often callers may call."""

from __future__ import annotations

from xe_py.classes.access import is_positive
from xe_py.errors import refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Ref, Refs, Text
from xe_py.schema.values import Float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State

_LIMIT = Ref("uuid", "rate-limit", doc="The rate limit.")
_CALLER = Ref("caller-uuid", "caller", doc="The caller.")


@command(
    "rate-limit-create",
    required=(
        Float("burst-size", doc="How much may be called at once."),
        Float("fill-rate", doc="How much more may be called in each second."),
    ),
    optional=(
        Text("name-label", doc="The name."),
        Text("name-description", doc="The description."),
        Refs("caller-uuids", "caller", doc="The callers that share it, separated by commas."),
    ),
    doc="Limit how often callers may call.",
)
def create(
    state: State,
    burst_size: float,
    fill_rate: float,
    *,
    name_label: str = "",
    name_description: str = "",
    callers: Sequence[Record] = (),
) -> Record:
    """Make the limit, and let the callers share it."""
    refuse(is_positive("fill_rate", fill_rate))
    refuse(is_positive("burst_size", burst_size))
    names = {"name-label": name_label, "name-description": name_description}
    limit = state.add("rate-limit", {**names, "burst-size": burst_size, "fill-rate": fill_rate})
    for caller in callers:
        state.update(caller, {"rate-limit": limit["uuid"]})
    return limit


@command("rate-limit-destroy", required=(_LIMIT,), doc="Let the callers of a rate limit call as often as they like.")
def destroy(state: State, rate_limit: Record) -> None:
    """Destroy the limit; its callers stay."""
    state.delete(rate_limit)


@command("rate-limit-add-caller", required=(_LIMIT, _CALLER), doc="Let a caller share a rate limit.")
def add_caller(state: State, rate_limit: Record, caller: Record) -> None:
    """Let the caller share this limit, and no other."""
    state.update(caller, {"rate-limit": rate_limit["uuid"]})


@command("rate-limit-remove-caller", required=(_LIMIT, _CALLER), doc="Let a caller call as often as it likes.")
def remove_caller(state: State, rate_limit: Record, caller: Record) -> None:
    """Let the caller share the limit no more; do nothing if it does not."""
    if caller["rate-limit"] == rate_limit["uuid"]:
        state.update(caller, {"rate-limit": None})
