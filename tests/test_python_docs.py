"""README and docs/python.md are right word for word, from an empty folder, and the package offers what they import."""

import re
import sys
from typing import TYPE_CHECKING

import pytest

import xe_py.errors
from xe_py import create_host, open_host
from xe_py.errors import Misuse, StateFileError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Process, Xe

REPOSITORY = xe_py.__path__[0] + "/.."


def blocks(page: str) -> list[str]:
    with open(f"{REPOSITORY}/{page}", encoding="utf-8") as file:
        return re.findall(r"^```python\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("page", "count"), [("README.md", 1), ("docs/python.md", 10)])
def test_every_block_prints_what_it_says(process: "Process", page: str, count: int) -> None:
    found = blocks(page)
    assert len(found) == count
    done = process.run([sys.executable, "-c", "\n".join(found)])
    assert (done.status, done.err) == (0, "")
    promised = re.findall(r"^ *print\(.*\)  # (.*)$", "\n".join(found), re.MULTILINE)
    assert promised
    assert done.out.splitlines() == promised
    assert (process.home / "host.toml").exists()


def test_each_kind_of_result_is_what_the_page_says(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        web = host.run("vm-create", name_label="web")
        tree = host.run("vm-tree", vm=web)
        listing = host.run("vm-list", is_control_domain=False, params=["uuid", "name-label"])
        assert host.run("vm-start", vm=web) is None
        assert host.run("vm-param-get", vm=web, param_name="name-label") == "web"
        assert list(listing) == [{"uuid": web.uuid, "name-label": "web"}] == [listing[0]]
        assert len(listing) == 1
        assert "name-label" in repr(listing)
        assert "web" in tree.text
        assert [node.text for node in tree.below] == ["hosts: xen1 (could run here)"]
        assert host.run("vm-shutdown", vm="web", force=True, multiple=True) == []
        assert [each.text for each in host.run("vm-tree", is_control_domain=False, multiple=True)]
        assert host.run("template-list", params="uuid").rows == [
            {"uuid": template.uuid} for template in host.find("template")
        ]


def test_an_object_is_a_mapping_of_all_its_fields(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        web = host.run("vm-create", name_label="web")
        printed = host.run("vm-list", uuid=web, params="all")[0]
        assert printed.keys() <= dict(web).keys()
        assert len(web) == len(dict(web))
        assert (web.get("power-state"), web.get("nothing"), "tags" in web, "x" in web) == ("halted", None, True, False)
        assert "start" in web["allowed-operations"]
        assert host.value(web, "allowed_operations") == web["allowed-operations"]
        assert {web: 1}[host.get("vm", web.uuid)] == 1
        assert web != host.find("vm")[0]
        assert repr(web) == f"<vm {web.uuid}>"


def test_filters_take_what_is_printed_and_what_is_meant(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        web = host.run("vm-create", name_label="web")
        host.run("vm-param-set", vm=web, other_config={"a": "b"}, suspend_SR_uuid=host.find("sr", type="ext")[0])
        vbd = host.run("vbd-create", vm=web, device="0", type="CD", mode="RO")
        for filters in (
            {"is_control_domain": False, "is_a_template": False}, {"is_control_domain": "false", "is_a_template": "false"},
            {"name_label": "web"}, {"uuid": web.uuid}, {"uuid": web}, {"other-config:a": "b"}, {"suspend_SR_uuid": host.find("sr", type="ext")[0]},
            {"name_label": "web", "power_state": "halted"},
        ):  # fmt: skip
            assert host.find("vm", **filters) == [web], filters
        assert host.find("vbd", vm_uuid=web, vdi_uuid=None, empty=True) == [vbd]
        assert host.find("vbd", vm=web, vdi_uuid="<not in database>") == [vbd]
        assert host.find("vm", other_config={"a": "b"}) == [web]
        assert [row["uuid"] for row in host.run("vbd-list", vm=web, vdi_uuid=None, params=None)] == [vbd.uuid]
        assert host.find("vm", name_label="nobody") == []


def test_a_script_is_run_from_a_file_too(xe: "Xe", tmp_path: "Path") -> None:
    (tmp_path / "script.sh").write_text("xe vm-create name-label=a >/dev/null\nxe vm-destroy uuid=x\necho done\n")
    with open_host(xe.state) as host:
        with pytest.raises(xe_py.errors.ScriptRefused, match=r"script.sh:2"):
            host.run("batch", file=str(tmp_path / "script.sh"))
        assert host.find("vm", name_label="a") == []
        with pytest.raises(xe_py.errors.ScriptRefused):
            host.run("batch", file=str(tmp_path / "script.sh"), keep_going=True)
        assert len(host.find("vm", name_label="a")) == 1
        assert host.batch("echo a\necho b") == "a\nb\n"


def test_a_host_can_be_made(tmp_path: "Path") -> None:
    path = tmp_path / "host.toml"
    with pytest.raises(StateFileError, match=r"does not exist.\nMake one with: xe_py.create_host\(.*host.toml', "):
        open_host(path).__enter__()
    create_host(path, name_label="lab", hosts=2, memory="8GiB", rules="xapi")
    with open_host(path) as host:
        assert [each["name-label"] for each in host.find("host")] == ["lab", "lab-2"]
        assert host.find("host")[0]["memory-total"] == 8 << 30
        assert host.state.rules == "xapi"
    with pytest.raises(StateFileError, match=r"already exists\.\nTo replace it, add: force=True"):
        create_host(path)
    create_host(str(path), force=True)
    for options, text in [({"host": 2}, "did you mean hosts"), ({"hosts": 2.5}, "hosts must be a whole number"), ({"name_label": "\udc80"}, "not UTF-8 text")]:  # fmt: skip
        with pytest.raises(xe_py.errors.XeError, match=text):
            create_host(tmp_path / "other.toml", **options)
    for wrong in (None, 5, ["x"]):
        with pytest.raises(Misuse, match="The path of a state file must be a text"):
            create_host(wrong)
        with pytest.raises(Misuse, match="The path of a state file must be a text"):
            open_host(wrong).__enter__()
    assert not (tmp_path / "other.toml").exists()


def test_the_package_offers_both_and_a_command_line_loads_neither(process: "Process", xe: "Xe") -> None:
    assert xe_py.open_host is open_host
    with pytest.raises(AttributeError, match="no attribute 'close_host'"):
        _ = xe_py.close_host
    program = "import sys; from xe_py.cli.main import run; from xe_py.cli.environment import of_process; run(sys.argv[1:], of_process()); print(*sys.modules, sep='\\n')"
    done = process.run([sys.executable, "-c", program, "--state", str(xe.state), "vm-create", "name-label=web"])
    assert done.status == 0, done.err
    assert not {"xe_py.python", "xe_py.schema.arguments", "click"} & set(done.out.splitlines())
