"""Which card counts for a line, whether the fund has a part in it, and at which level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from payments.insurance.coverage.model import HUNDRED, ZERO, Card, Line, Policy, Scope, Visit
from payments.insurance.coverage.refusals import CodeUnknown
from payments.insurance.coverage.result import Entitlement, LevelBy, Uncovered
from payments.insurance.coverage.rows_of_law import Benefit, Route, VisitType
from payments.insurance.coverage.rules import Rules

_LISTED: Final = Scope.LISTED
_FORCES: Final = Scope.FORCES


@dataclass(frozen=True, slots=True)
class Held:
    """The card that counts on a day; *after_expiry*: it has ended, and still pays."""

    card: Card
    benefit: Benefit
    after_expiry: bool


def held(visit: Visit, kind: VisitType, rules: Rules, day: date) -> Held | None:
    """
    Choose the card with the highest level on *day*; of equal ones the first (Decree 188, art. 21).

    A card that was valid on arrival and ended during a treatment pays on for 15 days, the last
    included (Decree 188, art. 50(4)); it counts only where no other is valid.
    """
    valid = [card for card in visit.cards if card.valid_from <= day <= card.valid_to]
    if valid:
        return _highest(valid, rules, day, after_expiry=False)
    if not kind.pays_after_expiry:
        return None
    arrival = visit.date_in.date()
    ended = [
        card
        for card in visit.cards
        if card.valid_from <= arrival <= card.valid_to < day
        and day - card.valid_to <= timedelta(days=int(rules.limit("after_expiry", day)))
    ]
    return _highest(ended, rules, day, after_expiry=True) if ended else None


def uncovered(
    visit: Visit, route: Route, factor: Decimal, line: Line, card: Held | None
) -> Uncovered | None:
    """Say why the fund has no part in *line*, None where it has."""
    if factor == 0:
        return Uncovered.ROUTE
    if card is None:
        return Uncovered.NO_CARD
    if line.scope is not _LISTED and not (line.scope is _FORCES and card.benefit.beyond_list):
        return Uncovered.SCOPE
    shown = visit.card_shown_at
    # Decree 188, art. 38 and 50(6): an emergency is paid from its beginning.
    if shown is not None and (line.ordered_at or visit.date_in) < shown and not route.late_card:
        return Uncovered.SHOWN_LATE
    return None


@dataclass(slots=True)
class Exemption:
    """The exemption of the year while the lines pass in the order of their times (Decree 188)."""

    visit: Visit
    running: Decimal
    ceiling: Decimal

    @property
    def is_possible(self) -> bool:
        return self.visit.exempt_from is not None or self.visit.five_years_from is not None

    def holds(self, when: datetime) -> LevelBy | None:
        certificate = self.visit.exempt_from
        # It runs to 31 December: the next year begins anew.
        if certificate is not None and certificate <= when and certificate.year == when.year:
            return LevelBy.CERTIFICATE
        since = self.visit.five_years_from
        if since is not None and since <= when.date() and self.running > self.ceiling:
            return LevelBy.CEILING
        return None


@dataclass(frozen=True, slots=True)
class Leveller:
    """What raises the level of every line of a visit alike."""

    route: Route
    factor: Decimal
    is_small: bool
    policy: Policy

    def entitle(
        self, card: Held | None, refused: Uncovered | None, exempt: LevelBy | None
    ) -> Entitlement:
        """Give level and percentage of a line; the first rule that makes it 100 is named."""
        if card is None:
            return Entitlement(None, None, False, refused, ZERO, LevelBy.CARD, ZERO)
        if refused is not None:
            return Entitlement(*_facts(card), refused, ZERO, LevelBy.CARD, ZERO)
        level, by = card.benefit.level, LevelBy.CARD
        is_full = self.factor == HUNDRED
        if self.route.level is not None and level < self.route.level:
            level, by = self.route.level, LevelBy.COMMUNE
        if self.is_small and (is_full or self.policy.threshold_on_reduced_route) and level < 100:
            level, by = HUNDRED, LevelBy.SMALL
        if exempt and (is_full or self.policy.exempt_on_reduced_route) and level < 100:
            level, by = HUNDRED, exempt
        percent = level if is_full else level * self.factor / HUNDRED
        return Entitlement(*_facts(card), None, level, by, percent)


def _facts(card: Held) -> tuple[Card, Benefit, bool]:
    return card.card, card.benefit, card.after_expiry


def _highest(cards: list[Card], rules: Rules, day: date, *, after_expiry: bool) -> Held:
    best: Held | None = None
    for card in cards:
        benefit = rules.benefit(card.letters, card.digit, day)
        if benefit is None:
            raise CodeUnknown(
                field="visit.cards", value=card.digit, catalogue="benefit_level", day=str(day)
            )
        if best is None or benefit.level > best.benefit.level:
            best = Held(card, benefit, after_expiry)
    assert best is not None
    return best
