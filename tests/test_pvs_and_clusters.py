"""Provisioning services and clusters: sessions, and tables of refusals."""

from typing import TYPE_CHECKING

import pytest
from network_pool import NetworkPool

from xe_py.state.record import Record

if TYPE_CHECKING:
    from conftest import Xe


class Pool(NetworkPool):
    """A pool with a site `site`, a storage SR `share`, and `web` with two VIFs."""

    def __init__(self) -> None:
        super().__init__()
        self.add("share", "sr", type="nfs", shared=True, physical_size=1 << 40)
        for host in ("xen1", "xen2"):
            where = {"sr-uuid": self.named["share"]["uuid"], "host-uuid": self.named[host]["uuid"]}
            self.state.add("pbd", {**where, "currently-attached": True})
        self.add_vif("vif0", "web", "lan")
        self.add_vif("vif1", "web", "lan")
        self.named["site"] = self.xe("pvs-site-introduce name-label=site pvs-uuid=p")
        self.assert_sound()

    def make(self, name: str, line: str) -> Record:
        """Run the line, and call what it makes by the name."""
        self.named[name] = self.xe(line)
        return self.named[name]


@pytest.fixture
def pool() -> Pool:
    return Pool()


# Provisioning services

SERVER = "pvs-server-introduce pvs-site-uuid=site"


def test_a_site_has_servers_proxies_and_storages(pool: Pool) -> None:
    pool.make("server", f"{SERVER} addresses=192.0.2.1,fd00::1 first-port=6910 last-port=6930")
    pool.make("proxy", "pvs-proxy-create pvs-site-uuid=site vif-uuid=vif0")
    pool.make("storage", "pvs-cache-storage-create host=xen1 sr-uuid=share pvs-site-uuid=site size=10GiB")
    assert pool.value("site", "pvs-server-uuids") == ["server"]
    assert pool.value("site", "pvs-proxy-uuids") == ["proxy"]
    assert pool.value("site", "pvs-cache-storage-uuids") == ["storage"]
    cache = pool.state.ref(pool.named["storage"], "vdi-uuid")
    assert (cache["name-label"], cache["type"], cache["virtual-size"]) == ("PVS cache VDI", "PVS cache", 10 << 30)
    assert pool.refusal("pvs-site-forget uuid=site") == ("PVS_SITE_CONTAINS_SERVERS", "server")
    pool.change("proxy", currently_attached=True)
    running = ("PVS_SITE_CONTAINS_RUNNING_PROXIES", "proxy")
    assert pool.refusal("pvs-site-forget uuid=site") == running
    with pool.refused() as refusal:
        pool.param_set("site", pvs_uuid="q")
    assert refusal() == running
    pool.run_vm("web", "xen1")
    assert pool.refusal("pvs-cache-storage-destroy uuid=storage") == ("PVS_CACHE_STORAGE_IS_IN_USE", "storage")
    pool.run_vm("web", "xen1", "halted")
    pool.xe("pvs-server-forget uuid=server")
    pool.xe("pvs-proxy-destroy uuid=proxy")
    pool.param_set("site", pvs_uuid="q")
    pool.xe("pvs-site-forget uuid=site")
    assert {"site", "server", "proxy", "storage"} <= pool.gone()
    assert pool.state.get("vdi", cache["uuid"]) is None


def test_a_vif_with_a_proxy_stays_the_first(pool: Pool) -> None:
    pool.add("shop", "vm")
    pool.make("second", "vif-create vm-uuid=shop network-uuid=lan device=2 mac=random")
    pool.make("other", "vif-create vm-uuid=shop network-uuid=lan device=3 mac=random")
    pool.make("proxy", "pvs-proxy-create pvs-site-uuid=site vif-uuid=second")
    line = "vif-create vm-uuid=shop network-uuid=lan device={} mac=random"
    assert pool.refusal(line.format(1)) == ("PVS_PROXY_PRESENT_ON_HIGHER_VIF_DEVICE", "2")
    pool.xe(line.format(4))
    pool.xe("pvs-proxy-destroy uuid=proxy")
    pool.xe(line.format(1))


def test_a_storage_goes_with_its_vdi(pool: Pool) -> None:
    pool.make("storage", "pvs-cache-storage-create host=xen1 sr-uuid=share pvs-site-uuid=site size=1GiB")
    pool.make("other", "pvs-cache-storage-create host=xen2 sr-uuid=share pvs-site-uuid=site size=1GiB")
    pool.xe("pvs-cache-storage-destroy uuid=storage")
    assert pool.state.count("vdi") == 1
    pool.xe(f"vdi-destroy uuid={pool.named['other']['vdi-uuid']}")
    pool.xe("pvs-cache-storage-destroy uuid=other")


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (f"{SERVER} addresses=192.0.2.1,x first-port=1 last-port=2", ("INVALID_IP_ADDRESS_SPECIFIED", "addresses")),
        (f"{SERVER} addresses=192.0.2.9 first-port=1 last-port=2", ("PVS_SERVER_ADDRESS_IN_USE", "192.0.2.9")),
        (f"{SERVER} addresses=192.0.2.1 first-port=0 last-port=2",
         ("VALUE_NOT_SUPPORTED", "first_port", "0", "a port is a number from 1 to 65535")),
        (f"{SERVER} addresses=192.0.2.1 first-port=1 last-port=65536",
         ("VALUE_NOT_SUPPORTED", "last_port", "65536", "a port is a number from 1 to 65535")),
        (f"{SERVER} addresses=192.0.2.1 first-port=2 last-port=1",
         ("VALUE_NOT_SUPPORTED", "last_port", "1", "it is smaller than first_port")),
        ("pvs-proxy-create pvs-site-uuid=site vif-uuid=vif0", ("PVS_PROXY_ALREADY_PRESENT", "proxy")),
        ("pvs-proxy-create pvs-site-uuid=site vif-uuid=vif1", ("PVS_VIF_MUST_BE_FIRST_DEVICE",)),
        ("pvs-cache-storage-create host=xen1 sr-uuid=share pvs-site-uuid=site size=1GiB",
         ("PVS_CACHE_STORAGE_ALREADY_PRESENT", "site", "xen1")),
        ("pvs-cache-storage-create host=xen2 sr-uuid=share pvs-site-uuid=site size=3TiB",
         ("SR_BACKEND_FAILURE_79", "",
          "The VDI cannot have this size [opterr=3298534883328 bytes is more than a VHD can hold (2190433320960)]", "")),
    ],
)  # fmt: skip
def test_what_provisioning_services_cannot_be_is_refused(pool: Pool, line: str, refusal: tuple[str, ...]) -> None:
    pool.make("server", f"{SERVER} addresses=192.0.2.9 first-port=1 last-port=2")
    pool.make("proxy", "pvs-proxy-create pvs-site-uuid=site vif-uuid=vif0")
    pool.make("storage", "pvs-cache-storage-create host=xen1 sr-uuid=share pvs-site-uuid=site size=1GiB")
    assert pool.refusal(line) == refusal


@pytest.mark.parametrize(
    "line",
    [
        "pvs-site-introduce name-label=x",
        f"{SERVER} addresses=192.0.2.1 first-port=1 last-port=2",
        "pvs-proxy-create pvs-site-uuid=site vif-uuid=vif0",
    ],
)
def test_provisioning_services_need_a_licence_and_open_vswitch(pool: Pool, line: str) -> None:
    pool.change("xen1", software_version={"network_backend": "bridge"})
    assert pool.refusal(line) == ("OPENVSWITCH_NOT_ACTIVE",)
    pool.change("pool", restrictions={"restrict_pvs_proxy": "true"})
    assert pool.refusal(line) == ("LICENCE_RESTRICTION", "PVS_proxy")


# Clusters


def test_all_hosts_of_a_pool_make_a_cluster(pool: Pool) -> None:
    pool.change("a0", disallow_unplug=True)
    pool.make("cluster", "cluster-pool-create network-uuid=net0 token-timeout=30 token-timeout-coefficient=x")
    shown = (
        "cluster-stack",
        "token-timeout",
        "token-timeout-coefficient",
        "pool-auto-join",
        "is-quorate",
        "live-hosts",
    )
    assert [pool.value("cluster", name) for name in shown] == ["corosync", 30.0, 1.0, True, True, 2]
    assert pool.named["b0"]["disallow-unplug"]
    assert pool.refusal("cluster-create pif-uuid=a0") == ("CLUSTER_ALREADY_EXISTS",)
    members = pool.state.pointing_at(pool.named["cluster"], "cluster-host.cluster")
    pool.named |= {f"m{number}": member for number, member in enumerate(members)}
    assert pool.refusal("cluster-destroy uuid=cluster") == ("CLUSTER_DOES_NOT_HAVE_ONE_NODE", "2")
    pool.xe("cluster-host-disable uuid=m1")
    assert pool.refusal("cluster-host-destroy uuid=m1") == ("CLUSTERING_DISABLED", "m1")
    assert pool.refusal("cluster-pool-destroy cluster-uuid=cluster") == ("CLUSTERING_DISABLED", "m1")
    pool.xe("cluster-host-enable uuid=m1")
    pool.xe("cluster-host-destroy uuid=m1")
    assert pool.refusal("cluster-host-destroy uuid=m0") == ("CLUSTER_HOST_IS_LAST", "m0")
    pool.xe("cluster-pool-resync cluster-uuid=cluster")
    assert pool.value("cluster", "expected-hosts") == 2
    pool.xe("cluster-pool-destroy cluster-uuid=cluster")
    assert pool.state.count("cluster") + pool.state.count("cluster-host") == 0


def test_a_cluster_of_one_host_is_joined_by_another(pool: Pool) -> None:
    pool.change("a0", disallow_unplug=True)
    pool.make("cluster", "cluster-create pif-uuid=a0 pool-auto-join=false")
    pool.xe("cluster-pool-resync cluster-uuid=cluster")
    assert pool.value("cluster", "expected-hosts") == 1
    assert pool.refusal("cluster-host-create cluster-uuid=cluster host-uuid=xen2 pif-uuid=a0") == (
        "PIF_NOT_ATTACHED_TO_HOST",
        "a0",
        "xen2",
    )
    assert pool.refusal("cluster-host-create cluster-uuid=cluster host-uuid=xen2 pif-uuid=b1") == (
        "PIF_HAS_NO_NETWORK_CONFIGURATION",
        "b1",
    )
    pool.change("b1", IP_configuration_mode="Static", IP="10.1.0.2", netmask="255.0.0.0", currently_attached=False)
    pool.make("member", "cluster-host-create cluster-uuid=cluster host-uuid=xen2 pif-uuid=b1")
    assert pool.named["b1"]["currently-attached"]
    assert pool.refusal("cluster-host-create cluster-uuid=cluster host-uuid=xen2 pif-uuid=b1") == (
        "INTERNAL_ERROR",
        "The host is in a cluster already",
    )
    pool.xe("cluster-host-force-destroy uuid=member")
    pool.xe("cluster-pool-force-destroy cluster-uuid=cluster")
    assert pool.state.count("cluster") + pool.state.count("cluster-host") == 0


def test_a_cluster_of_one_host_is_destroyed(pool: Pool) -> None:
    pool.change("a0", disallow_unplug=True)
    pool.make("cluster", "cluster-create pif-uuid=a0")
    pool.xe("cluster-destroy uuid=cluster")
    assert {"cluster"} <= pool.gone()


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("cluster-create pif-uuid=a0", ("PIF_ALLOWS_UNPLUG", "a0")),
        ("cluster-create pif-uuid=unplugged", ("REQUIRED_PIF_IS_UNPLUGGED", "unplugged")),
        ("cluster-create pif-uuid=bare", ("PIF_HAS_NO_NETWORK_CONFIGURATION", "bare")),
        ("cluster-create pif-uuid=a0 cluster-stack=xhad", ("INVALID_CLUSTER_STACK", "xhad")),
        ("cluster-create pif-uuid=a0 token-timeout=0.5", ("INVALID_VALUE", "token_timeout", "0.500")),
        ("cluster-create pif-uuid=a0 token-timeout-coefficient=0",
         ("INVALID_VALUE", "token_timeout_coefficient", "0.000")),
        ("cluster-pool-create network-uuid=net0 token-timeout=0", ("INVALID_VALUE", "token_timeout", "0.000")),
        ("cluster-pool-create network-uuid=net0", ("PIF_ALLOWS_UNPLUG", "a0")),
    ],
)  # fmt: skip
def test_what_cannot_be_a_cluster_is_refused(pool: Pool, line: str, refusal: tuple[str, ...]) -> None:
    pool.change("a1", disallow_unplug=True, currently_attached=False)
    pool.change("b1", disallow_unplug=True)
    pool.named |= {"unplugged": pool.named["a1"], "bare": pool.named["b1"]}
    said = pool.refusal(line)
    assert said[0] == refusal[0]
    assert {"a1": "unplugged", "b1": "bare"}.get(said[1], said[1]) == refusal[1]
    assert said[2:] == refusal[2:]


def test_a_network_without_pifs_makes_no_cluster(xe: "Xe") -> None:
    network = xe.do("network-create name-label=x")
    assert xe.code(f"cluster-pool-create network-uuid={network}") == "INTERNAL_ERROR"
