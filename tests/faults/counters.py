"""One gateway after the other, each in front of a hospital of its own on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from payments.intents.service import credit_invoice
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money, vnd
from payments.receipts.queries import PaymentView
from payments.refunds import repository as refunds
from payments.refunds import service
from payments.refunds.model import Refund
from payments.refunds.service import RefundRequest
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.gateways import GatewayDesk, desk
from tests.support.stage import morning, stage

PRICE = vnd(150_000)
REASON = "không làm dịch vụ"


@contextmanager
def counter(
    cluster: Cluster, name: str, outcome: Outcome
) -> Iterator[tuple[GatewayDesk, FrozenClock]]:
    """Open the gateway *name* at a desk; at the end the books of its hospital are proven."""
    clock = morning()
    with stage(cluster, clock) as made:
        at_gateway = desk(made.hospital, name)
        yield at_gateway, clock
        made.hospital.work()
        found = oracle.findings(made.hospital.runtime, made.scope)
        outcome.failures += [f"{name}: {one}" for one in found]


def payment_of(desk: GatewayDesk, intent: UUID) -> PaymentView:
    [payment] = desk.hospital.payments(desk.intent(intent).invoice)
    return payment


def take_off(desk: GatewayDesk, invoice: UUID, amount: Money = PRICE) -> None:
    """Take *amount* off the invoice: what was paid for it may go back."""
    hospital = desk.hospital
    credit_invoice(
        hospital.runtime, hospital.scope, invoice, {"KB": amount}, reason=REASON,
        key=f"credit-{invoice}",
    )  # fmt: skip


def ask_back(desk: GatewayDesk, payment: UUID, amount: Money, key: str) -> Refund:
    asked = RefundRequest(payment, amount, REASON, key)
    return service.request(desk.hospital.runtime, desk.hospital.by("user:asks"), asked)


def approve(desk: GatewayDesk, refund: UUID, by: str = "user:approves") -> Refund:
    return service.approve(
        desk.hospital.runtime, desk.hospital.by(by), refund, login="ketoan.truong"
    )


def stored(desk: GatewayDesk, refund: UUID) -> Refund:
    with desk.hospital.runtime.database.reading(desk.hospital.scope) as tx:
        return refunds.get(tx, refund)
