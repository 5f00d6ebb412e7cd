"""The page objects of the patient's pages: nothing clinical, no full name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from markupsafe import Markup

from payments.kernel.money import Money
from payments.qr.apps import BankApp
from payments.web.chips import Chip
from payments.web.codes import CodeCard
from payments.web.plans import Asked


@dataclass(frozen=True, slots=True)
class ReceivedRow:
    received: Money
    received_at: datetime
    #: Wording key of how it was paid; empty where there are no words for it.
    method: str
    receipt_number: str | None
    #: Payment whose proof file can be fetched; None before the night that signs it.
    provable: UUID | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of waiting; *look* is the class of its row: past, on or later."""

    wording_key: str
    look: str


@dataclass(frozen=True, slots=True)
class WayRow:
    """A gateway that is open for this amount."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class ShutRow:
    """A gateway that is not open now, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class PayPage:
    template: ClassVar[str] = "patient/pay.html"

    token: str
    version: int
    state: str
    #: What the page says aloud when it has changed to this.
    said: str
    number: str
    #: Masked: who holds the link need not be the patient.
    patient: str
    issued_at: datetime
    owed: Money
    #: The whole cost, and what of it the fund and other payers owe: amounts, never services.
    total: Money
    covered: Money
    paid: Money
    due: Money
    suspense: Money
    is_twice: bool
    chips: tuple[Chip, ...]
    code: CodeCard | None
    is_replaced: bool
    can_show_code: bool
    #: All that is due, or the next part of a plan.
    asked: Asked
    apps: tuple[BankApp, ...]
    ways: tuple[WayRow, ...]
    shut: tuple[ShutRow, ...]
    #: What was chosen and could not be opened; "" at first.
    not_opened: str
    steps: tuple[StepRow, ...]
    received: tuple[ReceivedRow, ...]
    #: The number of the newest receipt as a small code, for the staff's scanner.
    proof: Markup | None
    help_phone: str


@dataclass(frozen=True, slots=True)
class WayPage:
    """On the way to a gateway's page, or back from it; says nothing that is not stored."""

    template: ClassVar[str] = "patient/way.html"

    token: str
    #: Address of this page, for the change of language.
    here: str
    version: int
    number: str
    name: str
    amount: Money
    #: open, waiting, paid, not_paid or ended.
    state: str
    said: str
    #: Why nothing was paid, in words, or "".
    why: str
    link: str
    app_link: str
    form_url: str
    form_fields: tuple[tuple[str, str], ...]
    picture: Markup | None
    ends_at: datetime | None
    #: What can be tried instead, the next one first; empty while money may be under way.
    instead: tuple[WayRow, ...]
    help_phone: str


@dataclass(frozen=True, slots=True)
class LookUpPage:
    """Find an invoice without its link; the answer to an unknown number is that to a wrong one."""

    template: ClassVar[str] = "patient/look_up.html"

    number: str
    phone_end: str
    birth_year: str
    slip_code: str
    #: Wording key of what went wrong with the whole; empty at first.
    failure: str
    #: The field that could not be read, and why in words.
    wrong_field: str
    why: str
    help_phone: str


@dataclass(frozen=True, slots=True)
class MissingPage:
    """Nothing is at this address, or nobody may know that something is."""

    template: ClassVar[str] = "patient/missing.html"

    title: str
    detail: str
    advice: str
    request_id: str
    help_phone: str
