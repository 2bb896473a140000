"""Local caching: which SR a host may cache disks on, when it may be chosen, and what the fields say then."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

NOT_SUPPORTED, NOT_DISABLED = "SR_OPERATION_NOT_SUPPORTED", "HOST_NOT_DISABLED"


def said(xe: "Xe", *lines: str) -> dict[str, str]:
    """Run the lines with the uuids of what is there; the uuids of what they name."""
    names = {
        "host": xe.do("host-list name-label=xen1 --minimal"),
        "pool": xe.do("pool-list --minimal"),
        "local": xe.do("sr-list type=ext --minimal").split(",")[0],
    }
    for line in lines:
        name, colon, rest = line.partition(": ")
        names[name if colon else ""] = xe.do((rest if colon else line), **names)
    return names


def cache(xe: "Xe", host: str) -> str:
    return xe.do(f"host-param-get uuid={host} param-name=local-cache-sr")


def test_a_disabled_host_caches_on_an_sr_of_its_own(xe: "Xe") -> None:
    names = said(
        xe,
        "host-disable host=xen1",
        "other: sr-create name-label=fast type=xfs device-config:device=/dev/sdz",
        "host-enable-local-storage-caching host=xen1 sr-uuid={local}",
    )
    assert cache(xe, names["host"]) == names["local"]
    assert xe.do("sr-list local-cache-enabled=true --minimal") == names["local"]
    xe.do("host-enable-local-storage-caching uuid={host} sr-uuid={other}", **names)
    assert cache(xe, names["host"]) == names["other"]
    assert xe.do("sr-list local-cache-enabled=true --minimal") == names["other"]
    assert xe.code(f"sr-destroy uuid={names['other']}") == "SR_HAS_PBD"
    xe.do(f"pbd-unplug uuid={xe.do('pbd-list sr-uuid={other} --minimal', **names)}")
    assert xe.code(f"sr-destroy uuid={names['other']}") == "SR_IS_CACHE_SR"
    xe.do("host-disable-local-storage-caching host=xen1")
    assert cache(xe, names["host"]) == "<not in database>"
    assert xe.do("sr-list local-cache-enabled=true --minimal") == ""
    xe.do("host-disable-local-storage-caching host=xen1")
    xe.do(f"sr-destroy uuid={names['other']}")


REFUSED = [
    ((), "host-enable-local-storage-caching host=xen1 sr-uuid={local}", NOT_DISABLED),
    ((), "host-disable-local-storage-caching host=xen1", NOT_DISABLED),
    (
        ("vm-create name-label=web", "vm-start vm=web", "host-disable host=xen1"),
        "host-enable-local-storage-caching host=xen1 sr-uuid={local}",
        "HOST_IN_USE",
    ),
    (
        (
            "disk: vdi-create sr-uuid={local} name-label=d virtual-size=1GiB",
            "dom0: vm-list is-control-domain=true --minimal",
            "vbd: vbd-create vm-uuid={dom0} vdi-uuid={disk} device=0",
            "vbd-plug uuid={vbd}",
            "host-disable host=xen1",
        ),
        "host-disable-local-storage-caching host=xen1",
        "HOST_IN_USE",
    ),
    (
        ("host-disable host=xen1", "sr: sr-create name-label=s type=lvm device-config:device=/dev/sdz"),
        "host-enable-local-storage-caching host=xen1 sr-uuid={sr}",
        NOT_SUPPORTED,
    ),
    (
        ("host-disable host=xen1", "sr: sr-create name-label=s type=ext shared=true device-config:device=/dev/sdz"),
        "host-enable-local-storage-caching host=xen1 sr-uuid={sr}",
        NOT_SUPPORTED,
    ),
    (
        ("host-disable host=xen1", "pbd: pbd-list sr-uuid={local} --minimal", "pbd-unplug uuid={pbd}", "pbd-destroy uuid={pbd}"),
        "host-enable-local-storage-caching host=xen1 sr-uuid={local}",
        NOT_SUPPORTED,
    ),
    (("host-disable host=xen1",), "host-enable-local-storage-caching host=xen1 sr-uuid=nobody", "UUID_INVALID"),
    ((), "pool-enable-local-storage-caching uuid=nobody", "UUID_INVALID"),
    ((), "pool-enable-local-storage-caching uuid={pool}", "HOSTS_FAILED_TO_ENABLE_CACHING"),
    ((), "pool-disable-local-storage-caching uuid={pool}", "HOSTS_FAILED_TO_DISABLE_CACHING"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "line", "code"), REFUSED)
def test_what_is_refused(xe: "Xe", given: tuple[str, ...], line: str, code: str) -> None:
    assert xe.code(line, **said(xe, *given)) == code


def test_a_refusal_names_what_stands_in_the_way(xe: "Xe") -> None:
    names = said(xe, "vm: vm-create name-label=web", "vm-start vm=web", "host-disable host=xen1")
    told = xe("host-disable-local-storage-caching host=xen1").err
    assert f"host: {names['host']} (xen1)\ntype: vm\nref: {names['vm']} (web)\n" in told
    assert told.endswith(f" vm-shutdown uuid={names['vm']}\n")
    xe.do("vm-shutdown vm=web")
    xe.do("host-enable host=xen1")
    told = xe("host-enable-local-storage-caching host=xen1 sr-uuid={local}", **names).err
    assert told.endswith(f" host-disable uuid={names['host']}\n")
    sr = said(xe, "host-disable host=xen1", "sr: sr-create name-label=s type=lvm device-config:device=/dev/sdz")["sr"]
    assert f"In the way: sr {sr} (s)\n" in xe(f"host-enable-local-storage-caching host=xen1 sr-uuid={sr}").err


def test_an_sr_of_another_host(xe: "Xe") -> None:
    xe.do("state-init --force hosts=2")
    first, second = xe.do("host-list --minimal").split(",")
    xe.do(f"host-disable uuid={first}")
    other = xe.do(f"pbd-list host-uuid={second} params=sr-uuid --minimal").split(",")
    sr = next(each for each in xe.do("sr-list type=ext --minimal").split(",") if each in other)
    assert xe.code(f"host-enable-local-storage-caching uuid={first} sr-uuid={sr}") == "HOST_CANNOT_SEE_SR"


def test_a_host_that_does_not_answer(xe: "Xe") -> None:
    xe.do("state-init --force hosts=2")
    xe.do("host-disable --multiple")
    second = xe.do("host-list --minimal").split(",")[1]
    text = xe.state.read_text()
    place = text.index("\n", text.index(f"[host.{second}]"))
    xe.state.write_text(f"{text[:place]}\nhost-metrics-live = false{text[place:]}")
    assert xe.code(f"host-disable-local-storage-caching uuid={second}") == "HOST_OFFLINE"
    told = xe(f"pool-disable-local-storage-caching uuid={xe.do('pool-list --minimal')}").err
    assert told.startswith(f"Error code: HOSTS_FAILED_TO_DISABLE_CACHING\nError parameters: {second} (xenserver-2)\n")
    assert "HOST_OFFLINE" in told


def test_a_pool_caches_on_the_last_fitting_sr_of_each_host(xe: "Xe") -> None:
    """All hosts or none: a host without such an SR is named, and no other host caches."""
    xe.do("state-init --force hosts=2")
    pool = xe.do("pool-list --minimal")
    hosts = xe.do("host-list --minimal").split(",")
    xe.do("host-disable --multiple")
    xe.do(f"sr-create name-label=fast type=ext host-uuid={hosts[0]} device-config:device=/dev/sdz")
    xe.do(f"pool-enable-local-storage-caching uuid={pool}")
    assert xe.do(f"sr-param-get uuid={cache(xe, hosts[0])} param-name=name-label") == "fast"
    assert len(xe.do("sr-list local-cache-enabled=true --minimal").split(",")) == 2
    xe.do(f"pool-disable-local-storage-caching uuid={pool}")
    assert xe.do("sr-list local-cache-enabled=true --minimal") == ""
    for pbd in xe.do(f"pbd-list host-uuid={hosts[1]} --minimal").split(","):
        xe(f"pbd-unplug uuid={pbd}")
        xe(f"pbd-destroy uuid={pbd}")
    told = xe(f"pool-enable-local-storage-caching uuid={pool}").err
    assert told.startswith(f"Error code: HOSTS_FAILED_TO_ENABLE_CACHING\nError parameters: {hosts[1]} (xenserver-2)\n")
    assert "NO_LOCAL_STORAGE" in told
    assert xe.do("sr-list local-cache-enabled=true --minimal") == ""
