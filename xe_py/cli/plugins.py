"""Running the plugins of a host: executables in the folder that XE_PLUGINS names, and nothing else."""

from __future__ import annotations

import os
import selectors
import signal
import time
from subprocess import DEVNULL, PIPE, Popen

from xe_py.schema.client import Ran
from xe_py.store.terms import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.cli.environment import Environment

_PATIENCE = 60.0
_MOST_OUTPUT = 16 << 20
_PIECE = 1 << 16


def run(environment: Environment, name: str, text: str) -> Ran | None:
    """Run the plugin of this name with the text as its only argument; None if there is no such plugin.

    It has no input, and gets the variables and the folder of the environment. A plugin that takes too long
    (XE_PLUGIN_TIMEOUT) or prints too much is stopped, with all that it has started.
    """
    path = _find(environment, name)
    if path is None:
        return None
    patience = Settings(environment.variables).seconds("XE_PLUGIN_TIMEOUT", _PATIENCE)
    try:
        process = Popen(  # noqa: S603 - the user has named the folder, and no shell reads the words
            [path, text],
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(environment.variables),
            cwd=environment.folder or None,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return Ran(f"it cannot be started: {getattr(error, 'strerror', None) or error}", b"", b"")
    with process:
        try:
            stopped, printed = _collect(process, patience)
        finally:
            _stop(process)
    if stopped:
        return Ran(stopped, *printed)
    return Ran(_ended(process.returncode), *printed)


def _find(environment: Environment, name: str) -> str | None:
    """The path of the plugin: an executable file whose name is in the folder, so the name leads nowhere else."""
    named = environment.variables.get("XE_PLUGINS", "")
    folder = os.path.abspath(environment.path(named))
    try:
        names = os.listdir(folder) if named else []
    except OSError:
        return None
    path = os.path.join(folder, name)
    return path if name in names and os.path.isfile(path) and os.access(path, os.X_OK) else None


def _collect(process: Popen[bytes], patience: float) -> tuple[str, tuple[bytes, bytes]]:
    """Why the plugin must be stopped, if it must, and what it printed on its two streams."""
    end = time.monotonic() + patience
    printed: dict[int, bytearray] = {}
    with selectors.DefaultSelector() as waiting:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                printed[stream.fileno()] = bytearray()
                waiting.register(stream, selectors.EVENT_READ)
        why = ""
        while waiting.get_map() and not why:
            for key, _ in waiting.select(max(0.0, end - time.monotonic())):
                data = os.read(key.fd, _PIECE)
                printed[key.fd] += data
                if not data:
                    waiting.unregister(key.fileobj)
            if sum(map(len, printed.values())) > _MOST_OUTPUT:
                why = f"it printed more than {_MOST_OUTPUT} bytes"
            elif waiting.get_map() and time.monotonic() >= end:
                why = f"it took longer than {patience:g} seconds (XE_PLUGIN_TIMEOUT)"
    output, errors = printed.values()
    return why, (bytes(output), bytes(errors))


def _stop(process: Popen[bytes]) -> None:
    """Stop what is left of the plugin and of what it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        return  # Nothing is left.


def _ended(status: int) -> str:
    """How the plugin ended, in the words of XAPI; nothing if it ended well."""
    if status < 0:
        return f"signal: {signal.Signals(-status).name}"
    return "non-zero exit" if status else ""
