"""Where the updates of a pool come from, and when the pool looks for them."""

from __future__ import annotations

from xe_py.errors import Failure, Misuse, refuse
from xe_py.schema.command import command
from xe_py.schema.fields import Bool, Choice, Ref, Text
from xe_py.schema.numbers import integer_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.state import State

_POOL = Ref("uuid", "pool", doc="The pool.")
_WEEKLY = "weekly"
_LAST_DAY = 6


@command(
    "pool-configure-repository-proxy",
    required=(Text("proxy-url", doc="The address of the proxy, beginning with http:// or https://."),),
    optional=(
        Text("proxy-username", doc="The name of a user of the proxy."),
        Text("proxy-password", doc="The password of that user; it is not kept."),
    ),
    undeclared=(_POOL,),
    doc="Choose the proxy between the pool and its repositories.",
)
def configure_repository_proxy(
    state: State,
    *,
    proxy_url: str,
    proxy_username: str = "",
    proxy_password: str = "",
    **_pool: object,
) -> None:
    """Note the proxy and its user."""
    refuse(_can_be_proxy(proxy_url, proxy_username, proxy_password))
    values = {"repository-proxy-url": proxy_url, "repository-proxy-username": proxy_username}
    state.update(state.all("pool")[0], values)


@command(
    "pool-disable-repository-proxy",
    undeclared=(_POOL,),
    doc="Use no proxy between the pool and its repositories.",
)
def disable_repository_proxy(state: State, **_pool: object) -> None:
    """Forget the proxy and its user."""
    state.update(state.all("pool")[0], {"repository-proxy-url": "", "repository-proxy-username": ""})


def _can_be_proxy(url: str, username: str, password: str) -> Iterator[Failure]:
    """Why this is no proxy, or no user of one: both the name and the password are needed, or neither."""
    if url.partition(":")[0].lower() not in {"http", "https"}:
        yield Failure("INVALID_REPOSITORY_PROXY_URL", url)
    if bool(username) != bool(password) or "\n" in username + password:
        yield Failure("INVALID_REPOSITORY_PROXY_CREDENTIAL")


def _is_a_day(_state: State, *, update_sync_frequency: str, update_sync_day: str, **_pool: object) -> None:
    day = integer_of(update_sync_day)
    if update_sync_frequency == _WEEKLY and (day is None or not 0 <= day <= _LAST_DAY):
        raise Misuse(f"Error: The update-sync-day must be a number from 0 to {_LAST_DAY}, not {update_sync_day}.")


@command(
    "pool-configure-update-sync",
    required=(
        Choice("update-sync-frequency", ("daily", _WEEKLY), doc="How often the pool syncs updates."),
        Text("update-sync-day", doc="The day of the week, from 0 (Sunday) to 6; without effect if daily."),
    ),
    undeclared=(_POOL,),
    doc="Choose how often and on which day the pool syncs updates.",
    grammar=_is_a_day,
)
def configure_update_sync(state: State, *, update_sync_frequency: str, update_sync_day: str, **_pool: object) -> None:
    """Note when updates are synced."""
    day = integer_of(update_sync_day) if update_sync_frequency == _WEEKLY else 0
    state.update(state.all("pool")[0], {"update-sync-frequency": update_sync_frequency, "update-sync-day": day})


@command(
    "pool-set-update-sync-enabled",
    required=(Bool("value", doc="Whether the pool syncs updates regularly."),),
    undeclared=(_POOL,),
    doc="Choose whether the pool syncs updates regularly; that needs a repository.",
)
def set_update_sync_enabled(state: State, *, value: bool, **_pool: object) -> None:
    """Switch the regular sync on or off."""
    pool = state.all("pool")[0]
    if value and not pool["repositories"]:
        raise Failure("NO_REPOSITORIES_CONFIGURED")
    state.update(pool, {"update-sync-enabled": value})
