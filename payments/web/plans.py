"""What is asked of a payer now: all that is due, or the next part of a plan that was agreed."""

from __future__ import annotations

from dataclasses import dataclass

from payments.intents import planning
from payments.intents.plans import CODE_MAX, Part, Plan, Standing
from payments.invoicing.queries import InvoiceView
from payments.kernel.money import ZERO, Money
from payments.storage.unit_of_work import UnitOfWork
from payments.web.chips import Chip
from payments.web.current import words
from payments.words.formats import vnd


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of a plan and how it stands."""

    number: int
    amount: Money
    chip: Chip
    is_asked: bool


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan that holds; *now* is the number of the part that is asked for."""

    parts: tuple[PartRow, ...]
    now: int
    #: How far it has come, in words.
    progress: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a payer is asked for; *overtaken* says in words that a plan holds no more, else ""."""

    amount: Money
    plan: PlanCard | None
    overtaken: str

    @property
    def is_large(self) -> bool:
        """Say whether no code carries it."""
        return self.amount > CODE_MAX


def asked_of(tx: UnitOfWork, invoice: InvoiceView) -> Asked:
    """Read what is asked of the payer of *invoice* now."""
    # Nobody agrees on parts of what one code carries: most invoices are not asked for.
    if not invoice.due or invoice.total <= CODE_MAX:
        return Asked(invoice.due, None, "")
    plan = planning.newest(tx, invoice.id)
    if plan is None:
        return Asked(invoice.due, None, "")
    standing = plan.standing(owed=invoice.owed, refunded=invoice.refunded, due=invoice.due)
    if standing is Standing.HOLDS:
        return Asked(plan.asked(invoice.due), _card(plan, invoice.due), "")
    return Asked(invoice.due, None, _overtaken(plan) if standing is Standing.OVERTAKEN else "")


def _card(plan: Plan, due: Money) -> PlanCard:
    parts = plan.parts(due)
    [now] = [one.number for one in parts if one.is_asked]
    return PlanCard(
        tuple(PartRow(one.number, one.amount, _chip(one), one.is_asked) for one in parts),
        now,
        words("plan.progress", n=now, of=len(parts), amount=vnd(due)),
    )


def _chip(part: Part) -> Chip:
    if part.is_paid:
        return Chip("ok", "check", words("plan.part.paid"))
    if part.paid != ZERO:
        return Chip("warn", "half", words("plan.part.rest", amount=vnd(part.rest)))
    if part.is_asked:
        return Chip("wait", "clock", words("plan.part.now"))
    return Chip("off", "clock", words("plan.part.later"))


def _overtaken(plan: Plan) -> str:
    return words("plan.overtaken", n=len(plan.amounts), amount=vnd(plan.whole))
