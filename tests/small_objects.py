"""An object of each of the small classes, which no command need make."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from xe_py import open_host
from xe_py.state.record import Record
from xe_py.state.state import State

if TYPE_CHECKING:
    from conftest import Xe


def with_passwords(xe: "Xe", pbds: Iterable[str], config: dict[str, str]) -> None:
    """Give the PBDs a device-config with passwords, as files have it from before there were secrets."""
    with open_host(str(xe.state)) as host:
        for pbd in pbds:
            host.state.update(host.state.need("pbd", pbd), {"device-config": config})
        host.commit()


def add_small_objects(state: State) -> dict[str, Record]:
    """Add one of each to the state, which has at least a host, a PIF, an SR, a VDI, a VM and a VIF; by class."""
    one = {cls: state.all(cls)[0]["uuid"] for cls in ("host", "pif", "sr", "vdi", "vif")}
    vm = state.find("vm", is_control_domain=False, is_a_template=False)[0]["uuid"]
    made: dict[str, Record] = {}

    def add(cls: str, **fields: Any) -> str:
        made[cls] = state.add(cls, {name.replace("_", "-"): value for name, value in fields.items()})
        return str(made[cls]["uuid"])

    host = {"host-uuid": one["host"]}
    secret = add("secret", value="5ecret", other_config={"of": "test"})
    add("subject", subject_identifier="S-1-5-21", other_config={"subject-name": "ada"})
    limit = add("rate-limit", name_label="slow", burst_size=10.0, fill_rate=1.0)
    add("caller", name_label="script", user_agent="curl", client_ip="192.0.2.1", rate_limit=limit)
    add("certificate", name="ca.pem", type="ca", fingerprint="00:11")
    update = add("update", name_label="u", hosts=[one["host"]], vdi=one["vdi"])
    add("patch", name_label="p", hosts=[one["host"]], update=update)
    add("repository", name_label="base", binary_url="https://r.example", gpgkey_path="key")
    pci = add(
        "pci", vendor_name="Maker", device_name="Card", pci_id="0000:05:00.0", dependencies=["0000:05:00.1"], **host
    )
    type = add(
        "vgpu-type", vendor_name="Maker", model_name="whole", max_heads=1, max_resolution_x=1920, max_resolution_y=1080
    )
    group = add("gpu-group", name_label="Group of Maker Card GPUs")
    types = {"supported-VGPU-types": [type], "enabled-VGPU-types": [type]}
    pgpu = add("pgpu", pci_uuid=pci, gpu_group_uuid=group, **types, **host)
    add("vgpu", vm_uuid=vm, gpu_group_uuid=group, type_uuid=type, resident_on=pgpu)
    usb = add("usb-group", name_label="Group of sticks")
    add("pusb", usb_group_uuid=usb, path="1-2", vendor_id="0781", product_id="5591", speed=480.0, **host)
    add("vusb", vm_uuid=vm, usb_group_uuid=usb)
    site = add("pvs-site", name_label="site", pvs_uuid="11111111-2222-4333-8444-555555555556")
    add("pvs-server", addresses=["192.0.2.9"], first_port=6910, last_port=6930, pvs_site_uuid=site)
    add("pvs-proxy", pvs_site_uuid=site, vif_uuid=one["vif"])
    add("pvs-cache-storage", sr_uuid=one["sr"], pvs_site_uuid=site, vdi_uuid=one["vdi"], **host)
    cluster = add("cluster", cluster_stack="corosync")
    add("cluster-host", cluster=cluster, PIF=one["pif"], host=one["host"], enabled=True)
    driver = add("hostdriver", name="net", type="network", **host)
    variant = add("hostdriver-variant", name="generic", version="1.0", status="production", driver_uuid=driver)
    state.update(made["hostdriver"], {"active": variant, "selected": variant})
    add("feature", name_label="corosync", experimental=True, **host)
    add("drtask")
    add("vtpm", vm_uuid=vm, contents=secret)
    add("observer", name_label="watch", endpoints=["bugtool"], components=["xapi"], attributes={"ab": "c"})
    return made
