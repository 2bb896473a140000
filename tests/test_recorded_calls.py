"""Commands of which only the call is kept: what the pool keeps of it, and what is refused before."""

from typing import TYPE_CHECKING

import pytest
from small_pool import Refusal, SmallPool

if TYPE_CHECKING:
    from conftest import Xe

Changes = dict[str, dict[str, object]]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("diagnostic-compact", "host={host}"),
        ("host-send-debug-keys host-uuid={host} keys=hq", "host-uuid={host} keys=hq"),
        ("host-sm-dp-destroy uuid={host} dp=vbd/1/xvda allow-leak=yes", "uuid={host} dp=vbd/1/xvda allow-leak=true"),
        ("pool-secret-rotate", ""),
        ("pool-reset-telemetry-uuid uuid={pool}", "uuid={pool}"),
        (
            "pool-send-wlb-configuration config:AverageCPU=3 config:password=secret",
            "config:AverageCPU=3 config:password=***",
        ),
    ],
)
def test_the_pool_keeps_the_words_without_secrets(xe: "Xe", line: str, kept: str) -> None:
    uuids = {"host": xe.do("host-list --minimal"), "pool": xe.do("pool-list --minimal")}
    name = line.split(maxsplit=1)[0]
    for _ in range(2):
        assert xe.do(line, **uuids) == ""
        last = xe.do(f"pool-param-get uuid={{pool}} param-name=recorded param-key={name}", **uuids)
        assert last == kept.format(**uuids)


def test_only_the_last_call_of_a_command_is_kept_and_lists_do_not_show_it(xe: "Xe") -> None:
    host, pool = xe.do("host-list --minimal"), xe.do("pool-list --minimal")
    for keys in "ab":
        xe.do(f"host-send-debug-keys host-uuid={host} keys={keys}")
    xe.do("diagnostic-compact")
    assert xe.do(f"pool-param-get uuid={pool} param-name=recorded") == (
        f"diagnostic-compact: host={host}; host-send-debug-keys: host-uuid={host} keys=b"
    )
    assert "recorded" not in xe.do("pool-list params=all")


@pytest.mark.parametrize(
    ("changes", "line", "refusal"),
    [
        ({"xen2": {"host_metrics_live": False}}, "diagnostic-compact host=xen2", ("HOST_OFFLINE", "xen2")),
        ({"xen2": {"host_metrics_live": False}}, "pool-secret-rotate", ("CANNOT_CONTACT_HOST", "xen2")),
        ({"pool": {"ha_enabled": True}}, "pool-secret-rotate", ("HA_IS_ENABLED",)),
        (
            {"pool": {"restrictions": {"restrict_pool_secret_rotation": "true"}, "ha_enabled": True}},
            "pool-secret-rotate",
            ("LICENCE_RESTRICTION", "Pool_secret_rotation"),
        ),
    ],
)
def test_what_is_refused(changes: Changes, line: str, refusal: Refusal) -> None:
    pool = SmallPool("xapi")
    for name, fields in changes.items():
        pool.change(name, **fields)
    assert pool.refusal(line) == refusal
