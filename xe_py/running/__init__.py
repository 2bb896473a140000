"""Running a command, for every caller: choose the objects, bind the arguments, run, verify, commit; all or nothing.

The command line, a line of a script and a Python program each make a `Call`, and `run` it.
"""

from __future__ import annotations

from xe_py.errors import SeveralFailed, XeError
from xe_py.running.binding import bind
from xe_py.schema.command import WORDS
from xe_py.schema.xenclass import GUESTS_ACT
from xe_py.store import surely

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from xe_py.errors import UnsoundStateError
    from xe_py.schema.client import Client
    from xe_py.schema.command import Command, Selector
    from xe_py.schema.listing import Plan
    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.store.promise import Opened, Store

    Words = Sequence[tuple[str, str]]
    T = TypeVar("T")
    Work = Callable[[State], T]


class Call:
    """A command and what is given to it.

    `arguments` go by keyword: objects as records or uuids, other values as their own kind or as the words of the
    command line. A record need not be the state's own: it is followed by its uuid. A command that takes words gets
    `words`. One with a selector is run on the object that is among the arguments, or on those that `filters` choose;
    `multiple` says that there may be several. A text that says so is read only where several are found, as in xe.

    A call that was written as a line knows more: the words as they were `typed`, the names among them of which
    nothing is known (`unknown`), and the `state_file` if the line names it. `client` has the files that the call names;
    without it, a command that needs files only says whether it would be refused.
    """

    __slots__ = ("arguments", "client", "command", "filters", "multiple", "state_file", "typed", "unknown", "words")

    def __init__(
        self,
        command: Command,
        arguments: Mapping[str, Any] | None = None,
        *,
        words: Words = (),
        filters: Words = (),
        multiple: str | bool = False,
        typed: list[str] | None = None,
        state_file: str | None = None,
    ) -> None:
        self.command = command
        self.arguments: dict[str, Any] = dict(arguments or {})
        self.words = words
        self.filters = list(filters)
        self.multiple = multiple
        self.typed = typed or []
        self.unknown: list[str] = []
        self.state_file = state_file
        self.client: Client | None = None

    def on(self, obj: Record) -> Call:
        """The same call on one of the objects that its filters choose."""
        by_uuid = [("uuid", obj["uuid"])]
        return Call(self.command, self.arguments, filters=by_uuid, typed=self.typed, state_file=self.state_file)


def run(state: State, call: Call) -> Any:
    """Run the call; what its command makes. A command that is refused leaves the state as it was.

    Where several objects are chosen, each is done or refused by itself: SeveralFailed tells of those that are refused,
    and the others stay done. What is made of them stands in one list, nothing, one thing or several of each. What is
    raised knows the state and the call.
    """
    let_guests_act(state)
    try:
        if call.command.kind.waits:
            from xe_py.running.waiting import wait_alone

            return wait_alone(state, call)
        if call.command.selector is None:
            return _once(state, call, call.arguments)
        return _on_chosen(state, call.command.selector, call)
    except XeError as refusal:
        refusal.state, refusal.call = state, call
        raise


def let_guests_act(state: State) -> None:
    """Let guests do what they have done by themselves since the last command."""
    if GUESTS_ACT in state.header:
        from xe_py.operations.effects.guests import act

        act(state)


def _on_chosen(state: State, selector: Selector, call: Call) -> Any:
    from xe_py.running.choosing import chosen

    objects = chosen(state, selector, call)
    results = []
    refusals: list[tuple[str, XeError]] = []
    for number, obj in enumerate(objects, 1):
        try:
            among = number, len(objects)
            results.append(_once(state, call, {**call.arguments, selector.name: obj}, among))
        except XeError as refusal:
            if len(objects) == 1:
                raise
            refusal.state, refusal.call = state, call.on(obj)
            refusals.append((obj["uuid"], refusal))
    if refusals:
        raise SeveralFailed(refusals)
    return results[0] if len(results) == 1 and call.multiple is not True else _parts_of(results)


def _once(state: State, call: Call, arguments: Mapping[str, Any], among: tuple[int, int] = (1, 1)) -> Any:
    """Run the command on one object, the first of `among`, or on none; taken back unless the result is sound."""
    if call.command.kind.gets == WORDS:
        return soundly(state, lambda: _by_words(state, call.command, call.words))
    return soundly(state, lambda: _by_arguments(state, call, arguments, among))


def soundly(state: State, work: Callable[[], T]) -> T:
    """Do the work and let the core verify its changes; they are taken back if it is refused or not sound."""
    mark, rules = state.mark(), state.rules
    try:
        result = work()
        if state.mark() > mark:
            from xe_py.state.core import verify

            verify(state, state.changes(mark), everything=state.rules != rules)
    except BaseException:
        state.rollback(mark)
        raise
    return result


def _by_words(state: State, command: Command, words: Words) -> Any:
    about = command.about
    if about is None:
        return command.run(state, words)
    uuid = next(text for name, text in words if name == about.name)
    return command.run(state, state.need(about.to, uuid), [pair for pair in words if pair[0] != about.name])


def _by_arguments(state: State, call: Call, arguments: Mapping[str, Any], among: tuple[int, int]) -> Any:
    command = call.command
    bound = bind(state, command, arguments)
    objects = () if command.about is None else (bound.pop(command.argument(command.about)),)
    if command.counts:
        bound["among"] = among
    if command.grammar is not None:
        command.grammar(state, *objects, **bound)
    if command.kind.files:
        bound["client"] = call.client
    return command.run(state, *objects, **bound)


def _parts_of(results: list[Any]) -> list[Any]:
    parts = [part for result in results for part in (result if isinstance(result, list) else [result])]
    return [part for part in parts if part is not None]


# On a store


def look(store: Store, work: Work[T], doubt: Callable[[UnsoundStateError], None]) -> T:
    """Do work that only reads; `doubt` is told first of a state that is unsound."""
    opened = store.read()
    if opened.findings:
        doubt(opened.unsound())
    return surely(opened, lambda: work(opened.state))


def change(store: Store, command: str, work: Work[T]) -> T:
    """Do the work of the command line and commit it. If only a part is refused, the rest is committed.

    UnsoundStateError where the state was unsound before.
    """
    with store.write(command) as opened:
        return surely(opened, lambda: _committed(opened, work))


def attempt(store: Store, work: Work[Any]) -> tuple[Plan, XeError | None]:
    """What the work would change, and what of it would be refused. Nothing is locked or written.

    Raises the refusal where nothing would be changed, and UnsoundStateError as `change` does.
    """
    opened = store.read()
    return surely(opened, lambda: _attempted(need_sound(opened), work))


def need_sound(opened: Opened) -> State:
    """The state that was opened; UnsoundStateError if that is unsound."""
    if opened.findings:
        raise opened.unsound()
    return opened.state


def _committed(opened: Opened, work: Work[T]) -> T:
    try:
        done = work(need_sound(opened))
    except XeError as refusal:
        if refusal.rest_is_done:
            opened.commit()
        raise
    opened.commit()
    return done


def _attempted(state: State, work: Work[Any]) -> tuple[Plan, XeError | None]:
    from xe_py.state.plan import plan_of

    header, refused = state.header, None
    try:
        work(state)
    except XeError as refusal:
        if not refusal.rest_is_done:
            raise
        refused = refusal
    return plan_of(state.changes(), header, state.header, [state]), refused


def run_on_store(store: Store, call: Call, *, dry_run: bool) -> Any:
    """Run a command about a store as a whole; what it makes."""
    from xe_py.state.state import State

    state = State({})
    bound = bind(state, call.command, call.arguments)
    if call.command.grammar is not None:
        call.command.grammar(state, **bound)
    if not call.command.kind.reads:
        bound["dry_run"] = dry_run
    if call.command.kind.files:
        bound["client"] = call.client
    return call.command.run(store, **bound)
