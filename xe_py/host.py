"""The Python interface under the name it had first: what `xe_py` itself offers."""

from xe_py.python import create_host, open_host

__all__ = ["create_host", "open_host"]
