"""A pool in memory whose objects are called by name, and commands on it written as a user writes them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from xe_py import classes
from xe_py.errors import Failure, Misuse, refuse
from xe_py.operations import find
from xe_py.running import Call, run
from xe_py.schema.fields import Map
from xe_py.schema.xenclass import XenClass
from xe_py.state.core import findings
from xe_py.state.record import Record
from xe_py.state.state import State

Refusal = tuple[str, ...]
GIB = 1 << 30


class SmallPool:
    """Two hosts and no more; `add` gives further objects names by which lines and refusals speak of them."""

    def __init__(self, rules: str = "strict") -> None:
        self.state = State({"rules": rules})
        self.named: dict[str, Record] = {}
        self.add("xen1", "host")
        self.add("xen2", "host")
        self.add("pool", "pool", master="xen1")
        self._add_control_domain("dom0", "xen1")
        self._add_control_domain("dom0-xen2", "xen2")
        self.add_management()

    def add_management(self) -> None:
        """A management interface for each host, on a network of their own."""
        manage = self.state.add("network", {"name-label": "manage", "bridge": "manage"})
        for number, host in enumerate(("xen1", "xen2")):
            card = {"device": "eth9", "physical": True, "MAC": f"00:16:3e:99:00:0{number}", "currently-attached": True}
            where = {"host-uuid": self.named[host]["uuid"], "network-uuid": manage["uuid"]}
            self.state.add("pif", {**card, **where, "management": True, "IP-configuration-mode": "DHCP"})

    def _add_control_domain(self, name: str, host: str) -> None:
        """A control domain that takes no memory, so that rows can count with round numbers."""
        memory = {f"memory-{limit}": 0 for limit in ("static-min", "dynamic-min", "dynamic-max", "static-max")}
        domain = {"is-control-domain": True, "power-state": "running", "dom-id": 0, "VCPUs-number": 1}
        where = {"name-label": name, "resident-on": self.named[host]["uuid"]}
        self.named[name] = self.state.add("vm", {**where, **domain, **memory})

    def add(self, name: str, cls: str, **fields: object) -> Record:
        """A new object with these fields, `_` standing for `-`; in references a name stands for a uuid."""
        values = self._values(classes.get(cls), fields)
        if cls not in {"pbd", "vbd"}:
            values.setdefault("name-label", name)
        if cls == "vm" and values.get("power-state") in {"running", "paused"}:
            values.setdefault("VCPUs-number", 1)
        if cls == "vm" and values.get("power-state") == "suspended":
            values.setdefault("suspend-VDI-uuid", self._image())
        self.named[name] = self.state.add(cls, values)
        return self.named[name]

    def _image(self) -> str:
        """A VDI with the memory of a suspended VM, on an SR of its own that every host reaches."""
        found = self.state.find("sr", name_label="images")
        sr = found[0] if found else self.state.add("sr", {"name-label": "images", "type": "nfs", "shared": True})
        for host in self.state.all("host") if not found else ():
            where = {"sr-uuid": sr["uuid"], "host-uuid": host["uuid"]}
            self.state.add("pbd", {**where, "currently-attached": True})
        image = {"sr-uuid": sr["uuid"], "type": "Suspend", "location": str(self.state.count("vdi")), "virtual-size": 1}
        return str(self.state.add("vdi", image)["uuid"])

    def change(self, name: str, **fields: object) -> None:
        """Give fields of the object new values, as a hand in an editor would."""
        self.state.update(self.named[name], self._values(self.named[name].cls, fields))

    def xe(self, line: str) -> Record:
        """Run the line; what is accepted leaves the state sound."""
        name, *words = line.split()
        command = find(name)
        assert command is not None, name
        parameters = {parameter.name: parameter for parameter in command.parameters()}
        arguments: dict[str, Any] = {}
        for word in words:
            path, _, text = word.partition("=")
            if command.selector and path == command.selector.name:
                arguments[path] = self.named[text]
                continue
            path, _, key = path.partition(":")
            parameter = parameters[path]
            if isinstance(parameter, Map):
                arguments.setdefault(command.argument(parameter), {})[key] = text
            else:
                arguments[command.argument(parameter)] = self._uuid(text)
        result: Record = run(self.state, Call(command, arguments))
        self.assert_sound()
        return result

    def param_set(self, name: str, **fields: object) -> None:
        """Give fields of the object new values, as `param-set` does."""
        obj = self.named[name]
        for field, value in fields.items():
            guard = obj.cls.by_name[field.replace("_", "-")].guard
            refuse(guard(self.state, obj, value) if guard else ())
        self.change(name, **fields)

    def refusal(self, line: str) -> Refusal:
        """Run a line that must be refused; the code and its values, objects by name."""
        mark = self.state.mark()
        with self.refused() as refusal:
            self.xe(line)
        assert self.state.mark() == mark, "a refusal changed the state"
        return refusal()

    @contextmanager
    def refused(self) -> Iterator[Callable[[], Refusal]]:
        """Something that must be refused is done inside; what is given back then says how it was."""
        with pytest.raises((Failure, Misuse)) as caught:
            yield lambda: self._described(caught.value)

    def unsound(self) -> set[Refusal]:
        """What the full check finds: the class, and the refusal."""
        return {(finding.cls, *self._described(finding.failure)) for finding in findings(self.state)}

    def assert_sound(self) -> None:
        """The full check finds nothing."""
        found = self.unsound()
        assert not found, found

    def assert_shown(self, name: str) -> None:
        """Every field of the object can be shown, whatever state it is in."""
        for field in self.named[name].cls.by_name:
            self.value(name, field)

    def value(self, name: str, field: str) -> Any:
        """The value of a field; references by name."""
        value = self.state.value(self.named[name], field)
        return [self._name(uuid) for uuid in value] if isinstance(value, list) else self._name(value)

    def gone(self) -> set[str]:
        """The names of the objects that are no longer there."""
        return {name for name, obj in self.named.items() if self.state.get(obj.cls.name, obj["uuid"]) is not obj}

    def _described(self, error: Failure | Misuse) -> Refusal:
        if isinstance(error, Misuse):
            return (error.text,)
        return error.code, *(
            self._name(value["uuid"] if isinstance(value, Record) else value) for value in error.values
        )

    def _values(self, cls: XenClass, fields: dict[str, object]) -> dict[str, object]:
        names = {field: field.replace("_", "-") for field in fields}
        return {
            name: self._uuid(fields[field]) if name in cls.references else fields[field]
            for field, name in names.items()
        }

    def _uuid(self, name: object) -> object:
        return self.named[name]["uuid"] if isinstance(name, str) and name in self.named else name

    def _name(self, uuid: Any) -> Any:
        return next((name for name, obj in self.named.items() if obj["uuid"] == uuid), uuid)
