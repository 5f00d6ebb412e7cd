"""A settlement: who owes what, in the books, on the code and on the invoice, to the đồng."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from payments.covering import repository, settling
from payments.covering.model import NoCardYet, NoInsuredVisit, OtherPayer, SplitChanged
from payments.covering.rows import COVERAGE_VERSION
from payments.insurance.coverage.refusals import CategoryVisitTypeMismatch
from payments.intents.service import cancel_invoice, credit_invoice
from payments.invoicing.credit_notes import InsuredInvoice
from payments.invoicing.status import Payment
from payments.kernel.money import ZERO, vnd
from payments.ledger import ensure_account, post
from payments.ledger.posting_rules import deposits, money
from tests.support.hospital import Hospital
from tests.support.insured import CARD, POOR, RIGHT_ROUTE, Desk, some_facts


@pytest.fixture
def desk(hospital: Hospital) -> Desk:
    return Desk(hospital)


def test_a_visit_is_split_before_anything_is_owed(desk: Desk) -> None:
    encounter = desk.open()

    split = desk.note(encounter)

    # 215,000 + 222,000 + 64,000 insured, 28,000 above the fund's price of the heart scan.
    assert split.is_provisional
    assert split.parts.total == vnd(529_000)
    assert (split.insured, split.fund, split.own, split.copayment) == (
        501_000,
        400_800,
        28_000,
        100_200,
    )
    assert [line.rule for line in split.lines] == ["level_times_factor"] * 3
    assert desk.hospital.balance("1400:BHXH-99") == ZERO


def test_the_settlement_books_patient_and_fund_and_asks_for_the_patients_part(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)

    invoice = desk.settle(encounter)

    view = desk.hospital.view(invoice)
    assert (view.total, view.covered, view.due) == (vnd(529_000), vnd(400_800), vnd(128_200))
    assert desk.hospital.show(invoice).amount == vnd(128_200)
    assert desk.hospital.balance("1400:BHXH-99") == vnd(400_800)
    assert desk.hospital.balance("1300") == vnd(128_200)


def test_parts_that_are_rounded_leave_their_difference_on_5310(desk: Desk) -> None:
    encounter = desk.open("XN04", "XN03", "XN02", "CT01")
    poor = replace(CARD, number="HT3990123456789")
    desk.note(encounter, some_facts(card=poor))

    invoice = desk.settle(encounter)

    parts = desk.computed(encounter).split.parts
    owed = desk.hospital.balance("1300") + desk.hospital.balance("1400:BHXH-99")
    assert parts.rounding == owed - vnd(1_007_500)
    assert -desk.hospital.balance("5310") == parts.rounding
    assert desk.hospital.view(invoice).due == parts.patient


def test_a_small_visit_costs_its_patient_nothing_and_is_settled_at_once(desk: Desk) -> None:
    encounter = desk.open("KB02", "XN01")
    split = desk.note(encounter)

    invoice = desk.settle(encounter)

    assert {line.rule for line in split.lines} == {"small_visit"}
    assert desk.hospital.view(invoice).payment is Payment.PAID
    assert desk.hospital.balance("1400:BHXH-99") == vnd(128_500)


def test_a_service_that_the_list_does_not_name_is_the_patients_own(desk: Desk) -> None:
    encounter = desk.open("KB03", "XN02", "SA02")

    split = desk.note(encounter)

    assert split.lines[0].rule == "uncovered_scope"
    assert (split.lines[0].own, split.lines[0].fund) == (120_000, 0)


def test_another_payers_part_is_owed_by_that_payer(desk: Desk) -> None:
    encounter = desk.open()
    other = OtherPayer("vttn", 2, vnd(50_000))
    desk.note(encounter, some_facts(other=other))

    invoice = desk.settle(encounter)

    # 28,000 of own money of line 2, then 22,000 of its co-payment.
    assert desk.hospital.view(invoice).due == vnd(78_200)
    assert desk.hospital.balance("1500:VTTN") == vnd(50_000)


def test_the_advance_of_the_encounter_pays_first(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    hospital = desk.hospital
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        movement = money.gateway("momo", "CAP-ADVANCE", uuid4())
        entry = deposits.deposit_received(
            movement=movement, encounter=encounter, amount=vnd(100_000)
        )
        for posting in entry.postings:
            ensure_account(tx, posting.debit), ensure_account(tx, posting.credit)
        post(tx, entry, effective_at=tx.now(), source="statement")

    invoice = desk.settle(encounter)

    assert hospital.view(invoice).due == vnd(28_200)
    assert hospital.balance("2000") == ZERO
    # The next card pays all of it: the advance is free again.
    desk.note(encounter, some_facts(card=POOR), "thẻ hộ nghèo tìm thấy sau")
    assert hospital.balance("2000") == -vnd(72_000)
    assert hospital.view(invoice).paid == vnd(28_000)
    [_, effect] = desk.effects(encounter)
    assert (effect.freed, effect.asked_back) == (vnd(72_000), ZERO)
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        taken_out = deposits.deposit_refunded(
            refund=uuid4(), encounter=encounter, amount=vnd(72_000)
        )
        ensure_account(tx, "2100")
        post(tx, taken_out, effective_at=tx.now(), source="finance")


def test_settling_twice_gives_one_invoice(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)

    assert desk.settle(encounter) == desk.settle(encounter)
    assert desk.hospital.balance("1400:BHXH-99") == vnd(400_800)


def test_a_split_that_was_not_seen_is_not_issued(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)

    with pytest.raises(SplitChanged):
        settling.settle(desk.runtime, desk.scope, encounter, seen=vnd(1))

    assert desk.hospital.balance("1400:BHXH-99") == ZERO


def test_without_card_and_category_nothing_is_settled(desk: Desk) -> None:
    with pytest.raises(NoCardYet):
        settling.settle(desk.runtime, desk.scope, desk.open(), seen=ZERO)
    with pytest.raises(NoInsuredVisit):
        settling.settle(desk.runtime, desk.scope, uuid4(), seen=ZERO)


def test_a_category_that_does_not_fit_the_visit_is_refused_and_nothing_is_kept(desk: Desk) -> None:
    encounter = desk.open()

    with pytest.raises(CategoryVisitTypeMismatch):
        desk.note(encounter, some_facts(category="3.2"))

    with desk.runtime.database.reading(desk.scope) as tx:
        assert repository.facts(tx, desk.runtime.keys, encounter) is None


def test_the_same_facts_again_are_the_same_version(desk: Desk) -> None:
    encounter = desk.open()

    first, second = desk.note(encounter), desk.note(encounter)

    assert (first.version, second.version) == (1, 1)
    assert desk.note(encounter, some_facts(card=POOR)).version == 2


def test_facts_are_read_back_as_they_were_given_and_the_card_is_sealed(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter, RIGHT_ROUTE)

    with desk.runtime.database.reading(desk.scope) as tx:
        assert repository.facts(tx, desk.runtime.keys, encounter) == (1, RIGHT_ROUTE)
        assert encounter in repository.visits_of_card(tx, desk.runtime.keys, CARD.number)
    assert CARD.number not in repr(RIGHT_ROUTE)


def test_no_version_is_ever_edited(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)

    with pytest.raises(DBAPIError), desk.runtime.database.transaction(desk.scope) as tx:
        tx.execute(update(COVERAGE_VERSION).values(patient_part=0))


def test_a_cancelled_settlement_takes_back_what_the_fund_was_to_owe(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    desk.note(encounter, some_facts(card=POOR), "thẻ hộ nghèo tìm thấy sau")

    cancel_invoice(desk.runtime, desk.scope, invoice, "lập nhầm")

    assert {desk.hospital.balance(code) for code in ("1300", "1400:BHXH-99", "5310")} == {ZERO}


def test_a_credit_note_is_refused_where_the_fund_owes_a_part(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)

    with pytest.raises(InsuredInvoice):
        credit_invoice(
            desk.runtime, desk.scope, invoice, {"XN": vnd(1)}, reason="sai dòng", key="credit-1"
        )
