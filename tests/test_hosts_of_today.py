"""Commands that every host refuses: because it lacks what they need, or because they need a server outside."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

DUMP = "11111111-2222-4333-8444-555555555555"
THIN = "lvhd-enable-thin-provisioning sr-uuid={sr} initial-allocation=1GiB allocation-quantum=64MiB"


def test_no_host_has_thin_provisioning_for_lvm(xe: "Xe") -> None:
    sr = xe.do("sr-list type=ext --minimal")
    told = xe(THIN, sr=sr).err
    assert "method: LVHD.enable_thin_provisioning\nCode: MESSAGE_METHOD_UNKNOWN\n" in told
    assert "Note: An SR of the type ext or nfs takes room for a VDI only when that needs it.\n" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (THIN.replace("{sr}", "x"), "No object of this class has this uuid."),
        (f"{THIN} host=x", "Error: No matching hosts found"),
        (
            THIN.replace("64MiB", "much"),
            "Error: Failed to parse field 'allocation-quantum': expecting an integer (possibly with suffix KiB, MiB, GiB, TiB), got 'much'",
        ),
        ("lvhd-enable-thin-provisioning sr-uuid={sr}", "Required parameter not found: initial-allocation"),
    ],
)
def test_the_words_of_thin_provisioning_are_looked_at_first(xe: "Xe", line: str, told: str) -> None:
    refused = xe(line, sr=xe.do("sr-list type=ext --minimal"))
    assert refused.status == 1
    assert refused.err.splitlines()[0] == told


@pytest.fixture
def crashed(xe: "Xe") -> "Xe":
    """A pool whose second host has a crash dump."""
    host = xe.do("host-add name-label=two")
    with xe.state.open("a") as file:
        file.write(f'\n[host-crashdump.{DUMP}]\nhost-uuid = "{host}"\n')
    return xe


def test_a_crash_dump_goes_to_no_server(crashed: "Xe") -> None:
    line = f"host-crashdump-upload uuid={DUMP}"
    for url in ("", " url="):
        assert "field: url\nvalue: \nCode: INVALID_VALUE\n" in crashed(line + url).err
    assert "function: host-crashdump-upload\nCode: NOT_IMPLEMENTED\n" in crashed(f"{line} url=https://192.0.2.1/").err
    assert crashed.code("host-crashdump-upload uuid=x") == "UUID_INVALID"


def test_the_hosts_must_answer(crashed: "Xe") -> None:
    crashed.do("host-disable host=two")
    crashed.do("host-shutdown host=two")
    assert crashed.code(f"host-crashdump-upload uuid={DUMP} url=https://192.0.2.1/") == "HOST_OFFLINE"
    sr = crashed.do("sr-list type=ext --minimal").partition(",")[0]
    assert crashed.code(f"{THIN} host=two", sr=sr) == "HOST_OFFLINE"
