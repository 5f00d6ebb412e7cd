"""After the issue: every difference is booked, and becomes a code or a request, never silence."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payments.covering import opening
from payments.covering.model import InvoiceReduced
from payments.covering.versions import Effect
from payments.intents.exempting import exempt_invoice
from payments.invoicing.exemptions import Decision
from payments.invoicing.status import Payment
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, vnd
from payments.refunds import paying_back
from payments.refunds.rows import PAYBACK
from tests.support.hospital import Hospital
from tests.support.insured import POOR, Desk, some_facts

FOUND = "thẻ hộ nghèo tìm thấy sau"
EXPIRED = some_facts(category="9")


@pytest.fixture
def desk(hospital: Hospital) -> Desk:
    return Desk(hospital)


def paybacks(desk: Desk):  # type: ignore[no-untyped-def]
    with desk.runtime.database.reading(desk.scope) as tx:
        return tx.execute(select(PAYBACK.c.id, PAYBACK.c.amount, PAYBACK.c.reason)).all()


def test_a_better_card_after_payment_asks_the_difference_back(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    assert desk.pay(invoice) == vnd(128_200)

    desk.note(encounter, some_facts(card=POOR), FOUND)

    [asked] = paybacks(desk)
    assert (asked.amount, asked.reason) == (100_200, FOUND)
    assert desk.hospital.view(invoice).payment is Payment.OVER
    assert desk.hospital.balance("1400:BHXH-99") == vnd(501_000)
    assert desk.hospital.balance("1300") == -vnd(100_200)
    [_, effect] = desk.effects(encounter)
    assert (effect.kind, effect.before, effect.after) == (
        Effect.GIVE_BACK,
        vnd(128_200),
        vnd(28_000),
    )
    paying_back.approve(desk.runtime, desk.hospital.by("user:approves"), asked.id)
    assert (desk.hospital.balance("1300"), desk.hospital.balance("2100")) == (ZERO, -vnd(100_200))


def test_a_lower_level_after_payment_shows_a_code_for_the_rest(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter, some_facts(card=POOR))
    invoice = desk.settle(encounter)
    assert desk.pay(invoice) == vnd(28_000)

    desk.note(encounter, some_facts(), "thẻ hộ nghèo hết hạn")

    code = desk.code(invoice)
    assert (code.is_open, code.amount) == (True, vnd(100_200))
    assert desk.hospital.view(invoice).due == vnd(100_200)
    [_, effect] = desk.effects(encounter)
    assert (effect.kind, effect.reason) == (Effect.TOP_UP, "thẻ hộ nghèo hết hạn")
    assert paybacks(desk) == []


def test_a_code_that_is_shown_becomes_one_for_the_new_amount(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    first = desk.hospital.show(invoice)

    desk.note(encounter, some_facts(card=POOR), FOUND)

    code = desk.code(invoice)
    assert (code.amount, code.is_open, code.code != first.code) == (vnd(28_000), True, True)


def test_a_card_found_after_a_paying_visit_covers_its_invoice(desk: Desk) -> None:
    invoice = desk.hospital.issue("XN02", "SA02")
    desk.pay(invoice)
    encounter = opening.adopt(desk.runtime, desk.scope, invoice)
    assert opening.adopt(desk.runtime, desk.scope, invoice) == encounter
    assert desk.hospital.view(invoice).covered == ZERO

    desk.note(encounter, some_facts(), "người bệnh đưa thẻ sau khi trả")

    # 437,000 insured at 80 %, 28,000 of own money.
    assert desk.hospital.balance("1400:BHXH-99") == vnd(349_600)
    assert [one.amount for one in paybacks(desk)] == [349_600]


def test_a_withdrawn_card_makes_the_patient_owe_the_whole(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    desk.pay(invoice)

    desk.note(encounter, EXPIRED, "không phải lượt khám BHYT")

    assert desk.hospital.view(invoice).due == vnd(400_800)
    assert desk.hospital.balance("1400:BHXH-99") == ZERO


def test_to_and_fro_ends_where_it_began(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)

    for facts in (some_facts(card=POOR), EXPIRED, some_facts()):
        desk.note(encounter, facts, "kiểm tra lại thẻ")

    assert desk.hospital.view(invoice).due == vnd(128_200)
    assert desk.hospital.balance("1400:BHXH-99") == vnd(400_800)
    assert desk.hospital.balance("5310") == ZERO
    assert len(desk.effects(encounter)) == 4


def test_the_same_facts_again_ask_for_nothing_twice(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    desk.pay(invoice)

    for _ in range(2):
        desk.note(encounter, some_facts(card=POOR), FOUND)

    assert [one.amount for one in paybacks(desk)] == [100_200]


def test_a_change_after_the_issue_needs_its_reason(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    desk.settle(encounter)

    with pytest.raises(InvalidField):
        desk.note(encounter, some_facts(card=POOR))


def test_what_a_programme_gave_up_cannot_be_covered_a_second_time(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    decision = Decision("POOR", vnd(128_200), "QĐ 12/2026", "decision-1")
    exempt_invoice(desk.runtime, desk.scope, invoice, decision)

    with pytest.raises(InvoiceReduced):
        desk.note(encounter, some_facts(card=POOR), FOUND)

    assert desk.hospital.balance("1400:BHXH-99") == vnd(400_800)
