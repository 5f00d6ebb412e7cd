"""What was put away or taken on in years past neither hides nor slows what waits now."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text

from payments.exceptions import happening, service
from payments.exceptions.model import Kind
from payments.exceptions.rows import EXCEPTION_EVENT
from payments.inbox.rows import NOTIFICATION
from payments.reconciliation import exceptions
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork
from tests.support.hospital import Hospital

INDEX = "ix_exception_event_facility_id_kind_subject"


def keep(hospital: Hospital, number: int) -> UUID:
    """Let a message without effect lie since *number* minutes ago."""
    message = new_id()
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        tx.execute(
            insert(NOTIFICATION),
            {
                "facility_id": tx.facility, "id": message, "channel": "sepay",
                "event_id": f"kept-{number}", "state": "kept", "verdict": "stored",
                "reason": "unknown-account", "attempts": 1, "facts_sealed": b"x",
                "raw_sealed": b"x", "raw_sha256": message.bytes * 2,
                "received_at": tx.now() - timedelta(minutes=number),
            },
        )  # fmt: skip
    return message


def messages(hospital: Hospital) -> list[tuple[str, str]]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return [(one.key, one.owner) for one in service.inbox(tx) if one.kind is Kind.MESSAGE]


def test_messages_put_away_take_no_place_in_the_list(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exceptions, "LIST_MAX", 2)
    old, older, new = keep(hospital, 20), keep(hospital, 30), keep(hospital, 10)
    assert [key for key, _ in messages(hospital)] == [f"message:{older}", f"message:{old}"]

    keys = [f"message:{older}", f"message:{old}"]
    service.close(hospital.runtime, hospital.scope, keys, "gửi nhầm tài khoản")

    assert messages(hospital) == [(f"message:{new}", "")]


def test_the_last_who_took_it_on_is_its_owner_among_thousands_of_events(
    hospital: Hospital,
) -> None:
    message = keep(hospital, 10)
    key = f"message:{message}"
    for owner in ("user:a", "user:b"):
        service.assign(hospital.runtime, hospital.scope, [key], owner)
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        tx.execute(
            insert(EXCEPTION_EVENT),
            [
                {
                    "facility_id": tx.facility, "id": new_id(), "kind": "message",
                    "subject": str(new_id()), "event": "assigned", "owner": "user:c",
                    "reason": "", "made_at": tx.now(), "made_by": "user:c",
                }
                for _ in range(2_000)
            ],
        )  # fmt: skip

    assert messages(hospital) == [(key, "user:b")]


def test_owners_are_found_by_the_index_of_their_subjects(hospital: Hospital) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        asked = happening.taken(tx, "message", [str(new_id())])
        closed = select(NOTIFICATION.c.id).where(
            NOTIFICATION.c.facility_id == tx.facility,
            NOTIFICATION.c.state == "kept",
            ~happening.is_closed(tx, "message", NOTIFICATION.c.id),
        )

        assert INDEX in plan(tx, asked)
        assert INDEX in plan(tx, closed)


def plan(tx: UnitOfWork, statement: object) -> str:
    is_sqlite = tx.connection.dialect.name == "sqlite"
    if not is_sqlite:
        # The few rows of a test are read faster without an index, and a planner knows that.
        tx.connection.execute(text("SET LOCAL enable_seqscan = off"))
    compiled = statement.compile(tx.connection, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    told = tx.connection.exec_driver_sql(
        f"{'EXPLAIN QUERY PLAN' if is_sqlite else 'EXPLAIN'} {compiled}".replace("%", "%%")
    )
    return "\n".join(str(row) for row in told)
