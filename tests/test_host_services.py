"""Editions, licences, displays and SSH of hosts: what the commands set, and what is refused."""

import time
from typing import TYPE_CHECKING

import pytest
from small_pool import Refusal, SmallPool

if TYPE_CHECKING:
    from conftest import Xe

Fields = dict[str, object]
Changes = dict[str, Fields]

DEAD: Changes = {"xen2": {"host_metrics_live": False}}
NO_GPU: Changes = {"pool": {"restrictions": {"restrict_integrated_gpu_passthrough": "true"}}}


def pool_with(changes: Changes) -> SmallPool:
    pool = SmallPool("xapi")
    for name, fields in changes.items():
        pool.change(name, **fields)
    return pool


@pytest.mark.parametrize(
    ("changes", "line", "expected"),
    [
        # Editions
        ({}, "host-apply-edition edition=trial", {"xen1": {"edition": "trial"}, "xen2": {"edition": "free"}}),
        ({}, "host-apply-edition edition=trial host-uuid=xen2", {"xen2": {"edition": "trial"}}),
        (
            {},
            "host-apply-edition edition=premium-per-socket license-server-address=lic license-server-port=7000",
            {"xen1": {"license-server": {"port": "7000", "address": "lic"}}},
        ),
        (
            {},
            "pool-apply-edition edition=premium-per-socket license-server-address=lic",
            {
                "xen1": {"edition": "premium-per-socket", "license-server": {"address": "lic", "port": "27000"}},
                "xen2": {"edition": "premium-per-socket"},
                "pool": {"license-state": {"edition": "premium-per-socket", "expiry": "never"}},
            },
        ),
        (
            {"xen1": {"edition": "trial"}, "xen2": {"edition": "premium-per-socket"}},
            "host-apply-edition edition=premium-per-socket",
            {"pool": {"license-state": {"edition": "premium-per-socket", "expiry": "never"}}},
        ),
        (
            {"xen2": {"edition": "premium-per-socket"}},
            "host-apply-edition edition=trial",
            {"pool": {"license-state": {"edition": "trial", "expiry": "never"}}},
        ),
        # SSH
        (
            {"xen1": {"ssh_enabled": False, "ssh_auto_mode": True}},
            "host-enable-ssh host=xen1",
            {"xen1": {"ssh-enabled": True, "ssh-auto-mode": False, "ssh-expiry": None}},
        ),
        ({}, "host-disable-ssh host=xen2", {"xen1": {"ssh-enabled": True}, "xen2": {"ssh-enabled": False}}),
    ],
)
def test_what_is_set(changes: Changes, line: str, expected: Changes) -> None:
    pool = pool_with(changes)
    pool.xe(line)
    assert {name: {field: pool.value(name, field) for field in fields} for name, fields in expected.items()} == expected


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        ("host-enable-display", "enabled", "enabled"),
        ("host-enable-display", "disable_on_reboot", "enabled"),
        ("host-enable-display", "disabled", "enable_on_reboot"),
        ("host-enable-display", "enable_on_reboot", "enable_on_reboot"),
        ("host-disable-display", "enabled", "disable_on_reboot"),
        ("host-disable-display", "disable_on_reboot", "disable_on_reboot"),
        ("host-disable-display", "disabled", "disabled"),
        ("host-disable-display", "enable_on_reboot", "disabled"),
    ],
)
def test_a_display_changes_with_the_next_boot(command: str, before: str, after: str) -> None:
    pool = pool_with({"xen1": {"display": before}})
    assert str(pool.xe(f"{command} uuid=xen1")) == after
    assert pool.value("xen1", "display") == after


@pytest.mark.parametrize(
    ("changes", "line", "refusal"),
    [
        ({}, "host-apply-edition edition=gold", ("INVALID_EDITION", "gold")),
        (DEAD, "host-apply-edition edition=trial host-uuid=xen2", ("HOST_OFFLINE", "xen2")),
        (DEAD, "pool-apply-edition edition=trial", ("HOST_OFFLINE", "xen2")),
        (
            {"xen1": {"license_server": {"port": "27000"}}},
            "host-apply-edition edition=desktop",
            ("MISSING_CONNECTION_DETAILS",),
        ),
        ({}, "host-apply-edition edition=trial license-server-address=", ("MISSING_CONNECTION_DETAILS",)),
        (
            {},
            "pool-apply-edition edition=free license-server-port=65536",
            ("Error: The license-server-port must be a number from 0 to 65535, not 65536.",),
        ),
        (DEAD, "host-enable-display uuid=xen2", ("HOST_OFFLINE", "xen2")),
        (DEAD | NO_GPU, "host-disable-display uuid=xen2", ("HOST_OFFLINE", "xen2")),
        (NO_GPU, "host-disable-display uuid=xen1", ("FEATURE_RESTRICTED",)),
        (DEAD, "host-enable-ssh host=xen2", ("HOST_OFFLINE", "xen2")),
        (DEAD, "host-disable-ssh host=xen2", ("HOST_OFFLINE", "xen2")),
    ],
)
def test_what_is_refused(changes: Changes, line: str, refusal: Refusal) -> None:
    assert pool_with(changes).refusal(line) == refusal


TOO_LONG = 2 * 24 * 60 * 60 + 1


@pytest.mark.parametrize(
    ("changes", "name", "fields", "refusal"),
    [
        ({}, "xen1", {"ssh-enabled-timeout": TOO_LONG}, ("INVALID_VALUE", "ssh_enabled_timeout", str(TOO_LONG))),
        ({}, "xen1", {"ssh-enabled-timeout": -1}, ("INVALID_VALUE", "ssh_enabled_timeout", "-1")),
        ({}, "xen1", {"console-idle-timeout": -1}, ("INVALID_VALUE", "console_timeout", "-1")),
        (
            {},
            "xen1",
            {"ssl-legacy": True},
            ("VALUE_NOT_SUPPORTED", "value", "true", "XAPI has no old ciphers any more"),
        ),
        ({}, "pool", {"ssh-enabled-timeout": -1}, ("SET_SSH_TIMEOUT_PARTIALLY_FAILED", "xen2", "xen1")),
        (DEAD, "pool", {"ssh-enabled-timeout": 60}, ("SET_SSH_TIMEOUT_PARTIALLY_FAILED", "xen2")),
        (DEAD, "pool", {"console-idle-timeout": 60}, ("SET_CONSOLE_TIMEOUT_PARTIALLY_FAILED", "xen2")),
        (DEAD, "pool", {"ssh-auto-mode": True}, ("SET_SSH_AUTO_MODE_PARTIALLY_FAILED", "xen2")),
    ],
)
def test_which_settings_are_refused(changes: Changes, name: str, fields: Fields, refusal: Refusal) -> None:
    pool = pool_with(changes)
    with pool.refused() as refused:
        pool.param_set(name, **fields)
    assert refused() == refusal


def test_ssh_ends_after_its_timeout_and_with_the_command(xe: "Xe") -> None:
    def expiry() -> float:
        return time.mktime(time.strptime(xe.do("host-list params=ssh-expiry --minimal"), "%Y%m%dT%H:%M:%SZ"))

    host, pool = xe.do("host-list --minimal"), xe.do("pool-list --minimal")
    xe.do(f"pool-param-set uuid={pool} ssh-enabled-timeout=600")
    first = expiry()
    xe.do(f"host-param-set uuid={host} ssh-enabled-timeout=7200")
    assert 6000 < expiry() - first < 7200
    xe.do("host-disable-ssh")
    assert expiry() - first < 0
    xe.do(f"host-param-set uuid={host} ssh-enabled-timeout=60")
    assert expiry() - first < 0, "while SSH is off, no time runs"
    xe.do(f"host-param-set uuid={host} ssh-enabled-timeout=0")
    xe.do("host-enable-ssh")
    assert xe.do("host-list params=ssh-expiry --minimal") == "19700101T00:00:00Z"


def test_editions_and_licences_are_shown(xe: "Xe") -> None:
    lines = xe.do("host-all-editions").splitlines()
    assert lines[:2] == ["free", "xcp-ng"]
    assert xe.do("host-all-editions --minimal") == ",".join(lines)
    assert f"Note: the editions are: {', '.join(lines)}" in xe("host-apply-edition edition=gold").err
    rows = [line.split(": ") for line in xe.do("host-license-view").strip().splitlines()]
    shown = {label.strip(): value for label, value in rows}
    assert [label.strip() for label, _ in rows][:3] == ["sockets", "expiry", "restrict_vlan"]
    assert shown["expiry"] == "never"
    assert shown["restrict_wlb"] == "false"
    assert shown["enable_xha"] == "true"
    assert len(rows) == 56
