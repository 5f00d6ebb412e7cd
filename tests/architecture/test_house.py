"""The rules of the house, measured on its own source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path for folder in ("payments", "adapters") for path in (ROOT / folder).rglob("*.py")
)
MODULE_LINES_MAX = 250
FUNCTION_LINES_MAX = 60
#: What may stand at the top level besides dot files.
TOP_LEVEL = {
    "payments", "adapters", "templates", "migrations", "tests", "docs", "wsgi.py",
    "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "requirements.lock",
}  # fmt: skip


def _run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_source_is_linted() -> None:
    _run("ruff", "check", ".")


def test_the_source_is_formatted() -> None:
    _run("ruff", "format", "--check", ".")


def test_types_are_strict() -> None:
    _run("mypy")


def test_arrows_point_down() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]


def test_every_module_fits_its_limits() -> None:
    assert [found for path in SOURCES for found in _beyond_its_limits(path)] == []


def _beyond_its_limits(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    found = []
    if (lines := len(text.splitlines())) > MODULE_LINES_MAX:
        found.append(f"{lines} lines")
    if text.strip() and not ast.get_docstring(tree):
        found.append("no docstring says what one finds in it")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                found.append(f"{node.name} has {length} lines")
            if any(isinstance(x, ast.Import | ast.ImportFrom) for x in ast.walk(node)):
                found.append(f"{node.name} imports inside")
    return [f"{_name(path)}: {what}" for what in found]


def test_nothing_else_stands_at_the_top() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if tracked.returncode:
        pytest.skip("no git checkout")
    top = {line.split("/")[0] for line in tracked.stdout.splitlines()}

    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_only_the_lock_module_and_the_unit_of_work_lock_rows() -> None:
    # Jobs and the sealer take what nobody holds; they wait for no row and hold no other.
    allowed = {
        "payments/storage/unit_of_work.py",
        "payments/storage/prepared.py",
        "payments/jobs/__init__.py",
        "payments/ledger/sealing.py",
    }
    found = {
        _name(path) for path in SOURCES if "with_for_update" in path.read_text(encoding="utf-8")
    }

    assert found <= allowed


def test_only_settings_and_programs_read_the_environment() -> None:
    allowed = {"payments/app.py", "payments/gunicorn.py", "payments/demo/processes.py"}
    found = {_name(path) for path in SOURCES if "os.environ" in path.read_text(encoding="utf-8")}

    assert found <= allowed
