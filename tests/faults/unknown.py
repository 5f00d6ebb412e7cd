"""
M7: the gateway acts and its answer is lost, on opening and on giving back: nothing is done twice.

    python -m tests.faults.unknown --rounds 1000 --seed 1

Each round, at one gateway after the other: the answer to opening is lost (where opening is a call),
the payer presses again, pays, and no message tells of it; up to two questions about it are lost as
well. Then the money goes back: the answer to the refund is lost, another person presses "approve"
again, and questions are lost. Only the questions of the schedule may find out, within five minutes
by the clock; the gateway's own book must hold one order and one refund.

OnePay publishes no question, so that a lost message is found in its file of the day: not here.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, RefundState
from payments.channels.breaker import OPEN_FOR
from payments.gateway import Capability, Refunds
from payments.inbox.asking import ask_all
from payments.intents.status import Status
from payments.kernel.clock import FrozenClock
from payments.refunds.model import NotRefundable, Refund
from payments.refunds.status import IllegalRefundStep, State
from payments.refunds.voiding import OnlyTheWhole
from tests.faults import script
from tests.faults.counters import PRICE, approve, ask_back, counter, payment_of, stored, take_off
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.gateways import GatewayDesk, able_to

#: Acts, and nobody hears; tells nobody.
_LOST: Final = Fault(drop_answer=True)
_SILENT: Final = Fault(silent=True)
#: The moments of the schedule up to five minutes, each a little late as a worker is.
_LOOKS: Final = tuple(timedelta(seconds=seconds) for seconds in (19, 64, 124, 244))
_WITHIN: Final = timedelta(minutes=5)
#: At SePay only a card payment goes back, as a whole, on the day.
_PAYS_BY: Final = {"sepay_pg": "card"}


@dataclass(slots=True)
class Tally:
    """What the rounds at one gateway came to."""

    rounds: int = 0
    refunds: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    slowest: timedelta = timedelta()
    wrong: list[str] = field(default_factory=list)

    def hold(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.wrong.append(f"{what}: {found}, wanted {wanted}")


def run(cluster: Cluster, seed: int, *, rounds: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    total = Tally()
    names = able_to(Capability.OPENS, Capability.NOTIFIES, Capability.ANSWERS)
    shares = Counter(names[number % len(names)] for number in range(rounds))
    for name, share in shares.items():
        with counter(cluster, name, outcome) as (desk, clock):
            tally = Tally()
            for number in range(share):
                _round(desk, clock, chance, tally, number)
            _books(desk, tally)
        lost = ", ".join(f"{count} {what}" for what, count in sorted(tally.lost.items()))
        outcome.figures[name] = f"{tally.rounds} payments, {tally.refunds} refunds; lost: {lost}"
        outcome.failures += [f"{name}: {one}" for one in tally.wrong]
        total.rounds += tally.rounds
        total.refunds += tally.refunds
        total.slowest = max(total.slowest, tally.slowest)
    outcome.figures["payments, refunds"] = f"{total.rounds}, {total.refunds}"
    outcome.figures["slowest to be known, s by the clock"] = total.slowest.total_seconds()
    outcome.expect("all known within five minutes", total.slowest <= _WITHIN, True)
    outcome.expect("something was tried", total.rounds > 0, True)
    return outcome


def _round(
    desk: GatewayDesk, clock: FrozenClock, chance: random.Random, tally: Tally, number: int
) -> None:
    tally.rounds += 1
    # A gateway that lost five answers running is spared for a while: the next payer comes later.
    clock.advance(OPEN_FOR)
    invoice = desk.hospital.issue()
    intent = _opened(desk, invoice, tally, number)
    # Until somebody was at the page, some gateways have no order.
    act = _PAYS_BY.get(desk.name, "pay")
    desk.play(intent, act, silent=True)
    tally.hold("paid before anybody told", desk.hospital.view(invoice).paid.dong, 0)
    began = clock.now()
    _lose(desk, "questions", tally, chance)
    for look in _LOOKS:
        clock.set(began + look)
        ask_all(desk.hospital.runtime, desk.hospital.scope)
        if desk.intent(intent).status is Status.CAPTURED:
            break
    desk.stand.faults.plan("answers", _LOST, 0)
    tally.slowest = max(tally.slowest, clock.now() - began)
    tally.hold("attempt", desk.intent(intent).status, Status.CAPTURED)
    tally.hold("paid", desk.hospital.view(invoice).paid, PRICE)
    tally.hold("payments", len(desk.hospital.payments(invoice)), 1)
    if isinstance(desk.adapter, Refunds) and desk.intent(intent).status is Status.CAPTURED:
        _give_back(desk, clock, chance, tally, intent)


def _opened(desk: GatewayDesk, invoice: UUID, tally: Tally, number: int) -> UUID:
    """Open, lose the answer where there is one, press again: the same form, and another."""
    before = len(list(desk.stand.orders))
    key = f"lost-{desk.name}-{number:06d}"
    desk.stand.faults.plan("answers", _LOST, 1)
    # No page is followed here: it would be the one whose answer is lost.
    intent = desk.open(invoice, key=key, follow=False)
    was_asked = not desk.stand.faults.answers
    desk.stand.faults.plan("answers", _LOST, 0)
    if was_asked:
        tally.lost["answers to opening"] += 1
        tally.hold("attempt without an answer", desk.intent(intent).status, Status.UNKNOWN)
    for again in (key, f"{key}-again"):
        tally.hold("pressed again", desk.open(invoice, key=again), intent)
    tally.hold("orders at the gateway", len(list(desk.stand.orders)) - before, 1)
    return intent


def _give_back(
    desk: GatewayDesk, clock: FrozenClock, chance: random.Random, tally: Tally, intent: UUID
) -> None:
    tally.refunds += 1
    payment = payment_of(desk, intent)
    take_off(desk, desk.intent(intent).invoice)
    refund = ask_back(desk, payment.id, PRICE, f"refund-{intent}")
    desk.stand.faults.plan("answers", _LOST, 1)
    approved = approve(desk, refund.id)
    if not desk.stand.faults.answers:
        tally.lost["answers to refunds"] += 1
    desk.stand.faults.plan("answers", _LOST, 0)
    tally.hold("refund without an answer", approved.state, State.UNKNOWN)
    _press_again(desk, refund, payment.id, tally)
    began = clock.now()
    _lose(desk, "questions", tally, chance)
    for look in _LOOKS:
        clock.set(began + look)
        ask_all(desk.hospital.runtime, desk.hospital.scope)
        _finish(desk, intent)
        if stored(desk, refund.id).state is State.DONE:
            break
    desk.stand.faults.plan("answers", _LOST, 0)
    tally.slowest = max(tally.slowest, clock.now() - began)
    tally.hold("refund", stored(desk, refund.id).state, State.DONE)
    order = _order(desk, intent)
    tally.hold("given back by the gateway", order.refunded, PRICE.dong)
    tally.hold("refunds in its book", len(order.refunds), 1)


def _press_again(desk: GatewayDesk, refund: Refund, payment: UUID, tally: Tally) -> None:
    try:
        approve(desk, refund.id, by="user:another")
    except IllegalRefundStep:
        pass
    else:
        tally.wrong.append("a refund was approved twice")
    try:
        ask_back(desk, payment, PRICE, f"again-{refund.id}")
    except (NotRefundable, OnlyTheWhole):
        # Nothing is left: a gateway that voids is offered nothing less than the whole.
        pass
    else:
        tally.wrong.append("the same money was asked for twice")


def _finish(desk: GatewayDesk, intent: UUID) -> None:
    """Let the gateway come to the end of what it took in, and tell nobody."""
    silent = desk.stand.faults
    for one in _order(desk, intent).refunds:
        if one.state is RefundState.PENDING:
            silent.plan("messages", _SILENT, 1)
            desk.stand.finish_refund(one.number, RefundState.DONE)
            silent.plan("messages", _SILENT, 0)


def _order(desk: GatewayDesk, intent: UUID) -> Order:
    return desk.stand.orders.get(desk.wire(intent))


def _lose(desk: GatewayDesk, what: str, tally: Tally, chance: random.Random) -> None:
    lost = chance.randint(0, 2)
    desk.stand.faults.plan("answers", _LOST, lost)
    tally.lost[f"answers to {what}"] += lost


def _books(desk: GatewayDesk, tally: Tally) -> None:
    """The clearing account holds what the gateway's own book holds."""
    held = sum(one.paid - one.refunded for one in desk.stand.orders)
    balances = [desk.hospital.balance(code).dong for code in ("1200", "1100")]
    tally.hold("held by the gateway, đ", sum(balances), held)
    tally.hold("in suspense, đ", desk.hospital.balance("2200").dong, 0)
    tally.hold("promised to payers, đ", desk.hospital.balance("2100").dong, 0)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M7 unknown outcome", {"rounds": 1_000}))
