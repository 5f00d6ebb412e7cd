"""
A month of dossiers through ``bhyt check`` on all cores, against a bare lxml pass on one of them.

    python -m tests.benchmarks.month --visits 100000 --a-file 900

Files as they are sent (below 20 MB), of visits of eight lines. The bare pass reads each file, opens
the envelope, decodes each table and parses it. Ours is the command, its start included. Goal:
100,000 visits in 60 s on two cores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.lines import measure
from tests.support.dossiers import dossier, envelope, sample

_BARE = (
    "import sys; from tests.benchmarks.dossiers import _bare;"
    "[_bare(open(name, 'rb').read()) for name in sys.argv[1:]]"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=100_000)
    parser.add_argument("--a-file", type=int, default=900)
    given = parser.parse_args()
    tables = sample("s2")
    with tempfile.TemporaryDirectory(prefix="vienphi-month-") as place:
        names = []
        for first in range(0, given.visits, given.a_file):
            path = Path(place) / f"{first:07d}.xml"
            visits = range(first, min(first + given.a_file, given.visits))
            path.write_bytes(
                envelope(
                    *(
                        dossier(
                            {
                                kind: text.replace("VPTEST0002", f"VP{n:08d}")
                                for kind, text in tables.items()
                            }
                        )
                        for n in visits
                    )
                )
            )
            names.append(str(path))
        bare = measure([sys.executable, "-c", _BARE, *names])
        ours = measure([sys.executable, "-m", "payments.cli", "bhyt", "check", *names])
    print(f"{given.visits:,} visits in {len(names)} files\n")
    print("| work | wall s | processor s | times the floor | visits/s of processor |")
    print("|---|---:|---:|---:|---:|")
    for name, took in (("bare lxml, one core", bare), ("check", ours)):
        ratio = took.processor_s / bare.processor_s
        rate = given.visits / took.processor_s
        print(
            f"| {name} | {took.wall_s:.1f} | {took.processor_s:.1f} | {ratio:.1f} | {rate:,.0f} |"
        )


if __name__ == "__main__":
    main()
