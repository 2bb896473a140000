"""CDs: the VDIs on SRs whose content type is iso."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

_ISO = "iso"


def cds(state: State) -> list[Record]:
    """All CDs."""
    srs = [sr for sr in state.all("sr") if sr["content-type"] == _ISO]
    return [vdi for sr in srs for vdi in state.pointing_at(sr, "vdi.sr-uuid")]


def cds_named(state: State, name: str) -> list[Record]:
    """The CDs of this name."""
    return [vdi for vdi in state.find("vdi", name_label=name) if is_on_iso_sr(state, vdi)]


def is_on_iso_sr(state: State, vdi: Record) -> bool:
    """Whether the VDI is a CD."""
    return bool(state.ref(vdi, "sr-uuid")["content-type"] == _ISO)
