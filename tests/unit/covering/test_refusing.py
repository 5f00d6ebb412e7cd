"""The fund refuses later: no patient is charged without a person's decision and a legal basis."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from payments.covering import refusals, refusing
from payments.covering.model import ClaimSent
from payments.covering.permitting import in_force
from payments.covering.refusals import Bearer, Decision, NotClaimed, NotThePatients
from payments.invoicing.status import Payment
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.refunds.model import SamePerson
from tests.support.hospital import Hospital
from tests.support.insured import POOR, Desk, some_facts

REFUSED = vnd(60_000)


@pytest.fixture
def desk(hospital: Hospital) -> Desk:
    return Desk(hospital)


@pytest.fixture
def paid(desk: Desk) -> tuple[UUID, UUID]:
    """A visit that is settled, paid and claimed: encounter and invoice."""
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    desk.pay(invoice)
    assert refusing.send(desk.runtime, desk.scope, encounter) == vnd(400_800)
    assert refusing.send(desk.runtime, desk.scope, encounter) == vnd(400_800)
    return encounter, invoice


def refuse(
    desk: Desk, encounter: UUID, code: str = "CARD_INVALID", amount: Money = REFUSED
) -> UUID:
    return refusing.note_refusal(
        desk.runtime,
        desk.scope,
        encounter,
        amount,
        reason_code=code,
        notice="Thông báo 12/TB-BHXH",
        key=f"notice-{code}",
    )


def decide(
    desk: Desk,
    refusal: UUID,
    bearer: Bearer,
    amount: Money = REFUSED,
    by: str = "user:chief",
    key: str = "decision-1",
) -> None:
    decision = Decision(bearer, amount, "kết luận của giám đốc", key)
    refusing.decide(desk.runtime, desk.hospital.by(by), refusal, decision)


def test_a_refusal_alone_changes_nothing_for_the_patient(
    desk: Desk, paid: tuple[UUID, UUID]
) -> None:
    encounter, invoice = paid
    before = desk.hospital.view(invoice)

    refusal = refuse(desk, encounter)

    assert refuse(desk, encounter) == refusal
    assert desk.hospital.view(invoice) == before
    assert before.payment is Payment.PAID
    assert desk.hospital.balance("1420:99") == REFUSED
    assert desk.hospital.balance("1410:99") == vnd(340_800)


def test_the_hospital_bears_it_by_a_decision(desk: Desk, paid: tuple[UUID, UUID]) -> None:
    encounter, invoice = paid
    refusal = refuse(desk, encounter, "DOSSIER")

    decide(desk, refusal, Bearer.HOSPITAL, vnd(50_000))
    decide(desk, refusal, Bearer.HOSPITAL, vnd(50_000))
    decide(desk, refusal, Bearer.HOSPITAL, vnd(10_000), key="decision-2")

    assert desk.hospital.balance("5200:DOSSIER") == REFUSED
    assert desk.hospital.balance("1420:99") == ZERO
    assert desk.hospital.view(invoice).due == ZERO
    with pytest.raises(InvalidField):
        decide(desk, refusal, Bearer.HOSPITAL, vnd(1), key="decision-3")


@pytest.mark.parametrize(
    "code", sorted(c for c, p in in_force(date(2026, 11, 24)).items() if not p.patient_may_owe)
)
def test_where_the_law_does_not_permit_it_nobody_charges_the_patient(
    desk: Desk, paid: tuple[UUID, UUID], code: str
) -> None:
    encounter, invoice = paid
    refusal = refuse(desk, encounter, code)

    with pytest.raises(NotThePatients):
        decide(desk, refusal, Bearer.PATIENT)

    assert desk.hospital.view(invoice).due == ZERO
    assert desk.hospital.balance("1420:99") == REFUSED


def test_where_it_permits_it_another_person_decides_and_the_article_is_kept(
    desk: Desk, paid: tuple[UUID, UUID]
) -> None:
    encounter, invoice = paid
    refusal = refuse(desk, encounter)

    with pytest.raises(SamePerson):
        decide(desk, refusal, Bearer.PATIENT, by=desk.scope.actor)
    assert desk.hospital.view(invoice).due == ZERO
    decide(desk, refusal, Bearer.PATIENT)

    assert desk.hospital.view(invoice).due == REFUSED
    assert desk.hospital.show(invoice).amount == REFUSED
    assert desk.hospital.balance("1420:99") == ZERO
    with desk.runtime.database.reading(desk.scope) as tx:
        assert refusals.get(tx, refusal).open == ZERO
        assert [one.id for one in refusals.of_visit(tx, encounter)] == [refusal]


def test_more_than_was_claimed_is_not_refused(desk: Desk, paid: tuple[UUID, UUID]) -> None:
    encounter, _ = paid

    with pytest.raises(NotClaimed):
        refuse(desk, encounter, amount=vnd(400_801))


def test_a_reason_outside_of_the_table_is_refused(desk: Desk, paid: tuple[UUID, UUID]) -> None:
    with pytest.raises(InvalidField):
        refuse(desk, paid[0], "BECAUSE")


def test_a_split_stands_once_the_fund_has_the_claim(desk: Desk, paid: tuple[UUID, UUID]) -> None:
    with pytest.raises(ClaimSent):
        desk.note(paid[0], some_facts(card=POOR), "thẻ hộ nghèo tìm thấy sau")


def test_a_visit_that_is_not_settled_is_not_sent(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)

    with pytest.raises(NotClaimed):
        refusing.send(desk.runtime, desk.scope, encounter)
