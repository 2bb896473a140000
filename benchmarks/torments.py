"""Where the torments of benchmarks/reliability.py happen: a folder, a state file in it, and processes."""

# ruff: noqa: S101 - what must hold is asserted, as in the tests

from __future__ import annotations

import os
import random
import shutil
import sys
from typing import TYPE_CHECKING

from conftest import REPOSITORY, Process

from xe_py.store.files.document import Site
from xe_py.store.toml import reader

if TYPE_CHECKING:
    from pathlib import Path


class Torture:
    """A folder to work in, a file in it, how much is to be done (1: all of it), and chance."""

    def __init__(self, folder: Path, share: float) -> None:
        self.folder = folder
        self.share = share
        self.process = Process(folder)
        self.process.environment["PYTHONPATH"] = str(REPOSITORY)
        self.state = folder / "host.toml"
        self.process.environment |= {
            "XE_STATE": str(self.state), "PYTHON": sys.executable, "XDG_CACHE_HOME": str(folder / "cache"),
        }  # fmt: skip
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        self.draw = random.Random(1)

    def times(self, number: int) -> int:
        """So many, or its share."""
        return max(1, round(number * self.share))

    def fresh(self) -> bytes:
        """Put a fresh host in the file; its bytes."""
        shutil.rmtree(f"{self.state}.d", ignore_errors=True)
        assert self.process.xe("state-init", "templates=none", "--force").status == 0
        return self.state.read_bytes()

    def holds(self, *, serial: int, vms: int) -> None:
        """Hold that the file is sound and nothing in it is lost or made twice."""
        state, findings = reader.judge(reader.read(Site(str(self.state))))
        assert not findings
        assert (state.header["serial"], state.count("vm")) == (serial, vms)

    def swept(self) -> None:
        """Hold that the next command works and leaves nothing behind."""
        assert self.process.xe("vm-create", "name-label=next", XE_LOCK_TIMEOUT="0").status == 0
        assert {*os.listdir(f"{self.state}.d")} <= {"lock", "history", ".gitignore"}
