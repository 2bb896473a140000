"""What is switched on and off for all hosts of a pool."""

from typing import TYPE_CHECKING, Any

import pytest
from small_pool import GIB
from vm_pool import VmPool

from xe_py.operations import find
from xe_py.running import Call, run

if TYPE_CHECKING:
    from small_pool import Refusal

HOSTS = ("xen1", "xen2")


@pytest.fixture
def pool() -> VmPool:
    pool = VmPool()
    pool.change("xen1", hostname="one")
    pool.change("xen2", hostname="two")
    return pool


def call(pool: VmPool, name: str, /, **arguments: Any) -> Any:
    command = find(name)
    assert command is not None
    result = run(
        pool.state, Call(command, {key: pool.named.get(str(value), value) for key, value in arguments.items()})
    )
    pool.assert_sound()
    return result


def of_hosts(pool: VmPool, field: str) -> list[Any]:
    return [pool.value(host, field) for host in HOSTS]


@pytest.mark.parametrize(
    ("name", "arguments", "changes", "refusal"),
    [
        ("pool-enable-ssh", {}, {"xen2": {"host_metrics_live": False}}, ("ENABLE_SSH_PARTIALLY_FAILED", "xen2")),
        ("pool-disable-ssh", {}, {"xen2": {"host_metrics_live": False}}, ("DISABLE_SSH_PARTIALLY_FAILED", "xen2")),
        ("pool-enable-tls-verification", {}, {"xen2": {"host_metrics_live": False}}, ("HOST_OFFLINE", "xen2")),
        ("pool-enable-binary-storage", {}, {"xen2": {"host_metrics_live": False}}, ("HOST_OFFLINE", "xen2")),
        ("pool-disable-binary-storage", {}, {"xen2": {"host_metrics_live": False}}, ("HOST_OFFLINE", "xen2")),
        (
            "pool-enable-redo-log",
            {"sr": "share"},
            {"share": {"physical_size": GIB}},
            ("CANNOT_ENABLE_REDO_LOG", "a VDI for the redo log cannot be made: SR_BACKEND_FAILURE_44"),
        ),
        (
            "pool-enable-redo-log",
            {"sr": "local"},
            {},
            ("CANNOT_ENABLE_REDO_LOG", "the SR is not plugged on every host"),
        ),
    ],
)
def test_what_is_refused_for_one_host_is_done_on_none(
    pool: VmPool,
    name: str,
    arguments: dict[str, Any],
    changes: dict[str, dict[str, object]],
    refusal: "Refusal",
) -> None:
    for obj, fields in changes.items():
        pool.change(obj, **fields)
    mark = pool.state.mark()
    with pool.refused() as found:
        call(pool, name, **arguments)
    assert found() == refusal
    assert pool.state.mark() == mark


def test_ssh_is_switched_on_every_host(pool: VmPool) -> None:
    pool.change("xen1", ssh_auto_mode=True, ssh_enabled=False)
    pool.change("xen2", ssh_enabled_timeout=3600)
    call(pool, "pool-enable-ssh")
    assert of_hosts(pool, "ssh-enabled") == [True, True]
    assert of_hosts(pool, "ssh-auto-mode") == [False, False]
    assert pool.value("xen1", "ssh-expiry") is None
    soon = pool.value("xen2", "ssh-expiry")
    call(pool, "pool-disable-ssh", uuid="pool")
    assert of_hosts(pool, "ssh-enabled") == [False, False]
    assert pool.value("xen2", "ssh-expiry") < soon


def test_certificates(pool: VmPool) -> None:
    before = pool.state.mark()
    call(pool, "pool-disable-ssl-legacy")
    assert pool.state.mark() == before
    pool.change("pool", tls_verification_enabled=False)
    pool.change("xen2", tls_verification_enabled=False)
    call(pool, "pool-enable-tls-verification")
    assert [pool.value("pool", "tls-verification-enabled"), *of_hosts(pool, "tls-verification-enabled")] == [True] * 3
    fields = ("client-certificate-auth-enabled", "client-certificate-auth-name")
    call(pool, "pool-enable-client-certificate-auth", name="admin")
    assert [pool.value("pool", field) for field in fields] == [True, "admin"]
    call(pool, "pool-disable-client-certificate-auth")
    assert [pool.value("pool", field) for field in fields] == [False, ""]


def test_binary_storage(pool: VmPool) -> None:
    pool.change("xen1", other_config={"rack": "4"})
    call(pool, "pool-disable-binary-storage")
    assert of_hosts(pool, "other-config") == [
        {"no_local_storage": "true", "rack": "4"},
        {"no_local_storage": "true"},
    ]
    call(pool, "pool-enable-binary-storage")
    assert of_hosts(pool, "other-config") == [{"rack": "4"}, {}]


def test_a_redo_log_is_made_once(pool: VmPool) -> None:
    call(pool, "pool-enable-redo-log", sr="share")
    (log,) = pool.state.find("vdi", type="Redo log")
    assert (log["name-label"], log["virtual-size"], log["sharable"]) == ("Metadata redo-log", 3_988_783_104, True)
    assert (pool.value("pool", "redo-log-enabled"), pool.named["pool"]["redo-log-vdi"]) == (True, log["uuid"])
    call(pool, "pool-disable-redo-log")
    assert pool.value("pool", "redo-log-enabled") is False
    call(pool, "pool-enable-redo-log", sr="share")
    assert pool.state.count("vdi") == 1


def test_the_features_that_all_cpus_share(pool: VmPool) -> None:
    for host, features in (("xen1", "0f-ff"), ("xen2", "ff-01")):
        info = {"cpu_count": "1", "features_pv_host": features, "features_hvm_host": features}
        pool.state.update(pool.named[host], {"cpu_info": info})
    assert call(pool, "pool-get-cpu-features").records[0] == [
        ("features_pv_host", "0000000f-00000001"),
        ("features_hvm_host", "0000000f-00000001"),
    ]
