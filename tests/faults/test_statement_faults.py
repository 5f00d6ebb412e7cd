"""A statement whose import dies at any commit ends as the unbroken one: no line lost or twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import func, select

from payments import jobs
from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.kernel.calendar import HospitalDay
from payments.kernel.scope import Scope
from payments.ledger.rows import TXN
from payments.reconciliation import applying, staging
from payments.reconciliation.importing import take_in
from payments.reconciliation.model import Source
from payments.reconciliation.rows import STATEMENT_LINE, STATEMENT_STAGED
from payments.reconciliation.sides import inputs
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database, UnitOfWork
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement

LINES = (
    Moved(5_000),
    Moved(5_000),
    Moved(-1_100, "PHI"),
    Moved(7_000, "FT7"),
    Moved(5_000),
    Moved(8_000, "FT8"),
    Moved(9_000),
)
#: Its first lines stand in an earlier statement: two of the three twins.
EARLIER = a_statement(Moved(5_000), Moved(5_000))
#: More than any import of these lines makes.
_COMMITS_MAX = 60


class _Killed(BaseException):
    pass


@dataclass
class _Fuse:
    """Burns at the commit number *left*, before it is made or right after."""

    left: int
    is_after: bool
    commits: int = field(default=0)


class _Mortal(Database):
    """A database whose program dies at one of its commits."""

    fuse: _Fuse

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[UnitOfWork]:
        with super().transaction(scope) as tx:
            yield tx
            self.fuse.commits += 1
            if self.fuse.commits == self.fuse.left and not self.fuse.is_after:
                raise _Killed
        if self.fuse.commits == self.fuse.left:
            raise _Killed


def mortal(runtime: Runtime, fuse: _Fuse) -> Runtime:
    made = _Mortal("", runtime.clock, engine=runtime.database.engine)
    made.fuse = fuse
    return replace(runtime, database=made)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PIECE", 2)
    monkeypatch.setattr(applying, "GROUP_MAX", 2)


def outcome(hospital: Hospital) -> tuple[Counter[tuple[str, int]], dict[str, int]]:
    """Tell the movements, and how many rows each table has."""
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(select(BANK_CREDIT.c.direction, BANK_CREDIT.c.amount)).all()
        tables = (EVIDENCE, TXN, STATEMENT_LINE, STATEMENT_STAGED)
        counts = {
            table.name: tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables
        }
    return Counter((row.direction, row.amount) for row in rows), counts


def waits_for_worker(hospital: Hospital) -> bool:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        waiting = tx.execute(
            select(jobs.JOB.c.id).where(
                jobs.JOB.c.kind == staging.APPLY, jobs.JOB.c.state == "waiting"
            )
        )
        return waiting.first() is not None


EXPECTED = (
    Counter(
        {("in", 5_000): 3, ("out", 1_100): 1, ("in", 7_000): 1, ("in", 8_000): 1, ("in", 9_000): 1}
    ),
    {"evidence": 7, "ledger_txn": 6, "statement_line": 7, "statement_staged": 0},
)


def test_unbroken_import_is_what_is_expected(hospital: Hospital) -> None:
    take_in(hospital.runtime, hospital.scope, PAYEE.account, EARLIER)
    fuse = _Fuse(0, is_after=False)

    take_in(mortal(hospital.runtime, fuse), hospital.scope, PAYEE.account, a_statement(*LINES))

    assert outcome(hospital) == EXPECTED
    assert 10 < fuse.commits < _COMMITS_MAX


@pytest.mark.parametrize(
    ("at", "is_after"),
    [(1, True), (2, True), (3, False), (5, True), (6, False), (8, True), (11, False), (14, True)],
)
def test_import_that_dies_at_a_commit_is_finished_by_the_same_file(
    hospital: Hospital, at: int, is_after: bool
) -> None:
    take_in(hospital.runtime, hospital.scope, PAYEE.account, EARLIER)
    content = a_statement(*LINES)
    dying = mortal(hospital.runtime, _Fuse(at, is_after))
    with pytest.raises(_Killed):
        take_in(dying, hospital.scope, PAYEE.account, content)

    take_in(hospital.runtime, hospital.scope, PAYEE.account, content)

    assert outcome(hospital) == EXPECTED
    hospital.assert_balanced()


@pytest.mark.parametrize("at", [6, 8, 11])
def test_import_that_dies_when_it_is_whole_is_finished_by_the_worker(
    hospital: Hospital, at: int
) -> None:
    take_in(hospital.runtime, hospital.scope, PAYEE.account, EARLIER)
    with pytest.raises(_Killed):
        take_in(
            mortal(hospital.runtime, _Fuse(at, is_after=True)),
            hospital.scope,
            PAYEE.account,
            a_statement(*LINES),
        )
    assert waits_for_worker(hospital)

    hospital.work()

    assert outcome(hospital) == EXPECTED


def test_half_a_statement_is_seen_by_nobody_and_keeps_no_other_from_its_lines(
    hospital: Hospital,
) -> None:
    dying = mortal(hospital.runtime, _Fuse(3, is_after=True))
    with pytest.raises(_Killed):
        take_in(dying, hospital.scope, PAYEE.account, a_statement(*LINES))

    with hospital.runtime.database.reading(hospital.scope) as tx:
        sides = inputs(tx, PAYEE.account, HospitalDay.parse("2026-11-24"))
    assert (sides.source, sides.bank) == (Source.FEED, ())
    assert outcome(hospital)[1]["statement_staged"] == 4
    take_in(hospital.runtime, hospital.scope, PAYEE.account, EARLIER)
    assert outcome(hospital)[0] == {("in", 5_000): 2}


def test_statement_whose_lines_have_no_place_yet_does_not_cover_its_day(
    hospital: Hospital,
) -> None:
    dying = mortal(hospital.runtime, _Fuse(7, is_after=True))
    with pytest.raises(_Killed):
        take_in(dying, hospital.scope, PAYEE.account, a_statement(*LINES))

    assert outcome(hospital)[1]["statement_line"] == 2
    with hospital.runtime.database.reading(hospital.scope) as tx:
        sides = inputs(tx, PAYEE.account, HospitalDay.parse("2026-11-24"))
    assert (sides.source, sides.bank) == (Source.FEED, ())
