"""Which names stand for secrets, and command lines without their secrets."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "***"

# What a word of the name holds, is, or ends in.
_PARTS = ("passw", "passphrase", "passcode", "secret", "token", "credential", "apikey", "bearer", "authorization")
_WORDS = frozenset(("pass", "pwd", "pw", "psk", "creds", "otp", "pin", "cookie"))
_ENDS = ("pass", "pwd", "pw", "psk", "creds")
_HARMLESS = frozenset(("bypass", "compass", "underpass", "overpass"))
# Two words, also where they are written as one.
_PAIRS = (
    *(f"{kind}key" for kind in ("access", "api", "auth", "encryption", "master", "private", "shared", "signing")),
    "sessionid",
    "authdata",
)
# These names say which object holds a secret; they stand for no secret themselves.
_REFERENCES = ("password_secret", "secret-uuid", "secret_uuid")
_SWITCH = "-pw"
_EXTRA = "XE_EXTRA_ARGS"
_KEY = "param-key"
_QUOTES = str.maketrans("", "", "'\"\\")
_LONGEST = 1000
_secret: dict[str, bool] = {}


def is_secret(name: str) -> bool:
    """Whether the name stands for a secret: a password, a token, a private key."""
    found = _secret.get(name)
    if found is None:
        found = _secret[name] = _judge(name)
    return found


def without_secret_values(values: dict[str, str]) -> dict[str, str]:
    """The map as it may be shown, with its secrets hidden."""
    return {
        key: HIDDEN if value and is_secret(key) and not _is_reference(key, value) else value
        for key, value in values.items()
    }


def without_secret(word: str) -> str:
    """The word as it may be shown, with a secret behind `=` hidden."""
    name, equals, _ = word.partition("=")
    return f"{name}={HIDDEN}" if equals and is_secret(name) else word


def command_line(words: Iterable[str]) -> str:
    """The words of a command as a user would type them, without the secrets."""
    from xe_py.quoting import quoted

    given = list(words)
    everything = _is_about_secrets(given)
    shown = []
    hidden = False
    for word in given:
        name, equals, value = word.partition("=")
        secret = is_secret(name) or (everything and name not in {"uuid", "param-name", _KEY})
        if hidden and not word.startswith("--"):
            shown.append(HIDDEN)
        elif equals and (secret or _holds_secret(name, value)):
            shown.append(f"{quoted(name)}={HIDDEN}")
        else:
            shown.append(quoted(word))
        hidden = not equals and _announces(word)
    line = " ".join(shown)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def without_secrets(line: str) -> str:
    """The line of a script up to its first secret, because the rest might be part of that."""
    place = 0
    everything = _is_about_secrets(line.translate(_QUOTES).split())
    announced = False
    for word in line.split():
        place = line.index(word, place)
        name, equals, value = word.partition("=")
        plain = name.translate(_QUOTES)
        secret = is_secret(plain) or (everything and plain not in {"uuid", "param-name", _KEY})
        if announced and not word.startswith("--"):
            return f"{line[:place]}{HIDDEN}"
        if equals and (secret or _holds_secret(plain, value)):
            return f"{line[:place]}{name}={HIDDEN}"
        announced = not equals and _announces(plain)
        place += len(word)
    return line


def _judge(name: str) -> bool:
    words = _words(name)
    if any(pair in "".join(words) for pair in _PAIRS):
        return True
    return any(
        word not in _HARMLESS and (word in _WORDS or word.endswith(_ENDS) or any(part in word for part in _PARTS))
        for word in words
    )


def _words(name: str) -> list[str]:
    """The words of which a name is made, in small letters: `rootPass`, `root_pass` and `root-pass` are alike."""
    spaced = ""
    before = ""
    for letter in name:
        if letter.isupper() and before.islower():
            spaced += " "
        spaced += letter.lower() if letter.isalnum() else " "
        before = letter
    return spaced.split()


def _is_reference(name: str, value: str) -> bool:
    """Whether the value only tells which object holds the secret."""
    from xe_py.schema.numbers import is_uuid

    return name.endswith(_REFERENCES) and is_uuid(value)


def _announces(word: str) -> bool:
    """Whether the next word after this one is a secret."""
    return word == _SWITCH or (word.startswith("--") and is_secret(word))


def _holds_secret(name: str, value: str) -> bool:
    """Whether a value contains a secret: connection switches, or a password in an address."""
    if name == _EXTRA and value:
        return True
    behind_user = value.partition("://")[2].partition("/")[0].partition(":")[2]
    return bool(behind_user) and not behind_user.isdecimal()


def _is_about_secrets(words: list[str]) -> bool:
    """Whether all values are suspect: the command makes or changes a secret, or the key is the name of one."""
    named = [word for word in words if "=" not in word and not word.startswith("-")][:2]
    keys = [word.partition("=")[2] for word in words if word.startswith(f"{_KEY}=")]
    return any("-" in word and is_secret(word) for word in named) or any(map(is_secret, keys))
