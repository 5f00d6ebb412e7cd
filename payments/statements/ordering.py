"""Files that were asked for: their life, and where each one is on its way."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update

from payments import audit
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.ledger.rows import TXN
from payments.runtime import Runtime
from payments.statements import registry
from payments.statements.model import Span
from payments.statements.rows import EXPORT_ORDER, EXPORT_PART
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: Names of patients stand in files: they are taken within days, and asked for again when not.
KEPT: Final = timedelta(days=7)
#: Of fewer transactions a file is made while the person waits.
SHORT_MAX: Final = 2_000
PART: Final = "export_part.content_sealed"
_LISTED_MAX: Final = 50


class NoExport(NotFound):
    """This facility has made no such file."""

    code = "no-export"


class NotReady(Conflict):
    """The file is not made yet, could not be made, or its days are over."""

    code = "export-not-ready"


@dataclass(frozen=True, slots=True)
class Order:
    """
    A file that was asked for.

        waiting ──▶ making ──▶ ready ──after 7 days──▶ gone
                       └─────▶ failed
    """

    id: UUID
    file: str
    form: str
    span: Span
    state: str
    attempt: int
    rows: int
    sums: Mapping[str, Money]
    size: int
    sha256: str
    #: Wording and facts of what stopped it.
    failure: tuple[str, Mapping[str, object]] | None
    is_planned: bool
    made_by: str
    made_at: datetime
    ended_at: datetime | None

    @property
    def file_name(self) -> str:
        days = sorted({str(self.span.first), str(self.span.last)})
        return f"{self.file}-{'_'.join(days)}.{registry.FORMS[self.form].ending}"


def order(runtime: Runtime, scope: Scope, file: str, form: str, span: Span) -> UUID:
    """
    Ask for a file; it is made by the worker, or by ``making.make`` at once.

    Raises:
        InvalidField: there is no such file or form, or the span reaches into the future.
    """
    if span.last > HospitalDay.of(runtime.clock.now()):
        raise InvalidField("last_day", "span_future")
    with runtime.database.transaction(scope) as tx:
        return add(tx, file, form, span)


def add(tx: UnitOfWork, file: str, form: str, span: Span, plan: UUID | None = None) -> UUID:
    """Note an order inside a running transaction. Raises InvalidField."""
    made = new_id()
    values = {
        "facility_id": tx.facility,
        "id": made,
        "file": registry.statement(file, span.last.date).name,
        "form": registry.form(form).name,
        "first_day": span.first.date,
        "last_day": span.last.date,
        "state": "waiting",
        "attempt": 0,
        "rows": 0,
        "sums": "{}",
        "size": 0,
        "sha256": None,
        "failure": "",
        "plan_id": plan,
        "made_by": tx.scope.actor,
        "made_at": tx.now(),
        "begun_at": None,
        "ended_at": None,
    }
    tx.execute(insert(EXPORT_ORDER), values)
    audit.append(
        tx, "export.ordered", f"export:{made}", file=file, form=form, days=[span.first, span.last]
    )
    return made


def is_short(tx: UnitOfWork, span: Span) -> bool:
    """Say whether so little happened in *span* that nobody must wait for the worker."""
    some = (
        select(TXN.c.id)
        .where(
            TXN.c.facility_id == tx.facility,
            TXN.c.booked_on.between(span.first.date, span.last.date),
        )
        .limit(SHORT_MAX + 1)
        .subquery()
    )
    found: int = tx.execute(select(func.count()).select_from(some)).scalar_one()
    return found <= SHORT_MAX


def read(tx: UnitOfWork, wanted: UUID) -> Order:
    """Raises NoExport."""
    row = tx.execute(
        select(EXPORT_ORDER).where(
            EXPORT_ORDER.c.facility_id == tx.facility, EXPORT_ORDER.c.id == wanted
        )
    ).first()
    if row is None:
        raise NoExport()
    return _order(row)


def newest(tx: UnitOfWork) -> tuple[Order, ...]:
    rows = tx.execute(
        select(EXPORT_ORDER)
        .where(EXPORT_ORDER.c.facility_id == tx.facility)
        .order_by(EXPORT_ORDER.c.made_at.desc(), EXPORT_ORDER.c.id.desc())
        .limit(_LISTED_MAX)
    )
    return tuple(_order(row) for row in rows)


def take(runtime: Runtime, scope: Scope, wanted: UUID) -> tuple[Order, Iterator[bytes]]:
    """
    Take a file out: noted in the audit first, then part by part, each opened by itself.

    Raises:
        NoExport: there is none.
        NotReady: it is not made, or is kept no longer.
    """
    with runtime.database.transaction(scope) as tx:
        told = read(tx, wanted)
        if told.state != "ready":
            raise NotReady(state=told.state)
        audit.append(
            tx,
            "export.downloaded",
            f"export:{wanted}",
            file=told.file,
            form=told.form,
            rows=told.rows,
            sha256=told.sha256,
        )
    return told, _parts(runtime, scope, told)


def forget_old(runtime: Runtime, scope: Scope) -> int:
    """Erase the content of files whose days are over; what was asked for stays on the list."""
    before = runtime.clock.now() - KEPT
    old = select(EXPORT_ORDER.c.id).where(
        EXPORT_ORDER.c.facility_id == scope.facility,
        EXPORT_ORDER.c.state == "ready",
        EXPORT_ORDER.c.ended_at < before,
    )
    with runtime.database.reading(scope) as tx:
        ids = list(tx.execute(old.limit(_LISTED_MAX)).scalars())
    if not ids:
        return 0
    with runtime.database.transaction(scope) as tx:
        mine = (EXPORT_PART.c.facility_id == tx.facility) & EXPORT_PART.c.order_id.in_(ids)
        tx.execute(delete(EXPORT_PART).where(mine))
        tx.execute(
            update(EXPORT_ORDER)
            .where(EXPORT_ORDER.c.facility_id == tx.facility, EXPORT_ORDER.c.id.in_(ids))
            .values(state="gone")
        )
    return len(ids)


def _parts(runtime: Runtime, scope: Scope, told: Order) -> Iterator[bytes]:
    number = 0
    while True:
        with runtime.database.reading(scope) as tx:
            sealed = tx.execute(
                select(EXPORT_PART.c.content_sealed).where(
                    EXPORT_PART.c.facility_id == tx.facility,
                    EXPORT_PART.c.order_id == told.id,
                    EXPORT_PART.c.attempt == told.attempt,
                    EXPORT_PART.c.number == number,
                )
            ).scalar()
        if sealed is None:
            return
        yield base64.b64decode(runtime.keys.open("personal", sealed, context=PART))
        number += 1


def _order(row: Row[Any]) -> Order:
    told = json.loads(row.failure) if row.failure else None
    return Order(
        row.id,
        row.file,
        row.form,
        Span(HospitalDay(row.first_day), HospitalDay(row.last_day)),
        row.state,
        row.attempt,
        row.rows,
        {name: Money(dong) for name, dong in json.loads(row.sums).items()},
        row.size,
        "" if row.sha256 is None else row.sha256.hex(),
        None if told is None else (told["wording"], told["facts"]),
        row.plan_id is not None,
        row.made_by,
        row.made_at,
        row.ended_at,
    )
