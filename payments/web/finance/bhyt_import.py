"""Takes an assessment in from a form: shown first, then whole or not at all; maps are saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, InvalidField, Problem, Rejected
from payments.settlement import assessing, listing, maps
from payments.settlement.assessing import Reach, Sheet
from payments.settlement.model import agency_of, is_month, period_id, quarter_of
from payments.settlement.reading import FIELDS, ColumnMap
from payments.sheets.problems import UnreadableSheet
from payments.sheets.table import SIZE_MAX_BYTES
from payments.web.current import explain, explain_problem, runtime, scope, words
from payments.web.finance.bhyt_pages import ImportPage, Preview
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

#: The file, and the form around it.
_BODY_MAX_BYTES: Final = SIZE_MAX_BYTES + 64 * 1024
_SHOWN_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class _Said:
    """What the page says beside its forms."""

    failure: str = ""
    problems: tuple[Problem, ...] = ()
    preview: Preview | None = None
    columns: dict[str, str] = field(default_factory=dict)


@finance.get("/finance/bhyt/assessment")
@requires(Permission.IMPORT_STATEMENT)
def bhyt_import() -> str:
    return render(_page(_Said()))


@finance.post("/finance/bhyt/assessment")
@requires(Permission.IMPORT_STATEMENT, body_max_bytes=_BODY_MAX_BYTES)
def bhyt_take() -> AnyResponse:
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    month = request.form.get("month", "")
    if not content:
        return Response(render(_page(_Said(words("finance.no_file")))), 422)
    try:
        if not is_month(month):
            raise InvalidField("month", "bhyt_month")
        period = period_id(scope().facility, agency_of(scope().facility), month)
        sheet = _sheet(content)
        if request.form.get("do", "") != "take":
            return _previewed(period, sheet)
        assessing.take_in(runtime(), scope(), period, sheet)
    except UnreadableSheet as error:
        said = _Said(words("bhyt.import.refused"), problems=error.problems)
        return Response(render(_page(said)), 422)
    except (Rejected, Conflict) as error:
        return Response(render(_page(_Said(explain(error)))), 422)
    return redirect(url_for("finance.bhyt", period=quarter_of(month)), 303)


@finance.post("/finance/bhyt/maps")
@requires(Permission.IMPORT_STATEMENT)
def bhyt_map() -> AnyResponse:
    columns = {name: request.form.get(f"column:{name}", "") for name in FIELDS}
    given = ColumnMap(request.form.get("name", ""), columns)
    try:
        with runtime().database.transaction(scope()) as tx:
            saved = maps.save(tx, given)
    except InvalidField as error:
        return Response(render(_page(_Said(explain(error), columns=columns))), 422)
    return redirect(url_for("finance.bhyt_import", map=saved.name), 303)


def _previewed(period: UUID, sheet: Sheet) -> AnyResponse:
    plan = assessing.preview(runtime(), scope(), period, sheet)
    told = Preview(
        len(plan.rows) + len(plan.orphans),
        len(plan.refusals),
        plan.refused,
        plan.repeated,
        len(plan.orphans),
        plan.orphaned,
    )
    said = _Said(
        words("bhyt.import.wrong", n=len(plan.problems)) if plan.problems else "",
        problems=tuple(plan.problems),
        preview=told,
    )
    return Response(render(_page(said)), 422 if plan.problems else 200)


def _sheet(content: bytes) -> Sheet:
    form = request.form
    with runtime().database.reading(scope()) as tx:
        columns = maps.of_name(tx, form.get("map", ""))
    try:
        reach, day = Reach(form.get("reach", "")), HospitalDay.parse(form.get("received_on", ""))
    except ValueError as error:
        raise InvalidField("received_on", "bhyt_day") from error
    return Sheet(content, columns, reach, day)


def _page(said: _Said) -> ImportPage:
    values = request.values
    with runtime().database.reading(scope()) as tx:
        months, names = listing.months(tx), maps.names(tx)
        chosen = values.get("map", "")
        chosen = chosen if chosen in names else names[0]
        columns = said.columns or dict(maps.of_name(tx, chosen).columns)
    today = str(HospitalDay.of(runtime().clock.now()))
    return ImportPage(
        months,
        values.get("month", months[0] if months else ""),
        names,
        chosen,
        tuple(one.value for one in Reach),
        values.get("reach", Reach.LISTED.value),
        values.get("received_on", today)[:10],
        FIELDS,
        columns,
        said.preview,
        tuple((one.line, one.field, explain_problem(one)) for one in said.problems[:_SHOWN_MAX]),
        said.failure,
    )
