"""The gateways through which a patient can pay an amount, each on a page of its own."""

from __future__ import annotations

from payments.kernel.money import Money
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.web.offers import Offer, name_of, offers, why_not
from payments.web.patient.pages import ShutRow, WayRow


def open_for(tx: UnitOfWork, runtime: Runtime, due: Money, *, but: str = "") -> tuple[WayRow, ...]:
    """List the gateways that take *due* now, in their order, all but the channel *but*."""
    if not due:
        return ()
    return open_of(tuple(one for one in offers(tx, runtime, due) if one.slug != but))


def open_of(found: tuple[Offer, ...]) -> tuple[WayRow, ...]:
    """List what a payer may choose of *found*."""
    return tuple(
        WayRow(one.slug, name_of(one.slug)) for one in found if one.is_open and not one.account
    )


def shut_of(found: tuple[Offer, ...]) -> tuple[ShutRow, ...]:
    """List what a payer may not choose now, and why; what nobody has opened yet is no way."""
    return tuple(
        ShutRow(name_of(one.slug), why_not(one))
        for one in found
        if not one.is_open and not one.is_new and not one.account
    )
