"""The stand-in's settlement file of a day, in the layout that ``settlement`` reads (our own)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters._sandbox.orders import Order
from adapters._sandbox.settling import Entry, entries, sheet
from adapters._sandbox.stand import Planted
from adapters._wire.fields import as_epoch_ms
from adapters.momo.settlement import LAYOUT
from payments.kernel.calendar import HospitalDay

#: 1.5 % of a payment; nothing is given back with a refund.
_FEE_PER_MILLE: Final = 15


def write(orders: Sequence[Order], day: HospitalDay, planted: Planted, partner: str) -> bytes:
    """Write the file of *day*, which is settled on the next."""
    return sheet(LAYOUT, [_line(one, day, partner) for one in entries(orders, day, planted)])


def _line(entry: Entry, day: HospitalDay, partner: str) -> Mapping[str, object]:
    name = entry.refund.refund if entry.refund else entry.order.reference
    fee = entry.fee(_FEE_PER_MILLE)
    return {
        "partner_code": partner,
        "order_id": name,
        "request_id": name,
        "trans_id": entry.number,
        "type": "REFUND" if entry.refund else "PAY",
        "amount": entry.amount,
        "fee": fee,
        "net": entry.amount - fee,
        "pay_type": "qr",
        "trans_time": as_epoch_ms(entry.at),
        "settle_date": day.plus(1),
        "status": 0,
    }
