"""
Random insured visits from the engine to what a patient pays: no two places differ by one đồng.

    python -m tests.faults.payables --visits 100000 --seed 1

Each visit is split once. Then: in Decimals, own money, co-payment, fund and others are the cost on
every line and of the visit; in đồng, the postings of the settlement hold what each owes, and the
parts are the whole with what stands on 5310. What is due on the invoice, the amount that is read
back from the code, the bill 01/KBCB and XML1 of the claim as it is read back are one sum. A higher
level on a card, and a second card, never raise what the patient pays (but where a ceiling of the
year is crossed on the way, docs/insurance.md). The last line says PASS or FAIL, with the seed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from lxml import etree

from payments.claims.bill import bill_of as bill_01
from payments.claims.writing import Claim, NotWritable, tables_of
from payments.insurance.cases.bills import bill_of
from payments.insurance.coverage import Bill, Card, Coverage, Line, Rules, cover
from payments.insurance.coverage.model import Scope, Table
from payments.insurance.coverage.parts import Parts, earned, parts_of
from payments.insurance.coverage.rounding import dong
from payments.intents.plans import CODE_MAX
from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.status import Document
from payments.kernel.errors import Rejected
from payments.kernel.money import ZERO, Money
from payments.ledger.posting_rules.invoices import Revenue, invoice_issued
from payments.qr.parsing import parse
from payments.qr.vietqr import BuildRequest, build
from tests.support.random_visits import a_case

_ID: Final = UUID(int=1)
_DEPARTMENTS: Final = ("KB", "XN", "SA")
#: No bank: trials alone carry it.
_TRIAL_BIN: Final = "999999"
_TOLD_MAX: Final = 5
#: From the lowest level to the next; LH4 is 100 per cent since 2026 and stays as it is.
_HIGHER: Final = {"4": "3", "3": "2"}


@dataclass
class Run:
    """What was seen, and the first things that were wrong."""

    rules: Rules
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def holds(self, promise: str, number: int, *sums: object) -> None:
        """Count a promise, which is kept where all *sums* are equal."""
        self.seen[promise] += 1
        if any(one != sums[0] for one in sums):
            self.wrong.append(f"visit {number}: {promise}: {sums}")


def visit(run: Run, chance: random.Random, number: int) -> None:
    """Make one visit and follow its money to the end."""
    bill = _bill(chance, number)
    if bill is None:
        run.seen["refused"] += 1
        return
    try:
        made = cover(bill, run.rules)
    except Rejected:
        run.seen["refused"] += 1
        return
    run.seen["split"] += 1
    parts = parts_of(made)
    _in_decimals(run, number, made)
    _in_dong(run, number, made, parts)
    _as_shown(run, number, made, parts)
    _with_more(run, number, bill, made)


def _bill(chance: random.Random, number: int) -> Bill | None:
    try:
        bill = bill_of(a_case(chance, number))
    except Rejected:
        return None
    # A claim tells whole per cents, and drugs before services; a package is none of drugs.
    lines = sorted(bill.lines, key=lambda line: line.table)
    return replace(bill, lines=tuple(map(_claimable, lines)))


def _claimable(line: Line) -> Line:
    package = "" if line.table is Table.XML2 else line.package
    return line._replace(service_rate=Decimal(int(line.service_rate)), package=package)


def _in_decimals(run: Run, number: int, made: Coverage) -> None:
    for one in (*made.lines, made.totals):
        parts = one.own + one.copayment + one.fund + one.others
        run.holds("parts are the cost, in hundredths", number, parts, one.cost)
        run.holds("no part is below zero", number, min(one.own, one.copayment, one.fund) < 0, False)


def _in_dong(run: Run, number: int, made: Coverage, parts: Parts) -> None:
    departments = [_DEPARTMENTS[place % 3] for place in range(len(made.lines))]
    entry = invoice_issued(
        invoice=_ID,
        version=1,
        patient=parts.patient,
        fund=parts.fund,
        fund_agency="BHXH-99",
        claim=_ID,
        other=parts.others,
        other_payer="VTTN",
        revenue=[
            Revenue(one.department, one.payer_class, one.amount)
            for one in earned(made, departments)
        ],
    )
    held: Counter[str] = Counter()
    for posting in entry.postings:
        held[posting.debit.partition(":")[0]] += posting.amount.dong
        held[posting.credit.partition(":")[0]] -= posting.amount.dong
    run.seen["with a posting to 5310"] += bool(held["5310"])
    told = [held[account] for account in ("1300", "1400", "1500")]
    owed = [parts.patient.dong, parts.fund.dong, parts.others.dong]
    run.holds("the books hold what each owes", number, told, owed)
    whole = sum(told) + held["5310"]
    run.holds("parts and 5310 are the whole, in đồng", number, whole, -held["4000"])
    run.holds("the whole is the cost, in đồng", number, whole, dong(made.totals.cost).dong)
    run.holds("5310 takes one đồng at most", number, abs(held["5310"]) <= 1, True)


def _as_shown(run: Run, number: int, made: Coverage, parts: Parts) -> None:
    issued = Document.ISSUED
    invoice = Invoice(_ID, _ID, "HD1", issued, 1, parts.total, ZERO, ZERO, ZERO, parts.covered)
    due = amount_due(invoice)
    shown = [parts.patient, due]
    if ZERO < due <= CODE_MAX:
        shown.append(_scanned(due))
        run.seen["codes read back"] += 1
    cards = [f"{one.letters}{one.digit}999900000001" for one in made.bill.visit.cards]
    claim = Claim("VPTEST", made, cards, {"HO_TEN": "NGƯỜI THỬ"}, [{}] * len(made.lines))
    bill = bill_01(claim)
    shown.append(bill.patient)
    try:
        xml1 = etree.fromstring(tables_of(claim, "99001", 1)["XML1"])
    except NotWritable:
        run.seen["not writable as a claim"] += 1
    else:
        run.seen["claims read back"] += 1
        own, copayment, fund = (Decimal(xml1.findtext(f"T_{n}")) for n in ("BNTT", "BNCCT", "BHTT"))
        shown.append(dong(own + copayment))
        run.holds("fund: invoice, bill, claim", number, parts.fund, bill.fund, dong(fund))
    run.holds("patient: screen, invoice, code, bill, claim", number, *shown)


def _scanned(due: Money) -> Money:
    """Give the amount that a bank's app reads from the code for *due*."""
    payload = build(BuildRequest(_TRIAL_BIN, "970400001", due, "VPH1"))
    parsed = parse(payload).parsed
    assert parsed is not None
    return Money(int(parsed["amount"]))


def _with_more(run: Run, number: int, bill: Bill, made: Coverage) -> None:
    if bill.visit.five_years_from is not None or any(
        line.scope is Scope.FORCES for line in bill.lines
    ):
        # A ceiling that is crossed sooner, or another card of one level: no promise is made there.
        return
    cards = bill.visit.cards
    for promise, more in (
        ("a higher level never raises the patient's part", tuple(map(_higher, cards))),
        ("a second card never raises the patient's part", (*cards, *map(_higher, cards[:1]))),
    ):
        better = cover(replace(bill, visit=replace(bill.visit, cards=more)), run.rules)
        is_kept = (
            better.patient_pays <= made.patient_pays
            and better.totals.own + better.totals.copayment
            <= made.totals.own + made.totals.copayment
        )
        run.holds(promise, number, is_kept, True)


def _higher(card: Card) -> Card:
    if (card.letters, card.digit) == ("LH", "4"):
        return card
    return replace(card, digit=_HIGHER.get(card.digit, card.digit))


def run_visits(numbers: range, seed: int) -> Run:
    """Follow the visits of *numbers*; the same number of the same seed is the same visit."""
    run = Run(Rules.shipped())
    for number in numbers:
        visit(run, random.Random(f"{seed}:{number}"), number)
    return run


def _all_together(visits: int, seed: int, processes: int) -> tuple[Counter[str], list[str]]:
    parts = [range(first, visits, processes) for first in range(processes)]
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    with ProcessPoolExecutor(processes) as pool:
        for run in pool.map(run_visits, parts, [seed] * processes):
            seen += run.seen
            wrong += run.wrong
    return seen, wrong


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(argv)
    began = time.monotonic()
    seen, wrong = _all_together(given.visits, given.seed, given.processes)
    took = time.monotonic() - began
    for name, count in sorted(seen.items(), key=lambda one: -one[1]):
        print(f"{count:10,} {name}")
    for one in wrong[:_TOLD_MAX]:
        print(one)
    verdict = "FAIL" if wrong else "PASS"
    print(f"{verdict} {given.visits:,} visits, seed {given.seed}, {took:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
