"""Runs the tests of a folder that ``vienphi gateways new`` wrote, as its developer does."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def as_installed(folder: Path, beside: Path) -> Path:
    """
    Give a folder for ``PYTHONPATH`` that makes *folder* look installed: its entry points are found.

    It says what pip would write, read from the folder's own pyproject.
    """
    told = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    info = beside / f"{told['name'].replace('-', '_')}-{told['version']}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    head = f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n"
    (info / "METADATA").write_text(head)
    points = configparser.ConfigParser(delimiters=("=",))
    points.read_dict(told["entry-points"])
    with (info / "entry_points.txt").open("w") as file:
        points.write(file)
    return beside


def run_tests(
    folder: Path, beside: Path, *arguments: str, python: Path | None = None, path: str = str(ROOT)
) -> tuple[int, str]:
    """Run pytest in *folder*: its exit code, and all that it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("VIENPHI_", "PY", "COV"))}
    places = os.pathsep.join(p for p in (path, str(as_installed(folder, beside))) if p)
    done = subprocess.run(
        [str(python or sys.executable), "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": places, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr
