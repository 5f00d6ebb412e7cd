"""Which receipt gets an e-invoice, what it says, and how a wrong one is put right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.einvoicing.status import State
from payments.external.einvoices import Buyer, Kind
from payments.kernel.errors import Conflict, InvalidField, NotFound, Rejected
from payments.kernel.money import ZERO, Money
from payments.kernel.text import is_line, nfc

_LETTERS_MAX: Final = 200
_TAX_CODE: Final = re.compile("[0-9]{10}(-[0-9]{3})?|[0-9]{12}")


class NoEInvoice(NotFound):
    """This facility has made no such e-invoice."""

    code = "no-einvoice"


class NoEInvoiceAccount(Rejected):
    """This facility has no account at a provider of e-invoices."""

    code = "no-einvoice-account"


class ReceiptBlocked(Rejected):
    """A receipt that gets no e-invoice; *why* says the reason."""

    code = "receipt-blocked"


class ReceiptTaken(Conflict):
    """Another e-invoice has one of the receipts already."""

    code = "receipt-taken"


class CorrectionWaits(Conflict):
    """The e-invoice or a correction of it has no number yet."""

    code = "correction-waits"


class OtherCorrection(Rejected):
    """
    It was put right in the other way before, and must be so again.

    Circular 78/2021/TT-BTC, article 7, clause 1, point c.
    """

    code = "other-correction"


class EInvoiceIsRight(Rejected):
    """The e-invoice says what the books say."""

    code = "einvoice-is-right"


class Why(StrEnum):
    """Why a receipt has no e-invoice."""

    #: An advance is a numbered slip, no service yet.
    ADVANCE = "advance"
    #: Its invoice was cancelled.
    CANCELLED = "cancelled"
    #: A person took back what it was said to pay.
    TAKEN_BACK = "taken_back"
    #: All of it went back to the patient.
    GIVEN_BACK = "given_back"
    #: It pays no invoice.
    NO_INVOICE = "no_invoice"
    #: It will get one at the end of the day.
    NEXT_BATCH = "next_batch"
    #: It is from before the day from which e-invoices are made here.
    BEFORE = "before"
    WAITING = "waiting"
    ASKING = "asking"
    REFUSED = "refused"


#: What no e-invoice is ever made for.
BLOCKED: Final = frozenset(
    {Why.ADVANCE, Why.CANCELLED, Why.TAKEN_BACK, Why.GIVEN_BACK, Why.NO_INVOICE}
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What of a numbered receipt matters here; *given_back* is what of *applied* went back."""

    payment: UUID
    number: str
    invoice: UUID | None
    invoice_number: str
    applied: Money
    given_back: Money
    issued_at: datetime
    is_advance: bool
    is_cancelled: bool
    is_taken_back: bool
    #: Of its e-invoice, where it has one.
    state: State | None = None
    told: str = ""

    @property
    def net(self) -> Money:
        """What an e-invoice of it says today; nothing for a slip that counts no more."""
        if self.is_advance or self.is_cancelled or self.is_taken_back or self.invoice is None:
            return ZERO
        return max(ZERO, self.applied - self.given_back)


def blocked(receipt: Receipt) -> Why | None:
    """Say why *receipt* must get no e-invoice; None where it may."""
    if receipt.is_advance:
        return Why.ADVANCE
    if receipt.is_cancelled:
        return Why.CANCELLED
    if receipt.is_taken_back:
        return Why.TAKEN_BACK
    if receipt.invoice is None:
        return Why.NO_INVOICE
    return None if receipt.net else Why.GIVEN_BACK


@dataclass(frozen=True, slots=True)
class EInvoice:
    id: UUID
    kind: Kind
    #: The hospital's invoice that its receipts pay.
    invoice: UUID
    #: The first of its chain, which holds the receipts; itself for an original.
    root: UUID
    corrects: UUID | None
    state: State
    amount: Money
    number: str
    template: str
    lookup_code: str
    authority_code: str
    reason: str
    told: str
    attempts: int
    made_at: datetime
    dated_at: datetime | None
    issued_at: datetime | None
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """
    An original and what put it right, oldest first.

    A replacement takes the place of the one before it; adjustments add to the one that stands.
    """

    parts: tuple[EInvoice, ...]

    @property
    def standing(self) -> EInvoice:
        """The one that counts: the last replacement, else the original."""
        return [one for one in self.parts if one.kind is not Kind.ADJUSTMENT][-1]

    @property
    def amount(self) -> Money:
        """What the chain says altogether."""
        more = [one.amount for one in self.parts if one.kind is Kind.ADJUSTMENT]
        return sum(more, self.standing.amount)

    def must_take(self, kind: Kind) -> None:
        """
        Say whether a correction of *kind* may be made now.

        Raises:
            CorrectionWaits: one of the chain has no number yet.
            OtherCorrection: it was put right in the other way before.
        """
        if any(one.state is not State.ISSUED for one in self.parts):
            raise CorrectionWaits("one of them has no number yet")
        if any(one.kind not in (Kind.ORIGINAL, kind) for one in self.parts):
            raise OtherCorrection(f"not by {kind}")


def adjustment(chain: Chain, receipts: Sequence[Receipt]) -> Money:
    """
    Say by how much *chain* differs from what its *receipts* are worth today.

    Raises:
        EInvoiceIsRight: not at all.
    """
    difference = sum((one.net for one in receipts), ZERO) - chain.amount
    if not difference:
        raise EInvoiceIsRight()
    return difference


def checked_buyer(buyer: Buyer) -> Buyer:
    """
    Check who is named, as typed: composed letters, single lines, a tax code of its form.

    Raises:
        InvalidField: names the field: name, unit, tax_code or address.
    """
    name, unit, address = (
        _line(value, field)
        for field, value in (("name", buyer.name), ("unit", buyer.unit), ("address", buyer.address))
    )
    tax_code = buyer.tax_code.strip()
    if not (name or unit):
        raise InvalidField("name", "einvoice_buyer", most=_LETTERS_MAX)
    if tax_code and not _TAX_CODE.fullmatch(tax_code):
        raise InvalidField("tax_code", "einvoice_buyer_tax_code")
    return Buyer(name, unit, tax_code, address)


def _line(value: str, field: str) -> str:
    text = nfc(" ".join(value.split()))
    if len(text) > _LETTERS_MAX or (text and not is_line(text)):
        raise InvalidField(field, "einvoice_buyer", most=_LETTERS_MAX)
    return text
