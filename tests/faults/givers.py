"""
K3: two hundred people ask for one payment's money back at once: never more goes than came.

    python -m tests.faults.givers --rounds 1000 --people 200 --seed 1

Each round has a payment of 150,000 đ whose service was taken off the invoice. In one half of the
rounds everybody asks for the whole, so that exactly one request stands; in the other for parts of
it. Then two people approve each request at once. The gateway counts what it was ordered.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from payments.gateway import Notification, RefundOrder
from payments.gateway import Outcome as Told
from payments.intents.service import credit_invoice
from payments.kernel.money import Money, vnd
from payments.refunds import service
from payments.refunds.model import NotRefundable
from payments.refunds.service import RefundRequest
from payments.refunds.status import IllegalRefundStep
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.doubles import AtTheGateway, double
from tests.support.stage import morning, stage
from tests.unit.inbox.test_attempts import told

_PRICE = vnd(150_000)
#: The pool of the database serves so many at once; the others wait in front of it.
_AT_ONCE = 16
_WAITED_TOO_LONG = "55P03"
#: A machine that does other work may keep the queue standing for some seconds.
_PRESSES_MAX = 100


def run(cluster: Cluster, seed: int, *, rounds: int, people: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    began = time.monotonic()
    with stage(cluster, morning()) as made:
        gateway = double(made.hospital)
        gateway.refund_answer = _done
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for number in range(rounds):
                amounts = _amounts(chance, people, is_whole=number % 2 == 0)
                outcome.failures += _round(gateway, threads, amounts, number, counts)
        made.hospital.work()
        outcome.failures += oracle.findings(made.hospital.runtime, made.scope)
        held = made.hospital.balance("1200").dong
        ordered = sum(one.amount.dong for one in gateway.refunds)
        outcome.expect("left at the gateway, đ", held, rounds * _PRICE.dong - ordered)
        outcome.expect("promised and not given, đ", made.hospital.balance("2100").dong, 0)
        names = Counter(one.refund for one in gateway.refunds)
        outcome.expect("orders with one name sent twice", max(names.values(), default=0) > 1, False)
    outcome.figures["rounds, people"] = f"{rounds}, {people}"
    for what, count in sorted(counts.items()):
        outcome.figures[what] = count
    outcome.figures["requests a second"] = round(
        rounds * people / max(0.001, time.monotonic() - began)
    )
    return outcome


def _amounts(chance: random.Random, people: int, *, is_whole: bool) -> list[Money]:
    if is_whole:
        return [_PRICE] * people
    return [vnd(chance.randint(1, _PRICE.dong // 3)) for _ in range(people)]


def _round(
    gateway: AtTheGateway,
    threads: ThreadPoolExecutor,
    amounts: Sequence[Money],
    number: int,
    counts: Counter[str],
) -> list[str]:
    payment = _paid(gateway, number)
    before = len(gateway.refunds)

    def ask(place: int) -> UUID | None:
        key = f"ask-{number:05d}-{place:05d}"
        asked = RefundRequest(payment, amounts[place], "không làm dịch vụ", key)
        by = gateway.hospital.by(f"user:{place}")
        return _unless_refused(lambda: service.request(gateway.hospital.runtime, by, asked).id)

    def approve(one: tuple[UUID, str]) -> UUID | None:
        refund, who = one
        by = gateway.hospital.by(f"user:{who}")
        runtime = gateway.hospital.runtime
        return _unless_refused(lambda: service.approve(runtime, by, refund, login=who).id)

    requests = [one for one in threads.map(ask, range(len(amounts))) if one is not None]
    twice = [(one, who) for one in requests for who in ("first", "second")]
    approved = [one for one in threads.map(approve, twice) if one is not None]
    given = sum(one.amount.dong for one in gateway.refunds[before:])
    counts["requests that stood"] += len(requests)
    counts["requests refused"] += len(amounts) - len(requests)
    counts["approvals refused"] += len(twice) - len(approved)
    wrong = []
    if given > _PRICE.dong:
        wrong.append(f"round {number}: {given} đ given back of {_PRICE.dong}")
    if amounts[0] == _PRICE and (len(requests), len(approved), given) != (1, 1, _PRICE.dong):
        wrong.append(f"round {number}: {len(requests)} requests for the whole, {given} đ")
    if sorted(approved) != sorted(requests):
        wrong.append(f"round {number}: {len(requests)} requests, approved {len(approved)} times")
    return wrong


def _paid(gateway: AtTheGateway, number: int) -> UUID:
    """Let a new invoice be paid, and its service be taken off; returns the payment."""
    hospital = gateway.hospital
    gateway.invoice = hospital.issue()
    intent = gateway.open(key=f"key-{number:06d}")
    gateway.tell(told(gateway, intent, transaction=f"T{number}"))
    credit_invoice(
        hospital.runtime, hospital.scope, gateway.invoice, {"KB": _PRICE},
        reason="không làm dịch vụ", key=f"credit-{number:06d}",
    )  # fmt: skip
    [payment] = hospital.payments(gateway.invoice)
    return payment.id


def _unless_refused(work: Callable[[], UUID]) -> UUID | None:
    for left in reversed(range(_PRESSES_MAX)):
        try:
            return work()
        except (NotRefundable, IllegalRefundStep):
            return None
        except DBAPIError as error:
            # Behind so many the two seconds of a lock are over, and the form says "try again".
            if not left or getattr(error.orig, "sqlstate", "") != _WAITED_TOO_LONG:
                raise
    raise AssertionError("unreachable: the last press returns or raises")


def _done(order: RefundOrder) -> Notification:
    return Notification(
        event_id=f"{order.refund}:done",
        outcome=Told.REFUNDED,
        amount=order.amount,
        occurred_at=order.ordered_at,
        reference=order.attempt.reference,
        transaction=f"R-{order.refund[-8:]}",
        refund=order.refund,
    )


if __name__ == "__main__":
    raise SystemExit(script.main(run, "K3 refunds at once", {"rounds": 1_000, "people": 200}))
