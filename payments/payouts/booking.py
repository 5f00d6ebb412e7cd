"""Books the lines of a batch (P20, P22), and what a person says of one that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from payments import audit
from payments.gateway import LineKind
from payments.invoicing.service import checked_reason
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.settlements import PAYMENTS_MAX, Line, settled
from payments.payouts import knowing, repository
from payments.payouts.model import NoPayoutLine, Ours, Verdict, postings
from payments.payouts.repository import Kept, Payout
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: What a person may let be booked as the gateway says it.
ACCEPTABLE: Final = (Verdict.UNEXPLAINED, Verdict.AMOUNT_DIFFERS)


def book(tx: UnitOfWork, payout: Payout, lines: Sequence[Kept]) -> None:
    """Post *lines* of a held batch, as many at once as a transaction of the ledger takes."""
    for start in range(0, len(lines), PAYMENTS_MAX // 2):
        # A refund with a fee of its own makes two postings' worth of lines.
        piece = lines[start : start + PAYMENTS_MAX // 2]
        parts = [part for one in piece for part in _parts(one, payout.id)]
        if not any(one.line.gross or one.line.net for one in piece):
            continue
        for entry in settled(
            adapter=payout.channel,
            bank_account=payout.account,
            batch=payout.batch,
            settlement=payout.id,
            lines=parts,
        ):
            posted = post(tx, entry, effective_at=tx.now(), source="statement")
        repository.mark_booked(tx, payout.id, [one.number for one in piece], posted.txn_id)


def accept(runtime: Runtime, scope: Scope, payout: UUID, number: int, reason: str) -> None:
    """
    Book a kept line as the gateway says it: an amount that differs, a correction; twice is once.

    What an amount differs by stays on the clearing account of its payment, and is listed there.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoPayout, NoPayoutLine: no such batch, or no such line is kept.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> None:
        held = repository.lock(tx, payout)
        line = repository.line(tx, payout, number)
        if line is None or line.verdict not in ACCEPTABLE:
            raise NoPayoutLine()
        if line.decided_by is not None:
            return
        if line.line.kind is LineKind.PAY and line.payment is not None:
            found = knowing.of_line(knowing.known(tx, held.channel, [line.line]), line.line)
            if found is None or found.was_paid_out:
                raise NoPayoutLine()
        decided = replace(line, reason=cleaned, decided_by=tx.scope.actor)
        repository.save(tx, payout, decided)
        book(tx, held, [decided])
        audit.append(
            tx,
            "payout.line_accepted",
            f"payout:{payout}",
            line=number,
            net=line.line.net.dong,
            reason=cleaned,
        )

    runtime.database.run(scope, work)


def _parts(one: Kept, payout: UUID) -> Sequence[Line]:
    ours = None if one.payment is None else Ours(one.payment, abs(one.line.gross))
    return tuple(postings(one.number, one.line, ours, payout))
