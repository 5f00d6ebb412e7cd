"""
C10: each migration goes down and up again under load; nobody waits long for it.

    python -m tests.faults.migrating --invoices 600 --seed 1

The database holds paid invoices. From the newest step to the first whose tables a payment needs,
each step is taken down, up again, and down for good. All the while fifty times a second a probe
locks one of the tables that a payment writes, by turns, in the mode of an INSERT: it
waits for a step exactly as a payment would, also where the program of this release cannot run on
the older schema. Where it can, payments of the program come too, fifty a second.

PASS: no probe and no payment waits longer than 2 s; a payment that fails does so because the older
schema lacks what it names, and never after the step is up again. A step may give way to payments (a
lock that it does not get in 4 s, a deadlock that the database ends): it leaves nothing behind, is
counted and taken again. A downgrade that refuses rows which the older schema cannot hold ends the
walk.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle
from typing import Any, Final

import psycopg
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from payments.kernel.money import vnd
from payments.resources import resource
from payments.storage.engine import make_engine
from payments.storage.upgrading import current_revision, downgrade, upgrade
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.crowd import Owed, owed
from tests.support.databases import Cluster
from tests.support.stage import Stage, stage

_WAIT_MAX_S: Final = 2.0
_EVERY_S: Final = 0.02
#: What a payment writes; the walk ends where one of them comes into being.
_WRITTEN: Final = ("payment", "invoice", "ledger_txn", "ledger_posting", "bank_credit")
#: What the older schema lacks: the program of this release names it in vain.
_LACKS: Final = {"42703": "column", "42P01": "table", "42883": "function", "23514": "value"}


_GAVE_WAY: Final = {"40P01": "deadlock", "55P03": "lock not had in 4 s"}
_TRIES_MAX: Final = 10


@dataclass(slots=True)
class Load:
    """Runs *once* fifty times a second and remembers how long it took, and what it met."""

    once: Callable[[], None]
    is_on: threading.Event = field(default_factory=threading.Event)
    longest: float = 0.0
    done: int = 0
    lacked: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    #: The step that is being taken, for whoever reads a failure.
    step: str = ""

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(_EVERY_S):
            if not self.is_on.is_set():
                continue
            began = time.monotonic()
            try:
                self.once()
                self.done += 1
            except DBAPIError as error:
                self._met(getattr(error.orig, "sqlstate", "") or "", str(error.orig))
            except psycopg.Error as error:
                self._met(error.sqlstate or "", str(error))
            took = time.monotonic() - began
            if took > _WAIT_MAX_S:
                self.failed.append(f"{self.step}: waited {took:.1f} s")
            self.longest = max(self.longest, took)

    def _met(self, sqlstate: str, words: str) -> None:
        if sqlstate in _LACKS:
            self.lacked[_LACKS[sqlstate]] += 1
        else:
            self.failed.append(f"{self.step}: {sqlstate} {words.splitlines()[0][:160]}")


def run(cluster: Cluster, _seed: int, *, invoices: int) -> Outcome:
    outcome = Outcome()
    with stage(cluster) as made:
        codes = owed(made.address, invoices, processes=2)
        for one in codes[: invoices // 3]:
            _pay(made, one, one.number)
        made.hospital.work()
        tables = cycle(_WRITTEN)
        # Once all are paid, more comes for the paid: that is money in suspense, and a payment too.
        waiting, numbers = cycle(codes[invoices // 3 :]), count(invoices + 1)
        name = made.database.engine.url.database or ""
        made.as_superuser(f'GRANT CONNECT, CREATE ON DATABASE "{name}" TO vp_owner')
        owner = make_engine(cluster.url_of(name, "vp_owner"))
        probe = Load(lambda: _probe(line, next(tables)))
        pay = Load(lambda: _pay(made, next(waiting), next(numbers)))
        with (
            psycopg.connect(_plain(cluster.url_of(name)), autocommit=True) as line,
            _running(probe, pay),
        ):
            _walk(owner, line, probe, pay, outcome)
        owner.dispose()
        for name, load in (("probes", probe), ("payments", pay)):
            outcome.figures[f"{name}: done"] = load.done
            outcome.figures[f"{name}: longest, s"] = round(load.longest, 2)
            outcome.figures[f"{name}: met an older schema"] = dict(load.lacked)
            outcome.failures += [f"{name}: {one}" for one in load.failed]
        if not probe.done or not pay.done:
            outcome.failures.append("there was no load: nothing was tested")
    return outcome


def _walk(owner: Engine, line: Any, probe: Load, pay: Load, outcome: Outcome) -> None:
    """Take every step down, up and down, from the newest on."""
    longest = 0.0
    steps = 0
    probe.is_on.set()
    pay.is_on.set()
    # What payments meet while all steps are up is a failure, whatever its name.
    _rest(pay, outcome, "before the first step")
    for revision, below in _revisions(owner):
        probe.step = pay.step = revision
        if not _keeps_tables(owner, line, revision, below, probe, pay, outcome):
            break
        longest = max(longest, _step(partial(upgrade, owner, revision), outcome))
        if pay.is_on.is_set():
            _rest(pay, outcome, f"after {revision} was up again")
        # On the way down the program of this release ends somewhere; probes go on.
        before = pay.lacked.total()
        _step(partial(downgrade, owner, below), outcome)
        time.sleep(5 * _EVERY_S)
        if pay.lacked.total() > before and pay.is_on.is_set():
            pay.is_on.clear()
            outcome.figures["payments ran down to"] = revision
        steps += 1
    outcome.figures["steps down and up"] = steps
    outcome.figures["longest step up, s"] = round(longest, 2)
    _step(partial(upgrade, owner), outcome)
    outcome.expect("the newest again", current_revision(owner), _newest())


def _keeps_tables(
    owner: Engine, line: Any, revision: str, below: str, probe: Load, pay: Load, outcome: Outcome
) -> bool:
    """Take *revision* down; False where what a payment writes goes with it, or rows forbid it."""
    probe.is_on.clear()
    last = _has_tables(line)
    probe.is_on.set()
    try:
        _step(partial(downgrade, owner, below), outcome)
    except DBAPIError as refused:
        words = str(refused.orig).splitlines()[0][:120]
        outcome.figures["rows forbid to go below"] = f"{revision}: {words}"
        return False
    probe.is_on.clear()
    kept = _has_tables(line)
    if kept:
        probe.is_on.set()
    elif last:
        outcome.figures["a payment's tables begin with"] = revision
    return kept


def _rest(pay: Load, outcome: Outcome, when: str) -> None:
    """Let some payments through, none of which may miss anything."""
    time.sleep(2 * _EVERY_S)
    before, done = pay.lacked.total(), pay.done
    time.sleep(10 * _EVERY_S)
    if pay.lacked.total() > before:
        outcome.failures.append(f"{when}: payments still miss something")
    elif pay.done == done:
        outcome.failures.append(f"{when}: no payment came through")


def _probe(line: Any, table: str) -> None:
    # One table at a time: an order of its own would make deadlocks that no payment makes.
    with line.transaction():
        line.execute("SET LOCAL lock_timeout = '10s'")
        line.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")


def _step(take: Callable[[], None], outcome: Outcome) -> float:
    """Take a step, again where it gave way to payments, as an operator does; gives the seconds."""
    for _ in range(_TRIES_MAX):
        began = time.monotonic()
        try:
            take()
        except DBAPIError as gave_way:
            sqlstate = getattr(gave_way.orig, "sqlstate", "")
            if sqlstate not in _GAVE_WAY:
                raise
            found = f"steps that gave way and were taken again: {_GAVE_WAY[sqlstate]}"
            outcome.figures[found] = int(str(outcome.figures.get(found, 0))) + 1
        else:
            return time.monotonic() - began
    raise AssertionError(f"a step gave way to payments {_TRIES_MAX} times")


def _pay(made: Stage, one: Owed, number: int) -> None:
    reference = f"FT{number:09d}"
    made.hospital.arrive(made.hospital.transfer(one.code, vnd(one.dong), reference=reference))


def _has_tables(line: Any) -> bool:
    asked = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(%s)"
    return bool(line.execute(asked, (list(_WRITTEN),)).fetchone()[0] == len(_WRITTEN))


@contextmanager
def _running(*loads: Load) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in loads]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _revisions(owner: Engine) -> Iterator[tuple[str, str]]:
    """Give each step with the one below it, from where the database is."""
    known = ScriptDirectory(str(resource("migrations")))
    for one in known.walk_revisions("base", current_revision(owner) or "head"):
        if isinstance(one.down_revision, str):
            yield one.revision, one.down_revision


def _newest() -> str:
    return ScriptDirectory(str(resource("migrations"))).get_current_head() or ""


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


if __name__ == "__main__":
    raise SystemExit(script.main(run, "C10 migrations under load", {"invoices": 600}))
