"""The payments of an invoice for the screen of refunds: what may go back, and how."""

from __future__ import annotations

from payments.kernel.errors import Rejected
from payments.refunds import voiding
from payments.refunds.queries import PaidThrough
from payments.refunds.voiding import Voidable
from payments.storage.unit_of_work import UnitOfWork
from payments.web.current import explain, runtime
from payments.web.finance.refund_pages import PaidRow


def rows(tx: UnitOfWork, payments: tuple[PaidThrough, ...]) -> tuple[PaidRow, ...]:
    return tuple(_row(tx, one) for one in payments)


def _row(tx: UnitOfWork, paid: PaidThrough) -> PaidRow:
    is_whole = voiding.only_voids(tx, runtime(), paid.channel)
    return PaidRow(
        payment=paid.payment,
        channel=paid.channel,
        received=paid.received,
        received_at=paid.received_at,
        most=paid.most,
        is_whole=is_whole,
        why_not=_why_not(tx, paid) if is_whole else "",
    )


def _why_not(tx: UnitOfWork, paid: PaidThrough) -> str:
    try:
        Voidable(paid.received, paid.received_at, paid.most).check(paid.received, tx.now())
    except Rejected as error:
        return explain(error)
    return ""
