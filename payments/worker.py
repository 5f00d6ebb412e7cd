"""
The worker: claimed jobs, polling of lists, expiry of codes, sealing. Any number may run.

Everything here may run twice or die at any point: the next run goes on from what is committed.
"""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass
from types import FrameType
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from payments import idempotency, jobs
from payments.audit_chain import sealing as audit_sealing
from payments.card_checks.asking import look as ask_portal
from payments.duties import KINDS
from payments.einvoicing.batch import draft_due
from payments.einvoicing.sending import look as issue_einvoices
from payments.events.delivering import look
from payments.inbox import service as messages
from payments.inbox.lanes import Lanes
from payments.inbox.polling import poll_all
from payments.intents.service import expire
from payments.jobs import Job
from payments.kernel.errors import VienphiError
from payments.kernel.scope import FacilityId, Scope
from payments.ledger import heads
from payments.ledger import sealing as ledger_sealing
from payments.ledger.heads import Head
from payments.numbering.service import void_stale
from payments.patients import reindexing
from payments.retention import erasing
from payments.runtime import Runtime
from payments.settlement.delivering import look as send_dossiers
from payments.statements.making import look as make_exports
from payments.storage import installation

#: Pauses in seconds. Sealing and numbering are what a person waits for; lists are the net below.
_IDLE_S: Final = 0.2
_SEAL_AUDIT_EVERY_S: Final = 1.0
_EXPIRE_EVERY_S: Final = 5.0
_POLL_EVERY_S: Final = 30.0
_TIDY_EVERY_S: Final = 60.0
_INDEX_EVERY_S: Final = 5.0
_EXPORT_HEADS_EVERY_S: Final = 300.0
#: Loops of their own: a slow gateway, or a look through whole tables, holds up no receipt.
_APART: Final = {
    "events": (1.0, look),
    "exports": (1.0, make_exports),
    "portal": (1.0, ask_portal),
    "dossiers": (1.0, send_dossiers),
    "einvoices": (1.0, issue_einvoices),
    "einvoice_day": (300.0, draft_due),
    "erasing": (86_400.0, erasing.tidy),
}
_GATEWAYS: Final = "gateways"
_GATEWAYS_EVERY_S: Final = 5.0
_WITHOUT_JOBS: Final = frozenset({"seal", _GATEWAYS, *_APART})
_AWAY_S: Final = 2.0
#: A run until idle that does not end is a job that breeds itself.
_ROUNDS_MAX: Final = 100_000

_log = structlog.get_logger("worker")


@dataclass(slots=True)
class _Every:
    """Says when a thing that is done now and then is due."""

    seconds: float
    last: float = float("-inf")

    def is_due(self) -> bool:
        now = time.monotonic()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True


class Worker:
    """One loop over all facilities that its database role may see."""

    def __init__(self, runtime: Runtime, *, only: str | None = None) -> None:
        self._runtime = runtime
        self._only = only
        self._stop = threading.Event()
        seal = [
            (_Every(0.0), _seal),
            (_Every(_SEAL_AUDIT_EVERY_S), _seal_audit),
            (_Every(_EXPORT_HEADS_EVERY_S), export_heads),
        ]
        others = [
            (_Every(_EXPIRE_EVERY_S), expire),
            (_Every(_POLL_EVERY_S), _poll),
            (_Every(_TIDY_EVERY_S), _tidy),
            (_Every(_INDEX_EVERY_S), reindexing.resume),
        ]
        self._tasks = (seal if only != "jobs" else []) + (others if only != "seal" else [])
        if only in _APART:
            seconds, task = _APART[only]
            self._tasks = [(_Every(seconds), task)]
        self._lanes = Lanes()
        if only == _GATEWAYS:
            self._tasks = [(_Every(_GATEWAYS_EVERY_S), self._lanes.start_due)]

    def stop(self) -> None:
        """End after the work in hand."""
        self._stop.set()

    def run(self) -> None:
        """Work until stopped. A database that is away is waited for, never a reason to end."""
        while not self._stop.is_set():
            try:
                did = self.round()
            except DBAPIError as error:
                _log.error("worker.database_away", error=type(error.orig).__name__)
                self._stop.wait(_AWAY_S)
                continue
            if not did:
                self._stop.wait(_IDLE_S)
        self._lanes.close()

    def round(self) -> int:
        """Do what is due once, for every facility; returns how much was done."""
        did = 0
        facilities = [one for one, _ in installation.facilities(self._runtime.database.engine)]
        # Asked once a round: a timer that is asked for each facility is due for the first alone.
        due = [task for every, task in self._tasks if every.is_due()]
        for facility in facilities:
            scope = Scope(facility, "job:worker", "worker")
            for task in due:
                did += task(self._runtime, scope)
        if self._only not in _WITHOUT_JOBS and facilities:
            did += run_jobs(self._runtime, facilities[0])
        return did


def _seal(runtime: Runtime, scope: Scope) -> int:
    return ledger_sealing.seal_once(runtime.database, scope)


def _seal_audit(runtime: Runtime, scope: Scope) -> int:
    return audit_sealing.seal_once(runtime.database, scope)


def export_heads(runtime: Runtime, scope: Scope) -> int:
    """Add the heads of both chains to the file of heads, where one is set; no work by itself."""
    path = runtime.settings.heads_file
    if path is None:
        return 0
    with runtime.database.reading(scope) as tx:
        newest = {"ledger": ledger_sealing.head(tx), "audit": audit_sealing.head(tx)}
        told = [Head.of(tx.facility, name, head, tx.now()) for name, head in newest.items()]
    try:
        heads.append(path, told)
    except OSError as error:
        # Payments go on; the next line is due in five minutes, and who watches the log sees this.
        _log.error("heads.not_written", error=error.strerror)
    return 0


def _poll(runtime: Runtime, scope: Scope) -> int:
    poll_all(runtime, scope)
    # Rows that are read again are no work: the worker may rest.
    return 0


def _tidy(runtime: Runtime, scope: Scope) -> int:
    did = messages.resume(runtime, scope)
    with runtime.database.transaction(scope) as tx:
        void_stale(tx)
        idempotency.forget(tx, before=tx.now() - idempotency.KEPT)
        jobs.beat(tx, "worker")
    return did


def run_jobs(runtime: Runtime, home: FacilityId, *, limit: int = 100) -> int:
    """Do up to *limit* due jobs; *home* is any facility, the jobs name their own."""
    claiming = Scope(home, "job:worker", "worker")
    for count in range(limit):
        job = jobs.claim(runtime.database, claiming)
        if job is None:
            return count
        _do(runtime, job)
    return limit


def _do(runtime: Runtime, job: Job) -> None:
    scope = Scope(job.facility, f"job:{job.kind}", str(job.id))
    try:
        KINDS[job.kind](runtime, scope, job.subject)
    except Exception as error:
        # Whatever it is: one bad job must not end the worker, and must not be taken up for ever.
        reason = _reason(error)
        _log.error("job.failed", kind=job.kind, job=str(job.id), error=reason, exc_info=True)
        jobs.fail(runtime.database, scope, job, reason)
    else:
        jobs.finish(runtime.database, scope, job)


def _reason(error: Exception) -> str:
    """Say what happened without values: those of a database's message may be a patient's."""
    if isinstance(error, VienphiError):
        return error.code if str(error) == error.code else f"{error.code}: {error}"
    if isinstance(error, DBAPIError):
        return type(error.orig).__name__
    return type(error).__name__


def run_until_idle(runtime: Runtime, scope: Scope) -> int:
    """Do all work that is due now, in this process."""
    did = 0
    for _ in range(_ROUNDS_MAX):
        step = run_jobs(runtime, scope.facility) + _seal(runtime, scope)
        step += _seal_audit(runtime, scope) + look(runtime, scope) + ask_portal(runtime, scope)
        step += send_dossiers(runtime, scope) + make_exports(runtime, scope)
        step += draft_due(runtime, scope) + issue_einvoices(runtime, scope)
        if not step:
            return did
        did += step
    raise RuntimeError("the worker does not come to rest")


def main(runtime: Runtime, *, only: str | None = None) -> int:
    """Run until SIGINT or SIGTERM."""
    worker = Worker(runtime, only=only)
    apart = [Worker(runtime, only=name) for name in (*_APART, _GATEWAYS)] if only is None else []
    threads = [threading.Thread(target=one.run) for one in apart]

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for one in (worker, *apart):
            one.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    _log.info("worker.started", only=only or "all")
    for one in threads:
        one.start()
    worker.run()
    for one in threads:
        one.join()
    _log.info("worker.stopped")
    return 0
