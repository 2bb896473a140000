"""SDN controllers: which ones a pool may have, and what they forbid."""

import pytest
from network_pool import NetworkPool

VSWITCH = {"network_backend": "openvswitch"}
NO_VSWITCH = ("OPERATION_NOT_ALLOWED", "host not configured for vswitch operation")
TWO = ("OPERATION_NOT_ALLOWED", "SDN controller has been configured. Please forget it first.")


@pytest.fixture(params=["strict", "xapi"])
def pool(request: pytest.FixtureRequest) -> NetworkPool:
    pool = NetworkPool(request.param)
    for host in ("xen1", "xen2"):
        pool.change(host, software_version=VSWITCH)
    return pool


def controllers(pool: NetworkPool) -> list[tuple[object, ...]]:
    """The controllers of the pool: protocol, address and port."""
    return [(each["protocol"], each["address"], each["port"]) for each in pool.state.all("sdn-controller")]


@pytest.mark.parametrize(
    ("words", "controller"),
    [
        ("address=10.0.0.5", ("ssl", "10.0.0.5", 6632)),
        ("address=10.0.0.5 protocol=SSL tcp-port=1", ("ssl", "10.0.0.5", 1)),
        ("address=10.0.0.5 tcp-port=65535", ("ssl", "10.0.0.5", 65535)),
        ("protocol=pssl", ("pssl", "", 0)),
    ],
)
def test_a_pool_has_a_controller(pool: NetworkPool, words: str, controller: tuple[object, ...]) -> None:
    pool.make("controller", f"sdn-controller-introduce {words}")
    assert controllers(pool) == [controller]
    assert pool.refusal(f"sdn-controller-introduce {words}") == TWO
    pool.xe("sdn-controller-forget uuid=controller")
    assert controllers(pool) == []


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("", ("INVALID_VALUE", "address", "")),
        ("address=controller tcp-port=0", ("INVALID_IP_ADDRESS_SPECIFIED", "address")),
        ("address=fd00::5", ("INVALID_IP_ADDRESS_SPECIFIED", "address")),
        ("address=10.0.0.5 tcp-port=65536", ("VALUE_NOT_SUPPORTED", "port", "65536", "Port out of range")),
        ("address=10.0.0.5 tcp-port=-1", ("VALUE_NOT_SUPPORTED", "port", "-1", "Port out of range")),
        ("protocol=pssl address=10.0.0.5 tcp-port=1", ("INVALID_VALUE", "address", "10.0.0.5")),
        ("protocol=pssl tcp-port=1", ("INVALID_VALUE", "port", "1")),
        ("protocol=tcp", ("Error: Expected one of 'ssl', 'pssl', got tcp",)),
        ("tcp-port=x", ("Error: Failed to parse parameter 'tcp-port': expecting an integer",)),
    ],
)
def test_what_introducing_a_controller_refuses(pool: NetworkPool, words: str, refusal: tuple[str, ...]) -> None:
    assert pool.refusal(f"sdn-controller-introduce {words}") == refusal


@pytest.mark.parametrize("line", ["sdn-controller-introduce address=x", "pool-set-vswitch-controller address=x"])
def test_the_coordinator_needs_a_virtual_switch(pool: NetworkPool, line: str) -> None:
    pool.change("xen2", software_version={})
    assert pool.refusal(line) == ("INVALID_IP_ADDRESS_SPECIFIED", "address")
    pool.change("xen1", software_version={"network_backend": "bridge"})
    assert pool.refusal(line) == NO_VSWITCH


def test_older_clients_choose_the_controller_by_its_address(pool: NetworkPool) -> None:
    shown = pool.named["pool"].cls.by_name["vswitch-controller"].show
    assert shown(pool.value("pool", "vswitch-controller")) == "<not set>"
    pool.make("other", "sdn-controller-introduce protocol=pssl")
    pool.xe("pool-set-vswitch-controller address=10.0.0.6")
    assert controllers(pool) == [("ssl", "10.0.0.6", 6632)]
    assert shown(pool.value("pool", "vswitch-controller")) == "10.0.0.6"
    (controller,) = pool.state.all("sdn-controller")
    pool.xe("pool-set-vswitch-controller address=10.0.0.6")
    assert pool.state.all("sdn-controller") == [controller]
    pool.xe("pool-set-vswitch-controller address=")
    assert controllers(pool) == []
    assert shown(pool.value("pool", "vswitch-controller")) == "<not set>"
    pool.make("other", "sdn-controller-introduce protocol=pssl")
    pool.xe("pool-set-vswitch-controller address=")
    assert controllers(pool) == [("pssl", "", 0)]


@pytest.mark.parametrize(
    ("mode", "backend", "refusal"),
    [
        ("locked", "openvswitch", ("OPERATION_NOT_ALLOWED", "A vswitch controller is active")),
        ("locked", "bridge", None),
        ("unlocked", "openvswitch", None),
        ("network_default", "openvswitch", None),
    ],
)
def test_no_vif_is_locked_beside_a_controller(
    pool: NetworkPool, mode: str, backend: str, refusal: tuple[str, ...] | None
) -> None:
    pool.add_vif("vif", "web", "lan")
    pool.param_set("vif", locking_mode="locked")
    pool.param_set("vif", locking_mode="disabled")
    pool.xe("sdn-controller-introduce protocol=pssl")
    pool.change("xen1", software_version={"network_backend": backend})
    if refusal is None:
        pool.param_set("vif", locking_mode=mode)
        assert pool.value("vif", "locking-mode") == mode
    else:
        with pool.refused() as refused:
            pool.param_set("vif", locking_mode=mode)
        assert refused() == refusal
