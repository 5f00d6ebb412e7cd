"""What the page of an invoice says of the fund's part in it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from payments.covering.queries import covered
from payments.identity.permissions import Permission
from payments.invoicing.queries import InvoiceView
from payments.invoicing.status import Document
from payments.kernel.money import ZERO, Money
from payments.storage.unit_of_work import UnitOfWork
from payments.web.cashier.charged import Charged, charged
from payments.web.current import current


@dataclass(frozen=True, slots=True)
class InsuredPart:
    #: What of the total the fund and other payers owe.
    covered: Money
    #: The visit behind it; None where it is no insured one.
    visit: UUID | None
    #: What the patient paid beyond their part after the split changed.
    to_return: Money
    can_adopt: bool
    #: What the fund refused of it later, and the patient owes by a decision.
    charged: Charged


def part_of(tx: UnitOfWork, invoice: InvoiceView) -> InsuredPart:
    """Read it; an invoice that is whole and no insured one can still become one."""
    split = covered(tx, invoice.id)
    session = current().session
    may = session is not None and session.user.may(Permission.ISSUE)
    is_whole = invoice.document is Document.ISSUED and not invoice.credited and bool(invoice.lines)
    return InsuredPart(
        invoice.covered,
        split.encounter if split else None,
        max(ZERO, invoice.paid - invoice.refunded - invoice.owed) if split else ZERO,
        can_adopt=split is None and is_whole and may,
        charged=charged(tx, invoice.id),
    )
