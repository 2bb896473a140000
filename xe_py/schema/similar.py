"""Finding the known word that somebody probably meant."""

from __future__ import annotations

from xe_py.schema.secrets import without_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 3


def nearest(word: str, known: Iterable[str], *, likeness: float = 0.6) -> list[str]:
    """Up to three of the known words that are most like the word: its singular, those that begin with it, others."""
    import difflib

    candidates = list(dict.fromkeys(known))
    folded = word.casefold()
    begun = [each for each in candidates if len(folded) > 1 and each.casefold().startswith(folded)]
    single = [each for each in candidates if f"{each}s" == word]
    alike = difflib.get_close_matches(word, candidates, n=_SHOWN, cutoff=likeness)
    return list(dict.fromkeys([*single, *begun, *alike]))[:_SHOWN]


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """A note that names the known word most like this word; no note if none is like it."""
    return tuple(f"did you mean {near}?" for near in nearest(word, known)[:1])


def meant_by_name(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """As `did_you_mean`, for the name of a parameter; a name with `=` was typed as `--name=value`."""
    if "=" in name:
        return (f"did you mean {without_secret(name)}?",)
    return did_you_mean(name.partition(":")[0], known)
