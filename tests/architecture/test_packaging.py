"""The wheel carries all that a program needs, and works from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.written import run_tests

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment into which the wheel was installed, beside the libraries of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)], check=True, timeout=300
    )
    [wheel] = folder.glob("vienphi-*.whl")
    home = folder / "venv"
    venv.create(home, with_pip=False)
    site = next((home / "lib").glob("python*")) / "site-packages"
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", str(site), str(wheel)], check=True, timeout=300
    )
    # The libraries are those under test already; ours must come from the wheel alone.
    libraries = [p for p in sys.path if p.endswith("site-packages")]
    (site / "libraries.pth").write_text("\n".join(libraries) + "\n")
    return home / "bin" / "python"


def _run(python: Path, cwd: Path, *arguments: str, **env: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("VIENPHI_", "PYTHON"))}
    done = subprocess.run(
        [python, *arguments],
        cwd=cwd,
        env={**kept, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def test_the_wheel_upgrades_founds_and_checks_a_database(installed: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    vienphi = ("-m", "payments.cli")

    where = _run(installed, tmp_path, "-c", "import payments; print(payments.__file__)")
    assert str(ROOT) not in where
    _run(installed, tmp_path, *vienphi, "db", "upgrade", "--url", url)
    _run(installed, tmp_path, *vienphi, "db", "found", "--url", url, "--mode", "trial",
         "--facility", "99001", "--name", "BV Thử nghiệm")  # fmt: skip
    told = _run(installed, tmp_path, *vienphi, "db", "check", "--url", url, "--mode", "trial")
    assert told == "good\n"


def test_an_adapter_that_the_wheel_writes_keeps_its_promises_beside_it(
    installed: Path, tmp_path: Path
) -> None:
    _run(installed, tmp_path, "-m", "payments.cli", "gateways", "new", "hopay")

    code, said = run_tests(tmp_path / "vienphi-hopay", tmp_path / "env", python=installed, path="")

    assert code == 0, said
    assert "TO DO in signature.py" in said


def test_the_wheel_serves_the_sign_in_page_and_its_files(installed: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    vienphi = ("-m", "payments.cli")
    _run(installed, tmp_path, *vienphi, "db", "upgrade", "--url", url)
    _run(installed, tmp_path, *vienphi, "db", "found", "--url", url, "--mode", "trial",
         "--facility", "99001", "--name", "BV Thử nghiệm")  # fmt: skip
    _run(installed, tmp_path, *vienphi, "keys", "new", "keys.json")
    script = (
        "import re; from wsgi import app; c = app.test_client();"
        " page = c.get('/sign-in'); assert page.status_code == 200, page.status_code;"
        ' files = re.findall(r\'(?:href|src)="(/static/[^"]+)"\', page.get_data(as_text=True));'
        " assert files; print(all(c.get(f).status_code == 200 for f in files))"
    )

    told = _run(
        installed, tmp_path, "-c", script,
        VIENPHI_MODE="trial", VIENPHI_DATABASE_URL=url, VIENPHI_KEYS_FILE="keys.json",
    )  # fmt: skip

    assert told.strip() == "True"


def test_the_wheel_finds_every_adapter(installed: Path, tmp_path: Path) -> None:
    script = (
        "from payments.gateway import Gateways;"
        " print(sorted(Gateways.named(('bank_transfer', 'casso', 'sepay')).names))"
    )

    assert "'sepay'" in _run(installed, tmp_path, "-c", script)
