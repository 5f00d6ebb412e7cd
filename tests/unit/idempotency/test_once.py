"""A request that is sent twice has one effect and one answer."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from payments import audit, idempotency
from payments.idempotency import Earlier, KeyReused, StillRunning, fingerprint
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.scope import FacilityId, Scope
from payments.keys import Keys
from payments.storage.unit_of_work import Database

KEY = "a3f1c0de-0001"
SAME = fingerprint("patient", 1, "150000")


def send(
    database: Database, scope: Scope, keys: Keys, content: bytes = SAME, *, fails: bool = False
) -> Earlier | None:
    """Do a piece of work once: the audit fact is its effect."""
    with database.transaction(scope) as tx:
        earlier = idempotency.once(tx, scope.actor, "desk.issue", KEY, content)
        if earlier is None:
            audit.append(tx, "test.done", "thing:1")
            if fails:
                raise RuntimeError("the work failed")
            idempotency.finish(
                tx,
                keys,
                scope.actor,
                "desk.issue",
                KEY,
                status=201,
                resource="invoice:1",
                body="NGUYỄN VĂN THỬ",
            )
        return earlier


def effects(database: Database, scope: Scope) -> int:
    with database.reading(scope) as tx:
        count: int = tx.execute(select(func.count()).select_from(audit.AUDIT_EVENT)).scalar_one()
        return count


def test_repeat_gets_the_first_answer_and_does_nothing(
    database: Database, scope: Scope, keys: Keys
) -> None:
    assert send(database, scope, keys) is None

    earlier = send(database, scope, keys)

    assert earlier is not None
    assert (earlier.status, earlier.resource) == (201, "invoice:1")
    assert earlier.body(keys) == "NGUYỄN VĂN THỬ"
    assert effects(database, scope) == 1


def test_kept_answer_is_unreadable_without_the_key(
    database: Database, scope: Scope, keys: Keys
) -> None:
    send(database, scope, keys)

    with database.reading(scope) as tx:
        row = tx.execute(select(idempotency.IDEMPOTENCY_REQUEST)).one()

    assert "THỬ".encode() not in row.body


def test_other_content_under_the_same_key_is_refused(
    database: Database, scope: Scope, keys: Keys
) -> None:
    send(database, scope, keys)

    with pytest.raises(KeyReused):
        send(database, scope, keys, fingerprint("patient", 1, "150001"))


def test_work_that_failed_may_be_tried_again(database: Database, scope: Scope, keys: Keys) -> None:
    with pytest.raises(RuntimeError):
        send(database, scope, keys, fails=True)

    assert send(database, scope, keys) is None
    assert effects(database, scope) == 1


def test_another_person_may_have_the_same_key(database: Database, scope: Scope, keys: Keys) -> None:
    send(database, scope, keys)

    other = Scope(scope.facility, "user:other", "r")

    assert send(database, other, keys) is None


def test_another_facility_may_have_the_same_key(
    postgres: Database, scope: Scope, keys: Keys
) -> None:
    send(postgres, scope, keys)

    assert send(postgres, Scope(FacilityId(99002), scope.actor, "r"), keys) is None


def test_claim_that_was_never_finished_is_told_apart(database: Database, scope: Scope) -> None:
    with database.transaction(scope) as tx:
        idempotency.once(tx, scope.actor, "desk.issue", KEY, SAME)

    with pytest.raises(StillRunning), database.transaction(scope) as tx:
        idempotency.once(tx, scope.actor, "desk.issue", KEY, SAME)


@pytest.mark.parametrize("key", ["", "x" * 256, "line\nbreak"])
def test_key_without_shape_is_refused(database: Database, scope: Scope, key: str) -> None:
    with pytest.raises(InvalidField), database.transaction(scope) as tx:
        idempotency.once(tx, scope.actor, "desk.issue", key, SAME)


def test_old_rows_are_forgotten(
    database: Database, scope: Scope, keys: Keys, clock: FrozenClock
) -> None:
    send(database, scope, keys)
    clock.advance(idempotency.KEPT + timedelta(seconds=1))

    with database.transaction(scope) as tx:
        assert idempotency.forget(tx, before=clock.now() - idempotency.KEPT) == 1

    assert send(database, scope, keys) is None


def test_parts_of_a_fingerprint_do_not_run_together() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_ten_at_once_do_the_work_once(database: Database, scope: Scope, keys: Keys) -> None:
    answers: list[Earlier | None] = []

    def click() -> None:
        answers.append(send(database, scope, keys))

    threads = [threading.Thread(target=click) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count(None) == 1
    assert len(answers) == 10
    assert effects(database, scope) == 1
