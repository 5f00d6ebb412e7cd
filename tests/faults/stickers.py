"""
Q2: a foreign sticker on a counter is found by a photograph of it, and none of ours is called one.

    python -m tests.faults.stickers --foreign 500 --own 500 --seed 1

Stickers as thieves make them: another account, ours with one figure changed, our number at another
bank, our name and even an open payment code and its amount above their account, a link. Beside
them codes of our own desk. Each is drawn, laid on a counter, turned, bent, made unsharp and noisy,
and compressed; what the house would see in the photograph is asked of the page's own service.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from payments.channels import stickers
from payments.channels.stickers import ALARMING, Seen, Verdict
from payments.kernel.money import vnd
from payments.keys import write_new
from payments.qr.banks import Banks
from payments.qr.vietqr import BuildRequest, build
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import fresh_sqlite, in_memory
from tests.support.hospital import PAYEE, Hospital
from tests.support.photographs import photograph
from tests.support.stage import SCOPE, Address, morning, runtime_at

_KINDS: Final = ("stranger", "one figure", "other bank", "in our name", "link")


def run(seed: int, *, foreign: int, own: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with _hospital() as hospital:
        banks = sorted(bin_ for bin_, bank in Banks.bundled().items() if bank.receives)
        found: Counter[str] = Counter()
        for number in range(foreign):
            kind = _KINDS[number % len(_KINDS)]
            seen = _seen(hospital, photograph(chance, _foreign(kind, chance, banks)))
            found[kind] += any(one.verdict in ALARMING for one in seen)
        called: Counter[Verdict] = Counter()
        for _ in range(own):
            seen = _seen(hospital, photograph(chance, _ours(chance)))
            called.update(one.verdict for one in seen)
        both = photograph(chance, _ours(chance), _foreign("stranger", chance, banks))
        outcome.expect(
            "ours and a stranger's in one picture",
            sorted(one.verdict.value for one in _seen(hospital, both)),
            ["foreign", "own"],
        )
    for kind in _KINDS:
        outcome.figures[f"found: {kind}"] = found[kind]
    outcome.expect("stickers found", sum(found.values()), foreign)
    outcome.expect("of ours, called ours", called[Verdict.OWN], own)
    outcome.expect("of ours, called foreign", sum(called[one] for one in ALARMING), 0)
    return outcome


def _seen(hospital: Hospital, picture: bytes) -> tuple[Seen, ...]:
    return stickers.inspect(hospital.runtime, hospital.scope, picture)


def _ours(chance: random.Random) -> str:
    code = "VPH" + "".join(chance.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=9))
    amount = vnd(chance.randint(1_000, 20_000_000))
    return build(BuildRequest(PAYEE.bin, PAYEE.account, amount, code))


def _foreign(kind: str, chance: random.Random, banks: list[str]) -> str:
    account = "".join(chance.choices("0123456789", k=chance.randint(8, 14)))
    bank = chance.choice([one for one in banks if one != PAYEE.bin])
    match kind:
        case "one figure":
            at = chance.randrange(len(PAYEE.account))
            figure = chance.choice([one for one in "0123456789" if one != PAYEE.account[at]])
            changed = PAYEE.account[:at] + figure + PAYEE.account[at + 1 :]
            return build(BuildRequest(PAYEE.bin, changed))
        case "other bank":
            return build(BuildRequest(bank, PAYEE.account))
        case "in our name":
            return build(
                BuildRequest(
                    bank, account, vnd(150_000), "VPH0000000001", merchant_name=PAYEE.holder[:25]
                )
            )
        case "link":
            return f"https://{chance.choice(('thanhtoan', 'vienphi', 'bv'))}-{account}.example/pay"
        case _:
            return build(BuildRequest(bank, account))


@contextmanager
def _hospital() -> Iterator[Hospital]:
    with tempfile.TemporaryDirectory() as disk, in_memory(Path(disk)) as folder:
        write_new(folder / "keys.json", demo=True)
        clock = morning()
        fresh_sqlite(folder / "hall.db", clock).close()
        runtime = runtime_at(
            Address(f"sqlite:///{folder / 'hall.db'}", str(folder / "keys.json")), clock
        )
        try:
            yield Hospital(runtime, SCOPE)
        finally:
            runtime.database.close()


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "Q2 foreign stickers", {"foreign": 500, "own": 500}, needs_cluster=False)
    )
