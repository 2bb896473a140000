"""`xe --explain <line>`: how the words are read, what the line would act on and change, and which rules it touches.

The call is made on the state in memory and taken back, so nothing changes.
"""

from __future__ import annotations

from xe_py import classes, running
from xe_py.cli import where
from xe_py.errors import Failure, Misuse, SeveralFailed, XeError
from xe_py.schema.command import LINES, STORE, WORDS
from xe_py.schema.fields import Map, Ref
from xe_py.schema.listing import Listing, Page
from xe_py.schema.xenclass import split_key
from xe_py.state.core import touched
from xe_py.store import surely
from xe_py.xapi.spoken import spoken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.cli.environment import Environment
    from xe_py.cli.words import Line
    from xe_py.running import Call
    from xe_py.schema.xenclass import XenClass
    from xe_py.state.record import Record
    from xe_py.state.state import State

_SHOWN = 20
_COVERAGE = {
    "modelled": "It does on the state what it does on a real pool.",
    "recorded": "It is only recorded that it was called.",
    "refused": "It is always refused.",
}


def explained(line: Line, call: Call, environment: Environment) -> Page:
    """The page about the line."""
    command, kind = call.command, call.command.kind
    facts = [("what it does", command.doc), ("how much of it there is", _COVERAGE[command.coverage])]
    page = Page(f"xe {command.name}", facts, {"command": command.name})
    read = [(_as_shown(call, name, value), _meaning(call, name, value)) for name, value in call.words]
    page.add("How its words are read", *[f"{word}: {how}" for word, how in read], words=[list(each) for each in read])
    if kind.gets in {STORE, LINES}:
        what = "It works on the state file as a whole." if kind.gets == STORE else "It runs the lines of a file."
        page.add("What it acts on", what)
    elif kind.waits:
        page.add("What it acts on", "It waits until the state is so.")
    else:
        _add_effects(page, line, call, environment)
    return page


# Words


def _as_shown(call: Call, name: str, value: str) -> str:
    """The word as it was typed, without a secret."""
    from xe_py.schema.secrets import command_line

    return command_line([call.command.name, f"{name}={value}"]).removeprefix(call.command.name).strip()


def _meaning(call: Call, name: str, value: str) -> str:
    """What the word is to the command."""
    about_field = _as_field(call, name) if call.command.kind.gets == WORDS else ""
    return about_field or _as_parameter(call, name) or _as_filter(call, name, value) or _as_any(call, name)


def _as_field(call: Call, name: str) -> str:
    """What a field is to a command that takes the fields of a class."""
    cls = _class_of(call)
    meant = None if cls is None or name == "uuid" else split_key(cls, name)
    if meant is None:
        return ""
    field, key = meant
    which = f"the key {key} of the field {field.name}" if key else f"the field {field.name}"
    return f"a filter on {which}. {field.doc}" if call.command.kind.reads else f"a new value of {which}. {field.doc}"


def _as_parameter(call: Call, name: str) -> str:
    for parameter in call.command.taken():
        if parameter.name == name:
            return f"the parameter {name}. {parameter.doc}"
        if isinstance(parameter, Map) and name.startswith(parameter.name + parameter.mark):
            return f"the key {name[len(parameter.name) + 1 :]} of the map {parameter.name}. {parameter.doc}"
    return ""


def _as_filter(call: Call, name: str, value: str) -> str:
    selector = call.command.selector
    if selector is None:
        return ""
    if name == selector.name:
        return f"chooses the {selector.label} with this name or uuid."
    if name == "multiple":
        return f"allows more than one {selector.label}."
    return f"a filter: only {selector.label}s with this value." if (name, value) in call.filters else ""


def _as_any(call: Call, name: str) -> str:
    """What the word is if it is nothing to this command."""
    return f"{call.command.name} does not know it; ignored." if name in call.unknown else "has no effect here."


def _class_of(call: Call) -> XenClass | None:
    from xe_py.operations.effects.wording import family_name

    family = family_name(call.command.name)
    return classes.get(classes.view(family).of) if family in classes.names() else None


# Effects


def _add_effects(page: Page, line: Line, call: Call, environment: Environment) -> None:
    opened = where.store(line.state, environment, make=False).read()
    if opened.findings:
        page.add("What it acts on", f"The state in {opened.name} is unsound, so a command that changes it is refused.")
        return
    call.client = None  # Files are not read or written to find out.
    surely(opened, lambda: _try(page, opened.state, call))


def _try(page: Page, state: State, call: Call) -> None:
    mark = state.mark()
    try:
        objects = _acted_on(state, call)
        _add_objects(page, state, objects)
        result = running.run(state, call)
        if isinstance(result, Listing) and not objects:
            _add_objects(page, state, result.records)
        if call.command.kind.reads:
            page.add("What changes", "Nothing: it only reads.", changes=[])
        else:
            _add_changes(page, state, mark)
    except XeError as refusal:
        page.add("It is refused", *_reasons(refusal), refused=_codes(refusal))
        if refusal.rest_is_done:
            _add_changes(page, state, mark)
    finally:
        state.rollback(mark)


def _add_objects(page: Page, state: State, objects: list[Record]) -> None:
    shown = [f"{spoken(state, obj)} ({obj['uuid']})" for obj in objects]
    more = [f"{len(shown) - _SHOWN} more"] if len(shown) > _SHOWN else []
    page.add("What it acts on", *shown[:_SHOWN], *more, objects=[obj["uuid"] for obj in objects])


def _acted_on(state: State, call: Call) -> list[Record]:
    """The objects that the command chooses, or is about; raises its refusal where there are none."""
    command = call.command
    if command.selector is not None:
        from xe_py.running.choosing import chosen

        return chosen(state, command.selector, call)
    references = {each.name: each for each in command.taken() if isinstance(each, Ref)}
    named = [(references[name].to, value) for name, value in call.words if name in references]
    return [obj for to, uuid in named if (obj := state.get(to, uuid)) is not None]


def _add_changes(page: Page, state: State, mark: int) -> None:
    changes = state.changes(mark)
    told = []
    for change in changes:
        if change.after is None:
            told.append(f"{change.cls.label} {change.uuid} is removed")
        elif change.before is None:
            told.append(f"{spoken(state, change.after)} is made")
        else:
            told.append(f"{spoken(state, change.after)}: {', '.join(sorted(change.touched() or ()))}")
    page.add("What changes", *(told or ["Nothing."]), changes=told)
    rules = dict.fromkeys(
        (obj.cls.name, rule.name, " ".join(rule.doc.split())) for obj, rule in touched(state, changes)
    )
    page.add(
        "Rules that are asked",
        *[f"{name} of class {cls}: {doc}" for cls, name, doc in rules],
        rules=[{"class": cls, "rule": name} for cls, name, _ in rules],
    )


def _reasons(refusal: XeError) -> list[str]:
    from xe_py.codes import describe

    if isinstance(refusal, SeveralFailed):
        return [f"{uuid}: {_reasons(each)[0]}" for uuid, each in refusal.refusals]
    if isinstance(refusal, Failure):
        return [f"{describe(refusal)[0]} ({refusal.code})"]
    return [refusal.text.partition("\n")[0] if isinstance(refusal, Misuse) else str(refusal)]


def _codes(refusal: XeError) -> list[str]:
    if isinstance(refusal, SeveralFailed):
        return [code for _, each in refusal.refusals for code in _codes(each)]
    return [refusal.code] if isinstance(refusal, Failure) else []
