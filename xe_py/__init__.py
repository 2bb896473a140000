"""xe_py: the command line of XenServer and XCP-ng over a host that lives in one TOML file.

The Python interface is `open_host` and `create_host`; `xe` is the command line as a click group.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.cli.tree import xe
    from xe_py.python import create_host, open_host

__all__ = ["create_host", "open_host", "xe"]
__version__ = "0.1.0"
# When the manual pages last changed in what they say.
__date__ = "2026-11-27"

_MODULES = {"create_host": "python", "open_host": "python", "xe": "cli.tree"}


def __getattr__(name: str) -> object:
    """What the package offers, once it is asked for: a command line goes without."""
    if name in _MODULES:
        return getattr(__import__(f"{__name__}.{_MODULES[name]}", fromlist=[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
