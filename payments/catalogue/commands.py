"""``vienphi catalogue``: the price list from the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from payments.catalogue import importing
from payments.catalogue.model import Change, Kind
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.sheets import UnreadableSheet
from payments.words.catalogue import TERMINAL
from payments.words.explaining import of_problem

_SHOWN: int = 20


def add_commands(subparsers: Any) -> None:
    catalogue = subparsers.add_parser("catalogue", help="import a price list")
    verbs = catalogue.add_subparsers(required=True)
    taking = verbs.add_parser("import", help="read a list (CSV or XLSX) and apply it from a day on")
    taking.add_argument("file", type=Path)
    taking.add_argument("--from", dest="since", required=True, metavar="DATE", help="2026-12-01")
    taking.add_argument(
        "--whole", action="store_true", help="the list is whole: end what it does not name"
    )
    taking.add_argument("--dry-run", action="store_true", help="say what would change, and stop")
    taking.set_defaults(run_with=_import)


def _import(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    try:
        since = HospitalDay.parse(args.since)
    except ValueError:
        raise InvalidField("from", "day_form") from None
    try:
        content = args.file.read_bytes()
    except OSError as error:
        raise NotFound(f"{args.file} cannot be read: {error.strerror}") from error
    try:
        preview = importing.show(runtime, scope, content, since=since, is_whole=args.whole)
    except UnreadableSheet as error:
        for problem in error.problems:
            place = ", ".join(str(part) for part in (problem.line, problem.field) if part)
            print(f"{place or args.file}: {of_problem(problem, TERMINAL)}", file=sys.stderr)
        raise
    told = ", ".join(f"{kind.value} {count}" for kind, count in preview.counts.items())
    print(f"from {since}: {told}")
    for change in preview.changes[:_SHOWN]:
        if change.kind is not Kind.UNCHANGED:
            print(_line(change))
    if args.dry_run:
        return 0
    importing.apply(runtime, scope, preview.id, preview.seen)
    print("applied")
    return 0


def _line(change: Change) -> str:
    former, price = (
        "–" if money is None else f"{money.dong}" for money in (change.former, change.price)
    )
    return f"{change.kind.value:<8} {change.code:<12} {former:>12} -> {price:>12}  {change.name}"
