"""A rule is tried, a second person switches it on, what it matches is evidence; twice is once."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from payments.kernel.calendar import HospitalDay
from payments.kernel.codes import ALPHABET
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger import periods
from payments.matching import repository, service
from payments.matching.applying import confirm
from payments.matching.model import Plan, Rule, State
from payments.matching.service import (
    DayLocked,
    RuleMatchesTwice,
    SameAuthor,
    TrialChanged,
)
from payments.matching.writing import RuleRequest
from payments.receipts.attached import in_suspense
from payments.reconciliation.unmatching import NoMatch, unmatch
from payments.storage.columns import new_id
from tests.support import oracle
from tests.support.hospital import Hospital

DAY = "2026-11-24"


def a_request(**changes: object) -> RuleRequest:
    asked = RuleRequest("Mã sai một chữ", "reference", "invoice", "", "", 0, Money(0), DAY, "")
    return replace(asked, **changes)  # type: ignore[arg-type]


def by(hospital: Hospital, name: str) -> Scope:
    return hospital.by(f"user:{name}")


def write(hospital: Hospital, **changes: object) -> Rule:
    return service.write(hospital.runtime, by(hospital, "writer"), a_request(**changes))


def today(hospital: Hospital) -> HospitalDay:
    return HospitalDay.of(hospital.runtime.clock.now())


def trial(hospital: Hospital, rule: Rule) -> Plan:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return service.trial(tx, hospital.runtime, rule, today(hospital))


def switch_on(
    hospital: Hospital, rule: Rule, *, who: str = "second", seen: int | None = None
) -> None:
    told = len(trial(hospital, rule).matches) if seen is None else seen
    service.switch_on(hospital.runtime, by(hospital, who), rule.id, today(hospital), told)


def state(hospital: Hospital, rule: Rule) -> State:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return repository.get(tx, rule.id).state


def one_slip(code: str) -> str:
    return code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1) % len(ALPHABET)]


def slipped(hospital: Hospital, amount: int = 150_000) -> tuple[UUID, UUID]:
    """Let a transfer come whose code has one wrong character; returns its movement and invoice."""
    invoice = hospital.issue()
    shown = hospital.show(invoice)
    told = hospital.arrive(hospital.transfer(one_slip(shown.code), vnd(amount)))
    assert told.credit is not None
    return told.credit, invoice


def left(hospital: Hospital, credit: UUID) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return in_suspense(tx, credit).dong


def sound(hospital: Hospital) -> None:
    hospital.work()
    hospital.assert_balanced()
    assert oracle.findings(hospital.runtime, hospital.scope) == []


def test_a_rule_is_tried_switched_on_and_matches_with_evidence(hospital: Hospital) -> None:
    credit, invoice = slipped(hospital)
    rule = write(hospital)
    assert [one.line.credit for one in trial(hospital, rule).matches] == [credit]
    assert left(hospital, credit) == 150_000

    switch_on(hospital, rule)
    ran = service.run(hospital.runtime, hospital.scope, today(hospital))

    assert ([one.line.credit for one in ran.matched], ran.left) == ([credit], 0)
    assert hospital.view(invoice).due == vnd(0)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [told] = repository.decisions(tx, credit)
    assert (told.rule, told.decided_by) == ("Mã sai một chữ · 1", hospital.scope.actor)
    assert told.why.startswith("Mã sai một chữ · 1: ")
    sound(hospital)


def test_a_second_run_matches_nothing_more(hospital: Hospital) -> None:
    slipped(hospital)
    switch_on(hospital, write(hospital))
    service.run(hospital.runtime, hospital.scope, today(hospital))

    again = service.run(hospital.runtime, hospital.scope, today(hospital))

    assert (again.matched, again.left) == ((), 0)
    sound(hospital)


def test_whoever_wrote_a_rule_does_not_switch_it_on(hospital: Hospital) -> None:
    rule = write(hospital)

    with pytest.raises(SameAuthor):
        switch_on(hospital, rule, who="writer")
    with pytest.raises(IntegrityError), hospital.runtime.database.transaction(hospital.scope) as tx:
        repository.change(
            tx, rule.id, on_at=tx.now(), on_by="user:writer", tried_on=today(hospital).date
        )

    assert state(hospital, rule) is State.DRAFT


def test_a_rule_that_would_match_a_line_twice_is_refused_and_both_are_named(
    hospital: Hospital,
) -> None:
    first, second = hospital.issue(), hospital.issue()
    hospital.show(first)
    hospital.show(second)
    hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(150_000)))
    rule = write(hospital, by="amount_time", window_minutes=15)

    with pytest.raises(RuleMatchesTwice) as refused:
        switch_on(hospital, rule)

    named = f"{refused.value.extras['first']} {refused.value.extras['second']}"
    assert all(hospital.view(one).number in named for one in (first, second))
    assert state(hospital, rule) is State.DRAFT


def test_what_was_not_looked_at_is_not_switched_on(hospital: Hospital) -> None:
    rule = write(hospital)
    slipped(hospital)

    with pytest.raises(TrialChanged):
        switch_on(hospital, rule, seen=0)


def test_a_run_on_a_closed_day_is_refused(hospital: Hospital) -> None:
    credit, _ = slipped(hospital)
    switch_on(hospital, write(hospital))
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        periods.close_day(tx, today(hospital))

    with pytest.raises(DayLocked):
        service.run(hospital.runtime, hospital.scope, today(hospital))

    assert left(hospital, credit) == 150_000


def test_a_new_version_takes_the_place_of_the_one_before(hospital: Hospital) -> None:
    first, second = write(hospital), write(hospital, tolerance=vnd(500))
    switch_on(hospital, first)

    switch_on(hospital, second)

    assert (second.version, state(hospital, first), state(hospital, second)) == (
        2,
        State.OFF,
        State.ON,
    )


def test_a_rule_that_is_off_matches_nothing(hospital: Hospital) -> None:
    rule = write(hospital)
    switch_on(hospital, rule)
    service.switch_off(hospital.runtime, hospital.scope, rule.id, "ngân hàng đổi nội dung")
    credit, _ = slipped(hospital)

    assert service.run(hospital.runtime, hospital.scope, today(hospital)).left == 1
    assert left(hospital, credit) == 150_000


def test_interest_that_the_bank_names_is_income(hospital: Hospital) -> None:
    told = hospital.arrive(hospital.transfer("TRA LAI TIEN GUI T11", vnd(3_200)))
    assert told.credit is not None
    rule = write(hospital, name="Lãi", by="memo", effect="interest", pattern="lãi tiền gửi")
    switch_on(hospital, rule)

    service.run(hospital.runtime, hospital.scope, today(hospital))

    assert left(hospital, told.credit) == 0
    assert hospital.balance("2200") == vnd(0)
    sound(hospital)


def test_a_match_is_taken_back_and_made_again(hospital: Hospital) -> None:
    credit, invoice = slipped(hospital)
    first = confirm(hospital.runtime, hospital.scope, credit, invoice, "đúng người bệnh")
    hospital.work()

    for _ in range(2):
        unmatch(hospital.runtime, hospital.scope, first.id, "nhầm phiếu")

    assert (left(hospital, credit), hospital.view(invoice).due) == (150_000, vnd(150_000))
    assert hospital.payments(invoice) == ()
    sound(hospital)
    again = confirm(hospital.runtime, hospital.scope, credit, invoice, "đúng phiếu này")
    assert again.is_new
    with hospital.runtime.database.reading(hospital.scope) as tx:
        told = repository.decisions(tx, credit)
    assert sorted((one.back_reason, one.score) for one in told) == [("", 90), ("nhầm phiếu", 90)]
    sound(hospital)


def test_what_is_no_match_is_not_taken_back(hospital: Hospital) -> None:
    with pytest.raises(NoMatch):
        unmatch(hospital.runtime, hospital.scope, new_id(), "nhầm phiếu")
