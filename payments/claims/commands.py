"""``vienphi bhyt check``: dossiers for the insurer, checked before they are believed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from payments.claims.checking import Report, check
from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.findings import Verdict
from payments.claims.reporting import as_object, as_text
from payments.insurance import commands as insurance
from payments.insurance.coverage import Rules
from payments.kernel.errors import Rejected
from payments.words.explaining import sentence

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(subparsers: SubParsers) -> None:
    """Add ``bhyt``: the commands of coverage, and ``check``."""
    commands = insurance.add_commands(subparsers)
    checking = commands.add_parser(
        "check", help="say what is wrong with dossiers (GIAMDINHHS); status 1 if one is refused"
    )
    checking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    checking.add_argument("--json", action="store_true", help="one JSON object a file and line")
    insurance.add_common(checking, "vi")
    checking.set_defaults(run=_check)


def _check(args: argparse.Namespace) -> int:
    try:
        rules = Rules.from_folder(args.rules) if args.rules else Rules.shipped()
    except (Rejected, OSError) as refusal:
        said = sentence(refusal, args.language) if isinstance(refusal, Rejected) else refusal
        print(f"vienphi bhyt check: {said}", file=sys.stderr)
        return 1
    status, known = 0, set[str]()
    for file in args.files:
        try:
            with file.open("rb") as opened:
                content = opened.read(ENVELOPE_MAX_BYTES + 1)
        except OSError as error:
            print(f"vienphi bhyt check: {error}", file=sys.stderr)
            status = 1
            continue
        # Two files with one visit are as wrong as one file with it twice.
        report = check(content, rules, known=frozenset(known))
        known |= {visit.ma_lk for visit in report.visits}
        _print(file.name, report, args)
        status = 1 if report.verdict is Verdict.REJECT else status
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
