"""``vienphi bhyt take-in | sent | report | board``: claims kept, sent, summed up and proven."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from payments.claims import commands as claims
from payments.claims.documents import ENVELOPE_MAX_BYTES
from payments.claims.findings import Verdict
from payments.insurance.coverage import Rules
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.settlement import board
from payments.settlement.model import agency_of, is_quarter, period_id
from payments.settlement.reporting import report_month, report_quarter
from payments.settlement.sending import send_month
from payments.settlement.taking_in import Purpose, take_in

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_AMOUNTS = (
    "unsent", "requested", "accepted", "refused", "won", "written_off", "contested", "appealed",
    "settled", "set_off", "received", "to_come", "advanced", "left",
)  # fmt: skip


def add_commands(subparsers: SubParsers) -> None:
    """Add ``bhyt``: the commands of claims, and those that keep them."""
    commands = claims.add_commands(subparsers)
    taking = commands.add_parser(
        "take-in", help="keep dossiers with their bytes and hash; status 1 if one is refused"
    )
    taking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    taking.add_argument("--replaces", metavar="REASON", help="instead of what came before")
    taking.set_defaults(run_with=_take_in)
    sending = commands.add_parser("sent", help="note that the waiting claims of a month were sent")
    sending.add_argument("month", metavar="YYYYMM")
    sending.set_defaults(run_with=_send)
    summing = commands.add_parser(
        "report", help="sum a month up to 01/BH or a quarter to 02/BH, and close it for changes"
    )
    summing.add_argument("period", metavar="YYYYMM|YYYYQN")
    summing.set_defaults(run_with=_report)
    parser = commands.add_parser(
        "board", help="sum quarters of claims up; --check holds them against the ledger"
    )
    parser.add_argument("--period", metavar="YYYYQN", help="one quarter, such as 2026Q3")
    parser.add_argument("--json", action="store_true", help="one JSON object a quarter and line")
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare 1400, 1410, 1420, 2300 and the forms with the board; status 1 if one differs",
    )
    parser.set_defaults(run_with=_board)


def _take_in(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    rules, status = Rules.shipped(), 0
    purpose = Purpose.NEW if args.replaces is None else Purpose.REPLACEMENT
    for file in args.files:
        with file.open("rb") as opened:
            content = opened.read(ENVELOPE_MAX_BYTES + 1)
        told = take_in(runtime, scope, content, rules, purpose=purpose, reason=args.replaces or "")
        known = "" if told.is_new else ", known before"
        print(f"{file.name}: {told.verdict.value}, {told.claims} claims{known}")
        for code, count in sorted(Counter(one.code for one in told.findings).items()):
            print(f"  {code}: {count}")
        if told.verdict is Verdict.REJECT:
            status = 1
    return status


def _send(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    print(f"{args.month}: {send_month(runtime, scope, _period(scope, args.month))} claims sent")
    return 0


def _report(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    report = report_quarter if is_quarter(args.period) else report_month
    told = report(runtime, scope, _period(scope, args.period))
    print(f"{args.period}: fund {told.fund.dong:,}, rounding {told.rounding.dong:,}")
    return 0


def _period(scope: Scope, name: str) -> UUID:
    return period_id(scope.facility, agency_of(scope.facility), name)


def _board(runtime: Runtime, scope: Scope, args: argparse.Namespace) -> int:
    with runtime.database.reading(scope) as tx:
        told = [
            board.board(tx, one.id) for one in board.quarters(tx) if args.period in (None, one.name)
        ]
        found = board.check(tx) if args.check else []
    for one in told:
        amounts = {name: getattr(one, name).dong for name in _AMOUNTS}
        if args.json:
            states = {state.value: count for state, count in one.claims.items()}
            print(
                json.dumps({"period": one.name, "agency": one.agency, "claims": states} | amounts)
            )
        else:
            print(f"{one.name} {one.agency}: {sum(one.claims.values())} claims, {one.state}")
            for name, amount in amounts.items():
                print(f"  {name:<12}{amount:>20,}")
    for wrong in found:
        print(
            f"{wrong.period or 'no quarter'}: {wrong.what} differs:"
            f" board {wrong.board.dong:,}, other {wrong.other.dong:,}"
        )
    if args.check and not found:
        print("1400, 1410, 1420, 2300, 01/BH and 02/BH equal the board")
    return 1 if found else 0
