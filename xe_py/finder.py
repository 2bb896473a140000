"""Finds and loads the modules of xe_py in half of the time that Python needs, because a command loads dozens of them.

The name of a module says where its file is, so nothing is searched. Compiled code is used at once if it belongs to the
source. Whatever is not found in this way is left to Python.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from marshal import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

_COMPILED = f".{sys.implementation.cache_tag}.pyc"
_LONGEST = 1 << 16  # bytes; a longer file is left to Python
_HEAD = MAGIC_NUMBER + bytes(4)  # The code belongs to a source with this time and this size.


class Finder:
    """What Python asks first for a module: `install` puts it there."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        """Where the module is; None for what is not of xe_py, or not a file of its name."""
        if path is None or not name.startswith("xe_py."):
            return None
        folder, base = path[0], name.rpartition(".")[2]
        try:
            return _spec(name, folder, base)
        except OSError:
            folder = f"{folder}/{base}"
        try:
            spec = _spec(name, folder, "__init__")
        except OSError:
            return None
        spec.submodule_search_locations = [folder]
        return spec


def _spec(name: str, folder: str, base: str) -> ModuleSpec:
    source = f"{folder}/{base}.py"
    compiled = f"{folder}/__pycache__/{base}{_COMPILED}"
    spec = ModuleSpec(name, _Loader(name, source, compiled, os.stat(source)), origin=source)
    spec.cached = compiled
    spec.has_location = True
    return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, source: str, compiled: str, status: os.stat_result) -> None:
        super().__init__(name, source)
        self._compiled = compiled
        self._status = status

    def get_code(self, fullname: str) -> CodeType | None:
        time, size = int(self._status.st_mtime) & 0xFFFFFFFF, self._status.st_size & 0xFFFFFFFF
        head = _HEAD + time.to_bytes(4, "little") + size.to_bytes(4, "little")
        data = _read(self._compiled)
        if data[: len(head)] != head or len(data) == _LONGEST:
            return super().get_code(fullname)
        code: CodeType = loads(memoryview(data)[len(head) :])
        return code


def _read(path: str) -> bytes:
    """What the file says, up to the limit; nothing if it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(handle, _LONGEST)
    except OSError:
        return b""
    finally:
        os.close(handle)


def install() -> None:
    """Let Python ask the finder first."""
    sys.meta_path.insert(0, Finder)
