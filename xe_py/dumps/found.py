"""The objects that a capture has, on their way into a state, and what is to be told about the way."""

from __future__ import annotations

from collections import Counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.schema.xenclass import XenClass


class Found:
    """An object of a class of the state, with the stored fields that the capture has.

    References stand in `values` as in the capture. `ref` is that of the object there. `names` has the names of the
    objects that references point to, where the capture says them. `reports` has what the guest reported, by field,
    and `reverts` what a snapshot says of its VM. `own` are fields that only xe_py knows, as they are stored.
    """

    __slots__ = ("age", "cls", "names", "own", "ref", "reports", "reverts", "uuid", "values")

    def __init__(self, cls: XenClass, uuid: str, ref: str, age: int = 0) -> None:
        self.cls = cls
        self.uuid = uuid
        self.ref = ref
        self.age = age
        self.values: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.reports: dict[str, Any] | None = None
        self.reverts: dict[str, Any] = {}
        self.own: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """The uuid and, if there is one, the name."""
        name = self.values.get("name-label")
        return f"{self.uuid} ({name})" if name else self.uuid


class Report:
    """What does not come into the state as it was in the capture, counted by what it is."""

    def __init__(self) -> None:
        self.remarks: list[str] = []
        self.unknown: Counter[str] = Counter()
        self.misfits: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.cleared: Counter[str] = Counter()
        self.made_up: list[str] = []
        self.secrets = 0
        self.stand_ins: list[str] = []

    def lines(self) -> list[str]:
        """What is told, a line for each kind."""
        counted = (
            ("Left out, because xe_py does not have it", self.unknown),
            ("Left out, because the value does not fit the field", self.misfits),
            ("Left out", self.dropped),
            ("Cleared, because the object is not there", self.cleared),
        )
        lines = list(self.remarks)
        lines += [f"Stand-in, because it is not in the capture: {each}" for each in self.stand_ins]
        lines += [f"Assumed: {each}" for each in self.made_up]
        lines += [f"{what}: {_counted(found)}" for what, found in counted if found]
        if self.secrets:
            lines.append(f"Masked: {self.secrets} {'secret' if self.secrets == 1 else 'secrets'}")
        return lines


def _counted(found: Counter[str]) -> str:
    return ", ".join(f"{what} ({number})" for what, number in sorted(found.items()))
