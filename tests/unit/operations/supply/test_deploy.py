"""What is carried to a server is installed whole or not at all; units give away little."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[4] / "docs/deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
#: Of 10; systemd itself calls up to 2 "OK".
EXPOSURE_MAX = 2.0


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of one file; what is in it is never reached where the sums are wrong."""
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    shutil.copy(DEPLOY / "install.sh", folder)
    (folder / "runtime.txt").write_text("")
    (folder / "wheels" / "a.whl").write_bytes(b"a library")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    (folder / "SHA256SUMS").write_text(
        "".join(
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder)}\n"
            for path in files
        )
    )
    return folder


def install(bundle: Path, *mark: str) -> subprocess.CompletedProcess[str]:
    target = bundle.parent / "installed"
    command = ["bash", str(bundle / "install.sh"), str(target), *mark]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_changed_library_is_never_installed(bundle: Path) -> None:
    (bundle / "wheels" / "a.whl").write_bytes(b"another library")

    done = install(bundle)

    assert done.returncode == 1
    assert "nothing is installed" in done.stderr
    assert not (bundle.parent / "installed").exists()


def test_a_library_that_nobody_listed_is_never_installed(bundle: Path) -> None:
    (bundle / "wheels" / "b.whl").write_bytes(b"one more")

    done = install(bundle)

    assert done.returncode == 1
    assert "not in SHA256SUMS: ./wheels/b.whl" in done.stderr
    assert not (bundle.parent / "installed").exists()


def test_a_bundle_that_was_exchanged_whole_is_found_by_its_mark(bundle: Path) -> None:
    done = install(bundle, "0" * 64)

    assert done.returncode == 1
    assert "not the one of that mark" in done.stderr
    assert not (bundle.parent / "installed").exists()


@pytest.mark.parametrize("name", ["bundle.sh", "install.sh"])
def test_scripts_can_be_read_by_their_shell(name: str) -> None:
    subprocess.run(["bash", "-n", DEPLOY / name], check=True)
    assert (DEPLOY / name).stat().st_mode & 0o111


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_give_away_little(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= EXPOSURE_MAX


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_run_as_nobody_in_particular_and_gain_nothing(unit: Path) -> None:
    lines = set(unit.read_text(encoding="utf-8").splitlines())

    assert lines & {"User=vienphi", "User=vienphi-anchor"}
    assert {"NoNewPrivileges=true", "CapabilityBoundingSet=",
            "ProtectSystem=strict", "UMask=0077"} <= lines  # fmt: skip


def test_the_image_that_runs_has_a_user_without_rights_and_fetches_nothing() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    _, running = text.split("\nFROM docker.io/library/python:3.11-slim-bookworm\n")

    assert re.search(r"^USER 10001$", running, re.MULTILINE)
    assert not re.search(r"^(ADD|RUN .*(curl|wget|pip))", running, re.MULTILINE)
    assert "healthz" in running
