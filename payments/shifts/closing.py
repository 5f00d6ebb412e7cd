"""Closes a shift: the drawer is counted blind, and what differs is booked (P39)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from payments import audit
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.cash import till_closed
from payments.runtime import Runtime
from payments.shifts import handovers
from payments.shifts.handover import Handover, HandoverWaits
from payments.shifts.model import COUNTED_MAX, Count, NoShift, Shift
from payments.shifts.queries import shift as find_shift
from payments.shifts.rows import SHIFT, SHIFT_COUNT
from payments.shifts.service import lock_if_open
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

REASON_MIN: Final = 3
REASON_MAX: Final = 200
_LAST: Final = Prepared(
    select(SHIFT_COUNT)
    .where(mine(SHIFT_COUNT), SHIFT_COUNT.c.shift_id == bindparam("shift"))
    .order_by(SHIFT_COUNT.c.number.desc())
    .limit(1)
)
_ADD: Final = insert(SHIFT_COUNT)
_CLOSE: Final = (
    update(SHIFT)
    .where(mine(SHIFT), SHIFT.c.id == bindparam("shift"))
    .values(closed_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class CountRequest:
    """
    What lay in the drawer of *shift*, the opening float included.

    *reason* explains a difference, and counts only for the one that the page showed: the books
    said *seen_expected* then. Both are empty when somebody has just counted.
    """

    shift: UUID
    counted: Money
    seen_expected: Money | None = None
    reason: str = ""


def count_drawer(runtime: Runtime, scope: Scope, asked: CountRequest) -> Count:
    """
    Compare a count with the books, and close the shift where they agree or a reason is given.

    Who takes cash holds the shift too, so that a payment is either in the expected cash or finds
    no open shift: none falls between. Each count is kept, for who counts until it fits has seen
    what the books expect. A second click gives the first one's count again.

    Raises:
        NoShift: the shift is not this person's, or there is none.
        HandoverWaits: notes of this drawer, or change for it, are on their way.
        InvalidField: more than any drawer holds, or a reason that says nothing.
    """
    if not ZERO <= asked.counted <= COUNTED_MAX:
        raise InvalidField("counted", "counted", most=COUNTED_MAX)
    if asked.reason and not REASON_MIN <= len(asked.reason) <= REASON_MAX:
        raise InvalidField("reason", "reason", least=REASON_MIN, most=REASON_MAX)
    return runtime.database.run(scope, lambda tx: _count(tx, asked))


def last_count(tx: UnitOfWork, shift: UUID) -> Count | None:
    """Give the newest count of a shift, which closes it or not."""
    row = _LAST.first(tx, shift=shift)
    return None if row is None else _model(row)


def expected_cash(tx: UnitOfWork, shift: Shift) -> Money:
    """Work out what the drawer holds: its change, and what the books have of this shift's notes."""
    return handovers.float_of(tx, shift) + handovers.takings_of(tx, shift)


def _count(tx: UnitOfWork, asked: CountRequest) -> Count:
    shift = lock_if_open(tx)
    if shift is None or shift.id != asked.shift:
        return _closed_before(tx, asked.shift)
    if waiting(tx, shift):
        raise HandoverWaits()
    expected = expected_cash(tx, shift)
    last = last_count(tx, shift.id)
    is_explained = bool(asked.reason) and asked.seen_expected == expected
    closes = asked.counted == expected or is_explained
    if last is not None and not closes and last.says(asked.counted, expected):
        return last
    made = Count(
        shift.id,
        1 if last is None else last.number + 1,
        asked.counted,
        expected,
        asked.reason if is_explained and asked.counted != expected else "",
        tx.now(),
        closes,
    )
    _keep(tx, shift, made)
    return made


def waiting(tx: UnitOfWork, shift: Shift) -> tuple[Handover, ...]:
    """List what the drawer has handed over, or shall get, and nobody has counted."""
    given = tuple(one for one in handovers.of_shift(tx, shift.id) if one.is_waiting)
    coming = handovers.float_waiting(tx, shift.cash_point)
    return given if coming is None else (*given, coming)


def _closed_before(tx: UnitOfWork, shift: UUID) -> Count:
    found = find_shift(tx, shift)
    last = last_count(tx, shift)
    if found is None or found.cashier != tx.scope.actor or last is None or not last.closes:
        raise NoShift()
    return last


def _keep(tx: UnitOfWork, shift: Shift, count: Count) -> None:
    txn = None
    if count.closes and count.difference:
        entry = till_closed(till=shift.cash_point, shift=shift.id, difference=count.difference)
        txn = post(tx, entry, effective_at=tx.now(), source="cashier").txn_id
    tx.write(
        _ADD,
        {
            "facility_id": tx.facility,
            "shift_id": shift.id,
            "number": count.number,
            "counted": count.counted.dong,
            "expected": count.expected.dong,
            "reason": count.reason,
            "counted_at": count.counted_at,
            "closes": count.closes,
            "txn_id": txn,
        },
    )
    if count.closes:
        tx.write(_CLOSE, {"mine": tx.facility, "shift": shift.id, "at": tx.now()})
    audit.append(
        tx,
        "shift.closed" if count.closes else "shift.counted",
        f"shift:{shift.id}",
        number=count.number,
        counted=count.counted.dong,
        expected=count.expected.dong,
        reason=count.reason,
    )


def _model(row: Any) -> Count:
    return Count(
        row.shift_id,
        row.number,
        vnd(row.counted),
        vnd(row.expected),
        row.reason,
        row.counted_at,
        row.closes,
    )
