"""Sessions as text: what a user types and sees, replayed from an empty HOME in a real bash with the real program.

A session is a text with `$ command` lines, each followed by what it prints, output and errors together. `# exit 1`
behind that says that the command ends so; without it the command ends with 0. Uuids, MAC addresses and times differ
from run to run: they count as the same where each stands for one and the same throughout. A line that begins with `>`
behind a command goes on with it. HOME is shown as /home/me.

`python tests/test_sessions.py FILE...` writes down anew what the commands of a session print, to be looked at.
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Process

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
PAGES = [page for page in (README, *sorted(HERE.glob("../docs/*.md"))) if "```console\n" in page.read_text()]
CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
    r"|[0-9]{8}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
)


def steps(text: str) -> list[tuple[str, str]]:
    """The commands of a session, each with what it is to print and, last, its exit status if that is not 0."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1] = (found[-1][0] + "\n" + line[2:], [])
        elif found:
            found[-1][1].append(line)
    return [(command, "\n".join(shown).rstrip("\n")) for command, shown in found]


def replay(process: "Process", text: str) -> None:
    commands = [command for command, _ in steps(text)]
    shown = shows(process, commands)
    assert unchanging("\n".join(shown)) == unchanging("\n".join(expected for _, expected in steps(text)))


def shows(process: "Process", commands: list[str]) -> list[str]:
    """What each of the commands prints, from an empty HOME on."""
    script = "exec 2>&1\n" + "".join(
        f"{command}\nstatus=$?; [ $status -eq 0 ] || echo '# exit '$status; echo '=== done'\n" for command in commands
    )
    assert list(process.home.iterdir()) == []
    done = process.run(["bash", "-c", script])
    out = done.out.replace(str(process.home), "/home/me")
    return [part.rstrip("\n") for part in out.split("=== done\n")][: len(commands)]


def unchanging(text: str) -> str:
    """The text with whatever differs from run to run numbered by its first appearance."""
    numbers: dict[str, str] = {}
    return CHANGING.sub(lambda found: numbers.setdefault(found[0], f"<{len(numbers)}>"), text)


@pytest.mark.parametrize("session", sorted(HERE.glob("sessions/*.txt")), ids=lambda path: path.stem)
def test_a_session_goes_as_written(process: "Process", session: Path) -> None:
    replay(process, session.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_session_on_a_page_goes_as_written(process: "Process", page: Path) -> None:
    blocks = re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    assert blocks[0].startswith("$ xe state-init name-label=")
    replay(process, "".join(blocks))


def record(session: Path) -> None:
    """Write down what the commands of a session print now."""
    from conftest import Process

    commands = [command for command, _ in steps(session.read_text())]
    with tempfile.TemporaryDirectory() as home:
        shown = shows(Process(Path(home)), commands)
    text = ""
    for command, printed in zip(commands, shown, strict=True):
        text += "$ " + command.replace("\n", "\n> ") + "\n" + (printed + "\n" if printed else "")
    session.write_text(text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        record(Path(name))
