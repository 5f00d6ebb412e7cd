"""The worker serves every facility, and no bad job ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from payments import cli, jobs, worker
from payments.intents.repository import latest
from payments.intents.status import Status
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import FacilityId, Scope
from payments.receipts.service import NUMBER_RECEIPT
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from payments.worker import Worker
from tests.support.hospital import Hospital
from tests.support.ledger import as_role

OURS = Scope(FacilityId(99001), "user:test", "r")
THEIRS = Scope(FacilityId(99002), "user:test", "r")


def _worker_of(runtime: Runtime) -> Worker:
    if not runtime.database.is_postgres:
        return Worker(runtime)
    return Worker(replace(runtime, database=as_role(runtime.database, "vp_worker")))


def _job(database: Database, scope: Scope) -> list[tuple[str, int]]:
    with database.reading(scope) as tx:
        return [tuple(row) for row in tx.execute(select(jobs.JOB.c.state, jobs.JOB.c.attempts))]


def test_codes_of_every_facility_run_out(runtime: Runtime, clock: FrozenClock) -> None:
    if not runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    shown = {}
    for scope in (OURS, THEIRS):
        hospital = Hospital(runtime, scope)
        invoice = hospital.issue()
        shown[scope] = (invoice, hospital.show(invoice))
    clock.advance(timedelta(minutes=16))

    _worker_of(runtime).round()

    for scope, (invoice, _) in shown.items():
        with runtime.database.reading(scope) as tx:
            assert latest(tx, invoice).status is Status.EXPIRED  # type: ignore[union-attr]


@pytest.mark.parametrize(("kind", "subject"), [(NUMBER_RECEIPT, "no uuid"), ("unheard.of", "x")])
def test_a_bad_job_is_put_off_and_does_not_end_the_worker(
    runtime: Runtime, scope: Scope, kind: str, subject: str
) -> None:
    with runtime.database.transaction(scope) as tx:
        jobs.enqueue(tx, kind, subject)

    _worker_of(runtime).round()

    assert _job(runtime.database, scope) == [("waiting", 1)]


def test_a_bad_job_is_dead_in_the_end(runtime: Runtime, scope: Scope, clock: FrozenClock) -> None:
    with runtime.database.transaction(scope) as tx:
        jobs.enqueue(tx, "unheard.of", "x")
    working = _worker_of(runtime)

    for _ in range(jobs.ATTEMPTS_MAX + 3):
        working.round()
        clock.advance(timedelta(hours=2))

    assert _job(runtime.database, scope) == [("dead", jobs.ATTEMPTS_MAX)]


def test_a_worker_that_only_seals_leaves_the_jobs(runtime: Runtime, scope: Scope) -> None:
    with runtime.database.transaction(scope) as tx:
        jobs.enqueue(tx, "unheard.of", "x")
    database = runtime.database
    if database.is_postgres:
        database = as_role(database, "vp_worker")

    Worker(replace(runtime, database=database), only="seal").round()

    assert _job(runtime.database, scope) == [("waiting", 0)]


def test_every_loop_may_run_as_a_program_of_its_own() -> None:
    assert set(cli.LOOPS) == {"seal", "jobs", worker._GATEWAYS, *worker._APART}


def test_looks_through_whole_tables_are_not_in_the_loop_that_numbers_receipts(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {"einvoice_day", "erasing"}
    asked: list[str] = []
    for name in slow:
        told = (0.0, lambda _runtime, _scope, name=name: asked.append(name) or 0)
        monkeypatch.setitem(worker._APART, name, told)

    _worker_of(runtime).round()
    assert asked == []
    for name in slow:
        Worker(_worker_of(runtime)._runtime, only=name).round()
    assert set(asked) == slow
