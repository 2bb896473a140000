"""xe(1): the command line as a whole, with pointers to the pages of all families."""

from __future__ import annotations

from xe_py.errors import DONE, INTERRUPTED, REFUSED, STATE_FILE_UNUSABLE, UNDELIVERED
from xe_py.reference.declared import families
from xe_py.reference.roff import bold, example, head, italic, item, items, pages, paragraphs, section

_SUMMARY = "the command line of XenServer and XCP-ng over a host in a TOML file"

_DESCRIPTION = """\
xe is the command line of XenServer and XCP-ng over a host, or a pool of hosts, that lives in one TOML file: the state
file. Commands change the file as the real ones would change a host, and what the real toolstack refuses is refused here
too, with the same code. xe-py is the same program.

xe help lists the common commands, xe help --all all of them, and xe help COMMAND says what one takes."""

_WORDS = """\
name=value
A parameter. Only the first = splits; the value keeps the others.

map:key=value
A key of a map. Only the first : splits; the key keeps the others. map-key=value is an older way to write it.

name
The parameter with an empty value.

--name
The same as name=true.

--name value
The same as name=value, where the command has such a parameter and it is no flag."""

_ORDER = """\
The words stand in any order. Of several words with the same name the first counts. A parameter that the command does
not know is ignored with a warning; where a command chooses its objects, it is a filter.

Sizes are bytes, or take KiB, MiB, GiB or TiB, also as K or KB, and in any case. Booleans are true or false; yes, no, 1,
0, t, f, y and n will do for parameters, but not for fields that are set."""

_SWITCHES = """\
--state FILE
The state file to work on.

--minimal
Print bare values, with commas between them.

--dry-run
Check everything and say what would change, object by object and field by field; write nothing. Commands that only read
are done.

--help
Show the parameters of the command, and end.

--version
Show the version, and end.

-s, -h, -u, -pw, -pwf, -p, --nossl, --debug, --debug-on-fail
The switches of a connection, and server=, port=, username= and password=, are taken as by the real xe. They lead
nowhere."""

_OBJECTS = """\
Lists print the objects for which every filter holds. A filter is field=value, compared with what is printed;
map:key=value; or set:contains=member. params= chooses the fields to print, params=all all of them; they are printed in
the order of the class.

Commands that take selectors find their objects by vm= or host= with a name or uuid, or by any filters. Where these find
several objects, most commands need --multiple, and are done to one after the other. Each word that is no
parameter of such a command is a filter; if the class has no such field, nothing is done.

All other commands name their object by uuid=."""

_OUTPUT = """\
A record is a line for each field, with the field's mode in parentheses: RO or RW for a single value, SRO or SRW for a
set, MRO or MRW for a map. Two empty lines follow each record.

With --minimal only the first field of each record is printed, all on one line with commas between them; a comma or
backslash inside a value has a backslash before it.

Commands that make an object print its uuid. What is refused prints nothing on standard output, with one exception: if
a command with --multiple is refused for some of its objects, these are told there, the last one first, as by the real
xe."""

_REFUSALS = """\
Standard error first has the shape of the real xe's: a sentence, then a line name: value for each value; or, of a code
that the real xe has no sentence for, the code and its values. The sentences are xe_py's own. The lines below are told
only here. A script leaves them out by their first words; XE_ERRORS=plain does without them."""

_REMARKS = """\
In the way:
An object that stands in the way; for vm-start, a host and why the VM cannot run there.

Code:
The code of XAPI.

Note:
What was probably meant, what a code without a sentence means, or which set of rules alone refuses this.

Command:
The command that was refused, with what its words came to. What is secret is left out.

Hint:
One command that works as things stand, and brings the refused one further. It can be pasted into a shell.

Warning:
A parameter that the command does not know, a state that is unsound, or a history that cannot be kept. The command is
done all the same."""

_SCRIPTS = """\
xe batch FILE runs the lines of a shell script as one change: if one is refused, nothing is changed. With --keep-going
what can be done is done, whatever set -e says. The script does the same when sh runs it, one command after the other,
but for lines that are refused, behind which a shell goes on. A command whose own words ask for another command's output
is not run if that is refused.

A line is one of these:"""

_LINES = """\
xe COMMAND ...
A command. >/dev/null, 2>/dev/null and >/dev/null 2>&1 may stand behind it. What prints help or is about the state file
as a whole cannot be in a script.

NAME=value, NAME=$(xe ...), export NAME=value
An assignment, or several.

echo ...
Print words, among which is no backslash and no switch.

set -e, set -u
With -u a variable must be set to be used; -e changes nothing.

# comment
Words behind a # are left out, on a line of their own or behind others."""

_WORDS_OF_A_SCRIPT = """\
Quotes, backslashes, lines that are continued, $NAME, ${NAME}, $(xe ...) and backticks mean what they mean to sh. What
else a shell can do, as pipes, loops, patterns for file names and other programs, is refused before anything is done."""

_STATUSES = {
    DONE: "Done.",
    REFUSED: (
        "Refused, or not understood. The state file is as it was, but for the objects or lines that --multiple or "
        "--keep-going got done. Also: a command changed nothing, and its output could not be written."
    ),
    STATE_FILE_UNUSABLE: (
        "The state file cannot be used: it cannot be read or written, is unsound, is too new, or is locked. It is as "
        "it was."
    ),
    UNDELIVERED: (
        "The state file was changed, and what came after that failed: the output could not be written, or the disk did "
        "not confirm the change. Standard error says which. Do not repeat the command."
    ),
    INTERRUPTED: "Interrupted. If the state file had been changed by then, standard error says so.",
}

_ENVIRONMENT = """\
XE_STATE
The state file, where --state does not name one. It must exist; xe state-init makes it.

XE_FIRST_USE
With 1, the default state file is made when it is first needed, even where there is no terminal.

XE_ERRORS
With plain, nothing is told that the real xe does not tell: no lines of our own below a refusal, and no warnings.

XE_STRICT
With 1, a parameter that the command does not know is an error.

XE_LOCK_TIMEOUT
How many seconds to wait while another command writes to the file; 10 if it is not set.

XE_BACKUPS
How many earlier versions of the state file are kept in its history; any number if it is not set, none with 0.

XE_HISTORY_DAYS
For how many days they are kept; 30 if it is not set.

XE_HISTORY_BYTES
How many bytes they may take, about; 268435456 (256 MiB) if it is not set. The one before the present one always stays.

XE_EXTRA_ARGS
Further words for every command line, with commas between them; a comma inside a word has a backslash before it.

XE_DRY_RUN
With 1, every command that would change the state says what would change, as with --dry-run.

XDG_STATE_HOME
Where the default state file is, instead of ~/.local/state.

XDG_CACHE_HOME
Where the derived indices of state files are, instead of ~/.cache."""

_FILES = """\
$XDG_STATE_HOME/xe/host.toml
The default state file, described in xe-state(5). xe state-init makes it. On a terminal it is also made, with a fresh
host in it, when it is first needed; a script, which may have lost XE_STATE, is refused instead.

host.toml.d/
The folder beside a state file that holds its lock and its history. It is not needed to read the state.

$XDG_CACHE_HOME/xe/
Derived indices, which make large states quick. They can be removed at any time; those of files that are gone go by
themselves.

/etc/xensource-inventory
Where this exists the host is a real one, and the name xe does not touch the default state file."""

_EXAMPLE = """\
xe --state lab.toml state-init name-label=xen1
export XE_STATE=lab.toml
vm=$(xe vm-create name-label=web)
sr=$(xe sr-list name-label='Local storage' --minimal)
vdi=$(xe vdi-create sr-uuid=$sr name-label=root virtual-size=8GiB)
xe vbd-create vm-uuid=$vm vdi-uuid=$vdi device=0 bootable=true
xe vm-start uuid=$vm
xe vm-tree uuid=$vm
"""


def page() -> str:
    """The whole page."""
    named = families()
    return (
        head("xe", 1, _SUMMARY)
        + section("SYNOPSIS", f"{bold('xe')} {italic('command')} [{italic('name=value')} | {bold('--name')}] ...\n")
        + section("DESCRIPTION", paragraphs(_DESCRIPTION))
        + section("WORDS", items(_WORDS), paragraphs(_ORDER))
        + section("SWITCHES", items(_SWITCHES))
        + section("CHOOSING OBJECTS", paragraphs(_OBJECTS))
        + section("OUTPUT", paragraphs(_OUTPUT))
        + section("REFUSALS", paragraphs(_REFUSALS), items(_REMARKS))
        + section("SCRIPTS", paragraphs(_SCRIPTS), items(_LINES), paragraphs(_WORDS_OF_A_SCRIPT))
        + section("COMMANDS", *(item(f"{bold(f'xe-{family.name}')}(1)", family.doc) for family in named))
        + section("EXIT STATUS", *(item(bold(str(status)), text) for status, text in _STATUSES.items()))
        + section("ENVIRONMENT", items(_ENVIRONMENT))
        + section("FILES", items(_FILES))
        + section("EXAMPLES", paragraphs("A host, and a VM with a disk on it:"), example(_EXAMPLE))
        + section("SEE ALSO", pages([*((f"xe-{family.name}", 1) for family in named), ("xe-state", 5)]))
    )
