"""Finds the stored movement that a witness may tell of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Row,
    and_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)

from payments.bank.model import (
    HASHED,
    OF_GATEWAY,
    Arrival,
    BankCredit,
    Direction,
    State,
    external_id,
)
from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.storage.columns import Words, mine
from payments.storage.locks import Lock
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: Banks book a transfer of late evening on either side of midnight.
_DAY_OFF_BY: Final = timedelta(days=1)
#: How a movement was found to be known.
_TOLD, _NAMED, _ADOPTED, _ALIKE_ONE, _OTHER_AMOUNT = range(5)

#: A movement that was first told without a reference and got this one later: its name stays the
#: hash of its first witness, so that a third witness would not find it by name. Within twice the
#: days by which two witnesses may differ, for the index.
_HAS_ADOPTED: Final = and_(
    BANK_CREDIT.c.account == bindparam("account"),
    BANK_CREDIT.c.bank_day.between(bindparam("adopted_from"), bindparam("adopted_to")),
    BANK_CREDIT.c.amount == bindparam("amount"),
    BANK_CREDIT.c.direction == bindparam("direction"),
    BANK_CREDIT.c.bank_reference == bindparam("reference", type_=Words),
    BANK_CREDIT.c.external_id.startswith(HASHED),
)
_OF_CREDIT: Final = and_(
    EVIDENCE.c.facility_id == BANK_CREDIT.c.facility_id, EVIDENCE.c.credit_id == BANK_CREDIT.c.id
)
_IS_ALIKE: Final = (
    mine(BANK_CREDIT),
    BANK_CREDIT.c.account == bindparam("account"),
    BANK_CREDIT.c.amount == bindparam("amount"),
    BANK_CREDIT.c.direction == bindparam("direction"),
    BANK_CREDIT.c.bank_day.between(bindparam("first_day"), bindparam("last_day")),
    BANK_CREDIT.c.code == bindparam("code", type_=Words),
)
#: Money of the same reference and another amount. Banks may reuse a reference, so two words of the
#: bank are two movements; but a gateway only repeats what the bank told it, so one is wrong.
_HAS_OTHER_AMOUNT: Final = and_(
    BANK_CREDIT.c.account == bindparam("account"),
    BANK_CREDIT.c.bank_reference == bindparam("reference", type_=Words),
    BANK_CREDIT.c.direction == bindparam("direction"),
    BANK_CREDIT.c.amount != bindparam("amount"),
    or_(
        bindparam("is_gateway", type_=Boolean) == true(),
        ~exists().where(_OF_CREDIT, not_(EVIDENCE.c.source.startswith(OF_GATEWAY))),
    ),
)
_KNOWN: Final = Prepared(
    union_all(
        select(*BANK_CREDIT.c, literal(_TOLD).label("how")).where(
            mine(BANK_CREDIT),
            BANK_CREDIT.c.id
            == select(EVIDENCE.c.credit_id)
            .where(
                mine(EVIDENCE),
                EVIDENCE.c.source == bindparam("source"),
                EVIDENCE.c.source_id == bindparam("source_id"),
            )
            .scalar_subquery(),
        ),
        select(*BANK_CREDIT.c, literal(_NAMED).label("how")).where(
            mine(BANK_CREDIT),
            BANK_CREDIT.c.account == bindparam("account"),
            BANK_CREDIT.c.external_id == bindparam("external_id"),
        ),
        select(*BANK_CREDIT.c, literal(_ADOPTED).label("how")).where(
            mine(BANK_CREDIT), _HAS_ADOPTED
        ),
        select(*BANK_CREDIT.c, literal(_ALIKE_ONE).label("how")).where(*_IS_ALIKE),
        select(*BANK_CREDIT.c, literal(_OTHER_AMOUNT).label("how")).where(
            mine(BANK_CREDIT), _HAS_OTHER_AMOUNT
        ),
    )
)
_ALIKE: Final = (
    select(BANK_CREDIT)
    .where(*_IS_ALIKE, ~exists().where(_OF_CREDIT, EVIDENCE.c.source == bindparam("source")))
    .order_by(BANK_CREDIT.c.id)
)
_HELD_ALIKE: Final = Prepared(_ALIKE, locks={Lock.BANK_CREDIT: BANK_CREDIT})
_HELD_NAMELESS: Final = Prepared(
    _ALIKE.where(BANK_CREDIT.c.bank_reference == ""), locks={Lock.BANK_CREDIT: BANK_CREDIT}
)
_TOLD_BY: Final = (
    select(EVIDENCE.c.id)
    .where(
        mine(EVIDENCE),
        EVIDENCE.c.credit_id == bindparam("credit"),
        EVIDENCE.c.source == bindparam("source"),
    )
    .limit(1)
)
_COPIES: Final = (
    select(func.count())
    .select_from(BANK_CREDIT)
    .where(
        mine(BANK_CREDIT),
        BANK_CREDIT.c.account == bindparam("account"),
        or_(
            BANK_CREDIT.c.external_id == bindparam("external_id"),
            BANK_CREDIT.c.external_id.like(bindparam("twins"), escape="\\"),
            _HAS_ADOPTED,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored that a witness may tell of."""

    #: The movement that this very witness told of before.
    told: BankCredit | None
    #: The one of the same name.
    named: BankCredit | None
    #: Some bear another name or none, but account, amount, day and code.
    has_alike: bool
    #: A gateway and the bank give one reference two amounts.
    has_other_amount: bool


def known(tx: UnitOfWork, arrival: Arrival, code: str) -> Found:
    """Find in one look what *arrival* may tell of; *code* is the payment code in its memo or ""."""
    asked = {
        **_asked(arrival),
        **_asked_alike(arrival, code),
        "source_id": arrival.source_id,
        "external_id": external_id(arrival),
        "is_gateway": arrival.source.startswith(OF_GATEWAY),
    }
    found = {row.how: model(row) for row in _KNOWN.all(tx, **asked)}
    return Found(
        found.get(_TOLD),
        found.get(_NAMED) or found.get(_ADOPTED),
        _ALIKE_ONE in found,
        _OTHER_AMOUNT in found,
    )


def hold_alike(tx: UnitOfWork, arrival: Arrival, code: str) -> list[BankCredit]:
    """
    Hold the movements that *arrival* may tell of, where one of the two has no bank reference.

    Joined by account, amount, bank day ± 1 and the same payment code. A movement that has a witness
    of this source is not free: the source would have told the same thing twice.
    """
    held = _HELD_NAMELESS if arrival.reference else _HELD_ALIKE
    return [model(row) for row in held.all(tx, **_asked_alike(arrival, code))]


def _asked_alike(arrival: Arrival, code: str) -> dict[str, object]:
    day = arrival.day.date
    return {
        "account": arrival.account,
        "amount": arrival.amount.dong,
        "direction": arrival.direction.value,
        "first_day": day - _DAY_OFF_BY,
        "last_day": day + _DAY_OFF_BY,
        # A movement without a code is like no other.
        "code": code or None,
        "source": arrival.source,
    }


def is_told(tx: UnitOfWork, credit: UUID, source: str) -> bool:
    """Say whether *source* has told of the movement already."""
    asked = {"mine": tx.facility, "credit": credit, "source": source}
    return tx.execute(_TOLD_BY, asked).first() is not None


def copies_stored(tx: UnitOfWork, arrival: Arrival) -> int:
    """Count the movements that bear the name of *arrival* or of a twin of it."""
    only = replace(arrival, copy=1)
    first = external_id(only)
    # The wild cards of LIKE stand for themselves in a bank's reference.
    twins = first.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "#%"
    asked = {"mine": tx.facility, **_asked(only), "external_id": first, "twins": twins}
    counted: int = tx.execute(_COPIES, asked).scalar_one()
    return counted


def _asked(arrival: Arrival) -> dict[str, object]:
    day = arrival.day.date
    return {
        "account": arrival.account,
        "amount": arrival.amount.dong,
        "direction": arrival.direction.value,
        "adopted_from": day - 2 * _DAY_OFF_BY,
        "adopted_to": day + 2 * _DAY_OFF_BY,
        # A twin has adopted nothing, and what has no reference finds nobody who did.
        "reference": arrival.reference if arrival.reference and arrival.copy == 1 else None,
    }


def model(row: Row[Any]) -> BankCredit:
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
