"""
Dossiers through ``bhyt check`` against a bare lxml pass over the same bytes, in the same run.

    python -m tests.benchmarks.dossiers --visits 400 --rounds 5

The bare pass opens the envelope, decodes each table and parses it, and looks at nothing. Ours also
refuses what is hostile, reads every field, compares every figure and computes the visit again.
Processor time of one core. Goal: a month of 100,000 visits in 60 s on two cores, 833 visits a
second and core.
"""

from __future__ import annotations

import argparse
import base64
import statistics
import time
from collections.abc import Callable

from lxml import etree

from payments.claims.checking import check
from payments.claims.findings import Verdict
from payments.insurance.coverage import Rules
from tests.support.dossiers import dossier, envelope, sample


def _bare(content: bytes) -> None:
    for packed in etree.fromstring(content).iter("NOIDUNGFILE"):
        etree.fromstring(base64.b64decode(packed.text or ""))


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    tables, rules = sample("s2"), Rules.shipped()
    lines = tables["XML2"].count("<STT>") + tables["XML3"].count("<STT>")
    content = envelope(
        *(
            dossier(
                {kind: text.replace("VPTEST0002", f"VP{n:08d}") for kind, text in tables.items()}
            )
            for n in range(given.visits)
        )
    )
    if check(content, rules).verdict is not Verdict.ACCEPT:
        raise SystemExit("the sample is not accepted: nothing was measured")
    works: dict[str, Callable[[], object]] = {
        "bare lxml": lambda: _bare(content),
        "check": lambda: check(content, rules),
    }
    took: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(given.rounds):
        for name in works if turn % 2 == 0 else reversed(works):
            took[name].append(_seconds(works[name]))
    print(f"{given.visits} visits of {lines} lines, {len(content) / 1e6:.1f} MB\n")
    print("| work | visits/s and core, best | middle | times the floor, middle |")
    print("|---|---:|---:|---:|")
    for name, seconds in took.items():
        pairs = zip(seconds, took["bare lxml"], strict=True)
        ratio = statistics.median(one / low for one, low in pairs)
        best, middle = min(seconds), statistics.median(seconds)
        print(
            f"| {name} | {given.visits / best:,.0f} | {given.visits / middle:,.0f} | {ratio:.1f} |"
        )


if __name__ == "__main__":
    main()
