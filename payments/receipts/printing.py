"""
Counts the prints of a receipt: the first is the original, each later one is marked as a copy.

The n-th print is asked for by its number, so that a double click is one print, and two desks that
reprint at once cannot both pass the limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, select

from payments import audit
from payments.kernel.errors import Conflict, InvalidField, NotFound, Rejected
from payments.receipts.rows import RECEIPT, RECEIPT_PRINT
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

REASON_MAX: Final = 200
#: Copies that a cashier prints without asking anybody.
COPIES_OF_A_CASHIER: Final = 1
#: Copies that anybody prints: more of one receipt is a matter for the chief accountant.
COPIES_MAX: Final = 20

_ALL: Final = Prepared(
    select(RECEIPT_PRINT)
    .where(mine(RECEIPT_PRINT), RECEIPT_PRINT.c.payment_id == bindparam("payment"))
    .order_by(RECEIPT_PRINT.c.number)
)
_IS_NUMBERED: Final = Prepared(
    select(RECEIPT.c.number).where(mine(RECEIPT), RECEIPT.c.payment_id == bindparam("payment"))
)


class NoReceipt(NotFound):
    """The payment has no receipt: nothing of it was applied, or its number is still to come."""

    code = "no-receipt"


class PrintedMeanwhile(Conflict):
    """Somebody else printed it after the page was shown: look at it again."""

    code = "printed-meanwhile"


class CopiesUsedUp(Rejected):
    """The limit of copies for this person is reached; *most* is that limit."""

    code = "copies-used-up"


@dataclass(frozen=True, slots=True)
class Print:
    """One print; *number* 1 is the original, *number* − 1 is the number of the copy."""

    number: int
    reason: str
    printed_by: str
    printed_at: datetime

    @property
    def copy(self) -> int:
        return self.number - 1


def prints(tx: UnitOfWork, payment: UUID) -> tuple[Print, ...]:
    """List the prints of a receipt, first first."""
    return tuple(_print(row) for row in _ALL.all(tx, payment=payment))


def record(tx: UnitOfWork, payment: UUID, number: int, *, reason: str, copies_most: int) -> Print:
    """
    Note the *number*-th print of the receipt of *payment*; the same person again changes nothing.

    Raises:
        NoReceipt: the payment has none, or it has no number yet.
        PrintedMeanwhile: *number* is not the next one.
        CopiesUsedUp: it would be a copy beyond *copies_most*.
        InvalidField: a copy needs a reason.
    """
    if _IS_NUMBERED.first(tx, payment=payment) is None:
        raise NoReceipt()
    made = Print(number, reason, tx.scope.actor, tx.now())
    if not 1 <= number <= len(prints(tx, payment)) + 1:
        raise PrintedMeanwhile()
    if made.copy > copies_most:
        raise CopiesUsedUp(most=copies_most)
    if made.copy and not 3 <= len(reason) <= REASON_MAX:
        raise InvalidField("reason", "print_reason", most=REASON_MAX)
    values = {
        "payment_id": payment,
        "number": number,
        "reason": reason if made.copy else "",
        "printed_by": made.printed_by,
        "printed_at": made.printed_at,
    }
    if insert_new(tx, RECEIPT_PRINT, values):
        audit.append(tx, "receipt.printed", f"payment:{payment}", number=number, reason=reason)
        return made
    [stored] = [one for one in prints(tx, payment) if one.number == number]
    if stored.printed_by != made.printed_by:
        raise PrintedMeanwhile()
    return stored


def _print(row: Row[Any]) -> Print:
    return Print(row.number, row.reason, row.printed_by, row.printed_at)
