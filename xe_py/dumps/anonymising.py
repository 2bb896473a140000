"""A pool that can be shown to others: names, addresses, descriptions and other words are made up, and all else stays.

A word stays if every XenServer has it: in its declarations, or on a fresh host with its templates.
"""

from __future__ import annotations

import re

from xe_py import classes
from xe_py.dumps.pseudonyms import Pseudonyms
from xe_py.schema.fields import Choice, Ref, Refs, Text
from xe_py.schema.values import Uuid
from xe_py.state.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from xe_py.schema.fields import Field
    from xe_py.state.record import Record

_NAME, _HOST_NAME, _REVERTS = "name-label", "hostname", "reverts-to"
# What made-up names and descriptions are called; a name is called like the class of its object.
_KINDS = {_NAME: "", "name-description": "description", _HOST_NAME: "hostname"}
# What the hardware, the software and the makers of guests say of themselves.
_PUBLIC = """
    API-version-vendor attached-as capabilities chipset-info content-type cpu_info device device-id device-name edition
    guest-PV-drivers-version guest-os-version guest-services recommendations reference-label software-version
    supported-bootloaders type userdevice vendor-id vendor-name
"""
# Numbers in these are those of devices.
_OF_DEVICES = frozenset(("bios-strings", "device-config", "sm-config"))
# A record of everything, the variables of a firmware, and a certificate with the name of its host.
_DROPPED = frozenset(("last-boot-record", "NVRAM", "pem"))
# What users call the fields that they make for themselves.
_CUSTOM = "XenCenter.CustomFields."
_LETTERS = re.compile(r"[^\W\d_]+")
_MORE_WORDS = """
    apic auto autostart backup by cd cdn centos cifs com conf config copy daily default dev disk domain dom efi export
    false file fs gpt grub home hourly http https id image import install iscsi iso key local log lun lv lvhd master mbr
    mnt monthly mount net nfs no none null opt org part path poweron pv raid raw root run sata sda sdb sdc scsi server
    share smb srv ssd ssh swap tcp true udp usb user var vda vdb vg vhd vlan vol weekly www yes
"""


def anonymised(state: State) -> State:
    """The same pool with made-up names, and with the same made-up name wherever one stood."""
    return _Anonymising(state).state()


class _Anonymising:
    """Rewrites the objects of a state."""

    def __init__(self, state: State) -> None:
        self._old = state
        self._names = Pseudonyms(_known_words())
        self._public = frozenset(_PUBLIC.split())
        # The names of all objects, for texts that consist of one.
        self._by_name: dict[str, str] = {}
        for cls in classes.sections():
            for obj in state.all(cls.name):
                for name in (_NAME, _HOST_NAME):
                    text = obj.get(name, "")
                    if self._names.text(text) != text:
                        self._by_name.setdefault(text, self._named(obj, name, text))

    def state(self) -> State:
        """The new state."""
        made = State(dict(self._old.header))
        for cls in classes.sections():
            for obj in self._old.all(cls.name):
                fields = {name: self._value(obj, cls.stored[name], value) for name, value in obj.items()}
                kept = {name: value for name, value in fields.items() if value != cls.defaults[name]}
                made.load(cls, {"uuid": fields["uuid"], **kept})
        return made

    def _value(self, obj: Record, field: Field, value: Any) -> Any:
        name = field.name
        if name in _DROPPED:
            return field.default
        if name == "uuid" or isinstance(field, (Ref, Refs, Uuid)):
            return self._uuids(value)
        if isinstance(value, dict):
            return {self._key(key): self._of_key(obj, name, key, text) for key, text in value.items()}
        if isinstance(value, list):
            return list(dict.fromkeys(self._of_field(obj, name, member) for member in value))
        return self._of_field(obj, name, value) if isinstance(field, Text) else value

    def _uuids(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._names.uuid(each) for each in value]
        return None if value is None else self._names.uuid(value)

    def _named(self, obj: Record, name: str, text: str) -> str:
        """The name or description for that of an object; templates that every host has keep theirs."""
        if not text or (obj.cls.name == "vm" and obj["is-default-template"]):
            return text
        made = self._names.named(_KINDS[name] or obj.cls.label, text)
        return made.replace(" ", "-") if name == _HOST_NAME else made

    def _key(self, key: str) -> str:
        if key.startswith(_CUSTOM):
            return _CUSTOM + self._names.text(key.removeprefix(_CUSTOM))
        return self._names.addresses(key)

    def _of_key(self, obj: Record, field: str, key: str, text: str) -> str:
        """The text under a key, which begins with the name of a field in what a snapshot says of its VM."""
        name = key.partition(":")[0] if field == _REVERTS else _HOST_NAME if key == _HOST_NAME else field
        return self._of_field(obj, name, text)

    def _of_field(self, obj: Record, name: str, text: str) -> str:
        if name in _KINDS:
            return self._named(obj, name, text)
        if name in self._public:
            return text
        return self._by_name.get(text) or self._names.text(text, numbers=name in _OF_DEVICES)


def _known_words() -> frozenset[str]:
    """The words and uuids that every XenServer has, in small letters."""
    from xe_py.fresh.host import fresh_host
    from xe_py.xapi.default_templates import SETS, default_templates

    templates = [template for name in SETS for template in default_templates(name, "").items()]
    words = {uuid for uuid, _ in templates} | {*_MORE_WORDS.split()}
    for fields in (*(fields for _, fields in templates), *_fields_of(fresh_host(templates="none"))):
        for value in fields.values():
            words |= _words_of(value)
    for cls in classes.sections():
        words |= _words_of(cls.label)
        for field in cls.fields:
            words |= _words_of([field.name, *(field.options if isinstance(field, Choice) else ())])
    return frozenset(words)


def _fields_of(state: State) -> Iterator[Record]:
    """The objects whose texts are the same on every fresh host."""
    for cls in classes.sections():
        yield from state.all(cls.name)


def _words_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return _words_of([*value, *value.values()])
    if isinstance(value, list):
        return {word for each in value for word in _words_of(each)}
    return set(_LETTERS.findall(value.lower())) if isinstance(value, str) else set()
