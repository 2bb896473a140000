"""The words of a script are those that `sh` makes of them, and what is beyond a plain script is refused."""

import random
import re
import subprocess
from collections.abc import Mapping

import pytest

from xe_py.cli.expansion import Variables
from xe_py.cli.script import Step, read
from xe_py.errors import Misuse

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "ONE": "1", "TWO": "a b", "EMPTY": "", "BLANK": "  a \t b  ", "LINES": "x\ny\n"}
# A program that prints its words, each between angle brackets.
SHOW = 'xe() { for word in "$@"; do printf \'<%s>\' "$word"; done; echo; }\n'


def ours(text: str, environment: Mapping[str, str] = ENVIRONMENT) -> str:
    """What the calls of a script get as words, in the notation of SHOW."""

    def shown(call: Step) -> str:
        return "".join(f"<{word}>" for word in variables.words(call.words)) + "\n"

    variables = Variables(environment, shown)
    out = []
    for step in read(text, "script", environment, lambda _words: None):
        for name, word in step.assigned:
            variables.assign(name, word, exported=step.program == "export")
        if step.program == "xe":
            out.append(shown(step))
        elif step.program == "echo":
            out.append(" ".join(variables.words(step.words)) + "\n")
        elif step.program == "set":
            variables.set(step.words)
    return "".join(out)


def by_sh(text: str) -> str:
    """The same by the shell."""
    script = (SHOW + text).encode()
    return subprocess.run(["sh", "-s"], input=script, env=ENVIRONMENT, capture_output=True, check=True).stdout.decode()


TEXTS = [
    "xe vm-list",
    "  xe   vm-list\tparams=all  ",
    "xe a=b # comment\nxe c#d '#'e \\#f",
    "# comment \\\nxe a",
    "xe a \\\n  b\\\nc 'd\\\ne' \"f\\\ng\"",
    "xe 'a b' \"c  d\" e\\ f g'h'\"i\"",
    "xe '' \"\" a''b",
    'xe "a\\"b\\$c\\`d\\\\e\\f" a\\\\b \\a',
    "xe 'one\ntwo' \"three\nfour\"",
    'xe $ONE ${ONE} x$ONE-${ONE}y "$ONE" "x${ONE}" \'$ONE\' \\$ONE',
    'xe $TWO "$TWO" x$TWO y${TWO}z a=$TWO',
    "xe $EMPTY a$EMPTY \"$EMPTY\" $EMPTY$EMPTY '' $NOTHING b$NOTHING",
    'xe $BLANK x${BLANK}y "$BLANK" $BLANK$BLANK $LINES',
    'xe a$ $ "$" "a $ b" a=$, "$,"',
    "xe a~b a}b } ! a!b ] @ ^ % + , . / : = -",
    'A=1\nxe $A\nA=$A$A B=x C=\'y z\'\nxe $A $B $C "$C"\nA=\nxe "$A"',
    'A=$TWO\nxe $A "$A"\nexport A=$ONE B\nxe $A\nexport C=\'x y\'\nxe "$C"',
    "A=$(xe a 'b c')\nxe \"$A\"\nB=`xe x \\`xe y\\``\nxe $B",
    'xe a=$(xe b) "$(xe "c d" $TWO)" $(xe \'<x y>\') ${ONE}$(xe z)',
    'xe "`xe a \\"b c\\"`" `xe \'d  e\'`',
    'A=$(xe "$(xe x)")y\nxe "$A"',
    "set -e\nset -u\nset -eu\nset +e +u\nxe $NOTHING",
    "echo a  b $TWO \"$TWO\"\necho\necho ''",
    "xe a >/dev/null\nxe b",
    "xe a\r\nxe b",
    "xe ä ö=ü 'ß' \"é $ONE\" \u00a0",
    "xe a",
    "\n\n  \n# nothing\n",
    "A='\n'\nxe \"$A\" $A",
    "xe --force -s host a=b=c other-config:x=y",
]


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_of_the_shell(text: str) -> None:
    expected = by_sh(text)
    if ">/dev/null" in text:
        expected = f"<a>\n{expected}"  # Where the output goes is not a matter of words.
    assert ours(text) == expected


PIECES = ["a", "=", " ", "  ", "\t", "'", '"', "\\", "$", "$ONE", "${TWO}", "$BLANK", "${EMPTY}", "$(xe a)", "#", "\\\n",
          "b c", "'x y'", '"x $TWO"', '"', "'", "`xe q`", ":", "~", "é", "]", "}", "-", '"$(xe \'k l\')"', "\\$", '\\"']  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_taken_is_taken_as_the_shell_takes_it(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret, but what can be repeated
    taken = []
    while len(taken) < 150:
        line = "xe " + "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 9)))
        try:
            ours(line)
        except Misuse:
            continue
        taken.append(line)
    text = "\n".join(taken) + "\n"
    mine, shell = ours(text), by_sh(text)
    assert mine == shell


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("xe vm-list | wc", "a pipe"),
        ("xe vm-list && xe sr-list", "& or &&"),
        ("xe vm-list &", "& or &&"),
        ("xe vm-list || true", "a pipe"),
        ("xe vm-list; xe sr-list", "more than one command in a line"),
        ("(xe vm-list)", "a parenthesis"),
        ("xe vm-list)", "a parenthesis"),
        ("{ xe vm-list", "a brace"),
        ("}", "control flow (})"),
        ("xe vm-list name={a,b}", "a brace"),
        ("xe vm-list name=*", "a pattern for file names"),
        ("xe vm-list name=a?", "a pattern for file names"),
        ("xe vm-list name=[a]", "a pattern for file names"),
        ("xe vm-list ~", "a home folder"),
        ("xe vm-list file=~/x", "a home folder"),
        ("A=~/x", "a home folder"),
        ("xe vm-list >out", "output to anything but /dev/null"),
        ("xe vm-list >/dev/nullx", "output to anything but /dev/null"),
        ("xe vm-list 2>&1", "joining warnings with the output"),
        ("xe vm-list 2>&1 >/dev/null", "joining warnings with the output"),
        ("xe vm-list &>/dev/null", "& or &&"),
        ("xe vm-list 3>/dev/null", "output to anything but /dev/null"),
        ("xe vm-list <x", "input from elsewhere"),
        ("xe vm-list <<END", "input from elsewhere"),
        ("for VM in a b", "control flow (for)"),
        ("if true", "control flow (if)"),
        ("done", "control flow (done)"),
        ("! xe vm-list", "control flow (!)"),
        ("[ -n x ]", "a pattern for file names"),
        ("curl x", "a command that is not xe (curl)"),
        ("exit 0", "a command that is not xe (exit)"),
        ("cd /tmp", "a command that is not xe (cd)"),
        ("./xe vm-list", "a command that is not xe (./xe)"),
        ("$XE vm-list", "a command whose name is not known beforehand"),
        ("f() {", "a parenthesis"),
        ("A=1 xe vm-list", "an assignment in front of a command"),
        ("A=1 >/dev/null", "an assignment with a redirection"),
        ("A=$(date)", "a command that is not xe (date)"),
        ("A=$(B=1)", "a command substitution of anything but one call of xe"),
        ("A=$()", "a command substitution of anything but one call of xe"),
        ("A=$(xe vm-list | cut -c1)", "a pipe"),
        ("A=$(xe vm-list\n)", "a command substitution of several lines"),
        ("A=`xe vm-list | cut -c1`", "a pipe"),
        ("A=`date`", "a command that is not xe (date)"),
        ("A=`xe vm-list", "a backtick that is not closed"),
        ("A=$((1+1))", "a parenthesis"),
        ("xe a=${A:-b}", "an expansion other than"),
        ("xe a=$1", "an expansion other than"),
        ("xe a=$?", "an expansion other than"),
        ("xe \"$@\"", "an expansion other than"),
        ("xe $'a'", "an expansion other than"),
        ("xe $\"a\"", "an expansion other than"),
        ("xe 'a", "a quote that is not closed"),
        ("xe \"a", "a quote that is not closed"),
        ("xe \"a $(xe b", "a command substitution of several lines"),
        ("xe a\\", "a backslash at the end"),
        ("xe a\0", "a zero byte"),
        ("xe $IFS", "the shell's own $IFS"),
        ("IFS=,", "setting IFS"),
        ("PATH=/bin", "setting PATH"),
        ("export XE_STATE=other.toml", "setting XE_STATE"),
        ("XDG_STATE_HOME=/x", "setting XDG_STATE_HOME"),
        ("set -x", "set with anything but e and u"),
        ("set", "set with anything but e and u"),
        ("set -- a b", "set with anything but e and u"),
        ("export", "a command that is not xe (export)"),
        ("export -p", "export with anything but names and assignments"),
        ("echo -n a", "echo with a switch or a backslash"),
        ("echo 'a\\nb'", "echo with a switch or a backslash"),
    ],
)  # fmt: skip
def test_what_needs_a_real_shell_is_named_with_its_line(line: str, what: str) -> None:
    with pytest.raises(Misuse) as refused:
        read(
            f"# first\nxe vm-list\n\n{line}\n" if not line.endswith(("\\", "'a")) else f"#\n\n\n{line}",
            "x.sh",
            {},
            lambda _: None,
        )
    first, second, third = refused.value.text.split("\n")
    assert first == f"x.sh:4: {line.splitlines()[0].strip()}"
    assert second.startswith(f"xe batch cannot run this line: {what}")
    assert second.endswith(". Nothing was changed.")
    assert third == "Run the script with a shell: sh x.sh"


@pytest.mark.parametrize("text", ["export A=$TWO", "xe $A"])
def test_what_differs_from_shell_to_shell_is_refused_when_it_comes_to_it(text: str) -> None:
    with pytest.raises(Misuse, match="double quotes"):
        ours(f"A='*'\n{text}")


def test_a_variable_must_be_set_after_set_u() -> None:
    assert ours("xe a$NOTHING") == "<a>\n"
    with pytest.raises(Misuse, match="The variable NOTHING is not set"):
        ours("set -u\nxe a$NOTHING")


def test_what_a_shell_sets_by_itself_is_not_taken_for_empty() -> None:
    """A bash that is called sh has variables of its own; without them a script would do another thing."""
    of_bash = subprocess.run(["bash", "-c", "compgen -v"], env={}, capture_output=True, text=True, check=True).stdout
    assert len(of_bash.split()) > 30
    for name in of_bash.split():
        for text in (f"xe a${name}", f'xe "${{{name}}}"', f"xe `xe ${name}`", f"A=${name}"):
            with pytest.raises(Misuse, match=re.escape(f"the shell's own ${name}")):
                ours(text, {})


def test_what_a_script_or_its_environment_sets_is_its_own() -> None:
    assert ours('HOSTNAME=h\nxe $HOSTNAME "$(xe a${HOSTNAME})"\nxe `xe $HOSTNAME`') == "<h><<ah>>\n<<h>>\n"
    assert ours("xe $SHELL", {"SHELL": "/bin/sh"}) == "</bin/sh>\n"
    with pytest.raises(Misuse, match="the shell's own"):
        ours("xe $SHELL\nSHELL=later")


def test_steps_know_their_line_and_their_text() -> None:
    steps = read("#!/bin/sh\n\nxe a \\\n  b\nA=1 # x\n\n\txe c\n", "x", {}, lambda _: None)
    assert [(each.number, each.text) for each in steps] == [(3, "xe a \\\n  b"), (5, "A=1 # x"), (7, "xe c")]
