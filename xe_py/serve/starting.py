"""Starting the server, if what it needs is installed."""

from __future__ import annotations

from xe_py.errors import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xe_py.schema.service import Service
    from xe_py.store.promise import Store

    Print = Callable[[str], None]


def serve(store: Store, service: Service, variables: Mapping[str, str], out: Print, err: Print) -> None:
    """Serve the state until the process is asked to end. `out` gets the addresses, and `err` the rest."""
    try:
        from xe_py.serve.server import run
    except ModuleNotFoundError as missing:
        raise Misuse(
            f"Error: serve needs the package {missing.name}, which is not installed.\n"
            "Install it with: pip install 'xe_py[serve]'"
        ) from None
    run(store, service, variables, out, err)
