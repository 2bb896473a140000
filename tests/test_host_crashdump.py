"""Crash dumps of hosts, which somebody wrote in the file."""

from typing import TYPE_CHECKING

import pytest

from xe_py.store import store_for

if TYPE_CHECKING:
    from conftest import Xe


@pytest.fixture
def dump(xe: "Xe") -> str:
    """The uuid of a crash dump of the host."""
    with store_for(str(xe.state), {}).write("test") as opened:
        host = opened.state.all("host")[0]["uuid"]
        fields = {"host-uuid": host, "timestamp": "20260102T03:04:05Z", "size": 4096}
        uuid = opened.state.add("host-crashdump", fields)["uuid"]
        opened.commit()
    return str(uuid)


def test_a_dump_is_listed_and_destroyed(xe: "Xe", dump: str) -> None:
    assert xe.do("host-crashdump-list --minimal") == dump
    assert xe.do(f"host-crashdump-param-get uuid={dump} param-name=timestamp") == "20260102T03:04:05Z"
    assert xe.do("host-crashdump-list params=size --minimal") == "4096"
    xe.do(f"host-crashdump-destroy uuid={dump}")
    assert xe.do("host-crashdump-list --minimal") == ""
    assert xe.code(f"host-crashdump-destroy uuid={dump}") == "UUID_INVALID"


def test_the_host_of_a_dump_must_answer(xe: "Xe", dump: str) -> None:
    xe.do("host-disable")
    xe.do("host-shutdown")
    assert xe.code(f"host-crashdump-destroy uuid={dump}") == "HOST_OFFLINE"


def test_a_forgotten_host_takes_its_dumps_along(xe: "Xe", dump: str) -> None:
    second = xe.do("host-add name-label=two")
    xe.do(f"pool-designate-new-master host-uuid={second}")
    xe.do("host-disable host=xen1")
    xe.do("host-shutdown host=xen1")
    first = xe.do("host-list name-label=xen1 --minimal")
    xe.do(f"host-forget uuid={first} force=true")
    assert dump not in xe.state.read_text()
