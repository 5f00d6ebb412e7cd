"""A token opens what it was made for, in its facility, until it ends; nobody can read it again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from payments import audit
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import FacilityId, Scope
from payments.keys import Keys, rotate, write_new
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from payments.tokens import service
from payments.tokens.limits import Leases
from payments.tokens.model import NotAdmitted, Token, TokenScope, TooManyRequests
from payments.tokens.rows import API_TOKEN, API_TOKEN_MINUTE

READS = ["invoices:read"]


def made(runtime: Runtime, scope: Scope, *, per_minute: int = 600) -> tuple[Token, str]:
    token, secret = service.make(
        runtime, scope, name="HIS", scopes=READS, days=30, per_minute=per_minute
    )
    return token, secret.reveal()


def stored(database: Database, scope: Scope) -> Token:
    with database.reading(scope) as tx:
        [token] = service.listed(tx)
    return token


def test_token_is_recognised_with_its_scopes(runtime: Runtime, scope: Scope) -> None:
    token, text = made(runtime, scope)

    found = service.admit(runtime, scope, text)

    assert (found.id, found.scopes) == (token.id, frozenset({TokenScope.INVOICES_READ}))
    assert found.allows(TokenScope.INVOICES_READ)
    assert not found.allows(TokenScope.INVOICES_WRITE)


def test_secret_has_256_bits_and_is_stored_nowhere(
    runtime: Runtime, database: Database, scope: Scope
) -> None:
    _, text = made(runtime, scope)
    secret = text[41:]

    assert len(secret) == 43
    with database.reading(scope) as tx:
        row = tx.execute(select(API_TOKEN)).one()
        facts = tx.execute(select(audit.AUDIT_EVENT)).all()
    assert secret not in repr(row)
    assert secret not in repr(facts)
    assert len(row.secret_hash) == 32


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text[:8] + "0" * 32 + text[40:],
        lambda text: text.replace("vienphi_", "Vienphi_"),
        lambda text: text + "\n",
    ],
)
def test_any_other_text_is_refused(runtime: Runtime, scope: Scope, change) -> None:  # type: ignore[no-untyped-def]
    _, text = made(runtime, scope)

    with pytest.raises(NotAdmitted):
        service.admit(runtime, scope, change(text))


def test_secret_of_one_token_does_not_open_another(runtime: Runtime, scope: Scope) -> None:
    _, first = made(runtime, scope)
    _, second = made(runtime, scope)

    with pytest.raises(NotAdmitted):
        service.admit(runtime, scope, first[:41] + second[41:])


def test_token_ends_with_its_last_moment(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    token, text = made(runtime, scope)

    clock.set(token.valid_to - timedelta(microseconds=1))
    service.admit(runtime, scope, text)
    clock.set(token.valid_to)
    with pytest.raises(NotAdmitted):
        service.admit(runtime, scope, text)


def test_revoked_token_is_refused_from_then_on(runtime: Runtime, scope: Scope) -> None:
    token, text = made(runtime, scope)

    service.revoke(runtime, scope, token.id)
    service.revoke(runtime, scope, token.id)

    with pytest.raises(NotAdmitted):
        service.admit(runtime, scope, text)


def test_token_of_another_facility_is_unknown(
    runtime: Runtime, scope: Scope, database: Database
) -> None:
    if not database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    theirs = Scope(FacilityId(99002), "user:them", "r")
    token, text = made(runtime, theirs)

    with pytest.raises(NotAdmitted):
        service.admit(runtime, scope, text)
    with pytest.raises(NotFound):
        service.revoke(runtime, scope, token.id)
    assert service.admit(runtime, theirs, text).id == token.id


def test_making_and_revoking_are_in_the_audit(
    runtime: Runtime, scope: Scope, database: Database
) -> None:
    token, _ = made(runtime, scope)
    service.revoke(runtime, scope, token.id)
    service.revoke(runtime, scope, token.id)

    with database.reading(scope) as tx:
        facts = tx.execute(select(audit.AUDIT_EVENT).order_by(audit.AUDIT_EVENT.c.id)).all()

    assert [(fact.kind, fact.about) for fact in facts] == [
        ("token.made", f"token:{token.id}"),
        ("token.revoked", f"token:{token.id}"),
    ]
    assert json.loads(facts[0].facts)["scopes"] == READS


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"scopes": []}, "scope"),
        ({"scopes": ["invoices:all"]}, "scope"),
        ({"days": 0}, "days"),
        ({"days": 1101}, "days"),
        ({"per_minute": 0}, "per_minute"),
        ({"per_minute": 60_001}, "per_minute"),
    ],
)
def test_wrong_wishes_name_their_field(
    runtime: Runtime,
    scope: Scope,
    database: Database,
    wrong: dict[str, object],
    field: str,
) -> None:
    wishes = {"name": "HIS", "scopes": READS, **wrong}
    with pytest.raises(InvalidField) as failed:
        service.make(runtime, scope, **wishes)  # type: ignore[arg-type]

    assert failed.value.field == field
    with database.reading(scope) as tx:
        assert service.listed(tx) == ()


def test_token_lives_on_when_keys_rotate(
    database: Database, runtime: Runtime, scope: Scope, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    write_new(file, demo=True)
    _, text = made(replace(runtime, keys=Keys.read(file)), scope)

    rotate(file, "lookup")

    assert service.admit(replace(runtime, keys=Keys.read(file)), scope, text)


def test_token_ends_when_its_key_is_taken_away(
    database: Database, runtime: Runtime, scope: Scope, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    write_new(file, demo=True)
    _, text = made(replace(runtime, keys=Keys.read(file)), scope)
    rotate(file, "lookup")
    told = json.loads(file.read_text())
    del told["purposes"]["lookup"]["keys"]["1"]
    file.write_text(json.dumps(told))

    with pytest.raises(NotAdmitted):
        service.admit(replace(runtime, keys=Keys.read(file)), scope, text)


def allowed(runtime: Runtime, scope: Scope, token: Token, processes: list[Leases]) -> int:
    """Ask again and again, from each process in turn, until all refuse; say how many went by."""
    count = 0
    for _ in range(token.per_minute * 2):
        for leases in processes:
            try:
                leases.take(runtime, scope, token)
            except TooManyRequests:
                continue
            count += 1
    return count


@pytest.mark.parametrize("per_minute", [1, 3, 20, 45, 200])
@pytest.mark.parametrize("processes", [1, 4])
def test_limit_holds_over_all_processes_together(
    runtime: Runtime, scope: Scope, clock: FrozenClock, per_minute: int, processes: int
) -> None:
    token, _ = made(runtime, scope, per_minute=per_minute)
    leases = [Leases() for _ in range(processes)]

    assert allowed(runtime, scope, token, leases) == per_minute
    clock.advance(timedelta(minutes=1))
    assert allowed(runtime, scope, token, leases) == per_minute


def test_refusal_says_how_long_to_wait(runtime: Runtime, scope: Scope, clock: FrozenClock) -> None:
    token, _ = made(runtime, scope, per_minute=1)
    leases = Leases()
    leases.take(runtime, scope, token)
    clock.advance(timedelta(seconds=20))

    with pytest.raises(TooManyRequests) as refused:
        leases.take(runtime, scope, token)

    assert refused.value.extras["retry_after"] == 40


def test_use_is_noted_at_most_once_a_minute(
    runtime: Runtime, scope: Scope, database: Database, clock: FrozenClock
) -> None:
    token, _ = made(runtime, scope)
    leases = Leases()
    assert stored(database, scope).used_at is None

    leases.take(runtime, scope, token)
    first = stored(database, scope).used_at
    clock.advance(timedelta(seconds=29))
    for _ in range(50):
        leases.take(runtime, scope, token)
    assert stored(database, scope).used_at == first
    clock.advance(timedelta(seconds=31))
    leases.take(runtime, scope, token)

    assert stored(database, scope).used_at == clock.now()


def test_minutes_of_the_past_are_forgotten(
    runtime: Runtime, scope: Scope, database: Database, clock: FrozenClock
) -> None:
    token, _ = made(runtime, scope)
    leases = Leases()
    for _ in range(3):
        leases.take(runtime, scope, token)
        clock.advance(timedelta(minutes=1))

    with database.reading(scope) as tx:
        assert len(tx.execute(select(API_TOKEN_MINUTE)).all()) == 1


def test_requests_of_one_lease_cost_one_write(
    runtime: Runtime, scope: Scope, database: Database
) -> None:
    token, _ = made(runtime, scope, per_minute=600)
    leases = Leases()
    for _ in range(25):
        leases.take(runtime, scope, token)

    with database.reading(scope) as tx:
        assert tx.execute(select(API_TOKEN_MINUTE.c.taken)).scalar_one() == 30
