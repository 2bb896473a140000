"""Taking in a real pool: a state file from what XAPI or xe wrote down about it. Only xe_py has this command."""

from __future__ import annotations

from xe_py import classes
from xe_py.dumps import kinds
from xe_py.dumps.capture import DumpError
from xe_py.errors import Misuse
from xe_py.schema.command import MAKES, command
from xe_py.schema.fields import Bool, Choice, Text
from xe_py.state.state import CONTENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.dumps.found import Report
    from xe_py.schema.client import Client
    from xe_py.state.core import Finding
    from xe_py.state.state import State
    from xe_py.store.promise import Store

_SHOWN = 10


@command(
    "state-import",
    required=(Text("file", doc="The file with the dump; - reads standard input."),),
    optional=(
        Choice("kind", kinds.KINDS, doc="What the file is; if it is not given, xe looks."),
        Bool(
            "anonymise",
            doc="Make up names, addresses, descriptions and uuids, so that the file can be shown to others.",
        ),
        Bool("secrets", doc="Keep passwords and other secrets, which are masked otherwise."),
        Bool("keep", doc="Keep a pool that breaks the rules: its file can be listed, but not changed."),
        Bool("force", doc="Replace an existing state file."),
    ),
    doc="Make a state file of a real pool, from a database dump, a status report, records of XenAPI (JSON or XML-RPC), "
    "or what xe prints with params=all.",
    kind=MAKES,
    ours=True,
)
def import_(
    store: Store,
    file: str,
    kind: str | None = None,
    *,
    client: Client,
    anonymise: bool = False,
    secrets: bool = False,
    keep: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> str:
    """Make the file; what was left out, and what the rules find wrong."""
    from xe_py.dumps.pool import take_in
    from xe_py.schema.secrets import command_line
    from xe_py.state.core import findings

    store.may_create(force=force)
    try:
        with client.source(file) as source:
            capture = kinds.read(source, kind)
        state, report = take_in(capture, secrets=secrets, anonymise=anonymise)
    except DumpError as error:
        raise Misuse(f"Error: {_named(file)} cannot be imported: {error}.") from None
    _leave_contents(state, report)
    wrong = list(findings(state))
    lines = list(_told(state, report, wrong))
    if wrong and not keep:
        raise Misuse(
            f"Error: The pool in {_named(file)} breaks the rules, so no state file was made.",
            *lines,
            "To keep it as it is, in a file that can be listed but not changed, add keep=true",
        )
    if not dry_run:
        given = {"kind": kind, "anonymise": anonymise, "secrets": secrets, "keep": keep, "force": force}
        words = [f"{name}={str(value).lower()}" for name, value in given.items() if value]
        store.create(state, command_line(["state-import", f"file={file}", *words]), force=force)
    made = "Would make" if dry_run else "Made"
    return "".join(f"{line}\n" for line in (f"{made} {store.name} from {capture.title}.", *lines))


def _leave_contents(state: State, report: Report) -> None:
    """Let disks and blobs be empty: a dump of xe_py names contents, which are beside another state file."""
    for found in state.with_content():
        state.update(state.need(found.cls.name, found["uuid"]), {CONTENT: None})
        report.dropped[f"content of a {found.cls.label}"] += 1
    state.settle()


def _named(file: str) -> str:
    return "standard input" if file == "-" else file


def _told(state: State, report: Report, wrong: list[Finding]) -> Iterator[str]:
    counts = [(state.count(cls.name), cls.label) for cls in classes.sections()]
    yield f"Objects: {', '.join(f'{count} {label}' for count, label in counts if count)}"
    yield from report.lines()
    for finding in wrong[:_SHOWN]:
        yield f"Wrong: {_in_words(finding)}"
    if len(wrong) > _SHOWN:
        yield f"Wrong: {len(wrong) - _SHOWN} more"


def _in_words(finding: Finding) -> str:
    from xe_py.codes import describe

    name = f"{finding.uuid} ({finding.name})" if finding.name else finding.uuid
    about = " ".join(word for word in (finding.cls, name, finding.field) if word)
    return f"{about}: {finding.text or describe(finding.failure)[0]} [{finding.failure.code}]"
