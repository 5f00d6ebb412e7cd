"""
The port to a provider of e-invoices: issue one under our own name, ask what became of it.

An e-invoice is issued once and never taken back: a wrong one is replaced or adjusted by another
that names it (Decree 123/2020/ND-CP, article 19). So an adapter never repeats a request that may
have arrived: it raises ``NoAnswer``, and whoever called asks by the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Final, Protocol
from uuid import UUID

import httpx

from payments.kernel.clock import Clock
from payments.kernel.errors import Rejected, Unavailable
from payments.kernel.money import Money
from payments.kernel.scope import FacilityId
from payments.kernel.secret import Secret

#: Under this name its accounts stand in the keys file.
EINVOICE: Final = "einvoice"
GROUP: Final = "vienphi.einvoices"


class Kind(StrEnum):
    ORIGINAL = "original"
    #: Takes the place of a wrong one; both numbers stay.
    REPLACEMENT = "replacement"
    #: Says by how much another is too high or too low.
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True)
class Account:
    """The seller's account; *series* may hold ``{yy}``, which stands for the year of the issue."""

    user: str
    password: Secret[str]
    tax_code: str
    template: str
    series: str
    #: The first day whose receipts get an e-invoice by themselves.
    since: date


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is named on it; *unit* and *tax_code* where an employer or insurer asks for it."""

    name: str = field(repr=False)
    unit: str = field(default="", repr=False)
    tax_code: str = ""
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    name: str = field(repr=False)
    quantity: int
    price: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Corrected:
    """The e-invoice that is replaced or adjusted."""

    number: str
    template: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """
    One e-invoice to be issued under *name*, which no two have.

    *amount* is whole đồng and the sum of *items*; an adjustment's may be negative.
    """

    name: UUID
    kind: Kind
    dated_at: datetime
    buyer: Buyer
    items: tuple[Item, ...]
    amount: Money
    corrects: Corrected | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """What the provider gave: the number with its series, and the codes to look it up by."""

    number: str
    lookup_code: str
    #: Given by the tax authority, at once or later; empty until then.
    authority_code: str
    template: str


class NotIssued(Rejected):
    """The provider understood the e-invoice and refused it; *told* are its own code and words."""

    code = "einvoice-not-issued"

    def __init__(self, told: str) -> None:
        super().__init__(told, told=told)
        self.told = told


class NoAnswer(Unavailable):
    """No usable answer; with *is_sent* nobody knows whether it was issued."""

    code = "einvoice-no-answer"

    def __init__(self, detail: str, *, is_sent: bool) -> None:
        super().__init__(detail, is_sent=is_sent)
        self.is_sent = is_sent


class UnknownProvider(Rejected):
    """No installed package speaks to the provider of e-invoices, or it cannot be loaded."""

    code = "unknown-einvoice-provider"


class Provider(Protocol):
    """One seller's account. No verb repeats by itself what may have arrived."""

    @property
    def is_sandbox(self) -> bool:
        """Whether the address is this machine: never in production."""
        ...

    @property
    def since(self) -> date:
        """The first day whose receipts get an e-invoice by themselves."""
        ...

    def issue(self, draft: Draft) -> Issued:
        """Issue *draft*. Raises NotIssued, NoAnswer."""
        ...

    def find(self, draft: Draft) -> Issued | None:
        """Ask whether one of the draft's name was issued; None: surely not. Raises NoAnswer."""
        ...


Build = Callable[[str, Account, httpx.BaseTransport | None, Clock], Provider]


class Providers:
    """The accounts of this installation; a facility without one issues by other means."""

    def __init__(self, accounts: Mapping[FacilityId, Provider] | None = None) -> None:
        self._accounts = dict(accounts or {})

    def of(self, facility: FacilityId) -> Provider | None:
        return self._accounts.get(facility)

    @classmethod
    def at(cls, url: str, accounts: Mapping[FacilityId, Account], clock: Clock) -> Providers:
        """
        Build the adapter for each of *accounts* at *url*; none where *url* is empty.

        Raises:
            UnknownProvider: no adapter is installed, or its import fails.
            InvalidField: *url* or an account is none that the adapter takes.
        """
        if not url or not accounts:
            return cls()
        build = installed()
        return cls({one: build(url, account, None, clock) for one, account in accounts.items()})


def installed() -> Build:
    """Load the adapter. Raises UnknownProvider."""
    for point in entry_points(group=GROUP):
        try:
            build: Build = point.load()
        except (ImportError, AttributeError) as error:
            raise UnknownProvider(f"{point.name} cannot be loaded: {error}") from error
        return build
    raise UnknownProvider(f"no package brings an entry point {GROUP}")
