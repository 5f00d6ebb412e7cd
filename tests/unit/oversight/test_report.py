"""Seeded weak places are all found, a sound installation has none; the report can be checked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update

from payments.audit import AUDIT_EVENT
from payments.config import Mode, Settings
from payments.identity.permissions import Role
from payments.identity.rows import STAFF
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.secret import Secret
from payments.keys import Keys, write_new
from payments.ledger.anchoring import make_anchor
from payments.ledger.bodies import canonical_json
from payments.oversight import advisories, people, report, settings
from payments.oversight.advisories import Advisory, WrongAdvisories
from payments.tokens import service as tokens
from payments.tokens.model import TokenScope
from tests.support.hospital import Hospital
from tests.support.web import add_user

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
#: Of a hospital as docs/deploy sets it up.
SOUND = Settings(
    mode=Mode.PRODUCTION,
    database_url=Secret("postgresql+psycopg://vp_app@127.0.0.1/vienphi"),
    keys_file=Path("unused"),
    gateways=("bank_transfer",),
    hosts=("thanhtoan.example",),
    public_url="https://thanhtoan.example",
    proxy_hops=1,
    code_prefix="VPH",
    code_minutes=15,
    log_level="INFO",
    facility=None,
    heads_file=Path("/mnt/safe/heads"),
)
FAR = "postgresql+psycopg://vp_app@db.example/vienphi"
WEAK: dict[str, Callable[[Settings], Settings]] = {
    "mode-trial": lambda made: replace(made, mode=Mode.TRIAL),
    "second-factor-off": lambda made: replace(made, second_factor=False),
    "public-url-plain": lambda made: replace(made, public_url="http://thanhtoan.example"),
    "proxy-unknown": lambda made: replace(made, proxy_hops=0),
    "event-hosts-wide": lambda made: replace(made, event_hosts=("10.0.0.0/8",)),
    "database-one-file": lambda made: replace(made, database_url=Secret("sqlite:///a.db")),
    "database-tls": lambda made: replace(made, database_url=Secret(f"{FAR}?sslmode=require")),
    "database-role": lambda made: replace(
        made, database_url=Secret("postgresql+psycopg://postgres@127.0.0.1/vienphi")
    ),
    "log-debug": lambda made: replace(made, log_level="DEBUG"),
    "idle-long": lambda made: replace(made, idle_minutes=60),
    "heads-unset": lambda made: replace(made, heads_file=None),
}


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    write_new(path)
    return path


def ids(found: Any) -> list[str]:
    return sorted(one.id for one in found)


def test_settings_as_the_guide_makes_them_have_no_weak_place(
    keys_file: Path, clock: FrozenClock
) -> None:
    made = replace(SOUND, keys_file=keys_file)
    now = clock.now()
    os.utime(keys_file, (now.timestamp(), now.timestamp()))

    assert ids(settings.weak(made, Keys.read(keys_file), now)) == []
    verified = replace(made, database_url=Secret(f"{FAR}?sslmode=verify-full"))
    assert ids(settings.weak(verified, Keys.read(keys_file), now)) == []


@pytest.mark.parametrize(("weakness", "weaken"), WEAK.items())
def test_each_weak_setting_is_named_alone(
    weakness: str,
    weaken: Callable[[Settings], Settings],
    keys_file: Path,
    clock: FrozenClock,
) -> None:
    made = weaken(replace(SOUND, keys_file=keys_file))

    found = ids(settings.weak(made, Keys.read(keys_file), clock.now()))

    assert found == [weakness]


def test_weak_keys_are_named(tmp_path: Path, clock: FrozenClock) -> None:
    path = tmp_path / "demo.json"
    write_new(path, demo=True)
    keys = Keys.read(path)
    path.chmod(0o644)
    made = replace(SOUND, keys_file=path)
    old = (clock.now() - timedelta(days=400)).timestamp()
    os.utime(path, (old, old))

    assert ids(settings.weak(made, keys, clock.now())) == ["keys-demo", "keys-old", "keys-readable"]


def test_people_and_tokens_that_a_review_asks_about_are_named(
    hospital: Hospital, clock: FrozenClock
) -> None:
    runtime, scope = hospital.runtime, hospital.scope
    add_user(runtime, scope, Role.CASHIER)
    add_user(runtime, scope, Role.CHIEF_ACCOUNTANT)
    tokens.make(runtime, scope, name="his", scopes={TokenScope.ORDERS_WRITE.value}, days=1000)
    with runtime.database.transaction(scope) as tx:
        # As two imports of lists would leave them, which no rule of ours has seen.
        tx.execute(update(STAFF).where(STAFF.c.facility_id == tx.facility).values(person="NV-0001"))
    clock.advance(timedelta(days=91))

    with runtime.database.reading(scope) as tx:
        found = ids(people.weak(tx))

    assert found == [
        "no-second-factor",
        "role-conflict",
        "token-long",
        "token-unused",
        "user-unseen",
        "user-unseen",
    ]


def test_the_report_is_the_same_at_the_same_moment_signed_and_without_names(
    hospital: Hospital,
) -> None:
    hospital.issue()
    hospital.work()
    one, again = (report.make(hospital.runtime, hospital.scope) for _ in range(2))

    assert one.text(KEY) == again.text(KEY)
    told = json.loads(one.text(KEY))
    KEY.public_key().verify(bytes.fromhex(told["signature"]), canonical_json(told["report"]))
    assert told["report"]["chains"]["ledger"]["sound"]
    assert told["report"]["runs"]["packages"]["flask"]
    for secret in ("NGUYỄN", "0071000123456", "99-0"):
        assert secret not in one.text(None)


def test_an_altered_event_and_a_missing_anchor_are_in_the_report(
    hospital: Hospital, clock: FrozenClock
) -> None:
    hospital.issue()
    hospital.work()
    made = ids(report.make(hospital.runtime, hospital.scope).weak)
    assert "anchor-missing" in made
    assert "audit-altered" not in made

    with hospital.runtime.database.transaction(hospital.scope) as tx:
        make_anchor(tx, HospitalDay.of(tx.now()), KEY)
    assert "anchor-missing" not in ids(report.make(hospital.runtime, hospital.scope).weak)
    clock.advance(timedelta(days=3))
    assert "anchor-missing" in ids(report.make(hospital.runtime, hospital.scope).weak)


def test_events_that_were_altered_with_the_triggers_off_weigh_high(hospital: Hospital) -> None:
    if hospital.runtime.database.is_postgres:
        pytest.skip("tests/faults/tamper.py does the same there")
    hospital.issue()
    hospital.work()
    with hospital.runtime.database.engine.begin() as connection:
        for name in (
            connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'"
            )
            .scalars()
            .all()
        ):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(update(AUDIT_EVENT).values(actor="user:nobody"))

    made = report.make(hospital.runtime, hospital.scope)

    assert "audit-altered" in ids(made.weak)
    assert not made.is_clean


def advisory(**affected: Any) -> dict[str, Any]:
    return {
        "id": "TEST-2026-1",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "Flask"}, **affected}],
    }


EVENTS = [{"introduced": "1.0"}, {"fixed": "2.0"}, {"introduced": "3.0"}, {"last_affected": "3.2"}]


@pytest.mark.parametrize(
    ("version", "is_hit"),
    [
        ("0.9", False), ("1.0", True), ("1.9.9", True), ("2.0rc1", True), ("2.0", False),
        ("2.5", False), ("3.0", True), ("3.2", True), ("3.2.1", False), ("nonsense", False),
    ],
)  # fmt: skip
def test_a_release_is_hit_by_the_rules_of_the_schema(
    version: str, is_hit: bool, tmp_path: Path
) -> None:
    told = advisory(ranges=[{"type": "ECOSYSTEM", "events": EVENTS}])
    (tmp_path / "one.json").write_text(json.dumps(told))

    [one] = advisories.read(tmp_path)

    assert one.hits(version) is is_hit
    assert len(list(advisories.weak((one,), {"flask": version}))) == int(is_hit)


def test_everything_before_a_fix_and_single_versions_are_hit(tmp_path: Path) -> None:
    told = advisory(
        ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}],
        versions=["5.0.post1"],
    )
    (tmp_path / "one.json").write_text(json.dumps(told))
    (tmp_path / "two.json").write_text(json.dumps(told | {"withdrawn": "2026-01-01T00:00:00Z"}))

    [one] = advisories.read(tmp_path)

    assert [one.hits(version) for version in ("0.dev1", "1.1", "1.2", "5.0.post1")] == [
        True, True, False, True,
    ]  # fmt: skip


def test_a_known_vulnerable_package_weighs_high_in_the_report(
    hospital: Hospital, tmp_path: Path
) -> None:
    told = advisory(ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}])
    (tmp_path / "one.json").write_text(json.dumps(told))

    made = report.make(hospital.runtime, hospital.scope, brought=tmp_path)

    assert "vulnerable-dependency" in ids(made.weak)
    assert not made.is_clean


@pytest.mark.parametrize("content", [None, "", "[]", '{"affected": 1}', '{"affected": [{}]}'])
def test_what_is_no_advisory_is_refused_with_the_name_of_its_file(
    content: str | None, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "broken.json").write_text(content)
    if content == '{"affected": [{}]}':
        assert advisories.read(tmp_path) == ()
        return
    with pytest.raises(WrongAdvisories, match=r"broken\.json|holds no"):
        advisories.read(tmp_path)


def test_an_advisory_knows_its_package_by_the_canonical_name() -> None:
    one = Advisory("TEST-2026-2", "flask", (), frozenset({"3.0"}))

    assert ids(advisories.weak((one,), {"flask": "3.0"})) == ["vulnerable-dependency"]
    assert ids(advisories.weak((one,), {"quart": "3.0"})) == []
