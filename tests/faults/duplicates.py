"""
M1: every message comes one to ten times, in any order, to four workers, and has one effect.

    python -m tests.faults.duplicates --messages 10000 --seed 1

The messages are those of SePay, over HTTP to gunicorn on PostgreSQL.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.faults import script
from tests.faults.script import Outcome
from tests.support import crowd, oracle
from tests.support.databases import Cluster
from tests.support.feeds import FURNISHED, transfer
from tests.support.programs import Client, Web
from tests.support.stage import Stage, stage

_COPIES_MAX: Final = 10
_WORKERS: Final = 4
_CLIENTS: Final = 16


def run(cluster: Cluster, seed: int, *, messages: int) -> Outcome:
    outcome = Outcome()
    with stage(cluster) as made:
        began = time.monotonic()
        codes = crowd.owed(made.address, messages)
        outcome.figures["seconds to issue the invoices"] = round(time.monotonic() - began, 1)
        _send(made, codes, random.Random(seed), outcome)
        made.hospital.work()
        outcome.failures += oracle.findings(made.runtime, made.scope)
        posted = oracle.posted(made.database, made.scope)
        outcome.expect("effects", len(posted), messages)
        outcome.expect("effects that came twice", sum(n > 1 for n in posted.values()), 0)
        outcome.expect("received, đ", made.hospital.balance("1100").dong, messages * crowd.PRICE)
        outcome.expect("still owed, đ", made.hospital.balance("1300").dong, 0)
    return outcome


def _send(made: Stage, codes: list[crowd.Owed], chance: random.Random, outcome: Outcome) -> None:
    copies = [one for one in codes for _ in range(chance.randint(1, _COPIES_MAX))]
    chance.shuffle(copies)
    at = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as place:
        web = Web(made.address, Path(place) / "web.log", workers=_WORKERS)
        web.start()
        client = Client(web.port)

        def send(one: crowd.Owed) -> int:
            told = transfer(one.number, one.code, one.dong, at)
            return client.tell("sepay", FURNISHED["sepay"].raw(told, at))

        try:
            began = time.monotonic()
            with ThreadPoolExecutor(_CLIENTS) as clients:
                answers = Counter(clients.map(send, copies))
            took = time.monotonic() - began
        finally:
            web.stop()
    outcome.figures["messages, with copies"] = len(copies)
    outcome.figures["workers, clients"] = f"{_WORKERS}, {_CLIENTS}"
    outcome.figures["messages a second"] = round(len(copies) / took)
    outcome.expect("answers by status", dict(answers), {200: len(copies)})


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M1 duplicates", {"messages": 10_000}))
