"""
The life of a rule, and its runs.

    draft ──tried on a day, a second person agrees──▶ on ──a person, with a reason──▶ off
                                                       └──the next version is on────▶ off
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog

from payments import audit
from payments.invoicing.service import checked_reason
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.scope import Scope
from payments.ledger import periods
from payments.matching import repository
from payments.matching.applying import apply
from payments.matching.lines import lines_of
from payments.matching.model import Plan, Planned, Rule, State, Twice, plan
from payments.matching.writing import RuleRequest, checked
from payments.reconciliation import maps
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

_log = structlog.get_logger("matching")


class RuleMatchesTwice(Rejected):
    """On the day on which it was tried, the rule would match a line twice; both are named."""

    code = "rule-matches-twice"


class SameAuthor(Rejected):
    """Who wrote a rule does not switch it on."""

    code = "rule-same-author"


class TrialChanged(Conflict):
    """The day's lines are others than those that were looked at."""

    code = "rule-trial-changed"


class RuleIsOver(Conflict):
    """The version is on or off already, or another was written meanwhile."""

    code = "rule-is-over"


class DayLocked(Rejected):
    """The books of the day are closed: no rule decides anything in them."""

    code = "rule-day-locked"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run matched, and what it left to a person; *twice* names both targets."""

    matched: tuple[Planned, ...]
    twice: tuple[Twice, ...]
    left: int


def write(runtime: Runtime, scope: Scope, asked: RuleRequest) -> Rule:
    """
    Store a rule as a draft: the first of its name, or the next version of it.

    Raises:
        InvalidField: a field is wrong.
        RuleIsOver: another person has just written the same version.
    """

    def work(tx: UnitOfWork) -> Rule:
        told = checked(asked, maps.accounts(tx))
        version = repository.next_version(tx, told.name)
        made = Rule(
            new_id(),
            told.name,
            version,
            told.by,
            told.effect,
            told.account,
            told.pattern,
            told.window_minutes,
            told.tolerance,
            told.first_day,
            told.last_day,
            State.DRAFT,
            tx.scope.actor,
        )
        if not repository.add(tx, made):
            raise RuleIsOver(name=told.name)
        audit.append(tx, "rule.written", f"match_rule:{made.id}", name=made.name, version=version)
        return made

    return runtime.database.run(scope, work)


def trial(tx: UnitOfWork, runtime: Runtime, rule: Rule, day: HospitalDay) -> Plan:
    """Say what *rule* alone would match of the lines of *day*; nothing is written."""
    return plan([rule], lines_of(tx, runtime, day))


def switch_on(runtime: Runtime, scope: Scope, rule: UUID, day: HospitalDay, seen: int) -> None:
    """
    Let a draft match, as tried on *day*, where it would match *seen* lines; twice is once.

    The version of the same name that was on goes off in the same commit.

    Raises:
        NoRule: there is none of this id.
        SameAuthor: the person wrote it.
        RuleIsOver: it is off, or was replaced.
        RuleMatchesTwice: a line would be matched twice on that day.
        TrialChanged: it would match other lines now; look again.
    """

    def work(tx: UnitOfWork) -> None:
        found = repository.get(tx, rule)
        if found.state is State.ON:
            return
        if found.state is State.OFF:
            raise RuleIsOver(name=found.name)
        if found.made_by == tx.scope.actor:
            raise SameAuthor()
        told = trial(tx, runtime, found, day)
        if told.twice:
            odd = told.twice[0]
            raise RuleMatchesTwice(reference=odd.line.reference, first=odd.first, second=odd.second)
        if len(told.matches) != seen:
            raise TrialChanged(matches=len(told.matches))
        for other in repository.rules(tx, only=State.ON):
            if other.name == found.name:
                _off(tx, other, f"v{found.version}")
        repository.change(
            tx,
            rule,
            tried_on=day.date,
            tried_matches=seen,
            on_at=tx.now(),
            on_by=tx.scope.actor,
        )
        audit.append(tx, "rule.switched_on", f"match_rule:{rule}", day=str(day), matches=seen)

    runtime.database.run(scope, work)


def switch_off(runtime: Runtime, scope: Scope, rule: UUID, reason: str) -> None:
    """
    Let a rule, or a draft, match no more; what it matched stays. Twice is once.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoRule: there is none of this id.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> None:
        found = repository.get(tx, rule)
        if found.state is not State.OFF:
            _off(tx, found, cleaned)

    runtime.database.run(scope, work)


def run(runtime: Runtime, scope: Scope, day: HospitalDay) -> Ran:
    """
    Let the rules that are on match the lines of *day*, each in a commit of its own; twice is once.

    A line that somebody explains meanwhile is left to them.

    Raises:
        DayLocked: the day is closed, or being closed.
    """
    with runtime.database.reading(scope) as tx:
        if periods.state(tx, day) != periods.OPEN:
            raise DayLocked(day=day)
        told = plan(repository.rules(tx, only=State.ON), lines_of(tx, runtime, day))
    done: list[Planned] = []
    for one in told.matches:
        try:
            apply(runtime, scope, one)
        except (Conflict, NotFound, Rejected) as error:
            _log.info("matching.left", credit=str(one.line.credit), reason=error.code)
        else:
            done.append(one)
    return Ran(tuple(done), told.twice, told.lines - len(done))


def _off(tx: UnitOfWork, rule: Rule, reason: str) -> None:
    repository.change(tx, rule.id, off_at=tx.now(), off_by=tx.scope.actor, off_reason=reason)
    audit.append(tx, "rule.switched_off", f"match_rule:{rule.id}", reason=reason)
