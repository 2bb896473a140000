"""Dumps of XAPI's database that a test makes: rows by table, each with the columns that count in the test."""

from xml.sax.saxutils import quoteattr

from xe_py.dumps.texts import protected, text_of_map, text_of_set

Value = str | bool | int | list[str] | dict[str, str]
Rows = list[dict[str, Value]]
HOST, POOL, SR, VM, DISK = "OpaqueRef:host", "OpaqueRef:pool", "OpaqueRef:sr", "OpaqueRef:vm", "OpaqueRef:disk"
NULL = "OpaqueRef:NULL"


def uuid(number: int) -> str:
    """A uuid with this number at its end."""
    return f"5a5a0000-0000-4000-8000-{number:012}"


def dump(**tables: Rows) -> str:
    """The text of a dump with these rows, in a pool with one host."""
    rows: dict[str, Rows] = {
        "pool": [{"ref": POOL, "uuid": uuid(1), "master": HOST}],
        "host": [{"ref": HOST, "uuid": uuid(2), "name__label": "xen1"}],
    }
    found = {**rows, **tables}
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<database><manifest><pair key="schema_major_vsn" value="5"/>'
        '<pair key="schema_minor_vsn" value="775"/><pair key="generation_count" value="7"/></manifest>'
        + "".join(f'<table name="{name}">{"".join(map(_row, found[name]))}</table>' for name in sorted(found))
        + "</database>"
    )


def _row(columns: dict[str, Value]) -> str:
    shown = " ".join(f"{name}={quoteattr(protected(_text(value)))}" for name, value in columns.items())
    return f"<row {shown}/>"


def _text(value: Value) -> str:
    if isinstance(value, dict):
        return text_of_map(value)
    if isinstance(value, list):
        return text_of_set(value)
    return value if isinstance(value, str) else str(value).lower()
