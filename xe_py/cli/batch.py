"""Running the lines of a script on one state, as one change."""

from __future__ import annotations

from xe_py.cli import output, words
from xe_py.cli.binding import binding_of, unknown_in
from xe_py.cli.environment import Drawn, clean
from xe_py.cli.expansion import Variables
from xe_py.cli.formats import printed
from xe_py.cli.report import hints_of, message_of, output_of
from xe_py.cli.script import NotPlainError, is_portable, read
from xe_py.errors import Misuse, ScriptRefused, XeError
from xe_py.running import run
from xe_py.running.binding import bind
from xe_py.schema.command import LINES, STORE
from xe_py.schema.secrets import without_secrets
from xe_py.state.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.cli.binding import Binding
    from xe_py.cli.environment import Environment
    from xe_py.cli.script import Step, Word
    from xe_py.cli.words import Line
    from xe_py.running import Call


def batch_of(call: Call, environment: Environment) -> Batch:
    """The script that a call of `batch` names in the environment."""
    given = bind(State({}), call.command, call.arguments)
    text = call.command.run(environment, **given)
    keep_going = given.get("keep_going", False)
    return Batch(text, given["file"], environment, keep_going=keep_going, state_file=call.state_file)


class Batch:
    """A script to be run on a state: all of it or nothing or, with `keep_going`, whatever can be done of it.

    Misuse where it is beyond a plain script. `state_file` is the file if it was named. After a run, `news` has what the
    lines that ask for it tell of messages.
    """

    def __init__(
        self,
        text: str,
        name: str,
        environment: Environment,
        *,
        keep_going: bool = False,
        state_file: str | None = None,
    ) -> None:
        self.news: list[str] = []
        self._name = name
        self._environment = environment
        self._keep_going = keep_going
        self._state_file = state_file
        self._steps = read(text, name, environment.variables, _check)

    def run(self, state: State) -> str:
        """Run it; what it prints. ScriptRefused where lines were refused."""
        lines = _Run(state, self._name, self._environment, self._state_file)
        refusals: list[tuple[int, XeError]] = []
        reports: list[str] = []
        mark = state.mark()
        try:
            for step in output.progress(self._steps, self._name, self._environment):
                try:
                    lines.run(step)
                except XeError as refusal:
                    refusals.append((step.number, refusal))
                    lines.printed.append(output_of(refusal))
                    reports.append(self._report(step, refusal))
                    if not self._keep_going:
                        break
        except BaseException:
            state.rollback(mark)
            raise
        self.news[:] = lines.news
        printed = Drawn("".join(map(clean, lines.printed)))
        if refusals and not self._keep_going:
            state.rollback(mark)
            told = reports[0] + self._hints(refusals[0][1])
            raise ScriptRefused(f"{told}Nothing was changed.", refusals)
        if refusals:
            told = "".join(
                report + self._hints(refusal) for report, (_, refusal) in zip(reports, refusals, strict=True)
            )
            count = f"{len(refusals)} of {len(self._steps)} lines were refused."
            raise ScriptRefused(told + count, refusals, printed)
        return printed

    def _report(self, step: Step, refusal: XeError) -> str:
        printed = "" if self._keep_going else output_of(refusal)
        line = f"{self._name}:{step.number}: {without_secrets(step.text)}"
        return f"{line}\n{printed}{message_of(refusal, plain=self._environment.is_plain)}"

    def _hints(self, refusal: XeError) -> str:
        return hints_of(refusal, plain=self._environment.is_plain)


class _Run:
    """One run of a script: the state, the variables, and what was printed so far."""

    def __init__(self, state: State, name: str, environment: Environment, state_file: str | None) -> None:
        self.printed: list[str] = []
        self.news: list[str] = []
        self._state = state
        self._name = name
        self._environment = environment
        self._state_file = state_file
        self._variables = Variables(environment.variables, lambda call: self._output(call, captured=True))
        self._extra = words.extra_words(environment.extra)

    def run(self, step: Step) -> None:
        """Run one step."""
        for name, word in step.assigned:
            self._variables.assign(name, word, exported=step.program == "export")
        if step.program == "xe":
            self.printed.append(self._output(step, captured=False))
        elif step.program == "echo":
            self._echo(step)
        elif step.program == "set":
            self._variables.set(step.words)

    def _echo(self, step: Step) -> None:
        given = self._variables.words(step.words)
        if not is_portable(given):
            raise Misuse("Every shell has its own way to echo a switch or a backslash.")
        if not step.silent:
            self.printed.append(" ".join(given) + "\n")

    def _output(self, step: Step, *, captured: bool) -> str:
        """Run a call of xe; what it prints."""
        given = self._variables.words(step.words)
        line = words.split(given)
        try:
            bound = _binding(line)
        except NotPlainError as beyond:
            raise Misuse(f"xe batch cannot run this line: {beyond}.") from None
        if self._extra:
            line = words.split([*given, *self._extra])
        call = bound.call(line.words)
        call.state_file, call.client = self._state_file, self._environment
        unknown = unknown_in(call, self._environment)
        if unknown and not step.quiet:
            self._environment.outcome.warn(f"{self._name}:{step.number}: {unknown}")
        text = ""
        if call.command.asks is not None:
            from xe_py.cli.asking import unasked

            text = unasked(call.command.asks, call, self._state)
        goes_to = None if captured else self._environment.output
        text += printed(self._state, self._done(line, call), line, goes_to)
        return "" if step.silent else clean(text) if captured else text

    def _done(self, line: Line, call: Call) -> Any:
        """Run the call; its result."""
        if not any(word.startswith("message-priority") for word in line.words):
            return run(self._state, call)
        from xe_py.cli.news import listening

        told: list[str] = []
        try:
            return listening(lambda state: run(state, call), call, told)(self._state)
        finally:
            self.news += told


# Commands that were found to be changes of the state.
_plain: set[str] = set()


def _check(given: list[Word]) -> None:
    """NotPlainError if the call, as far as it is known before it is run, cannot be part of a script."""
    known = [word for word in given if isinstance(word, str)]
    if known and known[0] is given[0] and known[0] in _plain and not any(word.startswith("-") for word in known):
        return
    try:
        found = _binding(words.split([word if isinstance(word, str) else "=" for word in given]))
    except Misuse:
        return  # Refused when its turn comes.
    _plain.add(found.command.name)


def _binding(line: Line) -> Binding:
    """The binding of the line's command; NotPlainError where the line cannot be part of a script."""
    if line.version:
        raise NotPlainError("--version")
    if line.help or line.command == "help":
        raise NotPlainError("help")
    if not line.command:
        raise NotPlainError("xe without a command")
    if line.state is not None:
        raise NotPlainError("another state file (--state)")
    if line.asks:
        raise NotPlainError("can")
    if line.dry_run:
        raise NotPlainError("--dry-run of a single line")
    if line.explain:
        raise NotPlainError("--explain")
    found = binding_of(line.command)
    if found.command.kind.gets in {STORE, LINES}:
        raise NotPlainError(f"{line.command} must be run by itself")
    return found
