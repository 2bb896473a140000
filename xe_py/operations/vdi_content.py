"""Reading and writing the contents of VDIs."""

from __future__ import annotations

from xe_py.classes import vdi as guards
from xe_py.errors import Failure, refuse
from xe_py.operations.effects import images
from xe_py.operations.effects.disk_data import content_of, write, write_archived
from xe_py.operations.effects.progress import Bar
from xe_py.operations.effects.vhd import write_difference
from xe_py.schema.command import EXPORTS, IMPORTS, command
from xe_py.schema.fields import Bool, Ref, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from xe_py.schema.client import Client
    from xe_py.state.record import Record
    from xe_py.state.state import State

_FORMAT = Text("format", doc="The format of the data: raw (the default), vhd, qcow2 or tar.")
_PROGRESS = Bool("progress", doc="Show a bar on standard error.")


@command(
    "vdi-import",
    required=(
        Ref("uuid", "vdi", doc="The VDI, whose content is overwritten."),
        Text("filename", doc="The file with the data; - reads standard input."),
    ),
    optional=(_FORMAT, _PROGRESS),
    doc="Write the data of a file to a VDI.",
    kind=IMPORTS,
)
def import_(
    state: State,
    vdi: Record,
    filename: str,
    format: str = images.RAW,
    *,
    progress: bool = False,
    client: Client | None,
) -> None:
    """Write the data to the beginning of the VDI. Of the record, nothing changes that xe shows."""
    format = images.format_of(format)
    refuse(guards.can_import(state, vdi))
    if client is None:
        return
    done, end = _shown(client, vdi, progress=progress)
    with client.source(filename) as source:
        if format == images.RAW:
            write(state, vdi, source, done)
        elif format == images.TAR:
            write_archived(state, vdi, images.disk_in_tar(source, vdi["virtual-size"]))
            done(vdi["virtual-size"])
        else:
            with (
                content_of(state, vdi) as before,
                images.as_raw(format, source, before, vdi["virtual-size"]) as raw,
            ):
                write(state, vdi, raw, done)
    end()


@command(
    "vdi-export",
    required=(
        Ref("uuid", "vdi", doc="The VDI."),
        Text("filename", doc="The new file for the data; - writes to standard output."),
    ),
    optional=(
        _FORMAT,
        Ref("base", "vdi", doc="Export only what differs from this VDI; with format=vhd or qcow2."),
        _PROGRESS,
    ),
    doc="Write the content of a VDI to a file.",
    kind=EXPORTS,
)
def export(
    state: State,
    vdi: Record,
    filename: str,
    format: str = images.RAW,
    base: Record | None = None,
    *,
    progress: bool = False,
    client: Client | None,
) -> None:
    """Write all of the VDI, as large as a guest sees it."""
    format = images.format_of(format)
    refuse(images.fits(vdi, format))
    if base is not None and format in {images.RAW, images.TAR}:
        raise Failure("INTERNAL_ERROR", f"base= needs format=vhd or format=qcow2: {format} has no differences.")
    for each in (vdi, base) if base is not None else (vdi,):
        refuse(guards.can_export(state, each))
    if client is None or client.rehearses:
        return
    size = vdi["virtual-size"]
    done, end = _shown(client, vdi, progress=progress)
    with content_of(state, vdi) as content, client.target(filename) as target:
        if base is not None:
            with content_of(state, base) as below:
                if format == images.VHD:
                    write_difference(content, vdi, (below, base), target, done)
                else:
                    images.export_difference(content, size, (below, base["virtual-size"]), target, done)
        elif format == images.RAW:
            images.export_raw(content, size, target, done)
        elif format == images.TAR:
            images.export_tar(content, size, target, done)
        else:
            images.export_as(format, content, size, target, done)
    end()


def _shown(client: Client, vdi: Record, *, progress: bool) -> tuple[Callable[[int], None], Callable[[], None]]:
    """What is told how many bytes are done, and at the end that all are."""
    if not progress:
        return (lambda _: None), (lambda: None)
    bar = Bar(client, vdi["virtual-size"])
    return bar, bar.end
