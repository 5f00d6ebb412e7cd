"""
What K8 holds the services against: invoices, payments and refunds as plain dicts and their sums.

Written from the decisions (13, 14 and the refund's life), not from the code under test: no import
of it but the kernel's nothing. What a command must be refused with is the code of the refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

Row = dict[str, Any]
#: Money of these is spoken for.
RESERVING: Final = frozenset({"requested", "pending", "unknown", "done", "bounced"})
#: An answer of the gateway to an order: what the refund becomes.
ANSWERS: Final = {"done": "done", "accepted": "pending", "declined": "refused", "silent": "unknown"}


@dataclass(slots=True)
class Books:
    """Every row by a number of its own; what is drawn is a place in these lists."""

    invoices: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)

    def issue(self, departments: dict[str, int]) -> Row:
        made: Row = {
            "left": dict(departments), "total": sum(departments.values()), "credited": 0,
            "paid": 0, "refunded": 0, "cancelled": False,
        }  # fmt: skip
        self.invoices.append(made)
        return made

    def due(self, invoice: Row) -> int:
        if invoice["cancelled"]:
            return 0
        owed = invoice["total"] - invoice["credited"]
        return max(0, owed - invoice["paid"] + invoice["refunded"])

    def says(self, invoice: Row) -> str:
        """Name the payment's state as the amounts say it."""
        owed, paid = invoice["total"] - invoice["credited"], invoice["paid"]
        if invoice["refunded"]:
            return "refunded" if invoice["refunded"] == paid else "partially_refunded"
        if paid > owed:
            return "over"
        if paid == owed:
            return "paid"
        return "partially_paid" if paid else "unpaid"

    def receive(self, invoice: Row, amount: int, method: str) -> Row:
        """Money is never refused: what fits pays, the rest waits."""
        applied = min(amount, self.due(invoice))
        invoice["paid"] += applied
        made: Row = {
            "invoice": invoice, "method": method, "received": amount, "applied": applied,
            "suspense": amount - applied,
        }  # fmt: skip
        self.payments.append(made)
        return made

    def refuses_cash(self, invoice: Row, tendered: int, *, is_part: bool) -> str:
        due = self.due(invoice)
        if not due:
            return "nothing-due"
        return "invalid-field" if tendered < due and not is_part else ""

    def refuses_credit(self, invoice: Row, department: str, amount: int) -> str:
        if invoice["cancelled"]:
            return "not-issued"
        return "" if 0 < amount <= invoice["left"].get(department, 0) else "invalid-field"

    def credit(self, invoice: Row, department: str, amount: int) -> None:
        invoice["left"][department] -= amount
        invoice["credited"] += amount

    def refuses_cancel(self, invoice: Row) -> str:
        if invoice["paid"] or invoice["credited"]:
            return "money-received"
        return "illegal-step" if invoice["cancelled"] else ""

    def free(self, payment: Row, *, but: Row | None = None) -> tuple[int, int]:
        """Say what may go back of *payment*: of suspense, and of what its invoice has too much."""
        others = [r for r in self.refunds if r is not but and r["state"] in RESERVING]
        of_it = [r for r in others if r["payment"] is payment]
        invoice = payment["invoice"]
        waiting = sum(
            r["over"]
            for r in others
            if r["payment"]["invoice"] is invoice and r["state"] == "requested"
        )
        owed = invoice["total"] - invoice["credited"]
        over = max(0, invoice["paid"] - invoice["refunded"] - owed - waiting)
        suspense = payment["suspense"] - sum(r["suspense"] for r in of_it)
        applied = payment["applied"] - sum(r["over"] for r in of_it)
        return max(0, suspense), min(max(0, applied), over)

    def refuses_ask(self, payment: Row, amount: int) -> str:
        if payment["method"] != "gateway":
            return "cannot-refund"
        return "" if 0 < amount <= sum(self.free(payment)) else "not-refundable"

    def ask(self, payment: Row, amount: int) -> Row:
        suspense = min(amount, self.free(payment)[0])
        made: Row = {
            "payment": payment, "amount": amount, "suspense": suspense,
            "over": amount - suspense, "state": "requested",
        }  # fmt: skip
        self.refunds.append(made)
        return made

    def refuses_approval(self, refund: Row, *, by_who_asked: bool) -> str:
        if refund["state"] != "requested":
            return "illegal-refund-step"
        if by_who_asked:
            return "same-person"
        suspense, over = self.free(refund["payment"], but=refund)
        fits = refund["suspense"] <= suspense and refund["over"] <= over
        return "" if fits else "not-refundable"

    def approve(self, refund: Row, answer: str) -> None:
        refund["payment"]["invoice"]["refunded"] += refund["over"]
        refund["state"] = "pending"
        self.told(refund, answer)

    def turn_down(self, refund: Row) -> None:
        refund["state"] = "refused"

    def told(self, refund: Row, answer: str) -> None:
        """Let the gateway say what became of it; what contradicts an end changes nothing."""
        if refund["state"] == "done" and answer == "declined":
            refund["state"] = "bounced"
        if refund["state"] not in ("pending", "unknown"):
            return
        refund["state"] = ANSWERS[answer]
        if answer == "declined":
            refund["payment"]["invoice"]["refunded"] -= refund["over"]
