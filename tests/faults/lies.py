"""
M8: a gateway lies, in messages and answers: no invoice is paid by it, and a person is told.

    python -m tests.faults.lies --rounds 40 --seed 1

Every gateway signs its lies as it signs the truth: another amount in its own book (so in message
and answer alike), success for an order that we never opened, another currency where it tells one,
the answer about one payment in the place of that about another, the same of a page and of a refund.
Where payers may send what they like, another amount is money like any other: short or over.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import structlog

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Orders, RefundState
from payments.gateway import Answers, Proof, Refunding, Settling, Verdict
from payments.inbox.asking import ask_all
from payments.intents.attempts import Flag
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, Money, vnd
from payments.refunds import service
from payments.refunds.status import State
from tests.faults import script
from tests.faults.counters import PRICE, approve, ask_back, counter, payment_of, stored, take_off
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.gateways import GatewayDesk, notifying

#: KB01 and XN01, for what must not be taken for an invoice of ``PRICE``.
_LARGE: Final = ("KB01", "XN01")
_SOON: Final = timedelta(minutes=2)
#: A gateway gives no number twice, whichever hospital asks.
_THEIR_NUMBERS_FROM: Final = 24_000_001
#: The lie of the sandboxes: 1,000 đ less.
_LESS: Final = Fault(wrong_amount=True)
_SHORT: Final = PRICE - vnd(1_000)
#: The answer names no order: one in the place of another cannot be told apart.
_NAMES_NO_ORDER: Final = frozenset({"zalopay"})
#: Their stand-in's book knows a currency; the others say VND in any case, or nothing.
_TELLS_ITS_CURRENCY: Final = frozenset({"stripe"})


@dataclass
class Liar(httpx.BaseTransport):
    """The line to the gateway: keeps the last answer, and can give it in the place of another."""

    inner: httpx.BaseTransport
    last: tuple[int, bytes, dict[str, str]] | None = None
    instead: tuple[int, bytes, dict[str, str]] | None = None
    lies: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        if self.instead is None:
            self.last = (answer.status_code, answer.read(), dict(answer.headers))
            return answer
        self.lies += 1
        status, body, headers = self.instead
        return httpx.Response(status, content=body, headers=headers)


@dataclass
class Court:
    """One gateway, what it was caught at, and a second hospital that has the same merchant."""

    desk: GatewayDesk
    elsewhere: GatewayDesk
    clock: FrozenClock
    chance: random.Random
    line: Liar
    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def hold(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.wrong.append(f"{self.desk.name}: {what}: {found}, wanted {wanted}")

    def paid(self, intent: UUID) -> Money:
        return self.desk.hospital.view(self.desk.intent(intent).invoice).paid

    def ask(self) -> None:
        self.clock.advance(_SOON)
        ask_all(self.desk.hospital.runtime, self.desk.hospital.scope)


def run(cluster: Cluster, seed: int, *, rounds: int, gateways: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    for name in chance.sample(notifying(), min(gateways, len(notifying()))):
        with ExitStack() as stack:
            desk, clock = stack.enter_context(counter(cluster, name, outcome))
            elsewhere, _ = stack.enter_context(counter(cluster, name, outcome))
            elsewhere.stand.orders = Orders(_THEIR_NUMBERS_FROM)
            inner = desk.hospital.runtime.transport
            assert inner is not None
            line = Liar(inner)
            desk.hospital.runtime = replace(desk.hospital.runtime, transport=line)
            court = Court(desk, elsewhere, clock, chance, line)
            for _ in range(rounds):
                _another_amount(court)
                _unknown_order(court)
                _another_currency(court)
                _another_answer(court)
                _another_page(court)
                _another_refund(court)
        told = ", ".join(f"{count} {what}" for what, count in court.told.items())
        outcome.figures[name] = told
        outcome.failures += court.wrong
    return outcome


def _another_amount(court: Court) -> None:
    """Paid in full, and told and answered as a little less."""
    desk = court.desk
    court.told["amounts"] += 1
    intent = desk.open(desk.hospital.issue())
    suspense = desk.hospital.balance("2200")
    with alerts() as heard:
        replies = desk.deliver(*desk.play(intent, "pay", wrong_amount=True, copies=2))
        desk.stand.faults.plan("answers", _LESS, 3)
        court.ask()
        desk.stand.faults.plan("answers", _LESS, 0)
    kept = suspense - desk.hospital.balance("2200")
    if desk.adapter.capabilities.amount_can_differ:
        court.hold("applied of another amount", court.paid(intent), _SHORT)
        court.hold("kept of another amount", kept, ZERO)
        return
    court.hold("paid by another amount", court.paid(intent), ZERO)
    court.hold("kept of another amount", kept, _SHORT)
    court.hold("flagged", Flag.AMOUNT_DIFFERS in desk.attempt(intent).flags, True)
    court.hold("a person is told of the amount", bool(heard), True)
    court.hold("answers", set(map(str, replies)), {str(desk.replies(Verdict.AMOUNT_DIFFERS))})


def _unknown_order(court: Court) -> None:
    """Another hospital's order at the same merchant: its message is authentic and not for us."""
    court.told["unknown orders"] += 1
    elsewhere, desk = court.elsewhere, court.desk
    before = _money(desk)
    theirs = elsewhere.open(elsewhere.hospital.issue())
    raws = elsewhere.play(theirs, "pay")
    with alerts() as heard:
        replies = desk.deliver(*raws, *raws)
    is_direct = desk.adapter.capabilities.settling is Settling.ACCOUNT_DIRECT
    # What has come to our own account is there, whoever's order it is: it waits, once.
    came = {"1100": PRICE.dong, "2200": -PRICE.dong} if is_direct else {}
    wanted = {code: dong + came.get(code, 0) for code, dong in before.items()}
    court.hold("moved by an unknown order", _money(desk), wanted)
    if desk.adapter.proof is not Proof.TOKEN:
        known = {Verdict.UNKNOWN_REFERENCE, *([Verdict.DUPLICATE] if is_direct else [])}
        answers = {str(desk.replies(one)) for one in known}
        court.hold("answers", set(map(str, replies)), answers)
        court.hold("a person is told of the order", bool(heard), True)


def _another_currency(court: Court) -> None:
    desk = court.desk
    if desk.name not in _TELLS_ITS_CURRENCY:
        return
    court.told["currencies"] += 1
    intent = desk.open(desk.hospital.issue())
    before = _money(desk)
    desk.play(intent, "pay", silent=True)
    order = _order(desk, intent)
    order = desk.stand.orders.save(replace(order, facts={**order.facts, "currency": "usd"}))
    with alerts() as heard:
        desk.deliver(*_told(desk, order))
        court.ask()
    court.hold("moved by another currency", _money(desk), before)
    court.hold("paid by another currency", court.paid(intent).dong, 0)
    court.hold("flagged", bool(desk.attempt(intent).flags), True)
    court.hold("a person is told of the currency", bool(heard), True)


def _another_answer(court: Court) -> None:
    """Ask about one that is not paid, and hear what is true of one that is."""
    desk = court.desk
    adapter = desk.adapter
    if not isinstance(adapter, Answers):
        return
    court.told["answers"] += 1
    unpaid = desk.open(desk.hospital.issue())
    paid = desk.open(desk.hospital.issue(*_LARGE))
    desk.play(paid, "pay", silent=True)
    adapter.query(desk.attempt(paid).ref(desk.intent(paid)))
    court.line.instead, court.line.lies = court.line.last, 0
    court.ask()
    court.line.instead = None
    court.hold("lies were told", court.line.lies > 0, True)
    court.hold("paid by another's answer", court.paid(unpaid).dong, 0)
    court.clock.advance(timedelta(minutes=30))
    with alerts() as heard:
        court.ask()
    # Where the answer names no order, the lie took the money to suspense: a person must look.
    is_known = court.paid(paid).dong == 242_000
    court.hold("paid by its own answer, or a person is told", is_known or bool(heard), True)
    court.hold("paid by another's answer", court.paid(unpaid).dong, 0)


def _another_page(court: Court) -> None:
    """Open one, and hear the answer to another: the payer is not sent to that one's page."""
    desk = court.desk
    court.line.last = None
    desk.open(desk.hospital.issue(*_LARGE), follow=False)
    if court.line.last is None or desk.name in _NAMES_NO_ORDER:
        # Opened by an address of our own making, or by an answer that names nothing.
        return
    court.told["pages"] += 1
    court.line.instead = court.line.last
    intent = desk.open(desk.hospital.issue())
    court.line.instead = None
    court.hold("page of another order", desk.attempt(intent).shown, None)


def _another_refund(court: Court) -> None:
    """Two refunds; the gateway answers to the question about one that the other is done."""
    desk = court.desk
    is_partial = desk.adapter.capabilities.refunding is Refunding.PARTIAL
    if not is_partial or desk.name in _NAMES_NO_ORDER:
        return
    court.told["refunds"] += 1
    first, second = (_refund(court, amount) for amount in (vnd(30_000), vnd(70_000)))
    for order in desk.stand.orders:
        for one in order.refunds:
            if one.amount == 70_000 and one.state is RefundState.PENDING:
                desk.stand.finish_refund(one.number, RefundState.DONE)
    desk.adapter.query_refund(_order_of(desk, second))
    court.line.instead, court.line.lies = court.line.last, 0
    court.clock.advance(timedelta(seconds=20))
    ask_all(desk.hospital.runtime, desk.hospital.scope)
    court.line.instead = None
    court.hold("lies were told", court.line.lies > 0, True)
    court.hold("refund by another's answer", stored(desk, first).state is State.DONE, False)


def _refund(court: Court, amount: Money) -> UUID:
    desk = court.desk
    intent = desk.open(desk.hospital.issue())
    desk.deliver(*desk.play(intent, "pay"))
    take_off(desk, desk.intent(intent).invoice)
    refund = ask_back(desk, payment_of(desk, intent).id, amount, f"refund-{intent}")
    approve(desk, refund.id)
    return refund.id


def _order_of(desk: GatewayDesk, refund: UUID) -> Any:
    with desk.hospital.runtime.database.reading(desk.hospital.scope) as tx:
        return service.order_of(tx, stored(desk, refund))


def _order(desk: GatewayDesk, intent: UUID) -> Order:
    return desk.stand.orders.get(desk.wire(intent))


def _told(desk: GatewayDesk, order: Order) -> list[Any]:
    before = len(desk.got)
    desk.stand.tell(order)
    return desk.got[before:]


def _money(desk: GatewayDesk) -> dict[str, int]:
    return {code: desk.hospital.balance(code).dong for code in ("1200", "1100", "1300", "2200")}


@contextmanager
def alerts() -> Iterator[list[Any]]:
    """Collect what whoever watches the log is told to look at."""
    heard: list[Any] = []
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        with structlog.testing.capture_logs() as logs:
            yield heard
            heard += [one for one in logs if one["event"] == "gateway.review"]
    finally:
        structlog.configure(**before)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M8 gateways that lie", {"rounds": 40, "gateways": 99}))
