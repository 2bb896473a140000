"""What a host has behind its PCI bus, and GPUs: physical ones, their groups, and what VMs get of them."""

from __future__ import annotations

from xe_py.schema.derived import Back, Computed, NameOf
from xe_py.schema.fields import CASCADE, CLEAR, RO, RW, SRO, SRW, WHOLE, Bool, Choice, Int, Map, Ref, Refs, Set, Text
from xe_py.schema.xenclass import NAMES, OTHER_CONFIG, XenClass
from xe_py.xapi import gpus

_DOM0_ACCESS = Choice(
    "dom0-access",
    ("enabled", "disable_on_reboot", "disabled", "enable_on_reboot"),
    default="enabled",
    doc="Whether the control domain uses the device.",
)

PCI = XenClass(
    "pci",
    label="PCI",
    section=400,
    doc="A device behind the PCI bus of a host.",
    fields=(
        Text("vendor-name", doc="Who made the device."),
        Text("device-name", doc="What the device is."),
        Text("driver-name", doc="The driver that the control domain uses for it."),
        Ref("host-uuid", "host", on_delete=CASCADE, doc="The host that has the device."),
        NameOf("host-name-label", "host-uuid", doc="The name of that host."),
        Text("pci-id", doc="The address on the bus."),
        Set("dependencies", mode=SRO, doc="The addresses of the devices that a VM must get together with it."),
        OTHER_CONFIG,
        Bool("is-hidden", hidden=True, doc="Whether the device is hidden from the control domain since the last boot."),
        Bool("will-be-hidden", hidden=True, doc="Whether it is hidden from the next boot on."),
        Refs("attached-VMs", "vm", mode=RO, hidden=True, doc="The VM that has it now."),
    ),
    list_fields=("uuid", "vendor-name", "device-name", "pci-id"),
)

PGPU = XenClass(
    "pgpu",
    label="PGPU",
    section=410,
    doc="A physical GPU of a host.",
    fields=(
        Ref("pci-uuid", "pci", on_delete=CASCADE, doc="The PCI device that it is."),
        Computed("vendor-name", Text, gpus.of_pci("vendor-name"), doc="Who made it."),
        Computed("device-name", Text, gpus.of_pci("device-name"), doc="What it is."),
        _DOM0_ACCESS,
        Bool("is-system-display-device", doc="Whether it shows the console of the host."),
        Ref(
            "gpu-group-uuid",
            "gpu-group",
            mode=RW,
            always_names=True,
            guard=gpus.can_move,
            doc="The group of GPUs that it is in.",
        ),
        NameOf("gpu-group-name-label", "gpu-group-uuid", doc="The name of that group."),
        Ref("host-uuid", "host", on_delete=CASCADE, doc="The host that has it."),
        NameOf("host-name-label", "host-uuid", doc="The name of that host."),
        Computed("pci-id", Text, gpus.of_pci("pci-id"), doc="Its address on the PCI bus."),
        Computed(
            "dependencies",
            Set,
            gpus.dependencies,
            mode=SRO,
            doc="The addresses of the devices that a VM must get together with it.",
        ),
        OTHER_CONFIG,
        Refs("supported-VGPU-types", "vgpu-type", mode=RO, doc="The types of virtual GPUs that it can be."),
        Refs(
            "enabled-VGPU-types",
            "vgpu-type",
            mode=SRW,
            param_set=WHOLE,
            guard=gpus.can_enable,
            doc="The types of virtual GPUs that it may be.",
        ),
        Back("resident-VGPUs", "vgpu.resident-on", doc="The virtual GPUs that run on it."),
        Int("size", default=1 << 20, hidden=True, doc="How much room it has for virtual GPUs; see the size of a type."),
    ),
    list_fields=("uuid", "pci-uuid", "vendor-name", "device-name", "gpu-group-uuid"),
)

GPU_GROUP = XenClass(
    "gpu-group",
    label="GPU_group",
    section=405,
    doc="A group of physical GPUs of one kind.",
    fields=(
        *NAMES,
        Back("VGPU-uuids", "vgpu.gpu-group-uuid", mode=SRO, doc="The virtual GPUs that may run on it."),
        Back("PGPU-uuids", "pgpu.gpu-group-uuid", mode=SRO, doc="The physical GPUs in it."),
        OTHER_CONFIG,
        Computed(
            "enabled-VGPU-types",
            Refs,
            gpus.of_group("enabled-VGPU-types"),
            to="vgpu-type",
            doc="The types of virtual GPUs that some GPU in it may be.",
        ),
        Computed(
            "supported-VGPU-types",
            Refs,
            gpus.of_group("supported-VGPU-types"),
            to="vgpu-type",
            doc="The types of virtual GPUs that some GPU in it can be.",
        ),
        Choice(
            "allocation-algorithm",
            ("breadth-first", "depth-first"),
            default="depth-first",
            mode=RW,
            doc="Whether virtual GPUs spread over the physical ones, or fill one after the other.",
        ),
    ),
    list_fields=("uuid", "name-label", "name-description"),
)

VGPU_TYPE = XenClass(
    "vgpu-type",
    label="VGPU_type",
    section=402,
    doc="A type of virtual GPU: what a VM gets of a physical one.",
    fields=(
        Text("vendor-name", doc="Who made the physical GPU."),
        Text("model-name", doc="What the type is called."),
        Int("framebuffer-size", doc="How much memory it has, in bytes."),
        Int("max-heads", doc="How many screens it has at most."),
        Computed("max-resolution", Text, gpus.resolution, join="x", doc="The largest screen, in pixels."),
        Back("supported-on-PGPUs", "pgpu.supported-VGPU-types", doc="The physical GPUs that can be it."),
        Back("enabled-on-PGPUs", "pgpu.enabled-VGPU-types", doc="The physical GPUs that may be it."),
        Computed(
            "supported-on-GPU-groups",
            Refs,
            gpus.groups_with("supported-VGPU-types"),
            to="gpu-group",
            doc="The groups with such GPUs.",
        ),
        Computed(
            "enabled-on-GPU-groups",
            Refs,
            gpus.groups_with("enabled-VGPU-types"),
            to="gpu-group",
            doc="The groups with such GPUs.",
        ),
        Back("VGPU-uuids", "vgpu.type-uuid", doc="The virtual GPUs of this type."),
        Bool("experimental", doc="Whether it is still tried out."),
        Refs("compatible-types-in-vm", "vgpu-type", mode=RO, doc="The types that a VM may have besides it."),
        Int("max-resolution-x", hidden=True, doc="The width of the largest screen."),
        Int("max-resolution-y", hidden=True, doc="The height of the largest screen."),
        Int("size", hidden=True, doc="How much of the size of a GPU it takes; 0 for all of it."),
        Choice(
            "implementation",
            (gpus.PASSTHROUGH, "nvidia", "nvidia_sriov", "gvt_g", "mxgpu"),
            default=gpus.PASSTHROUGH,
            hidden=True,
            doc="How a VM gets it: the whole GPU, or a part that a driver of the host makes.",
        ),
    ),
    list_fields=("uuid", "vendor-name", "model-name", "max-resolution", "max-heads"),
)

VGPU = XenClass(
    "vgpu",
    label="VGPU",
    section=420,
    doc="A virtual GPU of a VM.",
    fields=(
        Ref("vm-uuid", "vm", required=True, on_delete=CASCADE, doc="The VM that has it."),
        NameOf("vm-name-label", "vm-uuid", doc="The name of that VM."),
        Text("device", default="0", doc="Its place among the devices of the VM."),
        Ref("gpu-group-uuid", "gpu-group", on_delete=CASCADE, doc="The group of GPUs that it may run on."),
        NameOf("gpu-group-name-label", "gpu-group-uuid", doc="The name of that group."),
        Bool("currently-attached", doc="Whether the running VM has it."),
        OTHER_CONFIG,
        Ref("type-uuid", "vgpu-type", on_delete=CLEAR, doc="Its type."),
        Computed("type-model-name", Text, gpus.model_name, doc="What that type is called."),
        Ref("resident-on", "pgpu", on_delete=CLEAR, doc="The physical GPU that it runs on."),
        Map("compatibility-metadata", mode=RO, doc="What a host must have to take it over."),
        Text("extra_args", mode=RW, doc="More arguments for the program that emulates it."),
        Computed(
            "pci", Text, gpus.pci_of_vgpu, doc="The address of the PCI device that the VM has, if it has a whole one."
        ),
    ),
    list_fields=("uuid", "vm-uuid", "device", "gpu-group-uuid"),
)
