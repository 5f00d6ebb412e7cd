"""``vienphi reconcile compare | batches``: files of lines, classified to the last one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from payments.engines import telling
from payments.kernel.errors import InvalidField
from payments.kernel.money import DONG_MAX
from payments.reconciliation.files import CHANNEL_BANK, LEDGER_CHANNEL
from payments.reconciliation.model import Verdict

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_LINES: Final = "CSV or Parquet with line_id, ref, amount"


def add_commands(subparsers: SubParsers) -> None:
    """Add ``reconcile`` and its verbs to the command line."""
    reconcile = subparsers.add_parser("reconcile", help="compare files of lines, millions of them")
    verbs = reconcile.add_subparsers(required=True)
    comparing = verbs.add_parser("compare", help="the ledger against a channel, line by line")
    comparing.add_argument("--ledger", type=Path, required=True, metavar="FILE", help=_LINES)
    comparing.add_argument("--channel", type=Path, required=True, metavar="FILE", help=_LINES)
    _add_common(comparing)
    comparing.set_defaults(run=_compare)
    settling = verbs.add_parser("batches", help="settlement batches against credits of the bank")
    settling.add_argument(
        "--channel", type=Path, required=True, metavar="FILE", help=f"{_LINES}, fee, tax"
    )
    settling.add_argument("--bank", type=Path, required=True, metavar="FILE", help=_LINES)
    _add_common(settling)
    settling.set_defaults(run=_batches)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tolerance", type=int, default=1, metavar="DONG", help="what may differ, 1 by default"
    )
    telling.add_arguments(parser)


def _compare(args: argparse.Namespace) -> int:
    files = {"ledger_side": args.ledger, "channel_side": args.channel}
    asked = telling.request(args, LEDGER_CHANNEL, files, {"tolerance": _tolerance(args)})
    return telling.tell(asked, list(Verdict))


def _batches(args: argparse.Namespace) -> int:
    files = {"channel_side": args.channel, "bank_side": args.bank}
    asked = telling.request(args, CHANNEL_BANK, files, {"tolerance": _tolerance(args)})
    return telling.tell(asked, list(Verdict))


def _tolerance(args: argparse.Namespace) -> int:
    given = int(args.tolerance)
    if not 0 <= given <= DONG_MAX:
        raise InvalidField("tolerance", "tolerance")
    return given
