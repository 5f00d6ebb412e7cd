"""What a stand's settlement file of a day holds, and how a sheet with a total line is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters._sandbox.orders import Order, Refund, RefundState, State
from adapters._sandbox.stand import Planted
from adapters._wire.sheet import TOTAL, Layout
from payments.kernel.calendar import HospitalDay

_DIFFERS_BY: Final = 1_000
_EXTRA_NUMBERS_FROM: Final = 99_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that moved on the day; *amount* is negative where it went back."""

    order: Order
    refund: Refund | None
    amount: int
    at: datetime

    @property
    def number(self) -> int:
        """The gateway's number of what moved."""
        return self.refund.number if self.refund else self.order.number

    def fee(self, per_mille: int) -> int:
        """The gateway's share of a payment; nothing is given back with a refund."""
        return 0 if self.refund else self.amount * per_mille // 1000


def entries(orders: Sequence[Order], day: HospitalDay, planted: Planted) -> list[Entry]:
    """List what moved on *day* by time, with the differences that are *planted*."""
    found = sorted(_moved(orders, day), key=lambda one: (one.at, one.number))
    kept = found[planted.missing :]
    wrong = [replace(one, amount=one.amount + _DIFFERS_BY) for one in kept[: planted.differing]]
    extra = [_unknown(number, day) for number in range(1, planted.extra + 1)]
    return [*wrong, *kept[planted.differing :], *extra]


def sheet(layout: Layout, lines: Sequence[Mapping[str, object]]) -> bytes:
    """Write *lines* under their columns; the total fits what is written, differences too."""
    text = io.StringIO(newline="")
    out = csv.DictWriter(text, layout.columns)
    out.writeheader()
    out.writerows(lines)
    sums = {
        name: sum(int(str(line[name])) for line in lines)
        for name in (layout.gross, layout.fee, layout.net)
    }
    empty = dict.fromkeys(layout.columns, "")
    out.writerow({**empty, layout.merchant: TOTAL, layout.count: len(lines), **sums})
    return text.getvalue().encode()


def _moved(orders: Sequence[Order], day: HospitalDay) -> Iterator[Entry]:
    for order in orders:
        if order.state is State.PAID and order.paid_at and HospitalDay.of(order.paid_at) == day:
            yield Entry(order, None, order.paid, order.paid_at)
        for refund in order.refunds:
            if refund.state is RefundState.DONE and HospitalDay.of(refund.at) == day:
                yield Entry(order, refund, -refund.amount, refund.at)


def _unknown(number: int, day: HospitalDay) -> Entry:
    order = Order(
        reference=f"KHONGBIET{number}",
        amount=50_000,
        created_at=day.starts_at,
        return_url="",
        notify_url="",
        number=_EXTRA_NUMBERS_FROM + number,
    )
    return Entry(order, None, order.amount, day.starts_at)
