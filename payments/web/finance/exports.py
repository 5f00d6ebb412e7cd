"""Files that finance takes out: asked for, made now or by the worker, and downloaded for a week."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.statements import making, ordering, plans, registry, signing
from payments.statements.files.entries import people
from payments.statements.model import Span
from payments.statements.ordering import Order
from payments.statements.plans import Every
from payments.web.chips import Chip
from payments.web.current import explain, language, runtime, scope, words
from payments.web.finance.export_pages import ExportPage, ExportsPage, OrderRow, PlanRow
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires
from payments.words import catalogue

_LOOKS: Final = {
    "waiting": ("wait", "clock"),
    "making": ("wait", "clock"),
    "ready": ("ok", "check"),
    "failed": ("bad", "stop"),
    "gone": ("off", "clock"),
}
_MEGABYTE: Final = 1024 * 1024


@finance.get("/finance/exports")
@requires(Permission.EXPORT)
def exports() -> str:
    return render(_page())


@finance.post("/finance/exports")
@requires(Permission.EXPORT)
def order_export() -> AnyResponse:
    form = request.form
    try:
        span = span_of(form.get("first_day", ""), form.get("last_day", ""))
        made = ordering.order(runtime(), scope(), form.get("file", ""), form.get("form", ""), span)
    except InvalidField as error:
        return Response(render(_page(error)), 422)
    with runtime().database.reading(scope()) as tx:
        is_short = ordering.is_short(tx, span)
    if is_short:
        making.make(runtime(), scope(), made)
    return redirect(url_for("finance.export", export=made), 303)


@finance.get("/finance/exports/<uuid:export>")
@requires(Permission.EXPORT)
def export(export: UUID) -> str:
    with runtime().database.reading(scope()) as tx:
        told = ordering.read(tx, export)
        names = people(tx)
    return render(ExportPage(_row(told, names), str(told.span), told.ended_at))


@finance.get("/finance/exports/<uuid:export>/file")
@requires(Permission.EXPORT)
def take_export(export: UUID) -> Response:
    told, parts = ordering.take(runtime(), scope(), export)
    answer = Response(parts, content_type=registry.FORMS[told.form].content_type)
    answer.headers["Content-Length"] = str(told.size)
    answer.headers["Content-Disposition"] = f'attachment; filename="{told.file_name}"'
    return answer


@finance.post("/finance/exports/plans")
@requires(Permission.EXPORT)
def plan_export() -> AnyResponse:
    form = request.form
    try:
        plans.agree(
            runtime(), scope(), form.get("file", ""), form.get("form", ""), form.get("every", "")
        )
    except InvalidField as error:
        return Response(render(_page(error)), 422)
    return redirect(url_for("finance.exports"), 303)


@finance.post("/finance/exports/plans/<uuid:plan>/end")
@requires(Permission.EXPORT)
def end_plan(plan: UUID) -> AnyResponse:
    plans.end(runtime(), scope(), plan)
    return redirect(url_for("finance.exports"), 303)


def span_of(first: str, last: str) -> Span:
    """Read the days of a form. Raises InvalidField."""
    days = []
    for field, text in (("first_day", first), ("last_day", last)):
        try:
            day = HospitalDay.parse(text)
        except ValueError as error:
            raise InvalidField(field, "span_day") from error
        if not 2000 <= day.date.year <= 2100:
            raise InvalidField(field, "span_day")
        days.append(day)
    return Span(*days)


def _page(failed: InvalidField | None = None) -> ExportsPage:
    today = HospitalDay.of(runtime().clock.now())
    with runtime().database.reading(scope()) as tx:
        names = people(tx)
        rows = tuple(_row(one, names) for one in ordering.newest(tx))
        planned = tuple(
            PlanRow(
                one.id,
                words(f"statement.file.{one.file}"),
                words(f"export.form.{one.form}"),
                words(f"export.every.{one.every}"),
                names.get(one.made_by, one.made_by),
            )
            for one in plans.running(tx)
        )
    asked = request.form or request.args
    return ExportsPage(
        files=tuple((one, words(f"statement.file.{one}")) for one in registry.offered(today.date)),
        forms=tuple((one, words(f"export.form.{one}")) for one in registry.FORMS),
        everies=tuple((one.value, words(f"export.every.{one}")) for one in Every),
        chosen=asked.get("file", ""),
        chosen_form=asked.get("form", ""),
        first_day=asked.get("first_day", str(today)),
        last_day=asked.get("last_day", str(today)),
        today=today,
        rows=rows,
        plans=planned,
        is_making=any(one.order.state in ("waiting", "making") for one in rows),
        kept_days=ordering.KEPT.days,
        public_key=signing.public_key(runtime().keys),
        failure=explain(failed) if failed is not None else "",
        failed_field=failed.field if failed is not None else "",
    )


def _row(told: Order, names: dict[str, str]) -> OrderRow:
    look, icon = _LOOKS[told.state]
    failure = ""
    if told.failure is not None:
        wording, facts = told.failure
        failure = catalogue.say(wording, language(), facts)
    return OrderRow(
        told,
        words(f"statement.file.{told.file}"),
        words(f"export.form.{told.form}"),
        Chip(look, icon, words(f"export.state.{told.state}", rows=told.rows)),
        names.get(told.made_by, told.made_by),
        failure,
        tuple((words(f"statement.column.{name}"), amount) for name, amount in told.sums.items()),
        _size(told.size),
    )


def _size(size: int) -> str:
    if size >= _MEGABYTE:
        return f"{size / _MEGABYTE:.1f} MB".replace(".", ",")
    return f"{max(1, size // 1024)} kB"
