"""``vienphi audit verify``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from payments.audit_chain.verifying import verify
from payments.kernel.scope import Scope
from payments.ledger import heads
from payments.runtime import Runtime


def add_commands(subparsers: Any) -> None:
    """Add ``audit`` and its command to the command line."""
    audit = subparsers.add_parser("audit", help="prove that no noted event was changed")
    commands = audit.add_subparsers(dest="audit_command", required=True)
    parser = commands.add_parser(
        "verify", help="recompute the chain of events; exit 1 with the first bad seal"
    )
    parser.add_argument("--heads", type=Path, metavar="FILE", help="heads that the worker exported")
    parser.set_defaults(run_with=_verify)


def _verify(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    exported = () if args.heads is None else heads.read(args.heads)
    report = verify(runtime.database, scope, exported=exported)
    print(f"{report.seals} sealed events, head {report.head.hex()}")
    for finding in report.findings:
        print(f"seal {'-' if finding.seq is None else finding.seq}: {finding.what}")
    if report.is_sound:
        print("sound")
        return 0
    seq = report.first_bad_seq
    print(f"NOT sound; first bad seal: {'none, see above' if seq is None else seq}")
    return 1
