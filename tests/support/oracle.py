"""
The common oracle of the fault tests: questions to a whole facility whose answer must be no row.

Numbers such as I17 are the ledger specification's invariants. Every question is asked in SQL of its
own, not through the code that it judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text

from payments.kernel.scope import Scope
from payments.ledger.verifying import verify
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database, UnitOfWork

_ON_ACCOUNT: Final = """
  SELECT e.facility_id, e.txn_id, e.subject_type, e.subject_id, e.amount, a.code
    FROM ledger_entry e
    JOIN ledger_account a ON a.facility_id = e.facility_id AND a.id = e.account_id
   WHERE e.facility_id = :f"""

#: True at every moment, however far the worker has come.
ALWAYS: Final[Mapping[str, str]] = {
    "I1 a transaction sums to nothing": """
        SELECT txn_id FROM ledger_entry WHERE facility_id = :f
         GROUP BY txn_id HAVING sum(amount) <> 0""",
    "I3 a transaction has all its lines": """
        SELECT t.id FROM ledger_txn t
          LEFT JOIN ledger_posting p ON p.facility_id = t.facility_id AND p.txn_id = t.id
         WHERE t.facility_id = :f GROUP BY t.id, t.posting_count
        HAVING count(p.line) <> t.posting_count""",
    "I13 a posting lies in a period that exists, on its day": """
        SELECT t.id FROM ledger_txn t
          LEFT JOIN ledger_period p ON p.facility_id = t.facility_id AND p.id = t.period_id
         WHERE t.facility_id = :f
           AND (p.id IS NULL OR t.booked_on NOT BETWEEN p.starts_on AND p.ends_on)""",
    "I19 1300 of an invoice is what it still owes": f"""
        SELECT coalesce(i.id, l.subject_id), i.owed, l.owed
          FROM (SELECT id, CASE document WHEN 'issued'
                       THEN total - covered - credited - paid + refunded ELSE 0 END AS owed
                  FROM invoice WHERE facility_id = :f) i
          FULL JOIN (SELECT subject_id, sum(amount) AS owed FROM ({_ON_ACCOUNT}) x
                      WHERE code = '1300' GROUP BY subject_id) l ON l.subject_id = i.id
         WHERE coalesce(i.owed, 0) <> coalesce(l.owed, 0)""",
    "an invoice's paid is what was applied to it and no gateway took back": """
        SELECT i.id, i.paid FROM invoice i
          LEFT JOIN (SELECT invoice_id, sum(applied) AS applied FROM payment
                      WHERE facility_id = :f GROUP BY invoice_id) p ON p.invoice_id = i.id
          LEFT JOIN (SELECT invoice_id, sum(from_invoice) AS gone FROM dispute
                      WHERE facility_id = :f AND state = 'lost' GROUP BY invoice_id) d
            ON d.invoice_id = i.id
         WHERE i.facility_id = :f
           AND i.paid <> coalesce(p.applied, 0) - coalesce(d.gone, 0) - coalesce((
             SELECT sum(m.amount) FROM suspense_match m JOIN suspense_unmatch u
                 ON u.facility_id = m.facility_id AND u.match_id = m.id
              WHERE m.facility_id = :f AND m.invoice_id = i.id), 0)""",
    "what is in dispute is held on 1210": f"""
        SELECT coalesce(d.id, l.subject_id), d.amount, l.held FROM
          (SELECT * FROM dispute WHERE facility_id = :f AND state = 'open') d
          FULL JOIN (SELECT subject_id, sum(amount) AS held FROM ({_ON_ACCOUNT}) x
                      WHERE code LIKE '1210%' GROUP BY subject_id HAVING sum(amount) <> 0) l
            ON l.subject_id = d.id
         WHERE coalesce(d.amount, 0) <> coalesce(l.held, 0)""",
    "what was matched or moved to an invoice is a payment of it that received nothing": """
        SELECT coalesce(m.id, p.id), m.amount, p.applied FROM
          (SELECT id, txn_id, invoice_id, amount FROM suspense_match
            WHERE facility_id = :f AND purpose = 'invoice'
           UNION
           SELECT id, txn_id, to_invoice_id, amount FROM overpaid_move
            WHERE facility_id = :f AND state = 'done') m
          FULL JOIN (SELECT * FROM payment WHERE facility_id = :f AND received = 0) p
            ON p.id = m.id AND p.applied = m.amount AND p.txn_id = m.txn_id
           AND p.invoice_id = m.invoice_id
         WHERE m.id IS NULL OR p.id IS NULL""",
    "nothing is applied above what an invoice was owed": """
        SELECT id, paid FROM invoice WHERE facility_id = :f AND paid > total""",
    "I17 a payment has its own transaction of money that came in": """
        SELECT p.id FROM payment p
          LEFT JOIN ledger_txn t ON t.facility_id = p.facility_id AND t.id = p.txn_id
         WHERE p.facility_id = :f AND (t.id IS NULL
            OR (p.received > 0 AND t.kind NOT LIKE 'pay.%')
            OR (p.received = 0 AND t.kind NOT IN ('suspense.match', 'refund.move')))""",
    "I17 a transaction of money that came in has one payment": """
        SELECT t.id, count(p.id) FROM ledger_txn t
          LEFT JOIN payment p ON p.facility_id = t.facility_id AND p.txn_id = t.id
         WHERE t.facility_id = :f AND t.kind LIKE 'pay.%' AND t.reverses_id IS NULL
         GROUP BY t.id HAVING count(p.id) <> 1""",
    "the bank accounts hold what the bank credits brought": f"""
        SELECT c.account, c.came, l.held FROM
          (SELECT account, sum(amount) AS came FROM bank_credit
            WHERE facility_id = :f AND direction = 'in' GROUP BY account) c
          FULL JOIN
          (SELECT substr(x.code, 6) AS account, sum(x.amount) AS held FROM ({_ON_ACCOUNT}) x
             JOIN payment p ON p.facility_id = x.facility_id AND p.txn_id = x.txn_id
            WHERE x.code LIKE '1100:%' GROUP BY substr(x.code, 6)) l ON l.account = c.account
         WHERE coalesce(c.came, 0) <> coalesce(l.held, 0)""",
    "a payment of a gateway is booked once, with its amount, and holds no bank credit": """
        SELECT p.id FROM payment p
          LEFT JOIN gateway_booking b
            ON b.facility_id = p.facility_id AND b.payment_id = p.id AND b.kind = 'capture'
         WHERE p.facility_id = :f AND p.method = 'gateway' AND p.received > 0
         GROUP BY p.id, p.received, p.credit_id
        HAVING count(b.payment_id) <> 1 OR max(b.amount) <> p.received
            OR p.credit_id IS NOT NULL""",
    "what was received is the amount of the bank credit": """
        SELECT p.id FROM payment p
          JOIN bank_credit c ON c.facility_id = p.facility_id AND c.id = p.credit_id
         WHERE p.facility_id = :f AND p.received > 0
           AND (p.received <> c.amount OR c.direction <> 'in')""",
    "2200 of a bank credit is its suspense less what was matched": f"""
        SELECT coalesce(w.id, l.subject_id), w.waits, l.held FROM
          (SELECT c.id, coalesce(sum(p.suspense), 0) - coalesce(max(m.amount), 0) AS waits
             FROM bank_credit c
             LEFT JOIN payment p ON p.facility_id = c.facility_id AND p.credit_id = c.id
             LEFT JOIN (SELECT credit_id, sum(amount) AS amount FROM suspense_match
                         WHERE facility_id = :f AND id NOT IN (
                           SELECT match_id FROM suspense_unmatch WHERE facility_id = :f)
                         GROUP BY credit_id) m ON m.credit_id = c.id
            WHERE c.facility_id = :f GROUP BY c.id) w
          FULL JOIN (SELECT subject_id, -sum(amount) AS held FROM ({_ON_ACCOUNT}) x
                      WHERE code = '2200' AND subject_type = 'bank_credit'
                      GROUP BY subject_id) l ON l.subject_id = w.id
         WHERE coalesce(w.waits, 0) <> coalesce(l.held, 0)""",
    "a bank credit that came in has a witness and one payment": """
        SELECT c.id FROM bank_credit c
          LEFT JOIN (SELECT credit_id, count(*) AS times FROM payment
                      WHERE facility_id = :f AND received > 0 GROUP BY credit_id) p
            ON p.credit_id = c.id
         WHERE c.facility_id = :f AND c.direction = 'in' AND (coalesce(p.times, 0) <> 1
            OR NOT EXISTS (SELECT 1 FROM evidence e
                WHERE e.facility_id = c.facility_id AND e.credit_id = c.id))""",
    "money that left has a witness and no payment": """
        SELECT c.id FROM bank_credit c WHERE c.facility_id = :f AND c.direction = 'out' AND (
          NOT EXISTS (SELECT 1 FROM evidence e
            WHERE e.facility_id = c.facility_id AND e.credit_id = c.id)
          OR EXISTS (SELECT 1 FROM payment p
            WHERE p.facility_id = c.facility_id AND p.credit_id = c.id))""",
    "a bank credit says of itself what became of it": """
        SELECT c.id, c.state FROM bank_credit c
          JOIN payment p ON p.facility_id = c.facility_id AND p.credit_id = c.id
         WHERE c.facility_id = :f AND c.state = 'new'""",
    "a code that is open is for what is due": """
        SELECT n.id, n.amount FROM intent n
          JOIN invoice i ON i.facility_id = n.facility_id AND i.id = n.invoice_id
         WHERE n.facility_id = :f AND n.state IN ('created', 'pending', 'unknown')
           AND (i.document <> 'issued'
            OR n.amount <> i.total - i.covered - i.credited - i.paid + i.refunded)""",
    "numbers have no gap": """
        SELECT s.series, s.year, s.last, count(u.number), max(u.number) FROM number_series s
          LEFT JOIN number_use u ON u.facility_id = s.facility_id AND u.series = s.series
           AND u.year = s.year AND u.state IN ('used', 'void', 'reserved')
         WHERE s.facility_id = :f GROUP BY s.series, s.year, s.last
        HAVING s.last <> count(u.number) OR s.last <> coalesce(max(u.number), 0)""",
    "a number in use is on a paper": """
        SELECT u.series, u.number FROM number_use u
          LEFT JOIN (SELECT 'payment:' || payment_id AS subject FROM receipt WHERE facility_id = :f
            UNION ALL SELECT 'invoice:' || idem_key FROM invoice WHERE facility_id = :f) paper
            ON paper.subject = u.subject
         WHERE u.facility_id = :f AND u.state = 'used' AND paper.subject IS NULL""",
    "a receipt and an invoice have a number in use": """
        SELECT 'receipt', r.number FROM receipt r
         WHERE r.facility_id = :f AND NOT EXISTS (SELECT 1 FROM number_use u
           WHERE u.facility_id = r.facility_id AND u.subject = 'payment:' || r.payment_id
             AND u.state = 'used')
        UNION ALL
        SELECT 'invoice', i.number FROM invoice i
         WHERE i.facility_id = :f AND NOT EXISTS (SELECT 1 FROM number_use u
           WHERE u.facility_id = i.facility_id AND u.subject = 'invoice:' || i.idem_key
             AND u.state = 'used')""",
    "an applied message names its bank credit, or is of a channel with orders of its own": """
        SELECT id FROM notification
         WHERE facility_id = :f AND state = 'applied' AND credit_id IS NULL AND channel NOT IN (
           SELECT i.channel FROM intent i
             JOIN gateway_attempt a ON a.facility_id = i.facility_id AND a.intent_id = i.id
            WHERE i.facility_id = :f)""",
}

#: True once the worker has nothing left to do.
AFTER_WORK: Final[Mapping[str, str]] = {
    "a payment that was applied has a receipt": """
        SELECT p.id FROM payment p
          LEFT JOIN receipt r ON r.facility_id = p.facility_id AND r.payment_id = p.id
         WHERE p.facility_id = :f AND (p.applied > 0) <> (r.payment_id IS NOT NULL)""",
    "I15 nothing waits for the sealer": "SELECT txn_id FROM ledger_outbox WHERE facility_id = :f",
    "no message is stored and forgotten": """
        SELECT id FROM notification WHERE facility_id = :f AND state = 'stored'""",
    "no job has died": "SELECT kind, last_error FROM job WHERE facility_id = :f AND state = 'dead'",
}


def findings(runtime: Runtime, scope: Scope, *, is_worked: bool = True) -> list[str]:
    """Ask every question; *is_worked*: the worker has come to rest. Empty when all is well."""
    asked = {**ALWAYS, **AFTER_WORK} if is_worked else ALWAYS
    found = []
    with runtime.database.reading(scope) as tx:
        if tx.is_postgres:
            # Questions to the whole facility, of tables that were filled a minute ago: no row by
            # row, whatever the statistics say, and not within the seconds of a desk.
            tx.execute(text("SET LOCAL enable_nestloop = off"))
            tx.execute(text("SET LOCAL statement_timeout = '10min'"))
        for promise, question in asked.items():
            rows = tx.execute(text(question + "\n LIMIT 5"), {"f": scope.facility}).all()
            found += [f"not so: {promise}: {tuple(row)}" for row in rows]
    told = verify(runtime.database, scope).findings
    return found + [f"verify: seal {one.seq}: {one.what}" for one in told]


def posted(database: Database, scope: Scope) -> dict[str, int]:
    """Count the ledger transactions of each bank reference: the other half of the journal."""
    with database.reading(scope) as tx:
        rows: Any = tx.execute(
            text(
                "SELECT c.bank_reference, count(t.id) FROM bank_credit c"
                " JOIN payment p ON p.facility_id = c.facility_id AND p.credit_id = c.id"
                " AND p.received > 0"
                " JOIN ledger_txn t ON t.facility_id = p.facility_id AND t.id = p.txn_id"
                " WHERE c.facility_id = :f GROUP BY c.bank_reference"
            ),
            {"f": scope.facility},
        )
        return {row[0]: row[1] for row in rows}


def contents(
    tx: UnitOfWork, *, without: frozenset[str] = frozenset()
) -> dict[str, tuple[int, str]]:
    """Count and hash the rows of every table that this facility sees: equal is unwritten."""
    tables = tx.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    ).scalars()
    told = {}
    for table in tables:
        if table in without or not _may_read(tx, table):
            continue
        row: Any = tx.execute(
            text(
                "SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
                f" FROM {table} t"
            )
        ).one()
        told[table] = (row[0], row[1])
    return told


def _may_read(tx: UnitOfWork, table: str) -> bool:
    return bool(
        tx.execute(text("SELECT has_table_privilege(:t, 'SELECT')"), {"t": table}).scalar_one()
    )
