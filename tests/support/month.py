"""
A seeded month of payments on five channels, with faults of known number, and what must come of it.

    two accounts told by feeds · one told by its statement alone · a gateway with reports · cash

Every day: codes are shown, money comes, statements that overlap by a day are imported, the
gateway reports the day before and pays it out.
"""

from __future__ import annotations

import csv
import heapq
import io
import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from payments.channels import fees
from payments.channels import service as channels
from payments.channels.routing import Fee, Terms
from payments.demo.hospital import DESK
from payments.inbox.asking import ask_all
from payments.intents.service import expire, open_intent
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money, vnd
from payments.payouts import crediting, repository, taking
from payments.reconciliation.importing import finish, take_in
from tests.support.gateways import GatewayDesk
from tests.support.hospital import PAYEE, SANDBOX, Hospital
from tests.support.statements import Moved, a_statement, moved_at

DAYS: Final = 30
BEGINS: Final = datetime(2026, 11, 1, 0, 30, tzinfo=UTC)  # 07:30 in the hospital
_OPEN_FOR: Final = timedelta(hours=9)
#: Payments in 1,000 that have a fault; the fee is the gateway's, the others are transfers'.
FAULTS: Final = {
    "late": 20, "short": 10, "over": 7, "twice": 5, "unreadable": 8, "fee": 3, "twins": 1,
}  # fmt: skip
#: Faults of which money waits for a person.
FOR_A_PERSON: Final = ("over", "twice", "unreadable")
_SHARES: Final = (("sepay", 30), ("casso", 25), ("statement", 20), ("momo", 15), ("cash", 10))
ACCOUNTS: Final = {"sepay": PAYEE.account, "casso": "0071000123457", "statement": "0071000123458"}
_CODES: Final = {"sepay": DESK, "casso": "vietqr-b", "statement": "vietqr-c"}
_SERVICES: Final = ("KB01", "KB03", "XN01", "XN04", "SA01", "SA02", "XQ01")
_BALANCE: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    number: int
    at: datetime
    channel: str
    fault: str
    service: str


@dataclass(slots=True)
class Told:
    """What came: *invoice_of* says by the bank's reference for whom each transfer was meant."""

    invoice_of: dict[str, UUID] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    lines: dict[str, dict[HospitalDay, list[Moved]]] = field(
        default_factory=lambda: {one: defaultdict(list) for one in ACCOUNTS.values()}
    )
    movements: int = 0
    #: Whatever was told by somebody, to be told once more.
    again: list[Callable[[], object]] = field(default_factory=list)


def planned(payments: int, seed: int, days: int = DAYS) -> list[Plan]:
    """Plan the days: every fault as often as its share says, at places that the seed chooses."""
    chance = random.Random(seed)
    names, weights = zip(*_SHARES, strict=True)
    chosen = chance.choices(names, weights, k=payments)
    fault = [""] * payments
    places = chance.sample(range(payments), payments)
    for name, share in FAULTS.items():
        fits = [n for n in places if not fault[n] and _fits(chosen[n], name)]
        for n in fits[: max(1, payments * share // 1000)]:
            fault[n] = name
    step = _OPEN_FOR / max(1, -(-payments // days))
    plans = []
    for n in range(payments):
        day, place = divmod(n * days, payments)
        at = BEGINS + timedelta(days=day) + step * (place // days)
        plans.append(Plan(n, at, chosen[n], fault[n], chance.choice(_SERVICES)))
    return plans


def _fits(channel: str, fault: str) -> bool:
    return channel == "momo" if fault == "fee" else channel in ACCOUNTS


class Month:
    """Runs the month in front of *hospital*; the clock must stand at ``BEGINS``."""

    def __init__(self, desk: GatewayDesk, payments: int, seed: int, days: int = DAYS) -> None:
        self.desk, self.hospital = desk, desk.hospital
        self.clock = self.hospital.runtime.clock
        self.plans = planned(payments, seed, days)
        self.days = days
        self.told = Told()
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._dear: dict[HospitalDay, set[str]] = defaultdict(set)
        self._balance = dict.fromkeys(ACCOUNTS.values(), _BALANCE)
        self._opened: dict[tuple[str, HospitalDay], int] = {}
        _furnish(self.hospital)

    def run(self) -> None:
        for _, plans in itertools.groupby(self.plans, key=lambda one: HospitalDay.of(one.at)):
            for plan in plans:
                self._until(plan.at)
                self._collect(plan)
            self._until(self.clock.now() + timedelta(hours=2))
            self._end_of_day(HospitalDay.of(self.clock.now()))

    def repeat(self) -> None:
        """Tell everything once more: messages, reports, statements."""
        for once_more in list(self.told.again):
            once_more()

    def _until(self, at: datetime) -> None:
        while self._events and self._events[0][0] <= at:
            due, _, happen = heapq.heappop(self._events)
            self._set(due)
            happen()
        self._set(at)

    def _set(self, at: datetime) -> None:
        assert isinstance(self.clock, FrozenClock)
        self.clock.set(max(at, self.clock.now()))

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        at = self.clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._events, (at, next(self._order), happen))

    def _collect(self, plan: Plan) -> None:
        invoice = self.hospital.issue(plan.service)
        self.told.movements += 1
        if plan.channel == "cash":
            self.hospital.hand_over(invoice, self.hospital.view(invoice).due)
        elif plan.channel == "momo":
            self._gateway(plan, invoice)
        else:
            self._transfers(plan, invoice)

    def _gateway(self, plan: Plan, invoice: UUID) -> None:
        intent = self.desk.open(invoice, key=f"month-{plan.number:08d}")
        sent = self.desk.play(intent, "pay")
        self.desk.deliver(*sent)
        self.told.again.append(lambda: self.desk.deliver(*sent))
        if plan.fault == "fee":
            self._dear[HospitalDay.of(self.clock.now())].add(self.desk.wire(intent))

    def _transfers(self, plan: Plan, invoice: UUID) -> None:
        shown = open_intent(
            self.hospital.runtime,
            self.hospital.scope,
            invoice=invoice,
            channel=_CODES[plan.channel],
            key=f"month-{plan.number:08d}",
        )
        due, name = shown.amount.dong, f"FT{plan.number:08d}"
        memo = f"CK {shown.code}" if plan.fault != "unreadable" else "CHUYEN TIEN VIEN PHI"
        first = Moved(
            {"short": due - 10_000, "over": due + 20_000}.get(plan.fault, due), name, memo
        )
        if plan.fault == "twins":
            first = replace(first, amount=due // 2)
        self.told.invoice_of[name] = invoice
        if plan.fault in ("over", "unreadable"):
            self.told.waiting.add(name)
        self._after(1_200 if plan.fault == "late" else 60, lambda: self._arrive(plan, first, 1))
        if plan.fault == "twins":
            # Two halves of one invoice, alike in every character.
            self.told.movements += 1
            self._after(60, lambda: self._arrive(plan, first, 2))
        if plan.fault == "twice":
            second = replace(first, reference=f"{name}X")
            self.told.invoice_of[second.reference] = invoice
            self.told.waiting.add(second.reference)
            self.told.movements += 1
            self._after(300, lambda: self._arrive(plan, second, 1))

    def _arrive(self, plan: Plan, moved: Moved, copy: int) -> None:
        now = self.clock.now()
        account = ACCOUNTS[plan.channel]
        self._move(account, replace(moved, at=moved_at(now)))
        # A feed names twins alike and so knows one of them; the statement brings the other.
        if plan.channel == "statement" or copy == 2:
            return
        arrival = replace(
            self.hospital.transfer(
                moved.memo, vnd(moved.amount), at=now, reference=moved.reference
            ),
            source=f"feed:{plan.channel}",
            account=account,
        )
        self.hospital.arrive(arrival)
        self.told.again.append(lambda: self.hospital.arrive(arrival))

    def _move(self, account: str, moved: Moved) -> None:
        day = HospitalDay.of(self.clock.now())
        self._opened.setdefault((account, day), self._balance[account])
        self._balance[account] += moved.amount
        self.told.lines[account][day].append(moved)

    def _end_of_day(self, day: HospitalDay) -> None:
        runtime, scope = self.hospital.runtime, self.hospital.scope
        ask_all(runtime, scope)
        self._pay_out(day)
        for account in ACCOUNTS.values():
            content = self._statement(account, day)
            if content:
                self._import(account, content)
                self.told.again.append(lambda a=account, c=content: self._import(a, c))
        expire(runtime, scope)

    def _import(self, account: str, content: bytes) -> None:
        runtime, scope = self.hospital.runtime, self.hospital.scope
        finish(runtime, scope, take_in(runtime, scope, account, content).file)

    def _statement(self, account: str, day: HospitalDay) -> bytes:
        """Write a file of this day and the one before: every line is told twice."""
        days = [one for one in (day.plus(-1), day) if self.told.lines[account].get(one)]
        lines = [line for one in days for line in self.told.lines[account][one]]
        if not lines:
            return b""
        shown = day.date.strftime("%d/%m/%Y")
        return a_statement(
            *lines, account=account, day=shown, opening=self._opened[account, days[0]]
        )

    def _pay_out(self, day: HospitalDay) -> None:
        content = _dearer(self.desk.stand.settled(day), self._dear[day])
        if content.count(b"\n") <= 2:
            return
        taken = self._report(day, content)
        self.told.again.append(lambda: self._report(day, content))
        for payout in taken.payouts:
            with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
                net = crediting.net_of(tx, payout)
            moved = Moved(net.dong, f"PO{day}".replace("-", ""), "MOMO CHI TRA")
            self._arrive(Plan(0, BEGINS, "sepay", "", ""), moved, 1)
            self.told.movements += 1
            with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
                [found] = [
                    one
                    for one in crediting.candidates(tx, repository.get(tx, payout))
                    if one.reference == moved.reference
                ]
            crediting.confirm(self.hospital.runtime, self.hospital.scope, payout, found.credit)

    def _report(self, day: HospitalDay, content: bytes) -> taking.Taken:
        runtime, scope = self.hospital.runtime, self.hospital.scope
        return taking.take_in(
            runtime, scope, "momo", day, account=ACCOUNTS["sepay"], content=content
        )


def _furnish(hospital: Hospital) -> None:
    """Add the second and third account with their codes, the gateway's fee, and an open shift."""
    runtime, scope = hospital.runtime, hospital.scope
    with runtime.database.transaction(scope) as tx:
        for name in ("casso", "statement"):
            account = ACCOUNTS[name]
            channels.add_account(tx, "trial", replace(PAYEE, account=account))
            channels.put(
                tx,
                runtime,
                slug=_CODES[name],
                adapter="bank_transfer",
                settings=SANDBOX["bank_transfer"] | {"account": account},
                account=account,
            )
    today = HospitalDay.of(runtime.clock.now())
    fees.agree(runtime, scope, "momo", today, Terms(Fee(per_million=15_000)), "HĐ thử 01/2026")
    hospital.open_shift()


def _dearer(content: bytes, orders: set[str]) -> bytes:
    """Let the gateway take 500 đ more of these *orders* than was agreed."""
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    more = 0
    for row in rows:
        if row["order_id"] in orders:
            row["fee"], row["net"] = str(int(row["fee"]) + 500), str(int(row["net"]) - 500)
            more += 500
        elif row["partner_code"] == "TOTAL":
            row["fee"], row["net"] = str(int(row["fee"]) + more), str(int(row["net"]) - more)
    written = io.StringIO()
    writer = csv.DictWriter(written, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def total_of(lines: dict[HospitalDay, list[Moved]]) -> Money:
    return vnd(sum(line.amount for some in lines.values() for line in some))
