"""The variables of a script while it runs, and what its words come to."""

from __future__ import annotations

from xe_py.errors import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xe_py.cli.script import Expansion, Step, Word

_BLANKS = str.maketrans("\t\n", "  ")
_PATTERN = frozenset("*?[")
_SPECIAL = _PATTERN | frozenset(" \t\n")


class Variables:
    """What a script's variables hold; `output` gives what a call in a command substitution prints."""

    __slots__ = ("_must_be_set", "_output", "_values")

    def __init__(self, environment: Mapping[str, str], output: Callable[[Step], str]) -> None:
        self._values = dict(environment)
        self._output = output
        self._must_be_set = False

    def assign(self, name: str, word: Word, *, exported: bool = False) -> None:
        """Give a variable a value, in which nothing is split; as in the shell, of what is refused nothing comes."""
        value = ""
        try:
            for part in [word] if isinstance(word, str) else word:
                text = self._text(part)
                if exported and not (isinstance(part, str) or part.quoted or _SPECIAL.isdisjoint(text)):
                    raise Misuse(f"Every shell has its own way to export {name}={text}\nPut it in double quotes.")
                value += text
        finally:
            self._values[name] = value

    def set(self, switches: list[Word]) -> None:
        """Do what `set` does: with `-u` a variable must be set to be used. `-e` is how a batch works anyway."""
        for switch in switches:
            if "u" in switch:
                self._must_be_set = str(switch).startswith("-")

    def words(self, words: list[Word]) -> list[str]:
        """The words with everything expanded; what is not quoted is split at blanks."""
        found: list[str] = []
        for word in words:
            if isinstance(word, str):
                found.append(word)
            else:
                found += self._split(word)
        return found

    def _split(self, word: list[str | Expansion]) -> list[str]:
        """The words that one with expansions comes to: none at all if it is empty and has no quotes."""
        done: list[str] = []
        current: str | None = None
        for part in word:
            text = self._text(part)
            if isinstance(part, str) or part.quoted or (text and _SPECIAL.isdisjoint(text)):
                current = (current or "") + text
                continue
            if not _PATTERN.isdisjoint(text):
                raise Misuse(f"Without quotes a shell takes it for file names: {text}\nPut it in double quotes.")
            first, *others = text.translate(_BLANKS).split(" ")
            if first:
                current = (current or "") + first
            for piece in others:
                if current is not None:
                    done.append(current)
                current = piece or None
        return done if current is None else [*done, current]

    def _text(self, part: str | Expansion) -> str:
        if isinstance(part, str):
            return part
        if part.call is not None:
            return self._output(part.call).rstrip("\n")
        value = self._values.get(part.variable)
        if value is None and self._must_be_set:
            raise Misuse(f"The variable {part.variable} is not set.")
        return value or ""
