"""``vienphi bank map save | show | list``: how a bank names its columns."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from payments.bank.statement_file import read
from payments.bank.statement_map import ColumnMap, checked
from payments.bank.statement_model import UnreadableStatement
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.reconciliation import maps
from payments.runtime import Runtime
from payments.words.catalogue import TERMINAL
from payments.words.explaining import of_problem

_FIELDS: Final = tuple(item.name for item in fields(ColumnMap))
#: Lines of a sample that are shown before the map is saved.
_SHOWN: Final = 20


def add_commands(subparsers: Any) -> None:
    """Add ``bank map`` and its verbs to the command line."""
    bank = subparsers.add_parser("bank", help="how banks write their statements")
    things = bank.add_subparsers(dest="bank_thing", required=True)
    verbs = things.add_parser("map", help="column maps of statements").add_subparsers(required=True)
    saved = verbs.add_parser("save", help="save the map of an account, tried on a sample first")
    saved.add_argument("map", type=Path, metavar="MAP.json", help=f"keys: {', '.join(_FIELDS)}")
    saved.add_argument("--account", required=True, help="our account number at the bank")
    saved.add_argument(
        "--sample", type=Path, metavar="STATEMENT.csv", help="a statement that it must read"
    )
    saved.set_defaults(run_with=_save)
    shown = verbs.add_parser("show", help="print the map of an account, to be changed and saved")
    shown.add_argument("--account", required=True)
    shown.set_defaults(run_with=_show)
    verbs.add_parser("list", help="list accounts and their maps").set_defaults(run_with=_list)


def from_file(path: Path) -> ColumnMap:
    """
    Read a map as a person wrote it.

    Raises:
        InvalidField: names the key that is unknown, missing or wrong.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidField("map", "map_file", file=path.name) from error
    if not isinstance(told, dict):
        raise InvalidField("map", "map_file", file=path.name)
    for name, value in told.items():
        if name not in _FIELDS:
            raise InvalidField(name, "map_key", known=", ".join(_FIELDS))
        if not isinstance(value, bool if name == "newest_first" else str):
            raise InvalidField(name, "map_kind")
    empty: dict[str, Any] = {"name": "", "date": "", "memo": ""}
    return checked(ColumnMap(**(empty | told)))


def _save(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    columns = from_file(args.map)
    if args.sample is not None and not _reads(runtime, columns, args):
        print("nothing was saved")
        return 1
    with runtime.database.transaction(scope) as tx:
        maps.save(tx, args.account, columns)
    print(f"{args.account}: {columns.name}")
    return 0


def _reads(runtime: Runtime, columns: ColumnMap, args: argparse.Namespace) -> bool:
    """Show what the map makes of a sample, or what is wrong with it."""
    today = HospitalDay.of(runtime.clock.now())
    try:
        content = args.sample.read_bytes()
        statement = read(content, columns, account=args.account, today=today)
    except OSError as error:
        raise InvalidField("sample", "map_sample", file=args.sample.name) from error
    except UnreadableStatement as error:
        for problem in error.problems:
            where = "-" if problem.line is None else problem.line
            print(f"line {where}: {problem.field}: {of_problem(problem, TERMINAL)}")
        return False
    for line in statement.lines[:_SHOWN]:
        at = f"{line.day} {line.amount.dong:>15,}"
        print(f"{line.number:>6} {at}  {line.reference:<20} {line.memo}")
    print(f"{len(statement.lines)} lines, {statement.first_day} to {statement.last_day}")
    return True


def _show(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        columns = maps.of_account(tx, args.account)
    print(json.dumps(asdict(columns), ensure_ascii=False, indent=2))
    return 0


def _list(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        for account in maps.accounts(tx):
            try:
                told = maps.of_account(tx, account).name
            except maps.NoColumnMap:
                told = "no map yet: statements of this account are refused"
            print(f"{account:<24} {told}")
    return 0
