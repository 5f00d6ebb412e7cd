"""What the desk shows of a visit's card; ``macros/card_check.html`` draws it on any page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from payments.card_checks import queries, service
from payments.card_checks.codes import MEANINGS, Meaning
from payments.card_checks.model import CardAnswer, Source
from payments.kernel.calendar import HospitalDay
from payments.keys import Keys
from payments.storage.unit_of_work import UnitOfWork
from payments.web.addresses import url_for
from payments.web.current import words
from payments.words.formats import exact, local_clock

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CardPanel:
    """The latest answer in words: what it says, what to do, how old it is."""

    known: CardAnswer | None
    is_waiting: bool
    #: Shown as "tạm tính".
    is_provisional: bool
    ask_address: str
    #: Why it must be asked again before the visit closes; empty: it need not.
    again: str
    #: ok, wait, warn or bad, and the icon beside the words.
    look: str = "wait"
    icon: str = "clock"
    said: str = ""
    next: str = ""
    age: str = ""
    source: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    five_years_from: datetime | None = None
    #: With two places at most: the portal's sums are no whole đồng.
    copayment: str = ""
    #: That a later try gave nothing.
    failed: str = ""


def card_panel(tx: UnitOfWork, keys: Keys, encounter: UUID) -> CardPanel:
    """Put together what is shown of the card of *encounter*, also where nobody asked yet."""
    known = queries.latest(tx, keys, encounter)
    again = service.must_ask_again(tx, keys, encounter, tx.now())
    address = url_for("cashier.ask_card", encounter_id=encounter)
    is_waiting = queries.waiting(tx, encounter) is not None
    said_again = words(f"card.again.{again.value}") if again and known else ""
    if known is None:
        return CardPanel(None, is_waiting, True, address, said_again)
    look, icon = _look(known)
    return CardPanel(
        known,
        is_waiting,
        known.is_provisional,
        address,
        said_again,
        look,
        icon,
        said=_said(known),
        next=words(f"card.do.{known.meaning.value}"),
        age=_age(tx.now() - known.checked_at),
        source=words(f"card.source.{known.source.value}"),
        valid_from=_moment(known.valid_from),
        valid_to=_moment(known.valid_to),
        five_years_from=_moment(known.five_years_from),
        copayment=f"{exact(known.copayment.so_far)}\N{NO-BREAK SPACE}đ" if known.copayment else "",
        failed=words("card.panel.failed", at=local_clock(known.failed_at))
        if known.failed_at
        else "",
    )


def _look(known: CardAnswer) -> tuple[str, str]:
    if known.is_provisional:
        return "warn", "alert"
    return ("ok", "check") if known.is_usable else ("bad", "stop")


def _said(known: CardAnswer) -> str:
    """Say what the portal said, or why that is no answer, or why a person entered the card."""
    if known.source is Source.HAND and known.reason:
        return words("card.hand.said", reason=words(f"card.reason.{known.reason.value}"))
    if known.doubt:
        return words(f"card.doubt.{known.doubt.value}")
    if known.meaning is Meaning.UNKNOWN or known.code not in MEANINGS:
        return words("card.code.other", code=known.code)
    return f"{known.code} · {words(f'card.code.{known.code}')}"


def _age(since: timedelta) -> str:
    if since < _HOUR:
        return words("card.panel.minutes", n=since // timedelta(minutes=1))
    if since < _DAY:
        return words("card.panel.hours", n=since // _HOUR)
    return words("card.panel.days", n=since // _DAY)


def _moment(day: date | None) -> datetime | None:
    return None if day is None else HospitalDay(day).starts_at
