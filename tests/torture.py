"""What a command line keeps whatever its words and its file are, and a pool with an object of every class."""

import io
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from small_objects import add_small_objects

from xe_py import classes, open_host
from xe_py.cli.environment import Environment
from xe_py.cli.main import run
from xe_py.cli.output import text_of
from xe_py.schema.listing import Listing, columns
from xe_py.store.files.document import Document
from xe_py.store.toml.reader import judge

# The internal errors that the real xe has as well: for a few numbers that it reads unchecked, for formats, for
# blobs whose data its server does not have, and for files without an end.
_OF_XE = (
    "message: Failure: Int64.of_string",
    "message: Unknown format ",
    "Xapi_pool.Cannot_eject_master",
    "There is no data source",
    "No PIF found for host",
    "The host is in a cluster already",
    "Nobody has put anything into the blob",
    "The hosts keep no binary data",
    " is longer than ",
)
STATUSES = {0, 1, 3, 4}
# Of so young a version no index is made.
NO_INDEX = (0, 0, 0, 1 << 62)
OF_SEVERAL = "operation failed on "
FINDS = "state-check"
PATIENCE = 20
LINES = ("vm-list", FINDS, "vm-create name-label=x")


@dataclass
class Ended:
    """How a command line ended."""

    status: int
    out: str
    err: str


class Contract:
    """Runs command lines on a file and holds what each of them keeps.

    It ends in time, with a documented status and never by a bug. One that is refused prints no result and leaves the
    file as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *argv: str, within: AbstractContextManager[None] | None = None) -> Ended:
        """Run the words on the file; within a disturbance the file may be the new one although the command failed."""
        before = self._bytes()
        out, err = _stream(), _stream()
        with in_time(argv), within or nullcontext():
            status = run(["--state", str(self.path), *argv], Environment(os.environ, (_stream(), out, err)))
        ended = Ended(status, _said(out), _said(err))
        assert status in STATUSES, (argv, ended)
        unexpected = "Code: INTERNAL_ERROR" in ended.err and not any(each in ended.err for each in _OF_XE)
        assert not unexpected, (argv, ended.err)
        assert "Traceback" not in ended.err, (argv, ended.err)
        if status:
            # Of several objects some may be done; those that were not are told where results are.
            several = bool(ended.out) and all(line.startswith(OF_SEVERAL) for line in ended.out.splitlines())
            assert within or several or self._bytes() == before, (argv, ended)
            assert not ended.out or several or FINDS in argv, (argv, ended)
            assert ended.err or several, (argv, ended)
        return ended

    @property
    def neighbour(self) -> Path:
        """The folder beside the file."""
        return self.path.with_name(self.path.name + ".d")

    def bytes_are(self, data: bytes) -> None:
        """Put these bytes in the file, as an editor does it."""
        self.path.write_bytes(data)

    def torment(self, data: bytes) -> set[int]:
        """A list, a check and a change on a file of these bytes; how the latter two ended."""
        self.bytes_are(data)
        listed, checked, changed = (self(*line.split()) for line in LINES)
        assert listed.status != 1
        assert (changed.status == 0) == (checked.status == 0), (checked, changed)
        return {checked.status, changed.status}

    def _bytes(self) -> bytes | None:
        return self.path.read_bytes() if self.path.is_file() else None


@contextmanager
def in_time(what: object, seconds: float = PATIENCE) -> Iterator[None]:
    """Hold that the body ends in time."""

    def late(*_: object) -> None:
        raise AssertionError(f"this takes too long: {what!r:.200}")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def show_everything(text: str) -> None:
    """Show every field of every object, which no unsoundness may prevent."""
    state, _ = judge(Document("text", "text", NO_INDEX, text=text))
    for cls in classes.sections():
        text_of(state, Listing(cls, state.all(cls.name), columns(cls, "all", ()), one=True), minimal=False)


def furnish(path: Path, rules: str = "strict") -> dict[str, str]:
    """A pool of two hosts in the file with an object of each class; the uuid of one of each, by class.

    It has one template of its own instead of all default ones, which would be most of its objects.
    """
    contract = Contract(path)

    def do(line: str, *more: str) -> str:
        ended = contract(*line.split(), *more)
        assert ended.status == 0, (line, ended)
        return ended.out.strip().partition(",")[0]

    def network(name: str) -> str:
        return do(f"network-create name-label={name}")

    do(f"state-init --force hosts=2 nics=3 rules={rules} templates=none")
    made = {
        "host": do("host-list --minimal"),
        "pool": do("pool-list --minimal"),
        "sr": do("sr-list type=ext --minimal"),
    }
    pifs = contract("pif-list", f"host-uuid={made['host']}", "management=false", "--minimal").out.strip()
    made["vm"] = do("vm-create name-label=web")
    do(f"vm-param-set uuid={do('vm-create name-label=golden')} is-a-template=true")
    made["vdi"] = do(f"vdi-create sr-uuid={made['sr']} name-label=disk virtual-size=1GiB")
    made["vbd"] = do(f"vbd-create vm-uuid={made['vm']} vdi-uuid={made['vdi']} device=0")
    made["network"] = network("guests")
    made["vif"] = do(f"vif-create vm-uuid={made['vm']} network-uuid={made['network']} device=0 mac=random")
    made["bond"] = do(f"bond-create network-uuid={network('bonded')} pif-uuids={pifs}")
    made["pif"] = do("bond-list params=master --minimal")
    do(f"vlan-create pif-uuid={made['pif']} vlan=7 network-uuid={network('tagged')}")
    made["vlan"] = do("vlan-list --minimal")
    management = do(f"pif-list host-uuid={made['host']} management=true --minimal")
    do(f"tunnel-create pif-uuid={management} network-uuid={network('tunnelled')}")
    made["tunnel"] = do("tunnel-list --minimal")
    made["network-sriov"] = do(
        f"network-sriov-create pif-uuid={_with_functions(path, pifs)} network-uuid={network('fast')}"
    )
    made["sdn-controller"] = do("sdn-controller-introduce protocol=pssl")
    made["pbd"] = do(f"pbd-list sr-uuid={made['sr']} --minimal")
    do("vm-start vm=web")
    made["message"] = do("message-list --minimal")
    do("vm-create name-label=idle")
    made["blob"] = do(f"blob-create name=icon vm-uuid={made['vm']}")
    made["appliance"] = do("appliance-create name-label=shop")
    made["vm-group"] = do("vm-group-create name-label=pair placement=anti-affinity")
    made["vmss"] = do("vmss-create name-label=nightly type=snapshot frequency=daily")
    do(f"vm-param-set uuid={made['vm']} snapshot-schedule={made['vmss']}")
    do(f"vm-param-set uuid={made['vm']} appliance={made['appliance']} groups={made['vm-group']}")
    return made | _left_behind(path, do)


def _with_functions(path: Path, pifs: str) -> str:
    """Give the first of the network cards virtual functions, which no command does; its uuid."""
    card = pifs.partition(",")[0]
    header = f"[pif.{card}]\n"
    path.write_text(path.read_text().replace(header, f"{header}capabilities = ['sriov']\n"))
    return card


def _left_behind(path: Path, do: Callable[[str], str]) -> dict[str, str]:
    """Forget an SR with a disk on it; the uuids of what stays in the file."""
    sr = do("sr-create name-label=old type=smb shared=true device-config:server=//nas/old")
    do(f"vdi-create sr-uuid={sr} name-label=old virtual-size=1GiB")
    for _ in range(2):
        do(f"pbd-unplug uuid={do(f'pbd-list sr-uuid={sr} currently-attached=true --minimal')}")
    do(f"sr-forget uuid={sr}")
    text = path.read_text()
    task, dump = "33333333-4444-4555-8666-777777777777", "33333333-4444-4555-8666-888888888888"
    crash = f"[host-crashdump.{dump}]\nhost-uuid = '{do('host-list --minimal').partition(',')[0]}'\n"
    path.write_text(f"{text}\n[task.{task}]\nname-label = 'Async.VM.start'\n\n{crash}")
    with open_host(str(path)) as host:
        following = {cls: host.state.all(cls)[0]["uuid"] for cls in classes.FOLLOWING}
        small = {cls: obj["uuid"] for cls, obj in add_small_objects(host.state).items()}
        host.commit()
    left = {cls: text.partition(f"\n[{cls}.")[2].partition("]")[0] for cls in ("storage", "volume")}
    return {**left, **following, **small, "task": task, "host-crashdump": dump}


def draws(seed: int) -> random.Random:
    """Chance that comes out alike again."""
    return random.Random(seed)  # noqa: S311 - no secret is made from it


def _stream() -> io.TextIOWrapper:
    """A stream as a process has it in a UTF-8 locale."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")


def _said(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()
