"""
C8: a base backup and the log of an archive, restored to a random second on a second server.

    python -m tests.faults.restore --payments 2000 --seed 1

Payments are posted, sealed and anchored on a server that archives its log; a base backup is taken
after a third of them. Then the server is killed. A second one starts on the backup, fetches the log
from the archive and stops at a moment that is drawn between the first anchor and the end.

PASS: each payment that was acknowledged before that moment is there, none that began after it; the
ledger verifies with every anchor that was signed before it; and an anchor that was signed after it
is reported, so that nobody takes an earlier state for the whole.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.ledger import queries
from payments.ledger.anchor_keys import new_key, read_key
from payments.ledger.anchoring import make_anchor
from payments.ledger.anchors import Anchor
from payments.ledger.verifying import verify
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.crowd import PRICE, Owed, owed
from tests.support.databases import prepare
from tests.support.own_postgres import OwnPostgres
from tests.support.programs import until
from tests.support.stage import SCOPE, Address, Stage, runtime_at, stage


@dataclass(slots=True)
class History:
    """What happened, by the clock of this machine."""

    #: Of each bank reference: when it began, and when it was acknowledged.
    paid: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    anchors: list[tuple[datetime, Anchor]] = field(default_factory=list)


def run(seed: int, *, payments: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with _two_servers() as (first, second, settings), stage(prepare(first.url)) as made:
        known = made.address
        history = _lived(made, second, first, payments)
        last = max(answered for _, answered in history.paid.values())
        moment = history.anchors[0][0] + chance.random() * (last - history.anchors[0][0])
        first.tell("SELECT pg_switch_wal()")
        until(
            lambda: first.asks("SELECT last_archived_wal IS NOT NULL AND NOT EXISTS ("
                "SELECT 1 FROM pg_ls_dir('pg_wal/archive_status') f WHERE f LIKE '%%.ready')"
                " FROM pg_stat_archiver") is True,
            seconds=120,
            what="the log is archived",
        )  # fmt: skip
        first.kill()
        settings["recovery_target_time"] = moment.isoformat()
        began = time.monotonic()
        second.start()
        until(
            lambda: second.asks("SELECT NOT pg_is_in_recovery()") is True,
            seconds=600,
            what="the restored server takes writes",
        )
        outcome.figures["seconds to restore"] = round(time.monotonic() - began, 1)
        size = second.asks("SELECT sum(pg_database_size(oid)) / 1048576 FROM pg_database")
        outcome.figures["databases, MB"] = int(size)
        _judge(second, known, history, moment, outcome)
        # The stage takes its database away at the end.
        first.start()
    return outcome


def _lived(made: Stage, second: OwnPostgres, first: OwnPostgres, payments: int) -> History:
    """Post *payments*, with a base backup after a third and an anchor after each further third."""
    history = History()
    key_file = Path(made.address.keys_file).parent / "anchor.pem"
    new_key(key_file)
    codes = owed(made.address, payments, processes=2)
    third = payments // 3
    for number, one in enumerate(codes, start=1):
        _pay(made, one, history)
        if number == third:
            second.copy(first.port, follows=False)
        if number in (2 * third, payments - third // 3):
            made.hospital.work()
            with made.database.transaction(SCOPE) as tx:
                day = HospitalDay.of(tx.now())
                anchor = make_anchor(tx, day, read_key(key_file))
            history.anchors.append((datetime.now(UTC), anchor))
    return history


def _pay(made: Stage, one: Owed, history: History) -> None:
    reference = f"FT{one.number:09d}"
    began = datetime.now(UTC)
    arrival = made.hospital.transfer(one.code, vnd(one.dong), reference=reference)
    made.hospital.arrive(arrival)
    history.paid[reference] = (began, datetime.now(UTC))


def _judge(
    second: OwnPostgres, known: Address, history: History, moment: datetime, outcome: Outcome
) -> None:
    url = make_url(known.url).set(port=second.port).render_as_string(hide_password=False)
    runtime = runtime_at(Address(url, known.keys_file))
    try:
        posted = oracle.posted(runtime.database, SCOPE)
        before = {one for one, (_, answered) in history.paid.items() if answered <= moment}
        after = {one for one, (began, _) in history.paid.items() if began > moment}
        outcome.figures["payments, of them before the moment"] = (
            f"{len(history.paid)}, {len(before)}"
        )
        outcome.expect("lost", sorted(before - posted.keys()), [])
        outcome.expect("from after the moment", sorted(after & posted.keys()), [])
        outcome.expect("double", [one for one, count in posted.items() if count > 1], [])
        balance = _balance(runtime)
        outcome.expect("received, đ", balance, len(posted) * PRICE)
        outcome.failures += oracle.findings(runtime, SCOPE, is_worked=False)
        kept = [anchor for at, anchor in history.anchors if at <= moment]
        later = [anchor for at, anchor in history.anchors if at > moment + timedelta(seconds=1)]
        report = verify(runtime.database, SCOPE, anchors=kept)
        outcome.figures["anchors before the moment, after it"] = f"{len(kept)}, {len(later)}"
        outcome.failures += [f"verify: seal {one.seq}: {one.what}" for one in report.findings]
        for one in later:
            told = verify(runtime.database, SCOPE, anchors=[one])
            outcome.expect("sound against an anchor from after it", told.is_sound, False)
        if not before or not after or not kept:
            outcome.failures.append("the moment has nothing on one side: take more payments")
    finally:
        runtime.database.close()


def _balance(runtime: Any) -> int:
    with runtime.database.reading(SCOPE) as tx:
        return queries.balance(tx, "1100").dong


@contextmanager
def _two_servers() -> Iterator[tuple[OwnPostgres, OwnPostgres, dict[str, str]]]:
    """Start one that archives its log, and prepare another that is to be restored from it."""
    place = Path(tempfile.mkdtemp(prefix="vienphi-restore-"))
    place.chmod(0o755)
    archive = place / "archive"
    for folder in (archive, place / "a", place / "b"):
        folder.mkdir()
    settings = {
        "restore_command": f"cp {archive}/%f %p",
        "recovery_target_action": "promote",
    }
    kept = f"{archive}/%f"
    archiving = {"archive_mode": "on", "archive_command": f"test ! -f {kept} && cp %p {kept}"}
    first = OwnPostgres(place / "a", settings=archiving, initdb=("--wal-segsize=4",))
    second = OwnPostgres(place / "b", is_copy=True, settings=settings)
    shutil.chown(archive, first.data.owner())
    first.start()
    try:
        yield first, second, settings
    finally:
        for one in (first, second):
            one.stop()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sizes = {"payments": 2_000}
    raise SystemExit(script.main(run, "C8 restore drill", sizes, needs_cluster=False))
