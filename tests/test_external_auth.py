"""External directories that check logins: what hosts keep of them, and what is refused."""

import pytest
from small_pool import Refusal, SmallPool

from xe_py.errors import Failure
from xe_py.operations import find
from xe_py.running import Call, run

Changes = dict[str, dict[str, object]]

AD = "auth-type=AD service-name=example.com config:user=admin config:pass=secret"
KEPT = {"domain": "example.com", "user": "admin", "ldaps": "false"}
JOINED = {"type": "AD", "service-name": "example.com", "configuration": KEPT}
NOTHING: dict[str, object] = {"type": "", "service-name": "", "configuration": {}}
OF_XEN2: Changes = {"xen2": {f"external_auth_{key.replace('-', '_')}": value for key, value in JOINED.items()}}
OF_BOTH: Changes = OF_XEN2 | {"xen1": OF_XEN2["xen2"]}
DEAD: Changes = {"xen2": {"host_metrics_live": False}}
ENCRYPTED = JOINED | {"configuration": {"ldaps": "true", "domain": "example.com", "user": "admin"}}


def pool_with(changes: Changes) -> SmallPool:
    pool = SmallPool("xapi")
    for name in ("xen1", "xen2"):
        pool.change(name, hostname=name)
    for name, fields in changes.items():
        pool.change(name, **fields)
    return pool


@pytest.mark.parametrize(
    ("changes", "line", "xen1", "xen2"),
    [
        ({}, f"pool-enable-external-auth {AD}", JOINED, JOINED),
        ({}, f"pool-enable-external-auth {AD} config:domain=example.com", JOINED, JOINED),
        (
            {},
            "pool-enable-external-auth auth-type=PAM service-name=x",
            {"type": "PAM", "service-name": "x", "configuration": {}},
            {"type": "PAM", "service-name": "x", "configuration": {}},
        ),
        (OF_BOTH, "pool-disable-external-auth", NOTHING, NOTHING),
        (OF_XEN2, "pool-disable-external-auth config:user=x", NOTHING, NOTHING),
        (OF_BOTH, "pool-external-auth-set-ldaps ldaps=true", ENCRYPTED, ENCRYPTED),
        (OF_BOTH, "host-external-auth-set-ldaps host-uuid=xen2 ldaps=true", JOINED, ENCRYPTED),
    ],
)
def test_what_hosts_keep(changes: Changes, line: str, xen1: dict[str, object], xen2: dict[str, object]) -> None:
    pool = pool_with(changes)
    pool.xe(line)
    for name, expected in (("xen1", xen1), ("xen2", xen2)):
        assert {key: pool.value(name, f"external-auth-{key}") for key in expected} == expected


@pytest.mark.parametrize(
    ("changes", "line", "refusal"),
    [
        (OF_XEN2, f"pool-enable-external-auth {AD}", ("POOL_AUTH_ALREADY_ENABLED", "xen2")),
        (
            {"xen2": {"hostname": "xen1"}},
            f"pool-enable-external-auth {AD}",
            ("POOL_AUTH_ENABLE_FAILED_DUPLICATE_HOSTNAME", "xen1", "two hosts have the same hostname"),
        ),
        ({}, "pool-enable-external-auth auth-type=NIS service-name=x", ("AUTH_UNKNOWN_TYPE", "NIS")),
        (
            {},
            "pool-enable-external-auth auth-type=AD service-name=x config:user=a",
            ("POOL_AUTH_ENABLE_FAILED", "xen1", "config:pass is missing"),
        ),
        (
            {},
            f"pool-enable-external-auth {AD} config:domain=other",
            ("POOL_AUTH_ENABLE_FAILED", "xen1", "config:domain is not the service-name"),
        ),
        (
            DEAD,
            f"pool-enable-external-auth {AD}",
            ("POOL_AUTH_ENABLE_FAILED", "xen2", "the host does not answer"),
        ),
        (DEAD, "pool-disable-external-auth", ("POOL_AUTH_DISABLE_FAILED", "xen2", "the host does not answer")),
        ({}, "pool-external-auth-set-ldaps ldaps=true", ("AUTH_IS_DISABLED",)),
        (
            {"xen1": {"external_auth_type": "PAM"}},
            "pool-external-auth-set-ldaps ldaps=true",
            ("AUTH_SET_LDAPS_FAILED", "xen1", "only Active Directory can use LDAPS"),
        ),
        (OF_BOTH | {"xen2": DEAD["xen2"]}, "pool-external-auth-set-ldaps ldaps=true", ("HOST_OFFLINE", "xen2")),
        (DEAD, "host-external-auth-set-ldaps host-uuid=xen2 ldaps=true", ("HOST_OFFLINE", "xen2")),
        (
            {},
            f"host-enable-external-auth host-uuid=xen2 {AD}",
            ("Error: Use pool-enable-external-auth or pool-disable-external-auth; for one host use --force.",),
        ),
    ],
)
def test_what_is_refused(changes: Changes, line: str, refusal: Refusal) -> None:
    assert pool_with(changes).refusal(line) == refusal


def test_one_host_joins_and_leaves_by_force() -> None:
    pool = pool_with({})
    host = pool.named["xen2"]["uuid"]
    enable, disable = find("host-enable-external-auth"), find("host-disable-external-auth")
    assert enable is not None
    assert disable is not None
    given = {"host": host, "auth_type": "PAM", "service_name": "x", "force": True}
    run(pool.state, Call(enable, given))
    assert (pool.value("xen1", "external-auth-type"), pool.value("xen2", "external-auth-type")) == ("", "PAM")
    with pytest.raises(Failure, match="AUTH_ALREADY_ENABLED: PAM, x"):
        run(pool.state, Call(enable, given))
    for _ in range(2):
        run(pool.state, Call(disable, {"host": host, "force": True}))
    assert pool.value("xen2", "external-auth-type") == ""
    pool.change("xen2", host_metrics_live=False)
    for call in (Call(enable, given), Call(disable, {"host": host, "force": True})):
        with pytest.raises(Failure, match="HOST_OFFLINE"):
            run(pool.state, call)


def test_no_password_is_kept() -> None:
    pool = pool_with({})
    pool.xe(f"pool-enable-external-auth {AD}")
    assert "secret" not in repr([dict(host) for host in pool.state.all("host")])
