"""What is known of a name that is no command here."""

from __future__ import annotations

import difflib

from xe_py import operations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Less than this is another command of the same family, which nobody meant.
_LIKENESS = 0.8


def known_of(name: str, following: Sequence[str] = ()) -> tuple[str, ...]:
    """A note that says which names are like it; none if none is.

    `following` are the words behind the name, which may be the rest of it.
    """
    known = {*operations.names(), "help"}
    joined = ["-".join((name, *following[:count])) for count in range(min(len(following), 3), 0, -1)]
    near = [each for each in joined if each in known][:1] or _nearest(name, known)
    return (f"did you mean {', '.join(near)}?",) if near else ()


def _nearest(name: str, known: set[str]) -> list[str]:
    """The names most like it: those of the same letters in another writing, else those that differ by a slip."""
    plain = name.lower().replace("_", "-")
    return [plain] if plain in known else difflib.get_close_matches(plain, sorted(known), cutoff=_LIKENESS)
