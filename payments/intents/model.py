"""An attempt to collect, and when money for it is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments.intents.status import ACTIVE, Status
from payments.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Intent:
    """One attempt; *code* is what the payer's bank carries back in the memo."""

    id: UUID
    invoice: UUID
    channel: str
    account: str
    code: str
    amount: Money
    status: Status
    payload: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    def is_late_at_gateway(self, at: datetime) -> bool:
        """
        Say whether a gateway took money at *at* after time or amount of this attempt had ended.

        What the gateway itself told before, a failure or a cancellation, does not count: it may be
        told in any order.
        """
        if at >= self.expires_at:
            return True
        is_replaced = self.status is Status.SUPERSEDED
        return is_replaced and self.ended_at is not None and at >= self.ended_at

    def is_late(self, at: datetime) -> bool:
        """Say whether money of the moment *at* (the bank's time) came after the code had ended."""
        if at >= self.expires_at:
            return True
        ended = self.status not in ACTIVE and self.status is not Status.CAPTURED
        return ended and self.ended_at is not None and at >= self.ended_at
