"""The words in which a command is described, and the table that the declarations fill."""

from __future__ import annotations

from xe_py.schema.fields import Ref, Refs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from xe_py.schema.fields import Field


# Words that every command takes and that are no field.
COMMON = frozenset(
    ("server", "password", "port", "username", "minimal", "force", "multiple", "all", "message-priority", "trace")
)
TEMPLATES, CONTROL_DOMAINS = "templates", "control domains"
# How many objects a command with selectors takes: one, several with --multiple, or always all that are chosen.
ONE, MULTIPLE, ALL = "one", "multiple", "all"


class Command:
    """One command: the parameters it takes, in order, and the function that does it.

    `run(state, **arguments)` gets an argument for each parameter given, named by `argument`. What differs from that:

    - `selectors` (a class name): it takes xe's selectors and `run` is called once for each object chosen; `also` adds
      what selectors leave out unasked, TEMPLATES and CONTROL_DOMAINS; `several` says how many it takes;
    - `takes_words`: it is called `run(state, words)` with the pairs as they stand: any field may be among them;
    - `on_file`: it is about the store itself and is called `run(store, **arguments)`; unless it only reads it gets
      `dry_run` as well, and with that true it says what it would do;
    - `runs_lines`: it is called `run(**arguments)` and hands back a script of command lines, which are what is done; a
      word that stands alone is its first parameter.

    `undeclared` parameters are taken although help does not name them. `reads` says that nothing is changed.
    `standard` commands are listed by plain `help`, `hidden` ones by none.
    """

    __slots__ = (
        "_by_argument",
        "also",
        "doc",
        "hidden",
        "name",
        "on_file",
        "optional",
        "ours",
        "reads",
        "required",
        "run",
        "runs_lines",
        "selectors",
        "several",
        "standard",
        "takes_words",
        "undeclared",
    )

    def __init__(
        self,
        name: str,
        run: Callable[..., Any],
        *,
        required: tuple[Field, ...] = (),
        optional: tuple[Field, ...] = (),
        undeclared: tuple[Field, ...] = (),
        doc: str = "",
        selectors: str = "",
        also: tuple[str, ...] = (),
        several: str = MULTIPLE,
        reads: bool = False,
        standard: bool = False,
        hidden: bool = False,
        ours: bool = False,
        takes_words: bool = False,
        on_file: bool = False,
        runs_lines: bool = False,
    ) -> None:
        self.name = name
        self.run = run
        self.required = required
        self.optional = optional
        self.undeclared = undeclared
        self.doc = doc
        self.selectors = selectors
        self.also = also
        self.several = several
        self.reads = reads
        self.standard = standard
        self.hidden = hidden
        self.ours = ours
        self.takes_words = takes_words
        self.on_file = on_file
        self.runs_lines = runs_lines
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
        """The parameters by the names under which the function gets them."""
        if self._by_argument is None:
            self._by_argument = {argument(parameter): parameter for parameter in self.taken()}
        return self._by_argument


COMMANDS: dict[str, Command] = {}


def command(name: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the function below as the command `name`; the words are those of `Command`."""

    def declare(run: Callable[..., Any]) -> Callable[..., Any]:
        COMMANDS[name] = Command(name, run, **declaration)
        return run

    return declare


def argument(parameter: Field) -> str:
    """The keyword under which a function gets a parameter: `vm-uuid` as `vm`, `uuid` as the class, `IP` as `ip`."""
    name = parameter.name
    if isinstance(parameter, Ref):
        name = parameter.to if name == "uuid" else name.removesuffix("-uuid")
    elif isinstance(parameter, Refs):
        name = name.replace("-uuids", "s")
    return name.replace("-", "_").lower()
