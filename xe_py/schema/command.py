"""The words in which a command is described, and the table that the declarations fill."""

from __future__ import annotations

from xe_py.schema.fields import Ref, Refs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, Concatenate, ParamSpec, TypeVar

    from xe_py.schema.fields import Field

    Function = TypeVar("Function", bound=Callable[..., Any])
    Declaration = ParamSpec("Declaration")


# Words that every command takes and that are not fields.
COMMON = frozenset(
    ("server", "password", "port", "username", "minimal", "force", "multiple", "all", "message-priority", "trace")
)


# Kinds of command

ARGUMENTS, WORDS, STORE, LINES = "arguments", "words", "store", "lines"


class Kind:
    """What the function of a command gets, and whether the command leaves everything as it is.

    - ARGUMENTS: `run(state, **arguments)`;
    - WORDS: `run(state, words)`, with the pairs as they were typed: any field may be among them;
    - STORE: `run(store, **arguments)`, for a command about the store itself; one that writes also gets `dry_run`, and
      with `dry_run` true it only says what it would do;
    - LINES: `run(client, **arguments)`, which returns a script of command lines; these lines are run. A word that
      stands alone is its first parameter.

    If the command is about one object, the object follows the state. With `files`, the function also gets the `client`,
    whose files or stores it reads or writes. If there is none, the call only asks whether the command would be refused.

    A command that `waits` is asked again and again: it returns None once there is nothing to wait for. Until then it
    returns the seconds after which time alone may change the answer, which may be infinite.
    """

    __slots__ = ("files", "gets", "reads", "waits")

    def __init__(self, gets: str, *, reads: bool = False, files: bool = False, waits: bool = False) -> None:
        self.gets = gets
        self.reads = reads
        self.files = files
        self.waits = waits


CHANGES, READS = Kind(ARGUMENTS), Kind(ARGUMENTS, reads=True)
IMPORTS, EXPORTS = Kind(ARGUMENTS, files=True), Kind(ARGUMENTS, reads=True, files=True)
SETS, LISTS, WAITS = Kind(WORDS), Kind(WORDS, reads=True), Kind(WORDS, reads=True, waits=True)
REPLACES, INSPECTS = Kind(STORE), Kind(STORE, reads=True)
MAKES, DOWNLOADS = Kind(STORE, files=True), Kind(STORE, reads=True, files=True)
SCRIPT = Kind(LINES)


# Selectors

# How many objects a command with a selector takes: one, several with --multiple, or always all that are chosen.
ONE, MULTIPLE, ALL = "one", "multiple", "all"
# What a selector leaves out by default, as the filter that does it.
TEMPLATES, CONTROL_DOMAINS = ("is-a-template", "false"), ("is-control-domain", "false")


class Selector:
    """How a command chooses its objects: by `name=<name or uuid>`, or by filters on the fields of the class `name`.

    `named_by` are the fields by which one object may be named, `label` is its name in texts. `none` and `several` are
    what xe says if it finds no object, or too many, `{}` standing for what to do. `leaves_out` are the filters that
    apply by default; `takes` says how many objects the command takes.
    """

    __slots__ = ("label", "leaves_out", "name", "named_by", "none", "several", "takes")

    def __init__(
        self,
        name: str,
        label: str,
        *,
        named_by: tuple[str, ...],
        none: str,
        several: str,
        leaves_out: tuple[tuple[str, str], ...] = (),
        takes: str = MULTIPLE,
    ) -> None:
        self.name = name
        self.label = label
        self.named_by = named_by
        self.none = none
        self.several = several
        self.leaves_out = leaves_out
        self.takes = takes

    def also(self, *left_out: tuple[str, str]) -> Selector:
        """The same selector, which does not leave these out."""
        return self._with(leaves_out=tuple(each for each in self.leaves_out if each not in left_out))

    def taking(self, takes: str) -> Selector:
        """The same selector, for a command that takes ONE object, or ALL."""
        return self._with(takes=takes)

    def saying(self, *, none: str, several: str) -> Selector:
        """The same selector, for a command with texts of its own."""
        return self._with(none=none, several=several)

    def _with(self, **changed: Any) -> Selector:
        return Selector(**{name: getattr(self, name) for name in self.__slots__} | changed)


VM = Selector(
    "vm",
    "VM",
    named_by=("uuid", "name-label"),
    none="Error: No matching VMs found",
    several="Error: Multiple matches VMs found. {}",
    leaves_out=(TEMPLATES, CONTROL_DOMAINS),
)
HOST = Selector(
    "host",
    "host",
    named_by=("uuid", "hostname", "name-label"),
    none="Error: No matching hosts found",
    several="Error: Multiple matching hosts found. {}",
)
# Where there is no SR, the real xe says that there are no hosts.
SR = Selector(
    "sr",
    "SR",
    named_by=("uuid", "name-label"),
    none="Error: No matching hosts found",
    several="Error: Multiple matching SRs found. {}",
)


# How much there is of a command of the real xe. MODELLED: it does what it does there, on the state. RECORDED: it is
# accepted, the state notes the call, and nothing else follows. REFUSED: it would need what no state file has.
MODELLED, RECORDED, REFUSED = "modelled", "recorded", "refused"


# Questions


class Question:
    """What xe asks before it runs a command, unless the command is given `force`.

    `about(state, **arguments)` makes the lines that say what would happen. It gets the arguments of the command, and
    under the name of its selector a list of the objects. `done` is the line that follows when it has happened, if any.
    With `force`, xe shows the lines without a question; if `hushes` is true, it does not show them either.
    """

    __slots__ = ("about", "done", "hushes")

    def __init__(self, about: Callable[..., list[str]], *, done: str = "", hushes: bool = False) -> None:
        self.about = about
        self.done = done
        self.hushes = hushes


# Commands


class Command:
    """One command: its parameters in order, and the function that runs it, called as its `kind` says.

    The function gets a keyword argument for each parameter that is given. `argument` makes the keyword from the name of
    the parameter; `called` gives another keyword where two would be the same. Two things differ from that:

    - The object that the command is about is the first argument, by position: the one that the required `uuid` refers
      to or, with a `selector`, each object that is chosen. `about` is the reference to it; its keyword is its class.
    - `grammar` is called before the function, with the same arguments. It raises Misuse for what xe refuses before it
      asks XAPI; the function itself makes only XAPI's refusals.

    `coverage` says how much there is of it. If it is REFUSED, `why` is the reason, in a sentence.

    If a command requires the word of its selector (`host=`), that is among the `required`, and chooses as elsewhere.

    A command with a selector that `counts` also gets `among`: the place of the object among those that are chosen,
    from 1 on, and how many those are.

    With `asks`, the command line asks a person before it runs the command; a Python program has decided already.

    `undeclared` parameters are accepted, but help does not name them. Words in `ignored` have no effect: they are no
    filters of the selector. `standard` commands are listed by plain `help`, `hidden` ones by none. `deprecated`
    commands still work; `doc` names what to use instead.
    """

    __slots__ = (
        "_by_argument",
        "about",
        "asks",
        "called",
        "counts",
        "coverage",
        "deprecated",
        "doc",
        "grammar",
        "hidden",
        "ignored",
        "kind",
        "name",
        "optional",
        "ours",
        "required",
        "run",
        "selector",
        "standard",
        "undeclared",
        "why",
    )

    def __init__(
        self,
        name: str,
        run: Callable[..., Any],
        *,
        kind: Kind = CHANGES,
        required: tuple[Field, ...] = (),
        optional: tuple[Field, ...] = (),
        undeclared: tuple[Field, ...] = (),
        ignored: tuple[str, ...] = (),
        selector: Selector | None = None,
        called: Mapping[str, str] = {},
        counts: bool = False,
        grammar: Callable[..., None] | None = None,
        asks: Question | None = None,
        coverage: str = MODELLED,
        why: str = "",
        doc: str = "",
        standard: bool = False,
        hidden: bool = False,
        deprecated: bool = False,
        ours: bool = False,
    ) -> None:
        self.name = name
        self.run = run
        self.kind = kind
        self.required = required
        self.optional = optional
        self.undeclared = undeclared
        self.ignored = ignored
        self.selector = selector
        self.called = called
        self.counts = counts
        self.grammar = grammar
        self.asks = asks
        self.coverage = coverage
        self.why = why
        self.doc = doc
        self.standard = standard
        self.hidden = hidden
        self.deprecated = deprecated
        self.ours = ours
        self.about = _about(required) if selector is None else Ref(selector.name, selector.name)
        self._by_argument: dict[str, Field] | None = None

    def parameters(self) -> Iterator[Field]:
        """The parameters that help names, the required ones first."""
        yield from self.required
        yield from self.optional

    def taken(self) -> Iterator[Field]:
        """All parameters, the required ones first and those that help does not name last."""
        yield from self.parameters()
        yield from self.undeclared

    def by_argument(self) -> dict[str, Field]:
        """The parameters by their keywords, the object that a selector chooses not among them."""
        if self._by_argument is None:
            self._by_argument = {
                self.argument(parameter): parameter
                for parameter in self.taken()
                if self.selector is None or parameter.name != self.selector.name
            }
        return self._by_argument

    def argument(self, parameter: Field) -> str:
        """The keyword of one of the parameters."""
        if parameter is self.about:
            return parameter.to.replace("-", "_")
        return self.called.get(parameter.name) or argument(parameter)


def _about(required: tuple[Field, ...]) -> Ref | None:
    first = required[0] if required else None
    return first if isinstance(first, Ref) and first.name == "uuid" else None


COMMANDS: dict[str, Command] = {}


def _declares(
    make: Callable[Concatenate[str, Callable[..., Any], Declaration], Command],
) -> Callable[Concatenate[str, Declaration], Callable[[Function], Function]]:
    """The decorator with the arguments of `make`; it puts what `make` returns into the table."""

    def command(
        name: str, /, *words: Declaration.args, **declaration: Declaration.kwargs
    ) -> Callable[[Function], Function]:
        def declare(run: Function) -> Function:
            COMMANDS[name] = make(name, run, *words, **declaration)
            return run

        return declare

    return command


command = _declares(Command)
"""Declare the function below as the command of this name; the words are those of `Command`."""


def argument(parameter: Field) -> str:
    """The keyword of a parameter, or of a field: `vm-uuid` is `vm`, `pif-uuids` `pifs`, `IP` `ip`."""
    name = parameter.name
    if isinstance(parameter, Ref) and name != "uuid":
        name = name.removesuffix("-uuid")
    elif isinstance(parameter, Refs):
        name = name.replace("-uuids", "s")
    return name.replace("-", "_").lower()
