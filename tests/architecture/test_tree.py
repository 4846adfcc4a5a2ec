"""What the tree keeps: imports go one way, plug-ins stand alone, files are small, nothing calls home."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mintage.core.registry import KINDS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "mintage"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 350
HEAVY = {"numpy", "PIL", "onnxruntime", "torch", "transformers", "diffusers", "openai", "ray", "sklearn"} | {
    *("peft", "trl", "datasets")
}
LIBRARIES_OF_CORE = {"mintage", "pydantic", "ruamel", "covertable", "filelock"} | set(sys.stdlib_module_names)
DIALS_OUT = {"socket", "urllib.request", "http.client", "requests", "httpx", "httpx2", "aiohttp", "ftplib", "smtplib"}
SPEAKS_TO_SERVERS = re.compile(r"hosted/|engines/_?(openai|comfyui)|writers/_?openai")
ADDRESS = re.compile(r"https?://(?!www\.w3\.org/|127\.0\.0\.1)")


def path_of(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


every_module = pytest.mark.parametrize("module", MODULES, ids=path_of)


def imports(tree: ast.AST, *, inside: bool) -> Iterator[str]:
    """The modules that are imported; with `inside` also in functions and under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif inside or not (
            isinstance(node, ast.FunctionDef) or (isinstance(node, ast.If) and "TYPE" in ast.dump(node.test))
        ):
            yield from imports(node, inside=inside)


def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def test_imports_go_one_way() -> None:
    code = "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 kept, 0 broken" in ended.stdout


@every_module
def test_a_module_begins_with_a_line_that_says_what_it_is_for(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    if module.name == "__init__.py" and not text:
        return
    said = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
    assert len(said) > 15
    assert said[-1] in ".!?", "the first line is a sentence"


@every_module
def test_a_file_is_short(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("module", [m for m in MODULES if path_of(m).split("/")[0] in KINDS], ids=path_of)
def test_a_plugin_imports_no_other_plugin(module: Path) -> None:
    kind = path_of(module).split("/")[0]
    for name in imports(parsed(module), inside=True):
        parts = name.split(".")
        if len(parts) > 2 and parts[0] == "mintage" and parts[1] in KINDS:
            assert parts[1] == kind and parts[2].startswith("_"), f"it imports {name}"


@every_module
def test_nothing_heavy_is_imported_when_a_module_is(module: Path) -> None:
    top = {name.split(".")[0] for name in imports(parsed(module), inside=False)}
    kind = path_of(module).split("/")[0]
    if kind in (*KINDS, "core", "stages", "runners", "results") or "/" not in path_of(module):
        assert not top & HEAVY
    if kind == "core":
        assert top <= LIBRARIES_OF_CORE


@every_module
def test_nothing_dials_out(module: Path) -> None:
    found = set(imports(parsed(module), inside=True))
    if not SPEAKS_TO_SERVERS.match(path_of(module)):
        assert not found & (DIALS_OUT | {"openai"})
    if path_of(module) != "hosted/options.py":  # the one that a user asks for who names no other
        assert not ADDRESS.search(module.read_text(encoding="utf-8")), "an address stands in the code"


def test_no_page_loads_anything_from_elsewhere() -> None:
    for file in [*PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.html")]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), file
        assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon)\b", text), file


def test_nothing_unpickles_or_runs_text() -> None:
    for module in MODULES:
        tree = parsed(module)
        assert not set(imports(tree, inside=True)) & {"pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"}
        called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not called & {"eval", "exec"}, path_of(module)


def test_sql_stands_in_the_ledger_alone() -> None:
    for module in MODULES:
        if not re.match(r"core/(ledger|schema)", path_of(module)):
            assert "sqlite3" not in set(imports(parsed(module), inside=True)), path_of(module)


def test_the_architecture_page_is_short_and_lists_the_folders_that_there_are() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(page.splitlines()) < 60
    listed = set(re.findall(r"^\| `([a-z_]+)/` \|", page, re.MULTILINE))
    there = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert listed == there
    rows = " ".join(re.findall(r"^\| (.+?) \|", page, re.MULTILINE))
    files = set(re.findall(r"`([a-z_]+\.py)`", rows))
    assert files == {p.name for p in PACKAGE.glob("*.py")} - {"__init__.py"}
