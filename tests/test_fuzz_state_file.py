"""Whatever is in a state file: no command falls over it, and none changes it unless all of it is sound."""

import re
import tomllib
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torture import Contract, draws, furnish, show_everything

from xe_py import classes
from xe_py.errors import StateFileError
from xe_py.schema.fields import Refs
from xe_py.schema.xenclass import XenClass
from xe_py.store.toml import plain

pytestmark = pytest.mark.slow

MUCH = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
UUID = "00000000-0000-4000-8000-00000000000a"
MIB = 1 << 20


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """The text of a file with an object of each class, and the uuid of one of each."""
    path = tmp_path_factory.mktemp("pool") / "host.toml"
    made = furnish(path)
    return path.read_text(), made


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return Contract(tmp_path / "host.toml")


Pool = tuple[str, dict[str, str]]


def lists(text: str) -> None:
    """All lists, where the text as a whole says a state."""
    with suppress(StateFileError):
        show_everything(text)


@MUCH
@given(data=st.binary(max_size=400))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    contract = Contract(tmp_path_factory.getbasetemp() / "any.toml")
    assert contract.torment(data) == {3}


@MUCH
@given(pieces=st.lists(st.one_of(
    st.text(max_size=12), st.sampled_from((
        "[", "]", "[[", "]]", "=", '"', "'", '"""', "'''", "\n", "\r\n", "#", "{", "}", ",", ".", "\\", "\0", "\ufeff",
        "[state]\n", "format = 1\n", 'lineage = ""\n', "serial = 1\n", 'rules = "strict"\n', "[vm]\n", "vm", "-", "1e9",
        f"[vm.{UUID}]\n", 'name-label = "x"\n', "true", "0x", "nan", "2020-01-01", "1979-05-27T07:32:00Z", " ", "\t",
    ))), max_size=40))  # fmt: skip
def test_any_tokens(tmp_path_factory: pytest.TempPathFactory, pieces: list[str]) -> None:
    contract = Contract(tmp_path_factory.getbasetemp() / "tokens.toml")
    data = "".join(pieces).encode()
    contract.torment(data)
    contract.torment(b'[state]\nformat = 1\nlineage = ""\nserial = 1\nrules = "xapi"\n' + data)


@pytest.mark.parametrize("start", range(4))
def test_cut_off_anywhere(contract: Contract, pool: Pool, start: int) -> None:
    data = pool[0].encode()
    for end in range(37 * (start + 1), len(data), 37 * 4):
        contract.torment(data[:end])


def damaged(draw: Random, text: str) -> str:
    """The text with a few of its tables, lines or letters in disorder."""
    for _ in range(draw.choice((1, 1, 2, 5))):
        text = draw.choice(DAMAGES)(draw, text)
    return text


def _swap_tables(draw: Random, text: str) -> str:
    tables = re.split(r"(?m)^(?=\[)", text)
    one, other = draw.randrange(len(tables)), draw.randrange(len(tables))
    tables[one], tables[other] = tables[other], tables[one]
    return "".join(tables)


def _swap_headers(draw: Random, text: str) -> str:
    headers = re.findall(r"(?m)^\[.*\]$", text) or ["[x]"]
    one, other = draw.choice(headers), draw.choice(headers)
    return text.replace(one, "[?]").replace(other, one).replace("[?]", other)


def _change_line(draw: Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    place = draw.randrange(len(lines))
    lines[place:place] = draw.choice(([], [lines[place]], [draw.choice(lines)]))
    del lines[draw.randrange(len(lines))]
    return "".join(lines)


def _change_letter(draw: Random, text: str) -> str:
    place = draw.randrange(len(text) + 1)
    letter = draw.choice(("", "\0", "\r", "\n", '"', "'", "=", "[", "]", "#", "é", "\U0001f600", "\x7f", "9", "a"))
    return text[:place] + letter + text[place + draw.randint(0, 1) :]


def _change_uuid(draw: Random, text: str) -> str:
    found = list(re.finditer(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text))
    if not found:
        return text
    place, other = draw.choice(found), draw.choice(found)
    return text[: place.start()] + draw.choice((other[0], UUID, place[0].upper(), "")) + text[place.end() :]


def _change_value(draw: Random, text: str) -> str:
    found = list(re.finditer(r"(?m)= (.+)$", text))
    if not found:
        return text
    place, other = draw.choice(found), draw.choice(found)
    return text[: place.start(1)] + other[1] + text[place.end(1) :]


DAMAGES: tuple[Callable[[Random, str], str], ...] = (
    _swap_tables, _swap_headers, _change_line, _change_line, _change_letter, _change_uuid, _change_value, _change_value,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_in_disorder(contract: Contract, pool: Pool, seed: int) -> None:
    draw = draws(seed)
    for _ in range(30):
        text = damaged(draw, pool[0])
        contract.torment(text.encode())
        lists(text)


# A value of each kind that TOML has, as it stands in the file.
VALUES = {
    "text": '"x"', "empty text": '""', "control characters": '"\\u0000\\u001b[2J\\u0085"', "uuid": f'"{UUID}"',
    "number": "7", "negative": "-1", "zero": "0", "63 bits": str((1 << 63) - 1), "64 bits": str(1 << 64),
    "beyond decimal": "0x" + "f" * 5000, "fraction": "0.5", "largest": "1.7e308", "smallest": "5e-324",
    "infinite": "-inf", "not a number": "nan", "true": "true", "false": "false",
    "moment": "1979-05-27T07:32:00Z", "first moment": "0001-01-01T00:00:00+23:59", "local": "1979-05-27T07:32:00",
    "day": "1979-05-27", "time": "07:32:00", "list": '["a", "b"]', "empty list": "[]", "list of lists": "[[1], []]",
    "list of numbers": "[1, 1]", "list of one uuid": f'["{UUID}", "{UUID}"]', "list of tables": "[{ a = 1 }]",
    "map": '{ a = "b", "" = "", "ä b" = "" }', "empty map": "{}", "map of numbers": "{ a = 1 }",
    "map of maps": "{ a = { b = {} } }",
}  # fmt: skip


def with_value(text: str, cls: XenClass, uuid: str, field: str, value: str) -> str:
    """The text with the value in the field of the object."""
    head = f"[{cls.name}.{uuid}]\n"
    start = text.index(head) + len(head)
    end = text.find("\n[", start) % (len(text) + 1)
    table = re.sub(rf"(?m)^{re.escape(field)} = .*\n", "", text[start:end])
    return f"{text[:start]}{field} = {value}\n{table}{text[end:]}"


def torment_fields(contract: Contract, pool: Pool, cls: XenClass, values: Callable[[], Collection[str]]) -> int:
    """Put values in every field of an object of the class, one at a time; how many files that were."""
    text, made = pool
    tried = 0
    for field in cls.fields:
        for number, value in enumerate(values()):
            changed = with_value(text, cls, made[cls.name], field.name, value)
            tried += 1
            lists(changed)
            if number:
                contract.bytes_are(changed.encode())
                contract("state-check")
            else:
                contract.torment(changed.encode())
    return tried


@pytest.mark.parametrize("name", [cls.name for cls in classes.sections()])
def test_a_value_of_any_kind_in_every_field(contract: Contract, pool: Pool, name: str) -> None:
    draw = draws(1)
    torment_fields(contract, pool, classes.get(name), lambda: draw.sample(tuple(VALUES.values()), 1))


@pytest.mark.parametrize("name", [cls.name for cls in classes.sections() if cls.references])
def test_every_reference_that_leads_nowhere_or_astray(contract: Contract, pool: Pool, name: str) -> None:
    text, made = pool
    cls = classes.get(name)
    for field, reference in cls.references.items():
        for target in draws(1).sample((UUID, "", "\ud7ff", *made.values()), 5):
            value = f'["{target}"]' if isinstance(reference, Refs) else f'"{target}"'
            changed = with_value(text, cls, made[name], field, value)
            contract.torment(changed.encode())
            lists(changed)
        absent = with_value(text, cls, made[name], field, "''").replace(f"{field} = ''\n", "")
        contract.torment(absent.encode())
        lists(absent)


@pytest.mark.parametrize("name", [cls.name for cls in classes.sections()])
def test_every_class_without_its_objects(contract: Contract, pool: Pool, name: str) -> None:
    text = re.sub(rf"(?ms)^\[{name}\..*?(?=^\[|\Z)", "", pool[0])
    assert f"[{name}." not in text
    contract.torment(text.encode())
    lists(text)
    bare = re.sub(rf"(?ms)(^\[{name}\.[^\n]*\n).*?(?=^\[|\Z)", r"\1", pool[0])
    contract.torment(bare.encode())
    lists(bare)


LINES = (
    "[state]", "format = 1", "[vm.a]", "[vm]", "[vm.b]", "[a.b.c]", "[[vm]]", "[]", 'k = "x"', "tags = [", '    "a",', '    "b",', "]", "",
    "# c", "# \0", "# \x7f", "# \x80", "# a\rb", 'm = { a = "1" }', 'm = { "a b" = "1", c = "" }', 'm = {  = "x" }', 'm = { , a = "1" }',
    'm = { "" = "1" }', 'm = { a = "1", }', 'm = { a = "1" "b" = "2" }', 'm = { a = "1",  b = "2" }', "{", "}", "e = {}", "f = []",
    "x = true", "b = True", "t = 2026-11-22T12:00:00Z", "u = 2026-11-22T24:00:00Z", "v = 2026-02-30T12:00:00Z", "n = -1", "o = -0", "p = 007",
    "q = 1_0", "r = 999999999999999999", "s = inf", '"y" = 1', "a.b = 1", "c = 'x'", 'd = ""', 'g = """', 'h = "', 'h1 = "\\"', 'h2 = "a\\"', '    "a\\",', 'h3 = { a = "\\" }', 'i = "a" # "b"',
    'j = "a\\"b\\\\"', 'l = "a\\nb"', 'w = "\\\\\\""', 'z = "é\u2028"', 'k1 = "\x7f"', 'k2 = "\t"', 'k3 = "\u0085"',
)  # fmt: skip


@pytest.mark.parametrize("large", [1 << 16, 0], ids=["by lines", "by pairs"])
def test_the_fast_reader_reads_what_tomllib_reads_or_leaves_it(monkeypatch: pytest.MonkeyPatch, large: int) -> None:
    monkeypatch.setattr(plain, "_LARGE", large)
    assert compare_readers(draws(1), 10_000) > 100


def compare_readers(draw: Random, times: int) -> int:
    """Compare the fast reader with tomllib on texts that are nearly plain; how many of them it understood."""
    understood = 0
    for _ in range(times):
        text = "\n".join(draw.choice(LINES) for _ in range(draw.randint(1, 7))) + draw.choice(("\n", ""))
        for _ in range(draw.choice((0, 0, 1, 2))):
            text = _change_letter(draw, text)
        found = plain.load(text)
        if found is None:
            continue
        understood += 1
        assert repr(found) == repr(tomllib.loads(text)), text
        for statement in plain.statements(text) or ():
            if not statement.is_header:
                value: Any = found
                for key in statement.path:
                    value = value[key]
                assert tomllib.loads(f"k = {text[slice(*statement.value)]}")["k"] == value
    return understood


STRANGE = {
    "BOM": ("\ufeff{text}", {0}),
    "BOM and CRLF": ("\ufeff{crlf}", {0}),
    "two BOMs": ("\ufeff\ufeff{text}", {3}),
    "CRLF": ("{crlf}", {0}),
    "a CR alone": ("{text}\r", {3}),
    "NUL": ("{text}\0", {3}),
    "a comment with NUL": ("{text}# \0\n", {3}),
    "no line break at the end": ("{text}\n# end", {0}),
    "a long comment": ("{text}\n# " + "x" * MIB, {0}),
    "a comment of hashes": ("{text}\n" + "#" * MIB, {0}),
    "many comments": ("{text}\n" + "#\n" * 100_000, {0}),
    "a name of 1 MB": (f'{{text}}\n[vm.{UUID}]\nname-label = "{"x" * MIB}"\n', {0}),
    "a name of 1 MB of hashes": (f'{{text}}\n[vm.{UUID}]\nname-label = "\\"{"#" * MIB}"\n', {0}),
    "a name of 1 MB of equals": (f'{{text}}\n[vm.{UUID}]\nname-label = "\\"{"=" * MIB}"\n', {0}),
    "a name of 1 MB of lines": (f'{{text}}\n[vm.{UUID}]\nname-label = """{"x" * 60}{chr(10) * 20_000}"""\n', {0}),
    "a key of 1 MB": (f'{{text}}\n[vm.{UUID}]\nother-config = {{{{ "{"k" * MIB}" = "v" }}}}\n', {0}),
    "a key of 1 MB of equals": (f'{{text}}\n[vm.{UUID}]\nother-config = {{{{ "{"=" * MIB}" = "v" }}}}\n', {0}),
    "a field of 1 MB": (f'{{text}}\n[vm.{UUID}]\n{"k" * MIB} = "v"\n', {3}),
    "a class of 1 MB": (f"{{text}}\n[{'k' * MIB}.x]\n", {3}),
    "a uuid of 1 MB": (f"{{text}}\n[vm.{'k' * MIB}]\n", {3}),
    "a list over many lines": (f'{{text}}\n[vm.{UUID}]\ntags = [\n{"".join(f"{chr(34)}{n}{chr(34)},{chr(10)}" for n in range(5000))}]\n', {0}),
    "a key of many dots": (f"{{text}}\n[vm.{UUID}]\n{'a.' * 5000}b = 1\n", {3}),
    "a header of many dots": (f"{{text}}\n[vm{'.a' * 5000}]\n", {3}),
    "a list of tables": ("{without_vms}\n[[vm]]\n[[vm]]\n", {3}),
    "a huge number": (f"{{text}}\n[vm.{UUID}]\nVCPUs-max = {'9' * 5000}\n", {3}),
    "a huge exponent": (f"{{text}}\n[vm.{UUID}]\nHVM-shadow-multiplier = 1e{'9' * 5000}\n", {3}),
    "a fraction beyond decimal": (f"{{text}}\n[vm.{UUID}]\nHVM-shadow-multiplier = 0x{'f' * 5000}\n", {3}),
    "a fraction beyond all": (f'{{text}}\n[vm.{UUID}]\nHVM-shadow-multiplier = 1.7e308\nHVM-boot-policy = "x"\n', {3}),
    "a moment before all": (f"{{text}}\n[vm.{UUID}]\nstart-time = 0001-01-01T00:00:00+23:59\n", {3}),
    "a year that is none": (f"{{text}}\n[vm.{UUID}]\nstart-time = 0000-01-01T00:00:00Z\n", {3}),
}  # fmt: skip


@pytest.mark.parametrize(("form", "statuses"), STRANGE.values(), ids=STRANGE)
def test_strange_files(contract: Contract, pool: Pool, form: str, statuses: set[int]) -> None:
    text = pool[0]
    without_vms = re.sub(r"(?ms)^\[vm\..*", "", text)
    data = form.format(text=text, crlf=text.replace("\n", "\r\n"), without_vms=without_vms).encode()
    assert contract.torment(data) == statuses


@pytest.mark.parametrize("opening", ["[", "{a=", '{"a"=', "[{a=["])
def test_nesting_of_any_depth(contract: Contract, pool: Pool, opening: str) -> None:
    closing = {"[": "]", "{": "}"}
    for depth in (*range(1, 40, 13), *range(40, 1000, 29), 10_000, 100_000):
        deep = (
            "["
            + opening * depth
            + "1"
            + "".join(closing[sign] for sign in reversed(opening * depth) if sign in closing)
            + "]"
        )
        assert 0 not in contract.torment(f"{pool[0]}\n[vm.{UUID}]\nother-config.a = {deep}\n".encode())


HEADER = {"format": "1", "lineage": '"x"', "serial": "5", "rules": '"strict"'}


@pytest.mark.parametrize("key", HEADER)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_every_kind_of_value_in_the_header(contract: Contract, pool: Pool, key: str, value: str) -> None:
    header = HEADER | {key: value}
    text = re.sub(r"(?s)\[state\].*?\n\n", "", pool[0])
    lines = "".join(f"{name} = {text}\n" for name, text in header.items())
    contract.torment(f"[state]\n{lines}\n{text}".encode())
    contract("state-show")
