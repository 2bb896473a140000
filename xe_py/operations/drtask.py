"""Disaster recovery tasks: they bring the SRs of a lost pool in, and take them out again."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations import pbd, sr
from xe_py.operations.effects.passwords import check_secrets
from xe_py.operations.effects.probing import there
from xe_py.schema.collections import Words
from xe_py.schema.command import command
from xe_py.schema.fields import Map, Ref, Text
from xe_py.xapi.drivers import refusals
from xe_py.xapi.licence import allows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from xe_py.state.record import Record
    from xe_py.state.state import State

# The types of SR that keep the metadata of a pool.
WITH_METADATA = frozenset(("lvmofcoe", "lvmohba", "lvmoiscsi"))


@command(
    "drtask-create",
    required=(Text("type", doc="The type of the SRs."),),
    optional=(
        Map("device-config", doc="Where and how the hosts find the storage."),
        Words("sr-whitelist", doc="The uuids of the SRs to bring in, separated by commas."),
    ),
    doc="Bring in SRs of a lost pool.",
)
def create(
    state: State, type: str, device_config: dict[str, str] | None = None, sr_whitelist: Sequence[str] = ()
) -> Record:
    """Make the task, and introduce and plug the SRs that lie there and are wanted; those that are known stay."""
    refuse(allows(state, "DR", "dr"))
    config = device_config or {}
    if type not in WITH_METADATA:
        raise Failure("OPERATION_NOT_ALLOWED", f"Disaster recovery not supported on SRs of type {type}")
    check_secrets(state, config)
    refuse(refusals(type, config))
    task = state.add("drtask", {})
    coordinator = state.ref(state.all("pool")[0], "master")
    for storage in there(state, coordinator, type, config):
        if storage.cls.name == "storage" and storage["sr"] in sr_whitelist:
            found = sr.introduce(state, "", type, storage["sr"], shared=True)
            for host in state.all("host"):
                pbd.plug(state, pbd.create(state, host, found, config))
            state.update(found, {"introduced-by": task["uuid"]})
    return task


@command(
    "drtask-destroy",
    required=(Ref("uuid", "drtask", doc="The task."),),
    doc="Forget the SRs that a disaster recovery task has brought in.",
)
def destroy(state: State, drtask: Record) -> None:
    """Unplug and forget its SRs."""
    for found in state.pointing_at(drtask, "sr.introduced-by"):
        for each in state.pointing_at(found, "pbd.sr-uuid"):
            pbd.unplug(state, each)
        sr.forget(state, found)
    state.delete(drtask)
