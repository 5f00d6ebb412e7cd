"""
Which account of the hospital's own general ledger each of ours is, from which day on.

Public hospitals keep the chart of administrative units, private ones that of enterprises, and both
change: so nothing is built in, and what was said before stays (workflows C10, ledger section 4).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, insert, select

from payments import audit
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, Rejected
from payments.kernel.scope import Scope
from payments.ledger.chart import CHART
from payments.ledger.rows import ACCOUNT, POSTING, TXN
from payments.runtime import Runtime
from payments.statements.model import Span
from payments.statements.rows import GL_ACCOUNT
from payments.storage.unit_of_work import UnitOfWork

#: Account numbers of Vietnamese charts are three digits and more; some programs add letters.
_GL: Final = re.compile(r"[0-9A-Z][0-9A-Z.\-]{0,19}")
_NOW: Final = insert(GL_ACCOUNT)


class Unmapped(Rejected):
    """Accounts moved in the span of which nobody has said what they are in the general ledger."""

    code = "accounts-unmapped"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What was said of *code* (a control account or one of its instances) from a day on."""

    code: str
    valid_from: HospitalDay
    gl_account: str
    made_by: str


class AccountsMap:
    """Answers for a code and a day; an instance said for itself goes before its control."""

    def __init__(self, said: Iterable[Mapped]) -> None:
        self._said: dict[str, list[Mapped]] = defaultdict(list)
        # The newest day first, and of one day what was said last.
        for one in said:
            self._said[one.code].append(one)

    def account(self, code: str, on: date) -> str | None:
        for name in (code, code.partition(":")[0]):
            for one in self._said.get(name, ()):
                if one.valid_from.date <= on:
                    return one.gl_account
        return None


def say(
    runtime: Runtime, scope: Scope, code: str, gl_account: str, valid_from: HospitalDay
) -> None:
    """
    Say that from *valid_from* on *code* is *gl_account*.

    Raises:
        InvalidField: *code* is no account of ours, or *gl_account* is no account number.
    """
    number = gl_account.strip().upper()
    if not _GL.fullmatch(number):
        raise InvalidField("gl_account", "gl_account")

    def work(tx: UnitOfWork) -> None:
        if code not in CHART and code not in codes(tx):
            raise InvalidField("code", "ledger_account")
        last = tx.execute(
            select(func.coalesce(func.max(GL_ACCOUNT.c.number), 0)).where(
                GL_ACCOUNT.c.facility_id == tx.facility,
                GL_ACCOUNT.c.code == code,
                GL_ACCOUNT.c.valid_from == valid_from.date,
            )
        ).scalar_one()
        tx.execute(
            _NOW,
            {
                "facility_id": tx.facility,
                "code": code,
                "valid_from": valid_from.date,
                "number": last + 1,
                "gl_account": number,
                "made_by": tx.scope.actor,
                "made_at": tx.now(),
            },
        )
        audit.append(tx, "gl_account.said", f"account:{code}", gl=number, since=str(valid_from))

    runtime.database.run(scope, work)


def read(tx: UnitOfWork) -> AccountsMap:
    return AccountsMap(said(tx))


def said(tx: UnitOfWork) -> tuple[Mapped, ...]:
    """List all that was said, by code, the newest first."""
    rows = tx.execute(
        select(GL_ACCOUNT)
        .where(GL_ACCOUNT.c.facility_id == tx.facility)
        .order_by(GL_ACCOUNT.c.code, GL_ACCOUNT.c.valid_from.desc(), GL_ACCOUNT.c.number.desc())
    )
    return tuple(
        Mapped(row.code, HospitalDay(row.valid_from), row.gl_account, row.made_by) for row in rows
    )


def codes(tx: UnitOfWork) -> tuple[str, ...]:
    """List the accounts that exist."""
    rows = tx.execute(
        select(ACCOUNT.c.code).where(ACCOUNT.c.facility_id == tx.facility).order_by(ACCOUNT.c.code)
    )
    return tuple(rows.scalars())


def unmapped(tx: UnitOfWork, span: Span) -> tuple[str, ...]:
    """List the accounts that moved in *span* on a day for which nothing was said of them."""
    known, missing = read(tx), set()
    for side in (POSTING.c.debit_account_id, POSTING.c.credit_account_id):
        rows = tx.execute(
            select(ACCOUNT.c.code, func.min(TXN.c.booked_on).label("first"))
            .select_from(POSTING)
            .join(
                TXN, (TXN.c.facility_id == POSTING.c.facility_id) & (TXN.c.id == POSTING.c.txn_id)
            )
            .join(
                ACCOUNT, (ACCOUNT.c.facility_id == POSTING.c.facility_id) & (ACCOUNT.c.id == side)
            )
            .where(
                POSTING.c.facility_id == tx.facility,
                TXN.c.booked_on.between(span.first.date, span.last.date),
            )
            .group_by(ACCOUNT.c.code)
        )
        # Said for the first day that it moved on is said for all that come after.
        missing |= {row.code for row in rows if known.account(row.code, row.first) is None}
    return tuple(sorted(missing))
