"""The fast way to read TOML understands only what tomllib reads as the same."""

import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xe_py.state.state import State
from xe_py.store.toml import layout, plain
from xe_py.store.toml.render import canonical, pair_of

_texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=10)
_words = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
_values = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | _texts
    | st.lists(_texts, max_size=3)
    | st.dictionaries(_texts, _texts, max_size=3)
    | st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone follows
)
_tables = st.dictionaries(_words, st.dictionaries(_words, st.dictionaries(_words | _texts, _values, max_size=4)))


def load(text: str) -> dict[str, object] | None:
    """What is understood of the text, which is the same whether it counts as small or as large."""
    found = plain.load(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "_LARGE", 0)
        assert repr(plain.load(text)) == repr(found)
    return found


def rendered(tables: dict[str, dict[str, dict[str, object]]]) -> str:
    lines = ["# a comment\n[state]\nformat = 1\n"]
    for cls, objects in tables.items():
        for uuid, fields in objects.items():
            lines.append(f"[{cls}x.{uuid}]\n" + "".join(pair_of(name, value) for name, value in fields.items()))
    return "\n".join(lines)


@given(_tables)
@pytest.mark.slow
def test_what_is_written_is_understood_as_tomllib_does(tables: dict[str, dict[str, dict[str, object]]]) -> None:
    text = rendered(tables)
    found = load(text)
    assert found is None or found == tomllib.loads(text)
    outline = plain.statements(text)
    if outline is not None:
        exact = layout.statements(text)
        assert [(s.path, s.line, s.start, s.end, s.value, s.is_header) for s in outline] == [
            (s.path, s.line, s.start, s.end, s.value, s.is_header) for s in exact
        ]


_SIGNED = st.integers(-(2**63) + 1, 2**63 - 1)
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name-label": _texts,
        "VCPUs-max": _SIGNED,
        "HVM-shadow-multiplier": st.floats(-(2**63), 2**63) | _SIGNED,
        "is-a-template": st.booleans(),
        "start-time": st.datetimes(datetime(1000, 1, 1)).map("{:%Y%m%dT%H:%M:%SZ}".format),  # noqa: DTZ001 - a text
        "tags": st.lists(_texts, max_size=3, unique=True),
        "other-config": st.dictionaries(_texts, _texts, max_size=3),
    },
)
_EVERY_ASCII = "".join(map(chr, range(129)))


@given(_FIELDS)
@example(dict.fromkeys(("name-label", "name-description"), _EVERY_ASCII))
@example(
    {"other-config": {_EVERY_ASCII: _EVERY_ASCII, "\\": '"', '"': "\\", "\\\\n": "\\n\n"}, "tags": [_EVERY_ASCII, "\\"]}
)
def test_whatever_is_written_is_plain(fields: dict[str, object]) -> None:
    state = State({"format": 1, "lineage": 'a "b" \n', "serial": 2**63 - 2, "rules": "xapi"})
    state.add("vm", fields)
    text = canonical(state)
    found = load(text)
    assert found is not None
    assert found == tomllib.loads(text)
    assert [(s.path, s.start, s.end, s.value) for s in plain.statements(text) or ()] == [
        (s.path, s.start, s.end, s.value) for s in layout.statements(text)
    ]


PIECES = st.sampled_from(
    ["[", "]", "[a.b]", "[[a]]", "{", " }", "{ ", "}", "=", " = ", '"', "'", '"""', "\\", "#", "\n", "\r\n", " ", ",", ", ",
     "a", "b-c", "true", "false", "0", "01", "-1", "-0", "1_0", "1.5", "inf", "nan", "0x1", "2026-11-22T09:00:00Z",
     "2026-13-22T09:00:00Z", "\t", "\\u0041", "\\n", '\\"', "1.0", "\x00", "\x7f", "\u00a0", "é", "[]", "{}", '"x"', '    "x",', "[state]\n", 'k = "v"\n',
     "k = [\n", "]\n", "m = { a = \"1\" }\n", 'm = { "a b" = "1", c = "2" }\n']
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
@example('[a]\nm = { a = "1"b = "2" }\n')
@example('[a]\nm = { a = "1", }\n')
@example('[a]\nm = { a = "1", a = "2" }\n')
@example("[a]\nt = 2026-02-30T09:00:00Z\n")
@example("[a.b]\n[a]\n")
@example('[a]\nt = "\\u00"\n')
@example('[a]\nt = "\\ud800"\n')
@example('[a]\nt = "\\u+123"\n')
@example('[a]\nt = "\\"\n')
@example('[a]\nt = "\\x41"\n')
@example('[a]\nt = "\\u0000\\u0001\\\\"\n')
@example('[a]\nm = { a = "\\" }\n')
@example("[a]\nt = 1e5\nu = infinity\nv = 1.\nw = nan\n")
@example("[a]\nt = -0.0\nu = 1e+16\nv = 1e-05\n")
@example("[a]\nb = 1\n[a.b]\n")
def test_nothing_is_understood_that_is_no_toml_or_says_something_else(text: str) -> None:
    found = load(text)
    if found is not None:
        assert found == tomllib.loads(text)


@pytest.mark.parametrize("state", ["strict", "xapi"])
def test_a_fresh_host_is_plain(fresh_files: dict[str, bytes], state: str) -> None:
    text = fresh_files[state].decode()
    assert load(text) == tomllib.loads(text)
    assert plain.statements(text) is not None


def test_every_kind_of_value_is_understood_where_it_is_plain() -> None:
    values = [True, False, 0, -5, 12, "", "a b # c", [], ["a", "b"], {}, {"a": "1", "b c": "2"}, {"x.y": "="}, "é",
              ]  # fmt: skip
    for value in values:
        text = f"[a.b]\n{pair_of('k', value)}"
        assert load(text) == {"a": {"b": {"k": value}}}, text
    moment = "[a.b]\nk = 2026-11-22T09:00:00Z\n"
    assert load(moment) == {"a": {"b": {"k": datetime(2026, 11, 22, 9, tzinfo=UTC)}}}
