"""Subjects with their roles, callers, rate limits, observers and repositories: sessions, and tables of refusals."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Xe

DIRECTORY = 'external-auth-type = "AD"\n'


@pytest.fixture
def directory(xe: "Xe") -> "Xe":
    """A host with a directory that checks logins."""
    text = xe.state.read_text()
    xe.state.write_text(text.replace('name-description = "Default install"\n', f'name-description = ""\n{DIRECTORY}'))
    return xe


def set_pool(xe: "Xe", line: str) -> None:
    """Write a line in the table of the pool, as a hand in an editor would."""
    xe.state.write_text(xe.state.read_text().replace("\nmaster = ", f"\n{line}\nmaster = ", 1))


# Subjects


def test_a_subject_comes_gets_roles_and_goes(directory: "Xe") -> None:
    xe = directory
    ada = xe.do("subject-add subject-name=ada")
    assert xe.do(f"subject-param-get uuid={ada} param-name=other-config param-key=subject-name") == "ada"
    identifier = xe.do(f"subject-param-get uuid={ada} param-name=subject-identifier")
    assert identifier.startswith("S-1-5-21-")
    assert xe.do(f"subject-param-get uuid={ada} param-name=roles") == ""
    xe.do(f"subject-role-add uuid={ada} role-name=vm-admin")
    xe.do(f"subject-role-add uuid={ada} role-uuid={xe.do('role-list name=read-only --minimal')}")
    assert xe.do(f"subject-param-get uuid={ada} param-name=roles") == "read-only; vm-admin"
    xe.do(f"subject-role-remove uuid={ada} role-name=vm-admin")
    assert xe.do("subject-list roles:contains=read-only --minimal") == ada
    refusals = {
        "subject-add subject-name=Ada": "SUBJECT_ALREADY_EXISTS",
        f"subject-role-add uuid={ada} role-name=read-only": "ROLE_ALREADY_EXISTS",
        f"subject-role-add uuid={ada} role-name=admin": "ROLE_NOT_FOUND",
        f"subject-role-remove uuid={ada} role-name=vm-admin": "ROLE_NOT_FOUND",
        f"subject-role-add uuid={ada} role-uuid=nobody": "UUID_INVALID",
        f"subject-role-add uuid={ada}": "Error: Required parameter not found: role-uuid or role-name",
        f"subject-role-remove uuid={ada} role-name=a role-uuid=0165f154-ba3e-034e-6b27-5d271af109ba": (
            "Error: Parameters role-uuid and role-name cannot be used together"
        ),
    }
    assert {line: xe.code(line) for line in refusals} == refusals
    xe.do(f"subject-remove subject-uuid={ada}")
    assert xe.do("subject-list --minimal") == ""


def test_without_a_directory_nobody_comes(xe: "Xe") -> None:
    assert xe.code("subject-add subject-name=ada") == "AUTH_IS_DISABLED"


def test_a_licence_without_roles_makes_everybody_an_administrator(directory: "Xe") -> None:
    set_pool(directory, 'restrictions = { restrict_rbac = "true" }')
    ada = directory.do("subject-add subject-name=ada")
    assert directory.do(f"subject-param-get uuid={ada} param-name=roles") == "pool-admin"
    for line in ("subject-role-add", "subject-role-remove"):
        assert directory.code(f"{line} uuid={ada} role-name=read-only") == "LICENCE_RESTRICTION"


def test_nobody_is_logged_in_and_every_password_will_do(xe: "Xe") -> None:
    before = xe.state.read_bytes()
    for line in (
        "session-subject-identifier-list",
        "session-subject-identifier-logout subject-identifier=S-1",
        "session-subject-identifier-logout-all",
        "user-password-change new=a old=b",
    ):
        assert xe.do(line) == ""
    assert xe.state.read_bytes() == before


# Callers and rate limits


def test_callers_share_a_rate_limit(xe: "Xe") -> None:
    curl = xe.do("caller-create user-agent=curl* name-label=curl")
    lab = xe.do("caller-create client-ip=192.0.2.1")
    assert xe.do("caller-create user-agent=curl* name-label=c") == curl
    assert xe.do(f"caller-param-get uuid={curl} param-name=name-label") == "c"
    limit = xe.do(f"rate-limit-create burst-size=10 fill-rate=0.5 name-label=slow caller-uuids={curl}")
    xe.do(f"rate-limit-add-caller uuid={limit} caller-uuid={lab}")
    assert xe.do(f"rate-limit-param-get uuid={limit} param-name=callers") == f"{curl}; {lab}"
    other = xe.do("rate-limit-create burst-size=1 fill-rate=1")
    xe.do(f"rate-limit-add-caller uuid={other} caller-uuid={lab}")
    xe.do(f"rate-limit-remove-caller uuid={limit} caller-uuid={lab}")
    assert xe.do(f"caller-param-get uuid={lab} param-name=rate-limit") == other
    xe.do(f"rate-limit-remove-caller uuid={other} caller-uuid={lab}")
    assert xe.do(f"caller-param-get uuid={lab} param-name=rate-limit") == "OpaqueRef:NULL"
    xe.do(f"rate-limit-param-set uuid={limit} burst-size=2.5")
    assert xe.do(f"rate-limit-param-get uuid={limit} param-name=burst-size") == "2.500"
    xe.do(f"rate-limit-destroy uuid={limit}")
    assert xe.do(f"caller-param-get uuid={curl} param-name=rate-limit") == "OpaqueRef:NULL"
    xe.do(f"caller-destroy uuid={curl}")
    assert xe.do("caller-list --minimal") == lab


def test_nobody_has_called(xe: "Xe") -> None:
    curl = xe.do("caller-create user-agent=curl name-label=c")
    xe.do(f"caller-param-add uuid={curl} param-name=groups param-key=scripts")
    for line in (f"caller-query-usage uuid={curl}", "caller-query-usage group=scripts"):
        assert [text.split(": ")[1] for text in xe.do(line).split("\n") if text] == ["0.", "0"]
    assert [text.split(": ")[1] for text in xe.do("caller-list-usage").split("\n") if text] == [curl, "c", "0.000", "0"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("caller-create name-label=x", "Error: Either user-agent or client-ip must be specified"),
        ("caller-query-usage", "Error: Specify exactly one of uuid= or group="),
        ("caller-query-usage uuid=x group=y", "Error: Specify exactly one of uuid= or group=, not both"),
        ("caller-query-usage uuid=x", "UUID_INVALID"),
        ("caller-query-usage group=a/b", "INVALID_VALUE"),
        ("caller-param-add uuid={caller} param-name=groups param-key=", "INVALID_VALUE"),
        ("caller-param-add uuid={caller} param-name=groups param-key=a/b", "INVALID_VALUE"),
        ("caller-param-add uuid={caller} param-name=groups param-key=" + 65 * "a", "INVALID_VALUE"),
        ("rate-limit-create burst-size=0 fill-rate=1", "INVALID_VALUE"),
        ("rate-limit-create burst-size=1 fill-rate=-1", "INVALID_VALUE"),
        ("rate-limit-create burst-size=1 fill-rate=1 caller-uuids=x", "UUID_INVALID"),
        ("rate-limit-param-set uuid={limit} burst-size=0", "INVALID_VALUE"),
        ("rate-limit-param-set uuid={limit} fill-rate=0", "INVALID_VALUE"),
    ],
)
def test_what_is_no_caller_and_no_limit_is_refused(xe: "Xe", line: str, said: str) -> None:
    words = {
        "caller": xe.do("caller-create user-agent=curl"),
        "limit": xe.do("rate-limit-create burst-size=1 fill-rate=1"),
    }
    assert xe.code(line, **words) == said


# Observers


def test_an_observer_observes_all_and_sends_it_to_bugtool(xe: "Xe") -> None:
    plain = xe.do("observer-create name-label=plain")
    shown = {name: xe.do(f"observer-param-get uuid={plain} param-name={name}") for name in ("endpoints", "components")}
    assert shown == {"endpoints": "bugtool", "components": ""}
    host = xe.do("host-list --minimal")
    full = xe.do(
        f"observer-create name-label=full host-uuids={host} enabled=true attributes=a.b:c,none,de:f "
        "endpoints=bugtool,http://192.0.2.1:9411/api components=xapi,smapi name-description=d"
    )
    shown = {name: xe.do(f"observer-param-get uuid={full} param-name={name}") for name in ("attributes", "host-uuids")}
    assert shown == {"attributes": "a.b: c; de: f", "host-uuids": host}
    assert xe.do("observer-list enabled=true --minimal") == full
    xe.do(f"observer-param-set uuid={full} attributes:xy=z components=xenopsd,xapi-clusterd")
    assert xe.do(f"observer-param-get uuid={full} param-name=attributes") == "xy: z"
    xe.do(f"observer-destroy uuid={full}")
    assert xe.do("observer-list --minimal") == plain


@pytest.mark.parametrize(
    "words",
    [
        "components=xe", "endpoints=ftp://192.0.2.1", "endpoints=http://", "attributes=A:b", "attributes=a:b",
        "attributes=.ab:b", f"attributes=ab:{4096 * 'x'}",
    ],
)  # fmt: skip
def test_what_cannot_be_observed_is_refused(xe: "Xe", words: str) -> None:
    assert xe.code(f"observer-create name-label=x {words}") == "INVALID_VALUE"
    observer = xe.do("observer-create name-label=x")
    words = words.replace("attributes=", "attributes:").replace(":b", "=b").replace(":x", "=x")
    assert xe.code(f"observer-param-set uuid={observer} {words}") == "INVALID_VALUE"


def test_an_observer_of_no_host_is_refused(xe: "Xe") -> None:
    assert xe.code("observer-create name-label=x host-uuids=nobody") == "UUID_INVALID"


# Repositories

INTRODUCE = (
    "repository-introduce name-label=base update=true binary-url=https://r.example/b source-url=http://r.example/s"
)


def test_a_repository_is_introduced_switched_on_and_forgotten(xe: "Xe") -> None:
    base = xe.do(f"{INTRODUCE} gpgkey-path=RPM-GPG-KEY")
    pool = xe.do("pool-list --minimal")
    assert xe.do(f"repository-param-get uuid={base} param-name=origin") == "remote"
    xe.do(f"pool-param-set uuid={pool} repositories={base}")
    refused = xe(f"repository-forget uuid={base}")
    assert "Code: REPOSITORY_IS_IN_USE" in refused.err
    xe.do(f"pool-param-clear uuid={pool} param-name=repositories")
    xe.do(f"repository-set-gpgkey-path uuid={base} gpgkey-path=other")
    assert xe.do(f"repository-param-get uuid={base} param-name=gpgkey-path") == "other"
    xe.do(f"repository-forget uuid={base}")
    assert xe.do("repository-list --minimal") == ""


def test_other_repositories_are_switched_on_alone(xe: "Xe") -> None:
    base = xe.do(INTRODUCE)
    bundle = xe.do("repository-introduce-bundle name-label=files")
    (xe.state.parent / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    other = xe.do(
        "repository-introduce-remote-pool name-label=other binary-url=https://192.0.2.1/repository/enabled "
        f"certificate-file={xe.state.parent / 'ca.pem'}"
    )
    origins = xe.do("repository-list params=origin --minimal")
    assert origins == "remote,bundle,remote_pool"
    assert xe.do(f"repository-param-get uuid={other} param-name=certificate") == "-----BEGIN CERTIFICATE-----\n"
    pool = xe.do("pool-list --minimal")
    for alone in (bundle, other):
        line = f"pool-param-set uuid={pool} repositories={alone}"
        assert xe.code(f"{line},{base}") == "REPO_SHOULD_BE_SINGLE_ONE_ENABLED"
        xe.do(line)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (INTRODUCE.replace("https://r.example/b", "ftp://r.example"), "INVALID_BASE_URL"),
        (INTRODUCE.replace("http://r.example/s", "http://"), "INVALID_BASE_URL"),
        (INTRODUCE + " gpgkey-path=../key", "INVALID_GPGKEY_PATH"),
        (INTRODUCE.replace("name-label=base", "name-label=other"), "REPOSITORY_ALREADY_EXISTS"),
        (INTRODUCE.replace("r.example/b", "other"), "REPOSITORY_ALREADY_EXISTS"),
        ("repository-introduce-bundle name-label=base", "REPOSITORY_ALREADY_EXISTS"),
        ("repository-introduce-bundle name-label=more", "BUNDLE_REPOSITORY_ALREADY_EXISTS"),
        ("repository-introduce-remote-pool name-label=x binary-url=https://192.0.2.1/x certificate-file=x",
         "INVALID_BASE_URL"),
        ("repository-introduce-remote-pool name-label=x binary-url=https://pool/repository/enabled certificate-file=x",
         "INVALID_BASE_URL"),
        ("repository-set-gpgkey-path uuid={base} gpgkey-path=a.b", "INVALID_GPGKEY_PATH"),
        ("repository-param-set uuid={base} gpgkey-path=a.b", "INVALID_GPGKEY_PATH"),
    ],
)  # fmt: skip
def test_what_is_no_repository_is_refused(xe: "Xe", line: str, code: str) -> None:
    base = xe.do(INTRODUCE)
    xe.do("repository-introduce-bundle name-label=files")
    assert xe.code(line, base=base) == code
