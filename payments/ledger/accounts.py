"""Accounts by code: made of the chart on demand, remembered per engine once they are committed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock as Mutex
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from payments.kernel.errors import Unavailable
from payments.ledger.chart import Control, Guard, control_of
from payments.ledger.model import CURRENCY
from payments.ledger.rows import ACCOUNT
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Account:
    """What a posting must know of an account; none of it ever changes."""

    id: int
    code: str
    subject_types: frozenset[str]
    guard: Guard


#: Each try loses against another connection that makes an account at the same moment.
_TRIES_MAX: Final = 50
_COLUMNS: Final = (ACCOUNT.c.id, ACCOUNT.c.code, ACCOUNT.c.subject_types, ACCOUNT.c.guard)

_Known = dict[tuple[int, str], Account]
_committed: WeakKeyDictionary[Engine, _Known] = WeakKeyDictionary()
#: Made by a running transaction: forgotten with it, unless it commits.
_own: WeakKeyDictionary[UnitOfWork, _Known] = WeakKeyDictionary()
_mutex: Final = Mutex()


def ensure_account(tx: UnitOfWork, code: str, name: str = "") -> Account:
    """
    Find the account *code*, or make it from the chart of accounts.

    Raises:
        BadEntry: the chart has no such control account, or the qualifier does not fit.
    """
    return _find(tx, code) or _make(tx, code, name)


def accounts(tx: UnitOfWork, codes: Iterable[str]) -> dict[str, Account]:
    """Find or make every account of *codes*; costs nothing when all have been seen before."""
    return {code: ensure_account(tx, code) for code in sorted(set(codes))}


def _find(tx: UnitOfWork, code: str) -> Account | None:
    key = (tx.facility, code)
    committed = _of_engine(tx)
    own = _own.get(tx, {})
    known = committed.get(key) or own.get(key)
    if known is not None:
        return known
    row = tx.execute(
        select(*_COLUMNS).where(ACCOUNT.c.facility_id == tx.facility, ACCOUNT.c.code == code)
    ).first()
    if row is None:
        return None
    # Not ours (that would be in *own*), so somebody has committed it.
    committed[key] = found = _account(row)
    return found


def _make(tx: UnitOfWork, code: str, name: str) -> Account:
    control = control_of(code)
    for _ in range(_TRIES_MAX):
        row = tx.execute(_insert(tx, control, code, name)).first()
        if row is not None:
            return _remember(tx, _account(row))
        found = _find(tx, code)
        if found is not None:
            return found
    raise Unavailable(f"could not make account {code}: too many are being made at once")


def _insert(tx: UnitOfWork, control: Control, code: str, name: str) -> Any:
    """Number the new account one above the highest; on a collision nothing is inserted."""
    qualifier = code.partition(":")[2]
    values = {
        "facility_id": literal(tx.facility),
        "id": func.coalesce(func.max(ACCOUNT.c.id), 0) + 1,
        "code": literal(code),
        "name": literal(name or f"{control.name} {qualifier}".strip()),
        "type": literal(control.kind.value),
        "normal_side": literal(control.normal_side),
        "currency": literal(CURRENCY),
        "parent_code": literal(control.code if qualifier else None, ACCOUNT.c.parent_code.type),
        "adapter": literal(
            qualifier if control.qualifier == "adapter" else None, ACCOUNT.c.adapter.type
        ),
        "bank_account_ref": literal(
            qualifier if control.qualifier == "bank account" else None,
            ACCOUNT.c.bank_account_ref.type,
        ),
        "guard": literal(control.guard.value),
        "subject_types": literal(" ".join(control.subjects) or None, ACCOUNT.c.subject_types.type),
        "is_active": literal(True, ACCOUNT.c.is_active.type),
        "created_at": literal(tx.now(), ACCOUNT.c.created_at.type),
    }
    insert = postgresql.insert if tx.is_postgres else sqlite.insert
    source = select(*values.values()).where(ACCOUNT.c.facility_id == tx.facility)
    made: Any = insert(ACCOUNT).from_select(list(values), source)
    return made.on_conflict_do_nothing().returning(*_COLUMNS)


def _remember(tx: UnitOfWork, account: Account) -> Account:
    """Keep an account of this transaction; for everyone only when the transaction has committed."""
    key = (tx.facility, account.code)
    _own.setdefault(tx, {})[key] = account
    committed = _of_engine(tx)
    tx.after_commit(lambda: committed.update({key: account}))
    return account


def _of_engine(tx: UnitOfWork) -> _Known:
    engine = tx.connection.engine
    known = _committed.get(engine)
    if known is None:
        with _mutex:
            known = _committed.setdefault(engine, {})
    return known


def _account(row: Any) -> Account:
    types = frozenset((row.subject_types or "").split())
    return Account(row.id, row.code, types, Guard(row.guard))
