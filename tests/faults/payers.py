"""
K2: fifty payers at once pay one invoice: what is due is applied, the rest waits in suspense.

    python -m tests.faults.payers --rounds 1000 --seed 1

Each round has its invoice and code. The payers send small parts, the whole sum, or a mixture; half
are told of by SePay, half by Casso, all at once to four gunicorn workers on PostgreSQL.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters._sandbox.bank import Transfer
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import crowd, oracle
from tests.support.databases import Cluster
from tests.support.feeds import FURNISHED, transfer
from tests.support.programs import Client, Web
from tests.support.stage import Stage, stage

_PAYERS: Final = 50
_CHANNELS: Final = tuple(FURNISHED)


@dataclass(frozen=True, slots=True)
class Round:
    owed: crowd.Owed
    transfers: tuple[Transfer, ...]

    @property
    def paid(self) -> int:
        return sum(one.amount for one in self.transfers)


def run(cluster: Cluster, seed: int, *, rounds: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with stage(cluster) as made:
        codes = crowd.owed(made.address, rounds)
        played = [_round(one, chance) for one in codes]
        with _web(made) as client, ThreadPoolExecutor(_PAYERS) as payers:
            began = time.monotonic()
            answers: Counter[int] = Counter()
            for one in played:
                answers.update(payers.map(client, one.transfers))
        outcome.figures["payments a second"] = round(rounds * _PAYERS / (time.monotonic() - began))
        outcome.expect("answers by status", dict(answers), {200: rounds * _PAYERS})
        made.hospital.work()
        _judge(made, played, outcome)
        outcome.failures += oracle.findings(made.runtime, made.scope)
    return outcome


def _round(owed: crowd.Owed, chance: random.Random) -> Round:
    """Draw who pays how much: mostly together more than is due, once in a while exactly that."""
    small = owed.dong * 3 // 2 // _PAYERS
    amounts = {
        "parts": [chance.randint(1, 2 * small) for _ in range(_PAYERS)],
        "the whole": [owed.dong] * _PAYERS,
        "mixed": [chance.choice((1, small, owed.dong)) for _ in range(_PAYERS)],
        "exactly": [owed.dong // _PAYERS] * _PAYERS,
    }[chance.choice(("parts", "the whole", "mixed", "exactly"))]
    first = owed.number * _PAYERS
    at = datetime.now(UTC)
    told = [transfer(first + n, owed.code, dong, at) for n, dong in enumerate(amounts)]
    chance.shuffle(told)
    return Round(owed, tuple(told))


@contextmanager
def _web(made: Stage) -> Iterator[Callable[[Transfer], int]]:
    with tempfile.TemporaryDirectory() as place:
        web = Web(made.address, Path(place) / "web.log", workers=4, threads=13)
        web.start()
        client = Client(web.port)

        def pay(told: Transfer) -> int:
            channel = _CHANNELS[told.number % len(_CHANNELS)]
            return client.tell(channel, FURNISHED[channel].raw(told, datetime.now(UTC)))

        try:
            yield pay
        finally:
            web.stop()


def _judge(made: Stage, played: list[Round], outcome: Outcome) -> None:
    exact = 0
    for one in played:
        payments = made.hospital.payments(one.owed.invoice)
        applied = sum(p.applied.dong for p in payments)
        suspense = sum(p.suspense.dong for p in payments)
        due = one.owed.dong
        wanted = (_PAYERS, min(due, one.paid), max(0, one.paid - due))
        if (len(payments), applied, suspense) == wanted:
            exact += 1
        else:
            found = (len(payments), applied, suspense)
            outcome.failures.append(f"round {one.owed.number}: {found}, wanted {wanted}")
    outcome.expect("rounds that are exact", exact, len(played))
    waiting = sum(max(0, one.paid - one.owed.dong) for one in played)
    outcome.expect("in suspense, đ", -made.hospital.balance("2200").dong, waiting)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "K2 fifty payers of one invoice", {"rounds": 1_000}))
