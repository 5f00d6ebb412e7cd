"""
E-invoices under lost answers, dead lines, refusals, ended sessions and workers that die.

    python -m tests.faults.einvoices --receipts 200 --rounds 20 --seed 1

Receipts are paid, some matches are taken back, some money goes back after the issue. Before each
call the provider takes a mood by chance, and after one in five answers the worker dies before it
notes it. Then the line is good again and the day is put right. At the end every receipt that counts
is in exactly one e-invoice of the provider's own book, no slip that was cancelled before is in any,
and the sum of what stands there is what the receipts are worth. The last line says PASS or FAIL;
which thread gets which mood is not repeated by the seed.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments.einvoicing import service
from payments.einvoicing.rows import E_INVOICE_SOURCE
from payments.einvoicing.status import State
from payments.external.einvoices import Draft, Issued, Kind, Provider, Providers
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.einvoices import Issuing, issuing
from tests.support.stage import in_memory_hospital, morning

_EVENING: Final = timedelta(hours=14)
_BETWEEN: Final = timedelta(hours=2)


class WorkerDied(RuntimeError):
    """The process ended between the provider's answer and our commit."""


class _Dying:
    """A provider whose caller dies after some of the calls."""

    def __init__(self, inner: Provider, desk: Issuing, chance: random.Random) -> None:
        self._inner, self._desk, self._chance, self.is_deadly = inner, desk, chance, True
        self.is_sandbox, self.since = inner.is_sandbox, inner.since
        self.died = 0

    def issue(self, draft: Draft) -> Issued:
        if self.is_deadly:
            _misbehave(self._desk, self._chance)
        issued = self._inner.issue(draft)
        if self.is_deadly and self._chance.random() < 0.2:
            self.died += 1
            raise WorkerDied
        return issued

    def find(self, draft: Draft) -> Issued | None:
        return self._inner.find(draft)


def run(seed: int, *, receipts: int, rounds: int) -> Outcome:
    outcome, chance = Outcome(), random.Random(seed)
    with in_memory_hospital(morning()) as hospital:
        desk = issuing(hospital)
        scope = hospital.scope
        inner = hospital.runtime.einvoices.of(scope.facility)
        assert inner is not None
        dying = _Dying(inner, desk, chance)
        providers = Providers({scope.facility: dying})
        hospital.runtime = replace(hospital.runtime, einvoices=providers)
        clock = hospital.runtime.clock
        assert isinstance(clock, FrozenClock)
        paid, slips = _paid(desk, chance, receipts)
        clock.advance(_EVENING)
        for _ in range(rounds):
            _work(desk)
            clock.advance(_BETWEEN)
        desk.turn(down=False, lose_answers=False, refuse="")
        dying.is_deadly = False
        began = time.monotonic()
        _settle(desk, clock)
        _give_back(desk, chance, paid)
        _settle(desk, clock)
        outcome.figures["receipts"] = f"{len(paid)} that count, {len(slips)} cancelled slips"
        outcome.figures["calls"] = str(len(desk.sandbox.book.calls))
        outcome.figures["workers that died"] = str(dying.died)
        outcome.figures["seconds to put right"] = f"{time.monotonic() - began:.1f}"
        outcome.failures += _wrong(desk, paid, slips)
    return outcome


def _paid(desk: Issuing, chance: random.Random, count: int) -> tuple[dict[UUID, UUID], list[UUID]]:
    """Pay *count* receipts, one in ten of which is taken back: (payment → invoice, slips)."""
    paid: dict[UUID, UUID] = {}
    slips = []
    for _ in range(count):
        if chance.random() < 0.1:
            slip, _ = desk.attached()
            desk.unmatched(slip)
            slips.append(slip)
            continue
        invoice, payment = desk.paid("KB01", "XN01")
        paid[payment] = invoice
    return paid, slips


def _misbehave(desk: Issuing, chance: random.Random) -> None:
    mood = chance.choice(("good", "down", "lose", "refuse", "sessions"))
    desk.turn(
        down=mood == "down",
        lose_answers=mood == "lose",
        refuse="GATEWAY_BUSY" if mood == "refuse" else "",
    )
    if mood == "sessions":
        desk.sandbox.book.end_sessions()


def _work(desk: Issuing) -> int:
    try:
        return desk.work()
    except WorkerDied:
        return 1


def _settle(desk: Issuing, clock: FrozenClock) -> None:
    """Send what was refused again and let everything get its number."""
    hospital = desk.hospital
    for e_invoice in _made(desk).values():
        held = next(one for one in desk.chain(e_invoice).parts if one.id == e_invoice)
        if held.state is State.REFUSED:
            service.send_again(hospital.runtime, hospital.scope, e_invoice)
    for _ in range(20):
        clock.advance(_BETWEEN)
        if not _work(desk):
            return


def _made(desk: Issuing) -> dict[UUID, UUID]:
    """Give the e-invoice of each payment that has one."""
    hospital = desk.hospital
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(
            select(E_INVOICE_SOURCE.c.payment_id, E_INVOICE_SOURCE.c.e_invoice_id).where(
                E_INVOICE_SOURCE.c.facility_id == tx.facility
            )
        )
        return {row.payment_id: row.e_invoice_id for row in rows}


def _give_back(desk: Issuing, chance: random.Random, paid: dict[UUID, UUID]) -> None:
    """Let a fifth of the paid give their test back, and adjust the e-invoice."""
    hospital, made = desk.hospital, _made(desk)
    for payment, invoice in paid.items():
        if chance.random() < 0.2:
            desk.gives_back(invoice, payment, "XN", vnd(92_000))
            service.correct(
                hospital.runtime, hospital.scope, made[payment], Kind.ADJUSTMENT, "không làm"
            )


def _wrong(desk: Issuing, paid: dict[UUID, UUID], slips: list[UUID]) -> list[str]:
    book = desk.sandbox.book.issued
    found = []
    originals = [name for name, one in book.items() if one["adjustmentType"] == "1"]
    if len(originals) != len(paid):
        found.append(f"{len(originals)} e-invoices of {len(paid)} receipts")
    for payment in paid:
        if desk.receipt(payment).state is not State.ISSUED:
            found.append(f"{payment} has no number")
    found += [f"slip {one} has one" for one in slips if desk.receipt(one).state is not None]
    worth = sum((desk.receipt(one).net for one in paid), ZERO)
    if desk.said() != worth:
        found.append(f"the provider says {desk.said()}, the receipts {worth}")
    return found


if __name__ == "__main__":
    sizes = {"receipts": 200, "rounds": 20}
    raise SystemExit(script.main(run, "e-invoices once", sizes, needs_cluster=False))
