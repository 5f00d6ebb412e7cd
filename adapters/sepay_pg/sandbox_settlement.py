"""The stand-in's statement of a day's cards, in the layout that ``settlement`` reads (our own)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from adapters._sandbox.orders import Order
from adapters._sandbox.settling import Entry, entries, sheet
from adapters._sandbox.stand import Planted
from adapters._wire.fields import as_local
from adapters.sepay_pg.settlement import LAYOUT
from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay

#: 2 % of a payment by card; nothing is given back with a void.
_FEE_PER_MILLE: Final = 20
_CUT_OFF_HOUR: Final = 16
_SATURDAY: Final = 5


def write(orders: Sequence[Order], day: HospitalDay, planted: Planted, merchant: str) -> bytes:
    """Write the file of *day*: transfers went to the merchant's own account and are not in it."""
    cards = [one for one in orders if one.facts.get("paid_with") == "CARD"]
    return sheet(LAYOUT, [_line(one, merchant) for one in entries(cards, day, planted)])


def settle_day(at: datetime) -> HospitalDay:
    """Give the first working day after, from 16:00 on the second; holidays are not known here."""
    days = 1 if at.astimezone(HOSPITAL_ZONE).hour < _CUT_OFF_HOUR else 2
    settled = HospitalDay.of(at)
    while days:
        settled = settled.plus(1)
        days -= settled.date.weekday() < _SATURDAY
    return settled


def uuid_of(number: int) -> str:
    """Name what has *number* as SePay does: the same on every question."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"sepay_pg/{number}"))


def _line(entry: Entry, merchant: str) -> Mapping[str, object]:
    fee = entry.fee(_FEE_PER_MILLE)
    return {
        "merchant": merchant,
        "order_invoice_number": entry.order.reference,
        "transaction_id": uuid_of(entry.number),
        "transaction_type": "REFUND" if entry.refund else "PAYMENT",
        "payment_method": "CARD",
        "amount": entry.amount,
        "fee": fee,
        "net": entry.amount - fee,
        "transaction_date": as_local(entry.at),
        "settle_date": settle_day(entry.at),
    }
