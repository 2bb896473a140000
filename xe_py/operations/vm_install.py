"""Installing VMs from templates."""

from __future__ import annotations

from xe_py.errors import Misuse, refuse
from xe_py.operations import vbd, vdi
from xe_py.operations.vm_copy import clone, copy
from xe_py.operations.vm_firmware import copy_bios_strings
from xe_py.schema.command import command
from xe_py.schema.fields import Text
from xe_py.xapi.devices import OWNER
from xe_py.xapi.placement import default_sr
from xe_py.xapi.provisioning import DISKS, SCRIPT, disks_of, recommends, script_is_allowed
from xe_py.xapi.vm_settings import template_was_set

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.state.record import Record
    from xe_py.state.state import State
    from xe_py.xapi.provisioning import Disk

    Given = Mapping[str, str]

_UNNAMED = (
    "Template must be specified by parameter 'template-uuid', 'template-name', 'template-name-label' or 'template'"
)
_NO_SR_FOR_SNAPSHOTS = (
    "Do not use the sr-name-label or sr-uuid argument when installing from a snapshot. By default, it will install "
    "each new disk on the same SR as the corresponding snapshot disks."
)
_NO_DEFAULT_SR = "Failed to find a valid default SR for the Pool. Please provide an sr-name-label or sr-uuid parameter."


def _can_install(state: State, **given: str) -> None:
    """Refuse as xe does before it asks XAPI, in the order of its questions."""
    wrong = _wrong_template(state, given) or _wrong_storage(state, given)
    if wrong:
        raise Misuse(f"Error: {wrong}")


@command(
    "vm-install",
    required=(Text("new-name-label", doc="The name of the VM."),),
    optional=(
        Text("sr-name-label", doc="The name of the SR for the disks; the default SR of the pool if left out."),
        Text("sr-uuid", doc="The uuid of the SR for the disks."),
        Text("template", doc="The uuid or the name of the template."),
        Text("copy-bios-strings-from", doc="The uuid of the host whose BIOS strings the VM gets."),
    ),
    undeclared=(
        Text("template-name", doc="The name of the template."),
        Text("template-name-label", doc="The name of the template."),
        Text("template-uuid", doc="The uuid of the template."),
    ),
    grammar=_can_install,
    doc="Make a VM from a template, with the disks that the template asks for.",
    standard=True,
)
def install(state: State, new_name_label: str, *, copy_bios_strings_from: str | None = None, **given: str) -> Record:
    """Clone the template, or copy it to the SR that is given; then make the disks."""
    template, sr = _templates(state, given)[0][0], _storage(state, given)
    vm = clone(state, template, new_name_label) if sr is None else copy(state, template, new_name_label, sr=sr)
    state.update(
        vm,
        {
            "name-description": "Installed via xe CLI",
            "suspend-SR-uuid": template["suspend-SR-uuid"] if sr is None else sr["uuid"],
            "has-vendor-device": recommends(template, "has-vendor-device")
            and not state.all("pool")[0]["policy-no-vendor-device"],
        },
    )
    provision(state, vm, sr or default_sr(state))
    if copy_bios_strings_from is not None:
        copy_bios_strings(state, vm, state.need("host", copy_bios_strings_from))
    return vm


# What is named


def _templates(state: State, given: Given) -> tuple[list[Record], str]:
    """The VMs that may be meant as the template, and what xe says if there is none."""
    if "template_uuid" in given:
        return _with_uuid(state, given["template_uuid"]), "Cannot find template"
    name = given.get("template_name_label", given.get("template_name"))
    if name is None and "template" not in given:
        return [], _UNNAMED
    found = [] if name is not None else _with_uuid(state, given["template"])
    named = {"name_label": given["template"] if name is None else name, "is_a_template": True}
    return found or state.find("vm", **named, is_control_domain=False), "No templates matched"


def _with_uuid(state: State, uuid: str) -> list[Record]:
    vm = state.get("vm", uuid)
    return [] if vm is None else [vm]


def _wrong_template(state: State, given: Given) -> str:
    """What xe says of the template; nothing if it is one."""
    found, otherwise = _templates(state, given)
    if len(found) != 1:
        return "More than one matching template found" if found else otherwise
    if not found[0]["is-a-template"]:
        return "Can only install from templates"
    names_sr = "sr_name_label" in given or "sr_uuid" in given
    return _NO_SR_FOR_SNAPSHOTS if found[0]["is-a-snapshot"] and names_sr else ""


def _wrong_storage(state: State, given: Given) -> str:
    """What xe says of the SR; nothing if it is one, or if none is needed."""
    sr = _storage(state, given)
    if "sr_name_label" in given:
        named = state.find("sr", name_label=given["sr_name_label"])
        if not named:
            return "No SR with that name-label found"
        if sr not in named:
            return "SR specified via sr-uuid doesn't have the name specified via sr-name-label"
        if len(named) > 1 and "sr_uuid" not in given:
            return "Multiple SRs with that name-label found"
    needs_sr = DISKS in _templates(state, given)[0][0]["other-config"]
    return _NO_DEFAULT_SR if needs_sr and sr is None and default_sr(state) is None else ""


def _storage(state: State, given: Given) -> Record | None:
    """The SR that is given, or the first one with the name; UUID_INVALID for a uuid that no SR has."""
    if "sr_uuid" in given:
        return state.need("sr", given["sr_uuid"])
    named = state.find("sr", name_label=given["sr_name_label"]) if "sr_name_label" in given else []
    return named[0] if named else None


# What is done


def provision(state: State, vm: Record, sr: Record | None) -> None:
    """Make a VM of the clone of a template, and the disks that the template asks for.

    Without an SR, it asks for none.
    """
    state.update(vm, {"is-a-template": False})
    template_was_set(state, vm, value=False)
    if sr is not None:
        for disk in disks_of(vm):
            _make_disk(state, vm, sr, disk)
    refuse(script_is_allowed(vm))
    kept = {key: text for key, text in vm["other-config"].items() if key not in {DISKS, SCRIPT}}
    state.update(vm, {"other-config": kept})


def _make_disk(state: State, vm: Record, sr: Record, disk: Disk) -> None:
    made = vdi.create(state, sr, disk.device, disk.size, {"vmhint": vm["uuid"]}, type=disk.type)
    state.update(made, {"name-description": "Created by template provisioner"})
    is_system = disk.type == "system"
    drive = vbd.create(state, vm, disk.device, made, bootable=disk.bootable, unpluggable=not is_system)
    state.update(drive, {"other-config": {OWNER: ""}})
