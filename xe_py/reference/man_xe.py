"""xe(1): the command line as a whole, with pointers to the pages of all families."""

from __future__ import annotations

from xe_py.errors import DONE, INTERRUPTED, REFUSED, STATE_FILE_UNUSABLE, UNDELIVERED
from xe_py.reference.declared import families
from xe_py.reference.roff import bold, example, head, italic, item, items, pages, paragraphs, section

_SUMMARY = "the command line of XenServer and XCP-ng over a host in a TOML file"

_DESCRIPTION = """\
xe is the command line of XenServer and XCP-ng. Here it works on a simulated host, or a pool of hosts, that lives in one
TOML file: the state file. A command changes the file as the real command would change a host. If the real toolstack
would refuse a command, xe refuses it with the same code. xe-py is the same program.

xe help lists the common commands, xe help --all lists all of them, and xe help COMMAND shows what one command takes."""

_WORDS = """\
name=value
A parameter. xe splits the word at the first =; the value may have further ones.

map:key=value
A key of a map. xe splits the word at the first :; the key may have further ones. map-key=value is an older way to write
it.

name
The parameter with an empty value.

--name
The same as name=true.

--name value
The same as name=value, if the command has a parameter of this name that is not a flag."""

_ORDER = """\
The words stand in any order. If several words have the same name, the first one counts. xe ignores a parameter that the
command does not know, and prints a warning. In a command that selects its objects, such a word is a filter.

A size is a number of bytes, or a number with KiB, MiB, GiB or TiB behind it. K and KB mean the same as KiB, and so on;
capital and small letters are equal. A boolean is true or false. A parameter also takes yes, no, 1, 0, t, f, y and n; a
field that a command sets does not."""

_SWITCHES = """\
--state FILE
The state file to work on.

--minimal
Print bare values, with commas between them.

--json, --csv, --yaml, --table, --shell
Print the result in this form; see OUTPUT. The real xe does not have these switches.

--dry-run
Check everything and show what the command would change: a block for each object that comes (+), changes (~) or goes
(-), and a last line that counts. Write nothing. A command that only reads runs as usual. --dry-run=full also shows
details that follow from the rest. The word can in front of a command asks the same: xe can vm-start vm=web answers with
one line, and ends with 0 for yes and 1 for no.

--help
Show the parameters of the command, and end.

--version
Show the version, and end.

-s, -h, -u, -pw, -pwf, -p, --nossl, --debug, --debug-on-fail
Connection options of the real xe, as are server=, port=, username= and password=. xe accepts and ignores them."""

_OBJECTS = """\
A list prints the objects that match all filters. A filter is field=value, which is compared with the printed value;
map:key=value; or set:contains=member. params= chooses the fields to print, and params=all chooses all fields. xe prints
the fields in the order of the class.

A command that takes selectors finds its objects by vm= or host= with a name or a uuid, or by any filters. If several
objects match, most commands need --multiple; they then work on one object after the other. In such a command, each word
that is not a parameter is a filter. If the class has no field of that name, xe refuses the command.

All other commands name their object by uuid=."""

_OUTPUT = """\
A record has a line for each field. The mode of the field stands in parentheses: RO or RW for a single value, SRO or SRW
for a set, MRO or MRW for a map. Two empty lines follow each record.

With --minimal, xe prints only the first field of each record, all on one line with commas between them. A comma or
backslash inside a value has a backslash before it.

The forms below are xe_py's own. They can be used with every command that prints records and with every command that
makes an object. --json prints JSON: an array for a list, an object for one record or for a new object. Numbers, true
and false keep their types, a set is an array, a map is an object, and null stands for no value. A refusal is then an
object on standard error. --csv prints a line of names and a line for each record; --csv=noheader leaves out the names.
--yaml prints YAML. --table prints a table for people, with names instead of uuids of other objects and with sizes in
units. --shell prints the assignments name='value' for one record, for eval in a shell; a name has _ for each letter
that a shell does not take. With these forms, a name in params= may follow references, as in resident-on.name-label, and
a name that is no field is an error.

A command that makes an object prints the uuid of the object. A refused command prints nothing on standard output, with
one exception: if a command with --multiple is refused for some of its objects, xe names these objects there, the last
one first, as the real xe does."""

_REFUSALS = """\
A refusal stands on standard error and begins like a refusal of the real xe: a sentence, then a line name: value for
each value. If the real xe has no sentence for a code, it prints the code and its values, and so does this xe. The
sentences are xe_py's own words. The lines below follow; the real xe does not have them. A script can recognize them by
their first words. XE_ERRORS=plain turns them off."""

_REMARKS = """\
In the way:
An object that stands in the way; for vm-start, a host and the reason why the VM cannot run there.

Code:
The code of XAPI.

Note:
What you probably meant; what a code without a sentence means; or which set of rules alone refuses the command.

Command:
The refused command, with the final values of its words. Secrets are left out.

Hint:
One command that works now and brings you a step further. You can paste it into a shell.

Warning:
The command does not know a parameter, the state is unsound, or the history cannot be kept. The command runs all the
same."""

_SCRIPTS = """\
xe batch FILE runs the lines of a shell script as one change. If one line is refused, nothing changes. With
--keep-going, xe runs all the lines that it can, even if the script says set -e. When sh runs the script, one command
after the other, the result is the same unless a line is refused: then a shell goes on with the next line. If a command
uses the output of another command and that one is refused, xe does not run it.

A line is one of these:"""

_LINES = """\
xe COMMAND ...
A command. >/dev/null, 2>/dev/null and >/dev/null 2>&1 may stand behind it. A script cannot have commands that print
help, or commands about the whole state file.

NAME=value, NAME=$(xe ...), export NAME=value
An assignment, or several.

echo ...
Print words. echo takes no backslashes and no options here.

set -e, set -u
With -u, a variable must be set before you use it. -e changes nothing.

# comment
xe leaves out comments, on a line of their own or behind other words."""

_WORDS_OF_A_SCRIPT = """\
Quotes, backslashes, continued lines, $NAME, ${NAME}, $(xe ...) and backticks mean the same as in sh. If a script uses
anything else, such as pipes, loops, file name patterns or other programs, xe refuses the script before it runs the
first line."""

_STATUSES = {
    DONE: "Done.",
    REFUSED: (
        "xe refused the command, or did not understand it. The state file has not changed, except for the objects or "
        "lines that --multiple or --keep-going got done. Or: the command changed nothing, and xe could not write its "
        "output."
    ),
    STATE_FILE_UNUSABLE: (
        "xe cannot use the state file: it cannot read or write the file, or the file is unsound, too new or locked. "
        "The file has not changed."
    ),
    UNDELIVERED: (
        "The command changed the state file, and a later step failed: xe could not write the output, or the disk did "
        "not confirm the change. Standard error says which. Do not repeat the command."
    ),
    INTERRUPTED: "Interrupted. If the command had changed the state file by then, standard error says so.",
}

_ENVIRONMENT = """\
XE_STATE
The state file, if --state does not name one. The file must exist; xe state-init makes it.

XE_FIRST_USE
With 1 or yes, xe makes the default state file when it first needs it, even without a terminal.

XE_ERRORS
With plain, xe prints nothing that the real xe does not print: no extra lines below a refusal, and no warnings.

XE_STRICT
With 1 or yes, a parameter that the command does not know is an error.

XE_LOCK_TIMEOUT
How many seconds xe waits while another command writes to the file; 10 if it is not set.

XE_BACKUPS
How many earlier versions of the state file the history keeps; any number if it is not set, none with 0.

XE_HISTORY_DAYS
For how many days the history keeps them; 30 if it is not set.

XE_HISTORY_BYTES
About how many bytes the history may take, with the contents of disks that only its versions need. If it is not set,
versions may take 268435456 bytes (256 MiB), and their contents half of what is free. The oldest versions go first. The
last version before the present one always stays, and so does the last content that a disk had before.

XE_DISK_LIMIT
How many bytes the contents of all disks may take on this machine. Without it, the next content may take half of what is
free. Where there is no room, the SR of the disk is full.

XE_PLUGINS
The folder with the plugins of the hosts: executables that host-call-plugin runs with the rights of the user. Without
it, there are none.

XE_PLUGIN_TIMEOUT
How many seconds a plugin may take before xe stops it; 60 if it is not set.

XE_EXTRA_ARGS
Further words for every command line, with commas between them. A comma inside a word has a backslash before it.

XE_FORMAT
The form of output where the line names none: json, csv, yaml, table or shell. It is for a person at a prompt; scripts
written for xe fail with it. It does not apply inside xe batch, nor together with --minimal.

XE_DRY_RUN
With 1 or yes, every command runs as with --dry-run: it shows what it would change, and writes nothing.

XDG_STATE_HOME
The folder of the default state file, instead of ~/.local/state.

XDG_CACHE_HOME
The folder of the indices that xe makes for state files, instead of ~/.cache."""

_FILES = """\
$XDG_STATE_HOME/xe/host.toml
The default state file, described in xe-state(5). xe state-init makes it. On a terminal, xe also makes it, with a fresh
host in it, when it first needs it. A script gets an error instead, because it may have lost XE_STATE.

host.toml.d/
The folder beside a state file, with its lock, its history, and the contents of its disks. xe can read the state without
it; disks without their contents then have zeros.

$XDG_CACHE_HOME/xe/
Indices that make large states quick. You can remove them at any time. xe removes the indices of files that are gone.

/etc/xensource-inventory
If this file exists, the machine is a real host. The command xe then does not touch the default state file; use xe-py,
--state or XE_STATE."""

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
        + section("EXAMPLES", paragraphs("Make a host, and start a VM with a disk on it:"), example(_EXAMPLE))
        + section("SEE ALSO", pages([*((f"xe-{family.name}", 1) for family in named), ("xe-state", 5)]))
    )
