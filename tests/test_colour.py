"""A terminal gets states, heads and refusals in colour; everything else is the same, byte for byte."""

import io
import os
import re

import pytest
from conftest import Xe

from xe_py.cli import main
from xe_py.cli.environment import Environment

COLOUR = re.compile(r"\x1b\[\d+m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(xe: Xe, line: str, *, terminal: bool = True, **variables: str) -> tuple[str, str]:
    """What a line prints on both streams."""
    out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
    environment = Environment({**os.environ, "TERM": "xterm", **variables}, (io.StringIO(), out, err))
    main.run(["--state", str(xe.state), *line.split()], environment)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def web(xe: Xe) -> str:
    return xe.do("vm-create name-label=web")


@pytest.mark.parametrize(
    ("line", "coloured"),
    [
        ("vm-list name-label=web", "power-state ( RO): \x1b[2mhalted\x1b[0m\n"),
        ("host-list params=enabled", "enabled ( RO)    : \x1b[32mtrue\x1b[0m\n"),
        ("describe web", "\x1b[1mVM web\x1b[0m\n"),
        ("describe web", "  power-state         \x1b[2mhalted\x1b[0m\n"),
        ("describe web", "\x1b[1mAllowed now\x1b[0m\n"),
        ("vm-tree web", "web  \x1b[2mhalted\x1b[0m, 1 vCPU"),
        ("state-history", "\x1b[1mserial  when"),
    ],
)
@pytest.mark.usefixtures("web")
def test_states_and_heads_are_in_colour(xe: Xe, line: str, coloured: str) -> None:
    assert coloured in shown(xe, line)[0]


def test_the_head_of_a_refusal_is_in_colour(xe: Xe, web: str) -> None:
    head, *rest = shown(xe, f"vm-shutdown uuid={web}")[1].splitlines()
    assert head.startswith("\x1b[31m")
    assert not COLOUR.search("\n".join(rest))


LINES = (
    "vm-list", "vm-list --minimal", "vm-list --json", "vm-list --table", "vm-param-list uuid={web}", "describe web",
    "vm-tree web", "state-tree", "state-history", "state-orphans", "vm-shutdown uuid={web}", "vm-param-set uuid={web} name-label=db --dry-run",
    "explain vbd", "help vm-start", "vm-param-get uuid={web} param-name=power-state",
)  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_without_a_terminal_or_with_no_color_there_are_none(xe: Xe, web: str, line: str) -> None:
    words = line.format(web=web)
    plain = shown(xe, words, terminal=False)
    assert not COLOUR.search("".join(plain))
    assert not COLOUR.search("".join(shown(xe, words, NO_COLOR="1"))) or "--table" in line
    assert shown(xe, words, terminal=False, NO_COLOR="1") == plain


@pytest.mark.parametrize("line", LINES)
def test_colours_change_nothing_but_colours(xe: Xe, web: str, line: str) -> None:
    words = line.format(web=web)
    plain = shown(xe, words, terminal=False)
    forced = shown(xe, words, terminal=False, CLICOLOR_FORCE="1")
    assert tuple(COLOUR.sub("", text) for text in forced) == plain
    assert shown(xe, words, terminal=False, CLICOLOR_FORCE="0") == plain


@pytest.mark.parametrize(
    "line", ["vm-list --minimal", "vm-list --json", "vm-param-get uuid={web} param-name=power-state"]
)
def test_what_programs_read_has_no_colour_on_a_terminal_either(xe: Xe, web: str, line: str) -> None:
    assert not COLOUR.search(shown(xe, line.format(web=web))[0])


def test_no_name_steers_a_terminal(xe: Xe) -> None:
    steering = "a\x1b[31m\x9b\u202eb"
    xe.run(["vm-create", f"name-label={steering}"])
    for line in ("vm-list", f"describe {steering}", f"vm-tree {steering}", f"vm-shutdown {steering}x"):
        text = COLOUR.sub("", "".join(shown(xe, line)))
        assert not set("\x1b\x9b\u202e") & set(text)
