"""The one writer of the ledger: ``post`` a business fact, ``reverse`` a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Unavailable
from payments.kernel.money import Money
from payments.ledger import periods
from payments.ledger.accounts import Account, accounts
from payments.ledger.chart import Guard
from payments.ledger.model import (
    KEY_MAX,
    MEMO_MAX,
    POSTINGS_MAX,
    SOURCES,
    AlreadyReversed,
    BadEntry,
    Entry,
    KeyReused,
    Overdrawn,
    Posted,
    Posting,
    Subject,
    UnknownTransaction,
    fingerprint_of,
)
from payments.ledger.queries import subject_balance_of
from payments.ledger.rows import ACCOUNT, POSTING, TXN
from payments.ledger.writing import Head, Outcome, write
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: Each try finds the day closed since the last one; a day is closed once a day.
_TRIES_MAX: Final = 5


def post(
    tx: UnitOfWork, entry: Entry, *, effective_at: datetime, source: str, memo: str = ""
) -> Posted:
    """
    Write *entry* once, in the running transaction; the same fact again changes nothing.

    It is booked on the hospital day of *effective_at* (when the money moved), or on the first open
    day after it. More than 200 postings become several transactions of the same commit; the first
    carries the key itself, so that the fact meets itself however it is split, the others a part
    number at its end. *memo* is cut to 200 characters and never holds a name or a card.

    Whoever debits a guarded account (2000, 2100, 2200) holds the lock of the subject's row.

    Raises:
        KeyReused: the key is stored with another fingerprint.
        BadEntry: no posting is left, an account or its subject is wrong, *source* is unknown.
        Overdrawn: a subject would have less than nothing on a guarded account.
    """
    return _post(tx, entry, effective_at, source, memo)


def reverse(
    tx: UnitOfWork,
    txn_id: UUID,
    *,
    reason: str,
    key: str | None = None,
    source: str = "finance",
    kind: str = "reverse",
) -> Posted:
    """
    Take the transaction *txn_id* back by its exact negation (P44; P02 and P19 by their own *kind*).

    The key is ``<kind>:<txn_id>`` where none is given. *reason* is a code or a few words without
    personal data.

    Raises:
        UnknownTransaction: there is none of this id in the facility.
        AlreadyReversed: it was reversed under another key.
    """
    own_key = key or f"{kind}:{txn_id}"
    done = tx.execute(
        select(TXN.c.idem_key).where(TXN.c.facility_id == tx.facility, TXN.c.reverses_id == txn_id)
    ).scalar()
    if done is not None and done != own_key:
        raise AlreadyReversed(f"transaction {txn_id} is already reversed by {done}")
    negation = Entry(kind, own_key, _negated(tx, txn_id), fingerprint_of("reverse", txn_id))
    try:
        return _post(tx, negation, tx.now(), source, "", reverses=txn_id, reason=reason)
    except IntegrityError as error:
        if "reverses_id" not in str(error.orig):
            raise
        raise AlreadyReversed(f"transaction {txn_id} was reversed a moment ago") from error


def _post(
    tx: UnitOfWork,
    entry: Entry,
    effective_at: datetime,
    source: str,
    memo: str,
    *,
    reverses: UUID | None = None,
    reason: str | None = None,
) -> Posted:
    if not entry.postings:
        raise BadEntry(f"{entry.key} moves no money: nothing is posted for it")
    if source not in SOURCES:
        raise BadEntry(f"{source!r} is no source of the ledger; known are {', '.join(SOURCES)}")
    known = accounts(tx, (code for one in entry.postings for code in (one.debit, one.credit)))
    _check_subjects(entry.postings, known)
    periods.hold_share(tx)
    head = Head(
        id=new_id(),
        key=entry.key,
        fingerprint=entry.fingerprint,
        kind=entry.kind,
        effective_at=effective_at,
        day=HospitalDay.of(effective_at),
        source=source,
        memo=memo[:MEMO_MAX],
        reverses=reverses,
        reason=reason,
    )
    first, *rest = _parts(head, entry.postings)
    posted = _write_once(tx, *first, known)
    if posted.replayed:
        return posted
    for part, postings in rest:
        _write_once(tx, part, postings, known)
    _check_guards(tx, entry.postings, known)
    return posted


def _parts(head: Head, postings: tuple[Posting, ...]) -> Iterator[tuple[Head, tuple[Posting, ...]]]:
    yield head, postings[:POSTINGS_MAX]
    for start in range(POSTINGS_MAX, len(postings), POSTINGS_MAX):
        key = f"{head.key[: KEY_MAX - 8]}:{start // POSTINGS_MAX + 1}"
        yield replace(head, id=new_id(), key=key), postings[start : start + POSTINGS_MAX]


def _write_once(
    tx: UnitOfWork, head: Head, postings: tuple[Posting, ...], known: dict[str, Account]
) -> Posted:
    for _ in range(_TRIES_MAX):
        outcome = write(tx, head, postings, known)
        if outcome is Outcome.WRITTEN:
            return Posted(head.id, replayed=False, booked_on=head.day)
        stored = _stored(tx, head)
        if stored is not None:
            return stored
        head = replace(head, day=periods.first_open(tx, head.day))
    raise Unavailable("the day was closed again and again while a posting was made")


def _stored(tx: UnitOfWork, head: Head) -> Posted | None:
    row = tx.execute(
        select(TXN.c.id, TXN.c.fingerprint, TXN.c.booked_on).where(
            TXN.c.facility_id == tx.facility, TXN.c.idem_key == head.key
        )
    ).first()
    if row is None:
        return None
    if bytes(row.fingerprint) != head.fingerprint:
        raise KeyReused(f"{head.key} is in the ledger with other facts", transaction=str(row.id))
    return Posted(row.id, replayed=True, booked_on=HospitalDay(row.booked_on))


def _check_subjects(postings: tuple[Posting, ...], known: dict[str, Account]) -> None:
    """Refuse a side that lacks the subject of its account or names one of another type (I11)."""
    for posting in postings:
        for code, subject in (
            (posting.debit, posting.debit_subject),
            (posting.credit, posting.credit_subject),
        ):
            wanted = known[code].subject_types
            if wanted and (subject is None or subject.type not in wanted):
                told = "none" if subject is None else subject.type
                raise BadEntry(f"account {code} needs a subject {sorted(wanted)}, not {told}")


def _check_guards(tx: UnitOfWork, postings: tuple[Posting, ...], known: dict[str, Account]) -> None:
    guarded: set[tuple[str, Subject]] = {
        (posting.debit, posting.debit_subject)
        for posting in postings
        if posting.debit_subject and known[posting.debit].guard is Guard.SUBJECT_NON_NEGATIVE
    }
    for code, subject in guarded:
        left = -subject_balance_of(tx, (known[code].id,), subject)
        if left < Money(0):
            raise Overdrawn(
                f"{subject.type} {subject.id} has {-left.dong} đồng too little on {code}",
                account=code,
                missing=-left.dong,
            )


def _negated(tx: UnitOfWork, txn_id: UUID) -> tuple[Posting, ...]:
    debit, credit = ACCOUNT.alias("debit"), ACCOUNT.alias("credit")
    rows = tx.execute(
        select(POSTING, debit.c.code.label("debit_code"), credit.c.code.label("credit_code"))
        .join(
            debit,
            (debit.c.facility_id == POSTING.c.facility_id)
            & (debit.c.id == POSTING.c.debit_account_id),
        )
        .join(
            credit,
            (credit.c.facility_id == POSTING.c.facility_id)
            & (credit.c.id == POSTING.c.credit_account_id),
        )
        .where(POSTING.c.facility_id == tx.facility, POSTING.c.txn_id == txn_id)
        .order_by(POSTING.c.line)
    ).all()
    if not rows:
        raise UnknownTransaction(f"there is no ledger transaction {txn_id}")
    return tuple(
        Posting(
            debit=row.credit_code,
            credit=row.debit_code,
            amount=Money(row.amount),
            debit_subject=_subject(row.credit_subject_type, row.credit_subject_id),
            credit_subject=_subject(row.debit_subject_type, row.debit_subject_id),
            department=row.department_id,
        )
        for row in rows
    )


def _subject(type_: Any, id_: Any) -> Subject | None:
    return None if type_ is None else Subject(type_, id_)
