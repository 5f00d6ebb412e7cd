"""A start with a missing, unknown or contradictory setting stops and names it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from payments.config import KNOWN, Settings, WrongSetting
from payments.keys import Keys, WrongKeys, rotate, write_account, write_new

GOOD = {
    "VIENPHI_MODE": "trial",
    "VIENPHI_DATABASE_URL": "sqlite:///trial.db",
    "VIENPHI_KEYS_FILE": "keys.json",
}
PRODUCTION = {
    **GOOD,
    "VIENPHI_MODE": "production",
    "VIENPHI_HOSTS": "thanhtoan.bv99001.example",
    "VIENPHI_PUBLIC_URL": "https://thanhtoan.bv99001.example",
    "VIENPHI_GATEWAYS": "bank_transfer,sepay",
}


def test_a_trial_needs_three_settings() -> None:
    assert Settings.from_env(GOOD).code_minutes == 15


@pytest.mark.parametrize("missing", GOOD)
def test_a_missing_setting_is_named(missing: str) -> None:
    with pytest.raises(WrongSetting, match=missing):
        Settings.from_env({k: v for k, v in GOOD.items() if k != missing})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIENPHI_MODE", "prod"),
        ("VIENPHI_MOED", "trial"),
        ("VIENPHI_PROXY_HOPS", "-1"),
        ("VIENPHI_PROXY_HOPS", "٣"),
        ("VIENPHI_CODE_MINUTES", "1"),
        ("VIENPHI_CODE_PREFIX", "vph"),
        ("VIENPHI_FACILITY", "0"),
        ("VIENPHI_HEADS_FILE", "/no/such/folder/heads"),
        ("VIENPHI_HEADS_FILE", "/"),
        ("VIENPHI_HELP_PHONE", "call us"),
        ("VIENPHI_BANK_APPS_FILE", "/no/such/file.csv"),
        ("VIENPHI_EVENT_HOSTS", "10.0.8.1/24"),
        ("VIENPHI_EVENT_HOSTS", "10.0.8"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=name):
        Settings.from_env({**GOOD, name: value})


@pytest.mark.parametrize("default", ["VIENPHI_HOSTS", "VIENPHI_PUBLIC_URL", "VIENPHI_GATEWAYS"])
def test_production_refuses_defaults_of_a_trial(default: str) -> None:
    Settings.from_env(PRODUCTION)
    with pytest.raises(WrongSetting, match=default):
        Settings.from_env({k: v for k, v in PRODUCTION.items() if k != default})


def test_production_refuses_plain_http_and_an_owner() -> None:
    with pytest.raises(WrongSetting, match="https"):
        Settings.from_env({**PRODUCTION, "VIENPHI_PUBLIC_URL": "http://thanhtoan.example"})
    with pytest.raises(WrongSetting, match="vp_app"):
        Settings.from_env(
            {**PRODUCTION, "VIENPHI_DATABASE_URL": "postgresql+psycopg://vp_owner@host/vienphi"}
        )


def test_variables_of_the_tests_are_not_settings() -> None:
    Settings.from_env({**GOOD, "VIENPHI_TEST_PG": "x"})


def test_no_repr_shows_a_password() -> None:
    url = "postgresql+psycopg://vp_app:rat-bi-mat@host/db"

    assert "rat-bi-mat" not in repr(Settings.from_env({**GOOD, "VIENPHI_DATABASE_URL": url}))


def test_the_readme_lists_every_setting() -> None:
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")

    assert [name for name in KNOWN if f"`{name}`" not in readme] == []


def test_sealed_values_open_after_rotation_and_only_where_they_belong(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_new(path)
    sealed = Keys.read(path).seal("personal", "NGUYỄN VĂN THỬ", context="patient.name")

    assert rotate(path, "personal") == 2

    keys = Keys.read(path)
    assert keys.open("personal", sealed, context="patient.name") == "NGUYỄN VĂN THỬ"
    with pytest.raises(WrongKeys):
        keys.open("personal", sealed, context="patient.other")
    with pytest.raises(WrongKeys):
        keys.open("personal", sealed[:-1] + bytes([sealed[-1] ^ 1]), context="patient.name")


def test_a_keys_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_new(path)
    os.chmod(path, 0o644)

    with pytest.raises(WrongKeys, match="chmod 600"):
        Keys.read(path)


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_new(path)

    with pytest.raises(WrongKeys):
        write_new(path)


@pytest.mark.parametrize(
    "url", ["ftp://portal.example", "http://portal.example", "portal.example", "http://10.0.0.1"]
)
def test_the_portal_is_told_nothing_in_the_clear(url: str) -> None:
    with pytest.raises(WrongSetting, match="VIENPHI_PORTAL_URL"):
        Settings.from_env({**GOOD, "VIENPHI_PORTAL_URL": url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8090", "https://localhost"])
def test_a_portal_on_this_machine_is_for_a_trial(url: str) -> None:
    assert Settings.from_env({**GOOD, "VIENPHI_PORTAL_URL": url}).portal_url == url
    with pytest.raises(WrongSetting, match="VIENPHI_PORTAL_URL"):
        Settings.from_env({**PRODUCTION, "VIENPHI_PORTAL_URL": url})


def test_an_account_is_kept_when_a_key_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_new(path)
    fields = {"user": "99001_BV", "password": "mật khẩu thử"}

    write_account(path, "portal", 99001, fields)
    rotate(path, "lookup")

    kept = Keys.read(path).accounts("portal")
    assert {name: value.reveal() for name, value in kept[99001].items()} == fields
    assert "mật khẩu" not in repr(kept)
    assert path.stat().st_mode & 0o077 == 0
