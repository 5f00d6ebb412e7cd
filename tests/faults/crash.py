"""
C1: kill -9 of random workers while clients pay: nothing is lost, nothing is double.

    python -m tests.faults.crash --payments 10000 --clients 50 --seed 1

gunicorn (four workers) and the job worker on a PostgreSQL of their own with fsync on. Each half
second one of the five is killed, by its pid. Clients keep a journal outside of the system and send
the same message until they are told yes; at the end journal and ledger are joined.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults import script
from tests.faults.script import Outcome
from tests.support import crowd, oracle
from tests.support.databases import prepare
from tests.support.journal import Journal
from tests.support.own_postgres import OwnPostgres, own_postgres
from tests.support.programs import Web, Worker, until
from tests.support.stage import Stage, stage
from tests.support.traffic import Traffic

_KILL_EVERY_S: Final = 0.5
_WORKERS: Final = 4


@dataclass(frozen=True, slots=True)
class Theatre:
    """The programs under test and those who pay."""

    server: OwnPostgres
    made: Stage
    web: Web
    worker: Worker
    traffic: Traffic


def run(seed: int, *, payments: int, clients: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with theatre(payments, clients, seed) as all_of_it:
        began = time.monotonic()
        all_of_it.traffic.start()
        killed = {"gunicorn workers killed": 0, "job workers killed": 0}
        while all_of_it.traffic.is_running():
            time.sleep(_KILL_EVERY_S)
            killed[_kill_one(all_of_it, chance)] += 1
        outcome.figures |= killed
        outcome.figures["payments a second"] = round(payments / (time.monotonic() - began), 1)
        judge(all_of_it, outcome)
        if not killed["gunicorn workers killed"]:
            outcome.failures.append("nothing was killed: take more payments")
    return outcome


def _kill_one(programs: Theatre, chance: random.Random) -> str:
    if chance.random() < 1 / (_WORKERS + 1):
        programs.worker.kill()
        programs.worker.start()
        return "job workers killed"
    pids = programs.web.worker_pids()
    if pids:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(pids), signal.SIGKILL)
    return "gunicorn workers killed"


@contextmanager
def theatre(payments: int, clients: int, seed: int) -> Iterator[Theatre]:
    """Build everything, with *payments* codes that wait to be paid."""
    with own_postgres() as server, performed(server, server.url, payments, clients, seed) as made:
        yield made


@contextmanager
def performed(
    server: OwnPostgres, url: str, payments: int, clients: int, seed: int
) -> Iterator[Theatre]:
    """Build the programs on *server*, which they reach by the superuser's *url*."""
    with tempfile.TemporaryDirectory() as place, stage(prepare(url)) as made:
        codes = crowd.owed(made.address, payments)
        web = Web(made.address, Path(place) / "web.log", workers=_WORKERS)
        worker = Worker(made.address, Path(place) / "worker.log")
        journal = Journal(Path(place) / "journal")
        traffic = Traffic(web.port, journal, codes, clients, seed)
        try:
            web.start()
            worker.start()
            # A program that finds no database at its start ends; that is not the test.
            until(lambda: server.serves("vp_worker"), seconds=60, what="the worker works")
            yield Theatre(server, made, web, worker, traffic)
        finally:
            web.stop()
            worker.stop()
            journal.close()


def judge(programs: Theatre, outcome: Outcome) -> None:
    """Join the journal with the ledger, and ask the oracle once the worker has come to rest."""
    made, traffic = programs.made, programs.traffic
    programs.web.stop()
    programs.worker.stop()
    release(made)
    made.hospital.work()
    judgement = traffic.journal.judge(oracle.posted(made.database, made.scope))
    payments = len(traffic.payments)
    outcome.figures["PostgreSQL"] = programs.server.version
    outcome.figures["answers by status, 0: none"] = dict(sorted(traffic.answers.items()))
    outcome.expect("intents", judgement.intents, payments)
    outcome.expect("acknowledged", judgement.acknowledged, payments)
    outcome.expect("lost", list(judgement.lost), [])
    outcome.expect("double", list(judgement.double), [])
    outcome.expect("phantom", list(judgement.phantom), [])
    outcome.expect("clients that gave up", traffic.gave_up, [])
    outcome.expect("received, đ", made.hospital.balance("1100").dong, payments * crowd.PRICE)
    outcome.failures += oracle.findings(made.runtime, made.scope)


def release(made: Stage) -> None:
    """Let jobs that a killed worker held, or that failed meanwhile, be due now, not in minutes."""
    made.as_superuser("UPDATE job SET run_at = now() - interval '1 second' WHERE state <> 'dead'")


if __name__ == "__main__":
    sizes = {"payments": 10_000, "clients": 50}
    raise SystemExit(script.main(run, "C1 killed workers", sizes, needs_cluster=False))
