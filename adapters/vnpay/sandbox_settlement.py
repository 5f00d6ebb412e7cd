"""The stand-in's settlement file of a day, in the layout that ``settlement`` reads (our own)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters._sandbox.orders import Order, RefundState, State
from adapters._sandbox.stand import Planted
from adapters._wire.fields import as_digits
from adapters.vnpay.settlement import COLUMNS, TRAILER
from payments.kernel.calendar import HospitalDay

#: 1.1 % of a payment; nothing is given back with a refund.
_FEE_PER_MILLE: Final = 11
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class _Row:
    reference: str
    number: int
    kind: str
    amount: int
    at: datetime

    @property
    def fee(self) -> int:
        return self.amount * _FEE_PER_MILLE // 1000 if self.kind == "01" else 0


def write(orders: Sequence[Order], day: HospitalDay, planted: Planted, tmn_code: str) -> bytes:
    """Write the file of *day*; the total line fits what is written, planted differences too."""
    rows = sorted(_rows(orders, day), key=lambda one: (one.at, one.number))
    rows = _with_differences(rows, planted, day)
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(COLUMNS)
    settled = str(_settle_day(day)).replace("-", "")
    for row in rows:
        out.writerow(
            (
                tmn_code,
                row.reference,
                row.number,
                "NCB",
                f"VNP{row.number}",
                "ATM",
                row.kind,
                row.amount,
                row.fee,
                row.amount - row.fee,
                as_digits(row.at),
                settled,
                "00",
            )
        )
    gross, fees = sum(one.amount for one in rows), sum(one.fee for one in rows)
    total = (TRAILER, len(rows), "", "", "", "", "", gross, fees, gross - fees, "", settled, "")
    out.writerow(total)
    return text.getvalue().encode()


def _rows(orders: Sequence[Order], day: HospitalDay) -> Iterator[_Row]:
    for order in orders:
        reference = order.reference.partition("@")[0]
        if order.state is State.PAID and order.paid_at and HospitalDay.of(order.paid_at) == day:
            yield _Row(reference, order.number, "01", order.paid, order.paid_at)
        for refund in order.refunds:
            if refund.state is RefundState.DONE and HospitalDay.of(refund.at) == day:
                kind = str(refund.facts["kind"])
                yield _Row(reference, refund.number, kind, -refund.amount, refund.at)


def _with_differences(rows: list[_Row], planted: Planted, day: HospitalDay) -> list[_Row]:
    kept = rows[planted.missing :]
    wrong = [
        _Row(one.reference, one.number, one.kind, one.amount + 1_000, one.at)
        for one in kept[: planted.differing]
    ]
    extra = [
        _Row(f"KHONGBIET{number}", 99_000_000 + number, "01", 50_000, day.starts_at)
        for number in range(1, planted.extra + 1)
    ]
    return [*wrong, *kept[planted.differing :], *extra]


def _settle_day(day: HospitalDay) -> HospitalDay:
    """Days without work are settled on the next working day; holidays are not known here."""
    settled = day.plus(1)
    while settled.date.weekday() >= _SATURDAY:
        settled = settled.plus(1)
    return settled
