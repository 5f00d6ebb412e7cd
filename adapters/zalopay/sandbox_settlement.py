"""The stand-in's settlement file of a day, in the layout that ``settlement`` reads (our own)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters._sandbox.orders import Order
from adapters._sandbox.settling import Entry, entries, sheet
from adapters._sandbox.stand import Planted
from adapters._wire.fields import as_epoch_ms
from adapters.zalopay.settlement import LAYOUT
from payments.kernel.calendar import HospitalDay

#: 1.2 % of a payment; nothing is given back with a refund.
_FEE_PER_MILLE: Final = 12


def write(orders: Sequence[Order], day: HospitalDay, planted: Planted, app_id: int) -> bytes:
    """Write the file of *day* for the app, which is settled on the next."""
    mine = [one for one in orders if one.facts["app_id"] == app_id]
    return sheet(LAYOUT, [_line(one, day, app_id) for one in entries(mine, day, planted)])


def _line(entry: Entry, day: HospitalDay, app_id: int) -> Mapping[str, object]:
    fee = entry.fee(_FEE_PER_MILLE)
    return {
        "app_id": app_id,
        "app_trans_id": entry.order.facts.get("app_trans_id", entry.order.reference),
        "zp_trans_id": entry.order.number,
        "type": "REFUND" if entry.refund else "PAY",
        "m_refund_id": entry.refund.refund if entry.refund else "",
        "amount": entry.amount,
        "discount_amount": 0,
        "user_fee_amount": 0,
        "merchant_fee": fee,
        "net": entry.amount - fee,
        "channel": 38,
        "server_time": as_epoch_ms(entry.at),
        "settle_date": day.plus(1),
    }
