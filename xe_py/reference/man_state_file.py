"""xe-state(5): the state file, with the tables and rules of every class."""

from __future__ import annotations

from xe_py import classes
from xe_py.operations.effects.wording import default_of, on_delete, rule_set, toml_type, unique_doc
from xe_py.reference.declared import field_doc, rule_doc
from xe_py.reference.roff import bold, example, head, italic, item, items, pages, paragraphs, plain, section, subsection
from xe_py.state.state import FORMAT
from xe_py.xapi.default_templates import SETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import XenClass

_SUMMARY = "the state file of xe: one host, or a pool of hosts, in TOML"

_DESCRIPTION = """\
Each object is a table. The name of the table is the class and the uuid of the object. The table holds the fields of the
object under the names that xe prints. A field that has its default is left out. A reference is a uuid, a set is an
array of strings, a map is an inline table of strings, and a time is a date-time with an offset."""

_SAMPLE = """\
[state]
format = {format}
lineage = "9b0c7f44-5a0e-4a52-8d5f-6f1d0c6f3a10"
serial = 41
rules = "strict"
templates = "xcp-ng-8.3"

[vm.77aa0b2e-3c1f-4d0a-9a55-0c9e9f8f2b11]
name-label = "web"
other-config = {{ auto_poweron = "true" }}
"""

_ORDER = """\
The tables stand in the order of the classes below. Within a class, they stand in the order in which the objects were
made. A field that xe computes from others, such as allowed-operations, is not in the file. Nor are the objects that are
the same in every state: the storage drivers (sm)."""

_HEADER = f"""\
format
integer; the version of the format, {FORMAT} here. The next change brings an older format to this one. xe refuses a
newer one.

lineage
string; set when the file is made, and never changed.

serial
integer; goes up by one with each command that changes something.

rules
string; the set of rules in force, strict or xapi.

templates
string; the set of default templates that the state has: {", ".join(SETS[:-1])}; none if it is left out. Such a template
is a VM like any other, but it has a table here only while it differs from what xe_py knows of it. To change one by
hand, copy what xe template-param-list shows of it, or change it with a command first.

templates-destroyed
array of strings; the uuids of the templates of the set that were destroyed, so the state does not have them.

guests-act
integer; the seconds since 1970 after which the next guest halts or boots again by itself, as xe vm-guest-set asked for;
left out if none will. The first command after that moment finds it done."""

_EDITING = """\
You may change the file with an editor while no command is running. Any form of TOML will do: tables, dotted keys,
inline tables, one table for a whole class. Commands keep comments, blank lines, order and form, and rewrite only the
values that they change. The line breaks may be those of Windows, and a byte order mark may stand in front.

Run xe state-check afterwards. For everything that is unsound, it names the line, the object, the value, what the value
must be, and the code. Fix the file first: until then, commands that only read print a warning, and xe refuses commands
that change something."""

_RULES = """\
In every state file, a required field must be there, a reference must lead to an object of the right class, and every
value must have the type of its field. The rules of each class must hold as well, even in a file that you edited by
hand.

There are two sets of rules. strict is the textbook model, in which a VDI has one VBD and an SR has one PBD. xapi is
what the real XAPI accepts. xe state-set rules= changes the set, if the state keeps the new rules."""

_FILES = """\
$XDG_STATE_HOME/xe/host.toml
The default state file. If the variable is not set, the file is ~/.local/state/xe/host.toml.

host.toml.d/
The folder beside a state file. It has the lock, which names who holds it; for a moment the next version of the file;
in history/, the earlier versions with a log of the commands that made them; and in disks/, what was written to disks.
xe can read the state without it. Disks without their contents have zeros."""


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
            "HEADER", paragraphs("The file must have the table [state], with these keys and no others."), items(_HEADER)
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
