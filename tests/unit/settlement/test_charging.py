"""The fund refuses later: no patient is charged without two people's decision and an article."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.covering.model import ClaimSent
from payments.invoicing.status import Payment
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.settlement import charging, matching, permitting, queries, refusing, writing_off
from payments.settlement.matching import Result
from payments.settlement.model import ChargeSamePerson, NoInsuredInvoice, NotThePatients
from payments.settlement.permitting import in_force
from payments.settlement.status import IllegalRefusalStep, Refused
from tests.support.hospital import Hospital
from tests.support.insured import POOR, Desk, some_facts
from tests.support.settlement import Fund, a_written, claimed

TODAY = date(2026, 11, 24)
REFUSED = vnd(60_000)
_CHIEF = "user:chief"
_REASONS = Path(permitting.__file__).resolve().parent / "data" / "reason.csv"
#: The insurer's words and the code that they become.
CARD = "thẻ BHYT không còn giá trị"
RECORD = "thiếu hồ sơ bệnh án"


@pytest.fixture
def desk(hospital: Hospital) -> Desk:
    return Desk(hospital)


@pytest.fixture
def fund(hospital: Hospital) -> Iterator[Fund]:
    fund = Fund(hospital)
    yield fund
    fund.assert_equal()
    fund.assert_sealed()


@pytest.fixture
def paid(desk: Desk, fund: Fund) -> tuple[UUID, str]:
    """A visit that is settled, paid and claimed: its invoice and MA_LK."""
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    desk.pay(invoice)
    written = claimed(desk, encounter)
    fund.bring(written)
    fund.send("202611")
    return invoice, written.ma_lk


def refuse(fund: Fund, ma_lk: str, said: str = CARD, amount: Money = REFUSED) -> UUID:
    """Refuse a part of the visit for good."""
    fund.assess("202611", (ma_lk, "XML3", 1, amount.dong, said), on="2026-11-24")
    [one] = [one for one in fund.refusals("2026Q4") if one.state is Refused.OPEN]
    refusing.decide(fund.runtime, fund.scope, one.id, ZERO, "BHXH giữ nguyên")
    return one.id


def ask(fund: Fund, refusal: UUID) -> None:
    charging.ask_charge(fund.runtime, fund.scope, refusal, "thẻ hết hạn, người bệnh xác nhận")


def approve(fund: Fund, refusal: UUID, by: str = _CHIEF) -> None:
    charging.charge(fund.runtime, fund.hospital.by(by), refusal)


def test_a_refusal_alone_changes_nothing_for_the_patient(
    desk: Desk, fund: Fund, paid: tuple[UUID, str]
) -> None:
    invoice, ma_lk = paid
    before = desk.hospital.view(invoice)

    refusal = refuse(fund, ma_lk)
    ask(fund, refusal)

    assert desk.hospital.view(invoice) == before
    assert before.payment is Payment.PAID
    assert desk.hospital.balance(f"1420:{fund.agency}") == REFUSED
    assert desk.hospital.balance(f"1410:{fund.agency}") == vnd(340_800)
    assert desk.hospital.balance(f"1400:{fund.agency}") == ZERO


def test_where_the_law_permits_it_two_people_charge_it_and_the_article_is_kept(
    desk: Desk, fund: Fund, paid: tuple[UUID, str]
) -> None:
    invoice, ma_lk = paid
    refusal = refuse(fund, ma_lk)

    with pytest.raises(IllegalRefusalStep):
        approve(fund, refusal)
    ask(fund, refusal)
    ask(fund, refusal)
    with pytest.raises(ChargeSamePerson):
        approve(fund, refusal, fund.scope.actor)
    assert desk.hospital.view(invoice).due == ZERO
    approve(fund, refusal)
    approve(fund, refusal)

    now = desk.hospital.view(invoice)
    assert (now.due, now.payment) == (REFUSED, Payment.PARTIALLY_PAID)
    assert desk.hospital.balance(f"1420:{fund.agency}") == ZERO
    assert desk.hospital.balance("1300") == REFUSED
    with fund.runtime.database.reading(fund.scope) as tx:
        [one] = charging.charges_of(tx, invoice)
    assert (one.amount, one.basis, one.by) == (REFUSED, "decree-188-21", _CHIEF)


def test_desk_board_and_claim_tell_the_same_of_a_charge(
    desk: Desk, fund: Fund, paid: tuple[UUID, str]
) -> None:
    invoice, ma_lk = paid
    refusal = refuse(fund, ma_lk)
    ask(fund, refusal)
    approve(fund, refusal)

    told = fund.board("2026Q4")
    assert (told.charged, told.contested, told.written_off) == (REFUSED, ZERO, ZERO)
    with fund.runtime.database.reading(fund.scope) as tx:
        claim, _ = queries.claim(tx, fund.claim(ma_lk))
        match = matching.of_visit(tx, claim.id).patient
    assert desk.hospital.view(invoice).covered == claim.accepted
    assert match.result is Result.TIMING
    assert match.expected - match.found == REFUSED
    assert desk.pay(invoice) == REFUSED
    with fund.runtime.database.reading(fund.scope) as tx:
        assert matching.of_visit(tx, claim.id).patient.result is Result.MATCHED


@pytest.mark.parametrize(
    "said", [RECORD, "trùng lặp chi phí", "vượt giá", "sai tỷ lệ thanh toán", "không rõ"]
)
def test_where_it_does_not_permit_it_the_hospital_bears_it(
    desk: Desk, fund: Fund, paid: tuple[UUID, str], said: str
) -> None:
    invoice, ma_lk = paid
    refusal = refuse(fund, ma_lk, said)

    with pytest.raises(NotThePatients):
        ask(fund, refusal)
    writing_off.ask_write_off(fund.runtime, fund.scope, refusal, "bệnh viện chịu")
    writing_off.write_off(fund.runtime, fund.hospital.by(_CHIEF), refusal)

    assert desk.hospital.view(invoice).due == ZERO
    assert desk.hospital.balance(f"1420:{fund.agency}") == ZERO


def test_what_may_be_won_yet_is_not_asked_of_the_patient(
    fund: Fund, paid: tuple[UUID, str]
) -> None:
    fund.assess("202611", (paid[1], "XML3", 1, 60_000, CARD), on="2026-11-24")
    [one] = fund.refusals("2026Q4")

    with pytest.raises(IllegalRefusalStep):
        ask(fund, one.id)


def test_only_what_was_not_won_back_is_charged(
    desk: Desk, fund: Fund, paid: tuple[UUID, str]
) -> None:
    invoice, ma_lk = paid
    fund.assess("202611", (ma_lk, "XML3", 1, 60_000, CARD), on="2026-11-24")
    [one] = fund.refusals("2026Q4")
    refusing.decide(fund.runtime, fund.scope, one.id, vnd(45_000), "chấp nhận một phần")
    ask(fund, one.id)
    approve(fund, one.id)

    assert desk.hospital.view(invoice).due == vnd(15_000)


def test_a_charge_that_is_turned_down_leaves_the_patient_alone(
    desk: Desk, fund: Fund, paid: tuple[UUID, str]
) -> None:
    refusal = refuse(fund, paid[1])
    ask(fund, refusal)
    writing_off.turn_down(fund.runtime, fund.scope, refusal, "bệnh viện chịu")

    with pytest.raises(IllegalRefusalStep):
        approve(fund, refusal)
    assert desk.hospital.view(paid[0]).due == ZERO


def test_a_visit_that_nobody_billed_here_charges_nobody(fund: Fund) -> None:
    fund.bring(a_written("LK1", date(2026, 11, 3)))
    fund.send("202611")
    refusal = refuse(fund, "LK1")

    with pytest.raises(NoInsuredInvoice):
        ask(fund, refusal)


def test_a_split_stands_once_the_fund_has_the_claim(desk: Desk, fund: Fund) -> None:
    encounter = desk.open()
    desk.note(encounter)
    desk.settle(encounter)
    fund.bring(claimed(desk, encounter))
    fund.send("202611")

    with pytest.raises(ClaimSent):
        desk.note(encounter, some_facts(card=POOR), "thẻ hộ nghèo tìm thấy sau")


def test_every_reason_of_the_insurer_says_who_bears_it() -> None:
    with _REASONS.open(encoding="utf-8") as rows:
        codes = {row["code"] for row in csv.DictReader(rows)} | {"OTHER"}

    assert set(in_force(TODAY)) == codes
    assert {c for c, one in in_force(TODAY).items() if one.patient_may_owe} == {
        "CARD",
        "LEVEL_WRONG",
    }


@given(st.text(max_size=12))
def test_a_reason_outside_of_the_table_permits_nothing(code: str) -> None:
    if code not in in_force(TODAY):
        with pytest.raises(InvalidField):
            permitting.permission(code, TODAY)
