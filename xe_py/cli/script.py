"""The grammar of the scripts that `xe batch` takes: a part of the shell's, understood exactly as `sh` does.

A line is a call of `xe`, an assignment (`VM=$(xe …)`, `NAME=web`, also behind `export`), `echo`, `set -e` or `set -u`,
or a comment. Words are quoted, continued and expanded (`$VM`, `${VM}`, `$(xe …)`, the same in backticks) as in the
shell; what a call prints and what it warns of may go to /dev/null. Whatever else a shell can do is refused.
"""

from __future__ import annotations

import re

from xe_py.errors import Misuse
from xe_py.quoting import quoted
from xe_py.schema.secrets import without_secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from typing import TypeAlias

    Part: TypeAlias = "str | Expansion"
    # A word without expansions, or its parts; an empty text among them is a pair of quotes with nothing in it.
    Word: TypeAlias = str | list[Part]
    Check = Callable[[list[Word]], None]

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE = rf"\$(?:(?P<name>{_NAME})(?![A-Za-z0-9_]|\\\n)|\{{(?P<braced>{_NAME})\}})"
_DOLLAR = re.compile(r"\$(?![A-Za-z0-9_{@*#?$!-]|\\\n)")
_QUOTED_DOLLAR = re.compile(r"\$['\"]")
_SAFE = r"(?P<text>[^ \t\n'\"\\$`#|&;<>(){*?\[~\0]+)"
_QUOTES = r"'(?P<single>[^'\0]*)'|\"(?P<double>[^\"\\$`\0]*)\""
_OUTSIDE = re.compile(rf"{_SAFE}|{_QUOTES}|{_VARIABLE}|\\(?P<escaped>[^\n\0])|(?P<joined>\\\n)|(?P<hash>#)")
_INSIDE = re.compile(
    rf"(?P<text>(?:[^\"\\$`\0]|\\(?![$`\"\\\n\0]))+)|{_VARIABLE}|\\(?P<escaped>[$`\"\\])|(?P<joined>\\\n)"
)
_PLAIN_WORDS = re.compile(r"[\w%+,./:=@^!}\] \t-]+(?:(?=\n|\Z)|(?<=[ \t]))", re.ASCII)
# What most words with a variable in them are: `vm-uuid=$VM`.
_VALUE = re.compile(rf"([\w%+,./:=@-]+)\$({_NAME})(?=[ \t\n)]|\Z)", re.ASCII)
_BLANK = re.compile(r"(?:[ \t]|\\\n)+(?:#[^\n]*)?|#[^\n]*")
_EMPTY = re.compile(r"(?:[ \t\n]|\\\n|#[^\n]*)+")
_BACKTICKS = re.compile(r"`((?:[^`\\]|\\.)*)`", re.DOTALL)
_REDIRECTION = re.compile(r"(?P<stream>1?|2)>[ \t]*/dev/null(?![^ \t\n|&;<>)])|(?P<both>2>&1)(?![^ \t\n|&;<>)])")
_ASSIGNMENT = re.compile(f"{_NAME}=")
_EXPORT = re.compile(r"export[ \t]+")
_NAMED = re.compile(rf"{_NAME}(?=[ \t\n]|\Z)")
_SET = re.compile("[-+][eu]+")

_ENDS = frozenset(("", "\n", ")"))
_PROGRAMS = ("xe", "xe-py")
_CONTROL_FLOW = frozenset(
    ("if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "select", "function",
     "}", "!", "test")
)  # fmt: skip
# What a shell sets by itself, and what else tells it or xe how to work.
_OF_THE_SHELL = frozenset(
    ("_", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS", "HISTCMD", "IFS", "LINENO",
     "OLDPWD", "OPTARG", "OPTERR", "OPTIND", "PIPESTATUS", "PPID", "PS1", "PS2", "PS4", "PWD", "RANDOM", "SECONDS",
     "SHELLOPTS", "SHLVL", "SRANDOM", "UID")
)  # fmt: skip
# What begins the names of more of them, and what bash sets where nobody else has.
_OF_BASH = "BASH"
_SET_BY_BASH = frozenset(
    ("COMP_WORDBREAKS", "HOSTNAME", "HOSTTYPE", "MACHTYPE", "OSTYPE", "PATH", "SHELL", "TERM")
)  # fmt: skip
_SETTINGS = ("XE_", "XDG_", "PYTHON")
_QUOTE_IT = "(quote it if it stands for itself)"
_BEYOND = {
    "": "a line that goes on behind the end",
    "|": "a pipe",
    "&": "& or &&",
    ";": "more than one command in a line",
    "<": "input from elsewhere",
    ">": "output to anything but /dev/null",
    "(": "a parenthesis",
    ")": "a parenthesis",
    "{": f"a brace {_QUOTE_IT}",
    "*": f"a pattern for file names {_QUOTE_IT}",
    "?": f"a pattern for file names {_QUOTE_IT}",
    "[": f"a pattern for file names {_QUOTE_IT}",
    "~": f"a home folder {_QUOTE_IT}",
    "$": "an expansion other than $NAME, ${NAME} and $(xe ...)",
    "`": "a backtick that is not closed",
    "'": "a quote that is not closed",
    '"': "a quote that is not closed",
    "\\": "a backslash at the end",
    "\0": "a zero byte",
}


class NotPlainError(Exception):
    """What of a line is beyond a plain script, in a few words."""


class Expansion:
    """What stands for something else in a word: the value of a variable or, where that is empty, a call's output."""

    __slots__ = ("call", "quoted", "variable")

    def __init__(self, variable: str, call: Step | None, *, quoted: bool) -> None:
        self.variable = variable
        self.call = call
        self.quoted = quoted


class Step:
    """One command of a script: the program (`xe`, `echo`, `set`, `export`, none for assignments alone) and its words.

    `silent` says that what it prints goes to /dev/null, `quiet` that its warnings do.
    """

    __slots__ = ("assigned", "number", "program", "quiet", "silent", "text", "words")

    def __init__(self) -> None:
        self.number = 0
        self.text = ""
        self.program = ""
        self.words: list[Word] = []
        self.assigned: list[tuple[str, Word]] = []
        self.silent = False
        self.quiet = False


def read(text: str, name: str, variables: Container[str], check: Check) -> list[Step]:
    """The steps of a script; Misuse that names the first line that is beyond a plain script.

    `variables` are those that are set before it runs. `check` is asked about the words of each call and may raise
    NotPlainError.
    """
    reader = _Reader(text, variables, check)
    try:
        return list(reader.steps())
    except (NotPlainError, RecursionError) as error:
        beyond = error if isinstance(error, NotPlainError) else "nesting this deep"
        script = "-s" if name == "-" else name
        raise Misuse(
            f"{name}:{reader.number}: {without_secrets(reader.line())}\n"
            f"xe batch cannot run this line: {beyond}. Nothing was changed.\n"
            f"Run the script with a shell: sh {quoted(script)}"
        ) from None


def is_portable(words: list[str]) -> bool:
    """Whether every shell's `echo` prints these words alike."""
    return not (words and words[0].startswith("-")) and not any("\\" in word for word in words)


class _Reader:
    def __init__(self, text: str, variables: Container[str], check: Check) -> None:
        self.text = text
        self.number = 1
        self._at = 0
        self._variables = variables
        self._check = check
        self._assigned: set[str] = set()

    def steps(self) -> Iterator[Step]:
        self._skip()
        while self._at < len(self.text):
            start = self._at
            step = self.step()
            if self._here() not in {"", "\n"}:
                raise NotPlainError(_BEYOND[self._here()])
            step.number = self.number
            step.text = self.text[start : self._at].rstrip()
            yield step
            self.number += self.text.count("\n", start, self._at)
            self._skip()

    def line(self) -> str:
        return self.text.split("\n", self.number)[self.number - 1].strip()

    def _skip(self) -> None:
        """Go on to the next step."""
        if blank := _EMPTY.match(self.text, self._at):
            self.number += blank[0].count("\n")
            self._at = blank.end()

    def _here(self) -> str:
        return self.text[self._at : self._at + 1]

    def step(self) -> Step:
        """The step that begins here, up to the end of its line or to what no word has in it."""
        step = Step()
        if exported := _EXPORT.match(self.text, self._at):
            step.program = "export"
            self._at = exported.end()
        while True:
            if _ASSIGNMENT.match(self.text, self._at):
                step.assigned.append(_assignment(self._word()))
                self._assigned.add(step.assigned[-1][0])
            elif exported and (name := _NAMED.match(self.text, self._at)):
                self._at = name.end()
            else:
                break
            self._blank()
        self._words(step)
        if exported:
            if step.words or self._at == exported.end():
                raise NotPlainError("export with anything but names and assignments")
        elif step.words:
            if step.assigned:
                raise NotPlainError("an assignment in front of a command")
            self._command(step)
        elif step.silent or step.quiet:
            raise NotPlainError("an assignment with a redirection")
        return step

    def _command(self, step: Step) -> None:
        program = step.words.pop(0)
        words = step.words
        if program in _PROGRAMS:
            self._check(words)
        elif program == "set":
            if not words or not all(type(word) is str and _SET.fullmatch(word) for word in words):
                raise NotPlainError("set with anything but e and u")
        elif program == "echo":
            if not is_portable([word for word in words if type(word) is str]):
                raise NotPlainError("echo with a switch or a backslash")
        elif type(program) is str:
            what = "control flow" if program in _CONTROL_FLOW else "a command that is not xe"
            raise NotPlainError(f"{what} ({program})")
        else:
            raise NotPlainError("a command whose name is not known beforehand")
        step.program = "xe" if program in _PROGRAMS else str(program)

    def _words(self, step: Step) -> None:
        """The words and redirections up to the end of the step."""
        text, words = self.text, step.words
        while True:
            if plain := _PLAIN_WORDS.match(text, self._at):
                words += plain[0].split()
                self._at = plain.end()
            self._blank()
            here = self._here()
            if here in _ENDS:
                return
            if here in "12>" and (redirection := _REDIRECTION.match(text, self._at)):
                self._redirect(step, redirection)
            elif (value := _VALUE.match(text, self._at)) and not self._is_of_the_shell(value[2]):
                words.append([value[1], Expansion(value[2], None, quoted=False)])
                self._at = value.end()
            else:
                words.append(self._word())

    def _blank(self) -> None:
        if blank := _BLANK.match(self.text, self._at):
            self._at = blank.end()

    def _redirect(self, step: Step, found: re.Match[str]) -> None:
        if found["both"] and not step.silent:
            raise NotPlainError("joining warnings with the output")
        if found["both"] or found["stream"] == "2":
            step.quiet = True
        else:
            step.silent = True
        self._at = found.end()

    def _word(self) -> Word:
        """The word that begins here."""
        parts: list[Part] = []
        while True:
            if found := _OUTSIDE.match(self.text, self._at):
                self._take(found, parts, quoted=False)
                continue
            here = self._here()
            if here in {"$", "`"}:
                parts.append(self._expansion(quoted=False))
            elif here == '"':
                self._quoted(parts)
            elif here == "~" and parts and not str(parts[-1]).endswith(("=", ":")):
                parts.append(here)
                self._at += 1
            elif parts and (here in {"", " ", "\t", "\n", ")"} or (here == ">" and not str(parts[-1]).isdigit())):
                return "".join(map(str, parts)) if all(type(part) is str for part in parts) else parts
            else:
                raise NotPlainError(_BEYOND[here])

    def _quoted(self, parts: list[Part]) -> None:
        """What stands in double quotes, with expansions in it."""
        parts.append("")
        self._at += 1
        while (here := self._here()) != '"':
            if found := _INSIDE.match(self.text, self._at):
                self._take(found, parts, quoted=True)
            elif here in {"$", "`"}:
                parts.append(self._expansion(quoted=True))
            else:
                raise NotPlainError(_BEYOND['"'])
        self._at += 1

    def _take(self, found: re.Match[str], parts: list[Part], *, quoted: bool) -> None:
        kind = found.lastgroup or ""
        if kind in {"name", "braced"}:
            if self._is_of_the_shell(found[kind]):
                raise NotPlainError(f"the shell's own ${found[kind]}")
            parts.append(Expansion(found[kind], None, quoted=quoted))
        elif kind != "joined":
            parts.append(found[kind])
        self._at = found.end()

    def _is_of_the_shell(self, name: str) -> bool:
        """Whether some shell gives the variable a value of its own, so that it means another thing to each."""
        if name in _SET_BY_BASH:
            return name not in self._assigned and name not in self._variables
        return _is_own(name)

    def _expansion(self, *, quoted: bool) -> Part:
        """A command substitution, or a `$` that stands for itself."""
        text = self.text
        if found := _BACKTICKS.match(text, self._at):
            text = re.sub(r'\\([`\\$"])' if quoted else r"\\([`\\$])", r"\1", found[1])
            inner = _Reader(text, self._variables, self._check)
            inner._assigned = self._assigned
            call = inner.call("")
            self._at = found.end()
            return Expansion("", call, quoted=quoted)
        if text.startswith("$(", self._at):
            self._at += 2
            call = self.call(")")
            self._at += 1
            return Expansion("", call, quoted=quoted)
        if not _DOLLAR.match(text, self._at) or (not quoted and _QUOTED_DOLLAR.match(text, self._at)):
            raise NotPlainError(_BEYOND[self._here()])
        self._at += 1
        return "$"

    def call(self, end: str) -> Step:
        """The call of xe in a command substitution that begins here and goes on to `end`."""
        call = self.step()
        if self._here() != end:
            raise NotPlainError(_BEYOND.get(self._here(), "a command substitution of several lines"))
        if call.program != "xe":
            raise NotPlainError("a command substitution of anything but one call of xe")
        return call


def _is_own(name: str) -> bool:
    return name in _OF_THE_SHELL or name.startswith(_OF_BASH)


def _assignment(word: Word) -> tuple[str, Word]:
    """The name that the word assigns to, and the value."""
    first, *others = [word] if isinstance(word, str) else word
    name, _, value = str(first).partition("=")
    if _is_own(name) or name in {"HOME", "PATH"} or name.startswith(_SETTINGS):
        raise NotPlainError(f"setting {name}")
    return name, [value, *others] if others else value
