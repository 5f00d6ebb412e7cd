"""Dossier files on a screen: brought, sent to the portal, withdrawn; the forms to take along."""

from __future__ import annotations

from collections import Counter
from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.findings import Verdict
from payments.claims.periods import COLUMNS, cells
from payments.identity.permissions import Permission
from payments.insurance.coverage import Rules
from payments.kernel.errors import Conflict, InvalidField, Rejected
from payments.settlement import delivering, files, sending
from payments.settlement import forms as papers
from payments.settlement.files import FileItem, Way
from payments.settlement.model import agency_of, period_id
from payments.settlement.taking_in import Purpose, TakenIn, take_in
from payments.statements.cells import write
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance.bhyt_board import claim_page
from payments.web.finance.bhyt_pages import FileRow, FilesPage
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires
from payments.words.catalogue import has

#: The file, and the form around it.
_BODY_MAX_BYTES: Final = ENVELOPE_MAX_BYTES + 64 * 1024
_LOOKS: Final = {
    Way.REFUSED: ("bad", "stop"),
    Way.NEW: ("wait", "file"),
    Way.WAITING: ("wait", "clock"),
    Way.TAKEN: ("ok", "check"),
    Way.ANSWERED: ("bad", "alert"),
    Way.UNANSWERED: ("warn", "ask"),
    Way.NOT_SENT: ("warn", "alert"),
}


@finance.get("/finance/bhyt/files")
@requires(Permission.SEE_FINANCE)
def bhyt_files() -> str:
    return render(_page())


@finance.post("/finance/bhyt/files")
@requires(Permission.IMPORT_STATEMENT, body_max_bytes=_BODY_MAX_BYTES)
def bhyt_bring() -> AnyResponse:
    """Take a file in: new visits, or a replacement of what was brought before, with its reason."""
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    if not content:
        return Response(render(_page(failure=words("finance.no_file"))), 422)
    form = request.form
    purpose = Purpose.REPLACEMENT if form.get("do") == "replace" else Purpose.NEW
    try:
        told = take_in(
            runtime(),
            scope(),
            content,
            Rules.shipped(),
            purpose=purpose,
            reason=form.get("reason", ""),
        )
    except (Rejected, Conflict) as error:
        return _refused(error)
    if told.verdict is Verdict.REJECT:
        said = words("bhyt.files.rejected", n=len(told.findings))
        return Response(render(_page(failure=said, findings=_findings(told))), 422)
    notice = words("bhyt.files.brought" if told.is_new else "bhyt.files.known", n=told.claims)
    return Response(render(_page(notice=notice, findings=_findings(told))), 200)


@finance.post("/finance/bhyt/files/<uuid:file>/send")
@requires(Permission.RESOLVE)
def bhyt_send(file: UUID) -> AnyResponse:
    """Let the worker send a file; ``again``: a person has looked whether the portal has it."""
    try:
        delivering.ask(runtime(), scope(), file, is_again=request.form.get("do") == "again")
    except (Rejected, Conflict) as error:
        return _refused(error)
    return redirect(url_for("finance.bhyt_files"), 303)


@finance.post("/finance/bhyt/claims/<uuid:claim>/move")
@requires(Permission.RESOLVE)
def bhyt_move(claim: UUID) -> AnyResponse:
    """Note the portal's number of a claim, that it came back, or withdraw it."""
    told, asked = request.form.get("told", ""), (runtime(), scope(), claim)
    try:
        match request.form.get("do", ""):
            case "number":
                sending.number(*asked, told)
            case "come_back":
                sending.come_back(*asked, told)
            case "withdraw":
                sending.withdraw(*asked, told)
            case _:
                raise InvalidField("do", "bhyt_step")
    except (Rejected, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return Response(render(claim_page(claim, explain(error))), status)
    return redirect(url_for("finance.bhyt_claim", claim=claim), 303)


@finance.get("/finance/bhyt/forms/<period>.csv")
@requires(Permission.SEE_FINANCE)
def bhyt_form(period: str) -> AnyResponse:
    """Form 01/BH of a month (``202609``), or 02/BH of a quarter (``2026Q3``)."""
    facility = scope().facility
    wanted = period_id(facility, agency_of(facility), period)
    with runtime().database.reading(scope()) as tx:
        rows = papers.rows_of_period(tx, wanted)
    number = "02BH" if "Q" in period else "01BH"
    content = write([COLUMNS, *map(cells, rows)])
    return _download(content, "text/csv; charset=utf-8", f"{number}-{period}.csv")


@finance.get("/finance/bhyt/claims/<uuid:claim>/09BH.xml")
@requires(Permission.SEE_FINANCE)
def bhyt_adjustment(claim: UUID) -> AnyResponse:
    try:
        with runtime().database.reading(scope()) as tx:
            content = papers.adjustment(tx, runtime().keys, Rules.shipped(), claim)
    except (Rejected, Conflict) as error:
        return Response(render(claim_page(claim, explain(error))), 422)
    return _download(content, "application/xml", f"09BH-{claim}.xml")


def _page(*, notice: str = "", failure: str = "", findings: tuple[str, ...] = ()) -> FilesPage:
    portal = runtime().portals.of(scope().facility)
    with runtime().database.reading(scope()) as tx:
        rows = tuple(map(_row, files.files(tx)))
    return FilesPage(
        rows,
        portal is not None,
        portal is not None and portal.is_sandbox,
        findings,
        _may(Permission.IMPORT_STATEMENT),
        _may(Permission.RESOLVE) and portal is not None,
        notice,
        failure,
    )


def _row(item: FileItem) -> FileRow:
    chip = Chip(*_LOOKS[item.way], words(f"bhyt.way.{item.way.value}"))
    return FileRow(item, chip, _said(item))


def _said(item: FileItem) -> str:
    """Say what the portal's code means, or why its claims are not booked as sent."""
    if item.problem and item.way is Way.TAKEN:
        return words("bhyt.files.not_booked", code=item.problem)
    if item.way in (Way.TAKEN, Way.ANSWERED):
        known = f"claims.sent.{item.code}"
        return f"{item.code} · {words(known if has(known) else 'claims.sent.other')}"
    if item.way is Way.UNANSWERED:
        return words("claims.send.unanswered")
    return words("claims.send.not_sent") if item.way is Way.NOT_SENT else ""


def _findings(told: TakenIn) -> tuple[str, ...]:
    """Count the findings by code, the most frequent first."""
    counted = Counter(one.code for one in told.findings)
    return tuple(f"{code}: {count}" for code, count in counted.most_common())


def _refused(error: Rejected | Conflict) -> AnyResponse:
    status = 409 if isinstance(error, Conflict) else 422
    return Response(render(_page(failure=explain(error))), status)


def _download(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _may(permission: Permission) -> bool:
    session = current().session
    return session is not None and session.user.may(permission)
