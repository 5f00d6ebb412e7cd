"""Lights with words: what is alive, what is silent, and what that means."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Final

from payments import jobs
from payments.identity.permissions import Permission
from payments.jobs import Queue
from payments.storage.unit_of_work import UnitOfWork
from payments.web.admin import channel_rows
from payments.web.admin.pages import ChannelRow, HealthPage, Light
from payments.web.admin.views import admin
from payments.web.chips import Chip
from payments.web.current import runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires
from payments.words.formats import local_time

#: The worker says so each minute; two may be missed.
_SILENT_AFTER: Final = timedelta(minutes=3)
#: A receipt's number is waited for by a person: seconds, not minutes.
_LATE_AFTER: Final = timedelta(minutes=1)
_SLOW_MS: Final = 200


@admin.get("/admin/health")
@requires(Permission.SIGN_OUT_OTHERS)
def health() -> str:
    began = time.monotonic()
    with runtime().database.reading(scope()) as tx:
        beat = jobs.last_beat(tx, "worker")
        queue = jobs.queue(tx)
        taken_ms = (time.monotonic() - began) * 1000
        lights = (_database(taken_ms), _worker(tx, beat), _queue(tx, queue), *_channels(tx))
        now = tx.now()
    printer = Light(
        words("health.printer"),
        Chip("off", "print", words("health.unknown")),
        words("health.printer.more"),
    )
    return render(HealthPage((*lights, printer), now))


def _database(taken_ms: float) -> Light:
    name, took = words("health.database"), words("health.took", ms=round(taken_ms))
    if taken_ms > _SLOW_MS:
        return Light(name, Chip("warn", "alert", words("health.slow")), took)
    return Light(name, Chip("ok", "check", words("health.good")), took)


def _worker(tx: UnitOfWork, beat: datetime | None) -> Light:
    name = words("health.worker")
    if beat is None:
        return Light(name, Chip("bad", "stop", words("health.never")), words("health.worker.start"))
    told = words("health.last", at=local_time(beat))
    if tx.now() - beat > _SILENT_AFTER:
        more = f"{told} {words('health.worker.start')}"
        return Light(name, Chip("bad", "stop", words("health.silent")), more)
    return Light(name, Chip("ok", "check", words("health.good")), told)


def _queue(tx: UnitOfWork, queue: Queue) -> Light:
    name, told = words("health.queue"), words("health.queue.more", n=queue.waiting, dead=queue.dead)
    if queue.dead:
        return Light(name, Chip("bad", "stop", words("health.given_up", n=queue.dead)), told)
    if queue.due_since is not None and tx.now() - queue.due_since > _LATE_AFTER:
        return Light(name, Chip("warn", "late", words("health.late")), told)
    return Light(name, Chip("ok", "check", words("health.good")), told)


def _channels(tx: UnitOfWork) -> list[Light]:
    return [_channel(one) for one in channel_rows.rows(tx) if one.valid]


def _channel(row: ChannelRow) -> Light:
    """Silence of a channel is no failure: at night nobody pays, and some tell nothing."""
    name, last_at = words("health.channel", slug=row.slug), row.last_at
    if row.more:
        # Slow, down, paused or refusing: as on the list of channels.
        return Light(name, row.state, row.more)
    if last_at is None:
        return Light(
            name, Chip("off", "clock", words("health.no_event")), words("health.no_event.more")
        )
    told = words("health.last", at=local_time(last_at))
    return Light(name, Chip("ok", "check", words("health.heard")), told)
