"""The stand-in's settlement file of a day, in the layout that ``settlement`` reads (our own)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from adapters._sandbox.orders import Order
from adapters._sandbox.settling import Entry, entries, sheet
from adapters._sandbox.stand import Planted
from adapters._wire.fields import as_local
from adapters.onepay.settlement import LAYOUT
from payments.kernel.calendar import HospitalDay

#: 2.2 % of a payment; nothing is given back with a refund.
_FEE_PER_MILLE: Final = 22
_NAME_LENGTH: Final = 22


def write(orders: Sequence[Order], day: HospitalDay, planted: Planted, merchant: str) -> bytes:
    """Write the file of *day*, which is settled on the next."""
    return sheet(LAYOUT, [_line(one, day, merchant) for one in entries(orders, day, planted)])


def name_of(number: int) -> str:
    """Name the payment of *number* in the form of the published example: the same each time."""
    digest = hashlib.sha256(f"onepay/{number}".encode()).digest()
    return f"PAY-{base64.urlsafe_b64encode(digest).decode()[:_NAME_LENGTH]}"


def _line(entry: Entry, day: HospitalDay, merchant: str) -> Mapping[str, object]:
    fee = entry.fee(_FEE_PER_MILLE)
    return {
        "merchant": merchant,
        "merch_txn_ref": entry.order.reference,
        "transaction_no": name_of(entry.number),
        "type": "REFUND" if entry.refund else "PAY",
        "card": "VC",
        "amount_vnd": entry.amount,
        "fee_vnd": fee,
        "net_vnd": entry.amount - fee,
        "transaction_time": as_local(entry.at),
        "settle_date": day.plus(1),
    }
