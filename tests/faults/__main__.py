"""
Every fault test in its full size, one table at the end; 1 when any fails.

    python -m tests.faults --all [--url postgresql+psycopg://postgres@host/postgres] [--seed 1]
    python -m tests.faults forged late --seed 7
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Final

#: In the order of their worth: what can lose or double money first.
SCRIPTS: Final = {
    "crash": "C1 killed workers",
    "outage": "C2 killed database",
    "power_cut": "C4 power cuts",
    "disk_full": "C5 full disk",
    "restore": "C8 restore drill",
    "slow_disk": "C6 slow disk",
    "migrating": "C10 migrations under load",
    "failover": "C7 the primary of two nodes dies",
    "restore_drill": "C8, L6 restore drill",
    "sealer": "C9 killed sealers",
    "duplicates": "M1 duplicates",
    "order": "M2 every order",
    "sources": "M3 mixed sources",
    "forged": "M4 forged messages",
    "rotation": "M5 rotating secrets",
    "slow": "M6 slow gateways",
    "unknown": "M7 lost answers of gateways",
    "lies": "M8 gateways that lie",
    "flood": "M9 flood of messages",
    "backlog": "M10 backlog of the outbox",
    "clocks": "M11 clocks that are wrong",
    "midnight": "M12 midnight",
    "close_day": "a day closes during payments",
    "payers": "K2 fifty payers",
    "givers": "K3 refunds at once",
    "schedules": "K4 refund, capture, cancellation, chargeback",
    "deadlocks": "K5 deadlock hunt",
    "shift_ends": "K7 shifts end during payments",
    "stateful": "K8 random commands against a model",
    "stickers": "Q2 foreign stickers",
    "late": "Q4 around the end of a code",
    "lock_order": "the one order of locks",
    "receipts": "acceptance 15, numbers of receipts at once",
    "tenancy": "A1 between facilities",
    "canaries": "L1 personal data in logs",
    "logins": "A5 guessed passwords",
    "links": "A6 guessed links of patients",
    "webhook_fuzz": "W1 fuzzed webhooks",
    "scripting": "W3, W8 scripts in every field",
    "bombs": "W5 costly and deceiving text",
    "xml_bombs": "W6 XML bombs in dossiers",
    "uploads": "W7 hostile uploads",
    "hostile_clients": "W4 endless and slow clients",
    "insiders": "L5 patterns of insiders",
    "cards": "L2 card numbers",
    "lost_keys": "L6 lost keys",
    "advisories": "L7 known weaknesses",
    "tamper": "L3 altered rows",
    "memos": "payment codes in memos",
    "splits": "insurance splits of random visits",
    "payables": "random insured visits, from the split to code, bill and claim",
}
#: What these need to be told to run on PostgreSQL.
_MORE: Final = dict.fromkeys(("sealer", "tamper", "close_day"), ("--postgres",))


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    verdict: str
    seconds: float
    said: str


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SCRIPTS))
    parser.add_argument("--all", action="store_true", help="every one of them")
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    unknown = set(given.names) - SCRIPTS.keys()
    if unknown or not (given.names or given.all):
        parser.error(f"name some of {', '.join(SCRIPTS)}, or --all")
    lines = [_run(name, given.url, given.seed) for name in (given.names or SCRIPTS)]
    print()
    for line in lines:
        print(f"{line.verdict:5} {line.seconds:6.0f} s  {SCRIPTS[line.name]:30} {line.said}")
    return 0 if all(line.verdict == "PASS" for line in lines) else 1


def _run(name: str, url: str | None, seed: int) -> Line:
    """Run one in a process of its own; what it prints is shown as it comes."""
    module = f"tests.faults.{name}"
    if importlib.util.find_spec(module) is None:
        return Line(name, "FAIL", 0, "there is no such script")
    environ = os.environ | ({"VIENPHI_TEST_PG": url} if url else {})
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", module, "--seed", str(seed), *_MORE.get(name, ())],
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    ) as child:
        assert child.stdout is not None
        said = ""
        for said_now in child.stdout:
            print(said_now, end="", flush=True)
            said = said_now.strip() or said
    verdict = "PASS" if child.returncode == 0 else "FAIL"
    return Line(name, verdict, time.monotonic() - began, said[:120])


if __name__ == "__main__":
    raise SystemExit(main())
