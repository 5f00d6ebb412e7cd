"""A claim with its amounts, what is true of them, and the failures of settling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from payments.insurance.claim_ids import agency_of as agency_of
from payments.insurance.claim_ids import claim_id as claim_id
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import Money
from payments.kernel.scope import FacilityId
from payments.settlement.status import State

_PERIODS: Final = UUID("5a1d9e0c-2b7f-5d48-8e61-4c3f9a7b2d15")


class NoClaim(NotFound):
    """This facility has no such claim."""

    code = "no-claim"


class NoClaimFile(NotFound):
    """This facility has no such dossier file."""

    code = "no-claim-file"


class NoClaimPeriod(NotFound):
    """This facility has no claims of that month or quarter."""

    code = "no-claim-period"


class NoRefusal(NotFound):
    """This facility has no such refused amount."""

    code = "no-refusal"


class NoNotice(NotFound):
    """This facility has no such settlement notice."""

    code = "no-settlement-notice"


class PeriodReported(Conflict):
    """The month has been summed up and reported: its claims no longer change."""

    code = "period-reported"


class ClaimsNotSent(Conflict):
    """Claims of the period still wait to be sent, or sent again."""

    code = "claims-not-sent"


class MonthsNotReported(Conflict):
    """A quarter is the sum of three reported months."""

    code = "months-not-reported"


class LedgerDiffers(Conflict):
    """What the ledger holds for a claim is not what the claim asks for: P37 or P38 comes first."""

    code = "claim-ledger-differs"


class RefusedTooMuch(Rejected):
    """More would be refused, won or written off than there is."""

    code = "refused-too-much"


class NoticeDiffers(Conflict):
    """The notice tells of another sum than the accepted claims come to."""

    code = "notice-differs"


class NothingLeftOfAdvance(Conflict):
    """The advance of the quarter is used up, or there was none."""

    code = "nothing-left-of-advance"


class NothingToPay(Conflict):
    """No settled claim of the period waits for money."""

    code = "nothing-to-pay"


class SamePerson(Rejected):
    """Whoever asked for a write-off does not approve it (I20)."""

    code = "write-off-same-person"


class ChargeSamePerson(Rejected):
    """Whoever asked that the patient is charged does not approve it (I20)."""

    code = "charge-same-person"


class NotThePatients(Rejected):
    """The law does not let the patient be charged for this reason."""

    code = "not-the-patients"


class NoInsuredInvoice(Conflict):
    """No issued invoice here bills the visit of the claim with the fund's part in it."""

    code = "no-insured-invoice"


@dataclass(frozen=True, slots=True)
class Claim:
    """
    One visit as it is claimed, whole đồng.

    *fund* is what the current version asks, *requested* what the insurer has been asked for,
    *rounding* what its month's form adds to it. *refused* is all that was ever refused, *won* what
    of it was paid after all, *written_off* what of it the hospital bears, *charged* what the
    patient owes by a decision. *settled* is what notices have named, of which the advance has paid
    *set_off* and the bank *paid*.
    """

    id: UUID
    ma_lk: str
    period: UUID
    agency: str
    version: int
    state: State
    fund: Money
    requested: Money
    rounding: Money
    refused: Money
    won: Money
    written_off: Money
    charged: Money
    settled: Money
    set_off: Money
    paid: Money
    submissions: int
    is_booked_here: bool
    portal_number: str
    encounter: UUID | None
    sent_on: HospitalDay | None
    assessed_on: HospitalDay | None

    @property
    def accepted(self) -> Money:
        """What the insurer accepts, or has not spoken about yet."""
        return self.requested + self.rounding - self.refused + self.won

    @property
    def to_settle(self) -> Money:
        """Accepted, and named by no notice yet."""
        return self.accepted - self.settled

    @property
    def to_pay(self) -> Money:
        """Named by a notice, and neither advanced nor paid."""
        return self.settled - self.set_off - self.paid

    @property
    def unsent(self) -> Money:
        """What belongs on 1400."""
        return self.fund - self.requested

    @property
    def at_insurer(self) -> Money:
        """What belongs on 1410."""
        return self.accepted - self.set_off - self.paid

    @property
    def contested(self) -> Money:
        """What belongs on 1420."""
        return self.refused - self.won - self.written_off - self.charged


def period_id(facility: FacilityId, agency: str, name: str) -> UUID:
    return uuid5(_PERIODS, f"{facility}:{agency}:{name}")


def quarter_of(month: str) -> str:
    """Give the quarter of a settlement month: ``202609`` is in ``2026Q3``."""
    return f"{month[:4]}Q{(int(month[4:]) + 2) // 3}"


def months_of(quarter: str) -> tuple[str, ...]:
    """Give the three months of a quarter, in order."""
    last = int(quarter[5:]) * 3
    return tuple(f"{quarter[:4]}{number:02d}" for number in range(last - 2, last + 1))


def is_quarter(name: str) -> bool:
    return len(name) == 6 and name[:4].isdecimal() and name[4:] in ("Q1", "Q2", "Q3", "Q4")


def is_month(name: str) -> bool:
    return len(name) == 6 and name.isdecimal() and 1 <= int(name[4:]) <= 12
