"""Host CPU: one of the physical CPUs of a host, which all follow from what the host says of its CPUs."""

from __future__ import annotations

from xe_py.schema.derived import Computed
from xe_py.schema.fields import Int, Ref, Text
from xe_py.schema.values import Float
from xe_py.schema.xenclass import XenClass
from xe_py.xapi.hosts import physical_cpus

HOST_CPU = XenClass(
    "host-cpu",
    label="host_cpu",
    doc="A physical CPU of a host. It follows from the cpu_info of the host.",
    fields=(
        Ref("host-uuid", "host", required=True, doc="The host."),
        Int("number", doc="Its number."),
        Text("vendor", doc="Who made it."),
        Int("speed", doc="Its speed, in megahertz."),
        Int("model", doc="The number of its model."),
        Int("family", doc="The number of its family."),
        Text("modelname", doc="The name of its model."),
        Text("stepping", doc="The stepping of its model."),
        Text("flags", doc="What it can do."),
        Computed("utilisation", Float, lambda _state, _cpu: 0.0, expensive=True, doc="How busy it is; not simulated."),
    ),
    follows=physical_cpus,
    list_fields=("uuid", "number", "vendor", "speed", "utilisation"),
)
