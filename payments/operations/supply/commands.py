"""``vienphi bom``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from payments.operations.supply.bom import bill, locked


def add_commands(subparsers: Any) -> None:
    """Add ``bom`` to the command line."""
    parser = subparsers.add_parser("bom", help="list what the program is made of (CycloneDX)")
    parser.add_argument(
        "--lock", type=Path, metavar="FILE", help="print the lines of this lock file that run"
    )
    parser.set_defaults(run=_bom)


def _bom(args: argparse.Namespace) -> int:
    if args.lock is None:
        print(bill(), end="")
    else:
        print(locked(args.lock.read_text(encoding="utf-8")), end="")
    return 0
