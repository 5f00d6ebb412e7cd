"""The commands of "Going live" in the README, in their order, on PostgreSQL."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from payments import cli
from payments.app import create_app
from tests.support.databases import Cluster

HOST = "thanhtoan.bv99001.example"


@pytest.fixture
def live(cluster: Cluster) -> Iterator[str]:
    """An empty database of that name, as ``createdb`` leaves one."""
    name = f"{cluster.template}_live"
    cluster.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    yield name
    cluster.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _vienphi(*arguments: str) -> None:
    assert cli.main(arguments) == 0, arguments


def test_a_hospital_goes_live_by_the_commands_of_the_readme(
    cluster: Cluster, live: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, app = cluster.url_of(live, "vp_owner"), cluster.url_of(live, "vp_app")
    keys = tmp_path / "keys.json"

    _vienphi("db", "roles", "--database", live, "--run", cluster.url_of("postgres"))
    _vienphi("db", "upgrade", "--url", owner)
    _vienphi("db", "found", "--url", owner, "--mode", "production", "--facility", "99001",
             "--name", "BV Thử nghiệm", "--host", HOST)  # fmt: skip
    _vienphi("keys", "new", str(keys))
    _vienphi("db", "check", "--url", app, "--mode", "production")
    for name, value in {
        "VIENPHI_MODE": "production",
        "VIENPHI_DATABASE_URL": app,
        "VIENPHI_KEYS_FILE": str(keys),
        "VIENPHI_GATEWAYS": "bank_transfer,sepay",
        "VIENPHI_HOSTS": HOST,
        "VIENPHI_PUBLIC_URL": f"https://{HOST}",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO("mật khẩu để thử nghiệm\n"))
    _vienphi("--facility", "99001", "user", "add", "quantri", "Đặng Văn Thử", "--role", "it_admin")

    answer = create_app().test_client().get("/sign-in", base_url=f"https://{HOST}")

    assert answer.status_code == 200
    assert "Strict-Transport-Security" in answer.headers


def test_a_trial_started_as_production_is_refused(
    cluster: Cluster, live: str, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = cluster.url_of(live, "vp_owner")
    _vienphi("db", "roles", "--database", live, "--run", cluster.url_of("postgres"))
    _vienphi("db", "upgrade", "--url", owner)
    _vienphi("db", "found", "--url", owner, "--mode", "trial", "--facility", "99001", "--name", "X")

    checked = cli.main(
        ["db", "check", "--url", cluster.url_of(live, "vp_app"), "--mode", "production"]
    )

    assert checked == 1
    assert "this database is trial" in capsys.readouterr().err


def test_an_owner_is_refused(
    cluster: Cluster, live: str, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = cluster.url_of(live, "vp_owner")
    _vienphi("db", "roles", "--database", live, "--run", cluster.url_of("postgres"))
    _vienphi("db", "upgrade", "--url", owner)
    _vienphi("db", "found", "--url", owner, "--mode", "trial", "--facility", "99001", "--name", "X")

    assert cli.main(["db", "check", "--url", owner, "--mode", "trial"]) == 1
    assert "connect as vp_app" in capsys.readouterr().err


def test_a_database_that_refuses_is_one_line(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    told = cli.main(["db", "upgrade", "--url", cluster.url_of("no_such_database", "vp_owner")])

    assert told == 2
    assert "no_such_database" in capsys.readouterr().err
