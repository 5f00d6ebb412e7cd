"""``vienphi bhyt month`` and ``adjust``: the forms 01/BH, 02/BH and 09/BH from dossiers."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from payments.claims.adjusting import Version, changes, form_09
from payments.claims.checking import CheckedVisit, Report
from payments.claims.dossiers import add_certificate, reports
from payments.claims.findings import Verdict
from payments.claims.periods import COLUMNS, OtherPeriod, Row, cells, month, period_of, quarter
from payments.claims.tables import Record
from payments.insurance import commands as insurance
from payments.kernel.errors import Rejected
from payments.words import arguments
from payments.words.explaining import sentence

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]


class NoDossier(Rejected):
    """A file was refused, or does not hold what the command needs; ``bhyt check`` says why."""

    code = "no-dossier"


def add_commands(commands: SubParsers) -> None:
    summing = commands.add_parser(
        "month", help="sum dossiers up to form 01/BH as CSV; of three months to form 02/BH"
    )
    summing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    summing.add_argument(
        "--period", required=True, action="append", metavar="YYYYMM", help="thrice for a quarter"
    )
    insurance.add_common(summing, "vi")
    add_certificate(summing)
    summing.set_defaults(run=_month)
    adjusting = commands.add_parser(
        "adjust", help="write form 09/BH from two versions of the dossier of a visit"
    )
    adjusting.add_argument("before", type=Path, metavar="BEFORE")
    adjusting.add_argument("after", type=Path, metavar="AFTER")
    adjusting.add_argument("--reason", required=True)
    adjusting.add_argument("--on", required=True, type=arguments.day, metavar="YYYY-MM-DD")
    insurance.add_common(adjusting, "vi")
    add_certificate(adjusting)
    adjusting.set_defaults(run=_adjust)


def _month(args: argparse.Namespace) -> int:
    try:
        rows = _rows(args)
    except Rejected as refusal:
        return _complain(refusal, args.language)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(cells, rows))
    return 0


def _rows(args: argparse.Namespace) -> tuple[Row, ...]:
    of_period: dict[str, list[Record]] = {period: [] for period in args.period}
    for file, report in reports(args, args.files):
        for visit in _visits(file, report):
            period = period_of(visit.summary)
            if period not in of_period:
                wanted = ", ".join(of_period)
                raise OtherPeriod(visit=visit.ma_lk, period=period, wanted=wanted)
            of_period[period].append(visit.summary)
    forms = [month(period, found) for period, found in of_period.items()]
    return quarter(forms) if len(forms) > 1 else (*forms[0].rows, forms[0].total)


def _adjust(args: argparse.Namespace) -> int:
    versions = []
    try:
        for file, report in reports(args, [args.before, args.after], may_repeat=True):
            visits = list(_visits(file, report))
            if report is None or len(visits) != 1:
                raise NoDossier(file=file.name)
            versions.append((report.facility, Version(visits[0].summary, visits[0].rows)))
        (facility, before), (_, after) = versions
        found = changes(before, after)
        content = form_09(facility, args.on, before, found, args.reason)
    except Rejected as refusal:
        return _complain(refusal, args.language)
    sys.stdout.buffer.write(content + b"\n")
    sys.stdout.buffer.flush()
    return 0


def _visits(file: Path, report: Report | None) -> Iterable[CheckedVisit]:
    """Give the visits of a file that can be trusted: a sum over a refused one would be wrong."""
    if report is None or report.verdict is Verdict.REJECT:
        raise NoDossier(file=file.name)
    return report.visits


def _complain(refusal: Rejected, language: str) -> int:
    print(f"vienphi bhyt: {sentence(refusal, language)}", file=sys.stderr)
    return 1
