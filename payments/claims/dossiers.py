"""Opens the dossier files that a command was given, and checks them before anything else."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from payments.claims.checking import Report, check
from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.insurance.coverage import Rules
from payments.kernel.errors import Rejected
from payments.words.explaining import sentence


def reports(
    args: argparse.Namespace, files: Sequence[Path], *, may_repeat: bool = False
) -> Iterator[tuple[Path, Report | None]]:
    """
    Check each of *files*; None for one that could not be opened, which is said at once.

    A visit that an earlier file has brought is a finding, except where the files are versions of
    one (*may_repeat*).

    Raises:
        SystemExit: the tables named by ``--rules`` cannot be read.
    """
    try:
        rules = Rules.from_folder(args.rules) if args.rules else Rules.shipped()
    except (Rejected, OSError) as refusal:
        said = sentence(refusal, args.language) if isinstance(refusal, Rejected) else refusal
        print(f"vienphi bhyt: {said}", file=sys.stderr)
        raise SystemExit(1) from None
    known: set[str] = set()
    for file in files:
        try:
            with file.open("rb") as opened:
                content = opened.read(ENVELOPE_MAX_BYTES + 1)
        except OSError as error:
            print(f"vienphi bhyt: {error}", file=sys.stderr)
            yield file, None
            continue
        report = check(content, rules, known=frozenset() if may_repeat else frozenset(known))
        known |= {visit.ma_lk for visit in report.visits}
        yield file, report
