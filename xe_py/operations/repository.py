"""Where a pool gets updates from."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.schema.command import IMPORTS, command
from xe_py.schema.fields import Bool, Ref, Text
from xe_py.xapi import repositories as guards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_NAME = Text("name-label", doc="The name.")
_DESCRIPTION = Text("name-description", doc="The description.")
_REPOSITORY = Ref("uuid", "repository", doc="The repository.")
# The longest certificate that is read.
_LARGEST = 1 << 20


@command(
    "repository-introduce",
    required=(
        _NAME,
        Text("binary-url", doc="The address of the packages."),
        Text("source-url", doc="The address of their sources."),
        Bool("update", doc="Whether it has updates."),
    ),
    optional=(_DESCRIPTION, Text("gpgkey-path", doc="The name of the file with the key that signs the packages.")),
    doc="Add a repository; pool-param-set repositories= switches it on.",
)
def introduce(
    state: State,
    name_label: str,
    binary_url: str,
    source_url: str,
    *,
    update: bool,
    name_description: str = "",
    gpgkey_path: str = "",
) -> Record:
    """Make a record of the repository; nothing is fetched from there."""
    refuse(guards.is_url(binary_url))
    refuse(guards.is_url(source_url))
    refuse(guards.is_key(state, None, gpgkey_path))
    refuse(guards.is_new(state, name_label, binary_url))
    urls = {"binary-url": binary_url, "source-url": source_url}
    names = {"name-label": name_label, "name-description": name_description}
    return state.add("repository", {**names, **urls, "update": update, "gpgkey-path": gpgkey_path})


@command(
    "repository-introduce-bundle",
    required=(_NAME,),
    optional=(_DESCRIPTION,),
    doc="Add a repository that gets its packages from bundle files.",
)
def introduce_bundle(state: State, name_label: str, name_description: str = "") -> Record:
    """Make a record of the repository; there can be one of this kind."""
    refuse(guards.is_new_bundle(state, name_label))
    names = {"name-label": name_label, "name-description": name_description}
    return state.add("repository", {**names, "update": True, "origin": guards.BUNDLE})


@command(
    "repository-introduce-remote-pool",
    required=(
        _NAME,
        Text("binary-url", doc="The address of the coordinator of that pool, as https://192.0.2.1/repository/enabled."),
        Text("certificate-file", doc="The file with the certificate of that pool."),
    ),
    optional=(_DESCRIPTION,),
    doc="Add a repository that another pool has.",
    kind=IMPORTS,
)
def introduce_remote_pool(
    state: State,
    client: Client | None,
    name_label: str,
    binary_url: str,
    certificate_file: str,
    *,
    name_description: str = "",
) -> Record:
    """Make a record of the repository; no other pool is asked."""
    refuse(guards.is_pool_url(binary_url))
    refuse(guards.is_new(state, name_label, binary_url))
    certificate = ""
    if client is not None:
        with client.source(certificate_file) as file:
            certificate = file.read(_LARGEST).decode(errors="replace")
    names = {"name-label": name_label, "name-description": name_description}
    origin = {"binary-url": binary_url, "origin": guards.REMOTE_POOL, "certificate": certificate}
    return state.add("repository", {**names, **origin, "update": True})


@command("repository-forget", required=(_REPOSITORY,), doc="Forget a repository.")
def forget(state: State, repository: Record) -> None:
    """Remove the record of a repository that is not switched on."""
    (pool,) = state.all("pool")
    if repository["uuid"] in pool["repositories"]:
        raise Failure("REPOSITORY_IS_IN_USE", blockers=(pool,))
    state.delete(repository)


@command(
    "repository-set-gpgkey-path",
    required=(_REPOSITORY, Text("gpgkey-path", doc="The name of the file with the key that signs the packages.")),
    doc="Say which key signs the packages of a repository.",
)
def set_gpgkey_path(state: State, repository: Record, gpgkey_path: str) -> None:
    """Note the name of the file."""
    refuse(guards.is_key(state, repository, gpgkey_path))
    state.update(repository, {"gpgkey-path": gpgkey_path})
