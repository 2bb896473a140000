"""What the commits of this process have done, for whoever talks to the user.

A module without imports, loaded before any commit: an interrupt may come while other modules are half loaded.
"""

from __future__ import annotations

# The files that were replaced: who is asked what became of a command can say it, however that ended.
replaced: set[str] = set()
# What could not be done besides, such as keeping a history; each reason is there once in a process.
warnings: list[str] = []
