"""Holds our books against the journals of those outside, and the invariants against our books."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text

from payments.runtime import Runtime
from payments.storage.columns import METADATA, Blob
from tests.faults.invariants import broken
from tests.simulation.people import Journal
from tests.simulation.world import World
from tests.support import oracle
from tests.support.stage import SCOPE

#: True in every moment, as the oracle's are, also in that after a crash.
_OWN: Final = {
    "what a feed told has its message stored": """
        SELECT e.source, e.source_id FROM evidence e
         WHERE e.facility_id = :f AND e.source LIKE 'feed:%' AND NOT EXISTS (
           SELECT 1 FROM notification n WHERE n.facility_id = e.facility_id
              AND e.source LIKE 'feed:' || n.channel || '%' AND n.event_id = e.source_id)""",
    "I12 no more is spoken for than an invoice has too much": """
        SELECT i.id FROM invoice i JOIN payment p
            ON p.facility_id = i.facility_id AND p.invoice_id = i.id
          JOIN refund r ON r.facility_id = p.facility_id AND r.payment_id = p.id
           AND r.state = 'requested'
         WHERE i.facility_id = :f AND i.document = 'issued' AND r.from_invoice > 0
         GROUP BY i.id, i.paid, i.refunded, i.total, i.covered, i.credited
        HAVING sum(r.from_invoice) > i.paid - i.refunded - (i.total - i.covered - i.credited)""",
}


def now(runtime: Runtime) -> list[str]:
    """Ask what must be so in every moment; tasks stand still meanwhile."""
    return _asked(runtime, {**oracle.ALWAYS, **_OWN})


def _asked(runtime: Runtime, questions: Mapping[str, str]) -> list[str]:
    found = []
    with runtime.database.reading(SCOPE) as tx:
        for promise, question in questions.items():
            if tx.execute(text(question + "\n LIMIT 1"), {"f": SCOPE.facility}).first() is not None:
                found.append(f"not so: {promise}")
    return found


def at_rest(world: World, journal: Journal) -> list[str]:
    """Ask everything once nobody does anything any more."""
    runtime = world.quiet()
    found = [*journal.broken, *_asked(runtime, _OWN)]
    found += [*oracle.findings(runtime, SCOPE), *broken(runtime, SCOPE)]
    with runtime.database.reading(SCOPE) as tx:

        def rows(question: str) -> list[Any]:
            return list(tx.execute(text(question), {"f": SCOPE.facility}).all())

        found += _invoices(rows, journal)
        found += _bank(rows, journal)
        found += _cash(rows, journal)
        found += _gateway(rows, world)
    return found


def _invoices(rows: Any, journal: Journal) -> list[str]:
    patients = Counter(
        row[0]
        for row in rows(
            "SELECT p.file_number FROM invoice i JOIN encounter e ON e.facility_id = i.facility_id"
            " AND e.id = i.encounter_id JOIN patient p ON p.facility_id = e.facility_id"
            " AND p.id = e.patient_id WHERE i.facility_id = :f AND p.file_number LIKE '99-7%'"
        )
    )
    asked = {f"99-7{key.removeprefix('order-')[-5:]}" for key in journal.issued}
    twice = [f"an order became {n} invoices: {who}" for who, n in patients.items() if n > 1]
    return twice + [f"an acknowledged invoice is lost: {who}" for who in asked - set(patients)]


def _bank(rows: Any, journal: Journal) -> list[str]:
    booked = Counter(
        {
            row[0]: row[1]
            for row in rows(
                "SELECT c.bank_reference, sum(p.received) FROM bank_credit c JOIN payment p"
                " ON p.facility_id = c.facility_id AND p.credit_id = c.id"
                " WHERE c.facility_id = :f GROUP BY c.bank_reference"
            )
        }
    )
    moved = Counter({one.reference: one.amount for one in journal.transfers})
    return [] if booked == moved else [f"the bank moved {dict(moved)}, we booked {dict(booked)}"]


def _cash(rows: Any, journal: Journal) -> list[str]:
    question = (
        "SELECT coalesce(sum(received), 0) FROM payment WHERE facility_id = :f AND method = 'cash'"
    )
    booked, taken = int(rows(question)[0][0]), sum(journal.cash.values())
    return [] if booked == taken else [f"the desk took {taken} đồng in notes, we booked {booked}"]


def _gateway(rows: Any, world: World) -> list[str]:
    books = world.gateway
    booked = Counter(
        {
            row[0]: row[1]
            for row in rows(
                "SELECT i.code, sum(p.received) FROM payment p JOIN intent i"
                " ON i.facility_id = p.facility_id AND i.id = p.intent_id"
                " WHERE p.facility_id = :f AND p.method = 'gateway' GROUP BY i.code"
            )
        }
    )
    taken = Counter({o.reference: o.paid.dong for o in books.orders.values() if o.paid})
    wrong = [] if booked == taken else [f"gateway took {dict(taken)}, we booked {dict(booked)}"]
    ours = {row[0]: (row[1], row[2]) for row in rows(_REFUNDS)}
    done = {key for key, (state, _) in ours.items() if state == "done"}
    if done != set(books.refunded):
        wrong.append(f"refunds done for us {sorted(done)}, there {sorted(books.refunded)}")
    for reference, paid in taken.items():
        back = sum(a.dong for key, a in books.refunded.items() if books.of[key] == reference)
        if back > paid:
            wrong.append(f"{back} of {paid} đồng went back: {reference}")
    return wrong


_REFUNDS: Final = "SELECT key, state, amount FROM refund WHERE facility_id = :f"


def digest(runtime: Runtime) -> str:
    """Hash every row of every table, but for what is sealed with a nonce: a replay has the same."""
    told = hashlib.sha256()
    with runtime.database.reading(SCOPE) as tx:
        for table in METADATA.sorted_tables:
            names = [c.name for c in table.columns if not isinstance(c.type, Blob)]
            rows = tx.execute(text(f"SELECT {', '.join(map(_quoted, names))} FROM {table.name}"))
            for line in sorted(repr(tuple(row)) for row in rows):
                told.update(f"{table.name}{line}\n".encode())
    return told.hexdigest()


def _quoted(name: str) -> str:
    return f'"{name}"'
