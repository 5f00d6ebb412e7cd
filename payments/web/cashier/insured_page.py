"""The page object of an insured visit: figures as they are shown, decided before the template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from markupsafe import Markup

from payments.card_checks.model import CardAnswer
from payments.covering.queries import VisitView
from payments.covering.splits import Split, SplitLine
from payments.covering.versions import Effect, Happened
from payments.insurance.coverage import Rules
from payments.insurance.explaining import article
from payments.invoicing.queries import InvoiceView
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money
from payments.patients.model import Person
from payments.shifts.model import Shift
from payments.web.cashier.card_panel import CardPanel
from payments.web.cashier.charged import Charged
from payments.web.cashier.insured_form import Typed
from payments.web.cashier.trays import Trays
from payments.web.chips import Chip
from payments.web.current import language, words
from payments.words.formats import exact, vnd

#: What the desk offers; codes that follow another case have no factor of their own.
VISIT_TYPES = ("01", "02", "03", "04", "05", "06", "07", "08", "09")
#: A category that ends a claim, and those whose factor is another case's.
_NOT_AT_THE_DESK = frozenset({"8", "7.2", "7.3", "7.4", "10"})


@dataclass(frozen=True, slots=True)
class SplitRow:
    """One line; amounts are đồng with what decimals they have."""

    number: int
    name: str
    quantity: int
    percent: str
    rule: str
    article: str
    cost: str
    fund: str
    copayment: str
    own: str
    others: str


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What a change did after the issue, in words."""

    look: str
    icon: str
    text: str
    more: str


@dataclass(frozen=True, slots=True)
class InsuredPage:
    template: ClassVar[str] = "cashier/insured.html"

    encounter: UUID
    invoice: UUID | None
    number: str
    patient: Person
    came_at: datetime
    #: What the insurer's portal says of the card.
    card_check: CardPanel
    typed: Typed
    #: Whether somebody gave card and category: there is a split.
    has_split: bool
    is_provisional: bool
    #: Whether the visit has ended: the invoice is issued.
    is_closed: bool
    #: How far each card is known; with its letters and last four digits where there are two.
    checks: tuple[tuple[Chip, str], ...]
    rows: tuple[SplitRow, ...]
    total: Money
    fund: Money
    others: Money
    patient_part: Money
    copayment: str
    own: str
    sums: SplitRow | None
    route: str
    rules_version: str
    deposit: Money
    #: Of the issued invoice; before the issue what the advance pays, and the rest.
    paid: Money
    due: Money
    to_return: Money
    effects: tuple[EffectRow, ...]
    #: What the fund refused later and the patient owes by a decision.
    charged: Charged
    categories: tuple[str, ...]
    visit_types: tuple[str, ...]
    failed_field: str
    failure: str
    shift: Shift | None
    trays: Trays
    light: Markup
    can_show_code: bool


def page_of(
    view: VisitView,
    invoice: InvoiceView | None,
    typed: Typed,
    *,
    today: datetime,
    **rest: Any,
) -> InsuredPage:
    """Put the page together; every đồng of it is a stored one."""
    split = view.split
    rules = Rules.shipped()
    parts = split.parts if split else None
    patient = parts.patient if parts else ZERO
    applied = min(view.deposit, patient)
    return InsuredPage(
        encounter=view.encounter,
        invoice=view.invoice,
        number=invoice.number if invoice else "",
        patient=view.patient,
        came_at=view.came_at,
        typed=typed,
        has_split=split is not None,
        is_provisional=view.is_provisional,
        is_closed=view.invoice is not None,
        checks=_checks(view),
        rows=_rows(view, rules),
        total=parts.total if parts else _total(view),
        fund=parts.fund if parts else ZERO,
        others=parts.others if parts else ZERO,
        patient_part=patient,
        copayment=_dong(split.copayment) if split else "",
        own=_dong(split.own) if split else "",
        sums=_sums(split) if split else None,
        route=article(rules.bases[split.route_basis], language()) if split else "",
        rules_version=split.rules_version if split else "",
        deposit=view.deposit,
        paid=invoice.paid - invoice.refunded if invoice else applied,
        due=invoice.due if invoice else patient - applied,
        to_return=_over(invoice) if invoice else ZERO,
        effects=tuple(_effect(one) for one in view.effects if one.kind is not Effect.ISSUE),
        categories=_categories(rules, today),
        visit_types=VISIT_TYPES,
        **rest,
    )


def _dong(amount: Decimal) -> str:
    """Show hundredths of a đồng beside whole ones: the parts of a sum that is rounded once."""
    return f"{exact(amount)}\N{NO-BREAK SPACE}đ"


def _checks(view: VisitView) -> tuple[tuple[Chip, str], ...]:
    cards = view.facts.cards if view.facts is not None else ()
    which = ["" if len(cards) == 1 else f"{one.benefit_code} …{one.number[-4:]}" for one in cards]
    return tuple(zip(map(_check, view.checks), which, strict=True))


def _check(known: CardAnswer | None) -> Chip:
    if known is None:
        return Chip("wait", "clock", words("split.check.none"))
    if known.is_provisional:
        return Chip("wait", "clock", words("split.check.open"))
    if known.is_usable:
        return Chip("ok", "check", words("split.check.right"))
    return Chip("bad", "stop", words("split.check.wrong"))


def _over(invoice: InvoiceView) -> Money:
    return max(ZERO, invoice.paid - invoice.refunded - invoice.owed)


def _total(view: VisitView) -> Money:
    return sum((line.price * line.quantity for line in view.lines), ZERO)


def _rows(view: VisitView, rules: Rules) -> tuple[SplitRow, ...]:
    if view.split is None:
        return tuple(
            SplitRow(number, one.description, one.quantity, "", "", "", cost, "", "", "", "")
            for number, one in enumerate(view.lines, start=1)
            for cost in [exact(Decimal((one.price * one.quantity).dong))]
        )
    return tuple(
        _row(line, one.description, one.quantity, rules)
        for line, one in zip(view.split.lines, view.lines, strict=True)
    )


def _row(line: SplitLine, name: str, quantity: int, rules: Rules) -> SplitRow:
    return SplitRow(
        line.number,
        name,
        quantity,
        exact(line.percent),
        words(f"split.rule.{line.rule}", percent=exact(line.percent)),
        "; ".join(article(rules.bases[one], language()) for one in line.articles),
        exact(line.cost),
        exact(line.fund),
        exact(line.copayment),
        exact(line.own),
        exact(line.others),
    )


def _sums(split: Split) -> SplitRow:
    figures = (split.cost, split.fund, split.copayment, split.own, split.others)
    return SplitRow(0, "", 0, "", "", "", *map(exact, figures))


def _effect(one: Happened) -> EffectRow:
    more = words(
        "split.effect.more", before=vnd(one.before), after=vnd(one.after), reason=one.reason
    )
    difference = vnd(abs(one.after - one.before))
    match one.kind:
        case Effect.TOP_UP:
            return EffectRow("warn", "plus", words("split.top_up", amount=difference), more)
        case Effect.GIVE_BACK:
            text = words("split.give_back", amount=difference)
            if one.asked_back or one.freed:
                asked = words("split.asked", amount=vnd(one.asked_back + one.freed))
                more = f"{asked} {more}"
            return EffectRow("ok", "back", text, more)
        case _:
            return EffectRow("", "check", words("split.same"), more)


def _categories(rules: Rules, today: datetime) -> tuple[str, ...]:
    day = HospitalDay.of(today).date
    codes = dict.fromkeys(code for (code, _), _ in rules.routes.on(day))
    return tuple(code for code in codes if code not in _NOT_AT_THE_DESK)
