"""What holds for every rule: it balances, twice is once, the order does not matter."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.chart import control_of
from payments.ledger.model import Entry, Subject
from payments.ledger.posting_rules import (
    cash,
    corrections,
    deposits,
    disputes,
    insurance,
    invoices,
    money,
    money_in,
    refunds,
    settlements,
    suspense,
)
from payments.ledger.posting_rules.invoices import Revenue, RevenueMode
from payments.ledger.posting_rules.money import WrongParts
from payments.storage.unit_of_work import Database
from tests.support.ledger import assert_balanced, control_balances, post_all, seal_all

#: Three things that the rules may be about.
A, B, C = uuid4(), uuid4(), uuid4()
BANK = money.bank("0011", "FT1")
DONG = st.integers(0, 10**12).map(Money)

#: Every rule of the package with one amount; reversals (P02, P19, P44) are tested with the service.
RULES: dict[str, Callable[[Money], Entry]] = {
    "P01": lambda m: invoices.invoice_issued(
        invoice=A,
        version=1,
        patient=m + vnd(7),
        fund=m,
        fund_agency="79",
        claim=B,
        other=m,
        other_payer="PVI",
        vat=vnd(7),
        revenue=[Revenue("XN", kind, m) for kind in ("patient", "bhyt", "other")],
    ),
    "P01 clearing": lambda m: invoices.invoice_issued(
        invoice=A,
        version=1,
        patient=m,
        revenue=[Revenue("XN", "patient", m)],
        mode=RevenueMode.CLEARING,
    ),
    "P03": lambda m: invoices.invoice_credited(
        credit_note=B,
        invoice=A,
        revenue=[Revenue("XN", "patient", m), Revenue("XN", "bhyt", m)],
        fund_agency="79",
        claim=C,
    ),
    "P04": lambda m: invoices.invoice_exempted(decision=B, invoice=A, programme="CS", amount=m),
    "P05": lambda m: _transfer("FT1", m, m),
    "P06": lambda m: money_in.gateway_captured(
        adapter="momo", transaction="C", payment=B, received=m, applied=m, invoice=A
    ),
    "P07": lambda m: money_in.cash_received(till="Q1", receipt=B, shift=C, received=m, invoice=A),
    "P09": lambda m: _transfer("FT1", m + vnd(3), m),
    "P10": lambda m: _transfer("FT1", m, vnd(0)),
    "P11": lambda m: suspense.suspense_matched(match=B, credit=C, invoice=A, amount=m),
    "P11 deposit": lambda m: suspense.suspense_deposited(
        match=B, owner=Subject("payment", C), encounter=A, amount=m
    ),
    "P12": lambda m: suspense.suspense_refunded(
        refund=B, owner=Subject("bank_credit", C), amount=m
    ),
    "P13": lambda m: deposits.deposit_received(movement=BANK, encounter=A, amount=m),
    "P14": lambda m: deposits.deposit_applied(encounter=A, invoice=B, application=1, amount=m),
    "P15": lambda m: deposits.deposit_refunded(refund=B, encounter=A, amount=m),
    "P16": lambda m: refunds.refund_approved(refund=B, invoice=A, amount=m),
    "P17": lambda m: refunds.refund_done(
        refund=B, attempt=1, account=BANK.account, subject=BANK.subject, amount=m
    ),
    "P18": lambda m: refunds.refund_bounced(movement=BANK, refund=B, amount=m),
    "P20b": lambda m: settlements.settlement_credited(movement=BANK, settlement=B, amount=m),
    "P21 bill": lambda m: settlements.fee_billed(adapter="momo", fee_invoice="1", amount=m),
    "P21 pay": lambda m: settlements.fee_paid(
        adapter="momo", fee_invoice="1", movement=BANK, amount=m
    ),
    "P23": lambda m: disputes.dispute_opened(
        dispute=A, adapter="card", payment=B, amount=m, fee=vnd(3)
    ),
    "P24": lambda m: disputes.dispute_won(dispute=A, adapter="card", payment=B, amount=m),
    "P25": lambda m: disputes.dispute_lost(dispute=A, adapter="card", invoice=B, amount=m),
    "P26": lambda m: disputes.dispute_written_off(
        decision=C, dispute=A, adapter="card", invoice=B, amount=m
    ),
    "P27": lambda m: settlements.balance_topped_up(movement=BANK, adapter="card", parts={B: m}),
    "P28": lambda m: insurance.claim_submitted(
        claim=A, submission=1, agency="79", amount=m, difference=vnd(-1)
    ),
    "P29": lambda m: insurance.advance_received(
        movement=BANK, agency="79", period="2026Q4", claim_period=A, amount=m
    ),
    "P30": lambda m: insurance.claims_accepted(
        notice=B, agency="79", period="2026Q4", claim_period=A, claims={C: m, B: m}
    ),
    "P31": lambda m: insurance.claims_paid(movement=BANK, agency="79", claims={C: m, B: m}),
    "P32": lambda m: insurance.claim_rejected(notice=B, claim=C, agency="79", amount=m),
    "P33": lambda m: insurance.appeal_won(appeal=B, claim=C, agency="79", amount=m),
    "P34": lambda m: insurance.rejection_written_off(
        decision=B, claim=C, agency="79", reason="R1", amount=m
    ),
    "P35": lambda m: insurance.rejection_to_patient(
        decision=B, claim=C, invoice=A, agency="79", amount=m
    ),
    "P36 carry": lambda m: insurance.advance_carried(
        notice=B,
        agency="79",
        old="2026Q3",
        old_period=A,
        new="2026Q4",
        new_period=C,
        amount=m,
    ),
    "P36 back": lambda m: insurance.advance_paid_back(
        notice=B, movement=BANK, agency="79", period="2026Q3", claim_period=A, amount=m
    ),
    "P37": lambda m: insurance.coverage_grown(event=B, invoice=A, claim=C, agency="79", amount=m),
    "P38": lambda m: insurance.coverage_withdrawn(
        event=B, invoice=A, claim=C, agency="79", amount=m
    ),
    "P39 short": lambda m: cash.till_closed(till="Q1", shift=C, difference=-m),
    "P39 over": lambda m: cash.till_closed(till="Q1", shift=C, difference=m),
    "P40 safe": lambda m: cash.till_to_safe(slip="1", till="Q1", shift=C, amount=m),
    "P40 bag": lambda m: cash.safe_to_transit(slip="1", bank_account="0011", shift=C, amount=m),
    "P40 bank": lambda m: cash.transit_to_bank(slip="1", movement=BANK, shift=C, amount=m),
    "P41": lambda m: invoices.bad_debt(decision=B, invoice=A, amount=m),
    "P42 interest": lambda m: money_in.bank_other(bank_account="0011", external_id="FT1", amount=m),
    "P42 fee": lambda m: money_in.bank_other(bank_account="0011", external_id="FT1", amount=-m),
    "P43": lambda m: corrections.opened(
        go_live=B,
        balances=[
            corrections.OpeningBalance("1010", m),
            corrections.OpeningBalance("2200", -m, Subject("payment", C)),
        ],
    ),
    "P45": lambda m: invoices.invoice_issued(
        invoice=A, version=1, patient=m + vnd(1), revenue=[Revenue("XN", "patient", m)]
    ),
    "P46": lambda m: insurance.period_rounded(notice=B, claim=C, agency="79", amount=m),
    "P46 less": lambda m: insurance.period_rounded(notice=B, claim=C, agency="79", amount=-m),
}


def _transfer(line: str, received: Money, applied: Money, invoice: UUID = A) -> Entry:
    return money_in.transfer_received(
        bank_account="0011",
        external_id=line,
        credit=B,
        received=received,
        applied=applied,
        invoice=invoice,
    )


@pytest.mark.parametrize("name", RULES)
@given(amount=DONG)
def test_rule_balances_and_moves_positive_amounts_between_known_accounts(
    name: str, amount: Money
) -> None:
    entry = RULES[name](amount)

    assert all(posting.amount > Money(0) for posting in entry.postings)
    for posting in entry.postings:
        for code, subject in (
            (posting.debit, posting.debit_subject),
            (posting.credit, posting.credit_subject),
        ):
            wanted = control_of(code).subjects
            assert not wanted or (subject is not None and subject.type in wanted)


@pytest.mark.parametrize("name", RULES)
def test_rule_posts_nothing_for_nothing(name: str) -> None:
    fixed = {"P01", "P09", "P23", "P28", "P45"}  # these carry an amount of their own here

    assert bool(RULES[name](Money(0)).postings) is (name in fixed)


@pytest.mark.parametrize("name", RULES)
def test_rule_gives_the_same_key_and_fingerprint_for_the_same_fact(name: str) -> None:
    assert RULES[name](vnd(5)) == RULES[name](vnd(5))
    assert RULES[name](vnd(5)).key == RULES[name](vnd(6)).key
    assert RULES[name](vnd(5)).fingerprint != RULES[name](vnd(6)).fingerprint


def test_rules_are_taken_by_both_databases(database: Database, scope: Scope) -> None:
    distinct = {entry.key: entry for entry in (rule(vnd(1_000)) for rule in RULES.values())}
    # What leaves a guarded account comes after what fills it.
    ordered = sorted(distinct.values(), key=lambda one: _drains(one))
    funded = corrections.opened(
        go_live=uuid4(),
        balances=[
            corrections.OpeningBalance(code, vnd(-5_000), Subject(kind, subject))
            for code, kind, subject in (
                ("2000", "encounter", A),
                ("2100", "refund", B),
                ("2200", "bank_credit", C),
                ("2200", "payment", C),
            )
        ],
    )

    post_all(database, scope, [funded, *ordered], database.clock.now())
    seal_all(database, scope)

    assert_balanced(database, scope)


def _drains(entry: Entry) -> bool:
    return any(posting.debit in ("2000", "2100", "2200") for posting in entry.postings)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(6)), repeats=st.lists(st.integers(0, 5), max_size=6))
def test_neither_order_nor_repetition_changes_the_balances(
    database: Database, scope: Scope, order: list[int], repeats: list[int]
) -> None:
    # A case of its own per example: the database is the same for all of them.
    case, bank = uuid4(), f"B{uuid4().hex[:8]}"
    facts = [
        money_in.transfer_received(
            bank_account=bank,
            external_id=f"FT{number}",
            credit=uuid4(),
            received=vnd(1_000 + number),
            applied=vnd(600),
            invoice=case,
        )
        for number in range(6)
    ]
    before = control_balances(database, scope)

    post_all(database, scope, [facts[at] for at in (*order, *repeats)], database.clock.now())

    after = control_balances(database, scope)
    moved = {code: after[code] - before.get(code, 0) for code in after}
    assert moved == {"1100": 6_015, "1300": -3_600, "2200": -2_415}


def test_report_of_a_settlement_nets_to_what_the_bank_will_credit() -> None:
    lines: list[settlements.Line] = [
        settlements.SettledPayment(number, uuid4(), vnd(1_000), vnd(16)) for number in range(200)
    ]
    lines.append(settlements.Correction(200, uuid4(), vnd(-500)))
    lines.append(settlements.Correction(201, uuid4(), vnd(30)))
    lines.append(settlements.Correction(202, uuid4(), vnd(-11), is_fee=True))
    lines.append(settlements.Correction(203, uuid4(), vnd(2), is_fee=True))

    entries = list(
        settlements.settled(
            adapter="momo", bank_account="0011", batch="B1", settlement=uuid4(), lines=lines
        )
    )

    net = sum(
        (1 if posting.debit == "1020:0011" else -1) * posting.amount.dong
        for entry in entries
        for posting in entry.postings
        if "1020:0011" in (posting.debit, posting.credit)
    )
    assert net == 200 * 984 - 500 + 30 - 11 + 2
    assert [entry.key for entry in entries] == [
        "settle:momo:B1:0",
        "settle:momo:B1:90",
        "settle:momo:B1:180",
    ]
    assert max(len(entry.postings) for entry in entries) <= 200


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: _transfer("FT1", vnd(5), vnd(6)),
        lambda: _transfer("FT1", vnd(-5), vnd(0)),
        lambda: invoices.invoice_issued(
            invoice=A, version=1, patient=vnd(100), revenue=[Revenue("XN", "patient", vnd(90))]
        ),
        lambda: invoices.invoice_issued(
            invoice=A, version=1, patient=vnd(0), fund=vnd(5), revenue=[]
        ),
        lambda: list(
            settlements.settled(
                adapter="momo",
                bank_account="0011",
                batch="B",
                settlement=A,
                lines=[settlements.SettledPayment(1, B, vnd(5), vnd(6))],
            )
        ),
    ],
)
def test_parts_that_contradict_the_whole_are_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(WrongParts):
        wrong()


def test_long_bank_reference_still_makes_a_key() -> None:
    movement = money.bank("0011", "x" * 500)

    assert len(movement.key) <= 200
    assert movement.key != money.bank("0011", "x" * 499).key


def test_revenue_of_a_payer_without_a_part_is_refused() -> None:
    with pytest.raises(WrongParts):
        invoices.invoice_issued(
            invoice=A, version=1, patient=vnd(5), revenue=[Revenue("XN", "bhyt", vnd(5))]
        )
