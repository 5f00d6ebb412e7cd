"""
The proof of a receipt: a file by which anybody can check, without us, what is in the books.

The seal binds the money, not the paper: a receipt shows sequence and first sixteen digits of its
seal, and whoever checks compares them with those of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import bindparam, select

from payments.kernel.money import Money, vnd
from payments.ledger import loading, proofs
from payments.ledger.proofs import Proof, Seal, WrongProof
from payments.ledger.rows import ANCHOR, SEAL
from payments.receipts.printing import NoReceipt
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

FORMAT: Final = "vienphi-receipt-proof-1"
#: A proof has some 3 kB; what is larger is not read.
FILE_BYTES_MAX: Final = 256 * 1024
#: What a deposit (tạm ứng) is credited to; it pays no invoice yet.
_DEPOSITS: Final = "2000"
_ISSUED: Final = Prepared(
    select(
        RECEIPT.c.number,
        RECEIPT.c.issued_at,
        PAYMENT.c.id,
        PAYMENT.c.invoice_id,
        PAYMENT.c.applied,
        PAYMENT.c.txn_id,
    )
    .join(
        PAYMENT,
        (PAYMENT.c.facility_id == RECEIPT.c.facility_id) & (PAYMENT.c.id == RECEIPT.c.payment_id),
    )
    .where(mine(RECEIPT), RECEIPT.c.payment_id == bindparam("payment"))
)
_ANCHORED: Final = Prepared(
    select(SEAL.c.seq)
    .join(
        PAYMENT,
        (PAYMENT.c.facility_id == SEAL.c.facility_id) & (PAYMENT.c.txn_id == SEAL.c.txn_id),
    )
    .join(
        ANCHOR,
        (ANCHOR.c.facility_id == SEAL.c.facility_id)
        & (ANCHOR.c.first_seq <= SEAL.c.seq)
        & (ANCHOR.c.last_seq >= SEAL.c.seq),
    )
    .where(mine(PAYMENT), PAYMENT.c.id == bindparam("payment"))
)
_OF_NUMBER: Final = Prepared(
    select(RECEIPT.c.payment_id).where(mine(RECEIPT), RECEIPT.c.number == bindparam("number"))
)


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """What a receipt says, and the proof of its booking; *invoice* is None for a deposit."""

    facility: int
    number: str
    issued_at: str
    invoice: UUID | None
    amount: Money
    proof: Proof

    def text(self) -> str:
        told = {
            "format": FORMAT,
            "receipt": {
                "facility_id": self.facility,
                "number": self.number,
                "issued_at": self.issued_at,
                "invoice_id": None if self.invoice is None else str(self.invoice),
                "amount": self.amount.dong,
            },
            **self.proof.told,
        }
        return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def seal_of(tx: UnitOfWork, payment: UUID) -> Seal | None:
    """Find the seal that a receipt shows; None where there is none yet."""
    row = _ISSUED.first(tx, payment=payment)
    return None if row is None else proofs.seal_of(tx, row.txn_id)


def is_provable(tx: UnitOfWork, payment: UUID) -> bool:
    """Say whether a signed anchor covers the receipt already."""
    return _ANCHORED.first(tx, payment=payment) is not None


def payment_of(tx: UnitOfWork, number: str) -> UUID:
    """Find the payment of a printed receipt number. Raises NoReceipt."""
    row = _OF_NUMBER.first(tx, number=number)
    if row is None:
        raise NoReceipt(f"no receipt has the number {number!r}")
    found: UUID = row.payment_id
    return found


def prove(tx: UnitOfWork, payment: UUID) -> ReceiptProof:
    """
    Put the proof of a receipt together.

    Raises:
        NoReceipt: the payment has none, or it has no number yet.
        NotProvenYet: no signed anchor covers it yet; the next night's does.
    """
    row = _ISSUED.first(tx, payment=payment)
    if row is None:
        raise NoReceipt()
    return ReceiptProof(
        tx.facility,
        row.number,
        loading.moment(row.issued_at),
        row.invoice_id,
        vnd(row.applied),
        proofs.prove(tx, row.txn_id),
    )


def read(text: str) -> ReceiptProof:
    """
    Read a proof file.

    Raises:
        WrongProof: it is none; *detail* names the field that is not what it should be.
    """
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise WrongProof(f"format: {FORMAT} is expected")
        receipt = told["receipt"]
        invoice = receipt["invoice_id"]
        return ReceiptProof(
            proofs.whole(receipt, "facility_id"),
            str(receipt["number"]),
            str(receipt["issued_at"]),
            None if invoice is None else UUID(invoice),
            vnd(proofs.whole(receipt, "amount")),
            proofs.of_told(told),
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise WrongProof(f"this is no proof of a receipt: {error!r}") from error


def faults(given: ReceiptProof, key: Ed25519PublicKey | None) -> Iterator[str]:
    """Name everything that does not hold; nothing where receipt, booking and signature agree."""
    yield from proofs.faults(given.proof, key)
    booked = booking(given)
    if booked.get("facility_id") != given.facility:
        yield "receipt.facility_id: the booking is of another facility"
    if given.proof.anchor.facility != given.facility:
        yield "anchor: it is of another facility"
    if _credited(booked, given.invoice) != given.amount.dong:
        yield "receipt.amount: the booking credits another amount"


def booking(given: ReceiptProof) -> Mapping[str, Any]:
    """Read what was booked. Raises WrongProof."""
    try:
        read_body = json.loads(given.proof.body)
    except (ValueError, RecursionError):
        raise WrongProof("seal.body: this is no JSON") from None
    if not isinstance(read_body, dict) or not isinstance(read_body.get("postings"), list):
        raise WrongProof("seal.body: a transaction with its postings is expected")
    return read_body


def _credited(booked: Mapping[str, Any], invoice: UUID | None) -> int:
    """Sum what the booking credits to the invoice of the receipt, or to deposits."""
    field, wanted = ("credit_account", _DEPOSITS)
    if invoice is not None:
        field, wanted = ("credit_subject_id", str(invoice))
    total = 0
    for posting in booked["postings"]:
        if not isinstance(posting, dict) or type(posting.get("amount")) is not int:
            raise WrongProof("seal.body: postings with whole amounts are expected")
        if posting.get(field) == wanted:
            total += posting["amount"]
    return total
