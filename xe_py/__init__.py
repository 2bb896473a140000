"""xe_py: the command line of XenServer and XCP-ng over a host that lives in one TOML file.

The Python interface is `open_host` and `create_host`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.python import create_host, open_host

__all__ = ["create_host", "open_host"]
__version__ = "0.1.0"
# When the manual pages last changed in what they say.
__date__ = "2026-11-27"


def __getattr__(name: str) -> object:
    """What `xe_py.python` offers, once it is asked for: a command line goes without."""
    if name in __all__:
        return getattr(__import__(f"{__name__}.python", fromlist=[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
