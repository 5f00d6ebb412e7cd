"""``vienphi security-report``: weak places for a review, signed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from payments.kernel.scope import Scope
from payments.ledger import anchor_keys
from payments.oversight import report
from payments.runtime import Runtime


def add_commands(subparsers: Any) -> None:
    """Add the command to the command line."""
    made = subparsers.add_parser(
        "security-report", help="weak places, versions, chains; exit 1 where one weighs high"
    )
    made.add_argument(
        "--advisories", type=Path, metavar="DIR", help="known vulnerabilities (OSV, JSON)"
    )
    made.add_argument("--key", type=Path, metavar="FILE", help="sign it with this key (PEM)")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the whole report there")
    made.set_defaults(run_with=_report)


def _report(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    key = None if args.key is None else anchor_keys.read_key(args.key)
    made = report.make(runtime, scope, brought=args.advisories)
    if args.out is not None:
        args.out.write_text(made.text(key), encoding="utf-8")
        print(f"{args.out}: {'signed' if key is not None else 'not signed, no --key'}")
    for one in made.weak:
        print(f"{one.weight.value:<6} {one.id:<24} {one.where}\n       {one.todo} ({one.basis})")
    print(f"{len(made.weak)} weak places")
    return 0 if made.is_clean else 1
