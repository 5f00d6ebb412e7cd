"""A program that must not start says why, and what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from payments.app import OldSchema, create_app, from_environment
from payments.config import WrongSetting
from payments.kernel.clock import FrozenClock
from payments.keys import WrongKeys, write_new
from payments.storage.engine import make_engine
from payments.storage.installation import WrongInstallation
from payments.storage.upgrading import upgrade
from tests.support.databases import fresh_sqlite


@pytest.fixture
def environment(
    tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """A trial that may start; a test takes one thing away."""
    fresh_sqlite(tmp_path / "vienphi.db", clock).close()
    write_new(tmp_path / "keys.json", demo=True)
    monkeypatch.setenv("VIENPHI_MODE", "trial")
    monkeypatch.setenv("VIENPHI_DATABASE_URL", f"sqlite:///{tmp_path / 'vienphi.db'}")
    monkeypatch.setenv("VIENPHI_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("VIENPHI_GATEWAYS", "")
    return monkeypatch


def test_trial_starts_from_its_environment(environment: pytest.MonkeyPatch) -> None:
    app = create_app()

    assert app.test_client().get("/readyz", base_url="http://localhost").status_code == 200


def test_missing_setting_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("VIENPHI_DATABASE_URL")

    with pytest.raises(WrongSetting, match="VIENPHI_DATABASE_URL"):
        create_app()


def test_production_refuses_the_keys_of_a_demo(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("VIENPHI_MODE", "production")
    environment.setenv("VIENPHI_HOSTS", "thanhtoan.example")
    environment.setenv("VIENPHI_PUBLIC_URL", "https://thanhtoan.example")

    with pytest.raises(WrongKeys, match=r"keys\.json"):
        create_app()


def test_database_of_a_trial_is_refused_in_production(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_new(tmp_path / "real.json")
    environment.setenv("VIENPHI_KEYS_FILE", str(tmp_path / "real.json"))
    environment.setenv("VIENPHI_MODE", "production")
    environment.setenv("VIENPHI_HOSTS", "thanhtoan.example")
    environment.setenv("VIENPHI_PUBLIC_URL", "https://thanhtoan.example")

    with pytest.raises(WrongInstallation, match="trial"):
        create_app()


def test_database_of_an_older_release_is_refused(
    environment: pytest.MonkeyPatch, tmp_path: Path, clock: FrozenClock
) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'old.db'}")
    upgrade(engine, "0001")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO installation (id, mode, made_at)"
            " VALUES (1, 'trial', '2026-01-01T00:00:00.000000Z')"
        )
    engine.dispose()
    environment.setenv("VIENPHI_DATABASE_URL", f"sqlite:///{tmp_path / 'old.db'}")

    with pytest.raises(OldSchema, match="vienphi db upgrade"):
        from_environment()


def test_the_former_program_starts_on_the_schema_of_a_later_release(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # So an upgrade is backed out of: the former program is started again, the schema stays.
    engine = make_engine(f"sqlite:///{tmp_path / 'vienphi.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of_a_later_release'")
    engine.dispose()

    app = create_app()

    assert app.test_client().get("/readyz", base_url="http://localhost").status_code == 200
