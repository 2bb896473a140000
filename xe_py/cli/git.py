"""Asking git, in the folder of the environment."""

from __future__ import annotations

from subprocess import DEVNULL, PIPE, Popen

from xe_py.errors import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.cli.environment import Environment


def git(environment: Environment, *words: str, about: str) -> bytes:
    """What git prints for the words; Misuse, with git's own last line, if it refuses them."""
    try:
        with Popen(  # noqa: S603 - no shell reads the words
            ["git", *words],  # noqa: S607 - git is where the user's PATH leads
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(environment.variables),
            cwd=environment.folder or None,
        ) as process:
            printed, said = process.communicate()
    except OSError as error:
        raise Misuse(f"Error: {about}: git cannot be started: {error.strerror}.") from None
    if process.returncode:
        reason = (said.decode(errors="replace").strip().splitlines() or ["git gives no reason"])[-1]
        raise Misuse(f"Error: {about}: {reason}")
    return printed
