"""Prices and departments: today's list, its history, and a new list with a preview."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.catalogue import departments, history, importing, queries
from payments.catalogue.importing import Preview
from payments.catalogue.model import DepartmentTaken, Kind, ListChanged, PastDate, ServiceItem
from payments.catalogue.price_list import TITLES
from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.kernel.text import unmarked
from payments.sheets import UnreadableSheet
from payments.sheets.table import SIZE_MAX_BYTES
from payments.statements import cells
from payments.web.admin.pages import PriceHistoryPage, PriceListPage, PricesPage
from payments.web.admin.users import refused_field
from payments.web.admin.views import Finding, admin, day_of, findings, may, today
from payments.web.current import explain, runtime, scope, words
from payments.web.pages import render
from payments.web.problem import explained
from payments.web.security import requires

_SHOWN_MAX: Final = 200
_CHANGES_SHOWN: Final = 20
_SEARCH_LETTERS_MAX: Final = 60


@admin.get("/admin/prices")
@requires(Permission.SEE_PRICES)
def prices() -> str:
    return render(_page())


@admin.get("/admin/prices/history")
@requires(Permission.SEE_PRICES)
def price_history() -> str:
    code = request.args.get("code", "")
    with runtime().database.reading(scope()) as tx:
        name, spans = history.of_service(tx, code)
    return render(PriceHistoryPage(code, name, spans, today()))


@admin.get("/admin/prices.csv")
@requires(Permission.SEE_PRICES)
def prices_csv() -> Response:
    """Give the list of a day with the titles that the import reads: out and in are the same."""
    day = day_of(request.args.get("on", str(today())), "on")
    with runtime().database.reading(scope()) as tx:
        sold = history.sold_on(tx, day)
    rows: list[list[cells.Cell]] = [[names[0] for names in TITLES.values()]]
    for code, one in sorted(sold.items()):
        rows.append([cells.text(code), cells.text(one.name), cells.text(one.department), one.price])
    answer = Response(cells.write(rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="bang-gia-{day}.csv"'
    return answer


@admin.post("/admin/prices/lists")
@requires(Permission.SET_PRICES, body_max_bytes=SIZE_MAX_BYTES + 64 * 1024)
def show_list() -> AnyResponse:
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    since = day_of(request.form.get("since", ""), "since")
    is_whole = request.form.get("whole") == "yes"
    try:
        made = importing.show(runtime(), scope(), content, since=since, is_whole=is_whole)
    except UnreadableSheet as error:
        page = _page(findings=findings(error.problems), failure=words("admin.file_refused"))
        return Response(render(page), 422)
    return redirect(url_for("admin.price_list", list_id=made.id), 303)


@admin.get("/admin/prices/lists/<uuid:list_id>")
@requires(Permission.SET_PRICES)
def price_list(list_id: UUID) -> str:
    return render(_list_page(importing.shown(runtime(), scope(), list_id), is_applied=False))


@admin.post("/admin/prices/lists/<uuid:list_id>/apply")
@requires(Permission.SET_PRICES)
def apply_list(list_id: UUID) -> str:
    done = importing.apply(runtime(), scope(), list_id, request.form.get("seen", ""))
    return render(_list_page(done, is_applied=True))


@admin.post("/admin/departments")
@requires(Permission.SET_PRICES)
def add_department() -> AnyResponse:
    since = day_of(request.form.get("since", ""), "since")
    told = {name: request.form.get(name, "") for name in ("code", "name")}
    departments.add(runtime(), scope(), code=told["code"], name=told["name"], since=since)
    return redirect(url_for("admin.prices") + "#departments", 303)


@admin.post("/admin/departments/end")
@requires(Permission.SET_PRICES)
def end_department() -> AnyResponse:
    on = day_of(request.form.get("on", ""), "on")
    departments.end(runtime(), scope(), request.form.get("code", ""), on)
    return redirect(url_for("admin.prices") + "#departments", 303)


@admin.errorhandler(PastDate)
@admin.errorhandler(DepartmentTaken)
@admin.errorhandler(ListChanged)
def refused_list(error: PastDate | DepartmentTaken | ListChanged) -> AnyResponse:
    return Response(
        render(_page(failure=explain(error))), 422 if isinstance(error, PastDate) else 409
    )


@admin.errorhandler(InvalidField)
def again(error: InvalidField) -> AnyResponse:
    """Show the page with the form that was wrong, and the failure in words."""
    match request.endpoint:
        case "admin.add_user":
            return refused_field(error)
        case "admin.show_list" | "admin.add_department" | "admin.end_department":
            page = _page(failed_field=error.field, failure=explain(error))
            return Response(render(page), 422)
        case _:
            return explained(error)


def _page(
    *, findings: tuple[Finding, ...] = (), failed_field: str = "", failure: str = ""
) -> PricesPage:
    day = today()
    if request.method == "GET" and request.args.get("on"):
        day = day_of(request.args["on"], "on")
    with runtime().database.reading(scope()) as tx:
        items = queries.services(tx, day)
        known = history.departments(tx)
    search = request.args.get("q", "")[:_SEARCH_LETTERS_MAX]
    found = [item for item in items if _matches(item, search)]
    return PricesPage(
        day=day,
        today=today(),
        search=search,
        services=tuple(found[:_SHOWN_MAX]),
        found=len(found),
        total=len(items),
        departments=known,
        may_set=may(Permission.SET_PRICES),
        findings=findings,
        failed_field=failed_field,
        failure=failure,
    )


def _list_page(preview: Preview, *, is_applied: bool) -> PriceListPage:
    counts = preview.counts
    return PriceListPage(
        id=preview.id,
        seen=preview.seen,
        since=preview.since,
        is_whole=preview.is_whole,
        added=counts[Kind.ADDED],
        changed=counts[Kind.CHANGED],
        ended=counts[Kind.ENDED],
        unchanged=counts[Kind.UNCHANGED],
        changes=preview.changes[:_CHANGES_SHOWN],
        is_applied=is_applied,
    )


def _matches(item: ServiceItem, search: str) -> bool:
    text = unmarked(f"{item.code} {item.name} {item.department_name}").lower()
    return all(word in text for word in unmarked(search).lower().split())
