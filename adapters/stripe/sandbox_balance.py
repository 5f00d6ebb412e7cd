"""The stand-in's balance of a day: paid and given back, less fees; differences on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters._sandbox.faults import NO_FAULT
from adapters._sandbox.orders import Order, RefundState, State
from adapters._sandbox.stand import Planted
from adapters.stripe import sandbox_objects as objects
from payments.kernel.calendar import HospitalDay


def rows(orders: Sequence[Order], day: HospitalDay, planted: Planted) -> list[dict[str, Any]]:
    """List the balance transactions of *day*, newest first."""
    kept = sorted(_rows(orders, day), key=lambda one: (one["created"], one["id"]))
    kept = kept[planted.missing :]
    for number, row in enumerate(kept[: planted.differing]):
        source, amount = row["source"], row["amount"] + objects.SHORT_BY
        kept[number] = objects.balance(source, amount, row["created"], row["type"])
    at = int(day.starts_at.timestamp())
    for number in range(planted.extra):
        source = {"id": f"ch_extra{number}", "object": "charge", "payment_intent": None}
        kept.append(objects.balance(source, 50_000, at, "charge"))
    return kept[::-1]


def _rows(orders: Sequence[Order], day: HospitalDay) -> Iterator[dict[str, Any]]:
    for order in orders:
        if order.state is State.PAID and order.paid_at and HospitalDay.of(order.paid_at) == day:
            charge = objects.charge(order, NO_FAULT)
            at = int(order.paid_at.timestamp())
            yield objects.balance(charge, order.paid, at, "charge")
        for one in order.refunds:
            if one.state is RefundState.DONE and HospitalDay.of(one.at) == day:
                refund = objects.refund(order, one, NO_FAULT)
                yield objects.balance(refund, -one.amount, int(one.at.timestamp()), "refund")
