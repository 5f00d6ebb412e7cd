"""Why a scan is refused. A refusal tells what was seen by kind and length, never the text."""

from __future__ import annotations

from enum import StrEnum

from payments.kernel.errors import Rejected


class Seen(StrEnum):
    """What the scan looked like when it was refused; ``scan.kind.<value>`` is its word."""

    CHIP_CARD = "chip_card"
    HEALTH_CARD = "health_card"
    CODE = "code"
    TEXT = "text"


class Why(StrEnum):
    """The stable reasons; ``scan.refused.<value>`` says what to do."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    #: Control characters, direction marks, digits or letters of other scripts.
    CHARACTERS = "characters"
    #: A Vietnamese typing method changed the text, or its keys arrived instead of letters.
    TYPING_METHOD = "typing_method"
    #: UTF-8 that was read as something else: ``Nguyá»…n``.
    ENCODING = "encoding"
    #: A card's name without one Vietnamese letter: the reader drops what it cannot type.
    MARKS_LOST = "marks_lost"
    #: Capitals and small letters changed places, or all became capitals.
    CASE = "case"
    #: Another character where the bar stood.
    BARS = "bars"
    FIELDS = "fields"
    NUMBER = "number"
    NAME = "name"
    DATE = "date"
    SEX = "sex"
    #: A payment code whose check character does not fit.
    CHECK = "check"
    #: A name that may as well be another name's keys.
    AMBIGUOUS = "ambiguous"
    #: One word finds half the hospital.
    TOO_FEW_WORDS = "too_few_words"
    UNKNOWN = "unknown"


class ScanRefused(Rejected):
    """What was scanned or typed cannot be read for certain; nothing of it is kept."""

    code = "scan-refused"

    def __init__(self, why: Why, *, seen: Seen, length: int) -> None:
        super().__init__(
            f"{why.value}: {seen.value} of {length} characters",
            why=why.value,
            seen=seen.value,
            length=length,
        )
        self.why = why
        self.seen = seen
        self.length = length

    @property
    def wording(self) -> str:
        """Name the sentence that says what to do."""
        return f"scan.refused.{self.why.value}"
