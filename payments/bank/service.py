"""Joins witnesses to movements: however many tell of a transfer, it is there once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)

from payments.bank.model import HASHED, Arrival, BankCredit, Direction, State, external_id
from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.keys import Keys
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

_CONTEXT: Final = "bank_credit.memo_sealed"
#: Banks book a transfer of late evening on either side of midnight.
_DAY_OFF_BY: Final = timedelta(days=1)
#: How a movement was found to be known.
_TOLD, _NAMED, _ADOPTED = range(3)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """
    The movement that an arrival tells of.

    *is_new*: nobody had told of it before. *credit* is None when several stored movements could be
    meant, so that a person must say which; then nothing was written.
    """

    credit: BankCredit | None
    is_new: bool


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
    seen, named = _known(tx, arrival)
    if seen is not None:
        return Witnessed(seen, is_new=False)
    if named is not None:
        if not arrival.reference and _is_told(tx, named.id, arrival.source):
            # Equal in every character, told twice by one source, and no reference to part them.
            return Witnessed(None, is_new=False)
        return _joined(tx, arrival, named)
    alike = _alike(tx, arrival, code)
    if len(alike) > 1:
        return Witnessed(None, is_new=False)
    if alike:
        return _joined(tx, arrival, _adopt_reference(tx, arrival, alike[0]))
    made = _add(tx, keys, arrival, code, news)
    if made is not None:
        _add_evidence(tx, arrival, made.id)
        return Witnessed(made, is_new=True)
    # Another witness of the same movement committed while this one waited for its key.
    _, other = _known(tx, arrival)
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
    row = tx.lock(Lock.BANK_CREDIT, _credits(tx).where(BANK_CREDIT.c.id == credit)).first()
    return None if row is None else _model(row)


def memo_of(keys: Keys, sealed: bytes) -> str:
    return keys.open("personal", sealed, context=_CONTEXT)


def _known(tx: UnitOfWork, arrival: Arrival) -> tuple[BankCredit | None, BankCredit | None]:
    """Find the movement that this very witness told of before, and the one of the same name."""
    told = _credits(tx, literal(_TOLD).label("how")).join(
        EVIDENCE,
        and_(
            EVIDENCE.c.facility_id == BANK_CREDIT.c.facility_id,
            EVIDENCE.c.credit_id == BANK_CREDIT.c.id,
        ),
    )
    told = told.where(
        EVIDENCE.c.source == arrival.source, EVIDENCE.c.source_id == arrival.source_id
    )
    named = _credits(tx, literal(_NAMED).label("how")).where(
        BANK_CREDIT.c.account == arrival.account,
        BANK_CREDIT.c.external_id == external_id(arrival),
    )
    adopted = _credits(tx, literal(_ADOPTED).label("how")).where(_has_adopted(arrival))
    found = {row.how: _model(row) for row in tx.execute(union_all(told, named, adopted))}
    return found.get(_TOLD), found.get(_NAMED) or found.get(_ADOPTED)


def _has_adopted(arrival: Arrival) -> ColumnElement[bool]:
    """
    Match the movement that was first told without a reference and got that of *arrival* later.

    Its name stays the hash of its first witness, so that a third witness would not find it by
    name. Within twice the days by which two witnesses may differ, for the index.
    """
    if not arrival.reference or arrival.copy > 1:
        return false()
    day = arrival.day.date
    return and_(
        BANK_CREDIT.c.account == arrival.account,
        BANK_CREDIT.c.bank_day.between(day - 2 * _DAY_OFF_BY, day + 2 * _DAY_OFF_BY),
        BANK_CREDIT.c.amount == arrival.amount.dong,
        BANK_CREDIT.c.direction == arrival.direction.value,
        BANK_CREDIT.c.bank_reference == arrival.reference,
        BANK_CREDIT.c.external_id.startswith(HASHED),
    )


def _alike(tx: UnitOfWork, arrival: Arrival, code: str) -> list[BankCredit]:
    """
    Find movements that this arrival may tell of, where one of the two has no bank reference.

    Joined by account, amount, bank day ± 1 and the same payment code. A movement that has a witness
    of this source is not free: the source would have told the same thing twice.
    """
    if not code:
        return []
    day = arrival.day.date
    nameless: ColumnElement[bool] = BANK_CREDIT.c.bank_reference == ""
    if not arrival.reference:
        nameless = or_(nameless, BANK_CREDIT.c.bank_reference != "")
    rows = tx.lock(
        Lock.BANK_CREDIT,
        _credits(tx)
        .where(
            BANK_CREDIT.c.account == arrival.account,
            BANK_CREDIT.c.amount == arrival.amount.dong,
            BANK_CREDIT.c.direction == arrival.direction.value,
            BANK_CREDIT.c.bank_day.between(day - _DAY_OFF_BY, day + _DAY_OFF_BY),
            BANK_CREDIT.c.code == code,
            nameless,
            ~_told_by(arrival.source),
        )
        .order_by(BANK_CREDIT.c.id),
    )
    return [_model(row) for row in rows]


def _told_by(source: str) -> ColumnElement[bool]:
    return exists().where(
        and_(
            EVIDENCE.c.facility_id == BANK_CREDIT.c.facility_id,
            EVIDENCE.c.credit_id == BANK_CREDIT.c.id,
            EVIDENCE.c.source == source,
        )
    )


def _is_told(tx: UnitOfWork, credit: UUID, source: str) -> bool:
    told = select(EVIDENCE.c.id).where(
        EVIDENCE.c.facility_id == tx.facility,
        EVIDENCE.c.credit_id == credit,
        EVIDENCE.c.source == source,
    )
    return tx.execute(told.limit(1)).first() is not None


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
    insert_new(
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


def _credits(tx: UnitOfWork, *more: ColumnElement[Any]) -> Select[Any]:
    return select(*BANK_CREDIT.c, *more).where(BANK_CREDIT.c.facility_id == tx.facility)


def _model(row: Row[Any]) -> BankCredit:
    return BankCredit(
        row.id,
        row.account,
        row.external_id,
        row.bank_reference,
        Direction(row.direction),
        vnd(row.amount),
        HospitalDay(row.bank_day),
        row.occurred_at,
        row.code,
        State(row.state),
    )


def copies_stored(tx: UnitOfWork, arrival: Arrival) -> int:
    """Count the movements that bear the name of *arrival* or of a twin of it."""
    only = replace(arrival, copy=1)
    first = external_id(only)
    counted: int = tx.execute(
        select(func.count())
        .select_from(BANK_CREDIT)
        .where(
            BANK_CREDIT.c.facility_id == tx.facility,
            BANK_CREDIT.c.account == arrival.account,
            or_(
                BANK_CREDIT.c.external_id == first,
                BANK_CREDIT.c.external_id.startswith(first + "#", autoescape=True),
                _has_adopted(only),
            ),
        )
    ).scalar_one()
    return counted
