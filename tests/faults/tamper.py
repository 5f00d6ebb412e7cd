"""
Somebody changes history with the triggers off; ``ledger verify`` finds it each time.

    python -m tests.faults.tamper --trials 200 --seed 1 [--postgres | --url URL]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from payments.ledger.anchors import Anchor
from payments.ledger.verifying import verify
from payments.storage.unit_of_work import Database
from tests.faults.damages import DAMAGES, Damage, Vandal
from tests.faults.ledgers import SCOPE, Ledgers
from tests.support.databases import Cluster
from tests.support.stage import own_cluster


def tamper(
    database: Database, damage: Damage, anchors: tuple[Anchor, ...], seed: str
) -> int | None:
    """Do *damage* with triggers and foreign keys off; returns the seal to be named."""
    chance = random.Random(seed)
    with database.engine.connect() as connection:
        if database.is_postgres:
            connection.exec_driver_sql("SET session_replication_role = replica")
        else:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            triggers = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
            for name in triggers.scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql("BEGIN")
        named = damage(Vandal(connection, chance, anchors))
        connection.commit()
        connection.invalidate()
    return named


def run(folder: Path, trials: int, seed: int, cluster: Cluster | None = None) -> list[str]:
    """Make *trials* damages and return the failures, one line each."""
    ledgers = Ledgers.made(folder, cluster)
    failures: list[str] = []
    counted: Counter[str] = Counter()
    with ledgers.fresh() as honest:
        report = verify(honest, SCOPE, anchors=ledgers.anchors, public_key=ledgers.key.public_key())
        if not report.is_sound:
            failures.append(f"an honest ledger was accused: {report.findings}")
    names = list(DAMAGES)
    for trial in range(trials):
        name = names[trial % len(names)]
        with ledgers.fresh() as database:
            expected = tamper(database, DAMAGES[name], ledgers.anchors, f"{seed}:{trial}")
            report = verify(
                database, SCOPE, anchors=ledgers.anchors, public_key=ledgers.key.public_key()
            )
        counted[name] += not report.is_sound
        if report.is_sound or report.first_bad_seq != expected:
            failures.append(
                f"trial {trial} {name}: seal {expected} expected, told {report.first_bad_seq}"
                f" {report.findings[:3]}"
            )
    for name, found in counted.items():
        print(f"  {name:<22} found {found}")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite")
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    args = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        on_server = args.postgres or args.url
        cluster = stack.enter_context(own_cluster(args.url)) if on_server else None
        failures = run(Path(folder), args.trials, args.seed, cluster)
    for failure in failures:
        print(failure)
    print(
        f"{'FAIL' if failures else 'PASS'} {args.trials - len(failures)} of {args.trials} found and"
        f" named, seed {args.seed}, {time.monotonic() - began:.0f} s"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
