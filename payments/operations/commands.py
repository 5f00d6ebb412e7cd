"""``vienphi db`` and ``vienphi keys``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from payments import keys
from payments.audit_chain.verifying import verify as verify_audit
from payments.config import Mode
from payments.einvoicing import accounts as einvoices
from payments.external.portal import PORTAL
from payments.kernel.clock import SystemClock
from payments.kernel.errors import InvalidField
from payments.kernel.scope import FacilityId, Scope
from payments.ledger import queries
from payments.ledger.verifying import verify
from payments.operations import checking
from payments.operations.preflight import Point, preflight, refuse_later_schema
from payments.runtime import Runtime
from payments.storage import installation, roles
from payments.storage.copying import copy
from payments.storage.engine import make_engine
from payments.storage.unit_of_work import Database
from payments.storage.upgrading import current_revision, upgrade


def add_commands(subparsers: Any) -> None:
    _add_db(subparsers.add_parser("db", help="upgrade, found, check, copy; roles of PostgreSQL"))
    _add_keys(subparsers.add_parser("keys", help="make or rotate the keys file"))


def _add_db(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)
    made = verbs.add_parser("upgrade", help="bring the schema to this release")
    made.add_argument("--url", required=True, help="as vp_owner on PostgreSQL")
    made.add_argument("--check", action="store_true", help="change nothing; say what stands by")
    made.add_argument("--backups", type=Path, metavar="DIR", help="where the nightly backups are")
    made.set_defaults(run=_upgrade)
    founded = verbs.add_parser("found", help="write the mode (for ever) and add a facility")
    founded.add_argument("--url", required=True, help="as vp_owner on PostgreSQL")
    founded.add_argument("--mode", required=True, choices=[mode.value for mode in Mode])
    founded.add_argument("--facility", required=True, type=int, help="MA_CSKCB, such as 99001")
    founded.add_argument("--name", required=True)
    founded.add_argument("--host", action="append", default=[], help="host name of the facility")
    founded.set_defaults(run=_found)
    checked = verbs.add_parser("check", help="exit 1 and say what is wrong")
    checked.add_argument("--url", required=True)
    checked.add_argument("--mode", required=True, choices=[mode.value for mode in Mode])
    checked.set_defaults(run=_check)
    printed = verbs.add_parser("roles", help="print the SQL of the database roles, or run it")
    printed.add_argument("--database", default="vienphi")
    # Not "run": under that name the command line keeps the function of the command.
    printed.add_argument(
        "--run", dest="superuser", metavar="URL", help="run it, connected as superuser"
    )
    printed.set_defaults(run=_roles)
    moved = verbs.add_parser("copy", help="move this facility to another database, and verify both")
    moved.add_argument("--to", required=True, metavar="URL", help="migrated and founded, vp_owner")
    moved.set_defaults(run_with=_copy)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)
    new = verbs.add_parser("new", help="make a keys file, mode 0600")
    new.add_argument("file", type=Path)
    new.set_defaults(run=_new_keys)
    rotated = verbs.add_parser("rotate", help="add a key to one purpose; old values still open")
    rotated.add_argument("file", type=Path)
    rotated.add_argument("--purpose", required=True, choices=keys.PURPOSES)
    rotated.set_defaults(run=_rotate)
    account = verbs.add_parser("account", help="put in the account at the insurer's portal")
    account.add_argument("file", type=Path)
    account.add_argument("--for", dest="of", type=int, required=True, metavar="FACILITY")
    account.add_argument("--user", required=True)
    account.add_argument("--staff-name", required=True, help="who looks cards up (hoTenCb)")
    account.add_argument("--staff-id", required=True, help="their identity number (cccdCb)")
    account.set_defaults(run=_account)
    einvoices.add_verb(verbs)


def _upgrade(args: argparse.Namespace) -> int:
    engine = make_engine(args.url)
    if args.check:
        return _say_preflight(preflight(engine, args.backups, now=SystemClock().now()))
    refuse_later_schema(engine)
    upgrade(engine)
    print(f"schema {current_revision(engine)}")
    return 0


def _say_preflight(points: Sequence[Point]) -> int:
    for point in points:
        print(f"{'ok ' if point.is_good else 'NOT'} {point.what}: {point.said}")
    is_good = all(point.is_good for point in points)
    print("ready for `vienphi db upgrade`" if is_good else "not ready; nothing was changed")
    return 0 if is_good else 1


def _found(args: argparse.Namespace) -> int:
    engine = make_engine(args.url)
    now = SystemClock().now()
    installation.found(engine, mode=args.mode, at=now)
    installation.add_facility(
        engine, FacilityId(args.facility), args.name, at=now, hosts=tuple(args.host)
    )
    print(f"{args.facility} {args.name} ({args.mode})")
    return 0


def _check(args: argparse.Namespace) -> int:
    wrong = checking.findings(make_engine(args.url), mode=args.mode)
    for line in wrong:
        print(line, file=sys.stderr)
    print("not good" if wrong else "good")
    return 1 if wrong else 0


def _roles(args: argparse.Namespace) -> int:
    cluster, inside = roles.statements(), roles.database_statements(args.database)
    if not args.superuser:
        print(";\n".join([*cluster, *inside]) + ";")
        return 0
    url = make_url(args.superuser).set(database=args.database)
    engine = make_engine(url.render_as_string(hide_password=False))
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in (*cluster, *inside):
            connection.exec_driver_sql(statement)
    print(f"{', '.join(roles.ROLES)} for {args.database}")
    return 0


def _copy(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    target = Database(args.to, runtime.clock)
    counts = copy(runtime.database.engine, target.engine, scope.facility)
    wrong = []
    balances = []
    for side, database in (("source", runtime.database), ("target", target)):
        report = verify(database, scope)
        events = verify_audit(database, scope)
        wrong += [f"{side}: {finding}" for finding in (*report.findings, *events.findings)]
        with database.reading(scope) as tx:
            balances.append(queries.balances(tx))
    if balances[0] != balances[1]:
        wrong.append("the balances of the two sides differ")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{sum(counts.values())} rows of {len(counts)} tables; {'NOT ' if wrong else ''}verified")
    return 1 if wrong else 0


def _new_keys(args: argparse.Namespace) -> int:
    keys.write_new(args.file)
    print(f"{args.file}: keep a copy apart from the database's backup")
    return 0


def _rotate(args: argparse.Namespace) -> int:
    print(f"{args.purpose}: key {keys.rotate(args.file, args.purpose)} is current")
    if args.purpose == "lookup":
        print("restart the web and the worker: the worker indexes the patients anew")
    return 0


def _account(args: argparse.Namespace) -> int:
    """Take the password from the terminal or the input, never from the command's arguments."""
    told = getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not told:
        raise InvalidField("password", "setting_missing")
    fields = {
        "user": args.user,
        "password": told,
        "staff_name": args.staff_name,
        "staff_id": args.staff_id,
    }
    keys.write_account(args.file, PORTAL, args.of, fields)
    print(f"{args.of}: account {args.user}; restart the web and the worker")
    return 0
