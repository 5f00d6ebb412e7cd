"""What our books say of the lines of a report: captures, refunds and disputes by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, or_, select

from payments.gateway import LineKind, SettlementLine
from payments.intents.rows import GATEWAY_BOOKING
from payments.kernel.money import vnd
from payments.payouts.model import Ours
from payments.payouts.rows import PAYOUT_LINE
from payments.refunds.rows import DISPUTE, REFUND
from payments.storage.unit_of_work import UnitOfWork

#: Names of one question to the database.
_ASKED_AT_ONCE: Final = 400

#: Kind of the line and the name by which our books know it.
Name = tuple[LineKind, str]


def known(tx: UnitOfWork, channel: str, lines: Sequence[SettlementLine]) -> dict[Name, Ours]:
    """Find what *lines* of a report of *channel* speak of; what is unknown is not in the answer."""
    found: dict[Name, Ours] = {}
    for start in range(0, len(lines), _ASKED_AT_ONCE):
        piece = lines[start : start + _ASKED_AT_ONCE]
        found |= _captures(tx, channel, {one.transaction for one in _of(piece, LineKind.PAY)})
        found |= _refunds(tx, channel, _names(_of(piece, LineKind.REFUND)))
        taken = [*_of(piece, LineKind.DISPUTE), *_of(piece, LineKind.REFUND)]
        found |= _disputes(tx, channel, _names(taken))
    return found


def of_line(found: Mapping[Name, Ours], line: SettlementLine) -> Ours | None:
    """Give what is known of *line*, by the gateway's name or by ours."""
    return found.get((line.kind, line.transaction)) or found.get((line.kind, line.reference))


def _of(lines: Iterable[SettlementLine], kind: LineKind) -> list[SettlementLine]:
    return [one for one in lines if one.kind is kind]


def _names(lines: Iterable[SettlementLine]) -> set[str]:
    return {name for one in lines for name in (one.transaction, one.reference) if name}


def _captures(tx: UnitOfWork, channel: str, names: set[str]) -> dict[Name, Ours]:
    booked = GATEWAY_BOOKING.c
    rows = _rows(
        tx,
        select(booked.transaction, booked.payment_id, booked.amount).where(
            booked.facility_id == tx.facility,
            booked.channel == channel,
            booked.kind == "capture",
            booked.transaction.in_(sorted(names)),
        ),
        names,
    )
    paid_out = _paid_out(tx, {row.payment_id for row in rows})
    return {
        (LineKind.PAY, row.transaction): Ours(
            row.payment_id, vnd(row.amount), row.payment_id in paid_out
        )
        for row in rows
    }


def _paid_out(tx: UnitOfWork, payments: set[UUID]) -> set[UUID]:
    rows = _rows(
        tx,
        select(PAYOUT_LINE.c.payment_id).where(
            PAYOUT_LINE.c.facility_id == tx.facility,
            PAYOUT_LINE.c.kind == LineKind.PAY.value,
            PAYOUT_LINE.c.txn_id.is_not(None),
            PAYOUT_LINE.c.payment_id.in_(sorted(payments)),
        ),
        payments,
    )
    return {row.payment_id for row in rows}


def _refunds(tx: UnitOfWork, channel: str, names: set[str]) -> dict[Name, Ours]:
    """Find what was really given back; what a gateway only promised is not booked yet."""
    rows = _rows(
        tx,
        select(REFUND.c.gateway_id, REFUND.c.key, REFUND.c.payment_id, REFUND.c.amount).where(
            REFUND.c.facility_id == tx.facility,
            REFUND.c.channel == channel,
            REFUND.c.state == "done",
            or_(REFUND.c.gateway_id.in_(sorted(names)), REFUND.c.key.in_(sorted(names))),
        ),
        names,
    )
    return {
        (LineKind.REFUND, name): Ours(row.payment_id, vnd(row.amount))
        for row in rows
        for name in (row.gateway_id, row.key)
        if name
    }


def _disputes(tx: UnitOfWork, channel: str, names: set[str]) -> dict[Name, Ours]:
    """Find what the gateway took back by itself: a dispute, or a refund made at its portal."""
    rows = _rows(
        tx,
        select(DISPUTE.c.name, DISPUTE.c.kind, DISPUTE.c.payment_id, DISPUTE.c.amount).where(
            DISPUTE.c.facility_id == tx.facility,
            DISPUTE.c.channel == channel,
            DISPUTE.c.open_txn_id.is_not(None),
            DISPUTE.c.name.in_(sorted(names)),
        ),
        names,
    )
    return {
        (LineKind.REFUND if row.kind == "refund" else LineKind.DISPUTE, row.name): Ours(
            row.payment_id, vnd(row.amount)
        )
        for row in rows
    }


def _rows(tx: UnitOfWork, statement: Select[Any], wanted: Iterable[Any]) -> Sequence[Any]:
    return tx.execute(statement).all() if wanted else ()
