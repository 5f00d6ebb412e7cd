"""
K1: a full morning: cashiers, their waiting pages, patients who ask, and a bank that tells.

    python -m tests.faults.crowd --minutes 30 --seed 1

gunicorn as deployed (workers = cores, gthread) and the job worker on a PostgreSQL of their own with
fsync on; one thread plays all people. No server error, and no difference between the journals of
the clients and the ledger. Times are held against the goal (p50 <= 150 ms, p99 <= 1 s) only when
minutes are asked for: in a few seconds on a shared machine they say nothing.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from sqlalchemy import select

from payments.identity import service as identity
from payments.identity.permissions import Role
from payments.invoicing.rows import INVOICE
from tests.faults import script
from tests.faults.crash import release
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.asking import Asking
from tests.support.clinic import Clinic
from tests.support.databases import prepare
from tests.support.journal import Journal
from tests.support.own_postgres import own_postgres
from tests.support.programs import Web, Worker, cpu_of, until
from tests.support.stage import Stage, stage
from tests.support.web import PASSWORD, add_user

_LOGINS: Final = 10
_P50_MAX_MS: Final = 150.0
_P99_MAX_MS: Final = 1_000.0
#: Pages that are slower than their patience would be asked for less often than they are.
_ASKS_EVERY_MAX_S: Final = 60.0


def run(seed: int, *, cashiers: int, patients: int, minutes: int = 0, seconds: int = 0) -> Outcome:
    outcome = Outcome()
    lasts = minutes * 60 + seconds
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(own_postgres())
        made = stack.enter_context(stage(prepare(server.url)))
        web = Web(made.address, place / "web.log", workers=os.cpu_count() or 1)
        worker = Worker(made.address, place / "worker.log")
        invoices, payments = Journal(place / "invoices"), Journal(place / "payments")
        stack.callback(invoices.close)
        stack.callback(payments.close)
        stack.callback(worker.stop)
        stack.callback(web.stop)
        sessions = _sign_in(made, cashiers)
        web.start()
        worker.start()
        until(lambda: server.serves("vp_worker"), seconds=60, what="the worker works")
        every = min(_ASKS_EVERY_MAX_S, lasts / 4)
        clinic = Clinic(Asking(web.port), invoices, payments, lasts, seed, every)
        programs = {"gunicorn": web.pid, "PostgreSQL": server.pid, "worker": worker.pid}
        before = {name: cpu_of(pid) for name, pid in programs.items()}
        own, began = time.process_time(), time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            # A thread of its own: in that of a browser's tests a loop is running already.
            pool.submit(asyncio.run, clinic.open(sessions, patients)).result()
        outcome.figures["requests"] = clinic.asking.count()
        rate = clinic.asking.count() / (time.monotonic() - began)
        outcome.figures["requests a second"] = round(rate, 1)
        spent = {name: cpu_of(pid) - before[name] for name, pid in programs.items()}
        spent["these clients"] = time.process_time() - own
        for name, cpu_s in spent.items():
            each = cpu_s * 1000 / clinic.asking.count()
            outcome.figures[f"CPU ms a request, {name}"] = round(each, 2)
        web.stop()
        worker.stop()
        _time(outcome, clinic.asking.took, is_held=bool(minutes))
        _judge(outcome, made, clinic)
    return outcome


def _sign_in(made: Stage, cashiers: int) -> list[str]:
    """Start a session for each cashier; returns their cookies."""
    logins = [
        add_user(made.runtime, made.scope, Role.CASHIER, f"thu.ngan.{number}")
        for number in range(min(cashiers, _LOGINS))
    ]
    cookies = []
    for number in range(cashiers):
        found = identity.sign_in(
            made.runtime,
            made.scope,
            login=logins[number % len(logins)],
            password=PASSWORD,
            address=f"10.0.{number // 250}.{number % 250}",
        )
        cookies.append(f"vienphi={found.token.reveal()}")
    return cookies


def _time(outcome: Outcome, took: dict[str, list[float]], *, is_held: bool) -> None:
    for kind, times in sorted(took.items()):
        p50, p99 = _percentiles(times)
        outcome.figures[f"{kind}: number, p50, p99 ms"] = f"{len(times)}, {p50:.0f}, {p99:.0f}"
    p50, p99 = _percentiles([one for times in took.values() for one in times])
    outcome.figures["all: p50, p99 ms"] = f"{p50:.0f}, {p99:.0f}"
    if is_held and (p50 > _P50_MAX_MS or p99 > _P99_MAX_MS):
        outcome.failures.append(f"p50 {p50:.0f} ms, p99 {p99:.0f} ms: slower than the goal")


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 100
    return cuts[49], cuts[98]


def _judge(outcome: Outcome, made: Stage, clinic: Clinic) -> None:
    """Join the journals with what the database holds, and ask the oracle."""
    release(made)
    made.hospital.work()
    statuses: Counter[int] = sum(clinic.asking.statuses.values(), Counter())
    outcome.figures["answers by status, 0: none"] = dict(sorted(statuses.items()))
    failed = sum(count for status, count in statuses.items() if status == 0 or status >= 400)
    outcome.expect("refused, failed or without an answer", failed, 0)
    outcome.expect("what went wrong", clinic.wrong[:5], [])
    with made.database.reading(made.scope) as tx:
        keys = tx.execute(select(INVOICE.c.idem_key).where(INVOICE.c.facility_id == tx.facility))
        issued = dict(Counter(keys.scalars()))
    posted = oracle.posted(made.database, made.scope)
    outcome.figures["payments seen on the desk"] = clinic.shown
    for name, journal, held in (
        ("invoices", clinic.invoices, issued),
        ("payments", clinic.payments, posted),
    ):
        judgement = journal.judge(held)
        outcome.figures[f"{name} acknowledged"] = judgement.acknowledged
        outcome.expect(f"{name} lost", list(judgement.lost), [])
        outcome.expect(f"{name} double", list(judgement.double), [])
        outcome.expect(f"{name} phantom", list(judgement.phantom), [])
        if not judgement.acknowledged:
            outcome.failures.append(f"no {name}: the run is too short")
    outcome.failures += oracle.findings(made.runtime, made.scope)


if __name__ == "__main__":
    sizes = {"cashiers": 200, "patients": 500, "minutes": 30, "seconds": 0}
    raise SystemExit(script.main(run, "K1 a full morning", sizes, needs_cluster=False))
