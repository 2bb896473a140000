"""xe-state(5): the state file, with the tables and rules of every class."""

from __future__ import annotations

from xe_py import classes
from xe_py.reference.declared import field_doc, rule_doc
from xe_py.reference.roff import bold, example, head, italic, item, items, pages, paragraphs, plain, section, subsection
from xe_py.reference.wording import default_of, on_delete, rule_set, toml_type, unique_doc
from xe_py.state.state import FORMAT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass

_SUMMARY = "the state file of xe: one host, or a pool of hosts, in TOML"

_DESCRIPTION = """\
Each object is a table whose name is its class and its uuid. A table holds the object's fields by the names that xe
prints; a field that has its default is left out. References are written as uuids, sets as arrays of strings, maps as
inline tables of strings, moments as date-times with an offset."""

_SAMPLE = """\
[state]
format = {format}
lineage = "9b0c7f44-5a0e-4a52-8d5f-6f1d0c6f3a10"
serial = 41
rules = "strict"

[vm.77aa0b2e-3c1f-4d0a-9a55-0c9e9f8f2b11]
name-label = "web"
other-config = {{ auto_poweron = "true" }}
"""

_ORDER = """\
The tables stand in the order of the classes below, and inside a class in the order in which the objects were made. A
field that is computed from others, such as allowed-operations, is not in the file."""

_HEADER = f"""\
format
integer; the version of the format, {FORMAT} here. An older one becomes that with the next change; a newer one is
refused.

lineage
string; made with the file and never changed.

serial
integer; goes up by one with each command that changes something.

rules
string; the set of rules in force, strict or xapi."""

_EDITING = """\
The file may be changed with an editor while no command is running. Any form of TOML will do: tables, dotted keys,
inline tables, one table for a whole class. Comments, blank lines, order and form are kept: a command rewrites only the
values that it changes. Line breaks may be those of Windows, and a byte order mark may stand in front.

Run xe state-check afterwards. It names everything that is unsound, with line, object, value, what it must be, and code.
Until that is mended, commands that only read give a warning, and commands that change something are refused."""

_RULES = """\
A required field must be there, a reference must lead to an object of the right class, every value must have the type of
its field, and the rules of each class must hold, whoever wrote the file.

There are two sets of rules. strict is the textbook model, in which a VDI has one VBD and an SR one PBD; xapi is what
the real XAPI accepts. xe state-set rules= changes the set where the state allows it."""

_FILES = """\
$XDG_STATE_HOME/xe/host.toml
The default state file; without the variable ~/.local/state/xe/host.toml.

host.toml.d/
The folder beside a state file: its lock, which names who holds it, for a moment the next version of the file, and in
history/ the earlier versions with a log of the commands that made them. Nothing in it is needed to read the state."""


def page() -> str:
    """The whole page."""
    return (
        head("xe-state", 5, _SUMMARY)
        + section(
            "DESCRIPTION",
            paragraphs(_DESCRIPTION),
            example(_SAMPLE.format(format=FORMAT)),
            paragraphs(_ORDER),
        )
        + section(
            "HEADER", paragraphs("The table [state] must be there, with these keys and no others."), items(_HEADER)
        )
        + section("EDITING", paragraphs(_EDITING))
        + section("RULES", paragraphs(_RULES))
        + "".join(_class(cls) for cls in classes.sections())
        + section("FILES", items(_FILES))
        + section("SEE ALSO", pages([("xe", 1), ("xe-state", 1)]))
    )


def _class(cls: XenClass) -> str:
    fields = [_field(cls, field) for field in cls.stored.values() if field.name != "uuid"]
    truths = [item(italic("unique"), unique_doc(cls, unique)) for unique in cls.unique]
    truths += [item(bold(rule.name), f"{rule_doc(rule)} ({rule_set(rule)})") for rule in cls.rules]
    return section(
        cls.name.upper(),
        f"{bold(f'[{cls.name}.')}{italic('uuid')}{bold(']')}\n",
        paragraphs(cls.doc),
        *fields,
        subsection(f"Rules of {cls.name}", *truths) if truths else "",
    )


def _field(cls: XenClass, field: Field) -> str:
    """A field by its name, and behind it what the file holds."""
    kind = f"{toml_type(field)}; {default_of(field)}"
    return item(f"{bold(field.name)} ({plain(kind)})", f"{field_doc(cls, field)} {on_delete(field)}")
