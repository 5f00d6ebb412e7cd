"""
M3: webhook, list API and statement tell of the same transfers, in random order: one posting each.

    python -m tests.faults.sources --transfers 500 --seed 1

Some memos are mangled or name no code, some banks give no reference to one of the witnesses, some
lines are true twins; statements overlap and come again. On PostgreSQL.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.gateway import Notification, Outcome
from payments.inbox.service import take_in as told_by_feed
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.ledger.rows import TXN
from payments.reconciliation import exceptions, importing, service
from payments.reconciliation.model import Verdict
from tests.faults import script
from tests.support.databases import Cluster
from tests.support.hospital import PAYEE
from tests.support.stage import Stage, morning, stage
from tests.support.statements import Moved, a_statement, moved_at

_PRICE: Final = 150_000
#: Lines of one statement; every second one overlaps half of the one before.
_CHUNK: Final = 40


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer; *feed_reference* and *line_reference* are what each witness knows of it."""

    number: int
    memo: str
    dong: int
    at: datetime
    feed_reference: str
    line_reference: str
    #: No feed tells of it: a twin without a reference is known by its statement alone.
    is_silent: bool = False


def run(cluster: Cluster, seed: int, *, transfers: int) -> script.Outcome:
    outcome = script.Outcome()
    chance = random.Random(seed)
    clock = morning()
    with stage(cluster, clock) as made:
        told = [_transfer(made, number, chance) for number in range(transfers)]
        twins = [_twin(number, made.runtime.clock.now()) for number in (0, 0, 1, 1, 1)]
        clock.advance(timedelta(hours=1))
        events = _events(made, told, twins, chance)
        for event in events:
            event()
        _check(made, [*told, *twins], outcome)
    outcome.figures["transfers, and twins"] = f"{len(told)}, {len(twins)}"
    outcome.figures["events in random order"] = len(events)
    return outcome


def _transfer(made: Stage, number: int, chance: random.Random) -> Transfer:
    at = made.runtime.clock.now() + timedelta(seconds=number % 3000)
    reference = f"FT26328{number:06d}"
    if number % 10 == 0:
        # Names nothing: both witnesses know the bank's reference.
        return Transfer(number, "CK TIEN VIEN PHI", 10_000 + number, at, reference, reference)
    code = made.hospital.show(made.hospital.issue("KB01")).code
    memo = chance.choice((code, f"CT DEN:{number} {code}", code.lower(), f"THANHTOAN{code}VP"))
    feed, line = chance.choice(((reference, reference), (reference, ""), ("", reference)))
    return Transfer(number, memo, _PRICE, at, feed, line)


def _twin(number: int, at: datetime) -> Transfer:
    return Transfer(-1 - number, f"TWIN {number}", 7_000 + number, at, "", "", is_silent=True)


def _events(
    made: Stage, told: Sequence[Transfer], twins: Sequence[Transfer], chance: random.Random
) -> list[Callable[[], None]]:
    events: list[Callable[[], None]] = []
    for one in told:
        # The list of the same feed, and another feed, tell it again, some twice.
        for channel in ("sepay", "sepay", "casso"):
            events.append(_by_feed(made, channel, one))
    for start in range(0, len(told), _CHUNK // 2):
        events.append(_by_statement(made, told[start : start + _CHUNK]))
    events.append(_by_statement(made, twins))
    events.append(_by_statement(made, twins[1:3]))
    chance.shuffle(events)
    # In the end the whole day, twice: it adds nothing.
    whole = _by_statement(made, [*told, *twins])
    return [*events, whole, whole]


def _by_feed(made: Stage, channel: str, one: Transfer) -> Callable[[], None]:
    message = Notification(
        event_id=f"{channel}-{one.number}",
        outcome=Outcome.CAPTURED,
        amount=vnd(one.dong),
        occurred_at=one.at,
        transaction=one.feed_reference,
        account=PAYEE.account,
        memo=one.memo,
    )
    return lambda: _ignore(told_by_feed(made.runtime, made.scope, channel, [message], b"{}"))


def _by_statement(made: Stage, part: Sequence[Transfer]) -> Callable[[], None]:
    lines = [Moved(one.dong, one.line_reference, one.memo, moved_at(one.at)) for one in part]
    content = a_statement(*lines)
    return lambda: _ignore(importing.take_in(made.runtime, made.scope, PAYEE.account, content))


def _ignore(_told: object) -> None:
    """An event answers; what counts is what is stored in the end."""


def _check(made: Stage, told: Sequence[Transfer], outcome: script.Outcome) -> None:
    total = sum(one.dong for one in told)
    day = HospitalDay.of(made.runtime.clock.now())
    last = service.run(made.runtime, made.scope, PAYEE.account, day)
    with made.database.reading(made.scope) as tx:
        movements = select(func.count()).select_from(BANK_CREDIT)
        postings = select(func.count()).select_from(TXN).where(TXN.c.kind.like("pay.%"))
        evidence = select(func.count()).select_from(EVIDENCE)
        outcome.expect("movements", tx.execute(movements).scalar_one(), len(told))
        outcome.expect("postings", tx.execute(postings).scalar_one(), len(told))
        outcome.figures["witnesses"] = tx.execute(evidence).scalar_one()
        outcome.expect("kept for a person", len(exceptions.kept(tx)), 0)
        outcome.expect("the proof of health", exceptions.prove(tx, day).is_healthy, True)
    outcome.expect("received, đ", made.hospital.balance("1100").dong, total)
    outcome.expect("still owed, đ", made.hospital.balance("1300").dong, 0)
    outcome.expect("lines that match", last.comparison.counts[Verdict.MATCHED], len(told))
    outcome.expect("findings", len(last.findings), 0)
    made.hospital.assert_balanced()


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M3 mixed sources", {"transfers": 500}))
