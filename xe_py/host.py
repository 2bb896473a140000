"""The Python interface: open a state file, run commands with keyword arguments, keep the changes or drop them.

>>> with open_host("host.toml") as host:  # doctest: +SKIP
...     web = host.run("vm-create", name_label="web")
...     host.run("vbd-create", vm=web, device="autodetect", type="CD", mode="RO")

What was run is written when the block ends well, all of it or nothing.
"""

from __future__ import annotations

from contextlib import contextmanager

from xe_py import operations, session
from xe_py.errors import Misuse, UnsoundStateError
from xe_py.operations.select import matching
from xe_py.store import state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.store.document import Document


class Host:
    """A state file held open for writing: no one else can write to it meanwhile."""

    def __init__(self, document: Document, state: State) -> None:
        self._document = document
        self.state = state

    def __repr__(self) -> str:
        """Which file it is."""
        return f"<host {self._document.path}>"

    def run(self, name: str, words: dict[str, str] | None = None, **arguments: Any) -> Any:
        """Run the command and hand back what it makes: a Record, texts, listings, or None.

        Arguments are named as on the command line with `_` for `-`, an object's without `-uuid` (`vm=`, or the class
        for `uuid`); objects are given as records or uuids. Commands that take any field (`vm-list`, `vm-param-set`) get
        `words`. Raises Failure and Misuse; a command that is refused changes nothing.

        Commands with selectors (`vm-start`) choose their objects as on the command line: by a record, uuid or name
        (`vm="web"`), or by fields (`name_label="web"`, or in `words`). With `multiple=True` they take several, hand
        back a list, and raise SeveralFailed for those that were refused: the others stay done.
        """
        command = operations.find(name)
        if command is None or command.on_file:
            raise Misuse(f"Unknown command: {name}")
        if command.takes_words:
            return session.run(self.state, command, words=list((words or {}).items()))
        if not command.selectors:
            return session.run(self.state, command, arguments)
        return session.run_by_keywords(self.state, command, arguments, (words or {}).items())

    def batch(self, lines: Iterable[str], *, keep_going: bool = False) -> str:
        """Run lines of a script as `xe batch` does; what they print.

        Raises ScriptRefused, with the refusals, if lines were refused: then nothing was changed or, with `keep_going`,
        what the other lines did stays. Misuse for what needs a real shell.
        """
        from xe_py.cli.batch import Batch  # noqa: PLC0415 - only a script needs the command line

        return Batch("\n".join(line.rstrip("\n") for line in lines), "lines", keep_going=keep_going).run(self.state)

    def get(self, cls: str, uuid: str) -> Record:
        """The object of the class with this uuid; UUID_INVALID if there is none."""
        return self.state.need(cls, uuid)

    def find(self, cls: str, **filters: str) -> list[Record]:
        """The objects whose fields, named with `_` for `-`, print as the values given."""
        from xe_py import classes  # noqa: PLC0415 - looked up by name

        return matching(
            self.state, classes.get(cls), [(name.replace("_", "-"), text) for name, text in filters.items()]
        )

    def commit(self) -> None:
        """Write what was changed since the last commit, and go on."""
        self._document = state_file.commit(self._document, self.state)

    def rollback(self) -> None:
        """Take back what was changed since the last commit."""
        self.state.rollback(0)


@contextmanager
def open_host(path: str) -> Iterator[Host]:
    """The state in the file, to be worked on; committed at the end of the block, dropped if that is left by an error.

    Raises StateFileError for a file that cannot be used, UnsoundStateError for one that is unsound.
    """
    with state_file.open_to_write(path, "python", whole=True) as (document, state, findings):
        if findings:
            raise UnsoundStateError(document, findings)
        host = Host(document, state)
        yield host
        host.commit()
