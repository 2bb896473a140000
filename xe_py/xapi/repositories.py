"""Repositories: what their addresses are, and which of them a pool may switch on together."""

from __future__ import annotations

from xe_py.errors import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State

BUNDLE, REMOTE_POOL = "bundle", "remote_pool"
_OF_POOL = "repository/enabled"
_IN_KEYS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def host_of(url: str, schemes: Sequence[str] = ("http", "https")) -> tuple[str, str]:
    """The host and the path of an address with one of the schemes; empty if it is none."""
    scheme, colon, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    host = authority.rpartition("@")[2]
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return (name, path) if colon and scheme in schemes and not set(name) & set(" \t") else ("", "")


def is_url(url: str) -> Iterator[Failure]:
    """Why the address is none."""
    if not host_of(url)[0]:
        yield Failure("INVALID_BASE_URL", url)


def is_pool_url(url: str) -> Iterator[Failure]:
    """Why the address is none of the repository of another pool."""
    from xe_py.xapi.addresses import is_ip

    host, path = host_of(url, ("https",))
    if path != _OF_POOL or not (is_ip(host, 4) or is_ip(host, 6)):
        yield Failure("INVALID_BASE_URL", url)


def is_key(_state: State, _repository: Record | None, name: str) -> Iterator[Failure]:
    """Why the name is none of a file with a key."""
    if not set(name) <= _IN_KEYS:
        yield Failure("INVALID_GPGKEY_PATH", name)


def is_new(state: State, name: str, url: str) -> Iterator[Failure]:
    """Why a repository of this name and address cannot be added."""
    for other in state.all("repository"):
        if other["name-label"] == name or other["binary-url"] == url:
            yield Failure("REPOSITORY_ALREADY_EXISTS", other)


def is_new_bundle(state: State, name: str) -> Iterator[Failure]:
    """Why a repository of this name that gets its packages from files cannot be added."""
    for other in state.all("repository"):
        if other["name-label"] == name:
            yield Failure("REPOSITORY_ALREADY_EXISTS", other)
        if other["origin"] == BUNDLE:
            yield Failure("BUNDLE_REPOSITORY_ALREADY_EXISTS", other)


def can_enable(state: State, _pool: Record, uuids: Sequence[str]) -> Iterator[Failure]:
    """Why the pool cannot switch on just these repositories."""
    alone = [uuid for uuid in uuids if state.need("repository", uuid)["origin"] in {BUNDLE, REMOTE_POOL}]
    if alone and len(uuids) > 1:
        yield Failure("REPO_SHOULD_BE_SINGLE_ONE_ENABLED")
