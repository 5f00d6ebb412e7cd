"""How an invoice can be paid, for a cashier: through which channel, and why not another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payments.channels.routing import Reason
from payments.invoicing.queries import InvoiceView
from payments.kernel.money import Money
from payments.storage.unit_of_work import UnitOfWork
from payments.web import codes
from payments.web.current import runtime, words
from payments.web.offers import Offer, name_of, offers, why_not_here
from payments.web.plans import Asked, asked_of


@dataclass(frozen=True, slots=True)
class WayRow:
    """A channel for the amount: what it costs the hospital, and why it is not offered, or ""."""

    name: str
    fee: Money
    why: str


@dataclass(frozen=True, slots=True)
class PayBox:
    """What the desk offers for an invoice now."""

    asked: Asked
    #: Why no code can be shown, in words; empty when one can, or is.
    why_no_code: str
    #: An account is there to which money can come, whatever the amount.
    has_account: bool
    ways: tuple[WayRow, ...]


def pay_box(tx: UnitOfWork, invoice: InvoiceView, *, has_code: bool) -> PayBox:
    """Read what the desk offers for *invoice*; *has_code*: one is shown already."""
    asked = asked_of(tx, invoice)
    found = offers(tx, runtime(), asked.amount)
    has_account = codes.channel_of(found) is not None
    if not invoice.due:
        return PayBox(asked, words("desk.nothing_due"), has_account, ())
    return PayBox(
        asked,
        "" if has_code else _why_no_code(found, asked),
        has_account,
        tuple(
            WayRow(name_of(one.slug), one.route.fee, "" if one.is_open else why_not_here(one))
            for one in found
        ),
    )


def _why_no_code(found: Sequence[Offer], asked: Asked) -> str:
    own = [one for one in found if one.account]
    paused = [one for one in own if one.route.reason is Reason.PAUSED]
    if own and len(paused) == len(own):
        return why_not_here(paused[0])
    if asked.is_large and own:
        return words("desk.above_code_limit")
    if codes.channel_of(found, asked.amount) is not None:
        return ""
    if not own:
        return words("desk.no_channel")
    [first, *_] = [one for one in own if one not in paused]
    return words("desk.channel_shut", channel=name_of(first.slug), why=why_not_here(first))
