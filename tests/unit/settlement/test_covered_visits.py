"""A visit that was settled at the desk and its claim are one debt of the fund."""

from __future__ import annotations

from datetime import date

from payments.claims.writing import Claim, envelope_of
from payments.insurance.claim_ids import ma_lk_of
from payments.settlement.taking_in import take_in
from tests.support.insured import Desk
from tests.support.settlement import Fund


def test_the_claim_of_a_covered_visit_is_booked_once(fund: Fund) -> None:
    desk = Desk(fund.hospital)
    encounter = desk.open()
    split = desk.note(encounter)
    desk.settle(encounter)
    owed = fund.hospital.balance("1400")
    coverage = desk.computed(encounter).coverage
    summary = {"HO_TEN": "NGƯỜI THỬ MỘT", "MA_BENH_CHINH": "I10"}
    texts = [{"MA_KHOA": "K01"} for _ in coverage.lines]
    cards = [f"{one.letters}{one.digit}990123456789" for one in coverage.bill.visit.cards]
    claim = Claim(ma_lk_of(encounter), coverage, cards, summary, texts)

    told = take_in(
        fund.runtime,
        fund.scope,
        envelope_of("99001", date(2026, 11, 30), [claim]),
        fund.rules,
    )

    assert told.claims == 1
    assert fund.hospital.balance("1400") == owed == split.parts.fund
    fund.assert_equal()
