"""Lets the events of a story happen: messages, lists, statement lines, the end, a cancellation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from adapters._sandbox.bank import Transfer
from adapters._sandbox.feeds import casso_row, sepay_row_v2
from adapters.casso.messages import from_row as casso_listed
from adapters.sepay.messages import from_row_v2 as sepay_listed
from payments.bank.model import Arrival, Direction
from payments.gateway import Notification
from payments.inbox.effects import apply_arrival
from payments.inbox.service import accept, take_in
from payments.intents.service import cancel_invoice, credit_invoice, expire
from payments.invoicing.service import MoneyReceived
from payments.invoicing.status import IllegalStep
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.runtime import Runtime
from tests.faults.stories import Event, Story
from tests.support.crowd import Owed, issue_one
from tests.support.feeds import FURNISHED, transfer
from tests.support.stage import SCOPE

_XN01: Final = 92_000
_SHOWN_FOR: Final = timedelta(minutes=15)


@dataclass(slots=True)
class Stagehand:
    """Lets the events of one story happen to an invoice of its own."""

    runtime: Runtime
    clock: FrozenClock
    story: Story
    number: int
    owed: Owed = field(init=False)
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock.now()
        self.owed = issue_one(self.runtime, self.number, ("KB01", "XN01"))

    def play(self, order: Sequence[Event]) -> None:
        for event in order:
            # Each event has its own second, as the database would see it.
            self.clock.set(self.clock.now() + timedelta(seconds=1))
            if event.index is None:
                _OTHER[event.kind](self)
            else:
                _TELLING[event.kind](self, self.transfer(event.index))

    def transfer(self, index: int) -> Transfer:
        paid = self.story.transfers[index]
        at = self.began + (_SHOWN_FOR + timedelta(seconds=30) if paid.late else timedelta())
        return transfer(self.number * 10 + index, self.owed.code, paid.dong, at)

    def hear(self, channel: str, told: Transfer) -> None:
        raw = FURNISHED[channel].raw(told, self.clock.now())
        reply = accept(self.runtime, SCOPE, channel, raw)
        assert reply.status == 200, reply

    def read_list(self, channel: str, told: Notification) -> None:
        take_in(self.runtime, SCOPE, channel, [told], b"")

    def read_statement(self, told: Transfer, *, reference: str) -> None:
        arrival = Arrival(
            source="statement",
            source_id=f"{'out' if told.amount < 0 else 'in'}-{told.number}-{reference}",
            account=told.account,
            direction=Direction.IN if told.amount > 0 else Direction.OUT,
            amount=vnd(abs(told.amount)),
            occurred_at=told.at,
            reference=reference,
            memo=f"STATEMENT LINE {told.memo} VIEN PHI",
        )
        self.runtime.database.run(SCOPE, lambda tx: apply_arrival(tx, self.runtime, arrival))

    def end(self) -> None:
        """Let the code's time run out, and the worker notice."""
        self.clock.set(max(self.clock.now(), self.began + _SHOWN_FOR + timedelta(minutes=1)))
        expire(self.runtime, SCOPE)

    def cancel(self) -> None:
        try:
            cancel_invoice(self.runtime, SCOPE, self.owed.invoice, "người bệnh không khám")
        except (MoneyReceived, IllegalStep):
            return

    def credit(self) -> None:
        credit_invoice(
            self.runtime,
            SCOPE,
            self.owed.invoice,
            {"XN": vnd(_XN01)},
            reason="không làm xét nghiệm",
            key=f"credit-{self.number:08d}",
        )


def _bare(told: Transfer) -> Transfer:
    return replace(told, reference="")


def _reversal(told: Transfer) -> Transfer:
    """A reversal: the same reference and memo, the money goes; an event of its own."""
    return replace(told, number=told.number + 5, amount=-told.amount)


_OTHER: Final[dict[str, Callable[[Stagehand], None]]] = {
    "end": Stagehand.end,
    "cancel": Stagehand.cancel,
    "credit": Stagehand.credit,
}
_TELLING: Final[dict[str, Callable[[Stagehand, Transfer], None]]] = {
    "sepay webhook": lambda hand, told: hand.hear("sepay", told),
    "casso webhook": lambda hand, told: hand.hear("casso", told),
    "casso webhook without reference": lambda hand, told: hand.hear("casso", _bare(told)),
    "sepay list": lambda hand, told: hand.read_list("sepay", _sepay_row(told)),
    "casso list": lambda hand, told: hand.read_list("casso", casso_listed(casso_row(told))),
    "statement": lambda hand, told: hand.read_statement(told, reference=told.reference),
    "statement without reference": lambda hand, told: hand.read_statement(told, reference=""),
    "sepay webhook of the reversal": lambda hand, told: hand.hear("sepay", _reversal(told)),
    "statement of the reversal": lambda hand, told: hand.read_statement(
        _reversal(told), reference=told.reference
    ),
}


def _sepay_row(told: Transfer) -> Notification:
    row = sepay_listed(sepay_row_v2(told))
    assert row is not None, "a row that moves money is read"
    return row
