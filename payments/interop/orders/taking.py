"""
Takes orders in: all of them, or none and a list of what is wrong.

The same orders again add nothing; an older version than the one that is known adds nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select, update

from payments import audit
from payments.catalogue.model import ServiceItem
from payments.catalogue.queries import priced_on
from payments.idempotency import Around, alone
from payments.interop.orders import bills
from payments.interop.orders.model import OrderLine, Wanted, WrongOrders, differences
from payments.interop.orders.rows import ORDER_LINE
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, Problem
from payments.kernel.scope import Scope
from payments.patients.rows import PATIENT
from payments.patients.service import register
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_SOURCE: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")
#: Values of one IN (…).
_BATCH: Final = 500

Key = tuple[str, int]
Prices = Mapping[HospitalDay, Mapping[str, ServiceItem]]


@dataclass(frozen=True, slots=True)
class Taken:
    """
    What became of the lines that were told.

    *repeated* were known in this version, *stale* in a newer one; *drafted* changes of lines that
    were billed already wait for a person.
    """

    added: int
    changed: int
    repeated: int
    stale: int
    drafted: int


def take_in(
    runtime: Runtime,
    scope: Scope,
    source: str,
    lines: Sequence[OrderLine],
    *,
    around: Around = alone,
) -> Taken:
    """
    Take *lines* of the program *source* in, in one commit; *around* happens in it too.

    Raises:
        WrongOrders: a service or price that the catalogue does not have on that day, a version
            that was told otherwise before, a billed line that moved to another patient.
        InvalidField: *source* is no name.
    """
    if not _SOURCE.fullmatch(source):
        raise InvalidField("source", "short_name")
    return runtime.database.run(
        scope, lambda tx: around(tx, lambda: _take_in(tx, runtime, source, lines))
    )


def _take_in(tx: UnitOfWork, runtime: Runtime, source: str, lines: Sequence[OrderLine]) -> Taken:
    prices = _prices(tx, lines)
    stored = _stored(tx, source, lines)
    problems = [
        *(problem for line in lines for problem in _price_problems(line, prices)),
        *(problem for line in lines for problem in _known_problems(line, stored.get(line.key))),
    ]
    if problems:
        raise WrongOrders(problems)
    patients = {
        one.file_number: register(
            tx,
            runtime.keys,
            file_number=one.file_number,
            name=one.name,
            birth_year=one.birth_year,
        )
        for one in {line.patient.file_number: line.patient for line in lines}.values()
    }
    counts: Counter[str] = Counter()
    # In one order, so that two imports of the same orders never wait for each other in a circle.
    for line in sorted(lines, key=lambda one: one.key):
        item = prices[line.ordered_on][line.service_code]
        facts = _facts(line, item, patients[line.patient.file_number])
        what, drafted = _keep(tx, source, line, item, facts)
        counts[what] += 1
        counts["drafted"] += drafted
    taken = Taken(
        **{name: counts[name] for name in ("added", "changed", "repeated", "stale", "drafted")}
    )
    if taken.added or taken.changed:
        audit.append(tx, "orders.taken_in", f"orders:{source}", **dict(counts))
    return taken


def _keep(
    tx: UnitOfWork, source: str, line: OrderLine, item: ServiceItem, facts: Mapping[str, Any]
) -> tuple[str, int]:
    """Store one line if it is news; says what it was, and how many drafts it made."""
    order = new_id()
    identity = {"id": order, "source": source, "number": line.number, "line": line.line}
    started = {"invoice_id": None, "issues": 0, "made_at": tx.now(), "changed_at": tx.now()}
    if insert_new(tx, ORDER_LINE, {**identity, **facts, **started}):
        return "added", 0
    known = (
        (ORDER_LINE.c.facility_id == tx.facility)
        & (ORDER_LINE.c.source == source)
        & (ORDER_LINE.c.number == line.number)
        & (ORDER_LINE.c.line == line.line)
    )
    changed = tx.execute(
        update(ORDER_LINE)
        .where(known, ORDER_LINE.c.version < line.version)
        .values(**facts, changed_at=tx.now())
        .returning(ORDER_LINE.c.id)
    ).first()
    if changed is None:
        version = tx.execute(select(ORDER_LINE.c.version).where(known)).scalar_one()
        return ("repeated" if version == line.version else "stale"), 0
    bills.supersede(tx, [changed.id])
    standing = bills.billed(tx, changed.id)
    if not standing:
        return "changed", 0
    wanted = Wanted(item.code, item.department_code, item.price, line.quantity)
    found = differences(None if line.is_cancelled else wanted, standing)
    return "changed", bills.draft(tx, changed.id, line.version, found)


def _facts(line: OrderLine, item: ServiceItem, patient: object) -> dict[str, Any]:
    return {
        "version": line.version,
        "content_sha256": line.sha256(),
        "patient_id": patient,
        "service_code": line.service_code,
        "quantity": line.quantity,
        "unit_price": item.price.dong,
        "ordered_on": line.ordered_on.date,
        "is_cancelled": line.is_cancelled,
    }


def _prices(tx: UnitOfWork, lines: Sequence[OrderLine]) -> Prices:
    codes: dict[HospitalDay, set[str]] = {}
    for line in lines:
        codes.setdefault(line.ordered_on, set()).add(line.service_code)
    return {
        day: {
            code: item
            for piece in _pieces(sorted(wanted))
            for code, item in priced_on(tx, piece, day).items()
        }
        for day, wanted in codes.items()
    }


def _stored(tx: UnitOfWork, source: str, lines: Sequence[OrderLine]) -> dict[Key, Row[Any]]:
    found: dict[Key, Row[Any]] = {}
    for piece in _pieces(sorted({line.number for line in lines})):
        rows = tx.execute(
            select(
                ORDER_LINE.c.number,
                ORDER_LINE.c.line,
                ORDER_LINE.c.version,
                ORDER_LINE.c.content_sha256,
                PATIENT.c.file_number,
                bills.is_free().label("is_free"),
            )
            .join(
                PATIENT,
                (PATIENT.c.facility_id == ORDER_LINE.c.facility_id)
                & (PATIENT.c.id == ORDER_LINE.c.patient_id),
            )
            .where(
                ORDER_LINE.c.facility_id == tx.facility,
                ORDER_LINE.c.source == source,
                ORDER_LINE.c.number.in_(piece),
            )
        )
        found |= {(row.number, row.line): row for row in rows}
    return found


def _price_problems(line: OrderLine, prices: Prices) -> Iterator[Problem]:
    item = prices[line.ordered_on].get(line.service_code)
    if item is None:
        facts = {"code": line.service_code, "day": line.ordered_on}
        yield Problem(line.row, "service_code", "order_no_service", facts)
    elif line.declared_price is not None and line.declared_price != item.price:
        values = {
            "told": line.declared_price,
            "price": item.price,
            "day": line.ordered_on,
        }
        yield Problem(line.row, "unit_price", "order_other_price", values)


def _known_problems(line: OrderLine, known: Row[Any] | None) -> Iterator[Problem]:
    if known is None or line.version < known.version:
        return
    if line.version == known.version and line.sha256() != known.content_sha256:
        yield Problem(line.row, "version", "order_same_version", {"version": line.version})
    elif not known.is_free and line.patient.file_number != known.file_number:
        yield Problem(line.row, "file_number", "order_other_patient")


def _pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
