"""Certificates that a pool trusts: each file is read and judged as XAPI judges it, and so are names and lists.

The files in facts/certificates were made with openssl and the package `cryptography`.
"""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xe_py import open_host
from xe_py.errors import Failure, Misuse
from xe_py.xapi import certificates, der, x509

if TYPE_CHECKING:
    from conftest import Xe

FILES = Path(__file__).parent / "facts" / "certificates"
NOW = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def text(name: str) -> str:
    return (FILES / name).read_text()


# What openssl x509 -fingerprint prints
CA_SHA256 = "AE:77:4F:A9:DE:C0:FA:D4:AC:55:08:08:DE:C7:78:26:01:E7:35:5C:F3:81:51:32:5A:6F:C6:A5:ED:BC:9E:94"
CA_SHA1 = "C9:AA:6B:16:B6:0F:3F:E3:8B:AB:E4:B2:76:1B:00:4E:F9:C7:2D:1B"

# Reading


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.glob("*.pem")))
def test_a_certificate_is_written_as_it_was_read(name: str) -> None:
    assert x509.pem(x509.certificate_in(text(name)).data) + "\n" == text(name)


def test_what_a_certificate_says() -> None:
    assert x509.certificate_in(text("ca.pem")).fields() == {
        "not-before": "20200101T00:00:00Z",
        "not-after": "21200101T00:00:00Z",
        "fingerprint": CA_SHA256,
        "fingerprint_sha256": CA_SHA256,
        "fingerprint_sha1": CA_SHA1,
    }


@pytest.mark.parametrize("place", range(0, 800, 7))
def test_a_damaged_certificate_is_read_or_is_malformed(place: int) -> None:
    data = bytearray(x509.certificate_in(text("ca.pem")).data)
    data[place % len(data)] ^= 1 << place % 8
    for damaged in (bytes(data), bytes(data[:place]), bytes(data[place:]), bytes(data) + b"\0"):
        try:
            x509.certificate_in(x509.pem(damaged))
        except ValueError:
            continue


LONG = der.element(der.OCTETS, b"x" * 300)


@pytest.mark.parametrize(
    "data",
    [
        b"\x30",
        b"\x30\x80",
        b"\x30\x85\0\0\0\0\1x",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x02\x01",
        LONG[:-1],
        LONG + b"\0",
    ],
)
def test_lengths_that_lie(data: bytes) -> None:
    with pytest.raises(ValueError, match="bytes"):
        der.only(data)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, 1 << 64, (1 << 2048) - 1])
def test_numbers_are_read_as_they_are_written(value: int) -> None:
    assert der.number(der.only(der.integer(value))) == value


@pytest.mark.parametrize("name", ["1.2.840.113549.1.1.11", "2.5.4.3", "2.999.1", "0.9.2342", "1.3.101.112"])
def test_names_are_read_as_they_are_written(name: str) -> None:
    assert der.name(der.only(der.named(name))) == name


# Installing what the pool trusts

CERTIFICATE = "-----BEGIN CERTIFICATE-----"
CA, TRUSTED, PINNED = (
    "pool-install-ca-certificate filename={}",
    "pool-install-trusted-certificate ca=true filename={}",
    "pool-install-trusted-certificate ca=false purpose=ldaps filename={}",
)
REFUSED = [
    ("empty", "", "INVALID"),
    ("no certificate", "nonsense\n", "INVALID"),
    ("a key", text("server.key"), "INVALID"),
    ("two certificates", text("ca.pem") + text("server.pem"), "INVALID"),
    ("no end", text("ca.pem").partition("-----END")[0], "INVALID"),
    ("no base64", f"{CERTIFICATE}\n!!!!\n-----END CERTIFICATE-----\n", "INVALID"),
    ("no DER", f"{CERTIFICATE}\nAAAA\n-----END CERTIFICATE-----\n", "INVALID"),
    ("expired", text("expired.pem"), "EXPIRED"),
    ("future", text("future.pem"), "NOT_VALID_YET"),
]


@pytest.mark.parametrize(("line", "prefix"), [(CA, "CA"), (TRUSTED, "TRUSTED"), (PINNED, "TRUSTED")])
@pytest.mark.parametrize(("content", "ending"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_file_that_is_no_usable_certificate(
    xe: "Xe", tmp_path: Path, line: str, prefix: str, content: str, ending: str
) -> None:
    (tmp_path / "x.pem").write_text(content)
    assert xe.code(line.format(tmp_path / "x.pem")) == f"{prefix}_CERTIFICATE_{ending}"


@pytest.mark.parametrize("line", [CA, TRUSTED])
@pytest.mark.parametrize(("name", "moment"), [("expired", "2002-01-01T00:00:00Z"), ("future", "2120-01-01T00:00:00Z")])
def test_a_certificate_out_of_its_time_says_when_it_is_valid(xe: "Xe", line: str, name: str, moment: str) -> None:
    told = xe(line.format(FILES / f"{name}.pem")).err
    assert re.search(rf"\b{NOW}\b(?s:.*){moment}", told), told


@pytest.mark.parametrize("line", [CA, TRUSTED, PINNED])
@pytest.mark.parametrize(
    "change",
    [
        lambda known: f"Bag Attributes\n  name: x\n{known}\ntrailing words",
        lambda known: known.replace("\n", "\r\n"),
        lambda known: text("server.key") + known,
        lambda known: known.rstrip("\n"),
    ],
    ids=["words", "windows", "key", "no line break"],
)
def test_what_else_is_in_the_file_does_not_count(xe: "Xe", tmp_path: Path, line: str, change: object) -> None:
    assert callable(change)
    (tmp_path / "x.pem").write_bytes(change(text("ca.pem")).encode())
    xe.do(line.format(tmp_path / "x.pem"))
    assert CA_SHA256 in xe.do("certificate-list params=fingerprint_sha256 --minimal")


@pytest.mark.parametrize("name", ["ed25519", "curve", "server", "server-sha1", "server-ecdsa"])
def test_certificates_of_any_kind_can_be_trusted(xe: "Xe", name: str) -> None:
    xe.do(CA.format(FILES / f"{name}.pem"))


def test_a_file_that_is_not_there(xe: "Xe", tmp_path: Path) -> None:
    for command in ("pool-install-ca-certificate", "pool-crl-install", "pool-certificate-install"):
        told = xe(f"{command} filename={tmp_path}/no.pem").err
        assert told.startswith(f"The file {tmp_path}/no.pem cannot be read: No such file or directory.\n")


def test_a_file_that_is_too_long(xe: "Xe", tmp_path: Path) -> None:
    with (tmp_path / "x.pem").open("wb") as file:
        file.truncate((32 << 20) + 1)
    assert xe.code(f"pool-crl-install filename={tmp_path}/x.pem") == "INTERNAL_ERROR"


# Authorities


@pytest.mark.parametrize(
    ("install", "uninstall"),
    [
        ("pool-install-ca-certificate", "pool-uninstall-ca-certificate"),
        ("pool-certificate-install", "pool-certificate-uninstall"),
    ],
)
def test_authorities_come_and_go_by_the_names_of_their_files(xe: "Xe", install: str, uninstall: str) -> None:
    for name in ("ca.pem", "other-ca.pem"):
        xe.do(f"{install} filename={FILES / name}")
    assert xe.do("pool-certificate-list") == "ca.pem\nother-ca.pem"
    assert xe.do("pool-certificate-list --minimal") == "ca.pem,other-ca.pem"
    shown = xe.do("certificate-list name=ca.pem params=type,name,host,purpose,not-before,not-after,fingerprint_sha1")
    assert [line.partition(": ")[2] for line in shown.splitlines() if line] == [
        "ca",
        "ca.pem",
        "<not in database>",
        "20200101T00:00:00Z",
        "21200101T00:00:00Z",
        CA_SHA1,
        "",
    ]
    assert xe.code(f"{install} filename={FILES / 'ca.pem'}") == "CERTIFICATE_ALREADY_EXISTS"
    xe.do(f"{uninstall} name=ca.pem")
    assert xe.do("pool-certificate-list") == "other-ca.pem"
    assert xe.code(f"{uninstall} name=ca.pem") == "CERTIFICATE_DOES_NOT_EXIST"
    forced = xe(f"{uninstall} name=ca.pem force=true").err
    assert "field: certificate:name\nvalue: ca.pem\n" in forced


NAMES = ["x", "x.crt", ".x.pem", "x y.pem", "ä.pem", "x.pem.bak", "x,.pem"]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_file_can_have(xe: "Xe", tmp_path: Path, name: str) -> None:
    shutil.copy(FILES / "ca.pem", tmp_path / name)
    for command in ("pool-install-ca-certificate", "pool-crl-install"):
        told = xe.run([command, f"filename={tmp_path}/{name}"]).err
        code = "CRL_NAME_INVALID" if "crl" in command else "CERTIFICATE_NAME_INVALID"
        assert f"Code: {code}\n" in told
        assert f"name: {name}\n" in told
    for command in ("pool-uninstall-ca-certificate", "pool-crl-uninstall"):
        assert "_NAME_INVALID\n" in xe.run([command, f"name={name}"]).err


def test_a_file_is_read_before_its_name_is_judged(xe: "Xe", tmp_path: Path) -> None:
    shutil.copy(FILES / "expired.pem", tmp_path / "bad name")
    assert (
        "Code: CA_CERTIFICATE_EXPIRED" in xe.run(["pool-install-ca-certificate", f"filename={tmp_path}/bad name"]).err
    )


# Some purposes


def test_a_certificate_is_trusted_for_purposes(xe: "Xe") -> None:
    pem = FILES / "ca.pem"
    xe.do(f"pool-install-trusted-certificate ca=true purpose=LDAPS filename={pem}")
    xe.do(f"pool-install-trusted-certificate ca=true purpose=licensing filename={pem}")
    xe.do(f"pool-install-trusted-certificate ca=true filename={pem}")
    xe.do(f"pool-install-trusted-certificate ca=false purpose=licensing,ldaps filename={pem}")
    rows = xe.do("certificate-list params=type,purpose").split("\n\n\n")
    assert [re.findall(r": (.*)", row) for row in rows] == [
        ["ca", "ldaps"],
        ["ca", "licensing"],
        ["ca", ""],
        ["pinned", "licensing; ldaps"],
    ]
    assert xe.do("pool-certificate-list") == "", "they have no names"


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        ("ca=true", "ca=true", True),
        ("ca=true purpose=ldaps", "ca=true purpose=ldaps", True),
        ("ca=true purpose=ldaps", "ca=true purpose=licensing,ldaps", True),
        ("ca=false purpose=ldaps", "ca=false purpose=licensing,ldaps", True),
        ("ca=true purpose=ldaps", "ca=true purpose=licensing", False),
        ("ca=true purpose=ldaps", "ca=true", False),
        ("ca=true purpose=ldaps", "ca=false purpose=ldaps", False),
    ],
)
def test_a_certificate_is_trusted_once_for_each_purpose(xe: "Xe", first: str, second: str, *, refused: bool) -> None:
    line = f"pool-install-trusted-certificate filename={FILES / 'ca.pem'} "
    xe.do(line + first)
    if refused:
        told = xe(line + second).err
        assert "Code: TRUSTED_CERTIFICATE_ALREADY_EXISTS\n" in told
        assert f"fingerprint: {CA_SHA256}\n" in told
    else:
        xe.do(line + second)
    xe.do(f"pool-install-trusted-certificate filename={FILES / 'other-ca.pem'} {first}")


def test_a_named_authority_is_another_matter(xe: "Xe") -> None:
    xe.do(f"pool-install-ca-certificate filename={FILES / 'ca.pem'}")
    xe.do(f"pool-install-trusted-certificate ca=true filename={FILES / 'ca.pem'}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("ca=false", "Code: CERTIFICATE_LACKS_PURPOSE\n"),
        ("ca=true purpose=mail", "Error: Expected one of 'licensing', 'ldaps', got mail\n"),
        ("ca=true purpose=", "Error: Expected one of 'licensing', 'ldaps', got \n"),
        ("ca=maybe", "Error: Failed to parse parameter 'ca': expecting true or false, got 'maybe'\n"),
    ],
)
def test_words_that_make_no_sense(xe: "Xe", words: str, told: str) -> None:
    refused = xe(f"pool-install-trusted-certificate filename={FILES / 'ca.pem'} {words}")
    assert told in refused.err
    assert refused.status == 1


def test_a_trusted_certificate_goes_by_its_uuid(xe: "Xe") -> None:
    xe.do(f"pool-install-trusted-certificate ca=true filename={FILES / 'ca.pem'}")
    xe.do(f"pool-install-ca-certificate filename={FILES / 'other-ca.pem'}")
    for uuid in xe.do("certificate-list type=ca --minimal").split(","):
        xe.do(f"pool-uninstall-trusted-certificate certificate-uuid={uuid}")
    assert xe.do("certificate-list type=ca") == ""
    assert xe.code("pool-uninstall-trusted-certificate certificate-uuid=x") == "UUID_INVALID"


def test_a_certificate_of_a_host_is_not_one_that_the_pool_trusts(xe: "Xe") -> None:
    uuid = "11111111-2222-4333-8444-555555555555"
    host = xe.do("host-list --minimal")
    with xe.state.open("a") as file:
        file.write(f'\n[certificate.{uuid}]\ntype = "host"\nhost = "{host}"\n')
    assert xe.code(f"pool-uninstall-trusted-certificate certificate-uuid={uuid}") == "NOT_TRUSTED_CERTIFICATE"


# Lists of revoked certificates


def test_lists_of_revoked_certificates_come_and_go(xe: "Xe", tmp_path: Path) -> None:
    for name in ("b.pem", "a.pem"):
        (tmp_path / name).write_bytes(b"\xff not looked at")
        xe.do(f"pool-crl-install filename={tmp_path}/{name}")
    assert xe.do("pool-crl-list") == "b.pem\na.pem"
    assert xe.do("pool-crl-list --minimal") == "b.pem,a.pem"
    assert xe.code(f"pool-crl-install filename={tmp_path}/a.pem") == "CRL_ALREADY_EXISTS"
    xe.do("pool-crl-uninstall name=b.pem")
    assert xe.code("pool-crl-uninstall name=b.pem") == "CRL_DOES_NOT_EXIST"
    assert xe.do("pool-crl-list") == "a.pem"
    assert xe.do("pool-certificate-list") == ""


# Several hosts


def test_all_hosts_get_what_the_pool_trusts(xe: "Xe", tmp_path: Path) -> None:
    (tmp_path / "crl.pem").write_text("")
    xe.do("host-add name-label=two")
    xe.do("host-set-power-on-mode host=two power-on-mode=wake-on-lan")
    lines = [
        f"pool-install-ca-certificate filename={FILES / 'ca.pem'}",
        f"pool-install-trusted-certificate ca=true filename={FILES / 'ca.pem'}",
        f"pool-crl-install filename={tmp_path}/crl.pem",
        "pool-certificate-sync",
        "pool-crl-uninstall name=crl.pem",
        "pool-uninstall-ca-certificate name=ca.pem",
        "pool-uninstall-trusted-certificate certificate-uuid={trusted}",
    ]
    trusted = ""
    for line in lines:
        xe.do("host-disable host=two")
        xe.do("host-shutdown host=two")
        trusted = xe.do("certificate-list name= params=uuid --minimal")
        assert xe.code(line, trusted=trusted) == "HOST_OFFLINE"
        xe.do("host-power-on host=two")
        xe.do(line, trusted=trusted)


# Keys


@pytest.mark.parametrize(
    ("name", "kind", "bits"),
    [
        ("server", "rsa", 2048),
        ("server-pkcs1", "rsa", 2048),
        ("rsa-1024", "rsa", 1024),
        ("rsa-4096", "rsa", 4096),
        ("p256", "p256", 0),
        ("p384-sec1", "p384", 0),
        ("p521", "p521", 0),
        ("ed25519", "ed25519", 0),
    ],
)
def test_keys_are_told_apart(name: str, kind: str, bits: int) -> None:
    key = x509.key_in(text(f"{name}.key"))
    assert (key.kind, key.bits) == (kind, bits)


# Certificates that hosts show

INSTALL = "host-server-certificate-install certificate={} private-key={}"
SERVER = INSTALL.format(FILES / "server.pem", FILES / "server.key")
NOT_AN_RSA_KEY = "KEY_ALGORITHM_NOT_SUPPORTED"
KEYS = [
    ("server.key", "", ()),
    ("server-pkcs1.key", "", ()),
    ("rsa-4096.key", "KEY_MISMATCH", ()),
    ("other.key", "KEY_MISMATCH", ()),
    ("rsa-1024.key", "KEY_RSA_LENGTH_NOT_SUPPORTED", ("1024",)),
    ("rsa-4104.key", "KEY_RSA_LENGTH_NOT_SUPPORTED", ("4104",)),
    ("three-primes.key", "KEY_RSA_MULTI_NOT_SUPPORTED", ()),
    ("p256.key", NOT_AN_RSA_KEY, ("p256",)),
    ("p384-sec1.key", NOT_AN_RSA_KEY, ("p384",)),
    ("p521.key", NOT_AN_RSA_KEY, ("p521",)),
    ("ed25519.key", NOT_AN_RSA_KEY, ("ed25519",)),
    ("x25519.key", NOT_AN_RSA_KEY, ("1.3.101.110",)),
    ("secp256k1.key", "KEY_INVALID", ()),
    ("locked.key", "KEY_INVALID", ()),
    ("server.pem", "KEY_INVALID", ()),
]
PEMS = [
    ("server-sha512.pem", "", ()),
    ("server-ecdsa.pem", "", ()),
    ("server-sha384.pem", "SIGNATURE_NOT_SUPPORTED", ()),
    ("server-sha1.pem", "SIGNATURE_NOT_SUPPORTED", ()),
    ("ca.pem", "KEY_MISMATCH", ()),
    ("curve.pem", "KEY_MISMATCH", ()),
    ("expired.pem", "EXPIRED", (NOW, "2002-01-01T00:00:00Z")),
    ("future.pem", "NOT_VALID_YET", (NOW, "2120-01-01T00:00:00Z")),
    ("server.key", "INVALID", ()),
]


def refused(pem: str, key: str, chain: str = "") -> tuple[str, tuple[str, ...]]:
    """The code with which the certificate is refused for a host, without what all have, and its values."""
    try:
        certificates.server(pem, key, chain)
    except Failure as refusal:
        return refusal.code.removeprefix("SERVER_CERTIFICATE_"), refusal.values
    return "", ()


@pytest.mark.parametrize(
    ("pem", "key", "code", "values"),
    [("server.pem", *row) for row in KEYS] + [(row[0], "server.key", *row[1:]) for row in PEMS],
)
def test_a_certificate_for_a_host(pem: str, key: str, code: str, values: tuple[str, ...]) -> None:
    found, given = refused(text(pem), text(key))
    assert found == code
    assert len(given) == len(values)
    assert all(re.fullmatch(expected, value) for expected, value in zip(values, given, strict=True))


def test_what_is_looked_at_first() -> None:
    """The key, the certificate, its time, whether both belong together, its signature, the chain."""
    assert refused("", "") == ("KEY_INVALID", ())
    assert refused("", text("rsa-1024.key"))[0] == "KEY_RSA_LENGTH_NOT_SUPPORTED"
    assert refused("", text("other.key"))[0] == "INVALID"
    assert refused(text("expired.pem"), text("other.key"))[0] == "EXPIRED"
    assert refused(text("server-sha1.pem"), text("other.key"))[0] == "KEY_MISMATCH"
    assert refused(text("server-sha1.pem"), text("server.key"), "x")[0] == "SIGNATURE_NOT_SUPPORTED"


@pytest.mark.parametrize(
    ("chain", "code"),
    [
        (text("ca.pem"), ""),
        (text("ca.pem") + text("other-ca.pem"), ""),
        ("nonsense", "CHAIN_INVALID"),
        (text("server.key"), "CHAIN_INVALID"),
        (f"{CERTIFICATE}\nAAAA\n-----END CERTIFICATE-----\n", "CHAIN_INVALID"),
    ],
)
def test_a_chain_holds_certificates(chain: str, code: str) -> None:
    assert refused(text("server.pem"), text("server.key"), chain)[0] == code


def key_of(*numbers: int) -> str:
    """An RSA key of these numbers, as a file."""
    return x509.pem(der.sequence(map(der.integer, numbers))).replace("CERTIFICATE", "RSA PRIVATE KEY")


def numbers() -> list[int]:
    """The numbers of a sound key: version, modulus, exponents, primes and what follows from them."""
    [data] = [data for _, data in x509.blocks(text("server-pkcs1.key"))]
    return [der.number(each) for each in der.only(data).members()]


@pytest.mark.parametrize("place", range(1, 9))
@pytest.mark.parametrize("change", [lambda _: 1, lambda _: 0, lambda each: each + 2, lambda each: each << 4000])
def test_the_numbers_of_a_key_belong_together(place: int, change: object) -> None:
    assert callable(change)
    sound = numbers()
    assert refused(text("server.pem"), key_of(*sound)) == ("", ())
    sound[place] = change(sound[place])
    assert refused(text("server.pem"), key_of(*sound))[0] in {"KEY_INVALID", "KEY_RSA_LENGTH_NOT_SUPPORTED"}


@pytest.mark.parametrize("words", [(0,), (0, 15), (2, *[3] * 8), (0, 1, 1, 1, 1, 1, 1, 1, 1), (0, *[6] * 8)])
def test_numbers_that_are_no_key(words: tuple[int, ...]) -> None:
    assert refused(text("server.pem"), key_of(*words)) == ("KEY_INVALID", ())


def test_a_certificate_takes_the_place_of_the_old_one(xe: "Xe") -> None:
    assert xe.do(SERVER) == ""
    assert xe.do("host-get-server-certificate") + "\n" == text("server.pem")
    assert xe.do("host-get-server-certificate --minimal") == ""
    [first] = xe.do("certificate-list type=host --minimal").split(",")
    xe.do(f"{INSTALL.format(FILES / 'server-sha512.pem', FILES / 'server.key')} certificate-chain={FILES / 'ca.pem'}")
    assert xe.do("host-get-server-certificate") + "\n" == text("server-sha512.pem")
    [second] = xe.do("certificate-list type=host params=uuid --minimal").split(",")
    assert first != second
    assert xe.do(f"certificate-list uuid={second} params=host --minimal") == xe.do("host-list --minimal")
    assert "PRIVATE KEY" not in xe.state.read_text()


def test_a_refusal_names_its_code_and_its_values(xe: "Xe") -> None:
    told = xe(INSTALL.format(FILES / "server.pem", FILES / "rsa-1024.key")).err
    assert "length: 1024\nCode: SERVER_CERTIFICATE_KEY_RSA_LENGTH_NOT_SUPPORTED\n" in told


def test_a_chain_is_given_once(xe: "Xe") -> None:
    told = xe(f"{SERVER} certificate-chain={FILES / 'ca.pem'} certificate-chain={FILES / 'ca.pem'}").err
    assert told.startswith("Error: Parameter certificate-chain is defined multiple times, define it only once.\n")


@pytest.mark.parametrize("missing", ["certificate", "private-key", "certificate-chain"])
def test_files_of_a_host_certificate_that_are_not_there(xe: "Xe", missing: str) -> None:
    words = {"certificate": FILES / "server.pem", "private-key": FILES / "server.key", missing: FILES / "none"}
    refused = xe(f"host-server-certificate-install {' '.join(f'{name}={path}' for name, path in words.items())}")
    assert refused.err.startswith(f"The file {FILES}/none cannot be read: No such file or directory.\n")


def test_high_availability_forbids_another_certificate(xapi: "Xe") -> None:
    sr = xapi.do("sr-create name-label=n type=nfs shared=true device-config:server=n device-config:serverpath=/n")
    xapi.do(f"pool-ha-enable heartbeat-sr-uuids={sr}")
    assert xapi.code(INSTALL.format(FILES / "server.pem", FILES / "other.key")) == "HA_IS_ENABLED"


RESET = ("host-reset-server-certificate", "host-emergency-reset-server-certificate")


def openssl(*words: str) -> str:
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("line", ["state-show", *RESET])
def test_openssl_believes_what_hosts_make(xe: "Xe", tmp_path: Path, line: str) -> None:
    """The one with which a host was installed, and those that it made later."""
    xe.do(line)
    own = str(tmp_path / "own.pem")
    (tmp_path / "own.pem").write_text(xe.do("host-get-server-certificate") + "\n")
    assert openssl("verify", "-check_ss_sig", "-CAfile", own, own) == f"{own}: OK\n"
    told = openssl("x509", "-in", own, "-noout", "-subject", "-issuer", "-ext", "subjectAltName")
    assert told.splitlines()[:2] == ["subject=CN = xen1", "issuer=CN = xen1"]
    assert f"DNS:xen1, IP Address:{xe.do('host-list params=address --minimal')}" in told


@pytest.mark.parametrize("line", RESET)
def test_a_host_makes_a_new_certificate_for_itself(xe: "Xe", line: str) -> None:
    xe.do(SERVER)
    xe.do(line)
    made = x509.certificate_in(xe.do("host-get-server-certificate"))
    assert made.not_after - made.not_before == timedelta(days=3650)
    assert abs(datetime.now(UTC) - made.not_before) < timedelta(minutes=1)
    shown = xe.do("certificate-list type=host params=not-before,not-after,fingerprint_sha256")
    assert re.findall(r": (.*)", shown) == [made.fields()[name] for name in ("not-before", "not-after", "fingerprint")]
    assert xe.do("host-get-server-certificate") == xe.do("host-get-server-certificate")


def test_hosts_have_a_second_certificate_for_each_other(xe: "Xe") -> None:
    host = xe.do("host-list --minimal")
    for _ in range(2):
        xe.do(f"host-refresh-server-certificate host={host}")
    shown = xe.do("certificate-list params=type,host")
    assert re.findall(r": (.*)", shown) == ["host_internal", host]
    xe.do(SERVER)
    xe.do("host-refresh-server-certificate host=xen1")
    assert sorted(re.findall(r": (.*)", xe.do("certificate-list params=type"))) == ["host", "host_internal"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "Required parameter not found: host"),
        ("uuid=x", "Required parameter not found: host"),
        ("host=x", "Error: No matching hosts found"),
        ("host=xen1 name-label=x", "Error: No matching hosts found"),
        ("host=xen1 colour=red", "Error: Unknown field 'colour'"),
    ],
)
def test_the_host_of_a_refresh_is_selected_by_name(xe: "Xe", words: str, told: str) -> None:
    assert xe(f"host-refresh-server-certificate {words}").err.splitlines()[0] == told


def test_a_program_names_the_host_as_for_any_command(xe: "Xe") -> None:
    with open_host(str(xe.state)) as host:
        [own] = host.find("host")
        host.run("host-refresh-server-certificate", host=own)
        with pytest.raises(Misuse, match="host"):
            host.run("host-refresh-server-certificate")


@pytest.mark.parametrize(
    "line",
    [
        "host-get-server-certificate host=two",
        "host-reset-server-certificate host=two",
        f"{SERVER} host=two",
        "host-refresh-server-certificate host=two",
    ],
)
def test_a_host_that_is_down(xe: "Xe", line: str) -> None:
    two_is_down(xe)
    assert xe.code(line) == "HOST_OFFLINE"


def test_all_hosts_must_learn_the_second_certificate(xe: "Xe") -> None:
    two_is_down(xe)
    assert xe.code("host-refresh-server-certificate host=xen1") == "CANNOT_CONTACT_HOST"
    xe.do("host-reset-server-certificate host=xen1")


def test_a_certificate_needs_an_address(xe: "Xe") -> None:
    xe.state.write_text(re.sub(r'(?m)^address = ".*"$', "", xe.state.read_text()))
    for line in RESET:
        assert "has no address for which it could make a certificate" in xe(line).err
    assert xe.do("host-get-server-certificate").startswith(CERTIFICATE)


def test_of_an_imported_pool_only_fingerprints_are_known(xe: "Xe") -> None:
    xe.do(SERVER)
    xe.state.write_text(re.sub(r"(?m)^pem = .*$", "", xe.state.read_text()))
    host = xe.do("host-list --minimal")
    told = xe("host-get-server-certificate").err
    assert "Code: CERTIFICATE_LIBRARY_CORRUPT\n" in told
    assert told.endswith(f" host-reset-server-certificate uuid={host}\n")


def test_the_certificates_of_a_host_go_with_it(xe: "Xe") -> None:
    xe.do("host-add name-label=two")
    xe.do(f"{SERVER} host=two")
    xe.do("host-refresh-server-certificate host=two")
    two_is_down(xe, add=False)
    xe.do("host-declare-dead force=true uuid={two}", two=xe.do("host-list name-label=two --minimal"))
    xe.do("host-forget force=true uuid={two}", two=xe.do("host-list name-label=two --minimal"))
    assert xe.do("certificate-list") == ""


def two_is_down(xe: "Xe", *, add: bool = True) -> None:
    """The pool has a second host, which does not answer."""
    if add:
        xe.do("host-add name-label=two")
    xe.do("host-disable host=two")
    xe.do("host-shutdown host=two")
