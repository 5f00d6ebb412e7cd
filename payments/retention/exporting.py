"""
Everything about one person, for that person (Law 91/2025/QH15, article 4: to see, to be given).

It follows the inventory: every row of every table that belongs to the person, without secrets and
without the names of those who served them. So a table that a later release adds is told as well.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, or_, select

import payments
from payments import audit
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.keys import Keys, WrongKeys
from payments.patients import queries
from payments.patients.model import NoPatient
from payments.patients.service import masked
from payments.retention.model import TOLD, inventory, laws
from payments.runtime import Runtime
from payments.storage.columns import METADATA
from payments.storage.unit_of_work import UnitOfWork

REASON_MIN: Final = 3
REASON_MAX: Final = 200
#: Which column leads to whom. In this order: each finds its own through those before it.
_STEPS: Final = (
    ("patient", "id", ("merged_into",)),
    ("encounter", "id", ("patient_id",)),
    ("invoice", "id", ("encounter_id",)),
    ("intent", "id", ("invoice_id",)),
    ("deposit", "payment_id", ("encounter_id",)),
    ("payment", "id", ("invoice_id",)),
    ("claim", "id", ("encounter_id",)),
    ("order_line", "id", ("patient_id",)),
    ("refund", "id", ("payment_id",)),
    ("payback", "id", ("payment_id",)),
)
#: What a column of this name holds the id of.
_MEANS: Final = {
    "patient_id": "patient", "merged_into": "patient", "encounter_id": "encounter",
    "invoice_id": "invoice", "from_invoice_id": "invoice", "to_invoice_id": "invoice",
    "intent_id": "intent", "payment_id": "payment", "claim_id": "claim", "credit_id": "credit",
    "order_id": "order", "refund_id": "refund", "payback_id": "payback",
}  # fmt: skip
#: An order here is of a person; the same word names orders of files elsewhere.
_ORDERS: Final = frozenset({"order_bill", "order_change"})
_OPENED: Final = "personal"
#: SQLite takes some thousand parameters of one statement.
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Export:
    """*content* is the JSON; *rows* counts what it tells, by table."""

    content: str
    rows: Mapping[str, int]


def export(
    runtime: Runtime, scope: Scope, file_number: str, *, reason: str, is_masked: bool = False
) -> Export:
    """
    Tell everything about the patient of *file_number*; that it was told stands in the audit.

    *is_masked* leaves out who it is (for whoever looks into a complaint): numbers and names are
    masked as on public pages, words of people are left out.

    Raises:
        NoPatient: the facility has no such patient.
        InvalidField: nobody says why.
    """
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise InvalidField("reason", "reason", least=REASON_MIN, most=REASON_MAX)
    _load_every_table()
    with runtime.database.transaction(scope) as tx:
        person = queries.of_number(tx, runtime.keys, file_number)
        if person is None:
            raise NoPatient("no such patient")
        records = queries.records_of(tx, person.id)
        tables = {
            name: [_told(runtime.keys, name, row, is_masked) for row in rows]
            for name, rows in _rows_of(tx, records)
        }
        audit.append(tx, "patient.exported", f"patient:{person.id}", reason=reason.strip(),
                     rows=sum(map(len, tables.values())), masked=is_masked)  # fmt: skip
        told = {
            "facility": int(tx.facility),
            "file_number": _masked(file_number) if is_masked else file_number,
            "made_at": tx.now(),
            "why_it_is_kept": _reasons(tables),
            "rows": tables,
        }
    content = json.dumps(told, ensure_ascii=False, indent=1, default=_plain)
    return Export(content + "\n", {name: len(rows) for name, rows in tables.items()})


@cache
def _load_every_table() -> None:
    """Import what declares tables: a part that looks like the whole would be a lie to a person."""
    for module in pkgutil.walk_packages(payments.__path__, "payments."):
        if module.name.endswith(".rows"):
            importlib.import_module(module.name)
    unknown = {table for table, _ in inventory()} - METADATA.tables.keys()
    if unknown:
        raise RuntimeError(f"no module of rows declares {', '.join(sorted(unknown))}")


def _rows_of(tx: UnitOfWork, records: tuple[UUID, ...]) -> Iterator[tuple[str, list[Any]]]:
    ids: dict[str, set[UUID]] = {"patient": set(records)}
    for name, key, through in _STEPS:
        table = METADATA.tables[name]
        target = "payment" if name == "deposit" else name.removesuffix("_line")
        found = {row[key] for row in _linked(tx, table, ids, through)}
        ids[target] = ids.get(target, set()) | found
    credits = _linked(tx, METADATA.tables["payment"], {"payment": ids["payment"]}, ("id",))
    ids["credit"] = {row["credit_id"] for row in credits if row["credit_id"] is not None}
    own = {"patient", "encounter", "invoice", "intent", "payment", "claim", "refund", "payback"}
    for name, table in sorted(METADATA.tables.items()):
        leading: tuple[str, ...] = tuple(c.name for c in table.c if _leads(name, c.name))
        if name in own | {"bank_credit", "order_line"}:
            leading += ("id",)
        rows = _linked(tx, table, ids, leading) if leading else []
        if rows:
            yield name, rows


def _leads(table: str, column: str) -> bool:
    return column in _MEANS and (column != "order_id" or table in _ORDERS)


def _linked(
    tx: UnitOfWork, table: Table, ids: Mapping[str, set[UUID]], through: tuple[str, ...]
) -> list[Any]:
    """Read the rows of *table* whose columns *through* lead to one of *ids*, each once."""
    found: dict[tuple[Any, ...], Any] = {}
    own = {"bank_credit": "credit", "order_line": "order"}.get(table.name, table.name)
    keys = [column.name for column in table.primary_key]
    for name in through:
        wanted = sorted(ids.get(own if name == "id" else _MEANS[name], set()))
        for start in range(0, len(wanted), _AT_ONCE):
            part = table.c[name].in_(wanted[start : start + _AT_ONCE])
            statement = select(table).where(table.c.facility_id == tx.facility, or_(part))
            for row in tx.execute(statement).mappings():
                found[tuple(row[key] for key in keys)] = row
    return list(found.values())


def _told(keys: Keys, table: str, row: Mapping[str, Any], is_masked: bool) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in row.items():
        kind = inventory()[table, name].kind
        if kind not in TOLD or name == "facility_id" or value is None:
            continue
        if isinstance(value, bytes):
            # Hashes tell a person nothing; what is sealed is opened.
            if not name.endswith("_sealed"):
                continue
            value = _opened(keys, f"{table}.{name}", value)
        told[name.removesuffix("_sealed")] = _hidden(kind, value) if is_masked else value
    return told


def _opened(keys: Keys, context: str, sealed: bytes) -> str:
    try:
        return keys.open(_OPENED, sealed, context=context)
    except WrongKeys:
        return "(cannot be opened with these keys)"


def _hidden(kind: str, value: Any) -> Any:
    if kind in ("identity", "contact"):
        return _masked(str(value))
    return "***" if kind == "text" or (kind == "money" and isinstance(value, str)) else value


def _masked(text: str) -> str:
    """Mask a name word by word; of a number the last three characters stay."""
    return masked(text) if " " in text else "***" + text[-3:]


def _reasons(tables: Mapping[str, list[Any]]) -> list[dict[str, str]]:
    """Say for what was told why it is kept: purpose, law, and the rule of keeping."""
    seen = {
        (one.kind, one.purpose, one.basis, one.retention)
        for (table, _), one in inventory().items()
        if table in tables and one.kind in TOLD and one.purpose
    }
    return [
        {
            "class": kind,
            "purpose": purpose,
            "basis": f"{laws()[basis].law}, article {laws()[basis].article}",
            "retention": retention,
        }
        for kind, purpose, basis, retention in sorted(seen)
    ]


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
