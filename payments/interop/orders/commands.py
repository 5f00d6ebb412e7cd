"""``vienphi orders``: take a file of orders in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from payments.interop.orders.model import WrongOrders
from payments.interop.orders.reading import read_csv
from payments.interop.orders.taking import take_in
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, Problem
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.words.catalogue import TERMINAL
from payments.words.explaining import of_problem


def add_commands(subparsers: Any) -> None:
    orders = subparsers.add_parser("orders", help="orders of a hospital information system")
    verbs = orders.add_subparsers(required=True)
    taken = verbs.add_parser("import", help="take a CSV file in, whole or not at all")
    taken.add_argument("file", type=Path)
    taken.add_argument("--source", default="his", help="the program that they come from")
    taken.set_defaults(run_with=_import)


def _import(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    try:
        content = args.file.read_bytes()
    except OSError as error:
        raise InvalidField("file", "file_absent", path=args.file) from error
    try:
        lines = read_csv(content, HospitalDay.of(runtime.clock.now()))
        told = take_in(runtime, scope, args.source, lines)
    except WrongOrders as error:
        for problem in error.problems:
            print(_said(problem), file=sys.stderr)
        print(f"vienphi: {args.file}: refused whole, nothing was taken in", file=sys.stderr)
        return 1
    print(
        f"{told.added} added, {told.changed} changed, {told.repeated} repeated,"
        f" {told.stale} older than known, {told.drafted} changes to be confirmed"
    )
    return 0


def _said(problem: Problem) -> str:
    place = "" if problem.line is None else f"line {problem.line}, {problem.field}: "
    return place + of_problem(problem, TERMINAL)
