"""Questions to the whole ledger whose answer is no row: nightly part of I3, I11, I12, I15."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

#: Enough to see what kind of damage it is.
_ROWS_MAX: Final = 20

_QUESTIONS: Final = (
    (
        "transaction {} is neither sealed nor waiting for the sealer",
        # EXCEPT: linear, also where no statistics tell the planner how large the tables are.
        "SELECT id FROM ledger_txn WHERE facility_id = {facility}"
        " EXCEPT SELECT txn_id FROM ledger_seal WHERE facility_id = {facility}"
        " EXCEPT SELECT txn_id FROM ledger_outbox WHERE facility_id = {facility}",
    ),
    (
        "transaction {} waits for the sealer but is sealed or gone",
        "SELECT o.txn_id FROM ledger_outbox o WHERE o.facility_id = {facility}"
        " AND (EXISTS (SELECT 1 FROM ledger_seal s"
        " WHERE s.facility_id = o.facility_id AND s.txn_id = o.txn_id)"
        " OR NOT EXISTS (SELECT 1 FROM ledger_txn t"
        " WHERE t.facility_id = o.facility_id AND t.id = o.txn_id))",
    ),
    (
        "transaction {} waits for the sealer and is incomplete",
        "SELECT t.id FROM ledger_outbox o"
        " JOIN ledger_txn t ON t.facility_id = o.facility_id AND t.id = o.txn_id"
        " LEFT JOIN ledger_posting p ON p.facility_id = t.facility_id AND p.txn_id = t.id"
        " WHERE o.facility_id = {facility} GROUP BY t.id, t.posting_count"
        " HAVING count(p.line) <> t.posting_count",
    ),
    (
        "there are postings of the transaction {}, which does not exist",
        "SELECT txn_id FROM ledger_posting WHERE facility_id = {facility}"
        " EXCEPT SELECT id FROM ledger_txn WHERE facility_id = {facility}",
    ),
    (
        "account {} has an entry without a subject",
        "SELECT DISTINCT a.code FROM ledger_account a JOIN ledger_entry e"
        " ON e.facility_id = a.facility_id AND e.account_id = a.id"
        " WHERE a.facility_id = {facility} AND a.subject_types IS NOT NULL"
        " AND e.subject_id IS NULL",
    ),
    (
        "a subject is overdrawn on account {}",
        "SELECT a.code FROM ledger_account a JOIN ledger_entry e"
        " ON e.facility_id = a.facility_id AND e.account_id = a.id"
        " WHERE a.facility_id = {facility} AND a.guard = 'subject_non_negative'"
        " GROUP BY a.code, e.subject_type, e.subject_id HAVING sum(e.amount) > 0",
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong; *seq* is its seal, None where the matter has no seal."""

    seq: int | None
    what: str


def findings(connection: Connection, facility: int) -> Iterator[Finding]:
    """Ask every question; each row of an answer is a finding."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    for what, question in _QUESTIONS:
        statement = question.replace("{facility}", mark) + f" LIMIT {_ROWS_MAX}"
        given = (facility,) * question.count("{facility}")
        for row in connection.exec_driver_sql(statement, given):
            yield Finding(None, what.format(row[0]))
