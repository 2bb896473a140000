"""Random walks over the commands: whatever is accepted leaves a sound state, and the two checks agree on every edit."""

import random
import tomllib
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from xe_py import classes, operations, running
from xe_py.errors import Failure, XeError
from xe_py.fresh.host import fresh_host
from xe_py.running import Call
from xe_py.schema.command import CHANGES, SETS, Command
from xe_py.schema.fields import Bool, Choice, Field, Int, Map, Ref, Refs
from xe_py.schema.values import Float, Size
from xe_py.state.core import findings, verify
from xe_py.state.state import State, new_uuid
from xe_py.state.templates import NO_SET, note_destroyed
from xe_py.store.files.document import Document
from xe_py.store.toml.excerpt import Excerpt
from xe_py.store.toml.reader import judge
from xe_py.store.toml.render import canonical
from xe_py.store.toml.splice import STATE, anchors, edits, splice
from xe_py.xapi.default_templates import DEFAULT_SET

pytestmark = pytest.mark.slow

NUMBERS = (-1, 0, 1, 2, 4, 4094, 5000, 1 << 20, 1 << 30, 1 << 32, 1 << 50)
TEXTS = ("", "web", "0", "1", "3", "eth0", "eth1", "eth9", "xvda", "autodetect", "random", "192.168.1.77", "x" * 40)
TYPES = ("ext", "lvm", "nfs", "iso", "udev", "lvmoiscsi", "nothing")
# What reads folders of the machine, or makes a state file, is no step of a walk.
COMMANDS = [
    command
    for command in map(operations.find, operations.names())
    if command is not None and command.kind in {CHANGES, SETS}
]


def value(draw: random.Random, state: State, field: Field) -> Any:
    """A value for a parameter: mostly one that could be right."""
    if isinstance(field, Ref):
        objects = state.all(field.to)
        return draw.choice(objects)["uuid"] if objects else "x"
    if isinstance(field, Refs):
        objects = state.all(field.to)
        return [obj["uuid"] for obj in draw.sample(objects, min(len(objects), draw.randint(0, 3)))]
    if isinstance(field, Bool):
        return draw.random() < 0.5
    if isinstance(field, Choice):
        return draw.choice(field.options)
    if isinstance(field, (Size, Int)):
        return draw.choice(NUMBERS)
    if isinstance(field, Float):
        return float(draw.randint(0, 3))
    if isinstance(field, Map):
        return {"device": f"/dev/sd{draw.choice('bcd')}", "server": "s", "serverpath": "/p", "a": draw.choice(TEXTS)}
    if field.name == "type":
        return draw.choice(TYPES)
    if field.name == "uuid" and draw.random() < 0.5:
        return new_uuid()
    if field.name == "mac":
        return draw.choice(("random", "", f"02:00:00:00:00:0{draw.randint(0, 9)}", "x"))
    if field.name == "device":
        return draw.choice(("0", "1", "2", "3", "autodetect", "xvdb", "eth0", "eth1", "x"))
    if field.name == "uuid":
        return draw.choice([obj["uuid"] for cls in classes.sections() for obj in state.all(cls.name)])
    if field.name == "vlan":
        return str(draw.randint(0, 5))
    return draw.choice(TEXTS)


def words(draw: random.Random, state: State, command: Command) -> list[tuple[str, str]]:
    """Words for a generated command, over any field of its class."""
    family = command.name.partition("-param-")[0]
    cls = classes.get(classes.view(family).of)
    objects = state.all(cls.name)
    writable = [field for field in cls.fields if field.can_be_cleared or field.has_keys_to_set or draw.random() < 0.1]
    field = draw.choice(writable or cls.fields)
    found = [("uuid", draw.choice(objects)["uuid"] if objects else "x")]
    if command.name.endswith("-param-set"):
        shown = value(draw, state, field)
        text = {True: "true", False: "false"}.get(shown, str(shown)) if not isinstance(shown, (dict, list)) else "x"
        key = ":a" if field.mode.startswith("M") else ""
        return [*found, (field.name + key, text)]
    return [*found, ("param-name", field.name), ("param-key", draw.choice("abcd")), (draw.choice("abcd"), "1")]


def step(draw: random.Random, state: State, command: Command) -> None:
    """Run the command once with arguments that could be right."""
    if "-param-" in command.name and command.kind is CHANGES:
        (_, uuid), (_, field), (_, key), _ = words(draw, state, command)
        name = command.argument(command.required[0])
        asked = {command.argument(parameter) for parameter in command.required}
        given = {name: uuid, "param_name": field, "param_key": key}
        running.run(state, Call(command, {name: text for name, text in given.items() if name in asked}))
        return
    if command.kind is SETS:
        running.run(state, Call(command, words=words(draw, state, command)))
        return
    fields = [*command.required, *(field for field in command.optional if draw.random() < 0.4)]
    arguments = {command.argument(field): value(draw, state, field) for field in fields}
    if command.selector:
        arguments[command.selector.name] = draw.choice(state.all(command.selector.name))
    running.run(state, Call(command, arguments))


class Walk(RuleBasedStateMachine):
    """Commands one after the other on a pool of two hosts."""

    @initialize(
        rules=st.sampled_from(("strict", "xapi")),
        seed=st.integers(0, 1 << 30),
        templates=st.sampled_from((NO_SET, DEFAULT_SET)),
    )
    def begin(self, rules: str, seed: int, templates: str) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - a walk that can be walked again
        self.templates = templates
        self.state = fresh_host(name_label="xen", hosts=2, nics=3, rules=rules, templates=templates)
        self.text = canonical(self.state)
        for name in ("vm-create", "vdi-create", "vbd-create", "vif-create"):
            for _ in range(3):
                self.run(operations.find(name))  # type: ignore[arg-type] # there are all of these

    def run(self, command: Command) -> None:
        before, mark = canonical(self.state), self.state.mark()
        try:
            step(self.draw, self.state, command)
        except XeError:
            assert self.state.mark() == mark
            assert canonical(self.state) == before
        else:
            changes = self.state.changes()
            note_destroyed(self.state, changes)
            serial = self.state.serial + bool(self.state.mark())
            tables = [(STATE, 0), *anchors(self.state, changes).items()]
            excerpt = Excerpt(self.text.encode(), tables)
            parts = excerpt.apply(edits(excerpt.text, self.state, changes, serial))
            self.text = splice(self.text, self.state, changes, serial)
            self.same(b"".join(parts).decode(), self.text)
            self.state.settle(changes)

    def same(self, *texts: str) -> None:
        """The texts are the same. A default template has its table where it was first changed, in any text."""
        first, *others = texts if self.templates == NO_SET else map(tomllib.loads, texts)
        for other in others:
            assert other == first

    @rule(command=st.sampled_from(COMMANDS))
    def command(self, command: Command) -> None:
        self.run(command)

    @rule(name=st.sampled_from(("vm-start", "vm-shutdown", "vbd-create", "vbd-plug", "vdi-create", "vif-create")))
    def common(self, name: str) -> None:
        self.run(operations.find(name))  # type: ignore[arg-type] # there are all of these

    @rule(seed=st.integers(0, 1 << 30))
    def edit(self, seed: int) -> None:
        """A hand in an editor changes any field; the step-by-step check and the full check say the same of it."""
        draw = random.Random(seed)  # noqa: S311 - as above
        cls = draw.choice([cls for cls in classes.sections() if self.state.count(cls.name)])
        obj = draw.choice(self.state.all(cls.name))
        mark = self.state.mark()
        if draw.random() < 0.15:
            self.state.delete(obj)
        else:
            field = draw.choice([field for name, field in cls.stored.items() if name != "uuid"])
            alike = any(field.name in unique.fields for unique in cls.unique) and draw.random() < 0.7
            new = draw.choice(self.state.all(cls.name))[field.name] if alike else value(draw, self.state, field)
            if not field.accepts(new):
                return
            self.state.update(obj, {field.name: new})
        try:
            verify(self.state, self.state.changes(mark))
        except Failure:
            assert any(findings(self.state)), f"{cls.name}: refused step by step, and sound as a whole"
        else:
            assert not [(f.cls, f.field, f.failure) for f in findings(self.state)]
        self.state.rollback(mark)

    @invariant()
    def the_state_is_sound_and_the_text_says_the_same(self) -> None:
        if not hasattr(self, "state"):
            return
        assert not [(f.cls, f.field, f.failure) for f in findings(self.state)]
        again, found = judge(Document("text", "text", (0, 0, 0, 1 << 62), text=self.text))
        assert not found
        self.same(self.text, canonical(self.state), canonical(again))


Walk.TestCase.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestWalk = Walk.TestCase


@pytest.mark.parametrize("rules", ["strict", "xapi"])
def test_every_command_can_be_a_step_of_a_walk(rules: str) -> None:
    draw = random.Random(1)  # noqa: S311 - as above
    state = fresh_host(name_label="xen", hosts=2, nics=3, rules=rules)
    for command in COMMANDS:
        for _ in range(3):
            try:
                step(draw, state, command)
            except XeError:
                continue
    assert not list(findings(state))
