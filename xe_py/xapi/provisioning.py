"""What a template says in XML: which disks a VM that is made from it gets, and what its makers recommend."""

from __future__ import annotations

from pyexpat import ExpatError, ParserCreate

from xe_py.errors import Failure
from xe_py.schema.numbers import integer_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from xe_py.state.record import Record

DISKS, SCRIPT = "disks", "postinstall"
"""The keys of other-config that are for provisioning: the disks as XML, and a script of the host to run."""

_FOLDER = "/opt/xensource/packages/post-install-scripts"
_TYPES = ("system", "user", "ephemeral", "suspend", "crashdump")


class Disk:
    """A disk that is to be made: its device, size and type, and whether the VM may boot from it."""

    __slots__ = ("bootable", "device", "size", "type")

    def __init__(self, *, device: str, size: str, bootable: str, type: str = _TYPES[0], **_others: str) -> None:
        number = integer_of(size)
        if number is None:
            raise ValueError
        self.device = device
        self.size = number
        self.bootable = bootable == "true"
        self.type = type if type in _TYPES else _TYPES[0]


def disks_of(vm: Record) -> list[Disk]:
    """The disks that the template asks for; INTERNAL_ERROR if its XML says no such thing."""
    text = vm["other-config"].get(DISKS)
    if text is None:
        return []
    try:
        root, *disks = _elements(text)
        if root == (0, "provision", {}) and all((depth, name) == (1, "disk") for depth, name, _ in disks):
            return [Disk(**attributes) for _, _, attributes in disks]
    except (ExpatError, ValueError, TypeError):
        pass  # It is refused like XML that says something else.
    raise Failure("INTERNAL_ERROR", "Xapi_templates.Parse_failure")


def script_is_allowed(vm: Record) -> Iterator[Failure]:
    """Why the script of the template is refused: it is not one of the scripts of the host."""
    script = vm["other-config"].get(SCRIPT)
    if script is None:
        return
    folder, _, name = script.rpartition("/")
    if (
        folder != _FOLDER
        or not name
        or not all(letter.isascii() and (letter.isalnum() or letter in "-_/") for letter in script)
    ):
        yield Failure("PERMISSION_DENIED", f"illegal provision script {script}")


def recommends(vm: Record, field: str) -> bool:
    """Whether the recommendations of the template say true for the field; broken ones recommend nothing."""
    try:
        found = _elements(vm["recommendations"])
    except ExpatError:
        return False
    wanted = {"field": field, "value": "true"}
    return any(name == "restriction" and wanted.items() <= attributes.items() for _, name, attributes in found)


def _elements(text: str) -> list[tuple[int, str, dict[str, str]]]:
    """The elements of the XML in its order, each with its depth, name and attributes."""
    found: list[tuple[int, str, dict[str, str]]] = []
    opened: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((len(opened), name, attributes))
        opened.append(name)

    parser = ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: opened.pop()
    parser.Parse(text, True)
    return found
