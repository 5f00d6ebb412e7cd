"""What one scan may turn out to be: a sum of plain values, each complete or not made at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"


class Oddity(StrEnum):
    """What the cashier should look at; the scan itself was read whole."""

    #: Century, sex or year inside the identity number differ from the printed ones.
    NUMBER_DIFFERS = "number_differs"
    #: More fields than the card is known to have; the first seven were read.
    EXTRA_FIELDS = "extra_fields"


@dataclass(frozen=True, slots=True)
class Birth:
    """A date of birth as cards print it: whole, without the day, or the year alone."""

    year: int
    month: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        parts = (self.day, self.month)
        return "/".join([f"{part:02d}" for part in parts if part] + [f"{self.year:04d}"])


@dataclass(frozen=True, slots=True)
class ChipCard:
    """The printed code of a chip identity card (CCCD). The address is read past and not kept."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    birth: Birth = field(repr=False)
    sex: Sex | None
    oddities: frozenset[Oddity] = frozenset()


@dataclass(frozen=True, slots=True)
class HealthCard:
    """The code of a BHYT card; *card* has 15 characters, or the 10 of the insurance number."""

    card: str = field(repr=False)
    name: str = field(repr=False)
    birth: Birth = field(repr=False)
    sex: Sex


@dataclass(frozen=True, slots=True)
class CardCode:
    """A BHYT card number alone; 10 digits may as well be a telephone or a file number."""

    card: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """The 12 digits of a personal identity number alone."""

    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InvoiceNumber:
    number: str


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    number: str


@dataclass(frozen=True, slots=True)
class PaymentCode:
    code: str


@dataclass(frozen=True, slots=True)
class PayLink:
    """The address of a patient's page, as the picture on receipts and slips holds it."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileNumber:
    """What may be the hospital's own number of a patient; no typing method can have made it."""

    number: str


@dataclass(frozen=True, slots=True)
class Words:
    """No code: something to search for. Its results are listed, never picked."""

    text: str = field(repr=False)


Recognised: TypeAlias = (
    ChipCard
    | HealthCard
    | CardCode
    | IdentityNumber
    | InvoiceNumber
    | ReceiptNumber
    | PaymentCode
    | PayLink
    | FileNumber
    | Words
)
