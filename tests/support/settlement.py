"""Synthetic visits for the insurer, and a hospital that takes each step of their money."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from payments.bank.model import Direction
from payments.claims.writing import Claim as Written
from payments.claims.writing import envelope_of
from payments.insurance.claim_ids import ma_lk_of
from payments.insurance.coverage import Rules
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.ledger.posting_rules.invoices import Revenue, invoice_issued
from payments.ledger.service import post
from payments.ledger.verifying import verify
from payments.settlement import (
    advancing,
    assessing,
    board,
    queries,
    receiving,
    reporting,
    repository,
    sending,
    settling,
)
from payments.settlement.assessing import Reach, Sheet, Taken
from payments.settlement.listing import notices
from payments.settlement.model import agency_of, claim_id, period_id
from payments.settlement.queries import RefusalItem, Which
from payments.settlement.reading import BUILT_IN
from payments.settlement.settling import Notice, Settled
from payments.settlement.status import State
from payments.settlement.taking_in import Purpose, TakenIn, take_in
from tests.support.bhyt import RULES, a_drug, a_line, a_visit, covered
from tests.support.hospital import Hospital
from tests.support.insured import Desk

#: A refused line: visit, table, row, đồng, the insurer's words.
Refusal = tuple[str, str, int, int, str]
HEAD = "MA_LK,BANG_XML,STT,LY_DO,TIEN_DE_NGHI,TIEN_TU_CHOI"


def a_written(ma_lk: str, on: date, *prices: int, visit_type: str = "01") -> Written:
    """Write a visit of *on* with one drug and a service of each price."""
    came = datetime(on.year, on.month, on.day, 8, 0)
    visit = replace(
        a_visit(), date_in=came, date_out=came + timedelta(hours=3), visit_type=visit_type
    )
    lines = (a_drug(45_333), *(a_line(price) for price in prices or (300_000,)))
    result = covered(visit, *lines)
    return Written(
        ma_lk,
        result,
        tuple(f"{one.letters}{one.digit}999900000001" for one in visit.cards),
        {"HO_TEN": "NGƯỜI THỬ MỘT", "MA_BENH_CHINH": "I10"},
        [{"MA_KHOA": "K01"} for _ in result.lines],
    )


def claimed(desk: Desk, encounter: UUID) -> Written:
    """Write a visit that the desk has settled, from the split that its invoice stands on."""
    made = desk.computed(encounter)
    return Written(
        ma_lk_of(encounter),
        made.coverage,
        [card.number for card in made.facts.cards],
        {"HO_TEN": "NGƯỜI THỬ MỘT", "MA_BENH_CHINH": "I10"},
        [{"MA_KHOA": "K01"} for _ in made.lines],
    )


def random_written(chance: random.Random, ma_lk: str, on: date) -> Written:
    prices = [chance.randrange(20_000, 3_000_000) for _ in range(chance.choice((1, 1, 2, 3)))]
    return a_written(ma_lk, on, *prices)


def a_file(*visits: Written, facility: str = "99001") -> bytes:
    return envelope_of(facility, date(2026, 10, 1), visits)


def a_sheet(rows: Iterable[Refusal]) -> bytes:
    """Write a result as the built-in map reads it; what was asked is left to the claim's line."""
    body = [
        f"{ma_lk},{table},{stt},{reason},,{amount}" for ma_lk, table, stt, amount, reason in rows
    ]
    return "\n".join([HEAD, *body]).encode()


class Fund:
    """A hospital and its insurer; every method is one step, after which the books are proven."""

    def __init__(self, hospital: Hospital, rules: Rules = RULES) -> None:
        self.hospital = hospital
        self.rules = rules
        self.runtime, self.scope = hospital.runtime, hospital.scope
        self.agency = agency_of(self.scope.facility)

    def period(self, name: str) -> UUID:
        return period_id(self.scope.facility, self.agency, name)

    def claim(self, ma_lk: str) -> UUID:
        return claim_id(self.scope.facility, ma_lk)

    def bring(self, *visits: Written, purpose: Purpose = Purpose.NEW, reason: str = "") -> TakenIn:
        content = a_file(*visits, facility=f"{self.scope.facility:05d}")
        return take_in(
            self.runtime, self.scope, content, self.rules, purpose=purpose, reason=reason
        )

    def send(self, month: str) -> int:
        return sending.send_month(self.runtime, self.scope, self.period(month))

    def assess(
        self, month: str, *rows: Refusal, reach: Reach = Reach.MONTH, on: str = "2026-10-20"
    ) -> Taken:
        sheet = Sheet(a_sheet(rows), BUILT_IN, reach, HospitalDay.parse(on))
        return assessing.take_in(self.runtime, self.scope, self.period(month), sheet)

    def report(self, quarter: str, *months: str) -> Money:
        for month in months:
            reporting.report_month(self.runtime, self.scope, self.period(month))
        told = reporting.report_quarter(self.runtime, self.scope, self.period(quarter))
        return told.fund

    def arrive(self, amount: Money, *, out: bool = False) -> UUID:
        transfer = self.hospital.transfer("BHXH CHUYEN TIEN KCB", amount)
        if out:
            transfer = replace(transfer, direction=Direction.OUT)
        told = self.hospital.arrive(transfer)
        assert told.credit is not None
        return told.credit

    def advance(self, quarter: str, amount: Money) -> UUID:
        credit = self.arrive(amount)
        advancing.advance(
            self.runtime, self.scope, self.period(quarter), credit, "tạm ứng 80 phần trăm"
        )
        return credit

    def notice(self, quarter: str, total: Money, number: str = "TB-01") -> Settled:
        told = Notice(number, HospitalDay.parse("2026-11-10"), total)
        return settling.settle(self.runtime, self.scope, self.period(quarter), told)

    def due(self, quarter: str) -> Money:
        """What a notice would have to say now."""
        with self.runtime.database.reading(self.scope) as tx:
            told = board.board(tx, self.period(quarter))
        return told.accepted - told.settled

    def pay(self, quarter: str, amount: Money) -> Money:
        credit = self.arrive(amount)
        return receiving.receive(
            self.runtime, self.scope, self.period(quarter), credit, "BHXH thanh toán"
        )

    def board(self, quarter: str) -> board.Board:
        with self.runtime.database.reading(self.scope) as tx:
            return board.board(tx, self.period(quarter))

    def refusals(self, quarter: str) -> tuple[RefusalItem, ...]:
        with self.runtime.database.reading(self.scope) as tx:
            return queries.refusals(tx, self.period(quarter), Which.ALL)

    def book_elsewhere(self, ma_lk: str, amount: Money) -> None:
        """Bill the fund's part of a visit by an invoice, as the desk does, before it is claimed."""
        entry = invoice_issued(
            invoice=uuid4(),
            version=1,
            patient=Money(0),
            fund=amount,
            fund_agency=self.agency,
            claim=self.claim(ma_lk),
            revenue=(Revenue("KB", "bhyt", amount),),
        )
        with self.runtime.database.transaction(self.scope) as tx:
            post(tx, entry, effective_at=tx.now(), source="cashier")

    def state(self, ma_lk: str) -> State:
        with self.runtime.database.reading(self.scope) as tx:
            return repository.read(tx, self.claim(ma_lk)).state

    def last_notice(self, quarter: str) -> UUID | None:
        with self.runtime.database.reading(self.scope) as tx:
            found = notices(tx, self.period(quarter))
        return found[-1].id if found else None

    def assert_equal(self) -> None:
        """Every account is what the board says, every form too, and the chain holds."""
        with self.runtime.database.reading(self.scope) as tx:
            assert board.check(tx) == []

    def assert_sealed(self) -> None:
        self.hospital.work()
        report = verify(self.runtime.database, self.scope)
        assert report.findings == ()
