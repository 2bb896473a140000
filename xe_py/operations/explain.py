"""The command `explain`: what a class, a field, a command, an error code or a rule is, from its declaration.

Only xe_py has it, not the real xe.
"""

from __future__ import annotations

from xe_py import classes, operations
from xe_py.errors import Misuse
from xe_py.schema.command import INSPECTS, REFUSED, command
from xe_py.schema.fields import Text
from xe_py.schema.listing import Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from xe_py.schema.command import Command
    from xe_py.schema.fields import Field
    from xe_py.schema.xenclass import Rule, XenClass
    from xe_py.store.promise import Store

_RULES = "rules"
_MODES = {
    "RO": "You can only read it.",
    "RW": "You can read and write it.",
    "SRO": "A set of texts, which you can only read.",
    "SRW": "A set of texts. You can add members and remove them.",
    "MRO": "A map of keys and texts, which you can only read.",
    "MRW": "A map of keys and texts. You can set and remove keys.",
}


@command(
    "explain",
    required=(
        Text(
            "topic",
            doc="A class (vbd), a field (vbd.mode), a command (vbd-plug), an error code (VDI_IN_USE), a rule, or "
            "rules. The word may stand alone.",
        ),
    ),
    doc="Explain a class, a field, a command, an error code or the rules. Nothing is read but the declarations.",
    kind=INSPECTS,
    ours=True,
)
def explain(_store: Store, topic: str) -> Page:
    """The page of the topic."""
    page = _page_of(topic) or _page_of(topic.lower()) or _page_of(topic.upper())
    if page is None:
        raise Misuse(f"Error: Nothing here is called {topic}.", *_meant(topic))
    return page


def _page_of(topic: str) -> Page | None:
    from xe_py.codes import CODES, UNLISTED

    family, dot, field = topic.partition(".")
    name = topic.replace("_", "-")
    if topic == _RULES:
        return _all_rules()
    if name in operations.table() and (found := operations.find(name)) is not None:
        return _of_command(found)
    if topic in CODES or topic in UNLISTED:
        return _of_code(topic)
    if family.replace("_", "-") in classes.names():
        view = family.replace("_", "-")
        cls = classes.get(classes.view(view).of)
        return _of_field(cls, field) if dot else _of_class(view, cls)
    rules = [(cls, rule) for cls in classes.sections() for rule in cls.rules if rule.name == name.replace("-", "_")]
    return _of_rule(rules) if rules else None


def _meant(topic: str) -> Iterable[str]:
    """What is called almost so."""
    from xe_py.codes import CODES, UNLISTED
    from xe_py.schema.similar import nearest

    family, dot, field = topic.lower().partition(".")
    if dot and family in classes.names():
        cls = classes.get(classes.view(family).of)
        near = [f"{family}.{name}" for name in nearest(field, [each.name for each in cls.fields if not each.hidden])]
    else:
        near = nearest(topic.lower(), [*classes.names(), *operations.names(), _RULES])
        near = near or nearest(topic.upper(), [*CODES, *UNLISTED])
    return [f"did you mean {', '.join(near)}?"] if near else []


# A class


def _of_class(view: str, cls: XenClass) -> Page:
    from xe_py.operations.effects.wording import on_delete, plain_list

    declared = classes.view(view)
    shown = [field for field in cls.fields if not field.hidden]
    facts = [("what it is", declared.doc), ("its list", plain_list(declared))]
    page = Page(f"class {view}", facts, {"class": view, "of": cls.name, "doc": declared.doc})
    page.add("Fields", *[_in_line(field) for field in shown], fields=[_as_data(field) for field in shown])
    references = [(name, field) for name, field in cls.references.items() if not field.hidden]
    page.add(
        "It refers to", *[f"{name}: a {classes.get(field.to).label}. {on_delete(field)}" for name, field in references]
    )
    back = [(other, field) for other, field in classes.referrers(cls.name) if other not in classes.HIDDEN]
    page.add("What refers to it", *[f"{classes.get(other).label}, in its field {field}" for other, field in back])
    page.add("Rules", *_rules_of(cls), rules=[rule.name for rule in cls.rules])
    page.add("Operations", ", ".join(cls.operations) or "none", operations=list(cls.operations))
    page.add("Commands", ", ".join(_commands_of(view)), commands=_commands_of(view))
    return page


def _commands_of(view: str) -> list[str]:
    from xe_py.operations.effects.wording import family_name

    return [name for name in operations.names() if family_name(name) == view]


def _in_line(field: Field) -> str:
    return f"{field.name} ({field.mode}): {field.doc}"


def _as_data(field: Field) -> dict[str, str]:
    return {"name": field.name, "mode": field.mode, "doc": field.doc}


def _rules_of(cls: XenClass) -> list[str]:
    from xe_py.operations.effects.wording import rule_set, unique_doc

    unique = [f"{unique_doc(cls, each)} (both sets)" for each in cls.unique]
    return unique + [f"{rule.name}: {_one_line(rule.doc)} ({rule_set(rule)})" for rule in cls.rules]


# A field


def _of_field(cls: XenClass, word: str) -> Page | None:
    from xe_py.operations.effects.wording import default_of, notes, on_delete, toml_type
    from xe_py.schema.listing import step
    from xe_py.schema.xenclass import split_key

    meant = split_key(cls, word)
    field = step(cls, word) if meant is None else meant[0]
    if field is None or field.hidden:
        return None
    facts = [
        ("what it says", field.doc),
        ("mode", f"{field.mode}. {_MODES[field.mode]}"),
        ("in the file", f"{toml_type(field)}; {default_of(field)}" if field.stored else "Not there: xe computes it."),
        ("reference", on_delete(field)),
        ("besides", notes(field)),
        ("to change it", _setter(cls, field)),
    ]
    page = Page(f"field {field.name} of class {cls.name}", [fact for fact in facts if fact[1]], _as_data(field))
    watchers = dict.fromkeys((other, name) for other, name, _, _ in classes.watchers(cls.name, field.name))
    rules = [(classes.get(other), name) for other, name in watchers]
    told = [f"{name} of class {other.name}: {_one_line(_rule(other, name).doc)}" for other, name in rules]
    page.add("Rules that read it", *told, rules=[name for _, name in rules])
    return page


def _setter(cls: XenClass, field: Field) -> str:
    """The command line that changes the field."""
    words = {
        "set": f"{field.name}=<value>" if field.has_setter else f"{field.name}:<key>=<value>",
        "add": f"param-name={field.name} param-key=<member>",
    }
    verb = "set" if field.has_setter or field.has_keys_to_set else "add" if field.has_adder else ""
    return f"xe {cls.name}-param-{verb} uuid=<uuid> {words[verb]}" if verb else ""


def _rule(cls: XenClass, name: str) -> Rule:
    return next(rule for rule in cls.rules if rule.name == name)


# A command


def _of_command(found: Command) -> Page:
    from xe_py.operations.effects.refusals import codes_of
    from xe_py.operations.effects.wording import family_name, own_parameters, standing, usage
    from xe_py.schema.description import description

    family = family_name(found.name)
    cls = classes.get(classes.view(family).of) if family in classes.names() else None
    facts = [
        ("what it does", description(found)),
        ("how to write it", " ".join(["xe", found.name, *usage(found, cls)])),
        ("besides", " ".join(standing(found))),
    ]
    page = Page(f"command {found.name}", [fact for fact in facts if fact[1]], {"command": found.name, "doc": found.doc})
    parameters = [
        *((field, ", required") for field in found.required),
        *((field, "") for field in own_parameters(found, cls)),
    ]
    page.add(
        "Parameters",
        *[f"{field.name}{needed}: {field.doc}" for field, needed in parameters],
        parameters=[{"name": field.name, "required": bool(needed), "doc": field.doc} for field, needed in parameters],
    )
    codes = codes_of(found.run) if found.coverage != REFUSED else ["NOT_IMPLEMENTED"]
    page.add(
        "Codes that it may be refused with, in the order in which xe checks",
        *[f"{code}: {_sentence(code)}" for code in codes],
        codes=codes,
    )
    return page


def _sentence(code: str) -> str:
    from xe_py.codes import CODES, UNLISTED

    return (CODES.get(code) or UNLISTED.get(code) or ("",))[0]


# A code


def _of_code(code: str) -> Page:
    from xe_py.codes import CODES, UNLISTED
    from xe_py.operations.effects.refusals import raisers_of

    sentence, parameters = CODES.get(code) or UNLISTED[code]
    facts = [
        ("what it says", sentence),
        ("its parameters", ", ".join(parameters)),
        ("besides", "The real xe has no sentence for this code and prints it bare." if code in UNLISTED else ""),
    ]
    data = {"code": code, "message": sentence, "parameters": list(parameters)}
    page = Page(f"error code {code}", [fact for fact in facts if fact[1]], data)
    unique = [(cls, each) for cls in classes.sections() for each in cls.unique if each.refusal == code]
    told = [f"{cls.name}: {' and '.join(each.fields)} must be unique" for cls, each in unique]
    told += [f"{name}: {doc}" for name, doc in raisers_of(code)]
    page.add("Checks that raise it", *told, checks=told)
    return page


# Rules


def _all_rules() -> Page:
    facts = [
        ("strict", "The relationships of the textbook. It refuses what a well-kept pool never is."),
        ("xapi", "What every real pool is. It accepts whatever the real XAPI accepts."),
        ("to see which", "xe state-show"),
        ("to switch", "xe state-set rules=xapi, or xe state-init rules=xapi for a new state"),
    ]
    page = Page("rules, which hold in every state, whoever wrote it", facts, {})
    for cls in classes.sections():
        page.add(cls.name, *_rules_of(cls), **{cls.name: [rule.name for rule in cls.rules]})
    return page


def _of_rule(found: list[tuple[XenClass, Rule]]) -> Page:
    """The rules of one name, which several classes may have."""
    from xe_py.operations.effects.wording import rule_set

    page = Page(f"rule {found[0][1].name}", [], {"rule": found[0][1].name})
    for cls, rule in found:
        lines = f"{_one_line(rule.doc)} ({rule_set(rule)})", f"It reads {', '.join(rule.watches)}."
        page.add(f"Of class {cls.name}", *lines, **{cls.name: {"doc": lines[0], "reads": list(rule.watches)}})
    return page


def _one_line(text: str) -> str:
    return " ".join(text.split())
