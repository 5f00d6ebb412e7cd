"""``vienphi bhyt board``: a quarter from what was asked to what was received, and its proof."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from payments.claims import commands as claims
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.settlement import board

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_AMOUNTS = (
    "unsent", "requested", "accepted", "refused", "won", "written_off", "contested", "appealed",
    "settled", "set_off", "received", "to_come", "advanced", "left",
)  # fmt: skip


def add_commands(subparsers: SubParsers) -> None:
    """Add ``bhyt``: the commands of claims, and ``board``."""
    commands = claims.add_commands(subparsers)
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
