"""Interest and other incoming money becomes income once; a patient's excess never does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from payments.bank.model import State
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import ZERO, vnd
from payments.receipts.model import Purpose
from payments.reconciliation import exceptions
from payments.reconciliation.income import PatientsMoney, purpose_of, take_as_income
from payments.reconciliation.resolving import NothingInSuspense, attach
from payments.reconciliation.suggesting import find
from payments.storage.columns import new_id
from payments.storage.locks import Lock
from tests.support.hospital import Hospital
from tests.support.oracle import findings


def arrived(hospital: Hospital, memo: str = "TRA LAI TIEN GUI", amount: int = 31_250) -> UUID:
    told = hospital.arrive(hospital.transfer(memo, vnd(amount)))
    assert told.credit is not None
    return told.credit


def take(hospital: Hospital, credit: UUID, reason: str = "lãi tháng 11") -> int:
    return take_as_income(hospital.runtime, hospital.scope, credit, Purpose.INTEREST, reason).dong


def test_interest_leaves_suspense_for_other_income_once(hospital: Hospital) -> None:
    credit = arrived(hospital)

    with ThreadPoolExecutor(3) as people:
        told = list(people.map(lambda _: take(hospital, credit), range(3)))

    assert told == [31_250] * 3
    assert (hospital.balance("4900"), hospital.balance("2200")) == (vnd(-31_250), ZERO)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert exceptions.suspense(tx) == ()
        assert find(tx, credit).state is State.MATCHED
    hospital.work()
    assert findings(hospital.runtime, hospital.scope) == []


def test_what_a_patient_paid_too_much_is_no_income(hospital: Hospital) -> None:
    code = hospital.show(hospital.issue()).code
    over = arrived(hospital, code, 200_000)
    partly = arrived(hospital, amount=200_000)
    attach(hospital.runtime, hospital.scope, partly, hospital.issue(), "đã hỏi người bệnh")

    for credit in (over, partly):
        with pytest.raises(PatientsMoney):
            take(hospital, credit)

    assert hospital.balance("2200") == vnd(-100_000)


def test_income_pays_no_invoice_afterwards(hospital: Hospital) -> None:
    credit = arrived(hospital)
    take(hospital, credit)

    with pytest.raises(NothingInSuspense):
        attach(hospital.runtime, hospital.scope, credit, hospital.issue(), "đã hỏi người bệnh")


def test_wrong_input_names_what_is_wrong(hospital: Hospital) -> None:
    with pytest.raises(InvalidField):
        take(hospital, arrived(hospital), reason="")
    with pytest.raises(NotFound):
        take(hospital, new_id())
    with pytest.raises(InvalidField):
        purpose_of("invoice")


def test_locks_are_taken_in_the_one_order(hospital: Hospital) -> None:
    seen: list[list[Lock]] = []
    credit = arrived(hospital)
    hospital.runtime.database.on_locks = seen.append

    take(hospital, credit)

    assert Lock.BANK_CREDIT in seen[-1]
    assert seen[-1] == sorted(seen[-1])
