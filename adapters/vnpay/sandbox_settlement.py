"""The stand-in's settlement file of a day, in the layout that ``settlement`` reads (our own)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters._sandbox.orders import Order
from adapters._sandbox.settling import Entry, entries, sheet
from adapters._sandbox.stand import Planted
from adapters._wire.fields import as_digits
from adapters.vnpay.settlement import LAYOUT
from payments.kernel.calendar import HospitalDay

#: 1.1 % of a payment; nothing is given back with a refund.
_FEE_PER_MILLE: Final = 11
_SATURDAY: Final = 5


def write(orders: Sequence[Order], day: HospitalDay, planted: Planted, tmn_code: str) -> bytes:
    """Write the file of *day* for the terminal."""
    settled = str(_settle_day(day)).replace("-", "")
    lines = [_line(one, settled, tmn_code) for one in entries(orders, day, planted)]
    return sheet(LAYOUT, lines)


def _line(entry: Entry, settled: str, tmn_code: str) -> Mapping[str, object]:
    fee = entry.fee(_FEE_PER_MILLE)
    return {
        "tmn_code": tmn_code,
        "txn_ref": entry.order.reference.partition("@")[0],
        "vnp_transaction_no": entry.number,
        "bank_code": "NCB",
        "bank_tran_no": f"VNP{entry.number}",
        "card_type": "ATM",
        "transaction_type": entry.refund.facts["kind"] if entry.refund else "01",
        "amount_vnd": entry.amount,
        "fee_vnd": fee,
        "net_vnd": entry.amount - fee,
        "pay_date": as_digits(entry.at),
        "settle_date": settled,
        "status": "00",
    }


def _settle_day(day: HospitalDay) -> HospitalDay:
    """Days without work are settled on the next working day; holidays are not known here."""
    settled = day.plus(1)
    while settled.date.weekday() >= _SATURDAY:
        settled = settled.plus(1)
    return settled
