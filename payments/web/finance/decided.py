"""A decision on record: what the money was found to be, who said so, when, why, by which rule."""

from __future__ import annotations

from payments.matching.repository import Decision
from payments.receipts.model import Purpose
from payments.storage.unit_of_work import UnitOfWork
from payments.web.current import words
from payments.web.finance.pages import DecisionRow
from payments.web.finance.people import name_of


def decision_row(tx: UnitOfWork, one: Decision) -> DecisionRow:
    by = words("match.by_rule", rule=one.rule) if one.rule else name_of(tx, one.decided_by)
    if one.score is not None:
        by = f"{by} · {words('match.score', score=one.score)}"
    return DecisionRow(
        one.id,
        one.amount,
        words(f"match.purpose.{one.purpose}", number=one.invoice),
        one.why,
        by,
        one.decided_at,
        words("match.back.done", reason=one.back_reason) if one.back_at else "",
        name_of(tx, one.back_by) if one.back_at else "",
        one.back_at,
        may_be_taken_back=one.purpose == Purpose.INVOICE and one.back_at is None,
    )
