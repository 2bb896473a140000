"""Whatever the words of a command line are: no bug shows, a refusal changes nothing, what is accepted is sound."""

import os
import shlex
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torture import Contract, draws, furnish

from xe_py import operations
from xe_py.cli.words import WITH_VALUE
from xe_py.operations import select
from xe_py.schema.command import Command
from xe_py.store import store_for
from xe_py.store.toml.render import canonical

if TYPE_CHECKING:
    from conftest import Process, Xe

pytestmark = pytest.mark.slow

MUCH = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = [name for name in operations.names() if name != "serve"]  # which waits to be ended
# Words that say which file is meant, or do something else than the command.
APART = ("--state", "--debug", "--help", "-help", "--version")
ODD = (
    "", "=", "==", "=x", "-", "--", "---", ":", "a:", ":a", ",", ",,", " ", "\t", "\n", "\r\n", "\0", "\x1b[2J", "\x7f",
    "\x85", "\u2028", "\ufeff", "\ufffe", "\udcff", "\ud800", "é", "\U0001f600", "'", '"', "\\", '"""', "'''", "\\u0000",
    "]", "[x]", "#", "%s", "{}", "$HOME", "`id`", "../../etc/passwd", "/dev/zero", "0", "-1", "1", "00", "1e9", "nan",
    "inf", "-inf", "1e308", str(1 << 63), str(-(1 << 63)), "9" * 5000, "٣", "²", "true", "TRUE", "False", "all", "x" * 70_000,
    "autodetect", "random", "ext", "iso", "nfs", "KiB", "1KiB", "99999999TiB", "1GiB", "128MiB", "2026-01-01", "null",
    "00000000-0000-4000-8000-00000000000a", "xvda", "eth0", "7", "4095", "192.168.1.9", "::1", "fe80::1%eth0", "DHCP",
)  # fmt: skip


class Furnished(Contract):
    """A pool with an object of each class that is put back after each change."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "host.toml")
        self.made = furnish(self.path)
        self.data = self.path.read_bytes()
        self.accepted = 0

    def attempt(self, argv: list[str]) -> int:
        """Run the words; what was accepted must be sound and is taken back."""
        status = self(*argv).status
        if self.path.read_bytes() != self.data:
            self.accepted += 1
            assert not store_for(str(self.path), os.environ).read().findings, argv
            assert "--dry-run" not in argv, argv
            self.path.write_bytes(self.data)
        return status


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    return Furnished(tmp_path_factory.mktemp("furnished"))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No word may lead to a file of the user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("XE_STATE", raising=False)


def harmless(words: list[str]) -> list[str]:
    """The words without those that lead elsewhere."""
    return [word for word in words if word.partition("=")[0] not in APART]


WORD = st.one_of(
    st.sampled_from(ODD), st.sampled_from(NAMES), st.text(max_size=8), st.sampled_from(sorted(WITH_VALUE)),
    st.builds("{}={}".format, st.sampled_from(("uuid", "name-label", "params", "vm", "--multiple")), st.sampled_from(ODD)),
)  # fmt: skip


@MUCH
@given(words=st.lists(WORD, max_size=6))
def test_any_words(furnished: Furnished, words: list[str]) -> None:
    furnished.attempt(harmless(words))


@settings(MUCH, max_examples=50)
@given(extra=st.text(max_size=40))
def test_any_words_in_the_environment(furnished: Furnished, extra: str) -> None:
    if not any(word in extra for word in ("state", "debug", "help", "version", "\0")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XE_EXTRA_ARGS", extra.encode("utf-8", "replace").decode())
            furnished.attempt(["vm-list"])
            furnished.attempt(["vm-create", "name-label=x"])


def likely_words(draw: Random, command: Command, made: dict[str, str]) -> list[str]:
    """Words for the command: most of what it asks for, and values of which some could be right."""
    uuids = [*made.values(), *made.values(), ""]
    family = command.name.partition("-")[0]
    words = [command.name]
    names = [field.name for field in command.parameters()]
    asked = [field.name for field in command.required]
    for name in dict.fromkeys(
        [*(name for name in asked if draw.random() < 0.95), *draw.sample(names, min(len(names), 3))]
    ):
        target = family if name == "uuid" else name.partition("-")[0].lower()
        right = [made[target]] if target in made and draw.random() < 0.8 else uuids if draw.random() < 0.3 else ODD
        if name == "param-name" and draw.random() < 0.9:
            right = ["name-label", "other-config", "tags", "memory-static-max", "uuid", "blocked-operations"]
        key = draw.choice(("",) * 6 + ("-k", f":{draw.choice(ODD)}"))
        words.append(
            draw.choice(("", "", "", "--")) + name + key + draw.choice(("=",) * 9 + ("",)) + draw.choice(right)
        )
    if command.selector and draw.random() < 0.8:
        name = command.selector.name
        words.append(f"{name}={draw.choice((made[name], *ODD))}")
    if draw.random() < 0.2:
        words.append(
            draw.choice(
                (*ODD, "--multiple", "--force", "--dry-run", "--minimal", "--minimal=x", "params=all", "database:x=")
            )
        )
    return harmless(words)


@pytest.mark.parametrize("seed", range(6))
def test_likely_words_on_every_command(furnished: Furnished, seed: int) -> None:
    draw = draws(seed)
    for name in NAMES:
        command = operations.find(name)
        assert command is not None
        furnished.attempt(likely_words(draw, command, furnished.made))
    assert furnished.accepted


TOKENS = (
    "xe ", "xe vm-list", "xe vm-create name-label=x", "xe vm-start vm=", "A=", "$A", "${A}", '"$A"', "$(", ")", "`", "'", '"', "\\", "\\\n",
    "\n", ";", "&&", "|", ">", ">/dev/null", "2>&1", "<<E", "#", " ", "\t", "echo ", "set -eu", "export ", "if", "$", "${", "}", "~", "*", "?",
    "é", "\u2028", "\0", "\r", "x", "=1", "--minimal", "--force", "--state x", "--dry-run", "batch -", "state-init", "state-undo",
)  # fmt: skip


@MUCH
@given(tokens=st.lists(st.one_of(st.sampled_from(TOKENS), st.text(max_size=5)), max_size=25))
def test_scripts_of_any_tokens(furnished: Furnished, tokens: list[str]) -> None:
    Path("script").write_bytes("".join(tokens).encode("utf-8", "surrogatepass"))
    furnished.attempt(["batch", "script"])
    furnished.attempt(["batch", "script", "--dry-run"])


@pytest.mark.parametrize("opening", ["$(", '"$(', "A=$(xe ", "`", '"', "'", "\\\n", "${", "(", "{ ", "# \n", "\n"])
def test_scripts_of_one_thing(furnished: Furnished, opening: str) -> None:
    for times in (1, 100, 3000, 30_000):
        Path("script").write_text(f"X={opening * times}\n")
        furnished.attempt(["batch", "script"])


LONG = {
    "a long command": ["x" * 1_000_000],
    "a long value": ["vm-create", "name-label=" + "x" * 1_000_000],
    "a long field": ["vm-list", "x" * 1_000_000 + "=1"],
    "a long uuid": ["vm-start", "uuid=" + "x" * 1_000_000],
    "a long key": ["vm-param-set", "uuid={vm}", "other-config:" + "k" * 1_000_000 + "=1"],
    "a long parameter": ["vbd-plug", "uuid={vbd}", "x" * 1_000_000 + "=1"],
    "many filters": ["vm-list", *(f"other-config:k{number}=1" for number in range(3000))],
    "many parameters": ["vbd-plug", "uuid={vbd}", *(f"parameter{number}=1" for number in range(3000))],
    "many keys": ["vm-param-set", "uuid={vm}", *(f"other-config:k{number}=1" for number in range(3000))],
    "many selectors": ["vm-start", *(f"other-config:k{number}=1" for number in range(3000))],
    "many positions": ["vm-list", *("x" for _ in range(3000))],
    "many commands": ["help", *("x" for _ in range(3000))],
    "many switches": ["vm-list", *("--minimal" for _ in range(3000))],
    "many PIFs": ["bond-create", "network-uuid={network}", "pif-uuids=" + ",".join(["{pif}"] * 3000)],
    "many fields": ["vm-list", "params=" + ",".join(["uuid"] * 100_000)],
    "many members": ["vm-param-add", "uuid={vm}", "param-name=tags", "param-key=" + "," * 100_000],
}


@pytest.mark.parametrize("words", LONG.values(), ids=LONG)
def test_long_lines(furnished: Furnished, words: list[str]) -> None:
    furnished.attempt(
        [
            word.replace("{", "").replace("}", "") if len(word) > 100_000 else word.format(**furnished.made)
            for word in words
        ]
    )


@pytest.mark.parametrize("word", [word for word in ODD if "\0" not in word and len(word) < 5000])
def test_odd_words_of_a_real_process(process: "Process", xe: "Xe", word: str) -> None:
    """The bytes of a word that is no text of the locale arrive as well."""
    for argv in (["vm-create", f"name-label={word}"], [word], ["vm-list", f"{word}=1"], ["help", word]):
        done = process.xe(
            "--state", str(xe.state), *(os.fsdecode(each.encode("utf-8", "surrogatepass")) for each in argv)
        )
        assert done.status in {0, 1, 3}
        assert "Traceback" not in done.err
        assert "INTERNAL_ERROR" not in done.err
    assert not store_for(str(xe.state), os.environ).read().findings


TEXTS = (
    "two\nlines", "\n", "\r\n", "a\r", "tab\t", 'say "x"', '"', '""', '"""', "'", "'''", "\\", "\\\\", "a\\", "\\n", "\\u0041", "#", "a # b",
    "= 1", "[vm]", "[vm.x]\nname-label = 1", "]", "{ }", "x,y", "\0", "\x01\x1b[31m\x7f", "\x85\u2028\u2029", "\ufeff", "é\u0301", "\U0001f600",
    "\U0010ffff", "\ue000", "ﬁ", "ß" * 3000, " ", "  x  ", "true", "1", "-", "--force", "ends with a backslash \\", "\n\n[state]\nserial = 9",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_any_text_comes_back_as_it_was(xe: "Xe", text: str) -> None:
    """A name, a description, a member of a set, a key and a value of a map keep every letter, through later changes too."""
    name = xe.run(["vm-create", f"name-label={text}"]).out.strip()
    key = text.replace("=", "")
    xe.run(
        ["vm-param-set", f"uuid={name}", f"name-description={text}", f"other-config:{key}=1", f"other-config:k={text}"]
    )
    xe.run(["vm-param-add", f"uuid={name}", "param-name=tags", f"param-key={text}"])
    for change in ("name-label=other", "VCPUs-max=2", "other-config:z=1", "name-description=other"):
        other = xe.do("vm-create name-label=between")
        xe.do(f"vm-param-set uuid={other} {change}")
    xe.run(["vm-param-set", f"uuid={name}", f"name-label={text}{text}"])
    xe.run(["vm-param-set", f"uuid={name}", f"name-label={text}"])
    opened = store_for(str(xe.state), os.environ).read()
    state = opened.state
    vm = state.need("vm", name)
    assert not opened.findings
    assert (vm["name-label"], vm["name-description"], vm["tags"]) == (text, text, [text])
    assert vm["other-config"].items() >= {key: "1", "k": text}.items()
    assert xe.state.read_bytes().decode() == canonical(state)
    cls = vm.cls
    assert select.matching(state, cls, [("name-label", text)]) == [vm]


def test_a_word_that_is_no_text_is_refused(xe: "Xe") -> None:
    for line in (
        "vm-create name-label={odd}",
        "vm-param-set uuid={vm} other-config:{odd}=1",
        "sr-create type=iso name-label=x device-config:location={odd} device-config:legacy_mode=true",
    ):
        words = shlex.split(line.format(odd="\udcff", vm=xe.do("vm-create name-label=web")))
        refused = xe.run(words)
        assert refused.status == 1
        assert "INTERNAL_ERROR" not in refused.err
