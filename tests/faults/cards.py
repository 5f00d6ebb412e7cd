"""
L2: after a run no card number is in the database or a log: a Luhn scan of the dump and the logs.

    python -m tests.faults.cards --payments 200 --seed 1

Invoices are paid by transfer at a web that logs as much as it can, in cash, and through every
gateway that notifies, some refused and some cancelled; the gateways' messages carry card numbers in
fields that they do not have, as a careless gateway's might. Then ``pg_dump`` writes the whole
database, and it and the logs are searched for 13 to 19 digits that begin like a card of a known
brand and whose check digit (ISO/IEC 7812-1, annex B) is right.

PASS: none is found but order numbers that we drew ourselves, and each that is planted in the same
dump is. Not tried: a payer who types a card number into the memo of a transfer; what the bank tells
of a transfer is kept.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import make_url

from payments.gateway import RawNotification
from payments.intents.rows import GATEWAY_ATTEMPT
from payments.kernel.money import vnd
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.crowd import owed
from tests.support.databases import prepare
from tests.support.feeds import FURNISHED, transfer
from tests.support.gateways import desk, notifying
from tests.support.own_postgres import binaries, own_postgres
from tests.support.programs import Client, Web, Worker
from tests.support.stage import Stage, stage

#: Numbers that the brands and gateways publish for tests: Visa, Mastercard, Amex, JCB, NAPAS.
PANS: Final = (
    "4242424242424242", "5555555555554444", "378282246310005", "3530111333300000",
    "9704198526191432198",
)  # fmt: skip
#: Not within letters, digits or an identifier: a hash or a UUID is no card.
_DIGITS: Final = re.compile(r"(?<![0-9A-Za-z_.\-])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z_\-])")
#: How a card of each brand begins, and how long it is.
_BRANDS: Final = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|9704\d{12,15}"
)


def run(seed: int, *, payments: int) -> Outcome:
    outcome = Outcome()
    with own_postgres() as server, stage(prepare(server.url)) as made:
        logs = _paid(made, payments, random.Random(seed), outcome)
        dump = _dumped(made)
        with made.database.reading(made.scope) as tx:
            ours = {str(one) for one in tx.execute(select(GATEWAY_ATTEMPT.c.number)).scalars()}
    texts = {"dump": dump, **logs}
    # Drawn by us, 16 digits long: one in ten passes the check, and some begin like a card.
    outcome.figures["order numbers of ours that look like one"] = len(ours & set(cards(dump)))
    for name, text in texts.items():
        outcome.figures[f"{name}, MB"] = round(len(text) / 1_048_576, 2)
        outcome.expect(f"card numbers in {name}", sorted(set(cards(text)) - ours)[:5], [])
    spoilt = dump + "".join(f"\n7\tNGUYEN VAN THU\t{pan}\t150000" for pan in PANS)
    outcome.expect("planted ones that are found", sorted(set(cards(spoilt)) - ours), sorted(PANS))
    if "payment" not in dump or not logs["web log"]:
        outcome.failures.append("the dump or the log is empty: nothing was searched")
    return outcome


def cards(text: str) -> Iterator[str]:
    """Give what may be a card number in *text*, without blanks and dashes."""
    for found in _DIGITS.finditer(text):
        digits = re.sub("[ -]", "", found.group())
        if _BRANDS.fullmatch(digits) and _is_luhn(digits):
            yield digits


def _is_luhn(digits: str) -> bool:
    doubled = (int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits)))
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


def _paid(made: Stage, payments: int, chance: random.Random, outcome: Outcome) -> dict[str, str]:
    """Let money come by every way that we have; returns what the programs wrote."""
    with tempfile.TemporaryDirectory() as place:
        web = Web(made.address, Path(place) / "web.log", workers=2, log_level="debug")
        worker = Worker(made.address, Path(place) / "worker.log")
        codes = owed(made.address, payments, processes=2)
        web.start()
        worker.start()
        try:
            client, statuses = Client(web.port), set()
            for one in codes:
                at = datetime.now(UTC)
                channel = chance.choice(sorted(FURNISHED))
                told = FURNISHED[channel].raw(transfer(one.number, one.code, one.dong, at), at)
                statuses.add(client.tell(channel, _careless(told, chance)))
        finally:
            web.stop()
            worker.stop()
        outcome.expect("answers to transfers", sorted(statuses), [200])
        made.hospital.open_shift()
        for _ in range(5):
            made.hospital.hand_over(made.hospital.issue(), vnd(200_000))
        outcome.figures["gateways, messages of them"] = _through_gateways(made, chance)
        made.hospital.work()
        return {"web log": web.log_text(), "worker log": worker.log_text()}


def _through_gateways(made: Stage, chance: random.Random) -> str:
    told = 0
    for name in notifying():
        at = desk(made.hospital, name)
        for number, act in enumerate(("pay", "refuse", "cancel", "pay")):
            intent = at.open(made.hospital.issue(), key=f"cards-{name}-{number}")
            for raw in at.play(intent, act):
                at.deliver(raw, _careless(raw, chance))
                told += 2
    return f"{len(notifying())}, {told}"


def _careless(raw: RawNotification, chance: random.Random) -> RawNotification:
    """Add a card number: where the proof covers it, the message is refused and counted."""
    pan = chance.choice(PANS)
    if raw.raw_query:
        query = f"{raw.raw_query}&card_number={pan}"
        return replace(raw, raw_query=query, query={**raw.query, "card_number": pan})
    told: Any = json.loads(raw.body)
    return replace(raw, body=json.dumps({**told, "cardNumber": pan}).encode())


def _dumped(made: Stage) -> str:
    url = make_url(made.cluster.url)
    asked = ("-h", str(url.host), "-p", str(url.port), "-U", "postgres")
    name = made.database.engine.url.database or ""
    done = subprocess.run(
        [binaries() / "pg_dump", *asked, name], capture_output=True, check=True, cwd="/"
    )
    return done.stdout.decode()


if __name__ == "__main__":
    told = {"payments": 200}
    raise SystemExit(script.main(run, "L2 card numbers", told, needs_cluster=False))
