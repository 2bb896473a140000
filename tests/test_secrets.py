"""What is secret is shown nowhere, and what is not secret is not hidden."""

from typing import TYPE_CHECKING

import pytest

from xe_py.errors import Failure, ScriptRefused
from xe_py.host import open_host
from xe_py.schema.secrets import command_line, is_secret, without_secrets

if TYPE_CHECKING:
    from conftest import Xe

SECRET = [
    "password",
    "passwd",
    "passwordfile",
    "password1",
    "chappassword",
    "chappass",
    "pass",
    "root_pass",
    "rootPass",
    "vm-data/root_pass",
    "pwd",
    "userpwd",
    "PWD",
    "pw",
    "passphrase",
    "pass-phrase",
    "passcode",
    "secret",
    "secret_key",
    "secretkey",
    "client-secret",
    "token",
    "token2",
    "auth_token",
    "apitoken",
    "apikey",
    "api_key",
    "api-key",
    "apiKey",
    "accesskey",
    "access_key",
    "access-key",
    "private_key",
    "private-key",
    "privatekey",
    "PrivateKey",
    "encryption-key",
    "credentials",
    "credential",
    "creds",
    "cifs-credentials",
    "psk",
    "wifi_psk",
    "bearer",
    "authorization",
    "session_id",
    "sessionid",
    "cookie",
    "other-config:password",
    "device-config:chappassword",
    "xenstore-data:vm-data/root_pass",
    "--password",
    "XE_PASSWORD",
]
HARMLESS = [
    "passthrough",
    "passthrough-enabled",
    "vgpu_passthrough",
    "bypass",
    "bypass-write",
    "compass",
    "passive",
    "passed",
    "passing",
    "keyboard",
    "key",
    "param-key",
    "host-key",
    "hostkey",
    "ssh-key",
    "public_key",
    "monkey",
    "username",
    "user",
    "path",
    "power",
    "spawn",
    "name-label",
    "other-config:owner",
    "vm-data/ip",
    "mac",
    "cpu_count",
    "snapshot-of",
    "HVM-boot-params",
    "spinning",
    "apiversion",
    "session",
]
HIDDEN = [
    ("vm-param-set uuid=x other-config:password=HUNTER", "vm-param-set uuid=x other-config:password=***"),
    ("vm-param-set uuid=x other-config-apikey=HUNTER", "vm-param-set uuid=x other-config-apikey=***"),
    ("vm-param-set uuid=x --other-config:password HUNTER", "vm-param-set uuid=x --other-config:password ***"),
    ("vm-param-set uuid=x --other-config:password=HUNTER", "vm-param-set uuid=x --other-config:password=***"),
    ("vm-list -u root -pw HUNTER", "vm-list -u root -pw ***"),
    ("vm-list -pw HUNTER --minimal", "vm-list -pw *** --minimal"),
    ("vm-list --password HUNTER", "vm-list --password ***"),
    ("vm-param-add uuid=x param-name=other-config token=HUNTER", "vm-param-add uuid=x param-name=other-config token=***"),
    ("vm-param-add uuid=x param-name=other-config param-key=token value=HUNTER",
     "vm-param-add uuid=x param-name=other-config param-key=token value=***"),
    ("secret-create value=HUNTER", "secret-create value=***"),
    ("pool-param-set uuid=x proxy=http://me:HUNTER@proxy/", "pool-param-set uuid=x proxy=***"),
    ("pool-join master-address=a master-password=HUNTER", "pool-join master-address=a master-password=***"),
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET)
def test_the_names_of_secrets_are_known(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", dict.fromkeys(HARMLESS))
def test_harmless_names_are_not_hidden(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(("line", "shown"), HIDDEN)
def test_each_form_is_hidden_in_a_command_line_and_in_a_script(line: str, shown: str) -> None:
    assert command_line(line.split()) == shown
    for written in (f"xe {line} | cat", f"xe {line.replace('HUNTER', chr(34) + 'a HUNTER' + chr(34))} && x"):
        assert "HUNTER" not in without_secrets(written)
        assert without_secrets(written).startswith(f"xe {line.split(maxsplit=1)[0]}")


@pytest.mark.parametrize("line", ["PASSWORD=HUNTER", "XE_EXTRA_ARGS=-pw,HUNTER xe vm-list", "export 'API_KEY'=HUNTER"])
def test_assignments_are_hidden_in_a_script(line: str) -> None:
    assert "HUNTER" not in without_secrets(line)


def test_a_password_of_storage_is_shown_nowhere_and_kept(xe: "Xe") -> None:
    sr = xe.do(
        "sr-create type=smb shared=true name-label=s device-config:server=//10.0.0.25/x device-config:username=u "
        "device-config:password=HUNTER"
    )
    pbd = xe.do(f"pbd-list sr-uuid={sr} --minimal")
    secret = xe.do("secret-list --minimal")
    shown = f"username: u; password_secret: {secret}"
    told = []
    for line in (
        f"pbd-list uuid={pbd}",
        f"pbd-param-list uuid={pbd}",
        f"pbd-param-get uuid={pbd} param-name=device-config",
        f"pbd-list uuid={pbd} params=device-config --minimal",
    ):
        told.append(xe.do(line))
        assert shown in told[-1], line
    told += [
        xe.do(f"pbd-param-get uuid={pbd} param-name=device-config param-key=password_secret"),
        xe.do("pbd-list device-config:password=HUNTER --minimal"),
        xe.do("state-history"),
        xe.do("state-diff serial=1"),
        xe(f"pbd-unplug uuid={pbd} --dry-run").out,
        xe(f"pbd-create sr-uuid={sr} host-uuid=none device-config:password=HUNTER").err,
        xe(f"pbd-create sr-uuid={sr} host-uuid=none --device-config:password HUNTER").err,
        xe("vm-create name-label=x token=HUNTER").err,
    ]
    with open_host(str(xe.state)) as host:
        record = host.get("pbd", pbd)
        told += [
            repr(record),
            repr(host),
            str(record),
            repr(Failure("PBD_EXISTS", record)),
            str(Failure("PBD_EXISTS", record)),
        ]
        with pytest.raises(ScriptRefused) as refused:
            host.batch([f"xe pbd-create sr-uuid={sr} host-uuid=none --device-config:password HUNTER"])
        told.append(str(refused.value))
        assert record["device-config"] == {"server": "//10.0.0.25/x", "username": "u", "password_secret": secret}
    assert not [text for text in told if "HUNTER" in text]
    assert xe.state.read_text().count("HUNTER") == 1
    assert xe.do("secret-list params=value --minimal") == "HUNTER"


def test_a_password_that_an_older_file_has_in_a_device_config_is_shown_nowhere(xe: "Xe") -> None:
    """Reading the file leaves it as it is, and so does a command about something else."""
    sr = xe.do("sr-create type=smb shared=true name-label=s device-config:server=//10.0.0.25/x")
    pbd = xe.do(f"pbd-list sr-uuid={sr} --minimal")
    text = xe.state.read_text().replace('server = "//10.0.0.25/x"', 'server = "//10.0.0.25/x", password = "HUNTER"')
    xe.state.write_text(text)
    for line in (f"pbd-list uuid={pbd}", f"pbd-param-list uuid={pbd}", "state-diff serial=1"):
        assert "***" in xe.do(line)
        assert "HUNTER" not in xe.do(line)
    assert xe.state.read_text() == text
    xe.do(f"pbd-param-set uuid={pbd} other-config:a=b")
    assert xe.state.read_text().count('password = "HUNTER"') == 1


# The secrets of a device-config


def test_a_pbd_has_secrets_of_its_own(xe: "Xe") -> None:
    sr = xe.do("sr-introduce uuid=00000000-0000-4000-8000-000000000001 name-label=n type=iscsi shared=true")
    host = xe.do("host-list --minimal")
    mine = xe.do("secret-create value=chap other-config:of=me")
    where = f"sr-uuid={sr} host-uuid={host} device-config:target=t device-config:targetIQN=i device-config:SCSIid=s"
    pbd = xe.do(f"pbd-create {where} device-config:chappassword_secret={mine} device-config:incoming_chappassword=in")
    of_pbd = {
        key: xe.do(f"pbd-param-get uuid={pbd} param-name=device-config param-key={key}_secret")
        for key in ("chappassword", "incoming_chappassword")
    }
    assert len({mine, *of_pbd.values()}) == 3
    values = {key: xe.do(f"secret-param-get uuid={uuid} param-name=value") for key, uuid in of_pbd.items()}
    assert values == {"chappassword": "chap", "incoming_chappassword": "in"}
    xe.do(f"pbd-destroy uuid={pbd}")
    assert xe.do("secret-list --minimal") == mine
    xe.do(f"secret-destroy uuid={mine}")
    assert xe.do("secret-list --minimal") == ""


def test_a_pbd_whose_secret_is_gone_can_be_destroyed(xe: "Xe") -> None:
    sr = xe.do("sr-introduce uuid=00000000-0000-4000-8000-000000000001 name-label=n type=smb shared=true")
    host = xe.do("host-list --minimal")
    pbd = xe.do(f"pbd-create sr-uuid={sr} host-uuid={host} device-config:server=s device-config:password=x")
    xe.do(f"secret-destroy uuid={xe.do('secret-list --minimal')}")
    xe.do(f"pbd-destroy uuid={pbd}")


@pytest.mark.parametrize(
    "line",
    [
        "sr-create type=smb shared=true name-label=s device-config:server=x",
        "sr-probe type=smb device-config:server=x",
        "pbd-create sr-uuid={sr} host-uuid={host} device-config:server=x",
    ],
)
def test_a_secret_that_does_not_exist_is_refused(xe: "Xe", line: str) -> None:
    words = {"sr": xe.do("sr-introduce uuid=00000000-0000-4000-8000-000000000001 name-label=n type=smb shared=true")}
    words["host"] = xe.do("host-list --minimal")
    assert xe.code(f"{line} device-config:password_secret=nobody", **words) == "UUID_INVALID"
