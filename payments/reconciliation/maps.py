"""The saved column map of each account; the trial bank's comes with the program."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update

from payments import audit
from payments.bank.model import NoBankAccount
from payments.bank.rows import BANK_ACCOUNT
from payments.bank.statement_map import BUILT_IN, ColumnMap, checked, from_json, to_json
from payments.kernel.errors import Rejected
from payments.reconciliation.rows import STATEMENT_MAP
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: The bank of the trial, whose layout is ours.
_TRIAL_BIN: Final = "999999"
_TRIAL_MAP: Final = "thu-nghiem"


class NoColumnMap(Rejected):
    """Nobody has said yet how this bank names the columns of its statement."""

    code = "no-column-map"


def save(tx: UnitOfWork, account: str, columns: ColumnMap) -> None:
    """
    Save the column map of *account*, in place of the one before.

    Raises:
        InvalidField: names what is missing in the map.
        NotFound: the account is not ours.
    """
    clean = checked(columns)
    _bin_of(tx, account)
    values = {"columns": to_json(clean), "saved_at": tx.now(), "saved_by": tx.scope.actor}
    if not insert_new(tx, STATEMENT_MAP, {"account": account, **values}):
        tx.execute(
            update(STATEMENT_MAP)
            .where(STATEMENT_MAP.c.facility_id == tx.facility, STATEMENT_MAP.c.account == account)
            .values(**values)
        )
    audit.append(tx, "statement.map_saved", f"bank_account:{account}", map=clean.name)


def of_account(tx: UnitOfWork, account: str) -> ColumnMap:
    """
    Read the column map of *account*.

    Raises:
        NotFound: the account is not ours.
        NoColumnMap: none is saved, and the bank is not the trial's.
    """
    saved = tx.execute(
        select(STATEMENT_MAP.c.columns).where(
            STATEMENT_MAP.c.facility_id == tx.facility, STATEMENT_MAP.c.account == account
        )
    ).scalar()
    if saved is not None:
        return from_json(saved)
    if _bin_of(tx, account) == _TRIAL_BIN:
        return BUILT_IN[_TRIAL_MAP]
    raise NoColumnMap(account=account)


def saved(tx: UnitOfWork, account: str) -> ColumnMap | None:
    """Read the map of *account*, None where none is saved. Raises NotFound as ``of_account``."""
    try:
        return of_account(tx, account)
    except NoColumnMap:
        return None


def require_ours(tx: UnitOfWork, account: str) -> None:
    """Raises NotFound where the account is not ours."""
    _bin_of(tx, account)


def accounts(tx: UnitOfWork) -> tuple[str, ...]:
    """List our bank accounts."""
    return tuple(
        tx.execute(
            select(BANK_ACCOUNT.c.account)
            .where(BANK_ACCOUNT.c.facility_id == tx.facility)
            .order_by(BANK_ACCOUNT.c.account)
        ).scalars()
    )


def _bin_of(tx: UnitOfWork, account: str) -> str:
    found: str | None = tx.execute(
        select(BANK_ACCOUNT.c.bin).where(
            BANK_ACCOUNT.c.facility_id == tx.facility, BANK_ACCOUNT.c.account == account
        )
    ).scalar()
    if found is None:
        raise NoBankAccount(account=account)
    return found
