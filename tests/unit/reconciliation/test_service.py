"""A day is compared, what differs is explained by a person, and then the day closes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import vnd
from payments.ledger import periods
from payments.reconciliation import exceptions, service
from payments.reconciliation.closing import DayNotOver, NoStatement, OpenFindings, close_day
from payments.reconciliation.importing import take_in
from payments.reconciliation.model import Source, Verdict
from payments.reconciliation.rows import FINDING, RECONCILIATION_RUN
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement

TODAY = HospitalDay.parse("2026-11-24")


def pay(hospital: Hospital, reference: str) -> str:
    """Let one code be paid as a feed tells it; returns the code."""
    shown = hospital.show(hospital.issue())
    hospital.arrive(hospital.transfer(shown.code, shown.amount, reference=reference))
    return shown.code


def run(hospital: Hospital) -> service.Run:
    return service.run(hospital.runtime, hospital.scope, PAYEE.account, TODAY)


def state_of(hospital: Hospital, day: HospitalDay = TODAY) -> str:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return periods.state(tx, day)


def rows(hospital: Hospital) -> tuple[int, int]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return tuple(
            tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (RECONCILIATION_RUN, FINDING)
        )  # type: ignore[return-value]


def state_statement(hospital: Hospital, *lines: Moved) -> None:
    take_in(hospital.runtime, hospital.scope, PAYEE.account, a_statement(*lines))


def test_feeds_speak_for_the_bank_until_its_statement_comes(hospital: Hospital) -> None:
    code = pay(hospital, "FT1")
    before = run(hospital)

    state_statement(hospital, Moved(150_000, "FT1", code))

    assert (before.comparison.inputs.source, before.findings) == (Source.FEED, ())
    assert run(hospital).comparison.inputs.source is Source.STATEMENT
    assert run(hospital).comparison.counts[Verdict.MATCHED] == 1


def test_the_same_inputs_are_the_same_run(hospital: Hospital) -> None:
    pay(hospital, "FT1")
    state_statement(hospital, Moved(-1_100, "PHI"))
    first = run(hospital)
    kept = rows(hospital)

    again = run(hospital)

    assert (again.id, again.findings) == (first.id, first.findings)
    assert rows(hospital) == kept
    assert not again.is_new


def test_every_dong_of_the_difference_belongs_to_a_finding(hospital: Hospital) -> None:
    pay(hospital, "FT1")
    state_statement(hospital, Moved(-1_100, "PHI"), Moved(70_000, "FT9", "CK"))

    told = run(hospital)

    assert {one.verdict for one in told.findings} == {Verdict.MISSING_THERE, Verdict.MISSING_HERE}
    assert told.comparison.difference == vnd(-151_100)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        proof = exceptions.prove(tx, TODAY)
    assert proof.is_healthy
    assert (proof.difference, proof.waiting) == (vnd(-151_100), vnd(70_000))


def test_an_explanation_stays_until_the_line_matches(hospital: Hospital) -> None:
    code = pay(hospital, "FT1")
    state_statement(hospital, Moved(-1_100, "PHI"))
    for finding in run(hospital).findings:
        explain(hospital, finding.name)
    explained = run(hospital)

    state_statement(hospital, Moved(-1_100, "PHI"), Moved(150_000, "FT1", code))

    assert explained.open_findings == ()
    [left] = run(hospital).findings
    assert (left.verdict, left.state, left.reason) == (
        Verdict.MISSING_HERE,
        "explained",
        "phí quản lý tài khoản",
    )


def explain(hospital: Hospital, name: str, reason: str = "phí quản lý  tài khoản") -> None:
    service.explain(hospital.runtime, hospital.scope, PAYEE.account, TODAY, name, reason)


def test_what_is_no_finding_is_not_explained(hospital: Hospital) -> None:
    with pytest.raises(NotFound):
        explain(hospital, "missing_here:-:x")
    with pytest.raises(InvalidField):
        explain(hospital, "missing_here:-:x", " ")


def test_a_day_closes_when_each_difference_is_explained(
    hospital: Hospital, clock: FrozenClock
) -> None:
    code = pay(hospital, "FT1")
    clock.advance(timedelta(days=1))
    with pytest.raises(NoStatement):
        close_day(hospital.runtime, hospital.scope, TODAY)
    state_statement(hospital, Moved(150_000, "FT1", code), Moved(-1_100, "PHI"))
    with pytest.raises(OpenFindings):
        close_day(hospital.runtime, hospital.scope, TODAY)
    assert state_of(hospital) == periods.OPEN
    [finding] = run(hospital).findings
    explain(hospital, finding.name)

    close_day(hospital.runtime, hospital.scope, TODAY)

    assert state_of(hospital) == periods.CLOSED


def test_a_day_that_is_not_over_does_not_close(hospital: Hospital) -> None:
    with pytest.raises(DayNotOver):
        close_day(hospital.runtime, hospital.scope, TODAY)


def test_a_day_without_anything_closes_without_a_statement(hospital: Hospital) -> None:
    close_day(hospital.runtime, hospital.scope, TODAY.plus(-3))

    assert state_of(hospital, TODAY.plus(-3)) == periods.CLOSED
