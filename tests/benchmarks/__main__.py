"""Runs every benchmark, one after the other: ``python -m tests.benchmarks``."""

from __future__ import annotations

import subprocess
import sys

ALL = (
    *("qr", "coverage", "dossiers", "posting", "ledger", "payment"),
    *("notifications", "slow_gateway"),
    *("web", "patient_page", "statement", "compare", "assessment", "month", "exports"),
)

if __name__ == "__main__":
    for name in ALL:
        print(f"\n## {name}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=True)
