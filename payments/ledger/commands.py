"""``vienphi ledger verify | balance | anchor``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO
from payments.kernel.scope import Scope
from payments.ledger import anchor_keys, anchoring, anchors, heads, queries
from payments.ledger.verifying import Report, verify
from payments.runtime import Runtime
from payments.words.arguments import hospital_day


def add_commands(subparsers: Any) -> None:
    """Add ``ledger`` and its commands to the command line."""
    ledger = subparsers.add_parser("ledger", help="prove the ledger, tell balances, sign a day")
    commands = ledger.add_subparsers(dest="ledger_command", required=True)
    _add_verify(commands)
    _add_balance(commands)
    _add_anchor(commands)


def _add_verify(commands: Any) -> None:
    parser = commands.add_parser(
        "verify", help="recompute chain, balances and anchors; exit 1 with the first bad seal"
    )
    parser.add_argument("--anchor", type=Path, metavar="DIR_OR_FILE", help="signed anchors")
    parser.add_argument(
        "--public-key", type=Path, metavar="FILE", help="key that signed the anchors"
    )
    parser.add_argument("--heads", type=Path, metavar="FILE", help="heads that the worker exported")
    parser.set_defaults(run_with=_verify)


def _add_balance(commands: Any) -> None:
    parser = commands.add_parser("balance", help="list the balance of every account")
    parser.add_argument(
        "--day", type=hospital_day, metavar="YYYY-MM-DD", help="what moved on this day only"
    )
    parser.set_defaults(run_with=_balance)


def _add_anchor(commands: Any) -> None:
    parser = commands.add_parser("anchor", help="sign the seals since the last anchor")
    parser.add_argument("--day", type=hospital_day, metavar="YYYY-MM-DD", help="default today")
    parser.add_argument("--key", type=Path, metavar="FILE", help="signing key (PEM)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the anchor is kept")
    parser.add_argument(
        "--new-key",
        type=Path,
        metavar="FILE",
        action=_MakeKey,
        help="make a key pair FILE and FILE.pub instead",
    )
    parser.set_defaults(run_with=_anchor)


class _MakeKey(argparse.Action):
    """Making a key needs no database: it takes the place of the command that does."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, values)
        namespace.run = _new_key
        if hasattr(namespace, "run_with"):
            del namespace.run_with


def _new_key(args: argparse.Namespace) -> int:
    public = anchor_keys.new_key(args.new_key)
    print(f"{args.new_key}: signing key, keep it away from the database host")
    print(f"{public}: for those who verify")
    return 0


def _verify(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    given = () if args.anchor is None else anchors.read_anchors(args.anchor)
    key = None if args.public_key is None else anchor_keys.read_public_key(args.public_key)
    exported = () if args.heads is None else heads.read(args.heads)
    report = verify(runtime.database, scope, anchors=given, public_key=key, exported=exported)
    if given and key is None:
        print("note: no --public-key; each anchor was checked with the key in its own file")
    return _say(report)


def _say(report: Report) -> int:
    print(f"{report.seals} sealed transactions, {report.postings} postings")
    print(f"{report.anchors} anchors, head {report.head.hex()}")
    for finding in report.findings:
        print(f"seal {'-' if finding.seq is None else finding.seq}: {finding.what}")
    if report.is_sound:
        print("sound")
        return 0
    seq = report.first_bad_seq
    print(f"NOT sound; first bad seal: {'none, see above' if seq is None else seq}")
    return 1


def _balance(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        if args.day is None:
            amounts = queries.balances(tx)
        else:
            amounts = {
                total.account: total.debit - total.credit
                for total in queries.day_totals(tx, args.day)
            }
    for account, amount in amounts.items():
        print(f"{account:<32} {amount.dong:>20}")
    print(f"{'sum':<32} {sum(amounts.values(), ZERO).dong:>20}")
    return 0 if not sum(amounts.values(), ZERO) else 1


def _anchor(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    if args.key is None or args.out is None:
        print("ledger anchor needs --key FILE and --out DIR (or --new-key FILE)")
        return 2
    key = anchor_keys.read_key(args.key)
    day = args.day or HospitalDay.of(runtime.clock.now())
    with runtime.database.transaction(scope) as tx:
        made = anchoring.make_anchor(tx, day, key)
        # Exported before the commit: an anchor that is noted but lost would leave a hole for ever.
        path = anchors.export(made, args.out)
    print(f"{path}: seals {made.first_seq} to {made.last_seq}, root {made.root.hex()}")
    return 0
