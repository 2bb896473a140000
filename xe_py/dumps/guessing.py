"""Of which class a record is that does not say so: the one whose fields it has."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Fields = Mapping[str, frozenset[str]]

_ALIKE = 0.5


class Guess:
    """Finds a name among candidates by their fields, all of them or the few that a plain list shows."""

    __slots__ = ("_candidates", "_known")

    def __init__(self, *candidates: Fields) -> None:
        self._candidates = [each for table in candidates for each in table.items()]
        self._known: dict[frozenset[str], str] = {}

    def __call__(self, fields: frozenset[str]) -> str:
        """The name with the fields most like these; empty if none is like them, or several are alike."""
        if fields not in self._known:
            rated = sorted(((*_rated(fields, known), name) for name, known in self._candidates), reverse=True)
            (has, like, best), rest = rated[0], [each for each in rated if each[2] != rated[0][2]]
            is_clear = not rest or rest[0][0] < has or (like >= _ALIKE and rest[0][1] < like)
            self._known[fields] = best if has >= _ALIKE and is_clear else ""
        return self._known[fields]


def _rated(fields: frozenset[str], known: frozenset[str]) -> tuple[float, float]:
    """How many of the fields are known, and how many of all fields both have, from 0 to 1."""
    both = len(fields & known)
    return both / len(fields), both / len(fields | known)
