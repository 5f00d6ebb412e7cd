"""Composes a code for an amount and stores it; a transfer above a code's limit has no picture."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from payments import audit
from payments.channels.service import Channel, adapter_of, payee
from payments.gateway import Attempt, Opens, ShowQr, TransferTo
from payments.intents import repository
from payments.intents.model import Intent
from payments.intents.plans import CODE_MAX
from payments.intents.status import Status
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.kernel.calendar import HospitalDay
from payments.kernel.codes import new_code
from payments.kernel.errors import Rejected
from payments.kernel.money import Money
from payments.qr.banks import table
from payments.qr.vietqr import BuildRequest, build
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


class CannotOpen(Rejected):
    """The channel only tells of money, or shows what this release does not draw."""

    code = "cannot-open"


def compose(
    tx: UnitOfWork, runtime: Runtime, invoice: Invoice, asked: Money, channel: Channel, key: str
) -> Intent:
    """
    Store a code by which *asked* of a held *invoice* is paid through *channel*.

    Above what one transfer by QR carries it is a reference only: the payer's bank makes the
    transfer at its counter, which takes days rather than minutes.

    Raises:
        CannotOpen: the channel shows no code of ours.
    """
    code = new_code(secrets.token_bytes, runtime.settings.code_prefix)
    now = tx.now()
    is_drawn = asked <= CODE_MAX
    expires_at = now + runtime.settings.code_life if is_drawn else last_moment(runtime, now)
    intent = Intent(
        new_id(),
        invoice.id,
        channel.slug,
        channel.account,
        code,
        asked,
        Status.PENDING,
        payload(tx, runtime, channel, Attempt(code, asked, expires_at)),
        now,
        expires_at,
        None,
    )
    repository.add(tx, intent, key)
    invoices.touch(tx, invoice.id)
    audit.append(
        tx, "intent.opened", f"intent:{intent.id}", invoice=str(invoice.id), amount=asked.dong
    )
    return intent


def last_moment(runtime: Runtime, now: datetime) -> datetime:
    """Say until when a code lives that somebody takes away on paper."""
    last_day = HospitalDay.of(now).plus(runtime.settings.slip_days)
    # People read midnight as either of two days.
    return last_day.ends_at - timedelta(seconds=1)


def payload(
    tx: UnitOfWork, runtime: Runtime, channel: Channel, attempt: Attempt, *, is_open: bool = False
) -> str:
    """
    Compose the VietQR text; one that *is_open* leaves the amount to the payer.

    The adapters that only compose are asked inside the transaction.

    Raises:
        CannotOpen: the channel shows no code of ours.
    """
    adapter = adapter_of(runtime, channel)
    if not isinstance(adapter, Opens):
        raise CannotOpen(f"channel {channel.slug} cannot show a code")
    shown = adapter.open(attempt)
    match shown:
        case TransferTo() if attempt.amount > CODE_MAX:
            return ""
        case TransferTo():
            # The payee is the registered account, whatever the channel's settings say.
            to = payee(tx, channel.account)
            return build(
                BuildRequest(to.bin, to.account, None if is_open else attempt.amount, shown.memo),
                table(runtime.settings.banks_file),
            )
        case ShowQr():
            return shown.payload
        case _:
            raise CannotOpen(f"channel {channel.slug} needs a page that this release lacks")
