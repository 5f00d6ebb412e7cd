"""
Stripe's balance as settlement lines: what moved on one hospital day, asked of the API.

Accounts that settle in another currency than the đồng are not read: their fees are no whole đồng.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from adapters._wire import fields, strict_json
from adapters.stripe import objects
from adapters.stripe.objects import Object
from payments.gateway import LineKind, SettlementLine, Unsupported
from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.money import ZERO

_KINDS: Final[Mapping[str, LineKind]] = MappingProxyType(
    {
        "charge": LineKind.PAY,
        "payment": LineKind.PAY,
        "refund": LineKind.REFUND,
        "payment_refund": LineKind.REFUND,
        "stripe_fee": LineKind.FEE,
    }
)
_DISPUTES: Final = frozenset({"dispute", "dispute_reversal"})
#: Money on its way to the hospital's bank: that account's statement tells of it.
_PAYOUTS: Final = frozenset({"payout", "payout_cancel", "payout_failure"})


def line(row: Object) -> SettlementLine | None:
    """
    Read one balance transaction; None for a payout.

    Raises:
        ValueError: it cannot be read.
        Unsupported: it is in another currency.
    """
    kind = fields.needed_key(row, "type")
    if kind in _PAYOUTS:
        return None
    if objects.currency(row) != "VND":
        raise Unsupported("Stripe settles this account in another currency than the đồng")
    gross, fee, net = (fields.dong(row, name) for name in ("amount", "fee", "net"))
    if gross - fee != net:
        raise ValueError("net is not amount less fee")
    source = row.get("source")
    thing: Object = source if isinstance(source, dict) else {}
    is_dispute = row.get("reporting_category") in _DISPUTES
    return SettlementLine(
        kind=LineKind.DISPUTE if is_dispute else _KINDS.get(kind, LineKind.ADJUSTMENT),
        reference=objects.reference(thing),
        transaction=_transaction(row, thing, kind),
        gross=gross,
        fee=fee,
        tax=ZERO,
        net=net,
        occurred_at=objects.moment(row, "created"),
        settle_date=_day(row),
        batch=fields.needed_key(row, "id"),
    )


def rows(page: Object) -> tuple[list[Object], bool]:
    """Give the rows of one page of a list, and whether more follow. Raises ValueError."""
    found = [strict_json.object_of(one) for one in strict_json.list_of(fields.need(page, "data"))]
    has_more = page.get("has_more")
    if not isinstance(has_more, bool) or (has_more and not found):
        raise ValueError("has_more is missing, or an empty page says that more follow")
    return found, has_more


def _transaction(row: Object, thing: Object, kind: str) -> str:
    """Name a payment by its intent, as events do; everything else by itself."""
    if _KINDS.get(kind) is LineKind.PAY and objects.name_of(thing, "payment_intent"):
        return objects.name_of(thing, "payment_intent")
    return objects.name_of(row, "source") or fields.needed_key(row, "id")


def _day(row: Object) -> date:
    return objects.moment(row, "available_on").astimezone(HOSPITAL_ZONE).date()
