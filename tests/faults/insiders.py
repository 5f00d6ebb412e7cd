"""
L5: patterns of insiders are found among the ordinary days of a cash hall.

    python -m tests.faults.insiders --days 30 --visits 200 --seed 1

Real services under a moved clock. On each day four cashiers take notes and print receipts; some
patients change their minds (credited by the head cashier, by another shift, or for a part by the
same person), accountants ask for the refunds that come along, a mother has the money of two
children sent to one account, prices change and stay. Among them 200 planted deeds: receipts that
are printed and credited away by their own cashier, days of many small refunds, refunds of several
patients to one account or to one in a user's name, prices that are low for two days. Goal: at least
95 % of the planted are on the list, and at most 1 % of what is ordinary.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments.catalogue import importing
from payments.identity.permissions import Role
from payments.intents.service import credit_invoice
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money, vnd
from payments.keys import write_new
from payments.oversight.insiders import report
from payments.receipts import printing
from payments.receipts.rows import PAYMENT
from payments.refunds import claiming, paying_back
from payments.refunds.paybacks import Account
from payments.refunds.paying_back import PaybackRequest
from payments.shifts.closing import CountRequest, count_drawer
from payments.shifts.model import Shift
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import fresh_sqlite, in_memory
from tests.support.hospital import Hospital
from tests.support.price_lists import as_csv
from tests.support.stage import SCOPE, Address, morning, runtime_at
from tests.support.web import add_user

_CASHIERS: Final = ("user:thu1", "user:thu2", "user:thu3", "user:thu4")
_HEAD: Final = "user:truong"
_ASKS: Final = ("user:kt1", "user:kt2")
_PRICE: Final = vnd(150_000)
_DIPPED: Final = (("XN01", 92_000), ("XN02", 215_000), ("SA01", 180_000), ("XQ01", 64_000))
#: Of the ordinary visits so many in a hundred end with a credit note.
_MIND_CHANGED: Final = 4
#: How the planted 200 of a month are divided; a burst has eight, an account four, a dip a service.
_MONTH: Final = 30
_VOIDS, _BURSTS, _ACCOUNTS, _DIPS = 92, 8, 10, 4
_OF_BURST, _OF_ACCOUNT = 8, 4


@dataclass(slots=True)
class Hall:
    """The hospital, its clock, and which ids were planted or are ordinary."""

    hospital: Hospital
    clock: FrozenClock
    chance: random.Random
    planted: set[str] = field(default_factory=set)
    ordinary: set[str] = field(default_factory=set)
    numbers: int = 0

    def next(self) -> int:
        self.numbers += 1
        return self.numbers


def run(seed: int, *, days: int, visits: int) -> Outcome:
    outcome = Outcome()
    with _hall(seed) as hall:
        first = HospitalDay.of(hall.clock.now())
        plan = _plan(hall.chance, days)
        for number in range(days):
            hall.clock.set(first.plus(number).starts_at + timedelta(hours=7))
            _live(hall, number, visits, plan)
        last = first.plus(days - 1)
        found = report.of_days(hall.hospital.runtime, hall.hospital.scope, first, last)
    flagged = {one for what in found for one in what.ids}
    recall = len(flagged & hall.planted) / len(hall.planted)
    false = len(flagged & hall.ordinary) / len(hall.ordinary)
    outcome.figures["planted, ordinary"] = f"{len(hall.planted)}, {len(hall.ordinary)}"
    outcome.figures["found of the planted, %"] = round(100 * recall, 1)
    outcome.figures["flagged of the ordinary, %"] = round(100 * false, 2)
    outcome.expect("at least 95 % of the planted", recall >= 0.95, True)
    outcome.expect("at most 1 % of the ordinary", false <= 0.01, True)
    unknown = flagged - hall.planted - hall.ordinary
    outcome.expect("flagged and neither", len(unknown), 0)
    return outcome


def _plan(chance: random.Random, days: int) -> dict[str, list[int]]:
    """Draw on which day each planted deed happens; what needs time after it comes earlier."""
    may_dip = range(1, days - 4, 4)
    return {
        "void": [chance.randrange(days) for _ in range(_share(_VOIDS, days))],
        "burst": chance.sample(range(days), _share(_BURSTS, days)),
        "account": [chance.randrange(days) for _ in range(_share(_ACCOUNTS, days))],
        "dip": chance.sample(may_dip, min(_DIPS, len(may_dip))),
    }


def _share(of_month: int, days: int) -> int:
    return -(-of_month * days // _MONTH)


def _live(hall: Hall, number: int, visits: int, plan: dict[str, list[int]]) -> None:
    shifts = [
        hall.hospital.open_shift(f"Q{at}", by=who) for at, who in enumerate(_CASHIERS, start=1)
    ]
    voids = plan["void"].count(number)
    taken = [_pay(hall, at) for at in range(visits + voids)]
    hall.hospital.work()
    for payment, _, cashier in taken:
        _print(hall, payment, cashier)
    hall.clock.advance(timedelta(minutes=hall.chance.randint(5, 90)))
    for payment, invoice, cashier in taken[:voids]:
        hall.planted.add(str(payment))
        _credit(hall, invoice, cashier, _PRICE)
    for payment, invoice, cashier in taken[voids:]:
        hall.ordinary.add(str(payment))
        if hall.chance.randrange(100) < _MIND_CHANGED:
            _change_mind(hall, invoice, cashier)
    for at in range(hall.chance.randint(0, 3)):
        hall.ordinary.add(str(_refund(hall, _ASKS[at % 2])))
    if number in plan["burst"]:
        who = hall.chance.choice(_ASKS)
        hall.planted |= {str(_refund(hall, who)) for _ in range(_OF_BURST)}
    for at in [at for at, day in enumerate(plan["account"]) if day == number]:
        _to_one_account(hall, at)
    if number % 5 == 0:
        _family(hall, number)
    if number in plan["dip"]:
        _dip(hall)
    hall.hospital.work()
    hall.clock.advance(timedelta(hours=8))
    for shift, cashier in zip(shifts, _CASHIERS, strict=True):
        _close(hall, shift, cashier)


def _pay(hall: Hall, at: int) -> tuple[UUID, UUID, str]:
    """Let a patient pay with notes; returns payment, invoice and cashier."""
    cashier = _CASHIERS[at % len(_CASHIERS)]
    invoice = hall.hospital.issue()
    cash = hall.hospital.hand_over(invoice, _PRICE, by=cashier)
    hall.clock.advance(timedelta(seconds=hall.chance.randint(5, 40)))
    return cash.payment, invoice, cashier


def _print(hall: Hall, payment: UUID, cashier: str) -> None:
    runtime = hall.hospital.runtime
    with runtime.database.transaction(hall.hospital.by(cashier)) as tx:
        printing.record(tx, payment, 1, reason="", copies_most=1)


def _change_mind(hall: Hall, invoice: UUID, cashier: str) -> None:
    """Credit as it is ordinary: all by the head cashier, or a part by the cashier."""
    if hall.chance.random() < 0.8:
        _credit(hall, invoice, _HEAD, _PRICE)
    else:
        _credit(hall, invoice, cashier, vnd(50_000))


def _credit(hall: Hall, invoice: UUID, by: str, amount: Money) -> None:
    credit_invoice(
        hall.hospital.runtime, hall.hospital.by(by), invoice, {"KB": amount},
        reason="không làm dịch vụ", key=f"credit-{hall.next():06d}",
    )  # fmt: skip


def _refund(hall: Hall, by: str, account: Account | None = None) -> UUID:
    """Ask for a small refund of money that came for nobody, approved by another person."""
    hospital = hall.hospital
    number = hall.next()
    amount = vnd(hall.chance.randint(20, 190) * 1_000)
    credit = hospital.arrive(hospital.transfer("CK TIEN VIEN", amount)).credit
    with hospital.runtime.database.reading(hospital.scope) as tx:
        payment = tx.execute(select(PAYMENT.c.id).where(PAYMENT.c.credit_id == credit)).scalar_one()
    asked = PaybackRequest(payment, amount, "chuyển nhầm", f"back-{number:06d}")
    made = paying_back.request(hospital.runtime, hospital.by(by), asked)
    approved = paying_back.approve(hospital.runtime, hospital.by("user:ktt"), made.id)
    token = paying_back.token_of(hospital.runtime, approved)
    named = account or Account("970436", f"9900{number:08d}", "NGUYEN VAN MAU")
    claiming.name_account(hospital.runtime, hospital.by("payee"), token, named)
    return made.id


def _to_one_account(hall: Hall, at: int) -> None:
    """Send four strangers' money to one account; every other one is in the name of a user."""
    holder = "TRAN THI THU" if at % 2 else "LE THI NGHIEM"
    account = Account("970436", f"9911{at:08d}", holder)
    for _ in range(_OF_ACCOUNT):
        hall.planted.add(str(_refund(hall, hall.chance.choice(_CASHIERS), account)))


def _family(hall: Hall, number: int) -> None:
    account = Account("970436", f"9922{number:08d}", "PHAM THI MAU")
    hall.ordinary |= {str(_refund(hall, _ASKS[0], account)) for _ in range(2)}


def _dip(hall: Hall) -> None:
    """Lower four prices from today on, sell at them, and set them back after two days."""
    today = HospitalDay.of(hall.clock.now())
    for since, factor in ((today.plus(1), 2), (today.plus(3), 1)):
        rows = [(code, code, code[:2], dong // factor) for code, dong in _DIPPED]
        shown = importing.show(
            hall.hospital.runtime, hall.hospital.by("user:ktt"), as_csv(*rows),
            since=since, is_whole=False,
        )  # fmt: skip
        importing.apply(hall.hospital.runtime, hall.hospital.by("user:ktt"), shown.id, shown.seen)
    hall.clock.advance(timedelta(days=1))
    for code, _ in _DIPPED:
        hall.hospital.issue(code)
        hall.planted.add(code)
    hall.clock.advance(-timedelta(days=1))


def _close(hall: Hall, shift: Shift, cashier: str) -> None:
    by = hall.hospital.by(cashier)
    counted = vnd(0)
    while not (
        found := count_drawer(hall.hospital.runtime, by, CountRequest(shift.id, counted))
    ).closes:
        counted = found.expected


@contextmanager
def _hall(seed: int) -> Iterator[Hall]:
    with tempfile.TemporaryDirectory() as disk, in_memory(Path(disk)) as folder:
        write_new(folder / "keys.json", demo=True)
        clock = morning()
        fresh_sqlite(folder / "hall.db", clock).close()
        address = Address(f"sqlite:///{folder / 'hall.db'}", str(folder / "keys.json"))
        runtime = runtime_at(address, clock)
        try:
            hospital = Hospital(runtime, SCOPE)
            # TRẦN THỊ THỬ, whose name the accounts of the planted bear.
            add_user(runtime, SCOPE, Role.CASHIER)
            yield Hall(hospital, clock, random.Random(seed))
        finally:
            runtime.database.close()


if __name__ == "__main__":
    raise SystemExit(
        script.main(
            run, "L5 patterns of insiders", {"days": 30, "visits": 200}, needs_cluster=False
        )
    )
