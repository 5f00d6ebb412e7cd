"""
K5: many do whatever comes to their mind to a few invoices at once; nobody is told of a deadlock.

    python -m tests.faults.deadlocks --operations 100000 --seed 1

Sixteen threads on PostgreSQL draw what they do: transfers that two feeds and a statement tell of,
cash, credit notes, cancellations, codes, payments at a gateway, refunds asked for, approved and
turned down, suspense attached by hand, receipts numbered, seals. What a rule refuses is refused. A
deadlock or a serialization failure may be seen by the retry alone, and by one in a hundred at most.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError

from payments.bank.rows import BANK_CREDIT
from payments.inbox.service import accept
from payments.intents.cash import CashRequest, take_cash
from payments.intents.service import cancel_invoice, credit_invoice
from payments.kernel.errors import VienphiError
from payments.kernel.money import vnd
from payments.ledger.sealing import seal_once
from payments.reconciliation import resolving
from payments.refunds import service as refunds
from payments.refunds.rows import REFUND
from payments.runtime import Runtime
from payments.worker import run_jobs
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.doubles import AtTheGateway, double
from tests.support.feeds import FURNISHED, transfer
from tests.support.stage import runtime_at, stage
from tests.unit.inbox.test_attempts import told

_AT_ONCE: Final = 16
#: Few enough that everybody is in everybody's way.
_INVOICES: Final = 12
#: After so many operations others take their place: of a settled one everything is refused.
_EACH: Final = 40
_ASK_AGAIN: Final = ("40001", "40P01")
#: Behind so many, the two seconds of a lock are over: the form says "try again". No deadlock.
_WAITED_TOO_LONG: Final = "55P03"


def run(cluster: Cluster, seed: int, *, operations: int) -> Outcome:
    outcome = Outcome()
    with stage(cluster) as made:
        worker = runtime_at(made.address.as_role("vp_worker"))
        crowd = Crowd(double(made.hospital), worker, seed)

        @event.listens_for(made.database.engine, "handle_error")
        def _heard(context: Any) -> None:
            state = getattr(context.original_exception, "sqlstate", "")
            if state in _ASK_AGAIN:
                crowd.counts["asked again"] += 1

        began = time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for start in range(0, operations, _INVOICES * _EACH):
                crowd.renew()
                share = range(start, min(start + _INVOICES * _EACH, operations))
                outcome.failures += [one for one in threads.map(crowd.act, share) if one]
        seconds = time.monotonic() - began
        made.hospital.work()
        worker.database.close()
        outcome.failures += oracle.findings(made.runtime, made.scope)
    again = crowd.counts.pop("asked again", 0)
    outcome.figures["operations, at once"] = f"{operations}, {_AT_ONCE}"
    outcome.figures["operations a second"] = round(operations / seconds)
    outcome.figures["asked again by the database"] = again
    outcome.expect("above one in a hundred", again > operations / 100, False)
    for name, count in sorted(crowd.counts.items()):
        outcome.figures[name] = count
    return outcome


class Crowd:
    """Draws who does what to which of a few invoices."""

    def __init__(self, gateway: AtTheGateway, worker: Runtime, seed: int) -> None:
        self._gateway = gateway
        self._worker = worker
        self._hospital = gateway.hospital
        self._hospital.open_shift(by="user:cashier")
        self._seed = seed
        self._invoices: list[UUID] = []
        self._codes: dict[UUID, str] = {}
        self.counts: Counter[str] = Counter()

    def renew(self) -> None:
        """Issue new invoices, each with a code and a payment that the gateway has told of."""
        self._invoices = [self._hospital.issue("KB01", "XN01") for _ in range(_INVOICES)]
        for place, invoice in enumerate(self._invoices):
            self._codes[invoice] = self._hospital.show(invoice).code
            if place % 2:
                self._gateway.invoice = invoice
                intent = self._gateway.open(key=f"key-{invoice}")
                self._gateway.tell(told(self._gateway, intent, transaction=f"T{invoice}"))

    def act(self, number: int) -> str:
        """Do one thing; "" unless somebody was told of an error that is no refusal."""
        chance = random.Random(f"{self._seed}:{number}")
        name = chance.choice(list(_ACTS))
        invoice = chance.choice(self._invoices)
        try:
            _ACTS[name](self, chance, number, invoice)
        except VienphiError:
            self.counts[f"{name}: refused"] += 1
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", "")
            if state != _WAITED_TOO_LONG:
                return f"{name}: {state} {type(error.orig).__name__}"
            self.counts[f"{name}: waited too long"] += 1
        else:
            self.counts[f"{name}: done"] += 1
        return ""

    def hear(self, chance: random.Random, number: int, invoice: UUID) -> None:
        """A feed tells of a transfer, or tells it again, or of one that the other feed told."""
        which = number if chance.random() < 0.5 else number - chance.randint(1, 8)
        code = self._codes[invoice] if which == number else "không mã"
        feed = chance.choice(list(FURNISHED))
        now = self._hospital.runtime.clock.now()
        paid = transfer(which + 1_000, code, chance.choice((150_000, 40_000)), now)
        reply = accept(
            self._hospital.runtime, self._hospital.scope, feed, FURNISHED[feed].raw(paid, now)
        )
        assert reply.status == 200, reply

    def cash(self, chance: random.Random, number: int, invoice: UUID) -> None:
        due = self._hospital.view(invoice).due
        asked = CashRequest(invoice, vnd(10_000), due, True, f"cash-{number:08d}")
        take_cash(self._hospital.runtime, self._hospital.by("user:cashier"), asked)

    def show(self, chance: random.Random, number: int, invoice: UUID) -> None:
        self._hospital.show(invoice)

    def credit(self, chance: random.Random, number: int, invoice: UUID) -> None:
        credit_invoice(
            self._hospital.runtime, self._hospital.scope, invoice, {"KB": vnd(5_000)},
            reason="không làm", key=f"credit-{number:08d}",
        )  # fmt: skip

    def cancel(self, chance: random.Random, number: int, invoice: UUID) -> None:
        if chance.random() < 0.2:
            cancel_invoice(self._hospital.runtime, self._hospital.scope, invoice, "không khám")

    def ask(self, chance: random.Random, number: int, invoice: UUID) -> None:
        for one in self._hospital.payments(invoice):
            if one.method == "gateway":
                asked = refunds.RefundRequest(one.id, vnd(1_000), "trả thừa", f"ask-{number:08d}")
                refunds.request(self._hospital.runtime, self._hospital.by("user:asks"), asked)

    def turn_down(self, chance: random.Random, number: int, invoice: UUID) -> None:
        with self._hospital.runtime.database.reading(self._hospital.scope) as tx:
            found = tx.execute(select(REFUND.c.id).where(REFUND.c.state == "requested")).scalars()
            asked = list(found)
        if asked:
            refunds.turn_down(self._hospital.runtime, self._hospital.scope, chance.choice(asked))

    def attach(self, chance: random.Random, number: int, invoice: UUID) -> None:
        with self._hospital.runtime.database.reading(self._hospital.scope) as tx:
            waiting = select(BANK_CREDIT.c.id).where(BANK_CREDIT.c.state == "suspense").limit(20)
            found = list(tx.execute(waiting).scalars())
        if found:
            resolving.attach(
                self._hospital.runtime, self._hospital.scope, chance.choice(found), invoice,
                "đúng phiếu này",
            )  # fmt: skip

    def work(self, chance: random.Random, number: int, invoice: UUID) -> None:
        run_jobs(self._worker, self._hospital.scope.facility, limit=5)

    def seal(self, chance: random.Random, number: int, invoice: UUID) -> None:
        seal_once(self._worker.database, self._hospital.scope)


_ACTS: Final[Mapping[str, Callable[[Crowd, random.Random, int, UUID], None]]] = {
    "attach suspense": Crowd.attach,
    "cancel": Crowd.cancel,
    "cash": Crowd.cash,
    "credit note": Crowd.credit,
    "feed": Crowd.hear,
    "number receipts": Crowd.work,
    "refund asked": Crowd.ask,
    "refund turned down": Crowd.turn_down,
    "seal": Crowd.seal,
    "show a code": Crowd.show,
}


if __name__ == "__main__":
    raise SystemExit(script.main(run, "K5 deadlock hunt", {"operations": 100_000}))
