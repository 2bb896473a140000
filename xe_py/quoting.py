"""Words as a shell takes them, for what a user may paste from a message, and for the command lines of the history."""

_PLAIN = frozenset("%+,-./:=@_")


def quoted(word: str) -> str:
    """The word as a shell takes it; control characters are written out."""
    if not word.isprintable():
        word = word.encode("unicode_escape").decode()
    if word and all(letter.isalnum() or letter in _PLAIN for letter in word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"
