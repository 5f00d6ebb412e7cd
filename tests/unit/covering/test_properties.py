"""Random visits: parts equal the whole, in decimals and đồng with postings; a card only helps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from payments.covering.model import (
    CardFact,
    InsuredLine,
    InsuredVisit,
    OtherPayer,
    VisitFacts,
    bill_of,
)
from payments.insurance.coverage import Coverage, Rules, cover
from payments.insurance.coverage.model import Mode
from payments.insurance.coverage.parts import CLASSES, Parts, earned, parts_of
from payments.insurance.coverage.rounding import dong
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger.model import Entry
from payments.ledger.posting_rules.coverage import Shift, coverage_changed
from payments.ledger.posting_rules.invoices import Revenue, invoice_issued

CAME = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
VISIT = InsuredVisit(uuid4(), uuid4(), "99", CAME)
INVOICE = uuid4()
RULES = Rules.shipped()
#: Benefit codes from the lowest level to the highest.
LADDER = ("DN4", "HT3", "HN2")
#: A loaded machine is no finding.
SLOW = settings(deadline=None)
OUTPATIENT = ("1.1", "1.3", "1.13", "1.14", "1.18", "2", "3.3", "9")

prices = st.integers(0, 30_000_000).map(vnd)
lines = st.builds(
    InsuredLine,
    service_code=st.sampled_from(["A", "B"]),
    description=st.just("x"),
    department=st.sampled_from(["KB", "XN", "SA", "XQ", "CT"]),
    quantity=st.integers(1, 9),
    price=prices,
    fund_price=st.none() | prices,
    rate=st.sampled_from([0, 30, 33, 50, 77, 100]),
    group=st.integers(1, 15),
    scope=st.sampled_from(["1", "1", "1", "2", "3"]),
    table=st.sampled_from(["XML2", "XML3"]),
    ordered_at=st.just(CAME),
)
bills = st.lists(lines, min_size=1, max_size=8)


def card(code: str) -> CardFact:
    return CardFact(f"{code}990123456789", date(2026, 1, 1), date(2026, 12, 31))


facts = st.builds(
    VisitFacts,
    card=st.none() | st.sampled_from(LADDER).map(card),
    category=st.sampled_from(OUTPATIENT),
    visit_type=st.just("01"),
    exempt_from=st.none() | st.just(date(2026, 11, 1)),
)


def split(given_facts: VisitFacts, of: list[InsuredLine]) -> Coverage:
    return cover(bill_of(VISIT, given_facts, of, until=CAME, is_closed=True), RULES)


def issued(coverage: Coverage, of: list[InsuredLine]) -> Entry:
    parts = parts_of(coverage)
    return invoice_issued(
        invoice=INVOICE,
        version=1,
        patient=parts.patient,
        fund=parts.fund,
        fund_agency="99",
        claim=VISIT.claim,
        other=parts.others,
        other_payer="VTTN",
        revenue=[
            Revenue(one.department, one.payer_class, one.amount)
            for one in earned(coverage, [line.department for line in of])
        ],
    )


def changed(before: Parts, after: Parts) -> Entry:
    return coverage_changed(
        event=uuid4(),
        invoice=INVOICE,
        claim=VISIT.claim,
        agency="99",
        shift=Shift(
            after.patient - before.patient, after.fund - before.fund, after.others - before.others
        ),
        other_payer="VTTN",
    )


def balances(*entries: Entry) -> Counter[str]:
    """Sum the entries by control account, debit positive."""
    told: Counter[str] = Counter()
    for entry in entries:
        for posting in entry.postings:
            told[posting.debit.partition(":")[0]] += posting.amount.dong
            told[posting.credit.partition(":")[0]] -= posting.amount.dong
    return told


def assert_books(told: Counter[str], parts: Parts) -> None:
    assert told["1300"] == parts.patient.dong
    assert told["1400"] == parts.fund.dong
    assert told["1500"] == parts.others.dong
    assert told["4000"] == -parts.total.dong
    assert told["5310"] == -parts.rounding.dong
    assert sum(told.values()) == 0


@SLOW
@given(facts, bills)
def test_parts_are_the_whole_on_every_line_and_on_the_visit(
    told: VisitFacts, of: list[InsuredLine]
) -> None:
    coverage = split(told, of)

    for line in (*coverage.lines, coverage.totals):
        assert line.cost == line.own + line.copayment + line.fund + line.others
    parts = parts_of(coverage)
    assert parts.patient + parts.fund + parts.others == parts.total + parts.rounding
    assert abs(parts.rounding) <= vnd(1)
    # What bill and claim say: hundredths that come to the very đồng of the code.
    assert parts.patient == dong(coverage.totals.own + coverage.totals.copayment)
    assert parts.total == sum((one.price * one.quantity for one in of), ZERO)


@SLOW
@given(facts, bills)
def test_the_books_of_a_settlement_hold_what_each_owes(
    told: VisitFacts, of: list[InsuredLine]
) -> None:
    coverage = split(told, of)

    assert_books(balances(issued(coverage, of)), parts_of(coverage))
    shares = earned(coverage, [line.department for line in of])
    assert sum((one.amount for one in shares), ZERO) == parts_of(coverage).total
    assert {one.payer_class for one in shares} <= set(CLASSES)


@SLOW
@given(st.lists(facts, min_size=2, max_size=4), bills, st.data())
def test_any_chain_of_changes_ends_in_the_books_of_the_last(
    chain: list[VisitFacts], of: list[InsuredLine], data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, len(of)))
    amount = data.draw(st.integers(1, 10_000_000).map(vnd))
    assume(amount < of[number - 1].price * of[number - 1].quantity)
    mode = data.draw(st.sampled_from([Mode.PERSONAL, Mode.POOL]))
    chain[-1] = replace(chain[-1], other=OtherPayer("vttn", number, amount, mode))
    first, *rest = (split(told, of) for told in chain)

    entries = [issued(first, of)]
    before = parts_of(first)
    for coverage in rest:
        entries.append(changed(before, parts_of(coverage)))
        before = parts_of(coverage)

    assert_books(balances(*entries), before)


@SLOW
@given(facts, bills)
def test_a_higher_entitlement_never_raises_what_the_patient_pays(
    told: VisitFacts, of: list[InsuredLine]
) -> None:
    none, *better = (
        parts_of(split(replace(told, card=one), of)).patient for one in (None, *map(card, LADDER))
    )

    assert none >= better[0] >= better[1] >= better[2]


@SLOW
@given(facts, bills)
def test_an_exemption_never_raises_what_the_patient_pays(
    told: VisitFacts, of: list[InsuredLine]
) -> None:
    with_one, without = (
        parts_of(split(replace(told, exempt_from=day), of)).patient
        for day in (date(2026, 11, 1), None)
    )

    assert with_one <= without


def test_half_a_dong_on_each_part_is_one_dong_of_rounding() -> None:
    half = InsuredLine("A", "x", "KB", 1, vnd(1_000_001), None, 50, 1, "1", "XML3", CAME)

    coverage = split(VisitFacts(card("HT3"), "1.1", "01"), [half])

    # 475,000.48 + 525,000.52: nobody is charged for what the halves leave over.
    parts = parts_of(coverage)
    assert coverage.totals.fund == Decimal("475000.48")
    assert (parts.patient, parts.fund, parts.rounding) == (vnd(525_001), vnd(475_000), Money(0))
    assert_books(balances(issued(coverage, [half])), parts)
