"""The form of a uuid."""

_NO_UUID = "00000000-0000-0000-0000-000000000000"
_AS_ZERO = str.maketrans("123456789abcdefABCDEF", "0" * 21)


def is_uuid(text: str) -> bool:
    """Whether the text has the form of a uuid."""
    return text.translate(_AS_ZERO) == _NO_UUID
