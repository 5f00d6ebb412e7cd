"""
A price list in two steps: shown, then applied as it was shown. Nothing is applied by half.

    bytes ─read─▶ entries ─plan─▶ Preview (stored as shown) ─a person agrees─▶ prices from a day on

A price is a row that is added; the former one ends because the next begins. Applying the same list
again adds nothing.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, select, update

from payments import audit
from payments.catalogue import history, price_list, writing
from payments.catalogue.model import (
    Change,
    Entry,
    Insured,
    Kind,
    ListChanged,
    PastDate,
    counts,
    plan,
)
from payments.catalogue.rows import PRICE_LIST
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound, Problem
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.sheets import Line, UnreadableSheet
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: What nobody applied is forgotten.
_SHOWN_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list would change, as it stands now."""

    id: UUID
    since: HospitalDay
    is_whole: bool
    lines: int
    changes: tuple[Change, ...]

    @property
    def counts(self) -> dict[Kind, int]:
        return counts(self.changes)

    @property
    def seen(self) -> str:
        """Name what was shown: applied is that and nothing else."""
        told = hashlib.sha256()
        for one in self.changes:
            told.update(repr(one).encode())
        return told.hexdigest()


def show(
    runtime: Runtime, scope: Scope, content: bytes, *, since: HospitalDay, is_whole: bool
) -> Preview:
    """
    Read a list and say what it would change from *since* on; a whole list ends what it lacks.

    Raises:
        PastDate: *since* is over.
        UnreadableSheet: lines are wrong, with line, column and what to do; nothing is kept.
    """
    with runtime.database.transaction(scope) as tx:
        if since < HospitalDay.of(tx.now()):
            raise PastDate(day=since)
        departments = {one.code for one in history.departments(tx) if one.is_valid(since)}
        read = price_list.entries(content, departments)
        entries = tuple(entry for _, entry in read)
        made = _preview(tx, new_id(), since, entries, is_whole=is_whole)
        _refuse_same_day(tx, made, {entry.code: line for line, entry in read})
        return replace(made, id=_keep(tx, content, made, entries))


def shown(runtime: Runtime, scope: Scope, list_id: UUID) -> Preview:
    """Say again what a list that was shown would change now. Raises NotFound."""
    with runtime.database.reading(scope) as tx:
        return _stored(tx, list_id)[0]


def apply(runtime: Runtime, scope: Scope, list_id: UUID, seen: str) -> Preview:
    """
    Apply the list whose preview is *seen*; once, however often the button is pressed.

    Raises:
        NotFound: no such list, or it was shown more than a day ago.
        ListChanged: the catalogue is another than when the list was shown.
        PastDate: the list was to begin on a day that is over now.
    """
    with runtime.database.transaction(scope) as tx:
        preview, entries = _stored(tx, list_id)
        done = tx.execute(
            update(PRICE_LIST)
            .where(
                PRICE_LIST.c.facility_id == tx.facility,
                PRICE_LIST.c.id == list_id,
                PRICE_LIST.c.state == "shown",
            )
            .values(state="applied", applied_at=tx.now(), **_figures(preview))
        )
        if done.rowcount != 1:
            return preview
        if preview.since < HospitalDay.of(tx.now()):
            raise PastDate(day=preview.since)
        if preview.seen != seen:
            raise ListChanged()
        writing.write(tx, preview.changes, preview.since)
        audit.append(
            tx,
            "price_list.applied",
            f"price_list:{list_id}",
            valid_from=str(preview.since),
            lines=len(entries),
            **_figures(preview),
        )
        return preview


def _preview(
    tx: UnitOfWork,
    list_id: UUID,
    since: HospitalDay,
    entries: tuple[Entry, ...],
    *,
    is_whole: bool,
) -> Preview:
    sold = history.sold_on(tx, since)
    changes = plan(entries, sold, is_whole=is_whole)
    return Preview(list_id, since, is_whole, len(entries), tuple(changes))


def _refuse_same_day(tx: UnitOfWork, preview: Preview, lines: dict[str, Line]) -> None:
    """A price that begins on the same day stands: to replace it would be to overwrite it."""
    starting = history.starting_on(tx, preview.since)
    problems = []
    for one in preview.changes:
        is_other = one.code in starting and starting[one.code] != one.price
        if one.kind is Kind.UNCHANGED or not is_other:
            continue
        facts = {"code": one.code, "price": starting[one.code] or "–"}
        line = lines.get(one.code)
        number, title = (line.number, line.titles["price"]) if line else (None, "")
        problems.append(Problem(number, title, "price_list.same_day", facts))
    if problems:
        raise UnreadableSheet(problems)


def _keep(tx: UnitOfWork, content: bytes, made: Preview, entries: tuple[Entry, ...]) -> UUID:
    mine = PRICE_LIST.c.facility_id == tx.facility
    old = PRICE_LIST.c.made_at < tx.now() - _SHOWN_FOR
    tx.execute(delete(PRICE_LIST).where(mine, old, PRICE_LIST.c.state == "shown"))
    key = {
        "sha256": hashlib.sha256(content).digest(),
        "valid_from": made.since.date,
        "is_whole": made.is_whole,
    }
    told = json.dumps([_told(entry) for entry in entries])
    values = {
        "state": "shown",
        "made_at": tx.now(),
        "made_by": tx.scope.actor,
        "applied_at": None,
        **_figures(made),
    }
    body = {"id": made.id, "entries": zlib.compress(told.encode()), "lines": made.lines}
    if insert_new(tx, PRICE_LIST, key | body | values):
        return made.id
    is_same = [PRICE_LIST.c[name] == value for name, value in key.items()]
    tx.execute(update(PRICE_LIST).where(mine, *is_same).values(values))
    found: UUID = tx.execute(select(PRICE_LIST.c.id).where(mine, *is_same)).scalar_one()
    return found


def _stored(tx: UnitOfWork, list_id: UUID) -> tuple[Preview, tuple[Entry, ...]]:
    row = tx.execute(
        select(PRICE_LIST).where(
            PRICE_LIST.c.facility_id == tx.facility, PRICE_LIST.c.id == list_id
        )
    ).first()
    if row is None:
        raise NotFound(f"no price list {list_id}")
    entries = _entries(row)
    since = HospitalDay(row.valid_from)
    return _preview(tx, list_id, since, entries, is_whole=row.is_whole), entries


def _entries(row: Row[tuple[bytes]]) -> tuple[Entry, ...]:
    told = json.loads(zlib.decompress(row.entries))
    return tuple(map(_entry, told))


def _told(entry: Entry) -> list[Any]:
    """Write an entry; what the fund says comes last, for lists of before have none of it."""
    told: list[Any] = [entry.code, entry.name, entry.department, entry.price.dong]
    facts = entry.insured
    if facts is not None:
        price = None if facts.fund_price is None else facts.fund_price.dong
        told += [price, facts.rate, facts.group, facts.scope, facts.table]
    return told


def _entry(told: list[Any]) -> Entry:
    code, name, department, dong, *of_the_fund = told
    facts = None
    if of_the_fund:
        price, *rest = of_the_fund
        facts = Insured(None if price is None else vnd(price), *rest)
    return Entry(code, name, department, vnd(dong), facts)


def _figures(preview: Preview) -> dict[str, int]:
    found = preview.counts
    return {
        "added": found[Kind.ADDED],
        "changed": found[Kind.CHANGED],
        "ended": found[Kind.ENDED],
    }
