"""What stands on the papers of the desk; they are always Vietnamese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import url_for

from payments.documents.words import in_words
from payments.intents.queries import IntentView
from payments.invoicing import slips
from payments.invoicing.queries import InvoiceView, LineView
from payments.kernel.money import ZERO, Money
from payments.ledger.proofs import Seal
from payments.patients.service import masked
from payments.qr import drawing
from payments.receipts.printing import Print
from payments.receipts.queries import PaymentView
from payments.web.current import current, is_trial, runtime, scope
from payments.web.pages import facility_name
from payments.words.catalogue import DEFAULT, say
from payments.words.formats import digits, local_time, vnd

#: What fits on A5 above the sums; a longer invoice is summed up, so that paper and total agree.
LINES_MAX: Final = 6
_SERVICE_LETTERS_MAX: Final = 60
_METHODS: Final = {
    "bank": "pay.bank_transfer",
    "cash": "pay.cash",
    "gateway": "pay.wallet",
}


def receipt(
    payment: PaymentView,
    invoice: InvoiceView,
    printed: Print | None,
    reference: str,
    seal: Seal | None,
) -> dict[str, object]:
    """
    Put the words of a receipt together.

    *printed* is None for a paper to look at, which is marked as no print. *reference* is the
    bank's, empty where there is none; *seal* is None in the second before the books are sealed.
    """
    session = current().session
    return {
        **_head(),
        "number": payment.receipt_number,
        "title": say("receipt.one", DEFAULT).upper(),
        "notice": say("receipt.not_tax_invoice", DEFAULT),
        "copy_mark": _mark(printed),
        "received_at": local_time(payment.received_at),
        "printed_at": local_time(printed.printed_at if printed else runtime().clock.now()),
        "patient": invoice.patient_name,
        "birth_year": str(invoice.birth_year),
        "file_number": invoice.file_number,
        "department": _department(invoice),
        "category": say(
            "receipt.category.insured" if invoice.covered else "receipt.category.fee", DEFAULT
        ),
        "invoice_number": invoice.number,
        "method": say(_METHODS[payment.method], DEFAULT),
        "reference": reference,
        "lines": rows(invoice.lines),
        "summed": (
            say("receipt.summed", DEFAULT, {"n": len(invoice.lines)})
            if len(invoice.lines) > LINES_MAX
            else ""
        ),
        "reductions": (
            [{"label": say("split.covered", DEFAULT), "amount": vnd(-invoice.covered)}]
            if invoice.covered
            else []
        )
        + (
            [{"label": say("receipt.reduction", DEFAULT), "amount": vnd(-invoice.credited)}]
            if invoice.credited
            else []
        ),
        "total": vnd(invoice.total),
        "amount": vnd(payment.applied),
        "due": vnd(invoice.due),
        "words": in_words(payment.applied),
        "cashier": session.user.name if session else "",
        "qr": drawing.svg(_link(invoice), invoice.number),
        "look_up": _look_up(invoice),
        "seal": "" if seal is None else say("receipt.seal", DEFAULT, _told(seal)),
    }


def slip(invoice: InvoiceView, intent: IntentView) -> dict[str, object]:
    """Put the words of a slip together, by which a patient pays later an open code."""
    facts = (
        ("pay.payee_name", intent.payee.holder),
        ("pay.bank", intent.bank_name),
        ("pay.account_number", intent.payee.account),
        ("pay.reference", intent.code),
        # With the number it opens the page at /tra-cuu, for whoever cannot type the link.
        ("slip.code", _slip_code(invoice)),
    )
    return {
        **_head(),
        "number": invoice.number,
        "title": say("slip.title", DEFAULT).upper(),
        "patient": masked(invoice.patient_name),
        "amount": vnd(intent.amount),
        "due_label": say("slip.due", DEFAULT),
        "due": local_time(intent.expires_at),
        "words": in_words(intent.amount),
        "qr": drawing.svg(intent.payload, invoice.number),
        "facts": [{"label": say(key, DEFAULT), "value": value} for key, value in facts],
        "check_payee": say("pay.check_payee", DEFAULT),
        "later": say("slip.later", DEFAULT),
        "link": _link(invoice),
    }


def rows(lines: Sequence[LineView]) -> list[dict[str, str]]:
    """Write the lines, or where they are too many the sum of each department."""
    if len(lines) > LINES_MAX:
        return _groups(lines)
    return [
        _row(
            position,
            _short(line.description),
            line.amount,
            quantity=str(line.quantity),
            unit_price=digits(line.unit_price),
        )
        for position, line in enumerate(lines, start=1)
    ]


def _groups(lines: Sequence[LineView]) -> list[dict[str, str]]:
    """Sum the lines by department; where even those are too many, the last row takes the rest."""
    sums: dict[str, list[Money]] = {}
    for line in lines:
        sums.setdefault(line.department, []).append(line.amount)
    named = list(sums.items())
    if len(named) > LINES_MAX:
        rest = [amount for _, amounts in named[LINES_MAX - 1 :] for amount in amounts]
        named = [*named[: LINES_MAX - 1], (say("receipt.other_departments", DEFAULT), rest)]
    return [
        _row(
            position,
            say("receipt.group", DEFAULT, {"name": _short(name), "n": len(amounts)}),
            sum(amounts, ZERO),
        )
        for position, (name, amounts) in enumerate(named, start=1)
    ]


def _row(
    position: int, service: str, amount: Money, *, quantity: str = "", unit_price: str = ""
) -> dict[str, str]:
    return {
        "position": str(position),
        "service": service,
        "quantity": quantity,
        "unit_price": unit_price,
        "amount": digits(amount),
    }


def _mark(printed: Print | None) -> str:
    if printed is None:
        return say("receipt.look_mark", DEFAULT)
    return say("receipt.copy_mark", DEFAULT, {"n": printed.copy}) if printed.copy else ""


def _head() -> dict[str, object]:
    return {
        "sandbox": say("banner.sandbox", DEFAULT),
        "is_trial": is_trial(),
        "hospital": facility_name().upper(),
        "facility": str(scope().facility),
    }


def _told(seal: Seal) -> dict[str, object]:
    return {"seq": str(seal.seq), "short": seal.short}


def _slip_code(invoice: InvoiceView) -> str:
    return slips.slip_code(runtime().keys, scope().facility, invoice.pay_token)


def _look_up(invoice: InvoiceView) -> str:
    """Say how to come to the invoice without scanning, nor typing a long link."""
    address = runtime().settings.public_url + url_for("patient.ask")
    told = {"address": address.partition("://")[2], "code": _slip_code(invoice)}
    return say("receipt.look_up", DEFAULT, told)


def _link(invoice: InvoiceView) -> str:
    return runtime().settings.public_url + url_for("patient.pay", token=invoice.pay_token)


def _department(invoice: InvoiceView) -> str:
    """Name the department that is billed, or say that there are several."""
    names = sorted({line.department for line in invoice.lines})
    return names[0] if len(names) == 1 else say("receipt.departments", DEFAULT, {"n": len(names)})


def _short(name: str) -> str:
    """Keep a service on one line of the paper; the whole name is on the invoice."""
    if len(name) <= _SERVICE_LETTERS_MAX:
        return name
    return f"{name[: _SERVICE_LETTERS_MAX - 1].rstrip()}…"
