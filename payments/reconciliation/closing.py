"""Closes a day of the ledger once the bank agrees, or a person has said why it does not."""

from __future__ import annotations

from payments import audit
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, Rejected
from payments.kernel.scope import Scope
from payments.ledger import periods
from payments.reconciliation import maps
from payments.reconciliation.model import Source
from payments.reconciliation.service import Run, run_in
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class OpenFindings(Conflict):
    """The day has differences that nobody has explained."""

    code = "open-findings"


class NoStatement(Rejected):
    """The bank's statement of the day has not been taken in."""

    code = "no-statement"


class DayNotOver(Rejected):
    """A day is closed when it is over; until then money may still come."""

    code = "day-not-over"


def close_day(runtime: Runtime, scope: Scope, day: HospitalDay) -> None:
    """
    Close the ledger's day, if every account matches its statement or every difference is explained.

    The period is held first: what is compared afterwards is what is closed.

    Raises:
        DayNotOver: the day is today or later.
        NoStatement: an account has lines and no statement.
        OpenFindings: a difference is not explained.
    """
    if day >= HospitalDay.of(runtime.clock.now()):
        raise DayNotOver(day=day)

    def work(tx: UnitOfWork) -> None:
        periods.start_closing(tx, day)
        for account in maps.accounts(tx):
            _refuse_unexplained(run_in(tx, account, day))
        periods.close_day(tx, day)
        audit.append(tx, "day.closed", f"day:{day}")

    runtime.database.run(scope, work)


def _refuse_unexplained(told: Run) -> None:
    sides = told.comparison.inputs
    if sides.source is Source.FEED and (sides.ledger or sides.bank):
        raise NoStatement(account=sides.account, day=sides.day)
    if told.open_findings:
        raise OpenFindings(account=sides.account, findings=len(told.open_findings))
