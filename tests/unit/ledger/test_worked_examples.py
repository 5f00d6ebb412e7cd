"""The worked examples A to L of the ledger's specification end with the balances printed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from payments import ledger
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.model import Entry, Posted, Subject
from payments.ledger.posting_rules import (
    cash,
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
from payments.ledger.posting_rules.invoices import Revenue
from payments.storage.unit_of_work import Database
from tests.support.ledger import control_balances, seal_all

BANK, WALLET, TILL, AGENCY = "0011004", "momo", "QUAY1", "79"


@dataclass
class Case:
    """One patient's story: ids that the steps share, and the steps themselves."""

    invoice: UUID = field(default_factory=uuid4)
    claim: UUID = field(default_factory=uuid4)
    payment: UUID = field(default_factory=uuid4)
    credit: UUID = field(default_factory=uuid4)
    refund: UUID = field(default_factory=uuid4)
    encounter: UUID = field(default_factory=uuid4)
    shift: UUID = field(default_factory=uuid4)
    settlement: UUID = field(default_factory=uuid4)
    dispute: UUID = field(default_factory=uuid4)
    quarter: UUID = field(default_factory=uuid4)

    def issued(self, patient: int, fund: int = 0) -> Entry:
        revenue = [Revenue("XN", "patient", vnd(patient)), Revenue("XN", "bhyt", vnd(fund))]
        return invoices.invoice_issued(
            invoice=self.invoice,
            version=1,
            patient=vnd(patient),
            fund=vnd(fund),
            fund_agency=AGENCY,
            claim=self.claim,
            revenue=revenue,
        )

    def transfer(self, received: int, applied: int, line: str = "FT1") -> Entry:
        return money_in.transfer_received(
            bank_account=BANK,
            external_id=line,
            credit=self.credit,
            received=vnd(received),
            applied=vnd(applied),
            invoice=self.invoice if applied else None,
        )

    def captured(self, amount: int) -> Entry:
        return money_in.gateway_captured(
            adapter=WALLET,
            transaction="CAP1",
            payment=self.payment,
            received=vnd(amount),
            applied=vnd(amount),
            invoice=self.invoice,
        )

    def cash(self, amount: int) -> Entry:
        return money_in.cash_received(
            till=TILL, receipt=uuid4(), shift=self.shift, received=vnd(amount), invoice=self.invoice
        )

    def settled(self, gross: int, fee: int) -> Iterator[Entry]:
        yield from settlements.settled(
            adapter=WALLET,
            bank_account=BANK,
            batch="B1",
            settlement=self.settlement,
            lines=[settlements.SettledPayment(1, self.payment, vnd(gross), vnd(fee))],
        )
        yield settlements.settlement_credited(
            movement=money.bank(BANK, "SET1"), settlement=self.settlement, amount=vnd(gross - fee)
        )

    def suspense_refunded(self, amount: int) -> Entry:
        return suspense.suspense_refunded(
            refund=self.refund, owner=Subject("bank_credit", self.credit), amount=vnd(amount)
        )

    def refunded(self, amount: int, attempt: int = 1) -> Entry:
        movement = money.bank(BANK, f"OUT{attempt}")
        return refunds.refund_done(
            refund=self.refund,
            attempt=attempt,
            account=movement.account,
            subject=movement.subject,
            amount=vnd(amount),
        )


Steps = Iterator[Entry]


def case_a(case: Case) -> Steps:
    yield case.issued(100_000, 400_000)
    yield case.transfer(100_000, 100_000)


def case_b(case: Case) -> Steps:
    yield case.issued(200_000)
    yield case.captured(200_000)
    yield from case.settled(200_000, 3_300)


def case_c(case: Case) -> Steps:
    for movement, amount in (
        (money.bank(BANK, "FT1"), 5_000_000),
        (money.cash(TILL, uuid4(), case.shift), 3_000_000),
    ):
        yield deposits.deposit_received(
            movement=movement, encounter=case.encounter, amount=vnd(amount)
        )
    yield case.issued(4_000_000, 16_000_000)
    yield deposits.deposit_applied(
        encounter=case.encounter, invoice=case.invoice, application=1, amount=vnd(4_000_000)
    )
    yield deposits.deposit_refunded(
        refund=case.refund, encounter=case.encounter, amount=vnd(4_000_000)
    )
    yield case.refunded(4_000_000)


def case_d(case: Case) -> Steps:
    yield case.issued(150_000)
    yield case.transfer(200_000, 150_000)
    yield case.suspense_refunded(50_000)
    yield case.refunded(50_000)


def case_e(case: Case) -> Steps:
    yield case.issued(300_000)
    yield case.transfer(250_000, 250_000)
    yield case.cash(50_000)


def case_g(case: Case) -> Steps:
    amount, fee = vnd(1_000_000), vnd(30_000)
    yield case.issued(1_000_000)
    yield case.captured(1_000_000)
    yield from case.settled(1_000_000, 22_000)
    yield disputes.dispute_opened(
        dispute=case.dispute, adapter=WALLET, payment=case.payment, amount=amount, fee=fee
    )
    yield disputes.dispute_lost(
        dispute=case.dispute, adapter=WALLET, invoice=case.invoice, amount=amount
    )
    yield disputes.dispute_written_off(
        decision=uuid4(),
        dispute=case.dispute,
        adapter=WALLET,
        invoice=case.invoice,
        amount=amount,
    )
    yield settlements.balance_topped_up(
        movement=money.bank(BANK, "TOP1"),
        adapter=WALLET,
        parts={case.payment: amount + fee},
    )


def case_h(case: Case) -> Steps:
    claim, notice = case.claim, uuid4()

    def paid(line: str, amount: int) -> Entry:
        return insurance.claims_paid(
            movement=money.bank(BANK, line), agency=AGENCY, claims={claim: vnd(amount)}
        )

    yield case.issued(0, 16_400_000)
    yield insurance.claim_submitted(
        claim=claim, submission=1, agency=AGENCY, amount=vnd(16_400_000)
    )
    yield insurance.advance_received(
        movement=money.bank(BANK, "ADV"),
        agency=AGENCY,
        period="2026Q4",
        claim_period=case.quarter,
        amount=vnd(12_000_000),
    )
    yield insurance.claim_rejected(notice=notice, claim=claim, agency=AGENCY, amount=vnd(400_000))
    yield insurance.claims_accepted(
        notice=notice,
        agency=AGENCY,
        period="2026Q4",
        claim_period=case.quarter,
        claims={claim: vnd(12_000_000)},
    )
    yield paid("PAID1", 4_000_000)
    yield insurance.appeal_won(appeal=uuid4(), claim=claim, agency=AGENCY, amount=vnd(100_000))
    yield insurance.rejection_written_off(
        decision=uuid4(), claim=claim, agency=AGENCY, reason="R01", amount=vnd(300_000)
    )
    yield paid("PAID2", 100_000)


def case_i(case: Case) -> Steps:
    counted = vnd(4_990_000)
    yield case.issued(5_000_000)
    yield case.cash(5_000_000)
    yield cash.till_closed(till=TILL, shift=case.shift, difference=vnd(-10_000))
    yield cash.till_to_safe(slip="S1", till=TILL, shift=case.shift, amount=counted)
    yield cash.safe_to_transit(slip="S1", bank_account=BANK, shift=case.shift, amount=counted)
    yield cash.transit_to_bank(
        slip="S1", movement=money.bank(BANK, "CASH1"), shift=case.shift, amount=counted
    )


def case_j(case: Case) -> Steps:
    yield case.issued(90_000)
    yield case.transfer(90_000, 90_000, "FT1")
    yield case.transfer(90_000, 0, "FT2")
    yield case.suspense_refunded(90_000)
    yield case.refunded(90_000)


def case_k(case: Case) -> Steps:
    yield case.transfer(120_000, 0)
    yield case.suspense_refunded(120_000)
    yield case.refunded(120_000, 1)
    yield refunds.refund_bounced(
        movement=money.bank(BANK, "BACK"), refund=case.refund, amount=vnd(120_000)
    )
    yield case.refunded(120_000, 2)


def case_l(case: Case) -> Steps:
    yield case.issued(500_000)
    yield case.transfer(500_000, 500_000)
    yield insurance.coverage_grown(
        event=uuid4(),
        invoice=case.invoice,
        claim=case.claim,
        agency=AGENCY,
        amount=vnd(400_000),
    )
    yield refunds.refund_approved(refund=case.refund, invoice=case.invoice, amount=vnd(400_000))
    yield case.refunded(400_000)


CASES: dict[str, tuple[Callable[[Case], Steps], dict[str, int]]] = {
    "A": (case_a, {"1100": 100_000, "1400": 400_000, "4000": -500_000}),
    "B": (case_b, {"1100": 196_700, "5000": 3_300, "4000": -200_000}),
    "C": (
        case_c,
        {"1000": 3_000_000, "1100": 1_000_000, "1400": 16_000_000, "4000": -20_000_000},
    ),
    "D": (case_d, {"1100": 150_000, "4000": -150_000}),
    "E": (case_e, {"1000": 50_000, "1100": 250_000, "4000": -300_000}),
    "G": (
        case_g,
        {"1100": -52_000, "5000": 52_000, "5100": 1_000_000, "4000": -1_000_000},
    ),
    "H": (case_h, {"1100": 16_100_000, "5200": 300_000, "4000": -16_400_000}),
    "I": (case_i, {"1100": 4_990_000, "5300": 10_000, "4000": -5_000_000}),
    "J": (case_j, {"1100": 90_000, "4000": -90_000}),
    "K": (case_k, {}),
    "L": (case_l, {"1100": 100_000, "1400": 400_000, "4000": -500_000}),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_worked_example_ends_with_its_balances(
    ledger_database: Database, scope: Scope, name: str
) -> None:
    steps, expected = CASES[name]

    for entry in steps(Case()):
        _post(ledger_database, scope, entry)

    assert control_balances(ledger_database, scope) == expected
    seal_all(ledger_database, scope)
    assert control_balances(ledger_database, scope) == expected


def test_worked_example_f_voided_invoice_whose_money_arrives_later(
    ledger_database: Database, scope: Scope
) -> None:
    case = Case()
    issued = _post(ledger_database, scope, case.issued(120_000))

    with ledger_database.transaction(scope) as tx:
        ledger.reverse(tx, issued.txn_id, reason="voided", kind="invoice.void")
    for entry in (
        case.transfer(120_000, 0),
        case.suspense_refunded(120_000),
        case.refunded(120_000),
    ):
        _post(ledger_database, scope, entry)

    assert control_balances(ledger_database, scope) == {}


@pytest.mark.parametrize("name", sorted(CASES))
def test_subjects_of_a_control_account_sum_to_it(
    ledger_database: Database, scope: Scope, name: str
) -> None:
    case = Case()
    for entry in CASES[name][0](case):
        _post(ledger_database, scope, entry)

    with ledger_database.reading(scope) as tx:
        of_invoice = ledger.queries.subject_balance(tx, "1300", Subject("invoice", case.invoice))
        assert of_invoice == ledger.queries.balance(tx, "1300") == Money(0)


def _post(database: Database, scope: Scope, entry: Entry) -> Posted:
    at: datetime = database.clock.now()
    with database.transaction(scope) as tx:
        return ledger.post(tx, entry, effective_at=at, source="job")
