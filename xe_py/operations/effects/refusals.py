"""Which codes a function can raise, in the order in which it asks, and which functions raise a code.

Both are read from the source: a refusal is `Failure("CODE", ...)`, and whoever calls a function asks what that asks.
"""

from __future__ import annotations

import ast
import os
import sys
from importlib import import_module

import xe_py

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FunctionType, ModuleType
    from typing import Any

_FAILURE = "Failure"
# The parts that ask XAPI's conditions; what the others raise is no refusal of one command.
_ASKING = ("classes", "xapi", "operations")
_FOLDER = os.path.dirname(xe_py.__file__)


def codes_of(function: Callable[..., Any]) -> list[str]:
    """The codes that the function and those that it calls can raise, in the order in which they stand."""
    reader = _Reader()
    reader.follow(function)
    return list(reader.codes)


def raisers_of(code: str) -> list[tuple[str, str]]:
    """The module of each function that names the code, to raise it, and the first sentence about the function."""
    found = []
    for part in _ASKING:
        for name, text in _sources(part):
            if f'"{code}"' in text:
                functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
                found += [(name, _first_sentence(each)) for each in functions if _names(each, code)]
    return list(dict.fromkeys(found))


def _sources(part: str) -> Iterator[tuple[str, str]]:
    """The name and the text of each module of the part."""
    for folder, _, files in sorted(os.walk(os.path.join(_FOLDER, part))):
        for file in sorted(files):
            if file.endswith(".py"):
                with open(os.path.join(folder, file), encoding="utf-8") as source:
                    yield file.removesuffix(".py"), source.read()


def _first_sentence(function: ast.FunctionDef) -> str:
    """What the function says of itself; for one that says nothing, the words of its name."""
    doc = " ".join((ast.get_docstring(function) or function.name.replace("_", " ")).split())
    return doc.partition(". ")[0].rstrip(".")


def _names(function: ast.FunctionDef, code: str) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == code for node in ast.walk(function))


def _code(call: ast.Call) -> str:
    """The code of a call that makes a refusal; the empty text for any other call."""
    is_failure = isinstance(call.func, ast.Name) and call.func.id == _FAILURE
    first = call.args[0] if call.args else None
    return str(first.value) if is_failure and isinstance(first, ast.Constant) else ""


class _Reader(ast.NodeVisitor):
    """Follows the calls of a function, each function once; `codes` are those found, in order."""

    def __init__(self) -> None:
        self.codes: dict[str, None] = {}
        self._seen: set[tuple[str, str]] = set()
        self._known: list[dict[str, Any]] = []

    def follow(self, function: Callable[..., Any]) -> None:
        """Read the function, if it belongs to a part that asks conditions."""
        module, name = getattr(function, "__module__", None) or "", getattr(function, "__qualname__", "")
        is_ours = any(module.startswith(f"{xe_py.__name__}.{part}") for part in _ASKING)
        code = getattr(function, "__code__", None)
        if not is_ours or code is None or (module, name) in self._seen:
            return
        self._seen.add((module, name))
        node = _definition(sys.modules[module], function)  # type: ignore[arg-type] # what has code is a function
        if node is not None:
            self._known.append(dict(vars(sys.modules[module])))
            for statement in node.body:
                self.visit(statement)
            self._known.pop()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note what the function imports for itself."""
        module = import_module(node.module or "")
        for alias in node.names:
            found = getattr(module, alias.name, None)
            self._known[-1][alias.asname or alias.name] = found

    def visit_Call(self, node: ast.Call) -> None:
        """Note the code of a refusal, or follow the call."""
        if code := _code(node):
            self.codes.setdefault(code)
        self.generic_visit(node)
        self.follow(self._meant(node.func))

    def _meant(self, node: ast.expr) -> Any:
        """What a name in the function stands for, as far as that is known."""
        if isinstance(node, ast.Name):
            return self._known[-1].get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            base = self._known[-1].get(node.value.id)
            return getattr(base, node.attr, None) if isinstance(base, type(sys)) else None
        return None


_trees: dict[str, ast.Module] = {}


def _definition(module: ModuleType, function: FunctionType) -> ast.FunctionDef | None:
    """Where the function is defined in the source of its module."""
    path = module.__file__ or ""
    if path not in _trees:
        with open(path, encoding="utf-8") as source:
            _trees[path] = ast.parse(source.read())
    line = function.__code__.co_firstlineno
    for node in ast.walk(_trees[path]):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            if first == line:
                return node
    return None
