"""What gateways took back by themselves, as people of the desk and of finance read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from payments.kernel.money import Money
from payments.refunds.disputes import Dispute, State
from payments.web.chips import Chip
from payments.web.current import words
from payments.words.formats import vnd

_LOOKS: Final = {
    State.OPEN: ("warn", "clock"),
    State.WON: ("ok", "check"),
    State.LOST: ("bad", "alert"),
}


@dataclass(frozen=True, slots=True)
class TakenBack:
    id: UUID
    channel: str
    amount: Money
    told_at: datetime
    #: The gateway's own name, to look it up there.
    name: str
    chip: Chip
    #: What it means for the invoice, in words.
    more: str
    is_seen: bool


def taken_back(dispute: Dispute) -> TakenBack:
    look, icon = _LOOKS[dispute.state]
    return TakenBack(
        id=dispute.id,
        channel=dispute.channel,
        amount=dispute.amount,
        told_at=dispute.told_at,
        name=dispute.name,
        chip=Chip(look, icon, words(f"dispute.{dispute.kind}.{dispute.state}")),
        more=_more(dispute),
        is_seen=dispute.seen_at is not None,
    )


def _more(dispute: Dispute) -> str:
    match dispute.state:
        case State.OPEN:
            return words("dispute.more.open", amount=vnd(dispute.amount))
        case State.WON:
            return words("dispute.more.won")
        case State.LOST if dispute.from_invoice:
            return words("dispute.more.lost", amount=vnd(dispute.from_invoice))
        case State.LOST:
            return words("dispute.more.lost_suspense")
