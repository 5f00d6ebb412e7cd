"""
M12: payments around midnight and the end of a month: days sum to the bank's value dates.

    python -m tests.faults.midnight --payments 5000 --seed 1

Transfers fall between 23:59:50 and 00:00:10 in the hospital, at the ends of a month, a year and a
leap February. They are told by a webhook or a statement, late and in any order. On PostgreSQL.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.ledger import queries as ledger
from payments.reconciliation import importing, service
from payments.statements import day as collection
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.hospital import PAYEE
from tests.support.stage import Stage, stage
from tests.support.statements import Moved, a_statement, moved_at

#: First days of a month: ordinary, a year, after a leap day, the day after 30 April.
MIDNIGHTS: Final = (date(2026, 11, 1), date(2027, 1, 1), date(2028, 3, 1), date(2026, 5, 1))
_SPAN_MS: Final = 20_000
_BY_FEED: Final = 0.5


@dataclass(frozen=True, slots=True)
class Payment:
    number: int
    dong: int
    at: datetime

    @property
    def reference(self) -> str:
        return f"FT{self.number:08d}"


def run(cluster: Cluster, seed: int, *, payments: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    clock = FrozenClock(HospitalDay(min(MIDNIGHTS)).plus(-2).starts_at)
    with stage(cluster, clock) as made:
        told = [_payment(number, chance) for number in range(payments)]
        clock.set(max(one.at for one in told) + timedelta(hours=1))
        for one in chance.sample(told, len(told)):
            # The list and the webhook meet the statement: each transfer has one witness or two.
            if chance.random() < _BY_FEED:
                _by_feed(made, one)
        statements = _state(made, told)
        _check(made, told, outcome)
        outcome.figures["statements"] = statements
    outcome.figures["payments"] = len(told)
    return outcome


def _payment(number: int, chance: random.Random) -> Payment:
    midnight = HospitalDay(chance.choice(MIDNIGHTS)).starts_at
    # The last moment before and the first of the day come up whatever is drawn.
    edge = {0: -1, 1: 0}.get(number % 50, chance.randrange(-_SPAN_MS // 2, _SPAN_MS // 2 + 1))
    return Payment(number, 1_000 + number, midnight + timedelta(milliseconds=edge))


def _by_feed(made: Stage, one: Payment) -> None:
    memo = f"CK {one.number}"
    arrival = made.hospital.transfer(memo, vnd(one.dong), at=one.at, reference=one.reference)
    made.hospital.arrive(arrival)


def _state(made: Stage, told: Sequence[Payment]) -> int:
    """Take in the bank's statement of each day; returns how many."""
    by_day: dict[HospitalDay, list[Payment]] = {}
    for one in told:
        by_day.setdefault(HospitalDay.of(one.at), []).append(one)
    for day, part in by_day.items():
        lines = [
            Moved(one.dong, one.reference, f"CK {one.number}", moved_at(one.at)) for one in part
        ]
        content = a_statement(*lines, day=f"{day.date:%d/%m/%Y}")
        taken = importing.take_in(made.runtime, made.scope, PAYEE.account, content)
        importing.finish(made.runtime, made.scope, taken.file)
    return len(by_day)


def _check(made: Stage, told: Sequence[Payment], outcome: Outcome) -> None:
    wanted: Counter[HospitalDay] = Counter()
    for one in told:
        wanted[HospitalDay.of(one.at)] += one.dong
    found, in_files, differences = Counter[HospitalDay](), Counter[HospitalDay](), 0
    for day in wanted:
        last = service.run(made.runtime, made.scope, PAYEE.account, day)
        differences += len(last.findings)
        with made.database.reading(made.scope) as tx:
            found[day] = sum(line.amount.dong for line in ledger.lines_of_day(tx, "1100", day))
            in_files[day] = collection.read(tx, day).received.dong
    outcome.figures["days"] = len(wanted)
    outcome.expect("days whose ledger is not the bank's", _differ(found, wanted), 0)
    outcome.expect("days whose file is not the bank's", _differ(in_files, wanted), 0)
    outcome.expect("findings", differences, 0)
    outcome.expect("received, đ", made.hospital.balance("1100").dong, wanted.total())
    made.hospital.assert_balanced()


def _differ(found: Counter[HospitalDay], wanted: Counter[HospitalDay]) -> int:
    return sum(found[day] != wanted[day] for day in wanted)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M12 midnight and month end", {"payments": 5_000}))
