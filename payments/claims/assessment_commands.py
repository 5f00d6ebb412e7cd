"""``vienphi bhyt compare``: millions of claimed lines against the fund's assessment."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from payments.claims.assessing import CLAIMS_ASSESSMENT, Assessed
from payments.engines import telling

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

#: Later than every month, earlier than every month.
_ALWAYS: Final = 999912
_NEVER: Final = 0
_MONTH: Final = re.compile("20[0-9]{2}(0[1-9]|1[0-2])")


def add_commands(commands: SubParsers) -> None:
    """Add ``compare`` to the commands of ``bhyt``."""
    comparing = commands.add_parser("compare", help="claimed lines against the fund's assessment")
    comparing.add_argument(
        "--claims",
        type=Path,
        required=True,
        metavar="FILE",
        help="CSV or Parquet with ma_lk, table, stt, asked; may have level, month",
    )
    comparing.add_argument(
        "--assessment",
        type=Path,
        required=True,
        metavar="FILE",
        help="the same with accepted for asked; may have refused, reason, level, month",
    )
    comparing.add_argument(
        "--tolerance", type=_dong, default=1, metavar="DONG", help="rounding, 1 by default"
    )
    comparing.add_argument(
        "--refused-only",
        action="store_true",
        help="the assessment lists only what it refuses: the rest is accepted",
    )
    comparing.add_argument(
        "--assessed-until", type=_month, default=_ALWAYS, metavar="YYYYMM", help="later is timing"
    )
    comparing.add_argument(
        "--asked-from", type=_month, default=_NEVER, metavar="YYYYMM", help="earlier is timing"
    )
    telling.add_arguments(comparing)
    comparing.set_defaults(run=_compare)


def _compare(args: argparse.Namespace) -> int:
    files = {"claim_side": args.claims, "assessment_side": args.assessment}
    settings = {
        "tolerance": args.tolerance * 100,
        "silence": int(args.refused_only),
        "assessed_until": args.assessed_until,
        "asked_from": args.asked_from,
    }
    return telling.tell(telling.request(args, CLAIMS_ASSESSMENT, files, settings), list(Assessed))


def _month(text: str) -> int:
    if not _MONTH.fullmatch(text):
        raise argparse.ArgumentTypeError("a month is written 202609")
    return int(text)


def _dong(text: str) -> int:
    if not re.fullmatch("[0-9]{1,12}", text):
        raise argparse.ArgumentTypeError("whole đồng, 0 or more")
    return int(text)
