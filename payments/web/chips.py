"""States as icon, word and tint; colour is the third sign, never the only one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from payments.invoicing.queries import InvoiceView
from payments.invoicing.status import Document, Payment
from payments.receipts.model import Flag
from payments.receipts.queries import PaymentView
from payments.web.current import words
from payments.words.formats import vnd


@dataclass(frozen=True, slots=True)
class Chip:
    #: ok, wait, warn, odd, off or bad.
    look: str
    icon: str
    text: str


def of_invoice(invoice: InvoiceView) -> Chip:
    """Say in one chip how an invoice stands."""
    if invoice.document is Document.CANCELLED:
        return Chip("off", "stop", words("status.cancelled"))
    if invoice.document is Document.DRAFT:
        return Chip("off", "file", words("status.draft"))
    match invoice.payment:
        case Payment.UNPAID:
            return Chip("wait", "clock", words("status.pending"))
        case Payment.PARTIALLY_PAID:
            return Chip("warn", "half", words("status.underpaid", amount=vnd(invoice.due)))
        case Payment.PAID:
            return Chip("ok", "check", words("status.paid"))
        case Payment.OVER:
            over = invoice.paid - invoice.refunded - invoice.owed
            return Chip("warn", "plus", words("status.overpaid", amount=vnd(over)))
        case Payment.PARTIALLY_REFUNDED:
            return Chip("off", "back", words("status.partially_refunded"))
        case Payment.REFUNDED:
            return Chip("off", "back", words("status.refunded"))
        case _:
            assert_never(invoice.payment)


def of_payment(payment: PaymentView) -> tuple[Chip, ...]:
    """Say what was odd about a payment; several flags are several chips, never one merged word."""
    return tuple(of_flag(flag, payment) for flag in sorted(payment.flags))


def of_flag(flag: Flag, payment: PaymentView) -> Chip:
    """Say one of the things that were odd about *payment*."""
    match flag:
        case Flag.UNDERPAID:
            return Chip("warn", "half", words("flag.underpaid"))
        case Flag.OVERPAID:
            return Chip("warn", "plus", words("status.overpaid", amount=vnd(payment.suspense)))
        case Flag.LATE:
            return Chip("odd", "late", words("status.paid_late"))
        case Flag.DUPLICATE:
            return Chip("odd", "twin", words("status.duplicate"))
        case Flag.AFTER_CANCEL:
            return Chip("bad", "stop", words("flag.after_cancel"))
        case Flag.UNMATCHED:
            return Chip("odd", "ask", words("status.unmatched"))
        case Flag.ATTACHED:
            return Chip("ok", "check", words("flag.attached"))
        case Flag.DEPOSIT:
            return Chip("ok", "check", words("flag.deposit"))
        case _:
            assert_never(flag)
