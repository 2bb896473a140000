"""The house stands as designed: imports go one way, and a plain command starts with little."""

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import xe_py

if TYPE_CHECKING:
    from conftest import Process, Xe

PACKAGE = Path(xe_py.__file__).parent
DESIGN = (PACKAGE.parent / "docs" / "design.md").read_text()
FLOORS = [
    "finder",
    "quoting",
    "errors",
    "codes",
    "schema",
    "xapi",
    "classes",
    "state",
    "store",
    "fresh",
    "xva",
    "dumps",
    "operations",
    "running",
    "serve",
    "cli",
    "python",
    "host",
    "reference",
]
MODULES = sorted(PACKAGE.rglob("*.py"))
# The package itself, and the way in that a floor of its own would be too much for.
OUTSIDE = {"__init__", "__main__"}
# Who may import a library that costs start-up.
ONLY_IN = {
    "click": ("cli/options.py", "cli/tree.py"),
    "rich": ("cli/output.py",),
    "tomli_w": ("store/toml/render.py",),
    "h11": ("serve/http.py",),
    "cryptography": ("serve/certificate.py",),
    "asyncio": ("serve/",),
}


# The groups of the store, each of which knows only those before it, for types too; and its modules that use them all.
GROUPS = ["terms", "files", "toml", "index", "history", "contents"]
ON_TOP = {"__init__", "promise", "replacing", "committing", "state_file"}
# What of the store the rest of the program may know: the way to a store, its promise, what was done; and how TOML looks.
KNOWN = {"xe_py.store", "xe_py.store.promise", "xe_py.store.terms"}
ALSO_KNOWN = {"operations/effects/wording.py": {"xe_py.store.toml.render"}}


def imported(module: Path, *, types: bool = False) -> list[str]:
    """The modules that a module imports at run time and, with `types`, those that it names in types."""
    tree = ast.parse(module.read_text())
    for node in ast.walk(tree):
        if types:
            break
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def floor(name: str) -> int | None:
    """The floor on which a module of ours stands, by its dotted name."""
    part = name.split(".")[1] if name.startswith("xe_py.") else ""
    return FLOORS.index(part) if part in FLOORS else None


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(module: Path) -> None:
    name = ".".join(("xe_py", *module.relative_to(PACKAGE).with_suffix("").parts))
    here = floor(name)
    if here is None:
        assert module.stem in OUTSIDE
        return
    for other in imported(module):
        there = floor(other)
        assert there is None or there <= here, f"{name} imports {other}"
        library = other.partition(".")[0]
        if library in ONLY_IN:
            assert str(module.relative_to(PACKAGE)).startswith(ONLY_IN[library])


STORE = sorted((PACKAGE / "store").rglob("*.py"))


@pytest.mark.parametrize("module", STORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_groups_of_the_store_know_only_those_before_them(module: Path) -> None:
    group, *inner = module.relative_to(PACKAGE / "store").with_suffix("").parts
    if not inner and group in ON_TOP:
        return
    known = GROUPS[: GROUPS.index(group) + 1]
    for other in imported(module, types=True):
        if other.startswith("xe_py.store."):
            assert other.split(".")[2] in known, f"{module} imports {other}"


@pytest.mark.parametrize("module", sorted(set(MODULES) - set(STORE)), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_rest_of_the_program_knows_a_store_by_its_promise(module: Path) -> None:
    allowed = KNOWN | ALSO_KNOWN.get(str(module.relative_to(PACKAGE)), set())
    for other in imported(module, types=True):
        if other.startswith("xe_py.store"):
            assert other.rpartition(".")[0] in allowed, f"{module} imports {other}"


def diagram(title: str) -> list[str]:
    """The lines of the first diagram below a title of docs/design.md."""
    return DESIGN.partition(f"# {title}\n")[2].split("```\n")[1].splitlines()


def test_the_page_shows_the_floors_in_their_order() -> None:
    older_names = {"host"}  # of `python`
    assert re.findall(r"\w+", " ".join(diagram("The house"))) == [part for part in FLOORS if part not in older_names]


def test_the_page_names_every_module_of_the_store() -> None:
    named: list[str] = []
    group = ""
    for line in diagram("The store"):
        name = line.split()[0]
        if name.endswith("/"):
            group = name
        else:
            named.append(f"{group}{name}.py" if line.startswith(" ") else name)
    there = {str(path.relative_to(PACKAGE / "store")) for path in STORE}
    assert sorted(named) == sorted(name for name in there if not name.endswith("/__init__.py"))


def test_a_promise_costs_nothing_at_run_time() -> None:
    assert imported(PACKAGE / "store" / "promise.py") == ["__future__.annotations"]


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {".".join(("xe_py", *path.relative_to(PACKAGE).with_suffix("").parts)): path for path in MODULES}
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    edges = {
        name: {found for other in imported(path) for found in (other, other.rpartition(".")[0]) if found in names}
        - {name}
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " → ".join((*above, name))
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, (*above, name))
            done.add(name)

    for name in edges:
        visit(name, ())


def test_modules_are_small() -> None:
    # The first two are generated; the third is a table with a row for each code.
    written = [path for path in MODULES if path.name not in {"_summary.py", "_table.py", "codes.py"}]
    lengths = sorted(len(path.read_text().splitlines()) for path in written)
    assert lengths[len(lengths) // 2] < 150
    assert lengths[-1] <= 400


# What starting a plain command may import besides our own modules and what the bare interpreter has.
EXPENSIVE = {"click", "rich", "tomli_w", "json", "dataclasses", "inspect", "logging", "subprocess", "pathlib", "uuid",
             "tempfile", "argparse", "difflib", "shutil", "importlib.metadata", "asyncio", "sqlite3"}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("vm-list", set()),
        ("vm-param-get uuid={vm} param-name=name-label", set()),
        ("vm-param-set uuid={vm} name-label=www", {"tomli_w"}),
        ("vm-start vm=web", {"tomli_w"}),
    ],
)
def test_a_plain_command_starts_with_little(process: "Process", xe: "Xe", line: str, allowed: set[str]) -> None:
    words = line.format(vm=xe.do("vm-create name-label=web")).split()
    program = "import sys; from xe_py.cli.main import run; from xe_py.cli.environment import of_process; run(sys.argv[1:], of_process()); print(*sys.modules, sep='\\n')"
    done = process.run([sys.executable, "-c", program, "--state", str(xe.state), *words])
    assert done.status == 0, done.err
    assert not (EXPENSIVE - allowed) & set(done.out.splitlines())


@pytest.mark.parametrize("line", ["help", "help --all --minimal", "vm-strat", "--help"])
def test_a_list_of_commands_imports_none_of_them(process: "Process", line: str) -> None:
    program = "import sys; from xe_py.cli.main import run; from xe_py.cli.environment import of_process; run(sys.argv[1:], of_process()); print(*sys.modules, sep='\\n')"
    loaded = process.run([sys.executable, "-c", program, *line.split()]).out.splitlines()
    allowed = {"xe_py.operations", "xe_py.operations._table"}
    assert [name for name in loaded if name.startswith(("xe_py.operations", "xe_py.classes."))] == sorted(allowed)
