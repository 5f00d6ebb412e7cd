"""Stored messages as rows; whole messages and their facts are sealed, for they name payers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from payments.gateway import Notification, Outcome, Trouble, Verdict
from payments.inbox.rows import NOTIFICATION, REFUSED_MESSAGE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.keys import Keys
from payments.storage.columns import mine, new_id
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_FACTS: Final = "notification.facts_sealed"
_RAW: Final = "notification.raw_sealed"
#: The message is kept whole up to this; no feed sends more for one transfer.
RAW_MAX_BYTES: Final = 64 * 1024


_BY_ID: Final = (mine(NOTIFICATION), NOTIFICATION.c.id == bindparam("notification"))
_HELD: Final = Prepared(
    select(NOTIFICATION).where(*_BY_ID), locks={Lock.NOTIFICATION: NOTIFICATION}
)
_SETTLE: Final = (
    update(NOTIFICATION)
    .where(*_BY_ID)
    .values(
        state=bindparam("new_state"),
        verdict=bindparam("new_verdict"),
        reason=bindparam("new_reason"),
        attempts=bindparam("new_attempts"),
        applied_at=bindparam("new_applied_at"),
        credit_id=bindparam("new_credit"),
        waits_for=bindparam("new_waits_for"),
    )
)


@dataclass(frozen=True, slots=True)
class Stored:
    id: UUID
    channel: str
    state: str
    verdict: Verdict
    attempts: int
    told: Notification


def add(tx: UnitOfWork, keys: Keys, channel: str, told: Notification, raw: bytes) -> UUID:
    """Store a proven message, or find the stored one of the same event; returns its id."""
    made = new_id()
    values = {
        "id": made,
        "channel": channel,
        "event_id": told.event_id,
        "state": "stored",
        "verdict": Verdict.STORED.value,
        "reason": "",
        "attempts": 0,
        "facts_sealed": keys.seal("personal", _to_json(told), context=_FACTS),
        "raw_sealed": keys.seal(
            "personal", raw[:RAW_MAX_BYTES].decode("utf-8", "replace"), context=_RAW
        ),
        "raw_sha256": hashlib.sha256(raw).digest(),
        "received_at": tx.now(),
        "applied_at": None,
        "credit_id": None,
        "waits_for": None,
    }
    if insert_new(tx, NOTIFICATION, values):
        return made
    found: UUID = tx.execute(
        select(NOTIFICATION.c.id).where(
            NOTIFICATION.c.facility_id == tx.facility,
            NOTIFICATION.c.channel == channel,
            NOTIFICATION.c.event_id == told.event_id,
        )
    ).scalar_one()
    return found


def lock(tx: UnitOfWork, keys: Keys, notification: UUID) -> Stored:
    """Hold a stored message: two workers that apply it wait for each other here."""
    row = _HELD.one(tx, notification=notification)
    facts = keys.open("personal", row.facts_sealed, context=_FACTS)
    return Stored(
        row.id, row.channel, row.state, Verdict(row.verdict), row.attempts, _from_json(facts)
    )


def forgotten(tx: UnitOfWork, since: datetime, *, limit: int = 200) -> list[UUID]:
    """List what was stored before *since* and never tried, the oldest first."""
    rows = tx.execute(
        select(NOTIFICATION.c.id)
        .where(
            NOTIFICATION.c.facility_id == tx.facility,
            NOTIFICATION.c.state == "stored",
            NOTIFICATION.c.received_at < since,
        )
        .order_by(NOTIFICATION.c.received_at)
        .limit(limit)
    )
    return list(rows.scalars())


def settle(
    tx: UnitOfWork,
    stored: Stored,
    state: str,
    verdict: Verdict,
    *,
    reason: str = "",
    credit: UUID | None = None,
    waits_for: str = "",
) -> None:
    """Note what became of a held message, and what it waits for."""
    told = {
        "mine": tx.facility,
        "notification": stored.id,
        "new_state": state,
        "new_verdict": verdict.value,
        "new_reason": reason,
        "new_attempts": stored.attempts + 1,
        "new_applied_at": tx.now() if state == "applied" else None,
        "new_credit": credit,
        "new_waits_for": waits_for or None,
    }
    tx.write(_SETTLE, told)


def count_refused(tx: UnitOfWork, channel: str, reason: str) -> None:
    """Count a message that was not proven; nothing of its content is kept."""
    now = tx.now()
    dialect = postgresql if tx.is_postgres else sqlite
    statement = dialect.insert(REFUSED_MESSAGE).values(
        facility_id=tx.facility,
        channel=channel,
        day=HospitalDay.of(now).date,
        reason=reason,
        count=1,
        last_at=now,
    )
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["facility_id", "channel", "day", "reason"],
            set_={"count": REFUSED_MESSAGE.c.count + 1, "last_at": now},
        )
    )


def forget_payer(tx: UnitOfWork, keys: Keys, notification: UUID) -> None:
    """Erase the raw message and who paid; what a repeat is held against stays, and the hash."""
    stored = lock(tx, keys, notification)
    facts = replace(stored.told, memo="", payer_name="", payer_account="")
    tx.execute(
        update(NOTIFICATION)
        .where(NOTIFICATION.c.facility_id == tx.facility, NOTIFICATION.c.id == notification)
        .values(
            raw_sealed=b"",
            facts_sealed=keys.seal("personal", _to_json(facts), context=_FACTS),
        )
    )


def _to_json(told: Notification) -> str:
    facts = {
        "event_id": told.event_id,
        "outcome": told.outcome.value,
        "amount": told.amount.dong,
        "occurred_at": told.occurred_at.isoformat(),
        "reference": told.reference,
        "transaction": told.transaction,
        "account": told.account,
        "memo": told.memo,
        "payer_name": told.payer_name,
        "payer_account": told.payer_account,
        "raw_code": told.raw_code,
        "voice": told.voice,
        "refund": told.refund,
        "payment": told.payment,
        "currency": told.currency,
        "trouble": told.trouble,
    }
    return json.dumps(facts, ensure_ascii=False)


def _from_json(text: str) -> Notification:
    facts: dict[str, Any] = json.loads(text)
    facts["outcome"] = Outcome(facts["outcome"])
    facts["amount"] = vnd(facts["amount"])
    # Messages that were stored by a former release lack some fields.
    facts["trouble"] = Trouble(facts["trouble"]) if facts.get("trouble") else None
    facts["occurred_at"] = datetime.fromisoformat(facts["occurred_at"])
    return Notification(**facts)
