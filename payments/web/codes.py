"""A payment code as a picture with its words: the same on the desk and on a patient's phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from flask import current_app
from markupsafe import Markup

from payments.channels.pausing import Switch, Switched, switched
from payments.channels.queries import SealedChannel, newest, opened
from payments.gateway import Opens
from payments.intents.queries import IntentView
from payments.kernel.money import Money
from payments.qr import drawing
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.web.current import words
from payments.words.formats import vnd

_OPENERS: Final = "vienphi_openers"
#: Far more channels than a hospital has, with the versions that it had.
_OPENERS_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class CodeCard:
    """A code that a payer may scan now."""

    picture: Markup
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
        _drawn(intent.payload, label),
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
def _drawn(payload: str, label: str) -> Markup:
    """Draw once: a waiting page and a telephone ask for the same picture again and again."""
    # The drawing escapes the label and writes nothing else of ours but squares.
    return Markup(drawing.svg(payload, label))  # noqa: S704


def collecting_channel(tx: UnitOfWork, runtime: Runtime) -> str | None:
    """Name the first channel that can show a code; None means that money comes by other ways."""
    stopped = switched(tx)
    for channel in newest(tx, runtime.settings.mode.value):
        # A gateway with pages of its own has no account of ours, and shows no code here.
        can_show = channel.account and _can_open(runtime, channel)
        if can_show and _is_open(stopped, channel.slug):
            return channel.slug
    return None


def why_none(tx: UnitOfWork, runtime: Runtime) -> str:
    """Say to a cashier why no channel can show a code: what was paused and for which reason."""
    stopped = switched(tx)
    for channel in newest(tx, runtime.settings.mode.value):
        if _can_open(runtime, channel) and not _is_open(stopped, channel.slug):
            last = stopped[channel.slug]
            key = "desk.channel_new" if last.state is Switch.NEW else "desk.channel_paused"
            return words(key, channel=channel.slug, reason=last.reason)
    return words("desk.no_channel")


def _is_open(stopped: Mapping[str, Switched], slug: str) -> bool:
    return slug not in stopped or stopped[slug].is_open


def _can_open(runtime: Runtime, channel: SealedChannel) -> bool:
    """
    Say whether the adapter shows codes; the answer follows from the sealed settings and is kept.

    Only yes or no is kept, in the application that asked: no secret, and nothing of a channel whose
    settings were replaced.
    """
    known: dict[SealedChannel, bool] = current_app.extensions.setdefault(_OPENERS, {})
    if channel not in known:
        if len(known) >= _OPENERS_MAX:
            known.clear()
        known[channel] = isinstance(opened(runtime, channel), Opens)
    return known[channel]
