"""Advances are taken once, of any amount, by notes and by codes; they follow their patient."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from payments.demo.hospital import DESK
from payments.encounters.service import open_visit
from payments.inbox.effects import Effect
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money, vnd
from payments.ledger.model import Subject
from payments.ledger.queries import subject_balance
from payments.patients.service import register
from payments.shifts.closing import expected_cash
from payments.stays import codes, depositing, moving, repository, service, watching
from payments.stays.model import HasStay, NothingToMove, Stay
from payments.stays.rows import STAY_ALERT
from tests.support.hospital import Hospital

DEPARTMENT = "KB"


def a_patient(hospital: Hospital, number: str = "99-900001") -> UUID:
    return hospital.runtime.database.run(
        hospital.scope,
        lambda tx: register(
            tx, hospital.runtime.keys, file_number=number, name="LÊ THỊ THỬ", birth_year=1960
        ),
    )


def a_stay(hospital: Hospital, number: str = "99-900001") -> Stay:
    patient = a_patient(hospital, number)
    asked = service.Admission(patient, DEPARTMENT, f"admit-{number}")
    return service.admit(hospital.runtime, hospital.scope, asked)


def advance(hospital: Hospital, encounter: UUID) -> Money:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return repository.deposit_of(tx, encounter)


def pay(hospital: Hospital, encounter: UUID, amount: int, key: str = "cash-1") -> UUID:
    asked = depositing.DepositRequest(encounter, vnd(amount), key)
    return depositing.take_cash(hospital.runtime, hospital.scope, asked)


def alerts(hospital: Hospital) -> list[int]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(select(STAY_ALERT.c.level).order_by(STAY_ALERT.c.number))
        return list(rows.scalars())


def told(hospital: Hospital, clock: FrozenClock, stay: Stay, own: int) -> None:
    clock.advance(timedelta(hours=1))
    cost = watching.CostTold(stay.number, vnd(own * 5), vnd(own), clock.now(), "his")
    watching.take_cost(hospital.runtime, hospital.scope, cost)


def test_notes_of_an_advance_are_taken_once_and_counted_in_the_shift(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    stay = a_stay(hospital)

    first = pay(hospital, stay.encounter, 3_000_000)
    again = pay(hospital, stay.encounter, 3_000_000)
    hospital.work()

    assert first == again
    assert advance(hospital, stay.encounter) == vnd(3_000_000)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert expected_cash(tx, shift) == vnd(3_500_000)
        [slip] = repository.deposits(tx, stay.encounter)
    assert slip.number == "TUQ126000001"


def test_a_transfer_of_any_amount_is_an_advance_whenever_it_comes(
    hospital: Hospital, clock: FrozenClock
) -> None:
    stay = a_stay(hospital)
    asked = codes.CodeRequest(stay.encounter, DESK, vnd(5_000_000), "code-1")
    code = codes.show_code(hospital.runtime, hospital.scope, asked)
    arrival = hospital.transfer(f"NOP TAM UNG {code.code}", vnd(4_200_000))

    first, again = hospital.arrive(arrival), hospital.arrive(arrival)
    clock.advance(timedelta(days=30))
    late = hospital.arrive(hospital.transfer(code.code, vnd(100_000)))

    assert (first.effect, again.effect, late.effect) == (
        Effect.POSTED,
        Effect.KNOWN,
        Effect.POSTED,
    )
    assert advance(hospital, stay.encounter) == vnd(4_300_000)


def test_a_code_without_an_amount_leaves_it_to_the_payer(hospital: Hospital) -> None:
    stay = a_stay(hospital)

    asked = codes.CodeRequest(stay.encounter, DESK, None, "code-1")
    code = codes.show_code(hospital.runtime, hospital.scope, asked)

    assert code.amount is None
    # After the currency (5303704) comes the amount (tag 54), or the country (tag 58) without one.
    assert "53037045802VN" in code.payload


def test_an_advance_follows_from_the_visit_to_the_stay_of_the_same_patient(
    hospital: Hospital,
) -> None:
    hospital.open_shift()
    patient = a_patient(hospital)
    run = hospital.runtime.database.run
    visit = run(hospital.scope, lambda tx: open_visit(tx, patient))
    pay(hospital, visit, 500_000)
    stay = a_stay(hospital)
    other = a_stay(hospital, "99-900002")

    with pytest.raises(NothingToMove):
        moving.bring(hospital.runtime, hospital.scope, other.encounter, visit)
    moved = moving.bring(hospital.runtime, hospital.scope, stay.encounter, visit)

    assert moved == vnd(500_000)
    assert (advance(hospital, visit), advance(hospital, stay.encounter)) == (vnd(0), moved)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert subject_balance(tx, "2100", Subject("encounter", visit)) == vnd(0)
    with pytest.raises(NothingToMove):
        moving.bring(hospital.runtime, hospital.scope, stay.encounter, visit)


def test_each_level_is_told_once_per_crossing_and_anew_after_a_new_advance(
    hospital: Hospital, clock: FrozenClock
) -> None:
    hospital.open_shift()
    stay = a_stay(hospital)
    pay(hospital, stay.encounter, 1_000_000)

    for own in (700_000, 800_000, 900_000, 1_000_000, 1_100_000):
        told(hospital, clock, stay, own)
    assert alerts(hospital) == [80, 100]
    pay(hospital, stay.encounter, 1_000_000, key="cash-2")
    told(hospital, clock, stay, 1_700_000)

    assert alerts(hospital) == [80, 100, 80]
    assert watching.told_family(hospital.runtime, hospital.scope, stay.encounter) == 3


def test_an_older_word_of_the_feed_changes_nothing_and_a_part_above_the_whole_is_refused(
    hospital: Hospital, clock: FrozenClock
) -> None:
    stay = a_stay(hospital)
    told(hospital, clock, stay, 300_000)

    old = watching.CostTold(stay.number, vnd(9), vnd(9), clock.now() - timedelta(minutes=1), "his")
    watching.take_cost(hospital.runtime, hospital.scope, old)
    wrong = watching.CostTold(stay.number, vnd(1), vnd(2), clock.now(), "his")
    with pytest.raises(InvalidField):
        watching.take_cost(hospital.runtime, hospital.scope, wrong)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        cost = repository.cost(tx, stay.encounter)
    assert cost is not None
    assert cost.own == vnd(300_000)


def test_a_patient_lies_in_one_bed(hospital: Hospital) -> None:
    stay = a_stay(hospital)

    assert a_stay(hospital).encounter == stay.encounter
    asked = service.Admission(stay.patient, DEPARTMENT, "another-key")
    with pytest.raises(HasStay):
        service.admit(hospital.runtime, hospital.scope, asked)
