"""What is switched on and off for all hosts of a pool."""

from __future__ import annotations

from xe_py.errors import Failure, refuse
from xe_py.operations import vdi
from xe_py.operations.effects import ssh
from xe_py.schema.command import READS, command
from xe_py.schema.fields import Ref, Text, with_key
from xe_py.schema.listing import Facts
from xe_py.xapi.blobs import NO_STORAGE
from xe_py.xapi.hosts import answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xe_py.state.record import Record
    from xe_py.state.state import State

# Every pool is the only one of its state, so a command does not need its uuid.
_POOL = Ref("uuid", "pool", doc="The pool.")
_REDO_LOG = (
    "Metadata redo-log",
    "The changes of the database, for hosts that crash",
    ((4_000_000_000 >> 22) - 2) << 22,
)
_FEATURES = ("features_pv_host", "features_hvm_host")


def _pool(state: State) -> Record:
    return state.all("pool")[0]


# SSH


@command("pool-enable-ssh", undeclared=(_POOL,), doc="Let all hosts accept SSH connections.")
def enable_ssh(state: State, **_given: object) -> None:
    """Switch SSH on everywhere or, if a host does not answer, nowhere."""
    _switch_ssh(state, on=True)


@command("pool-disable-ssh", undeclared=(_POOL,), doc="Let no host accept SSH connections.")
def disable_ssh(state: State, **_given: object) -> None:
    """Switch SSH off everywhere or, if a host does not answer, nowhere."""
    _switch_ssh(state, on=False)


def _switch_ssh(state: State, *, on: bool) -> None:
    silent = [host for host in state.all("host") if not host["host-metrics-live"]]
    if silent:
        raise Failure("ENABLE_SSH_PARTIALLY_FAILED" if on else "DISABLE_SSH_PARTIALLY_FAILED", *reversed(silent))
    for host in state.all("host"):
        (ssh.enable if on else ssh.disable)(state, host)


# Certificates


@command(
    "pool-disable-ssl-legacy",
    optional=(_POOL,),
    doc="Has no effect: no host accepts old ciphers any more.",
    deprecated=True,
)
def disable_ssl_legacy(_state: State, **_given: object) -> None:
    """Do nothing, as XAPI does."""


@command("pool-enable-tls-verification", doc="Let all hosts look at the certificates of the other hosts.")
def enable_tls_verification(state: State) -> None:
    """Switch the verification on in the pool and on all hosts, which must answer."""
    for host in state.all("host"):
        refuse(answers(state, host))
    for host in state.all("host"):
        state.update(host, {"tls-verification-enabled": True})
    state.update(_pool(state), {"tls-verification-enabled": True})


@command(
    "pool-enable-client-certificate-auth",
    required=(Text("name", doc="The name that the certificate of a client must have."),),
    undeclared=(_POOL,),
    doc="Let clients log in by a certificate.",
)
def enable_client_certificate_auth(state: State, name: str, **_given: object) -> None:
    """Note the name."""
    state.update(_pool(state), {"client-certificate-auth-enabled": True, "client-certificate-auth-name": name})


@command("pool-disable-client-certificate-auth", undeclared=(_POOL,), doc="Let no client log in by a certificate.")
def disable_client_certificate_auth(state: State, **_given: object) -> None:
    """Forget the name."""
    state.update(_pool(state), {"client-certificate-auth-enabled": False, "client-certificate-auth-name": ""})


# Storage


@command("pool-enable-binary-storage", doc="Let all hosts keep binary data.", hidden=True)
def enable_binary_storage(state: State) -> None:
    """Take the mark from all hosts."""
    for host in state.all("host"):
        refuse(answers(state, host))
        kept = {key: text for key, text in host["other-config"].items() if key != NO_STORAGE}
        state.update(host, {"other-config": kept})


@command("pool-disable-binary-storage", doc="Let no host keep binary data, and remove what there is.", hidden=True)
def disable_binary_storage(state: State) -> None:
    """Mark all hosts."""
    for host in state.all("host"):
        refuse(answers(state, host))
        state.update(host, {"other-config": with_key(host["other-config"], NO_STORAGE, "true")})
    for blob in state.all("blob"):
        state.update(blob, {"content": None})


@command(
    "pool-enable-redo-log",
    required=(Ref("sr-uuid", "sr", doc="The SR, which every host must reach."),),
    doc="Keep the changes of the database on an SR too, so that a crash of the coordinator loses nothing.",
)
def enable_redo_log(state: State, sr: Record) -> None:
    """Note the changes on a VDI of the SR: one from before or a new one."""
    name, description, size = _REDO_LOG
    logs = [each for each in state.pointing_at(sr, "vdi.sr-uuid") if each["type"] == "Redo log"]
    log = next((each for each in logs if each["virtual-size"] >= size), None)
    if log is None:
        try:
            log = vdi.create(state, sr, name, size, {"type": "raw"}, sharable=True, type="redo log")
        except Failure as refusal:
            why = Failure("CANNOT_ENABLE_REDO_LOG", f"a VDI for the redo log cannot be made: {refusal.code}")
            why.blockers = refusal.blockers
            raise why from None
        state.update(log, {"name-description": description})
    plugged = {pbd["host-uuid"] for pbd in state.pointing_at(sr, "pbd.sr-uuid") if pbd["currently-attached"]}
    if any(host["uuid"] not in plugged for host in state.all("host")):
        raise Failure("CANNOT_ENABLE_REDO_LOG", "the SR is not plugged on every host", blockers=(sr,))
    state.update(_pool(state), {"redo-log-enabled": True, "redo-log-vdi": log["uuid"]})


@command("pool-disable-redo-log", doc="Keep the changes of the database only on the hosts.")
def disable_redo_log(state: State) -> None:
    """Stop noting changes; the VDI stays."""
    state.update(_pool(state), {"redo-log-enabled": False})


# CPUs


@command(
    "pool-get-cpu-features",
    undeclared=(_POOL,),
    doc="Show the CPU features that all hosts share.",
    kind=READS,
)
def get_cpu_features(state: State, **_given: object) -> Facts:
    """The features of the hosts themselves."""
    known = state.value(_pool(state), "cpu_info")
    return Facts([(key, known[key]) for key in _FEATURES if key in known])
