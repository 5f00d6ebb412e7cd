"""What the cashier types about card and visit: read into facts, and shown again as typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Final

from payments.card_checks.model import CardAnswer
from payments.covering.model import (
    AREAS,
    REFERRAL_MAX,
    SOURCES,
    CardFact,
    OtherPayer,
    VisitFacts,
    card_fact,
    two_cards,
)
from payments.covering.queries import VisitView
from payments.insurance.coverage.model import Mode
from payments.insurance.coverage.rounding import dong
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.web import forms

_CODE_MAX: Final = 10
_LETTERS_MAX: Final = 40
_MODES: Final = tuple(mode.value for mode in Mode)


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of the form, as text."""

    card: str = ""
    valid_from: str = ""
    valid_to: str = ""
    registered_at: str = ""
    second_card: str = ""
    second_valid_from: str = ""
    second_valid_to: str = ""
    second_registered_at: str = ""
    area: str = ""
    category: str = ""
    visit_type: str = ""
    referral: str = ""
    five_years_from: str = ""
    exempt_from: str = ""
    copay_of_year: str = ""
    #: The moment of a card that was shown late, as it was noted; or "now".
    shown_late: str = ""
    other_source: str = ""
    other_line: str = ""
    other_amount: str = ""
    other_mode: str = ""
    reason: str = ""


def typed(form: Mapping[str, str], view: VisitView, known: CardAnswer | None) -> Typed:
    """Give what was typed, else what is stored, else what portal and scanner told of the card."""
    if form:
        names = [field.name for field in fields(Typed)]
        return Typed(**{name: form.get(name, "")[: _LETTERS_MAX * 5] for name in names})
    if view.facts is not None:
        return _of_facts(view.facts)
    started = Typed(card=view.known_card, visit_type="01", category="1.1")
    if known is None or not known.is_usable or known.is_provisional:
        return started
    return _of_answer(started, known)


def read(form: Mapping[str, str], *, now: datetime) -> VisitFacts:
    """
    Read the form into facts.

    Raises:
        InvalidField: names the field.
    """
    first, second = _card(form), _card(form, "second_")
    two_cards(first, second)
    return VisitFacts(
        card=first,
        second=second,
        category=_code(form, "category"),
        visit_type=_code(form, "visit_type"),
        area=_one_of(form, "area", AREAS),
        shown_at=_shown_at(form.get("shown_late", ""), now),
        five_years_from=_day(form, "five_years_from"),
        exempt_from=_day(form, "exempt_from"),
        copay_of_year=_amount(form, "copay_of_year"),
        referral=_referral(form.get("referral", "")),
        other=_other(form),
    )


def _card(form: Mapping[str, str], prefix: str = "") -> CardFact | None:
    number = form.get(f"{prefix}card", "").strip()
    if not number:
        return None
    first, last = _day(form, f"{prefix}valid_from"), _day(form, f"{prefix}valid_to")
    if first is None or last is None:
        raise InvalidField(f"{prefix}valid_{'to' if first else 'from'}", "insured_days")
    registered_at = form.get(f"{prefix}registered_at", "").strip()
    return card_fact(number[:_LETTERS_MAX], first, last, registered_at, prefix=prefix)


def _code(form: Mapping[str, str], name: str) -> str:
    code = form.get(name, "").strip()
    if not code or len(code) > _CODE_MAX:
        raise InvalidField(name, "insured_choose")
    return code


def _one_of(form: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = form.get(name, "")
    if value not in known:
        raise InvalidField(name, "insured_choose")
    return value


def _day(form: Mapping[str, str], name: str) -> date | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidField(name, "insured_day") from error


def _amount(form: Mapping[str, str], name: str) -> Money:
    text = form.get(name, "").strip()
    return forms.amount(text, name, wrong="insured_amount") if text else ZERO


def _shown_at(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    if text == "now":
        return now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidField("shown_late", "insured_choose") from error
    if moment.tzinfo is None or moment > now:
        raise InvalidField("shown_late", "insured_choose")
    return moment


def _referral(text: str) -> str:
    if not text.strip():
        return ""
    return forms.line_of_text(text, "referral", letters_max=REFERRAL_MAX, wrong="insured_referral")


def _other(form: Mapping[str, str]) -> OtherPayer | None:
    source = form.get("other_source", "")
    if not source:
        return None
    if source not in SOURCES:
        raise InvalidField("other_source", "insured_choose")
    line = forms.whole(form.get("other_line", ""), "other_line", wrong="insured_line")
    amount = forms.amount(form.get("other_amount", ""), "other_amount", wrong="insured_amount")
    mode = form.get("other_mode", "") or Mode.PERSONAL.value
    if mode not in _MODES:
        raise InvalidField("other_mode", "insured_choose")
    return OtherPayer(source, line, amount, Mode(mode))


def _of_facts(facts: VisitFacts) -> Typed:
    card, second, other = facts.card, facts.second, facts.other
    return Typed(
        card=card.number if card else "",
        valid_from=_iso(card.valid_from) if card else "",
        valid_to=_iso(card.valid_to) if card else "",
        registered_at=card.registered_at if card else "",
        second_card=second.number if second else "",
        second_valid_from=_iso(second.valid_from) if second else "",
        second_valid_to=_iso(second.valid_to) if second else "",
        second_registered_at=second.registered_at if second else "",
        area=facts.area,
        category=facts.category,
        visit_type=facts.visit_type,
        referral=facts.referral,
        five_years_from=_iso(facts.five_years_from),
        exempt_from=_iso(facts.exempt_from),
        copay_of_year=str(facts.copay_of_year.dong) if facts.copay_of_year else "",
        shown_late=facts.shown_at.isoformat() if facts.shown_at else "",
        other_source=other.source if other else "",
        other_line=str(other.line) if other else "",
        other_amount=str(other.amount.dong) if other else "",
        other_mode=other.mode.value if other else "",
    )


def _of_answer(started: Typed, known: CardAnswer) -> Typed:
    """Fill in what the portal says of a card that counts; the cashier may still change it."""
    so_far = dong(known.copayment.so_far).dong if known.copayment else 0
    return replace(
        started,
        card=known.card,
        valid_from=_iso(known.valid_from),
        valid_to=_iso(known.valid_to),
        registered_at=known.registered_facility,
        area=known.area if known.area in AREAS else "",
        five_years_from=_iso(known.five_years_from),
        copay_of_year=str(so_far) if so_far else "",
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
