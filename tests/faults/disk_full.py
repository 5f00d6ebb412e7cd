"""
C5: the disk of the database is full while clients pay, and then it is not.

    python -m tests.faults.disk_full --payments 1000 --seed 1

PostgreSQL lies on a file system of its own in memory (root alone may mount one), which a file fills
to the last byte during the payments. A database that ends for want of room is started again once
there is room, as its unit of systemd would. SQLite, afterwards: the process may write files up to
the present size of its database and no further (``RLIMIT_FSIZE``); each payment then fails whole.

PASS: while full, no answer but "try again" for what is not kept; each acknowledged payment is in
the ledger once; payments go on within 30 s after there is room; the oracle finds no difference.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from payments.kernel.clock import SystemClock
from payments.kernel.money import vnd
from payments.keys import write_new
from tests.faults import script
from tests.faults.crash import Theatre, judge, performed
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import fresh_sqlite
from tests.support.hospital import Hospital
from tests.support.own_postgres import OwnPostgres
from tests.support.programs import until
from tests.support.stage import SCOPE, Address, runtime_at

_SIZE_MB: Final = 400
_BACK_MAX_S: Final = 30.0
_FULL_S: Final = 8.0
#: No segment of the log is kept in reserve: the next one needs room that there is not.
_SETTINGS: Final = {"min_wal_size": "2MB", "max_wal_size": "8MB"}


def run(seed: int, *, payments: int, clients: int) -> Outcome:
    outcome = Outcome()
    _sqlite(outcome)
    if os.getuid() != 0:
        outcome.failures.append("PostgreSQL not run: only root may mount a file system of its own")
        return outcome
    with _small_disk() as place:
        server = OwnPostgres(place, initdb=("--wal-segsize=1",), settings=_SETTINGS)
        server.start()
        try:
            with performed(server, server.url, payments, clients, seed) as programs:
                _fill(place, programs, outcome)
                programs.traffic.wait()
                judge(programs, outcome)
        finally:
            server.stop()
    return outcome


def _fill(place: Path, programs: Theatre, outcome: Outcome) -> None:
    traffic, server = programs.traffic, programs.server
    traffic.start()
    until(lambda: traffic.count() > 10, seconds=60, what="the first payments")
    filler = place / "filler"
    _fill_up(filler)
    full_at = time.monotonic()
    until(
        lambda: not traffic.is_running() or any(s == 0 or s >= 500 for s in traffic.answers),
        seconds=60,
        what="an answer of the full disk",
    )
    while time.monotonic() < full_at + _FULL_S and traffic.is_running():
        # What was freed by an end of the server is filled again.
        _fill_up(filler)
        time.sleep(0.2)
    outcome.expect("clients still paid when there was room again", traffic.is_running(), True)
    had_ended = not server.is_running()
    filler.unlink()
    freed_at = time.monotonic()
    kept = sum(full_at <= at < freed_at for at in traffic.acknowledged)
    outcome.figures["acknowledged while full, in room that was there"] = kept
    if had_ended:
        server.start()
    until(
        lambda: traffic.first_after(freed_at) is not None or not traffic.is_running(),
        seconds=120,
        what="a payment after there was room",
    )
    first = traffic.first_after(freed_at)
    back = None if first is None else first - freed_at
    outcome.figures["the server ended for want of room"] = had_ended
    outcome.figures["seconds until payments went on"] = "never" if back is None else round(back, 2)
    outcome.expect("back in time", back is not None and back <= _BACK_MAX_S, True)
    told = {status for status in traffic.answers if status not in (0, 200) and status < 500}
    outcome.expect("answers that were neither yes nor try again", sorted(told), [])


def _fill_up(filler: Path) -> None:
    """Write until there is no room for one more byte."""
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 4_096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as full:
                if full.errno != errno.ENOSPC:
                    raise


@contextmanager
def _small_disk() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="vienphi-full-"))
    options = f"size={_SIZE_MB}m,mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
        place.rmdir()


def _sqlite(outcome: Outcome) -> None:
    """Let the file of SQLite grow no further during ten transfers, then let it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_new(folder / "keys.json", demo=True)
        fresh_sqlite(folder / "vienphi.db", SystemClock()).close()
        address = Address(f"sqlite:///{folder / 'vienphi.db'}", str(folder / "keys.json"))
        hospital = Hospital(runtime_at(address), SCOPE)
        due = [hospital.issue() for _ in range(10)]
        told = [hospital.transfer(hospital.show(one).code, vnd(150_000)) for one in due]
        with hospital.runtime.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        failed = 0
        with _no_larger_than(4_096):
            for one in told:
                try:
                    hospital.arrive(one)
                except DBAPIError:
                    failed += 1
        kept = sum(bool(hospital.payments(one)) for one in due)
        outcome.expect("SQLite: payments that the full disk took", kept, len(told) - failed)
        outcome.expect("SQLite: transfers that failed whole", failed, len(told))
        for one in told:
            hospital.arrive(one)
        hospital.work()
        paid = sum(len(hospital.payments(one)) == 1 for one in due)
        outcome.expect("SQLite: paid once, when there was room", paid, len(told))
        outcome.failures += oracle.findings(hospital.runtime, SCOPE)
        hospital.runtime.database.close()


@contextmanager
def _no_larger_than(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond *size* bytes: a write fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


if __name__ == "__main__":
    sizes = {"payments": 1_000, "clients": 10}
    raise SystemExit(script.main(run, "C5 full disk", sizes, needs_cluster=False))
