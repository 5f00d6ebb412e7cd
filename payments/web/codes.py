"""A payment code as a picture with its words: the same on the desk and on a patient's phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from payments.channels.routing import Reason
from payments.intents.queries import IntentView
from payments.kernel.money import Money
from payments.kernel.money import vnd as vnd_of
from payments.qr import drawing
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.web.current import words
from payments.web.offers import Offer, offers, why_not_here
from payments.words.formats import vnd

#: Where it is asked whether there is a channel at all, before there is an amount.
ANY: Final = vnd_of(1)


@dataclass(frozen=True, slots=True)
class CodeCard:
    """A code that a payer may scan now; without a picture: a transfer that no code carries."""

    picture: Markup | None
    code: str
    amount: Money
    holder: str
    account: str
    bank: str
    ends_at: datetime
    left: timedelta
    life: timedelta
    #: It was printed: it lives for days, and no clock runs beside it.
    is_on_paper: bool


def card(runtime: Runtime, intent: IntentView | None) -> CodeCard | None:
    """Draw *intent* if it is open: an old code is never shown."""
    if intent is None or not intent.is_open:
        return None
    label = words(
        "pay.qr_label",
        amount=vnd(intent.amount),
        account=intent.payee.account,
        code=intent.code,
    )
    life = intent.expires_at - intent.made_at
    return CodeCard(
        drawn(intent.payload, label) if intent.payload else None,
        intent.code,
        intent.amount,
        intent.payee.holder,
        intent.payee.account,
        f"{intent.bank_name} ({intent.payee.bin})",
        intent.expires_at,
        intent.expires_at - runtime.clock.now(),
        life,
        is_on_paper=life > runtime.settings.code_life,
    )


@lru_cache(maxsize=512)
def drawn(payload: str, label: str) -> Markup:
    """Draw once: a waiting page and a telephone ask for the same picture again and again."""
    # The drawing escapes the label and writes nothing else of ours but squares.
    return Markup(drawing.svg(payload, label))  # noqa: S704


def collecting_channel(tx: UnitOfWork, runtime: Runtime, amount: Money | None = None) -> str | None:
    """
    Name the cheapest channel that can show a code for *amount*, or the first one for any amount.

    None means that money comes by other ways.
    """
    return channel_of(offers(tx, runtime, ANY if amount is None else amount), amount)


def channel_of(found: Sequence[Offer], amount: Money | None = None) -> str | None:
    """Name the first of *found* that can show a code; without an *amount* limits do not count."""
    # A gateway with pages of its own has no account of ours, and shows no code here.
    for one in found:
        is_open = one.is_open if amount is not None else one.route.reason is not Reason.PAUSED
        if one.account and is_open:
            return one.slug
    return None


def why_none(tx: UnitOfWork, runtime: Runtime) -> str:
    """Say to a cashier why no channel can show a code for any amount: the pause and its reason."""
    for one in offers(tx, runtime, ANY):
        if one.account and one.route.reason is Reason.PAUSED:
            return why_not_here(one)
    return words("desk.no_channel")
