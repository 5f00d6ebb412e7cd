"""Joins witnesses to movements: however many tell of a transfer, it is there once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, update

from payments.bank import finding
from payments.bank.finding import copies_stored
from payments.bank.model import Arrival, BankCredit, State, external_id
from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.keys import Keys
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new, insert_or_leave
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

_CONTEXT: Final = "bank_credit.memo_sealed"


@dataclass(frozen=True, slots=True)
class Witnessed:
    """
    The movement that an arrival tells of.

    *is_new*: nobody had told of it before. *credit* is None when several stored movements could be
    meant, so that a person must say which; then nothing was written. Nor was it where a gateway and
    the bank contradict each other about the amount.
    """

    credit: BankCredit | None
    is_new: bool
    is_contradicted: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """What becomes of a movement if nobody had told of it before."""

    state: State
    reason: str = ""


def witness(tx: UnitOfWork, keys: Keys, arrival: Arrival, code: str, *, news: News) -> Witnessed:
    """
    Add one witness to the movement that it tells of, or add the movement, which then is *news*.

    *code* is the stored payment code found in the memo, "" where there is none or more than one.
    """
    found = finding.known(tx, arrival, code)
    if found.told is not None:
        return Witnessed(found.told, is_new=False)
    named = found.named
    if named is not None:
        if not arrival.reference and finding.is_told(tx, named.id, arrival.source):
            # Equal in every character, told twice by one source, and no reference to part them.
            return Witnessed(None, is_new=False)
        return _joined(tx, arrival, named)
    if found.has_other_amount:
        return Witnessed(None, is_new=False, is_contradicted=True)
    alike = finding.hold_alike(tx, arrival, code) if found.has_alike else []
    if len(alike) > 1:
        return Witnessed(None, is_new=False)
    if alike:
        return _joined(tx, arrival, _adopt_reference(tx, arrival, alike[0]))
    made = _add(tx, keys, arrival, code, news)
    if made is not None:
        _add_evidence(tx, arrival, made.id)
        return Witnessed(made, is_new=True)
    # Another witness of the same movement committed while this one waited for its key.
    other = finding.known(tx, arrival, code).named
    assert other is not None, "an insert is refused only by a committed row of the same name"
    return _joined(tx, arrival, other)


def mark(tx: UnitOfWork, credit: UUID, state: State, reason: str = "") -> None:
    """Say what became of a movement."""
    tx.execute(
        update(BANK_CREDIT)
        .where(BANK_CREDIT.c.facility_id == tx.facility, BANK_CREDIT.c.id == credit)
        .values(state=state.value, reason=reason)
    )


def lock(tx: UnitOfWork, credit: UUID) -> BankCredit | None:
    """Hold a movement until the commit; None where this facility has none of that id."""
    row = tx.lock(Lock.BANK_CREDIT, _one(tx, credit)).first()
    return None if row is None else finding.model(row)


def memo_of(keys: Keys, sealed: bytes) -> str:
    return keys.open("personal", sealed, context=_CONTEXT)


def _adopt_reference(tx: UnitOfWork, arrival: Arrival, credit: BankCredit) -> BankCredit:
    """Keep the bank's reference that a later witness knows; the ledger's key stays what it was."""
    if credit.reference or not arrival.reference:
        return credit
    tx.execute(
        update(BANK_CREDIT)
        .where(BANK_CREDIT.c.facility_id == tx.facility, BANK_CREDIT.c.id == credit.id)
        .values(bank_reference=arrival.reference)
    )
    return replace(credit, reference=arrival.reference)


def _joined(tx: UnitOfWork, arrival: Arrival, credit: BankCredit) -> Witnessed:
    _add_evidence(tx, arrival, credit.id)
    return Witnessed(credit, is_new=False)


def _add(tx: UnitOfWork, keys: Keys, arrival: Arrival, code: str, news: News) -> BankCredit | None:
    credit = BankCredit(
        new_id(),
        arrival.account,
        external_id(arrival),
        arrival.reference,
        arrival.direction,
        arrival.amount,
        arrival.day,
        arrival.occurred_at,
        code,
        news.state,
    )
    is_new = insert_new(
        tx,
        BANK_CREDIT,
        {
            "id": credit.id,
            "account": credit.account,
            "external_id": credit.external_id,
            "bank_reference": credit.reference,
            "direction": credit.direction.value,
            "amount": credit.amount.dong,
            "bank_day": credit.day.date,
            "occurred_at": credit.occurred_at,
            "code": code,
            "memo_sealed": keys.seal("personal", arrival.memo, context=_CONTEXT),
            "state": credit.state.value,
            "reason": news.reason,
            "made_at": tx.now(),
        },
    )
    return credit if is_new else None


def _add_evidence(tx: UnitOfWork, arrival: Arrival, credit: UUID) -> None:
    insert_or_leave(
        tx,
        EVIDENCE,
        {
            "id": new_id(),
            "credit_id": credit,
            "source": arrival.source,
            "source_id": arrival.source_id,
            "seen_at": tx.now(),
        },
    )


def _one(tx: UnitOfWork, credit: UUID) -> Select[Any]:
    return select(BANK_CREDIT).where(
        BANK_CREDIT.c.facility_id == tx.facility, BANK_CREDIT.c.id == credit
    )


__all__ = ["News", "Witnessed", "copies_stored", "lock", "mark", "memo_of", "witness"]
