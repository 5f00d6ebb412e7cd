"""The statements that write one transaction: one on PostgreSQL, a few on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from functools import partial
from typing import Any, Final
from uuid import UUID

from payments.kernel.calendar import HospitalDay
from payments.ledger.accounts import Account
from payments.ledger.model import CURRENCY, Posting
from payments.storage.compiled import on_driver
from payments.storage.unit_of_work import UnitOfWork


class Outcome(Enum):
    WRITTEN = auto()
    #: The key is in the ledger already; nothing was written.
    KNOWN = auto()
    #: The day has no open period; nothing was written.
    NOT_OPEN = auto()


@dataclass(frozen=True, slots=True)
class Head:
    """The row of ``ledger_txn`` but for what the transaction itself knows."""

    id: UUID
    key: str
    fingerprint: bytes
    kind: str
    effective_at: datetime
    day: HospitalDay
    source: str
    memo: str
    reverses: UUID | None
    reason: str | None


_HEAD: Final = (
    "facility_id, id, idem_key, fingerprint, kind, posting_count, effective_at, booked_on,"
    " period_id, created_at, actor_id, source, request_id, reverses_id, reason_code, memo"
)
_LINE: Final = (
    "line, debit_account_id, credit_account_id, amount, debit_subject_type, debit_subject_id,"
    " credit_subject_type, credit_subject_id, department_id"
)
#: The period is locked, the key is claimed and everything is written in one round trip. A closed
#: or missing period gives no row to insert from; a known key is left alone.
_POSTGRES: Final = f"""
WITH period AS (
  SELECT id FROM ledger_period
  WHERE facility_id = %(facility)s AND id = %(period)s AND state = 'open' FOR KEY SHARE
), txn AS (
  INSERT INTO ledger_txn ({_HEAD})
  SELECT %(facility)s, %(id)s, %(key)s, %(fingerprint)s, %(kind)s, %(count)s, %(effective)s,
    %(booked)s, period.id, %(now)s, %(actor)s, %(source)s, %(request)s, %(reverses)s, %(reason)s,
    %(memo)s FROM period
  ON CONFLICT (facility_id, idem_key) DO NOTHING RETURNING id
), posting AS (
  INSERT INTO ledger_posting (facility_id, txn_id, posting_count, currency, {_LINE})
  SELECT %(facility)s, txn.id, %(count)s, '{CURRENCY}', side.* FROM txn, unnest(
    %(lines)s::smallint[], %(debits)s::int[], %(credits)s::int[], %(amounts)s::bigint[],
    %(debit_types)s::text[], %(debit_ids)s::uuid[], %(credit_types)s::text[],
    %(credit_ids)s::uuid[], %(departments)s::int[]) AS side
), outbox AS (
  INSERT INTO ledger_outbox (facility_id, txn_id, created_at)
  SELECT %(facility)s, txn.id, %(now)s FROM txn
)
SELECT EXISTS (SELECT FROM period), EXISTS (SELECT FROM txn)
"""  # noqa: S608 - constants only
_SQLITE_PERIOD: Final = (
    "SELECT 1 FROM ledger_period WHERE facility_id = ? AND id = ? AND state = 'open'"
)
_SQLITE_TXN: Final = (
    f"INSERT INTO ledger_txn ({_HEAD}) VALUES (?{', ?' * 15})"  # noqa: S608 - constants only
    " ON CONFLICT (facility_id, idem_key) DO NOTHING"
)
_SQLITE_POSTING: Final = (
    f"INSERT INTO ledger_posting (facility_id, txn_id, posting_count, currency, {_LINE})"  # noqa: S608
    f" VALUES (?, ?, ?, '{CURRENCY}'{', ?' * 9})"
)
_SQLITE_OUTBOX: Final = (
    "INSERT INTO ledger_outbox (facility_id, txn_id, created_at) VALUES (?, ?, ?)"
)


def write(
    tx: UnitOfWork, head: Head, postings: Sequence[Posting], accounts: dict[str, Account]
) -> Outcome:
    """Write the transaction with all its lines and its place in the sealer's queue, or nothing."""
    lines = [_line(number, posting, accounts) for number, posting in enumerate(postings, 1)]
    return (_to_postgres if tx.is_postgres else _to_sqlite)(tx, head, lines)


_Line = tuple[
    int, int, int, int, str | None, UUID | None, str | None, UUID | None, int | None
]  # in the order of _LINE


def _line(number: int, posting: Posting, accounts: dict[str, Account]) -> _Line:
    debit, credit = posting.debit_subject, posting.credit_subject
    return (
        number,
        accounts[posting.debit].id,
        accounts[posting.credit].id,
        posting.amount.dong,
        debit.type if debit else None,
        debit.id if debit else None,
        credit.type if credit else None,
        credit.id if credit else None,
        posting.department,
    )


def _to_postgres(tx: UnitOfWork, head: Head, lines: Sequence[_Line]) -> Outcome:
    names = (
        "lines",
        "debits",
        "credits",
        "amounts",
        "debit_types",
        "debit_ids",
        "credit_types",
        "credit_ids",
        "departments",
    )
    parameters: dict[str, Any] = {
        "facility": tx.facility,
        "id": head.id,
        "key": head.key,
        "fingerprint": head.fingerprint,
        "kind": head.kind,
        "count": len(lines),
        "effective": head.effective_at,
        "booked": head.day.date,
        "period": head.day.period_id,
        "now": tx.now(),
        "actor": tx.scope.actor,
        "source": head.source,
        "request": tx.scope.request_id,
        "reverses": head.reverses,
        "reason": head.reason,
        "memo": head.memo,
    }
    for name, values in zip(names, zip(*lines, strict=True), strict=True):
        parameters[name] = _array(values)
    is_open, is_new = on_driver(tx.connection, _POSTGRES, parameters).fetchone()
    if not is_open:
        return Outcome.NOT_OPEN
    return Outcome.WRITTEN if is_new else Outcome.KNOWN


def _array(values: Iterable[int | str | UUID | None]) -> str:
    """
    Write an array as PostgreSQL reads it; numbers, ids and subject types need no quotes.

    As text it always has the same parameter type, so that one prepared statement serves all.
    """
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _to_sqlite(tx: UnitOfWork, head: Head, lines: Sequence[_Line]) -> Outcome:
    run: Callable[..., Any] = partial(on_driver, tx.connection)
    if run(_SQLITE_PERIOD, (tx.facility, head.day.period_id)).fetchone() is None:
        return Outcome.NOT_OPEN
    txn_id, now = str(head.id), _text(tx.now())
    written = run(
        _SQLITE_TXN,
        (
            tx.facility,
            txn_id,
            head.key,
            head.fingerprint,
            head.kind,
            len(lines),
            _text(head.effective_at),
            head.day.date.isoformat(),
            head.day.period_id,
            now,
            tx.scope.actor,
            head.source,
            tx.scope.request_id,
            None if head.reverses is None else str(head.reverses),
            head.reason,
            head.memo,
        ),
    )
    if written.rowcount == 0:
        return Outcome.KNOWN
    for line in lines:
        values = (str(value) if isinstance(value, UUID) else value for value in line)
        run(_SQLITE_POSTING, (tx.facility, txn_id, len(lines), *values))
    run(_SQLITE_OUTBOX, (tx.facility, txn_id, now))
    return Outcome.WRITTEN


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
