"""``vienphi bhyt check``: dossiers for the insurer, checked before they are believed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from payments.claims import (
    assessment_commands,
    bill_commands,
    form_commands,
    paid_commands,
    send_commands,
    signing_commands,
)
from payments.claims.dossiers import add_certificate, reading_of
from payments.claims.examining import examine_all
from payments.engines.progress import Progress
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
    paid_commands.add_commands(commands)
    send_commands.add_commands(commands)
    assessment_commands.add_commands(commands)
    bill_commands.add_commands(commands)
    signing_commands.add_commands(commands)
    return commands


def _check(args: argparse.Namespace) -> int:
    status, progress = 0, Progress(sys.stderr)
    files = args.files
    progress.step(files[0].name)
    # Two files with one visit are as wrong as one file with it twice.
    for number, found in enumerate(examine_all(reading_of(args), args.json, files), start=1):
        progress.end()
        if found.said:
            print(f"vienphi bhyt: {found.said}", file=sys.stderr)
        _print(found.told)
        if found.is_refused:
            status = 1
        progress.step(files[min(number, len(files) - 1)].name)
        progress.show(number / len(files))
    progress.end()
    return status


def _print(text: str) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
