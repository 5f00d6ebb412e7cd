"""What every command that runs a relation asks for, and how it tells what came of it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from payments.engines import spark
from payments.engines.progress import Progress
from payments.engines.running import Engine, Request, UnreadableLines, run

if TYPE_CHECKING:
    from payments.engines.model import Relation

#: As everything on a terminal (``payments.words.catalogue.TERMINAL``).
_LANGUAGE: Final = "en"
#: What a shell says of a program that SIGTERM ended.
_STOPPED: Final = 143


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the answer goes, and how much of which machine may be used."""
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".csv or .parquet")
    parser.add_argument("--engine", type=Engine, choices=list(Engine), default=Engine.DUCKDB)
    parser.add_argument("--memory", default="1GB", metavar="SIZE", help="limit, such as 512MB")
    parser.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="PostgreSQL where temporary tables may be made; for --engine postgres",
    )
    parser.add_argument(
        "--master", default=spark.HERE, metavar="URL", help="cluster; for --engine spark"
    )


def request(
    args: argparse.Namespace,
    relation: Relation,
    files: dict[str, Path],
    settings: dict[str, int],
) -> Request:
    return Request(
        relation,
        files,
        args.out,
        args.engine,
        args.memory,
        settings,
        args.database,
        args.master,
    )


def tell(asked: Request, verdicts: Sequence[str]) -> int:
    """
    Run it, print the number of rows of each verdict as one JSON object, return the exit status.

    A file that is refused is told line by line on the stream of errors, and the status is 1.
    """
    progress = Progress(sys.stderr)
    # A service that is stopped clears its folder as one does that is interrupted.
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        counts = run(asked, progress)
    except UnreadableLines as refusal:
        progress.end()
        for line in lines_of(refusal):
            print(line, file=sys.stderr)
        return 1
    finally:
        progress.end()
        signal.signal(signal.SIGTERM, before)
    print(json.dumps({verdict: counts.get(verdict, 0) for verdict in verdicts}))
    return 0


def _stop(*_: object) -> None:
    raise SystemExit(_STOPPED)


def lines_of(refusal: UnreadableLines) -> list[str]:
    """Say each thing that is wrong: file, line, column, and what to do."""
    # Words bring much with them, and a run without a mistake says none.
    explaining = import_module("payments.words.explaining")
    told = []
    for problem in refusal.problems:
        place = [refusal.file.name]
        place += [f"line {problem.line}"] if problem.line is not None else []
        place += [problem.field] if problem.field else []
        told.append(f"vienphi: {', '.join(place)}: {explaining.of_problem(problem, _LANGUAGE)}")
    return told
