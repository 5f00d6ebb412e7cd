"""A discharge settles in one commit: advances pay, the rest goes back by two people."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from payments.demo.hospital import DESK
from payments.discharging.model import LadderChanged
from payments.discharging.queries import settling
from payments.discharging.service import Settle, close_deceased, settle
from payments.encounters.rows import ENCOUNTER
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money, vnd
from payments.refunds import cash_returns, payback_repository, paying_back
from payments.refunds.advances import HeirDocumentNeeded
from payments.refunds.cash_returns import TooLittleInDrawer
from payments.refunds.model import SamePerson
from payments.refunds.paybacks import State as Payback
from payments.stays import codes, depositing, repository, service
from payments.stays.model import Stay, StayClosed
from payments.stays.status import State
from tests.support.hospital import Hospital


def a_stay(hospital: Hospital, *services: str) -> tuple[Stay, UUID]:
    """Bill *services* to a patient and admit her."""
    invoice = hospital.issue(*services)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        patient = tx.execute(
            select(ENCOUNTER.c.patient_id)
            .join(INVOICE, INVOICE.c.encounter_id == ENCOUNTER.c.id)
            .where(INVOICE.c.id == invoice)
        ).scalar_one()
    asked = service.Admission(patient, "KB", f"admit-{invoice}")
    return service.admit(hospital.runtime, hospital.scope, asked), invoice


def pay(hospital: Hospital, stay: Stay, amount: int, key: str = "cash-1") -> None:
    asked = depositing.DepositRequest(stay.encounter, vnd(amount), key)
    depositing.take_cash(hospital.runtime, hospital.scope, asked)


def send(hospital: Hospital, stay: Stay, amount: int) -> None:
    asked = codes.CodeRequest(stay.encounter, DESK, None, f"code-{amount}")
    code = codes.show_code(hospital.runtime, hospital.scope, asked)
    hospital.arrive(hospital.transfer(code.code, vnd(amount)))


def discharge(hospital: Hospital, stay: Stay, *, by_link: bool = False) -> Stay:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        seen = settling(tx, stay.encounter).ladder.balance.dong
    asked = Settle(stay.encounter, seen, "Ra viện", by_link)
    return settle(hospital.runtime, hospital.scope, asked)


def advance(hospital: Hospital, stay: Stay) -> Money:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return repository.deposit_of(tx, stay.encounter)


def test_a_large_advance_pays_and_its_rest_goes_back_to_its_sources_newest_first(
    hospital: Hospital,
) -> None:
    shift = hospital.open_shift()
    stay, invoice = a_stay(hospital)  # KB01: 150,000 đ
    pay(hospital, stay, 100_000)
    hospital.runtime.clock.now()
    send(hospital, stay, 80_000)

    closed = discharge(hospital, stay)

    assert closed.state is State.DISCHARGED
    assert hospital.view(invoice).due == vnd(0)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [back] = payback_repository.newest(tx, limit=9)
        assert cash_returns.of_encounter(tx, stay.encounter) == ()
    assert (back.amount, back.state) == (vnd(30_000), Payback.REQUESTED)
    with pytest.raises(SamePerson):
        paying_back.approve(hospital.runtime, hospital.scope, back.id)
    paying_back.approve(hospital.runtime, hospital.by("user:another"), back.id)
    assert advance(hospital, stay) == vnd(0)
    assert shift.opening_float == vnd(500_000)


def test_notes_go_back_in_notes_by_two_people_out_of_a_drawer_that_holds_them(
    hospital: Hospital,
) -> None:
    hospital.open_shift()
    stay, _ = a_stay(hospital)
    pay(hospital, stay, 900_000)
    discharge(hospital, stay)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [asked] = cash_returns.of_encounter(tx, stay.encounter)

    with pytest.raises(SamePerson):
        cash_returns.approve(hospital.runtime, hospital.scope, asked.id)
    head = hospital.by("user:head")
    cash_returns.approve(hospital.runtime, head, asked.id)
    hospital.open_shift("Q2", by="user:head")
    with pytest.raises(TooLittleInDrawer):
        cash_returns.pay_out(hospital.runtime, head, asked.id)
    cash_returns.pay_out(hospital.runtime, hospital.scope, asked.id)

    assert asked.amount == vnd(750_000)
    assert (hospital.balance("2000"), hospital.balance("2100")) == (vnd(0), vnd(0))
    assert hospital.balance("1000:Q1") == vnd(150_000)


def test_a_small_advance_pays_a_part_and_the_code_that_is_shown_asks_for_the_rest(
    hospital: Hospital,
) -> None:
    hospital.open_shift()
    stay, invoice = a_stay(hospital)
    hospital.show(invoice)
    pay(hospital, stay, 100_000)

    discharge(hospital, stay)

    view = hospital.view(invoice)
    assert view.due == vnd(50_000)
    shown = hospital.show(invoice)
    assert shown.amount == vnd(50_000)
    with pytest.raises(StayClosed):
        pay(hospital, stay, 1_000, key="cash-2")


def test_at_night_all_goes_back_by_a_link_and_no_drawer_is_asked(hospital: Hospital) -> None:
    hospital.open_shift()
    stay, _ = a_stay(hospital)
    pay(hospital, stay, 200_000)

    discharge(hospital, stay, by_link=True)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        [back] = payback_repository.newest(tx, limit=9)
        assert cash_returns.of_encounter(tx, stay.encounter) == ()
    assert back.amount == vnd(50_000)


def test_money_that_came_after_the_page_was_shown_stops_the_settlement(hospital: Hospital) -> None:
    hospital.open_shift()
    stay, invoice = a_stay(hospital)
    asked = Settle(stay.encounter, 150_000, "Ra viện", by_link=False)
    pay(hospital, stay, 100_000)

    with pytest.raises(LadderChanged):
        settle(hospital.runtime, hospital.scope, asked)

    assert hospital.view(invoice).due == vnd(150_000)


def test_a_transfer_after_the_discharge_is_settled_by_the_next_click(hospital: Hospital) -> None:
    hospital.open_shift()
    stay, invoice = a_stay(hospital)
    asked = codes.CodeRequest(stay.encounter, DESK, None, "code-late")
    code = codes.show_code(hospital.runtime, hospital.scope, asked)
    discharge(hospital, stay)

    hospital.arrive(hospital.transfer(code.code, vnd(150_000)))
    discharge(hospital, stay)

    assert hospital.view(invoice).due == vnd(0)
    assert advance(hospital, stay) == vnd(0)


def test_an_advance_of_a_deceased_goes_to_an_heir_by_a_document_and_two_people(
    hospital: Hospital,
) -> None:
    hospital.open_shift()
    stay, _ = a_stay(hospital)
    pay(hospital, stay, 200_000)
    discharge(hospital, stay)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [asked] = cash_returns.of_encounter(tx, stay.encounter)

    close_deceased(hospital.runtime, hospital.scope, stay.encounter, "")
    head = hospital.by("user:head")
    with pytest.raises(HeirDocumentNeeded):
        cash_returns.approve(hospital.runtime, head, asked.id)
    close_deceased(hospital.runtime, hospital.scope, stay.encounter, "VB thừa kế 12/2026")
    cash_returns.approve(hospital.runtime, head, asked.id)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert repository.read(tx, stay.encounter).state is State.CLOSED_DECEASED
