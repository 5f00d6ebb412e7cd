"""What tests of money share: post many, seal all, and prove that the ledger is sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from payments import ledger
from payments.kernel.money import ZERO
from payments.kernel.scope import Scope
from payments.ledger.model import Entry, Posted
from payments.ledger.sealing import seal_once
from payments.ledger.verifying import verify
from payments.storage.unit_of_work import Database


def as_role(database: Database, role: str | None) -> Database:
    """The same database as another role (None: the superuser of the tests); SQLite has no roles."""
    url = database.engine.url
    if not database.is_postgres:
        return Database(url.render_as_string(hide_password=False), database.clock)
    superuser = Database(
        url.set(username="postgres").render_as_string(hide_password=False), database.clock
    )
    if role is None:
        return superuser
    with superuser.engine.begin() as connection:
        # A copy of the template lets in the programs only, not the role of the migrations.
        connection.exec_driver_sql(f'GRANT CONNECT ON DATABASE "{url.database}" TO {role}')
    superuser.close()
    other = url.set(username=role).render_as_string(hide_password=False)
    return Database(other, database.clock)


def post_all(
    database: Database, scope: Scope, entries: Iterable[Entry], at: datetime
) -> list[Posted]:
    """Post each of *entries* in a transaction of its own."""
    posted = []
    for entry in entries:
        with database.transaction(scope) as tx:
            posted.append(ledger.post(tx, entry, effective_at=at, source="job"))
    return posted


def seal_all(database: Database, scope: Scope) -> int:
    """Run the sealer, as its own role, until the queue is empty."""
    worker = as_role(database, "vp_worker")
    total = 0
    while sealed := seal_once(worker, scope):
        total += sealed
    worker.close()
    return total


def control_balances(database: Database, scope: Scope) -> dict[str, int]:
    """The balances other than zero, by control account."""
    with database.reading(scope) as tx:
        amounts = ledger.queries.balances(tx)
    totals: dict[str, int] = {}
    for code, amount in amounts.items():
        control = code.partition(":")[0]
        totals[control] = totals.get(control, 0) + amount.dong
    return {control: amount for control, amount in totals.items() if amount}


def assert_balanced(database: Database, scope: Scope) -> None:
    """Debits equal credits, and everything that the ledger says about itself is true."""
    with database.reading(scope) as tx:
        amounts: Mapping[str, object] = ledger.queries.balances(tx)
        assert sum(ledger.queries.balances(tx).values(), ZERO) == ZERO, amounts
    report = verify(database, scope)
    assert report.is_sound, report.findings
