"""The page objects of scanning and of patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from payments.interop.orders.queries import OrderView
from payments.patients.model import Candidate, Person
from payments.web.cashier.trays import RecentInvoice


@dataclass(frozen=True, slots=True)
class ScanPage:
    """Nothing was found, or nothing could be read: what was seen, and what to do."""

    template: ClassVar[str] = "cashier/scan.html"

    title: str
    advice: str
    is_refused: bool


@dataclass(frozen=True, slots=True)
class CandidatesPage:
    """Whom a scan or a search may mean; a person decides."""

    template: ClassVar[str] = "cashier/candidates.html"

    #: Wording key of what was recognised.
    kind: str
    candidates: tuple[Candidate, ...]
    #: What the card says, for the eye to compare; empty after a search.
    name: str
    birth: str
    last4: str
    scanned: str


@dataclass(frozen=True, slots=True)
class NewPatientPage:
    template: ClassVar[str] = "cashier/new_patient.html"

    #: Wording key of what was recognised; empty where nothing was scanned.
    kind: str
    name: str
    birth: str
    file_number: str
    phone: str
    identity_last4: str
    card_last4: str
    #: Wording keys of what the cashier should look at.
    oddities: tuple[str, ...]
    scanned: str
    failed_field: str
    failure: str


@dataclass(frozen=True, slots=True)
class PatientPage:
    template: ClassVar[str] = "cashier/patient.html"

    id: UUID
    person: Person
    #: Of records that turned out to be the same person.
    other_numbers: tuple[str, ...]
    open_invoices: tuple[RecentInvoice, ...]
    other_invoices: tuple[RecentInvoice, ...]
    #: Of the HIS, still to be billed.
    orders: tuple[OrderView, ...]
    can_issue: bool
    can_merge: bool
