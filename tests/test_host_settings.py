"""What may be set on a host: settings that stand in two places, time servers; and what it tells of itself, in order."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe


@pytest.fixture
def host(xe: "Xe") -> str:
    return xe.do("host-list --minimal")


# One setting in two places

MIRRORED = [
    # The words of param-set; the field then, and the key in other-config (None: there is none).
    ("multipathing", ["multipathing=true"], "true", "true"),
    ("multipathing", ["multipathing=true", "multipathing=false"], "false", "false"),
    ("multipathing", ["other-config:multipathing=true"], "true", "true"),
    ("multipathing", ["other-config-multipathing=true"], "true", "true"),
    ("multipathing", ["multipathing=true", "other-config:multipathing=false"], "false", "false"),
    ("multipathing", ["multipathing=true", "other-config:multipathing=no"], "true", "no"),
    ("multipathing", ["multipathing=true", "other-config:multipathing="], "true", ""),
    ("multipathing", ["multipathing=true other-config:multipathing=false"], "false", "false"),
    ("multipathing", ["other-config:x=1"], "false", None),
    ("iscsi_iqn", ["iscsi_iqn=iqn.2026-01.com.example:a"], "iqn.2026-01.com.example:a", "iqn.2026-01.com.example:a"),
    ("iscsi_iqn", ["other-config:iscsi_iqn=iqn.b"], "iqn.b", "iqn.b"),
    ("iscsi_iqn", ["iscsi_iqn=iqn.a", "other-config:iscsi_iqn="], "iqn.a", ""),
]


@pytest.mark.parametrize(("field", "lines", "value", "key"), MIRRORED)
def test_a_setting_in_two_places(
    xe: "Xe", host: str, field: str, lines: list[str], value: str, key: str | None
) -> None:
    for words in lines:
        xe.do(f"host-param-set uuid={host} {words}")
    assert xe.do(f"host-param-get uuid={host} param-name={field}") == value
    there = f"host-param-get uuid={host} param-name=other-config param-key={field}"
    if key is None:
        assert xe.code(there) == f"Error: Key {field} not found in map"
    else:
        assert xe.do(there) == key


def test_the_key_may_be_added_and_taking_it_out_changes_nothing(xe: "Xe", host: str) -> None:
    xe.do(f"host-param-add uuid={host} param-name=other-config multipathing=true iscsi_iqn=iqn.c")
    for line in (
        "param-remove uuid={host} param-name=other-config param-key=multipathing",
        "param-clear uuid={host} param-name=other-config",
    ):
        xe.do(f"host-{line}", host=host)
        assert xe.do(f"host-param-get uuid={host} param-name=multipathing") == "true"
        assert xe.do(f"host-param-get uuid={host} param-name=iscsi_iqn") == "iqn.c"


def test_the_key_stands_in_front(xe: "Xe", host: str) -> None:
    xe.do(f"host-param-set uuid={host} multipathing=false other-config:x=1")
    assert xe.do(f"host-param-get uuid={host} param-name=other-config").startswith("x: 1; multipathing: false; ")
    xe.do(f"host-param-set uuid={host} multipathing=true")
    assert xe.do(f"host-param-get uuid={host} param-name=other-config").startswith("multipathing: true; x: 1; ")


def test_a_host_always_has_a_name_as_an_initiator(xe: "Xe", host: str) -> None:
    assert xe.code(f"host-param-set uuid={host} iscsi_iqn=") == "INVALID_VALUE"
    assert xe.code(f"host-param-clear uuid={host} param-name=iscsi_iqn") == "Error: Cannot clear this parameter"


# Time servers


def test_time_servers_are_set_as_a_whole(xe: "Xe", host: str) -> None:
    xe.run(["host-param-set", f"uuid={host}", "ntp-custom-servers= a.example ,,b.example,"])
    assert xe.do(f"host-param-get uuid={host} param-name=ntp-custom-servers") == "a.example, b.example"
    xe.do(f"host-param-set uuid={host} ntp-mode=custom")
    for line in ("param-set uuid={host} ntp-custom-servers=", "param-set uuid={host} ntp-custom-servers=,"):
        refusal = xe(f"host-{line}", host=host)
        assert "Code: INVALID_NTP_CONFIG" in refusal.err
        assert f" host-param-set uuid={host} ntp-mode=Factory\n" in refusal.err
    xe.do(f"host-param-set uuid={host} ntp-mode=factory")
    xe.do(f"host-param-clear uuid={host} param-name=ntp-custom-servers")
    refusal = xe(f"host-param-set uuid={host} ntp-mode=Custom")
    assert "Code: INVALID_NTP_CONFIG" in refusal.err
    hint = next(line for line in refusal.err.splitlines() if line.startswith("Hint: xe ")).removeprefix("Hint: xe ")
    xe.do(hint)
    xe.do(f"host-param-set uuid={host} ntp-mode=Custom")


# What it tells of itself

CPU_INFO = [
    "cpu_count", "socket_count", "threads_per_core", "nr_nodes", "vendor", "speed", "modelname", "family", "model",
    "stepping", "flags", "features_pv", "features_hvm", "features_hvm_host", "features_pv_host",
]  # fmt: skip
SOFTWARE = [
    "product_version", "product_version_text", "product_version_text_short", "platform_name", "platform_version",
    "product_brand", "xapi", "build_number", "git_id", "hostname", "date", "dbv", "xapi_build", "xen", "linux",
    "xencenter_min", "xencenter_max", "network_backend", "db_schema",
]  # fmt: skip


def told(xe: "Xe", line: str) -> list[str]:
    """The keys of a map in the order printed; none of their texts is empty."""
    pairs = [pair.partition(": ") for pair in xe.do(line).split("; ")]
    assert all(text for _, _, text in pairs)
    return [key for key, _, _ in pairs]


@pytest.mark.parametrize("wishes", ["cpus=8", "--from-machine", "cpus=1 hosts=2"])
def test_a_host_tells_of_its_cpus_and_its_software_in_order(xe: "Xe", wishes: str) -> None:
    xe.state.unlink()
    xe.do(f"state-init name-label=xen1 {wishes}")
    for host in xe.do("host-list --minimal").split(","):
        cpu_info = told(xe, f"host-param-get uuid={host} param-name=cpu_info")
        assert cpu_info == CPU_INFO
        software = told(xe, f"host-param-get uuid={host} param-name=software-version")
        assert software == [key for key in SOFTWARE if key in software]
        assert set(SOFTWARE) - set(software) == {"git_id"}
    pool = ["features_hvm_host", "features_pv_host", "socket_count", "cpu_count", "vendor"]
    assert told(xe, "pool-list params=cpu_info --minimal") == pool


def test_the_cpus_are_where_scripts_look_for_them(xe: "Xe", host: str) -> None:
    assert xe.do("host-list params=cpu_info").split(":")[2].split(";")[0] == " 4"
    assert xe.do(f"host-param-get uuid={host} param-name=software-version param-key=build_number").isdecimal()
    api = xe.do(f"host-param-get uuid={host} param-name=software-version param-key=xencenter_max")
    versions = [xe.do(f"host-param-get uuid={host} param-name=API-version-{part}") for part in ("major", "minor")]
    assert api == ".".join(versions)


def test_an_older_file_is_printed_in_the_same_order(xe: "Xe", host: str) -> None:
    text = xe.state.read_text()
    line = next(line for line in text.splitlines() if line.startswith("cpu_info"))
    old = 'cpu_info = { socket_count = "1", ours = "x", vendor = "GenuineIntel", cpu_count = "4", speed = "2400.000" }'
    xe.state.write_text(text.replace(line, old))
    printed = "cpu_count: 4; socket_count: 1; vendor: GenuineIntel; speed: 2400.000; ours: x"
    assert xe.do(f"host-param-get uuid={host} param-name=cpu_info") == printed
    assert xe.run(["host-list", f"cpu_info={printed}", "--minimal"]).out == f"{host}\n"
    assert xe.do("pool-list params=cpu_info --minimal").endswith("; features_hvm_host: ")
