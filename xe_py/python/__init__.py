"""The Python interface: open a state file, run commands with keyword arguments, keep the changes or drop them.

>>> with open_host("host.toml") as host:  # doctest: +SKIP
...     web = host.run("vm-create", name_label="web")
...     host.run("vbd-create", vm=web, device="autodetect", type="CD", mode="RO")

What was run is written when the block ends well, all of it or nothing.
"""

from __future__ import annotations

import os
from _thread import RLock
from collections.abc import Iterable, Mapping
from contextlib import contextmanager

from xe_py import classes, operations, running
from xe_py.cli.environment import of_process
from xe_py.errors import Misuse, StateFileError
from xe_py.operations.select import matching
from xe_py.python.keywords import as_words, field_of, filters_of, view_of
from xe_py.python.objects import Object
from xe_py.running import Call
from xe_py.running.binding import own
from xe_py.schema import arguments
from xe_py.schema.command import LINES, STORE, WORDS
from xe_py.schema.fields import Bool
from xe_py.schema.listing import Listing
from xe_py.schema.numbers import is_uuid
from xe_py.state.record import Record
from xe_py.store import store_for, surely

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    from xe_py.schema.command import Command
    from xe_py.state.changes import Committed
    from xe_py.state.state import State
    from xe_py.store.promise import Opened
    from xe_py.store.terms import Outcome

    T = TypeVar("T")

_MULTIPLE = Bool("multiple")


class Host:
    """A state file held open for writing: no one else can write to it meanwhile.

    It is used in the block of `open_host`, in the process that opened it; its threads take turns. `state` is what the
    commands work on.
    """

    def __init__(self, opened: Opened, outcome: Outcome) -> None:
        self._opened = opened
        self._outcome = outcome
        self._turn = RLock()
        self._process = os.getpid()
        self._ended = False

    def __repr__(self) -> str:
        return f"<Host {self._opened.name}, {'ended' if self._ended else 'open'}>"

    @property
    def state(self) -> State:
        """The state that the commands work on."""
        return self._opened.state

    def run(self, name: str, /, words: Mapping[str, Any] | None = None, **keywords: Any) -> Any:
        """Run the command and hand back what it makes: an Object, a text, a Listing, a list of these, or None.

        Arguments are named as on the command line with `_` for `-`, an object's without `-uuid` (`vm=`, or the class
        for `uuid`). Objects are given as such or as uuids, other values as their own kind or as a word of the command
        line; None is as if left out. What is no Python name, as `other-config:key`, is given in `words`.

        A command that selects its objects takes `vm=` (an object, a uuid or a name), fields to filter by, and
        `multiple=True`, by which it hands back a list; `vm=None` is refused. Raises Failure, Misuse and,
        where it was refused for some of several objects, SeveralFailed; a command that is refused changes nothing.
        """
        command = operations.find(arguments.text("the command", name))
        if command is None:
            from xe_py.cli.binding import binding_of

            command = binding_of(name).command
        if command.kind.gets == STORE:
            raise Misuse(f"Error: {name} is about a state file as a whole; it cannot be run on an open host.")
        if not isinstance(words or {}, Mapping):
            raise Misuse(f"Error: the words must be a dict, not {arguments.kind_of(words)}.")
        return self._do(lambda: self._run(command, words or {}, keywords))

    def batch(self, lines: Iterable[str], *, keep_going: bool = False) -> str:
        """Run lines of a script as `xe batch` does; what they print.

        Raises ScriptRefused, with the refusals, if lines were refused: then nothing was changed or, with `keep_going`,
        what the other lines did stays. Misuse for what only a shell can run.
        """
        if isinstance(lines, str):
            lines = lines.splitlines()
        if not isinstance(lines, Iterable):
            raise Misuse(f"Error: the lines must be a list of texts, not {arguments.kind_of(lines)}.")
        text = "\n".join([arguments.text("a line", line).rstrip("\n") for line in lines])
        return self._do(lambda: self._batch(text, "lines", keep_going))

    def get(self, cls: str, uuid: str) -> Object:
        """The object of the class with this uuid; UUID_INVALID if there is none."""
        of = view_of(cls).of
        return self._do(lambda: self._object(own(self.state, "uuid", of, self._own(uuid))))

    def find(self, cls: str, **filters: Any) -> list[Object]:
        """The objects for which all filters hold, in order of creation, as `vm-list` filters.

        A filter is a field, named with `_` for `-`, and the text that it prints, or its value; None is no value.
        """
        view = view_of(cls)

        def found() -> list[Object]:
            words = filters_of(view, self._owned(filters))
            return [self._object(obj) for obj in matching(self.state, classes.get(view.of), words)]

        return self._do(found)

    def value(self, obj: Object | Record, name: str) -> Any:
        """The value of a field of the object as it is now, computed where it is derived; it is the caller's own."""
        if self._process != os.getpid():
            self._refuse()
        if not isinstance(obj, (Object, Record)):
            raise Misuse(f"Error: a field is asked of an object, not of {arguments.kind_of(obj)}.")
        field = field_of(obj.cls, name)

        def read() -> Any:
            value = self.state.value(self.state.need(obj.cls.name, obj["uuid"]), field.name)
            return value.copy() if isinstance(value, (dict, list)) else value

        with self._turn:
            return surely(self._opened, read)

    def commit(self) -> Committed:
        """Write what was changed since the last commit, by any thread, and go on; the serial, and what was changed."""
        return self._do(self._opened.commit)

    def rollback(self) -> None:
        """Take back what was changed since the last commit, by any thread."""
        self._do(lambda: self.state.rollback(0))

    def end(self, *, keep: bool) -> None:
        """Commit if the changes are to be kept, else take them back; from then on nothing can be run."""
        if self._process != os.getpid():
            if keep:
                self._refuse()
            return
        with self._turn:
            try:
                if keep:
                    self.commit()
                else:
                    self.state.rollback(0)
            finally:
                self._ended = True

    # Whether and how something is done

    def _do(self, work: Callable[[], T]) -> T:
        if self._process != os.getpid():
            self._refuse()
        with self._turn:
            if self._ended:
                raise Misuse("Error: The block of this host has ended. Open the file again with open_host.")
            try:
                return surely(self._opened, work)
            finally:
                if self._outcome.warnings:
                    of_process(self._outcome).tell_warnings()

    def _refuse(self) -> None:
        raise Misuse(
            f"Error: This host was opened by process {self._process}, and its lock is not that of a forked process.\n"
            "Open it there with open_host when the other has ended its block."
        )

    # Running

    def _run(self, command: Command, words: Mapping[str, Any], keywords: Mapping[str, Any]) -> Any:
        call = self._call(command, self._owned(words), self._owned(keywords))
        if command.kind.gets == LINES:
            from xe_py.cli.batch import batch_of

            return batch_of(call, of_process(self._outcome)).run(self.state)
        if command.kind.files:
            call.client = of_process(self._outcome)
        return self._handed_out(running.run(self.state, call))

    def _call(self, command: Command, words: Mapping[str, Any], keywords: Mapping[str, Any]) -> Call:
        if command.kind.gets == WORDS:
            return Call(command, words=as_words(command, words, keywords))
        if twice := words.keys() & keywords.keys():
            raise Misuse(f"Error: {min(twice)} is given twice.")
        given = {**words, **keywords}
        if command.selector is None:
            return Call(command, given)
        return self._choosing(command, command.selector.name, given)

    def _choosing(self, command: Command, cls: str, given: dict[str, Any]) -> Call:
        """The call on the object given or, where it takes several, on each of those that the words choose."""
        own = {name: given.pop(name) for name in command.by_argument() if name in given}
        multiple = arguments.value("multiple", _MULTIPLE, given.pop("multiple", False))
        if cls in given and given[cls] is None:
            raise Misuse(
                f"Error: {cls} is None. Give an object, a uuid or a name; to choose by other fields, leave {cls} out."
            )
        obj = given.pop(cls, None)
        filters = filters_of(view_of(cls), given, command)
        if isinstance(obj, str) and not is_uuid(obj):
            filters = [(cls, arguments.text(cls, obj)), *filters]
        elif obj is not None:
            own[cls] = obj
        elif not (filters or multiple):
            raise Misuse(f"Required parameter not found: {cls}")
        return Call(command, own, filters=filters, multiple=multiple)

    def _batch(self, text: str, name: str, keep_going: bool) -> str:
        from xe_py.cli.batch import Batch

        return Batch(text, name, of_process(self._outcome), keep_going=keep_going).run(self.state)

    # Objects in and out

    def _owned(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._own(value) for name, value in values.items()}

    def _own(self, value: Any) -> Any:
        """The same with the records of the state in the place of objects."""
        if isinstance(value, Object):
            return self.state.need(value.cls.name, value.uuid)
        return [self._own(each) for each in value] if isinstance(value, (list, tuple)) else value

    def _handed_out(self, result: Any) -> Any:
        """The same with objects in the place of records, and listings with what they print."""
        if isinstance(result, list):
            return [self._handed_out(each) for each in result]
        if isinstance(result, Listing):
            result.rows = [
                {field.name: field.show(field.shown(self.state.values([obj], field)[0])) for field in result.fields}
                for obj in result.records
            ]
        return self._object(result) if isinstance(result, Record) else result

    def _object(self, obj: Record) -> Object:
        return Object(self, obj.cls, obj["uuid"])


@contextmanager
def open_host(path: str | os.PathLike[str]) -> Iterator[Host]:
    """Open the state in the file to work on it. The end of the block commits the changes; an error drops them.

    Raises StateFileError for a file that cannot be used, UnsoundStateError for one that is unsound.
    """
    path = _path(path)
    if not os.path.lexists(path):
        raise StateFileError(
            f"The state file {path} does not exist.\nMake one with: xe_py.create_host({path!r}, name_label=...)"
        )
    environment = of_process()
    with store_for(path, environment.variables, environment.outcome).write("python") as opened:
        running.need_sound(opened)
        host = Host(opened, environment.outcome)
        done = False
        try:
            yield host
            done = True
        finally:
            host.end(keep=done)


def create_host(path: str | os.PathLike[str], **options: Any) -> None:
    """Make a state file with a fresh host in it; the options are those of `state-init`, with `_` for `-`.

    `name_label`, `hosts`, `nics`, `cpus`, `memory`, `disk`, `rules`, `templates`, `preset`, `srs`, `vms`,
    `from_machine`, and `force` to replace a file that is there. Raises Misuse, and StateFileError where the file cannot
    be made.
    """
    from xe_py.cli.binding import binding_of

    if os.path.isfile(_path(path)) and not options.get("force"):
        raise StateFileError(f"The state file {_path(path)} already exists.\nTo replace it, add: force=True")
    environment = of_process()
    store = store_for(_path(path), environment.variables, environment.outcome)
    try:
        running.run_on_store(store, Call(binding_of("state-init").command, options), dry_run=False)
    finally:
        environment.tell_warnings()


def _path(path: Any) -> str:
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise Misuse(f"Error: The path of a state file must be a text, not {arguments.kind_of(path)}.")
    return os.fsdecode(path)
