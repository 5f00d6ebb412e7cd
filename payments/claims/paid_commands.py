"""``vienphi bhyt check-paid``: dossiers held against the money that the desk has collected."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from payments.claims.checking import Report, against_ledger
from payments.claims.collecting import collected
from payments.claims.dossiers import add_certificate, reports
from payments.claims.findings import Verdict
from payments.claims.reporting import as_object, as_text
from payments.insurance import commands as insurance
from payments.kernel.scope import Scope
from payments.runtime import Runtime

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: SubParsers) -> None:
    checking = commands.add_parser(
        "check-paid",
        help="check dossiers, and what was collected of their visits; status 1 if one is refused",
    )
    checking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    checking.add_argument("--json", action="store_true", help="one JSON object a file and line")
    insurance.add_common(checking, "vi")
    add_certificate(checking)
    checking.set_defaults(run_with=_check)


def _check(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    status = 0
    for file, report in reports(args, args.files):
        if report is None:
            status = 1
            continue
        with runtime.database.reading(scope) as tx:
            held = against_ledger(report, collected(tx, [one.ma_lk for one in report.visits]))
        if held.verdict is Verdict.REJECT:
            status = 1
        for line in _told(file.name, held, args):
            sys.stdout.buffer.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    return status


def _told(name: str, report: Report, args: argparse.Namespace) -> Iterator[str]:
    if args.json:
        yield json.dumps(as_object(name, report), separators=(",", ":"))
    else:
        yield from as_text(name, report, args.language)
