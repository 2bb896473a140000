"""A way between two states as a script for sh, which the real xe and `xe batch` run too."""

from __future__ import annotations

import re
from shlex import quote

from xe_py.operations.effects.proposals import GONE, NEW, SETTING
from xe_py.operations.effects.way import Step, Way
from xe_py.schema.secrets import is_secret
from xe_py.state.plan import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.operations.effects.proposals import Difference

_HEAD = "#!/bin/sh\nset -e\n"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def script_of(way: Way, *head: str, by_name: bool = False) -> str:
    """The script of the way, below the lines of the head as comments. What no command makes is named at its end.

    With `by_name`, it looks for the objects that are there, because their uuids are others wherever it is run.
    """
    found = _look_ups(way) if by_name else []
    writer = _Writer([*found, *way.steps])
    lines = [writer.line(step) for step in [*found, *way.steps]]
    names = Names((), (way.goal, way.work))
    left = [f"# No command makes this: {_named(each, names)}\n" for each in way.left]
    secrets = [f"# Set this first: {name}, the {what}\n" for name, what in writer.secrets.items()]
    return "".join([_HEAD, *(f"# {line}\n" for line in head), *secrets, *lines, *left])


def _look_ups(way: Way) -> list[Step]:
    """The lines that look for the objects that the steps name, each behind those whose uuids it needs."""
    found: dict[str, Step] = {}

    def need(words: list[str]) -> None:
        for uuid in _UUID.findall(" ".join(words)):
            if uuid in way.found_by and uuid not in found:
                need(way.found_by[uuid])
                found[uuid] = Step(way.found_by[uuid], uuid, looks=True)

    for step in way.steps:
        need(step.words)
    return list(found.values())


def _named(difference: Difference, names: Names) -> str:
    obj = difference.wanted or difference.there
    if obj is None:
        return f"{difference.field} of the state"
    title = names.title(obj.cls, obj)
    what = f"{obj.cls.name} {title} ({obj['uuid']})" if title else f"{obj.cls.name} {obj['uuid']}"
    what = what.replace("\n", " ")
    if difference.kind in {GONE, NEW, SETTING}:
        return f"{what} {'goes' if difference.kind == GONE else 'comes'}"
    return f"{difference.field} of {what}"


class _Writer:
    """Writes the lines; `secrets` are the variables that stand for secrets, and what each is."""

    def __init__(self, steps: list[Step]) -> None:
        self.secrets: dict[str, str] = {}
        self._used = {uuid for step in steps for word in step.words for uuid in _UUID.findall(word)}
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def line(self, step: Step) -> str:
        """The line of the step; it keeps what it makes in a variable, if a later line needs it."""
        family = step.words[0].partition("-")[0]
        words = " ".join(self._word(word, family) for word in step.words)
        if step.made not in self._used:
            return "" if step.looks else f"xe {words}\n"
        self._names[step.made] = name = self._new(step.words[0].rpartition("-")[0])
        return f"{name}=$(xe {words})\n"

    def _new(self, family: str) -> str:
        stem = family.upper().replace("-", "_")
        self._counts[stem] = self._counts.get(stem, 0) + 1
        return f"{stem}_{self._counts[stem]}"

    def _word(self, word: str, family: str) -> str:
        name, equals, value = word.partition("=")
        if equals and value and is_secret(name.rpartition(":")[2] if family != "secret" else f"secret-{name}"):
            variable = self._new("hidden")
            self.secrets[variable] = name
            return f'{quote(f"{name}=")}"${variable}"'
        return "".join(self._parts(word)) or "''"

    def _parts(self, word: str) -> Iterator[str]:
        """The word with variables in the place of uuids that earlier lines made."""
        at = 0
        for found in _UUID.finditer(word):
            if found[0] in self._names:
                if word[at : found.start()]:
                    yield quote(word[at : found.start()])
                yield f"${{{self._names[found[0]]}}}"
                at = found.end()
        if word[at:]:
            yield quote(word[at:])
