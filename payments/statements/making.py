"""Makes a file: one snapshot in, rows through, sealed parts out; memory stays flat."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from payments import audit
from payments.config import Mode
from payments.identity.queries import facility_name
from payments.kernel.errors import Conflict, VienphiError
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.statements import ordering, plans, registry
from payments.statements.files.entries import people
from payments.statements.model import Reading, Sums, held_against
from payments.statements.ordering import PART, Order
from payments.statements.rows import EXPORT_ORDER, EXPORT_PART
from payments.statements.writers.heading import Heading, Sink
from payments.storage.unit_of_work import UnitOfWork

#: A part is sealed and stored by itself; the next one frees its memory.
_PART_BYTES: Final = 512 * 1024
#: Without a sign of life for so long its maker is gone: another one begins anew.
_LEASE: Final = timedelta(minutes=5)
_ATTEMPTS_MAX: Final = 3

_log = structlog.get_logger("exports")


class Overtaken(Conflict):
    """Another worker makes this file by now."""

    code = "export-overtaken"


def look(runtime: Runtime, scope: Scope) -> int:
    """Order what is planned, make what waits, erase what is old; tells how much was done."""
    did = plans.order_due(runtime, scope) + ordering.forget_old(runtime, scope)
    with runtime.database.reading(scope) as tx:
        due = tx.execute(
            select(EXPORT_ORDER.c.id)
            .where(
                EXPORT_ORDER.c.facility_id == tx.facility,
                or_(
                    EXPORT_ORDER.c.state == "waiting",
                    (EXPORT_ORDER.c.state == "making")
                    & (EXPORT_ORDER.c.begun_at < tx.now() - _LEASE),
                ),
            )
            .order_by(EXPORT_ORDER.c.made_at)
            .limit(1)
        ).scalar()
    if due is None:
        return did
    make(runtime, scope, due)
    return did + 1


def make(runtime: Runtime, scope: Scope, wanted: UUID) -> None:
    """
    Make the file *wanted*, if nobody else does; what stops it stands in its row, for a person.

    Raises:
        NoExport: there is none.
    """
    told = _begin(runtime, scope, wanted)
    if told is None:
        return
    try:
        _write(runtime, scope, told)
    except Overtaken:
        _log.warning("export.overtaken", export=str(wanted))
    except VienphiError as error:
        facts = {name: str(value) for name, value in error.extras.items()}
        _log.error("export.failed", export=str(wanted), error=error.code)
        _fail(runtime, scope, told, error.wording, facts)
    except Exception as error:
        # Whatever it is: the worker goes on, and the person reads that it did not work.
        _log.error("export.failed", export=str(wanted), error=type(error).__name__, exc_info=True)
        if told.attempt >= _ATTEMPTS_MAX:
            _fail(runtime, scope, told, "error.error", {})
        else:
            _put_back(runtime, scope, told)


def _begin(runtime: Runtime, scope: Scope, wanted: UUID) -> Order | None:
    with runtime.database.transaction(scope) as tx:
        told = ordering.read(tx, wanted)
        mine = _is(tx, told) & EXPORT_ORDER.c.state.in_(("waiting", "making"))
        taken = tx.execute(
            update(EXPORT_ORDER)
            .where(mine)
            .values(state="making", attempt=told.attempt + 1, rows=0, begun_at=tx.now())
        ).rowcount
        if not taken:
            return None
        tx.execute(
            delete(EXPORT_PART).where(
                EXPORT_PART.c.facility_id == tx.facility, EXPORT_PART.c.order_id == wanted
            )
        )
        return ordering.read(tx, wanted)


def _write(runtime: Runtime, scope: Scope, told: Order) -> None:
    what = registry.statement(told.file, told.span.last.date)
    sums = Sums(what.columns)
    out = _Parts(runtime, scope, told, sums)
    with runtime.database.snapshot(scope) as tx:
        reading = Reading(tx, runtime.keys, told.span)
        if what.before is not None:
            what.before(reading)
        heading = Heading(
            what,
            told.span,
            facility_name(tx),
            int(tx.facility),
            people(tx).get(told.made_by, told.made_by),
            tx.now(),
            is_trial=runtime.settings.mode is Mode.TRIAL,
        )
        write(reading, heading, told.form, out, sums)
    out.close()


def write(reading: Reading, heading: Heading, form: str, sink: Sink, sums: Sums) -> None:
    """
    Write all rows of a file into *sink*, and hold their sum against the ledger.

    Raises:
        TotalsDiffer: the rows do not sum to the ledger.
    """
    what = heading.statement
    writer = registry.form(form).writer(heading, sink, reading.keys)
    try:
        for row in what.rows(reading):
            sums.add(row)
            writer.row(row)
        if what.proof is not None:
            held_against(what.proof, sums, what.proof.ledger(reading))
        writer.close(sums)
    except BaseException:
        writer.drop()
        raise


class _Parts:
    """Takes the bytes of a file and stores them, a part at a time, each in its own commit."""

    def __init__(self, runtime: Runtime, scope: Scope, told: Order, sums: Sums) -> None:
        self._runtime, self._scope = runtime, scope
        self._order, self._sums = told, sums
        self._held = bytearray()
        self._hash = hashlib.sha256()
        self._number = 0
        self._size = 0

    def write(self, content: bytes, /) -> int:
        self._held += content
        self._hash.update(content)
        self._size += len(content)
        if len(self._held) >= _PART_BYTES:
            self._store({})
        return len(content)

    def flush(self) -> None:
        """What is held is stored when it is enough, or at the end."""

    def close(self) -> None:
        amounts = {name: amount.dong for name, amount in self._sums.amounts().items()}
        self._store(
            {
                "state": "ready",
                "sums": json.dumps(amounts),
                "size": self._size,
                "sha256": self._hash.digest(),
                "ended_at": self._runtime.clock.now(),
            }
        )

    def _store(self, more: dict[str, object]) -> None:
        sealed = self._runtime.keys.seal(
            "personal", base64.b64encode(self._held).decode(), context=PART
        )
        with self._runtime.database.transaction(self._scope) as tx:
            _note(tx, self._order, rows=self._sums.rows, begun_at=tx.now(), **more)
            tx.execute(
                insert(EXPORT_PART),
                {
                    "facility_id": tx.facility,
                    "order_id": self._order.id,
                    "attempt": self._order.attempt,
                    "number": self._number,
                    "content_sealed": sealed,
                },
            )
            if more:
                audit.append(
                    tx,
                    "export.made",
                    f"export:{self._order.id}",
                    rows=self._sums.rows,
                    sha256=self._hash.hexdigest(),
                )
        self._held.clear()
        self._number += 1


def _fail(runtime: Runtime, scope: Scope, told: Order, wording: str, facts: dict[str, str]) -> None:
    failure = json.dumps({"wording": wording, "facts": facts}, ensure_ascii=False)
    with runtime.database.transaction(scope) as tx:
        tx.execute(
            delete(EXPORT_PART).where(
                EXPORT_PART.c.facility_id == tx.facility, EXPORT_PART.c.order_id == told.id
            )
        )
        _note(tx, told, state="failed", failure=failure, ended_at=tx.now())
        audit.append(tx, "export.failed", f"export:{told.id}", why=wording)


def _put_back(runtime: Runtime, scope: Scope, told: Order) -> None:
    with runtime.database.transaction(scope) as tx:
        _note(tx, told, state="waiting")


def _note(tx: UnitOfWork, told: Order, **values: object) -> None:
    """Change the order if it is still ours. Raises Overtaken."""
    mine = _is(tx, told) & (EXPORT_ORDER.c.state == "making")
    if not tx.execute(update(EXPORT_ORDER).where(mine).values(**values)).rowcount:
        raise Overtaken()


def _is(tx: UnitOfWork, told: Order) -> ColumnElement[bool]:
    return (
        (EXPORT_ORDER.c.facility_id == tx.facility)
        & (EXPORT_ORDER.c.id == told.id)
        & (EXPORT_ORDER.c.attempt == told.attempt)
    )
