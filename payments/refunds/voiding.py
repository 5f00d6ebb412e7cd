"""Gateways that give back by voiding: the whole of a payment, and only on its day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from payments.channels.service import adapter_of, valid_versions
from payments.gateway import Refunding
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Rejected
from payments.kernel.money import Money
from payments.refunds.sources import Source
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class OnlyTheWhole(Rejected):
    """The gateway voids a payment whole, or not at all."""

    code = "only-the-whole"


class VoidDayOver(Rejected):
    """The day of the payment is over: the gateway settles it and voids it no more."""

    code = "void-day-over"


@dataclass(frozen=True, slots=True)
class Voidable:
    """A payment of a gateway that voids; *most* is what of it may go back by our own rules."""

    received: Money
    received_at: datetime
    most: Money

    def check(self, amount: Money, now: datetime) -> None:
        """
        Say whether *amount* may go back at *now*.

        Raises:
            VoidDayOver: it was paid on another day of the hospital.
            OnlyTheWhole: *amount* is a part of it, or a part of it pays for what is still owed.
        """
        day = HospitalDay.of(self.received_at)
        if day != HospitalDay.of(now):
            raise VoidDayOver(day=day)
        if amount != self.received or self.most < self.received:
            raise OnlyTheWhole(whole=self.received)


def check(tx: UnitOfWork, runtime: Runtime, of: Source, most: Money, amount: Money) -> None:
    """Refuse what the gateway of *of* does not void. Raises as ``Voidable.check``."""
    if only_voids(tx, runtime, of.channel):
        Voidable(of.received, of.received_at, most).check(amount, tx.now())


def only_voids(tx: UnitOfWork, runtime: Runtime, channel: str) -> bool:
    """Say whether the gateway of *channel* gives back by voiding alone."""
    versions = valid_versions(tx, runtime, channel)
    if not versions:
        return False
    return adapter_of(runtime, versions[0]).capabilities.refunding is Refunding.VOID
