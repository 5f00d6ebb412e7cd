"""
Finds an invoice for somebody without its link: its number, and what only the patient's side knows.

Unknown number and wrong answer are the same: the same error, after the same statements and the same
hashes. Failures are counted in the database, so the limits hold across workers and restarts.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select

from payments import audit
from payments.encounters.rows import ENCOUNTER
from payments.invoicing import slips
from payments.invoicing.model import has_link
from payments.invoicing.rows import INVOICE, LOOK_UP_TRY
from payments.kernel.errors import Rejected
from payments.kernel.scope import FacilityId, Scope
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.runtime import Runtime
from payments.storage.columns import mine, new_id
from payments.storage.unit_of_work import UnitOfWork

#: A year of birth and four digits are a million answers, ten thousand for who knows the year.
PER_INVOICE: Final = 5
INVOICE_WINDOW: Final = timedelta(days=1)
#: A hospital's visitors share one address; only failures count.
PER_ADDRESS: Final = 20
ADDRESS_WINDOW: Final = timedelta(hours=1)
#: As long as four digits, and no digits: nothing that is typed fits.
_NO_PHONE: Final = "----"

_COUNTS: Final = PATIENT.alias("counts")
#: Of a merged record the one that counts knows the telephone.
_BY_NUMBER: Final = (
    select(
        INVOICE.c.id,
        INVOICE.c.pay_token,
        INVOICE.c.issued_at,
        func.coalesce(_COUNTS.c.birth_year, PATIENT.c.birth_year).label("birth_year"),
        func.coalesce(_COUNTS.c.phone_last4, PATIENT.c.phone_last4).label("phone_last4"),
    )
    .join(
        ENCOUNTER,
        (ENCOUNTER.c.facility_id == INVOICE.c.facility_id)
        & (ENCOUNTER.c.id == INVOICE.c.encounter_id),
    )
    .join(
        PATIENT,
        (PATIENT.c.facility_id == ENCOUNTER.c.facility_id)
        & (PATIENT.c.id == ENCOUNTER.c.patient_id),
    )
    .outerjoin(
        _COUNTS,
        (_COUNTS.c.facility_id == PATIENT.c.facility_id) & (_COUNTS.c.id == PATIENT.c.merged_into),
    )
    .where(mine(INVOICE), INVOICE.c.number == bindparam("number"))
)


class NotFoundSo(Rejected):
    """No invoice has this number with these answers; which of both is wrong is not said."""

    code = "look-up-refused"


class TooManyLookUps(Rejected):
    """The limit of failures of this number or of this address is reached."""

    code = "too-many-look-ups"


@dataclass(frozen=True, slots=True)
class Claim:
    """What was typed: the number with a slip code, or with telephone and year of birth."""

    number: str
    slip_code: str = field(default="", repr=False)
    phone_end: str = field(default="", repr=False)
    birth_year: int = field(default=0, repr=False)


def find(runtime: Runtime, scope: Scope, claim: Claim, *, address: str) -> str:
    """
    Give the token of the link of the invoice that *claim* names.

    The try is counted before it is looked at and taken back when it was right, so that parallel
    guesses through several workers cannot slip between counting and comparing.

    Raises:
        TooManyLookUps: nothing was looked at.
        NotFoundSo: unknown number, wrong answers, or the link has ended.
    """
    tries = _counted(runtime, scope, claim.number, address)
    with runtime.database.reading(scope) as tx:
        row = tx.execute(_BY_NUMBER, {"mine": tx.facility, "number": claim.number}).first()
        known = _known(row, is_open=row is not None and has_link(row.issued_at, tx.now()))
    is_right = _is_right(runtime.keys, scope.facility, known, claim)
    with runtime.database.transaction(scope) as tx:
        if is_right:
            _drop(tx, tries)
            audit.append(tx, "invoice.looked_up", known.about)
        else:
            audit.append(tx, "invoice.look_up_refused", known.about)
    # Raised after the commit: the refusal itself must be kept.
    if not is_right:
        raise NotFoundSo()
    return known.pay_token


@dataclass(frozen=True, slots=True)
class _Known:
    """What an answer is held against; of an unknown number something that nothing fits."""

    pay_token: str
    phone_end: str
    birth_year: int
    is_open: bool
    about: str


def _known(row: Any, *, is_open: bool) -> _Known:
    if row is None:
        return _Known(secrets.token_urlsafe(16), _NO_PHONE, 0, False, "invoice:unknown")
    phone_end = row.phone_last4 or _NO_PHONE
    return _Known(row.pay_token, phone_end, row.birth_year, is_open, f"invoice:{row.id}")


def _is_right(keys: Keys, facility: FacilityId, known: _Known, claim: Claim) -> bool:
    """Hold everything against everything, whatever was typed: no branch tells by its time."""
    by_code = slips.fits(keys, facility, known.pay_token, claim.slip_code)
    phone = hmac.compare_digest(known.phone_end.encode(), claim.phone_end.encode())
    year = hmac.compare_digest(f"{known.birth_year:04d}", f"{claim.birth_year:04d}")
    by_person = phone & year & claim.phone_end.isdigit()
    return (by_code | by_person) & known.is_open


def _counted(runtime: Runtime, scope: Scope, number: str, address: str) -> list[UUID]:
    subjects = [
        runtime.keys.fingerprint("lookup", f"look-up:{scope.facility}:{kind}:{text}")
        for kind, text in (("number", number), ("address", address))
    ]
    with runtime.database.transaction(scope) as tx:
        tries = note(tx, subjects)
    # In a new transaction, which sees the tries of every other worker that were noted before ours.
    with runtime.database.reading(scope) as tx:
        of_number = _count(tx, subjects[0], INVOICE_WINDOW)
        of_address = _count(tx, subjects[1], ADDRESS_WINDOW)
    if of_number > PER_INVOICE or of_address > PER_ADDRESS:
        # What was not looked at is no try: who goes on guessing does not lengthen the wait.
        with runtime.database.transaction(scope) as tx:
            _drop(tx, tries)
        window = ADDRESS_WINDOW if of_address > PER_ADDRESS else INVOICE_WINDOW
        raise TooManyLookUps(retry_after=int(window.total_seconds()))
    return tries


def note(tx: UnitOfWork, subjects: Sequence[bytes]) -> list[UUID]:
    """Write down a try for each of *subjects*, and forget those of the past."""
    tx.execute(
        delete(LOOK_UP_TRY).where(
            LOOK_UP_TRY.c.facility_id == tx.facility, LOOK_UP_TRY.c.at < tx.now() - INVOICE_WINDOW
        )
    )
    ids = [new_id() for _ in subjects]
    tx.execute(
        insert(LOOK_UP_TRY),
        [
            {"facility_id": tx.facility, "id": number, "subject": subject, "at": tx.now()}
            for number, subject in zip(ids, subjects, strict=True)
        ],
    )
    return ids


def _count(tx: UnitOfWork, subject: bytes, window: timedelta) -> int:
    counted: int = tx.execute(
        select(func.count())
        .select_from(LOOK_UP_TRY)
        .where(
            LOOK_UP_TRY.c.facility_id == tx.facility,
            LOOK_UP_TRY.c.subject == subject,
            LOOK_UP_TRY.c.at > tx.now() - window,
        )
    ).scalar_one()
    return counted


def _drop(tx: UnitOfWork, ids: Sequence[UUID]) -> None:
    tx.execute(
        delete(LOOK_UP_TRY).where(
            LOOK_UP_TRY.c.facility_id == tx.facility, LOOK_UP_TRY.c.id.in_(ids)
        )
    )
