"""Rules that match lines: written as data, tried on a day, switched on by a second person."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.matching import repository, service
from payments.matching.model import By, Effect, Plan, Planned, Rule, State
from payments.matching.service import RuleIsOver, RuleMatchesTwice, SameAuthor, TrialChanged
from payments.matching.wording import why
from payments.matching.writing import RuleRequest
from payments.reconciliation import maps
from payments.web import forms
from payments.web.chips import Chip
from payments.web.current import current, explain, language, runtime, scope, words
from payments.web.finance.days import day_of
from payments.web.finance.rule_pages import (
    Choice,
    RulePage,
    RuleRow,
    RulesPage,
    TrialRow,
    TwiceRow,
)
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires
from payments.words.formats import local_date, vnd

#: A trial is looked through by a person; the count above it is of all.
_ROWS_MAX: Final = 200
_FIELDS: Final = (
    "name",
    "by",
    "effect",
    "account",
    "pattern",
    "window",
    "tolerance",
    "first",
    "last",
)
_LOOKS: Final = {
    State.DRAFT: ("wait", "file"),
    State.ON: ("ok", "check"),
    State.OFF: ("off", "stop"),
}


@finance.get("/finance/rules")
@requires(Permission.SEE_FINANCE)
def rules() -> str:
    return render(_list({}))


@finance.post("/finance/rules")
@requires(Permission.RESOLVE)
def write_rule() -> AnyResponse:
    typed = {name: request.form.get(name, "").strip() for name in _FIELDS}
    try:
        made = service.write(runtime(), scope(), _asked(typed))
    except InvalidField as error:
        page = _list(typed, failure=explain(error), failed_field=error.field)
        return Response(render(page), 422)
    except RuleIsOver as error:
        return Response(render(_list(typed, failure=explain(error))), 409)
    return redirect(url_for("finance.rule", rule=made.id), 303)


@finance.get("/finance/rules/<uuid:rule>")
@requires(Permission.SEE_FINANCE)
def rule(rule: UUID) -> str:
    asked = request.args.get("day", "")
    return render(_page(rule, day_of(asked) if asked else None))


@finance.post("/finance/rules/<uuid:rule>/on")
@requires(Permission.RESOLVE)
def switch_rule_on(rule: UUID) -> AnyResponse:
    day = day_of(request.form.get("day", ""))
    try:
        seen = forms.whole(request.form.get("seen", ""), "seen", wrong="rule_seen")
        service.switch_on(runtime(), scope(), rule, day, seen)
    except (InvalidField, SameAuthor, RuleMatchesTwice) as error:
        return Response(render(_page(rule, day, failure=explain(error))), 422)
    except (RuleIsOver, TrialChanged) as error:
        return Response(render(_page(rule, day, failure=explain(error))), 409)
    return redirect(url_for("finance.rule", rule=rule, day=str(day)), 303)


@finance.post("/finance/rules/<uuid:rule>/off")
@requires(Permission.RESOLVE)
def switch_rule_off(rule: UUID) -> AnyResponse:
    try:
        service.switch_off(runtime(), scope(), rule, request.form.get("reason", ""))
    except InvalidField as error:
        return Response(render(_page(rule, None, failure=explain(error))), 422)
    return redirect(url_for("finance.rules"), 303)


@finance.post("/finance/day/<date>/match")
@requires(Permission.RESOLVE)
def match_day(date: str) -> AnyResponse:
    ran = service.run(runtime(), scope(), day_of(date))
    address = url_for(
        "finance.day", date=date, ruled=len(ran.matched), left=ran.left, twice=len(ran.twice)
    )
    return redirect(address, 303)


def _asked(typed: dict[str, str]) -> RuleRequest:
    minutes = forms.whole(typed["window"] or "0", "window", wrong="rule_window", most=1440)
    short = typed["tolerance"] in ("", "0")
    tolerance = (
        ZERO
        if short
        else forms.amount(
            typed["tolerance"], "tolerance", wrong="rule_tolerance", most=Money(10_000)
        )
    )
    return RuleRequest(
        typed["name"],
        typed["by"],
        typed["effect"],
        typed["account"],
        typed["pattern"],
        minutes,
        tolerance,
        typed["first"],
        typed["last"],
    )


def _list(typed: dict[str, str], *, failure: str = "", failed_field: str = "") -> RulesPage:
    with runtime().database.reading(scope()) as tx:
        found = repository.rules(tx)
        accounts = maps.accounts(tx)
    today = HospitalDay.of(runtime().clock.now())
    typed = {name: typed.get(name, "") for name in _FIELDS}
    typed["first"] = typed["first"] or str(today)
    return RulesPage(
        rows=tuple(_row(one) for one in found),
        kinds=_choices("by", [one.value for one in By], typed["by"]),
        effects=_choices("effect", [one.value for one in Effect], typed["effect"]),
        accounts=tuple(Choice(one, f"…{one[-4:]}", one == typed["account"]) for one in accounts),
        typed=typed,
        today=today,
        may_write=_may_write(),
        failure=failure,
        failed_field=failed_field,
    )


def _choices(name: str, values: list[str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(one, words(f"rule.{name}.{one}"), one == chosen) for one in values)


def _page(rule_id: UUID, day: HospitalDay | None, *, failure: str = "") -> RulePage:
    with runtime().database.reading(scope()) as tx:
        found = repository.get(tx, rule_id)
        day = day or HospitalDay.of(tx.now())
        told = service.trial(tx, runtime(), found, day)
    return RulePage(
        rule=_row(found),
        day=day,
        lines=told.lines,
        rows=tuple(_trial_row(one) for one in told.matches[:_ROWS_MAX]),
        matches=len(told.matches),
        total=sum((one.line.amount for one in told.matches), ZERO),
        twice=tuple(
            TwiceRow(one.line.credit, one.line.reference, one.line.amount, one.first, one.second)
            for one in told.twice[:_ROWS_MAX]
        ),
        is_draft=found.state is State.DRAFT,
        is_off=found.state is State.OFF,
        why_not=_why_not(found, told),
        may_write=_may_write(),
        failure=failure,
    )


def _why_not(found: Rule, told: Plan) -> str:
    if not _may_write():
        return words("rule.on.why_role")
    if found.made_by == scope().actor:
        return words("error.rule-same-author")
    return words("rule.on.why_twice", n=len(told.twice)) if told.twice else ""


def _trial_row(one: Planned) -> TrialRow:
    target = one.target.number or words(f"rule.effect.{one.target.effect}")
    line = one.line
    return TrialRow(
        line.credit, line.reference, line.occurred_at, line.amount, target, why(one, language())
    )


def _row(rule: Rule) -> RuleRow:
    look, icon = _LOOKS[rule.state]
    first = local_date(rule.first_day.starts_at)
    if rule.last_day is None:
        days = words("rule.days.open", first=first)
    else:
        days = words("rule.days", first=first, last=local_date(rule.last_day.starts_at))
    return RuleRow(
        rule.id, rule.label, Chip(look, icon, words(f"rule.state.{rule.state}")), _says(rule), days
    )


def _says(rule: Rule) -> str:
    account = f"…{rule.account[-4:]}" if rule.account else words("rule.account.any")
    return words(
        f"rule.says.{rule.by}",
        account=account,
        pattern=rule.pattern or "*",
        minutes=rule.window_minutes,
        amount=vnd(rule.tolerance),
        effect=words(f"rule.effect.{rule.effect}"),
    )


def _may_write() -> bool:
    session = current().session
    return session is not None and session.user.may(Permission.RESOLVE)
