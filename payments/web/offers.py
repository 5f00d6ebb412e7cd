"""The channels of the hospital for an amount: what is open, the cheapest first, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from payments.channels import breaker, fees
from payments.channels.pausing import Switch, Switched, switched
from payments.channels.queries import newest
from payments.channels.routing import Option, Reason, Route, routes
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.web.current import words
from payments.web.openers import opener
from payments.words.formats import vnd


@dataclass(frozen=True, slots=True)
class Offer:
    """A channel that collects, and whether it does now; *account* is ours, "" for a gateway's."""

    route: Route
    account: str
    #: The newest change of its switch, where it ever had one.
    switched: Switched | None

    @property
    def slug(self) -> str:
        return self.route.slug

    @property
    def is_open(self) -> bool:
        return self.route.is_open

    @property
    def is_new(self) -> bool:
        """Say whether nobody has opened it yet: it is no way to pay for anybody."""
        return self.switched is not None and self.switched.state is Switch.NEW


def offers(tx: UnitOfWork, runtime: Runtime, amount: Money) -> tuple[Offer, ...]:
    """List every channel that can collect, in the order in which a payer should see them."""
    stopped = switched(tx)
    gauges = breaker.gauges(tx)
    now = tx.now()
    accounts: dict[str, str] = {}
    options = []
    for option, account in collecting(tx, runtime, HospitalDay.of(now)):
        slug = option.slug
        accounts[slug] = account
        options.append(
            replace(
                option,
                is_paused=slug in stopped and not stopped[slug].is_open,
                # Codes of our own account ask nobody.
                is_down=not account and slug in gauges and gauges[slug].is_down(now),
            )
        )
    return tuple(
        Offer(one, accounts[one.slug], stopped.get(one.slug)) for one in routes(options, amount)
    )


def collecting(tx: UnitOfWork, runtime: Runtime, day: HospitalDay) -> Iterator[tuple[Option, str]]:
    """Read the channels that can collect, with their terms of *day*, and our account or ""."""
    costs = fees.terms(tx, day)
    for channel in newest(tx, runtime.settings.mode.value):
        can = opener(runtime, channel)
        if can is not None:
            terms = costs.get(channel.slug, fees.FREE)
            yield Option(channel.slug, terms, can.amount_min, can.amount_max), channel.account


def why_not(offer: Offer) -> str:
    """Say in words for a patient why *offer* is not open; the reason of a pause is the house's."""
    reason = offer.route.reason
    assert reason is not None, "it is open"
    return words(f"offer.{reason.value}", bound=vnd(offer.route.bound))


def why_not_here(offer: Offer) -> str:
    """Say the same to a cashier: what was paused and for which reason, too."""
    if offer.route.reason is not Reason.PAUSED or offer.switched is None:
        return why_not(offer)
    key = "desk.channel_new" if offer.is_new else "desk.channel_paused"
    return words(key, channel=offer.slug, reason=offer.switched.reason)


def name_of(slug: str) -> str:
    """Write the name of a channel as people read it: channels are named after their gateway."""
    return slug.replace("-", " ").replace("_", " ").upper()
