"""An adapter is a folder, its entry points and its tests: without them the rest is green."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", sorted(set(_POINTS["vienphi.gateways"]) - _THE_BANK))
def test_the_rest_is_green_without_it(name, tmp_path):
    for folder in ("payments", "adapters", "tests/contract/gateways", "tests/vectors"):
        shutil.copytree(
            ROOT / folder,
            tmp_path / folder,
            ignore=shutil.ignore_patterns("__pycache__", f"test_{name}*", Path(__file__).name),
        )
    shutil.copy(ROOT / "tests/contract/channels.py", tmp_path / "tests/contract")
    shutil.copy(ROOT / "tests/contract/conftest.py", tmp_path / "tests/contract")
    shutil.rmtree(tmp_path / "adapters" / name)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    without = re.sub(rf'^\w+ = "adapters\.{name}[.:"].*\n', "", project, flags=re.MULTILINE)
    assert without != project
    (tmp_path / "pyproject.toml").write_text(without, encoding="utf-8")

    _green(tmp_path, "-c", _IMPORT_ALL)
    _green(tmp_path, str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    # What is left of the suite is collected, and its table and its feeds pass.
    _green(tmp_path, *_PYTEST, "tests/contract/gateways", "--collect-only")
    _green(tmp_path, *_PYTEST, "tests/contract/gateways/test_table.py")


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
