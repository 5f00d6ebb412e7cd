"""
The one scan box: says what was recognised and goes there.

What is scanned is sent in the body and answered by a page or by an address without personal data;
a refused scan is noted by reason and length alone.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents import queries as intents
from payments.invoicing import queries as invoicing
from payments.kernel.errors import NotFound
from payments.patients import queries as patients
from payments.patients.model import Facts
from payments.patients.scanning import (
    ChipCard,
    HealthCard,
    InvoiceNumber,
    PayLink,
    PaymentCode,
    ReceiptNumber,
    Recognised,
    ScanRefused,
    Words,
    recognise,
)
from payments.receipts import queries as receipts
from payments.storage.unit_of_work import UnitOfWork
from payments.web.cashier import scanned
from payments.web.cashier.people import new_patient_of
from payments.web.cashier.people_pages import CandidatesPage, ScanPage
from payments.web.cashier.views import cashier
from payments.web.current import current, explain, runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires

_log = structlog.get_logger("scan")


@cashier.post("/desk/scan")
@requires(Permission.COLLECT)
def scan() -> AnyResponse | str:
    try:
        found = recognise(request.form.get("scan", ""), prefix=runtime().settings.code_prefix)
    except ScanRefused as error:
        return _refused(error)
    match found:
        case InvoiceNumber() | ReceiptNumber() | PaymentCode() | PayLink():
            with runtime().database.reading(scope()) as tx:
                invoice = _invoice(tx, found)
            if invoice is None:
                return _nothing(found)
            return redirect(url_for("cashier.show", invoice_id=invoice), 303)
        case Words():
            return _searched(found)
        case _:
            return _person(found)


def _refused(error: ScanRefused) -> Response:
    _log.info(
        "scan.refused",
        request_id=current().request_id,
        why=error.why.value,
        seen=error.seen.value,
        length=error.length,
    )
    kind = words(f"scan.kind.{error.seen.value}")
    title = words("scan.refused.title", kind=kind, length=error.length)
    return Response(render(ScanPage(title, explain(error), is_refused=True)), 422)


def _nothing(found: Recognised) -> Response:
    title = words("scan.recognised", kind=words(kind_of(found)))
    return Response(render(ScanPage(title, words("scan.nothing"), is_refused=False)), 404)


def kind_of(found: Recognised) -> str:
    """Name the words for what was recognised."""
    return f"scan.kind.{type(found).__name__}"


def _invoice(
    tx: UnitOfWork, found: InvoiceNumber | ReceiptNumber | PaymentCode | PayLink
) -> UUID | None:
    match found:
        case InvoiceNumber():
            return invoicing.id_of_number(tx, found.number)
        case ReceiptNumber():
            return receipts.invoice_of_number(tx, found.number)
        case PaymentCode():
            return intents.invoice_of_code(tx, found.code)
        case PayLink():
            try:
                return invoicing.invoice_of_token(tx, runtime().keys, found.token).id
            except NotFound:
                return None


def _searched(found: Words) -> AnyResponse | str:
    with runtime().database.reading(scope()) as tx:
        candidates = patients.search(tx, runtime().keys, found.text)
    if not candidates:
        return _nothing(found)
    return render(CandidatesPage(kind_of(found), candidates, "", "", "", ""))


def _person(found: patients.Scan) -> AnyResponse | str:
    with runtime().database.reading(scope()) as tx:
        match = patients.find(tx, runtime().keys, found)
    if match.is_sure:
        [known] = match.candidates
        return redirect(url_for("cashier.patient", patient_id=known.person.id), 303)
    facts = patients.told(found)
    if match.candidates:
        return render(
            CandidatesPage(
                kind_of(found),
                match.candidates,
                facts.name,
                str(facts.birth or ""),
                (facts.identity or facts.card)[-4:],
                scanned.seal(facts) if _tells(facts) else "",
            )
        )
    if isinstance(found, ChipCard | HealthCard):
        return render(new_patient_of(found))
    return _nothing(found)


def _tells(facts: Facts) -> bool:
    """Say whether a known patient may be given what was scanned: a whole card, not a number."""
    return bool(facts.name)
