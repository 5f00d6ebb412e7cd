"""
The ledger's invariants I1 to I20 that the common oracle does not ask about, as questions in SQL.

I2, I5, I6 and I7 are the database's own (keys, checks, triggers): raw SQL tries them in
``tests/unit/ledger``. I1, I3, I13, I15, I17 and I19 are the oracle's; I8, I11 and a subject's
overdraft of I12 are ``ledger verify``'s, which the oracle calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text

from payments.kernel.scope import Scope
from payments.runtime import Runtime

_HELD: Final = """
  SELECT e.subject_id, sum(e.amount) AS held FROM ledger_entry e
    JOIN ledger_account a ON a.facility_id = e.facility_id AND a.id = e.account_id
   WHERE e.facility_id = :f AND a.code LIKE '{code}%' GROUP BY e.subject_id"""

QUESTIONS: Final[Mapping[str, str]] = {
    "I4 an amount is above nothing and below 10^15": """
        SELECT txn_id FROM ledger_posting WHERE facility_id = :f
           AND (amount < 1 OR amount > 1000000000000000)""",
    "I9 a key names one transaction": """
        SELECT idem_key FROM ledger_txn WHERE facility_id = :f
         GROUP BY idem_key HAVING count(*) > 1""",
    "I10 a reversal is the exact negation of one transaction": """
        SELECT r.id FROM ledger_txn r
         WHERE r.facility_id = :f AND r.reverses_id IS NOT NULL AND (
           SELECT count(*) FROM ledger_posting p JOIN ledger_posting o
               ON o.facility_id = p.facility_id AND o.txn_id = r.reverses_id AND o.line = p.line
              AND o.amount = p.amount AND o.debit_account_id = p.credit_account_id
              AND o.credit_account_id = p.debit_account_id
            WHERE p.facility_id = r.facility_id AND p.txn_id = r.id) <> (
           SELECT posting_count FROM ledger_txn o
            WHERE o.facility_id = r.facility_id AND o.id = r.reverses_id)""",
    "I12 no more of a payment goes back, or is taken, than came": """
        SELECT p.id, p.received, r.back, d.back FROM payment p
          LEFT JOIN (SELECT payment_id, sum(amount) AS back FROM refund
                      WHERE facility_id = :f AND state IN ('pending', 'unknown', 'done', 'bounced')
                      GROUP BY payment_id) r ON r.payment_id = p.id
          LEFT JOIN (SELECT payment_id, sum(amount) AS back FROM dispute
                      WHERE facility_id = :f AND state IN ('open', 'lost')
                      GROUP BY payment_id) d ON d.payment_id = p.id
         WHERE p.facility_id = :f AND coalesce(r.back, 0) + coalesce(d.back, 0) > p.received""",
    "I14 the roll-up is what was sealed": """
        SELECT b.account_id, b.debit, b.credit, e.balance FROM ledger_balance b
          LEFT JOIN (SELECT account_id, sum(amount) AS balance FROM ledger_entry
                      WHERE facility_id = :f GROUP BY account_id) e ON e.account_id = b.account_id
         WHERE b.facility_id = :f AND b.debit - b.credit <> coalesce(e.balance, 0)""",
    "I16 a message of a gateway is in one state, with its reason": """
        SELECT id, state, reason FROM notification WHERE facility_id = :f
           AND (state NOT IN ('applied', 'kept') OR reason = '')""",
    "I18 the clearing account holds of a payment what came and did not go": f"""
        SELECT p.id, p.received, l.held FROM payment p
          LEFT JOIN ({_HELD.format(code="1200")}) l ON l.subject_id = p.id
          LEFT JOIN (SELECT payment_id, sum(amount) AS back FROM refund
                      WHERE facility_id = :f AND state = 'done' GROUP BY payment_id) r
            ON r.payment_id = p.id
          LEFT JOIN (SELECT payment_id, sum(amount) AS back FROM dispute
                      WHERE facility_id = :f AND state IN ('open', 'lost')
                      GROUP BY payment_id) d ON d.payment_id = p.id
         WHERE p.facility_id = :f AND p.method = 'gateway' AND coalesce(l.held, 0)
            <> p.received - coalesce(r.back, 0) - coalesce(d.back, 0)""",
    "2100 holds what was approved and has not gone": f"""
        SELECT r.id, r.state, l.held FROM refund r
          LEFT JOIN ({_HELD.format(code="2100")}) l ON l.subject_id = r.id
         WHERE r.facility_id = :f AND -coalesce(l.held, 0) <> CASE
           WHEN r.state IN ('pending', 'unknown', 'bounced') THEN r.amount ELSE 0 END""",
    "I20 who approves a refund did not ask for it": """
        SELECT id FROM refund WHERE facility_id = :f AND approved_by = requested_by""",
    "no message waits for a payment that is booked": """
        SELECT n.id, n.waits_for FROM notification n
          JOIN gateway_booking b ON b.facility_id = n.facility_id AND b.channel = n.channel
           AND n.waits_for = 'payment:' || b."transaction"
         WHERE n.facility_id = :f""",
}


def broken(runtime: Runtime, scope: Scope) -> list[str]:
    """Ask every question of a facility whose worker has come to rest; empty when all is well."""
    found = []
    with runtime.database.reading(scope) as tx:
        for promise, question in QUESTIONS.items():
            rows = tx.execute(text(question + "\n LIMIT 5"), {"f": scope.facility}).all()
            found += [f"not so: {promise}: {tuple(row)}" for row in rows]
    return found
