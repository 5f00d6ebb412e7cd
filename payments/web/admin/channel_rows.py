"""The list of channels: what each costs, and a light with words: works, slow, down, paused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from payments.channels import administration, breaker, fees, pausing, percent
from payments.channels.administration import VersionView
from payments.channels.breaker import FAILURES_MAX, Gauge
from payments.channels.pausing import Switch, Switched
from payments.channels.routing import Fee, Terms
from payments.inbox.queries import Traffic, traffic
from payments.intents.waiting import is_stalling
from payments.kernel.calendar import HospitalDay
from payments.storage.unit_of_work import UnitOfWork
from payments.web.admin.pages import ChannelRow
from payments.web.admin.views import names
from payments.web.chips import Chip
from payments.web.current import words
from payments.words.formats import local_time, vnd

_NONE: Final = Traffic(None, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a channel at the moment *now*."""

    now: datetime
    #: How many of its versions are valid.
    valid: int
    traffic: Traffic
    #: The newest change of its switch; None where there never was one.
    switched: Switched | None
    #: How its gateway answered lately; None where it never failed.
    gauge: Gauge | None
    #: As many wait for its gateway as we can spare threads for.
    is_stalling: bool


def rows(tx: UnitOfWork) -> tuple[ChannelRow, ...]:
    """Read every channel that ever was, its light and its fee of today, by slug."""
    versions = administration.versions(tx)
    told, switched, gauges = traffic(tx), pausing.switched(tx), breaker.gauges(tx)
    people = names(tx)
    now = tx.now()
    costs = fees.terms(tx, HospitalDay.of(now))
    newest: dict[str, VersionView] = {}
    for one in versions:
        newest.setdefault(one.slug, one)
    found = []
    for slug, one in newest.items():
        seen = Seen(
            now,
            sum(other.slug == slug and other.is_valid(now) for other in versions),
            told.get(slug, _NONE),
            switched.get(slug),
            gauges.get(slug),
            is_stalling(tx, slug),
        )
        state, more = light(seen, people)
        found.append(
            ChannelRow(
                slug,
                one,
                seen.valid,
                state,
                more,
                fee_of(costs.get(slug)),
                seen.traffic.last_at,
                seen.traffic.proven,
                seen.traffic.applied,
                seen.traffic.refused,
            )
        )
    return tuple(found)


def light(seen: Seen, people: Mapping[str, str]) -> tuple[Chip, str]:
    """Say how a channel is, and in a sentence since when, why and by whom."""
    if not seen.valid:
        return Chip("off", "stop", words("admin.channel.ended")), ""
    if seen.switched is not None and not seen.switched.is_open:
        return _shut(seen.switched, people)
    if seen.gauge is not None and seen.gauge.failures:
        return _failing(seen.gauge, seen.now)
    if seen.is_stalling:
        return _slow(words("light.stalling"))
    if seen.traffic.refused:
        chip = Chip("bad", "stop", words("admin.channel.refusing", n=seen.traffic.refused))
        return chip, words("light.refusing")
    if seen.valid > 1:
        return Chip("wait", "twin", words("admin.channel.rotating", n=seen.valid)), ""
    return Chip("ok", "check", words("admin.channel.working")), ""


def fee_of(terms: Terms | None) -> str:
    """Write what a payment costs today; that nothing was agreed is said, it need not be free."""
    return words("fee.none") if terms is None else fee_text(terms.fee)


def fee_text(fee: Fee) -> str:
    """Write a fee: ``1.650 đ + 1,1 %, 2.000 đ … 30.000 đ``."""
    share = f"{percent.written(fee.per_million)} %" if fee.per_million else ""
    fixed = vnd(fee.fixed) if fee.fixed or not share else ""
    sums = " + ".join(part for part in (fixed, share) if part)
    least = "" if fee.least is None else words("fee.at_least", amount=vnd(fee.least))
    most = "" if fee.most is None else words("fee.at_most", amount=vnd(fee.most))
    return ", ".join(part for part in (sums, least, most) if part)


def _shut(switched: Switched, people: Mapping[str, str]) -> tuple[Chip, str]:
    facts = {
        "at": local_time(switched.at),
        "who": people.get(switched.by, words("admin.by_program")),
        "reason": switched.reason,
    }
    if switched.state is Switch.NEW:
        chip = Chip("wait", "clock", words("admin.channel.is_new"))
        return chip, words("light.new", at=facts["at"], who=facts["who"])
    return Chip("warn", "stop", words("admin.channel.is_paused")), words("light.paused", **facts)


def _failing(gauge: Gauge, now: datetime) -> tuple[Chip, str]:
    if gauge.failures < FAILURES_MAX or gauge.down_since is None:
        return _slow(words("light.failures", n=gauge.failures, at=local_time(gauge.changed_at)))
    key = "light.down" if gauge.is_down(now) else "light.down_tried"
    chip = Chip("bad", "stop", words("light.is_down"))
    return chip, words(key, at=local_time(gauge.down_since))


def _slow(more: str) -> tuple[Chip, str]:
    return Chip("warn", "late", words("light.is_slow")), more
