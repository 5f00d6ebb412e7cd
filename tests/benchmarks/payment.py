"""
How fast a whole payment is beside the physical floor: one row and one commit of the same driver.

    python -m tests.benchmarks.payment [--url URL] [--seconds 3] [--rounds 2]

A payment here is what a webhook causes after its proof: the message stored (first commit), then
locks on encounter, invoice and code, bank credit, evidence, posting, payment, audit, job and outbox
(second commit). The floor is one commit of one row; clients are processes, all on one hot account.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import create_engine, func, insert, select

from payments import ledger
from payments.encounters.rows import ENCOUNTER
from payments.gateway import Notification, Outcome
from payments.inbox.service import take_in
from payments.intents.rows import INTENT
from payments.invoicing.rows import INVOICE
from payments.kernel.clock import SystemClock
from payments.kernel.codes import new_code
from payments.kernel.money import vnd
from payments.keys import write_new
from payments.patients.rows import PATIENT
from payments.receipts.rows import PAYMENT
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import Database, UnitOfWork
from tests.benchmarks import posting
from tests.faults.ledgers import SCOPE
from tests.support.databases import fresh_postgres, fresh_sqlite
from tests.support.hospital import PAYEE, Hospital
from tests.support.stage import Address, own_cluster, runtime_at

#: More codes than the fastest run uses up; each is paid once.
CODES = [new_code(os.urandom) for _ in range(12_000)]
DONG = 150_000
_next = multiprocessing.Value("q", 0)
KEYS = Path(tempfile.mkdtemp(prefix="vienphi-keys-")) / "keys.json"


def take() -> int:
    """Give the place of a code that nobody has paid yet, in whichever process."""
    with _next.get_lock():
        place = int(_next.value)
        _next.value += 1
    return place


def prepare(runtime: Runtime, codes: list[str]) -> None:
    """Furnish a hospital and put an issued invoice with an open code behind each of *codes*."""
    Hospital(runtime, SCOPE)
    for start in range(0, len(codes), 1000):
        piece = codes[start : start + 1000]
        runtime.database.run(SCOPE, partial(_add, codes=piece, patient=new_id()))


def _add(tx: UnitOfWork, *, codes: list[str], patient: UUID) -> None:
    base = {"facility_id": tx.facility}
    now = tx.now()
    tx.execute(
        insert(PATIENT),
        [
            {
                **base,
                "id": patient,
                "file_number": str(patient),
                "name_sealed": b"",
                "birth_year": 1958,
            }
        ],
    )
    rows = [(new_id(), new_id(), new_id(), code) for code in codes]
    tx.execute(
        insert(ENCOUNTER),
        [
            {
                **base,
                "id": e,
                "patient_id": patient,
                "kind": "visit",
                "state": "open",
                "opened_at": now,
            }
            for e, _, _, _ in rows
        ],
    )
    tx.execute(insert(INVOICE), [_invoice(base, e, i, code, now) for e, i, _, code in rows])
    tx.execute(insert(INTENT), [_intent(base, i, n, code, now) for _, i, n, code in rows])


def _invoice(
    base: dict[str, object], encounter: UUID, invoice: UUID, code: str, now: object
) -> dict[str, object]:
    return {
        **base, "id": invoice, "encounter_id": encounter, "number": code, "document": "issued",
        "version": 1, "total": DONG, "credited": 0, "paid": 0, "refunded": 0, "pay_token": code,
        "idem_key": code, "request_sha256": b"", "issued_at": now, "issue_txn_id": None,
        "cancel_reason": "", "made_by": "benchmark",
    }  # fmt: skip


def _intent(
    base: dict[str, object], invoice: UUID, intent: UUID, code: str, now: object
) -> dict[str, object]:
    return {
        **base, "id": intent, "invoice_id": invoice, "channel": "vietqr", "account": PAYEE.account,
        "code": code, "amount": DONG, "state": "pending", "payload": "", "idem_key": code,
        "made_at": now, "expires_at": now + timedelta(hours=8), "ended_at": None,  # type: ignore[operator]
    }  # fmt: skip


def _pay(url: str) -> Callable[[], None]:
    runtime = runtime_at(Address(url, str(KEYS)))

    def commit() -> None:
        code = CODES[take()]
        told = Notification(
            event_id=code,
            outcome=Outcome.CAPTURED,
            amount=vnd(DONG),
            occurred_at=runtime.clock.now(),
            transaction=f"FT{code}",
            account=PAYEE.account,
            memo=code,
        )
        take_in(runtime, SCOPE, "sepay", [told], b"")

    return commit


def _run(name: str, database: Database, owner_url: str, seconds: float, rounds: int) -> None:
    posting.add_floor(database, owner_url)
    url = database.engine.url.render_as_string(hide_password=False)
    runtime = runtime_at(Address(url, str(KEYS)))
    prepare(runtime, CODES)
    _next.value = 0
    runtime.database.close()
    gather_statistics(_pay(url), owner_url)
    print("\n| database | clients | floor/s | payments/s | ratio | floor p99 ms | payment p99 ms |")
    print("|---|---|---|---|---|---|---|")
    # A process that forks must hold no connection.
    database.close()
    for clients in posting.CLIENTS:
        floor, paid = posting.paired(url, clients, seconds, rounds, ("floor", "payment"))
        print(
            f"| {name} | {clients} | {floor.rate:,.0f} | {paid.rate:,.0f} |"
            f" {paid.rate / floor.rate:.2f} | {floor.p99_ms:.1f} | {paid.p99_ms:.1f} |",
            flush=True,
        )
    hold_against_the_ledger(database)


def gather_statistics(pay: Callable[[], None], owner_url: str) -> None:
    """Pay a little, then do what autovacuum does within a minute: plan by what the tables hold."""
    for _ in range(200):
        pay()
    owner = create_engine(owner_url)
    with owner.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    owner.dispose()


def hold_against_the_ledger(database: Database) -> None:
    """A fast payment that is not in the books is none."""
    with database.reading(SCOPE) as tx:
        booked = ledger.queries.balance(tx, "1100").dong
        paid = tx.execute(select(func.count()).select_from(PAYMENT)).scalar_one()
    if booked != paid * DONG or paid != _next.value:
        raise SystemExit(f"{_next.value} paid, {paid} kept, {booked} đồng booked")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    posting.WORK["payment"] = _pay
    write_new(KEYS, demo=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = stack.enter_context(own_cluster(args.url))
        database = fresh_postgres(cluster, SystemClock())
        owner = cluster.url_of(database.engine.url.database or "")
        _run("PostgreSQL", database, owner, args.seconds, args.rounds)
        database = fresh_sqlite(folder / "vienphi.db", SystemClock())
        url = database.engine.url.render_as_string(hide_password=False)
        _run("SQLite", database, url, args.seconds, args.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
