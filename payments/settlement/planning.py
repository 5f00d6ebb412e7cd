"""Holds the rows of an assessment against the claims: what would be done, and what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, tuple_

from payments.kernel.errors import Problem
from payments.kernel.money import ZERO, Money, vnd
from payments.settlement import repository
from payments.settlement.model import Claim
from payments.settlement.reading import Assessed
from payments.settlement.rows import CLAIM, CLAIM_LINE, REFUSAL
from payments.settlement.status import AT_INSURER
from payments.storage.unit_of_work import UnitOfWork

_ASKED_AT_ONCE: Final = 300
#: The insurer may write a line's hundredths as whole đồng in another way.
_NEAR: Final = Money(1)


@dataclass(slots=True)
class Plan:
    """
    What a list of rows comes to.

    *rows* are those of our claims with the amount that was asked, *refusals* those of them that are
    refused and new, *repeated* refused before, *orphans* of visits that we never claimed.
    """

    rows: list[tuple[Assessed, Claim, Money]] = field(default_factory=list)
    refusals: list[tuple[Assessed, Claim, Money]] = field(default_factory=list)
    repeated: int = 0
    orphans: list[Assessed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> Money:
        return sum((amount for _, _, amount in self.refusals), ZERO)

    @property
    def orphaned(self) -> Money:
        return sum((one.refused for one in self.orphans), ZERO)

    @property
    def claims(self) -> dict[UUID, Claim]:
        return {claim.id: claim for _, claim, _ in self.rows}


def plan(tx: UnitOfWork, period: UUID, rows: Sequence[Assessed], *, is_held: bool = False) -> Plan:
    """Say what *rows* mean for the claims of *period*; with *is_held* these are kept locked."""
    made = Plan()
    known = _claims(tx, sorted({row.ma_lk for row in rows}), is_held=is_held)
    asked, before = _asked(tx, known), _refused_before(tx, known)
    for row in rows:
        claim = known.get(row.ma_lk)
        if claim is None:
            made.orphans.append(row)
            continue
        amount = claim.requested if row.stt == 0 else asked.get((claim.id, row.table, row.stt))
        wrong = _wrong(row, claim, amount, period)
        if wrong is not None or amount is None:
            made.problems += [wrong] if wrong is not None else []
            continue
        made.rows.append((row, claim, amount))
        if not row.refused:
            continue
        if (claim.id, row.table, row.stt, row.reason_code) in before:
            made.repeated += 1
        else:
            made.refusals.append((row, claim, row.refused))
    _cap(made)
    return made


def _wrong(row: Assessed, claim: Claim, amount: Money | None, period: UUID) -> Problem | None:
    if claim.period != period:
        return row.problem("ma_lk", "assessment_period")
    if claim.state not in AT_INSURER:
        return row.problem("ma_lk", "assessment_not_sent")
    if amount is None:
        return row.problem("stt", "assessment_no_line")
    if row.asked is not None and abs(row.asked - amount) > _NEAR:
        return row.problem("amount_asked", "assessment_asked", asked=amount)
    if row.refused > amount + _NEAR:
        return row.problem("amount_refused", "assessment_too_much", asked=amount)
    return None


def _cap(made: Plan) -> None:
    """No claim loses more than it has: a few đồng are rounding of its lines, more is a mistake."""
    of_claim: dict[UUID, list[int]] = defaultdict(list)
    for place, (_, claim, _) in enumerate(made.refusals):
        of_claim[claim.id].append(place)
    dropped: set[int] = set()
    for places in of_claim.values():
        claim = made.refusals[places[0]][1]
        over = sum((made.refusals[place][2] for place in places), ZERO) - claim.to_settle
        if over <= ZERO:
            continue
        row, _, amount = made.refusals[places[-1]]
        if over.dong > len(places) + abs(claim.rounding.dong) or over >= amount:
            problem = row.problem("amount_refused", "assessment_too_much", asked=claim.to_settle)
            made.problems.append(problem)
            dropped |= set(places)
        else:
            made.refusals[places[-1]] = (row, claim, amount - over)
    made.refusals = [one for place, one in enumerate(made.refusals) if place not in dropped]


def _claims(tx: UnitOfWork, names: list[str], *, is_held: bool) -> dict[str, Claim]:
    ids = repository.of_ma_lk(tx, names)
    if is_held:
        held = repository.lock(tx, ids.values()) if ids else {}
        return {claim.ma_lk: claim for claim in held.values()}
    found: dict[str, Claim] = {}
    for piece in _pieces(list(ids.values())):
        rows = tx.execute(
            select(CLAIM).where(CLAIM.c.facility_id == tx.facility, CLAIM.c.id.in_(piece))
        )
        found |= {row.ma_lk: repository.claim_of(row) for row in rows}
    return found


def _asked(tx: UnitOfWork, known: dict[str, Claim]) -> dict[tuple[UUID, str, int], Money]:
    found: dict[tuple[UUID, str, int], Money] = {}
    for piece in _pieces(list(known.values())):
        rows = tx.execute(
            select(CLAIM_LINE).where(
                CLAIM_LINE.c.facility_id == tx.facility,
                tuple_(CLAIM_LINE.c.claim_id, CLAIM_LINE.c.version).in_(
                    [(one.id, one.version) for one in piece]
                ),
            )
        )
        found |= {(row.claim_id, row.table_name, row.stt): vnd(row.asked) for row in rows}
    return found


def _refused_before(tx: UnitOfWork, known: dict[str, Claim]) -> set[tuple[UUID, str, int, str]]:
    found: set[tuple[UUID, str, int, str]] = set()
    for piece in _pieces([one.id for one in known.values()]):
        rows = tx.execute(
            select(
                REFUSAL.c.claim_id, REFUSAL.c.table_name, REFUSAL.c.stt, REFUSAL.c.reason_code
            ).where(REFUSAL.c.facility_id == tx.facility, REFUSAL.c.claim_id.in_(piece))
        )
        found |= {(row.claim_id, row.table_name, row.stt, row.reason_code) for row in rows}
    return found


def _pieces(items: list[Any]) -> list[list[Any]]:
    return [items[start : start + _ASKED_AT_ONCE] for start in range(0, len(items), _ASKED_AT_ONCE)]
