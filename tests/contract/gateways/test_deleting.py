"""An adapter is a folder, its entry points and its tests: without them the rest is green."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "entry-points"
]
#: The sandbox bank is made of these three, and the demo of the bank.
_THE_BANK = {"bank_transfer", "sepay", "casso"}
_IMPORT_ALL = (
    "import importlib, pkgutil, adapters, payments\n"
    "for package in (payments, adapters):\n"
    "    for one in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
    "        if not one.name.endswith(('__main__', '.gunicorn')):\n"
    "            importlib.import_module(one.name)\n"
)


_DELETABLE = sorted(set(_POINTS["vienphi.gateways"]) - _THE_BANK)
#: The test command deletes all at once and two alone; each alone costs a minute.
_ALONE = _DELETABLE if os.environ.get("VIENPHI_TEST_DELETE_EACH") == "1" else _DELETABLE[::-4][:2]


@pytest.mark.parametrize("name", _ALONE)
def test_the_rest_is_green_without_it(name, tmp_path):
    _without(tmp_path, name)

    _green(tmp_path, "-c", _IMPORT_ALL)
    # What is left of the suite is collected, and its table passes.
    _green(tmp_path, *_PYTEST, "tests/contract/gateways", "-k", "test_table")


def test_arrows_point_down_without_any_of_them(tmp_path):
    _without(tmp_path, *_DELETABLE)

    _green(tmp_path, "-c", _IMPORT_ALL)
    _green(tmp_path, str(Path(sys.executable).with_name("lint-imports")), "--no-cache")


def _without(folder: Path, *names: str) -> None:
    """Copy the house to *folder*, without these adapters, their entry points and their tests."""
    left_out = ("__pycache__", Path(__file__).name, *(f"test_{name}*" for name in names))
    for part in ("payments", "adapters", "tests/contract/gateways", "tests/vectors"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(*left_out))
    for shared in ("channels.py", "conftest.py"):
        shutil.copy(ROOT / "tests/contract" / shared, folder / "tests/contract")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in names:
        shutil.rmtree(folder / "adapters" / name)
        points = rf'^\w+ = "adapters\.{name}[.:"].*\n'
        project, found = re.subn(points, "", project, flags=re.MULTILINE)
        assert found
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")


_PYTEST = (
    "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider",
    "-o", "addopts=--import-mode=importlib --strict-markers",
)  # fmt: skip


def _green(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
