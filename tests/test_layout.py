"""The outline of a TOML text says where its statements stand."""

import tomllib
from itertools import pairwise

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from xe_py.store.toml.layout import lines_of, statements

TRICKY = (
    """\
# a comment
root = 1   # behind

[state]
text = "a = 1 # no comment"
literal = 'it"""
    + "'" * 0
    + '''s' # one
multi = """
[not.a.header]
key = 1
"""
"quoted key" = true
dotted . key = [ 1, # first
  2,
  # [also.no.header]
]
inline = { a = "}", b = ["]"] } # behind
  [ vm . "u-1" ] # a header
name-label = "x"
[[list.of.tables]]
a = 1
'''.replace("it's", "its")
)


def test_statements_have_the_keys_that_tomllib_finds() -> None:
    paths = [statement.path for statement in statements(TRICKY)]
    assert paths == [
        ("root",),
        ("state",),
        ("state", "text"),
        ("state", "literal"),
        ("state", "multi"),
        ("state", "quoted key"),
        ("state", "dotted", "key"),
        ("state", "inline"),
        ("vm", "u-1"),
        ("vm", "u-1", "name-label"),
        ("list", "of", "tables"),
        ("list", "of", "tables", "a"),
    ]


def test_values_are_enclosed_without_the_comment_behind_them() -> None:
    for statement in statements(TRICKY):
        if not statement.is_header and len(statement.path) > 1:
            start, end = statement.value
            value = tomllib.loads("v = " + TRICKY[start:end])["v"]
            assert "behind" not in TRICKY[start:end]
            expected = tomllib.loads(TRICKY)
            for key in statement.path:
                expected = expected[0][key] if isinstance(expected, list) else expected[key]
            assert value == expected


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_are_counted_from_one(ending: str) -> None:
    text = f"# head{ending}{ending}[state]{ending}serial = 1{ending}"
    paths = [("state", "serial", "deeper"), ("vm", "x")]
    assert lines_of(text, paths) == {("state",): 3, ("state", "serial"): 4}
    assert lines_of(text, [("state",)]) == {("state",): 3}


_texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_texts, st.dictionaries(_texts, _values, max_size=4), max_size=4), st.booleans())
@pytest.mark.slow
def test_the_statements_make_up_the_whole_text(tables: dict[str, dict[str, object]], multiline: bool) -> None:
    text = tomli_w.dumps(tables, multiline_strings=multiline)
    outline = list(statements(text))
    covered = "".join(text[statement.start : statement.end] for statement in outline)
    assert tomllib.loads(covered) == tomllib.loads(text)
    for earlier, later in pairwise(outline):
        assert earlier.end <= later.start
