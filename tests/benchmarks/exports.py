"""
A file of 50,000 rows in each form, and of a tenth of them: time and memory, beside a peer's.

    python -m tests.benchmarks.exports [--rows 50000] [--file collection]

The rows are payments with receipt, invoice and patient on SQLite; each file is made in a process of
its own as the worker makes it: rows read, names opened, sum held against the ledger, parts sealed
and stored. The peer writes the same cells, which it is given, to a file: the ``csv`` module,
openpyxl (write-only), ``json``, typst. Goal: 5 s a file, and the same memory at both sizes.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import openpyxl
import typst
from sqlalchemy import insert

from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.keys import write_new
from payments.ledger.accounts import ensure_account
from payments.ledger.rows import OUTBOX, POSTING, TXN
from payments.ledger.sealing import seal_once
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.statements import making, ordering
from payments.statements.model import Span
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork
from tests.benchmarks.lines import Took, measure
from tests.support.databases import fresh_sqlite
from tests.support.hospital import PAYEE, Hospital
from tests.support.stage import SCOPE, Address, runtime_at

_NOW: Final = datetime(2026, 11, 24, 10, tzinfo=UTC)
_DAY: Final = HospitalDay.of(_NOW)
_INVOICES: Final = 200
_AT_ONCE: Final = 5_000
_FORMS: Final = ("csv", "xlsx", "pdf", "json")
#: A table of that many rows takes typst gigabytes; its time a row hardly changes.
_TYPST_MAX: Final = 500
_TYPST: Final = """
#let d = json(sys.inputs.file)
#set page(width: 297mm, height: 210mm, margin: 10mm)
#set text(size: 6pt)
#table(columns: d.at(0).len(), stroke: 0.3pt, inset: 1mm, ..d.flatten())
"""


def fill(address: Address, rows: int) -> None:
    """Put *rows* payments of one day into the books, as the ledger would hold them."""
    runtime = runtime_at(address, FrozenClock(_NOW))
    hospital = Hospital(runtime, SCOPE)
    invoices = [hospital.issue() for _ in range(_INVOICES)]
    with runtime.database.transaction(SCOPE) as tx:
        bank = ensure_account(tx, f"1100:{PAYEE.account}").id
        owed = ensure_account(tx, "1300").id
    for start in range(0, rows, _AT_ONCE):
        with runtime.database.transaction(SCOPE) as tx:
            _pay(tx, range(start, min(rows, start + _AT_ONCE)), invoices, (bank, owed))
    while seal_once(runtime.database, SCOPE):
        pass
    hospital.work()


def _pay(
    tx: UnitOfWork, numbers: Sequence[int], invoices: Sequence[UUID], accounts: tuple[int, int]
) -> None:
    txns: list[dict[str, Any]] = []
    postings, payments, receipts, queue = [], [], [], []
    mine = {"facility_id": int(tx.facility)}
    for number in numbers:
        txn, payment, invoice = new_id(), new_id(), invoices[number % len(invoices)]
        at, amount = _NOW - timedelta(seconds=number % 30_000), 1_000 + number % 977
        txns.append(
            mine
            | {
                "id": txn, "idem_key": f"bank:benchmark:{number}", "fingerprint": b"\0" * 32,
                "kind": "pay.bank", "posting_count": 1, "effective_at": at,
                "booked_on": _DAY.date, "period_id": _DAY.period_id, "created_at": at,
                "actor_id": "user:test", "source": "webhook", "request_id": "benchmark",
                "reverses_id": None, "reason_code": None, "memo": "",
            }
        )  # fmt: skip
        postings.append(
            mine
            | {
                "txn_id": txn, "line": 1, "posting_count": 1, "debit_account_id": accounts[0],
                "credit_account_id": accounts[1], "currency": "VND", "amount": amount,
                "debit_subject_type": "bank_credit", "debit_subject_id": payment,
                "credit_subject_type": "invoice", "credit_subject_id": invoice,
                "department_id": None,
            }
        )  # fmt: skip
        payments.append(
            mine
            | {
                "id": payment, "method": "bank", "credit_id": None, "invoice_id": invoice,
                "intent_id": None, "received": amount, "applied": amount, "suspense": 0,
                "flags": "", "received_at": at, "txn_id": txn, "made_at": at,
            }
        )  # fmt: skip
        receipts.append(
            mine
            | {
                "payment_id": payment, "series": "A", "number": f"BL26{number:06d}",
                "issued_at": at,
            }
        )  # fmt: skip
        queue.append(mine | {"txn_id": txn, "created_at": at})
    for table, made in (
        (TXN, txns), (POSTING, postings), (OUTBOX, queue), (PAYMENT, payments), (RECEIPT, receipts)
    ):  # fmt: skip
        tx.execute(insert(table), made)


def make(address: Address, file: str, form: str, out: Path) -> None:
    """Make one file as the worker does, and put it where the peer finds its cells."""
    runtime = runtime_at(address, FrozenClock(_NOW))
    wanted = ordering.order(runtime, SCOPE, file, form, Span(_DAY, _DAY))
    making.make(runtime, SCOPE, wanted)
    _, parts = ordering.take(runtime, SCOPE, wanted)
    with out.open("wb") as target:
        for part in parts:
            target.write(part)


def peer(form: str, cells: Path, out: Path) -> None:
    with cells.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        if form == "csv":
            with out.open("w", encoding="utf-8", newline="") as target:
                csv.writer(target).writerows(rows)
        elif form == "xlsx":
            book = openpyxl.Workbook(write_only=True)
            sheet = book.create_sheet()
            for row in rows:
                sheet.append([int(cell) if cell.isdecimal() else cell for cell in row])
            book.save(out)
        elif form == "json":
            out.write_text(json.dumps(list(rows), ensure_ascii=False), encoding="utf-8")
        else:
            told = [row for row, _ in zip(rows, range(_TYPST_MAX), strict=False)]
            (out.parent / "rows.json").write_text(json.dumps(told), encoding="utf-8")
            source = out.parent / "table.typ"
            source.write_text(_TYPST, encoding="utf-8")
            typst.compile(
                str(source),
                output=str(out),
                root=str(out.parent),
                sys_inputs={"file": "rows.json"},
                pdf_standards="a-2b",
            )


def compare(folder: Path, rows: int, file: str) -> dict[str, tuple[Took, Took]]:
    address = Address(f"sqlite:///{folder / 'vienphi.db'}", str(folder / "keys.json"))
    fresh_sqlite(folder / "vienphi.db", FrozenClock(_NOW)).close()
    write_new(folder / "keys.json", demo=True)
    fill(address, rows)
    mine = [sys.executable, "-m", "tests.benchmarks.exports"]
    found = {}
    for form in _FORMS:
        out = folder / f"ours.{form}"
        ours = measure([*mine, "--make", form, "--file", file, "--folder", str(folder)])
        cells = folder / "ours.csv"
        theirs = measure([*mine, "--peer", form, "--folder", str(folder)])
        found[form] = (ours, theirs)
        print(
            f"| {form} | {rows:,} | {ours.wall_s:.1f} | {ours.processor_s:.1f} |"
            f" {theirs.processor_s:.1f} | {ours.processor_s / theirs.processor_s:.1f} |"
            f" {ours.megabytes:.0f} | {theirs.megabytes:.0f} |"
            f" {out.stat().st_size / 1e6:.1f} |",
            flush=True,
        )
        if not cells.exists():
            raise SystemExit("no cells for the peers")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--file", default="collection")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--make", choices=_FORMS)
    parser.add_argument("--peer", choices=_FORMS)
    args = parser.parse_args()
    if args.folder is not None:
        address = Address(f"sqlite:///{args.folder / 'vienphi.db'}", str(args.folder / "keys.json"))
        if args.make:
            make(address, args.file, args.make, args.folder / f"ours.{args.make}")
        else:
            peer(args.peer, args.folder / "ours.csv", args.folder / f"peer.{args.peer}")
        return 0
    print("| form | rows | wall s | processor s | peer's | ratio | MB at most | peer's | file MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for rows in (max(1, args.rows // 10), args.rows):
        with tempfile.TemporaryDirectory(prefix="vienphi-exports-") as place:
            compare(Path(place), rows, args.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
