"""What a channel costs and takes from a day on, on both databases; what was said before stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payments.audit import AUDIT_EVENT
from payments.channels import fees
from payments.channels.routing import Fee, Terms
from payments.demo.hospital import DESK
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import vnd
from tests.support.hospital import Hospital

BASIS = "HĐ 12/2026, phụ lục 1"


def today(hospital: Hospital) -> HospitalDay:
    return HospitalDay.of(hospital.runtime.clock.now())


def agree(hospital: Hospital, terms: Terms, *, in_days: int = 0, basis: str = BASIS) -> None:
    since = today(hospital).plus(in_days)
    fees.agree(hospital.runtime, hospital.scope, DESK, since, terms, basis)


def held(hospital: Hospital, *, in_days: int = 0) -> Terms | None:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return fees.terms(tx, today(hospital).plus(in_days)).get(DESK)


ALL = Terms(Fee(vnd(1_650), 11_000, vnd(2_000), vnd(30_000)), vnd(10_000), vnd(400_000_000))


def test_terms_come_back_as_they_were_agreed(hospital: Hospital) -> None:
    assert held(hospital) is None

    agree(hospital, ALL)

    assert held(hospital) == ALL


def test_new_terms_wait_for_their_day_and_the_old_ones_stay_readable(
    hospital: Hospital, clock: FrozenClock
) -> None:
    agree(hospital, Terms(Fee(vnd(1_000))))
    agree(hospital, Terms(Fee(vnd(2_000))), in_days=7, basis="Thông báo phí mới")

    now, later = held(hospital), held(hospital, in_days=7)
    clock.advance(timedelta(days=30))

    assert now == Terms(Fee(vnd(1_000)))
    assert later == held(hospital) == Terms(Fee(vnd(2_000)))
    with hospital.runtime.database.reading(hospital.scope) as tx:
        told = fees.history(tx, DESK)
    assert [one.basis for one in told] == ["Thông báo phí mới", BASIS]
    assert {one.by for one in told} == {hospital.scope.actor}


def test_the_same_said_twice_is_one_row(hospital: Hospital) -> None:
    agree(hospital, ALL)
    agree(hospital, ALL)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert len(fees.history(tx, DESK)) == 1


def test_of_one_day_what_was_said_last_holds(hospital: Hospital) -> None:
    agree(hospital, Terms(Fee(vnd(1_000))))
    agree(hospital, Terms(Fee(vnd(900))), basis="sửa số ghi nhầm")

    assert held(hospital) == Terms(Fee(vnd(900)))


@pytest.mark.parametrize(
    ("terms", "basis", "field"),
    [
        (Terms(), "x", "basis"),
        (Terms(), "dòng\u202engược", "basis"),
        (Terms(Fee(least=vnd(5), most=vnd(4))), BASIS, "most_fee"),
        (Terms(amount_min=vnd(5), amount_max=vnd(4)), BASIS, "amount_max"),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(
    hospital: Hospital, terms: Terms, basis: str, field: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        agree(hospital, terms, basis=basis)

    assert refused.value.field == field
    assert held(hospital) is None


def test_no_terms_for_a_day_that_is_over_or_a_channel_that_is_not(hospital: Hospital) -> None:
    with pytest.raises(InvalidField):
        agree(hospital, ALL, in_days=-1)
    with pytest.raises(NotFound):
        fees.agree(hospital.runtime, hospital.scope, "nowhere", today(hospital), ALL, BASIS)


def test_agreed_terms_are_never_changed_and_who_agreed_is_kept(hospital: Hospital) -> None:
    agree(hospital, ALL)

    with (
        pytest.raises(DBAPIError),
        hospital.runtime.database.transaction(hospital.scope) as tx,
    ):
        tx.execute(text("UPDATE channel_fee SET fixed = 0"))
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [told] = tx.execute(
            select(AUDIT_EVENT.c.facts).where(AUDIT_EVENT.c.kind == "channel.fee")
        ).scalars()
    assert "1650" in told
