"""``vienphi bhyt check``: dossiers for the insurer, checked before they are believed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from payments.claims import (
    assessment_commands,
    bill_commands,
    form_commands,
    signing_commands,
)
from payments.claims.checking import Report
from payments.claims.dossiers import add_certificate, reports
from payments.claims.findings import Verdict
from payments.claims.reporting import as_object, as_text
from payments.insurance import commands as insurance

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(subparsers: SubParsers) -> SubParsers:
    """Add ``bhyt``: the commands of coverage, and ``check``; gives the place for those of money."""
    commands = insurance.add_commands(subparsers)
    checking = commands.add_parser(
        "check", help="say what is wrong with dossiers (GIAMDINHHS); status 1 if one is refused"
    )
    checking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    checking.add_argument("--json", action="store_true", help="one JSON object a file and line")
    insurance.add_common(checking, "vi")
    add_certificate(checking)
    checking.set_defaults(run=_check)
    form_commands.add_commands(commands)
    assessment_commands.add_commands(commands)
    bill_commands.add_commands(commands)
    signing_commands.add_commands(commands)
    return commands


def _check(args: argparse.Namespace) -> int:
    status = 0
    # Two files with one visit are as wrong as one file with it twice.
    for file, report in reports(args, args.files):
        if report is not None:
            _print(file.name, report, args)
        if report is None or report.verdict is Verdict.REJECT:
            status = 1
    return status


def _print(name: str, report: Report, args: argparse.Namespace) -> None:
    if args.json:
        lines = [json.dumps(as_object(name, report), separators=(",", ":"))]
    else:
        lines = list(as_text(name, report, args.language))
    text = "".join(f"{line}\n" for line in lines)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
