"""A plugin that records which refusals the tests provoke, and fails a whole run in which one never fired.

`pytest --figures` says how many rules, guards and codes there are and were provoked.

A refusal is a `Failure("CODE", …)` in the source, known by its file, the function it stands in and its code. Workers
of a run on several processes hand their records to the one that leads.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

import xe_py
from xe_py import classes, errors
from xe_py.codes import CODES, UNLISTED
from xe_py.schema.xenclass import Rule

PACKAGE = Path(xe_py.__file__).parent
# A bug is provoked in a real process, where nothing is recorded.
ELSEWHERE = {("cli/main.py", "run", "INTERNAL_ERROR")}
RULE = "rule"
_fired: set[tuple[str, str, str]] = set()
_raised: set[tuple[CodeType, str]] = set()
_create = errors.Failure.__init__


def _record(self: errors.Failure, code: str, *values: object, **rest: object) -> None:
    _raised.add((sys._getframe(1).f_code, code))  # noqa: SLF001 - the caller is what is recorded
    _create(self, code, *values, **rest)


def _places() -> Iterator[tuple[str, str, str]]:
    """The refusals that were raised, by file, function and code."""
    for place, code in _raised:
        file = Path(place.co_filename)
        if PACKAGE in file.parents:
            # A list that is made, or a lambda, has a name of its own, in angle brackets.
            names = [name for name in place.co_qualname.split(".") if not name.startswith("<")]
            yield str(file.relative_to(PACKAGE)), (names or [place.co_name])[-1], code


def _recorded(rule: Rule) -> Callable[[Any, Any], Iterator[errors.Failure]]:
    check = rule.check

    def recorded(state: Any, obj: Any) -> Iterator[errors.Failure]:
        for failure in check(state, obj):
            _fired.add((RULE, "", rule.name))
            yield failure

    return recorded


errors.Failure.__init__ = _record  # type: ignore[assignment] # each refusal is noted as it is made
RULES = {rule.name: rule for cls in classes.sections() for rule in cls.rules}
for _rule in RULES.values():
    _rule.check = _recorded(_rule)


def refusals() -> set[tuple[str, str, str]]:
    """Every refusal in the source, and every declared uniqueness as one of the function that checks it."""
    found = {("state/core.py", "_check_unique", unique.refusal) for cls in classes.sections() for unique in cls.unique}
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        file = str(path.relative_to(PACKAGE))
        # Walked from the outside to the inside, so that the innermost function around a refusal is the last to claim it.
        innermost = {
            node: function.name
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Failure"
        }
        for node, function in innermost.items():
            if isinstance(node.args[0], ast.Constant):
                found.add((file, function, str(node.args[0].value)))
    return found


def figures() -> str:
    """How many rules, guards, refusals and codes there are, and how many of each were provoked."""
    rules, written = {(RULE, "", name) for name in RULES}, refusals()
    guards = {(file, name) for file, name, _ in written if file.startswith("classes/") and name not in RULES}
    codes = {(code,) for code in CODES | UNLISTED} - {row[2:] for row in ELSEWHERE}
    counts = {
        "rules": (_fired, rules),
        "guards": ({row[:2] for row in _fired}, guards),
        "refusals": (_fired, written - ELSEWHERE),
        "codes": ({row[2:] for row in _fired}, codes),
    }
    return "provoked: " + ", ".join(
        f"{len(every & some)} of {len(every)} {what}" for what, (some, every) in counts.items()
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", action="store_true", help="say how much of the rules, guards and codes was provoked")


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    _fired.update(_places())
    if hasattr(config, "workeroutput"):
        config.workeroutput["fired"] = sorted(_fired)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    _fired.update(tuple(row) for row in getattr(node, "workeroutput", {}).get("fired", ()))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.figures:
        terminalreporter.line(figures())
    if not _whole(config) or terminalreporter.stats.get("failed"):
        return
    never = sorted(refusals() - _fired - ELSEWHERE)
    if never:
        terminalreporter.section("refusals that no test provokes")
        for row in never:
            terminalreporter.line("  ".join(row))
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED  # noqa: SLF001 - the only way from here


def _whole(config: pytest.Config) -> bool:
    """Whether the run is of all tests."""
    chosen = [str(path) for path in config.args]
    root = str(config.rootpath)
    return not config.option.keyword and not config.option.markexpr and chosen in (["tests"], [f"{root}/tests"], [root])
