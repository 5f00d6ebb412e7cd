"""
The one order of locks, watched twice on PostgreSQL while every journey is made.

    python -m tests.faults.lock_order --seed 1

``Database.on_locks`` tells what each transaction locked by name; beside it, every statement is read
on the driver, for the hot ones go past SQLAlchemy, so that an UPDATE of a row that nobody locked by
name is seen too. Every kind of lock that the source of ``payments`` names must have been seen.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from psycopg import Cursor
from sqlalchemy import Engine, event

import payments
from payments import idempotency
from payments.bank.service import lock as lock_credit
from payments.intents.service import cancel_invoice, credit_invoice, expire
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.ledger import periods
from payments.payouts import crediting
from payments.payouts import taking as payouts
from payments.refunds import service as refunds
from payments.refunds.service import RefundRequest
from payments.settlement.refusing import appeal
from payments.storage.locks import Lock
from payments.storage.unit_of_work import Database
from payments.worker import run_until_idle
from tests.faults import script
from tests.faults.script import Outcome
from tests.faults.stagehand import Stagehand
from tests.faults.stories import STORIES
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.gateways import GatewayDesk, desk
from tests.support.hospital import PAYEE, Hospital
from tests.support.settlement import Fund, a_written
from tests.support.stage import Stage, morning, runtime_at, stage

_TABLES: Final = {
    "idempotency_request": Lock.IDEMPOTENCY,
    "notification": Lock.NOTIFICATION,
    "shift": Lock.SHIFT,
    "encounter": Lock.ENCOUNTER,
    "invoice": Lock.INVOICE,
    "intent": Lock.INTENT,
    "bank_credit": Lock.BANK_CREDIT,
    "refund": Lock.REFUND,
    "claim_period": Lock.CLAIM_PERIOD,
    "claim": Lock.CLAIM,
    "payout": Lock.SETTLEMENT,
    "number_series": Lock.NUMBER_SERIES,
}
_UPDATES: Final = re.compile(r"\s*UPDATE (\w+)", re.IGNORECASE)
_HOLDS: Final = re.compile(
    r"\sFROM (\w+)\b.*\sFOR (?:NO KEY )?UPDATE(?: OF ([\w, ]+))?", re.IGNORECASE | re.DOTALL
)
_NAMED: Final = re.compile(r"\bLock\.([A-Z_]+)")


@dataclass(slots=True)
class Recorder:
    """What was locked, by name and by statement."""

    seen: Counter[Lock] = field(default_factory=Counter)
    transactions: int = 0
    #: Those that took a lock which their transaction did not hold.
    statements: int = 0
    broken: list[str] = field(default_factory=list)

    def watch(self, database: Database) -> None:
        database.on_locks = self._named
        _listen(database.engine, self)

    def _named(self, locks: list[Lock]) -> None:
        self.transactions += 1
        self.seen.update(locks)
        if locks != sorted(locks):
            self.broken.append(f"by name: {[lock.name for lock in locks]}")

    def touched(self, held: list[Lock], statement: str) -> None:
        for table in _locked_by(statement):
            kind = _TABLES.get(table)
            if kind is None or kind in held:
                continue
            if held and kind < max(held):
                last = max(held).name
                self.broken.append(f"by statement: {kind.name} after {last}: {statement[:80]}")
            held.append(kind)
            self.statements += 1


def _locked_by(statement: str) -> list[str]:
    """Name the tables whose rows *statement* locks, in the order in which it locks them."""
    updates = _UPDATES.match(statement)
    if updates:
        return [updates[1]]
    holds = _HOLDS.search(statement)
    if not holds:
        return []
    return holds[2].strip().split(", ") if holds[2] else [holds[1]]


def run(cluster: Cluster, seed: int, *, rounds: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    recorder = Recorder()
    with stage(cluster, morning()) as made:
        recorder.watch(made.database)
        working = runtime_at(made.address.as_role("vp_worker"), made.runtime.clock)
        recorder.watch(working.database)
        for number in range(1, rounds + 1):
            story = STORIES[number % len(STORIES)]
            hand = Stagehand(made.runtime, made.runtime.clock, story, number)  # type: ignore[arg-type]
            hand.play(chance.sample(story.events, len(story.events)))
            run_until_idle(working, made.scope)
        _other_journeys(made)
        run_until_idle(working, made.scope)
        working.database.close()
        outcome.failures += recorder.broken + oracle.findings(made.runtime, made.scope)
    unseen = _kinds_of_the_source() - recorder.seen.keys()
    outcome.figures["transactions"] = recorder.transactions
    outcome.figures["statements that took a lock"] = recorder.statements
    outcome.expect("statements were read", recorder.statements > recorder.transactions // 2, True)
    for kind in sorted(recorder.seen):
        outcome.figures[f"locked {kind.name}"] = recorder.seen[kind]
    outcome.expect("kinds in the source but never seen", sorted(k.name for k in unseen), [])
    return outcome


def _other_journeys(made: Stage) -> None:
    """What no story does: a cancelled form sent twice, a credit held, an end, a closed day."""
    invoice = made.hospital.issue()
    made.hospital.show(invoice)
    content = idempotency.fingerprint("cancel", invoice)
    for _ in range(2):
        with made.database.transaction(made.scope) as tx:
            if idempotency.once(tx, "user:test", "cancel", "key-1", content) is None:
                keys = made.runtime.keys
                idempotency.finish(tx, keys, "user:test", "cancel", "key-1")
    cancel_invoice(made.runtime, made.scope, invoice, "người bệnh không khám")
    arrived = made.hospital.arrive(made.hospital.transfer("CK KHONG RO", vnd(2_000_000)))
    with made.database.transaction(made.scope) as tx:
        assert arrived.credit is not None
        assert lock_credit(tx, arrived.credit) is not None
        periods.close_day(tx, HospitalDay.of(made.runtime.clock.now() - timedelta(days=3)))
    expire(made.runtime, made.scope)
    made.hospital.open_shift()
    paid = made.hospital.issue()
    made.hospital.show(paid)
    made.hospital.hand_over(paid, vnd(200_000))
    _a_refund(made)
    _claims(made)


def _claims(made: Stage) -> None:
    """Claims of a month: sent, refused in part, appealed against, and an advance on them."""
    fund = Fund(made.hospital)
    fund.bring(a_written("VPTEST0001", date(2026, 9, 3)))
    fund.send("202609")
    fund.assess("202609", ("VPTEST0001", "XML3", 1, 60_000, "sai mức hưởng"))
    [refused] = fund.refusals("2026Q3")
    appeal(fund.runtime, fund.scope, refused.id, "đã gửi hồ sơ")
    fund.advance("2026Q3", vnd(10_000))


def _a_refund(made: Stage) -> None:
    """A payment through a gateway whose service is taken off the invoice, and given back."""
    hospital = made.hospital
    gateway = desk(hospital, "vnpay")
    invoice = hospital.issue()
    gateway.deliver(*gateway.play(gateway.open(invoice), "pay"))
    [payment] = hospital.payments(invoice)
    over = vnd(20_000)
    credit_invoice(
        hospital.runtime,
        hospital.scope,
        invoice,
        {"KB": over},
        reason="không khám",
        key="credit-refund",
    )
    asked = RefundRequest(payment.id, over, "không khám", "refund-01")
    made_refund = refunds.request(hospital.runtime, hospital.by("user:asks"), asked)
    refunds.approve(
        hospital.runtime, hospital.by("user:approves"), made_refund.id, login="ketoan.truong"
    )
    _a_payout(hospital, gateway)


def _a_payout(hospital: Hospital, gateway: GatewayDesk) -> None:
    """What the gateway pays out for the day, and the bank's credit of it."""
    day = HospitalDay.of(hospital.runtime.clock.now())
    told = payouts.take_in(
        hospital.runtime,
        hospital.scope,
        gateway.name,
        day,
        account=PAYEE.account,
        content=gateway.stand.settled(day),
    )
    with hospital.runtime.database.reading(hospital.scope) as tx:
        net = crediting.net_of(tx, told.payouts[0])
    credit = hospital.arrive(hospital.transfer("", net, reference="FT-PAYOUT")).credit
    assert credit is not None
    crediting.confirm(hospital.runtime, hospital.scope, told.payouts[0], credit)


def _kinds_of_the_source() -> set[Lock]:
    root = Path(payments.__file__).parent
    told = (path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.py")))
    return {Lock[name] for text in told for name in _NAMED.findall(text)}


def _listen(engine: Engine, recorder: Recorder) -> None:
    # Those that were opened before would go unwatched.
    engine.dispose()

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        held: list[Lock] = []

        class Watched(Cursor[Any]):
            def execute(self, query: Any, *rest: Any, **more: Any) -> Any:
                if str(query).startswith("BEGIN"):
                    held.clear()
                recorder.touched(held, str(query))
                return super().execute(query, *rest, **more)

        connection.cursor_factory = Watched


if __name__ == "__main__":
    raise SystemExit(script.main(run, "the one order of locks", {"rounds": 200}))
