"""Files of lines for tests, and relations run over them on any engine."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from payments.engines.model import Relation
from payments.engines.progress import Progress
from payments.engines.running import Engine, Request, run

SPARK_LACKS = find_spec("pyspark") is None or shutil.which("java") is None
#: Every engine; Spark only where it is installed.
ENGINES = [
    Engine.DUCKDB,
    Engine.SQLITE,
    Engine.POSTGRES,
    pytest.param(
        Engine.SPARK,
        marks=pytest.mark.skipif(SPARK_LACKS, reason="pyspark or Java is not installed"),
    ),
]


def write_lines(path: Path, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        writer.writerows(rows)
    return path


def answer(
    relation: Relation,
    files: dict[str, Path],
    out: Path,
    engine: Engine = Engine.DUCKDB,
    *,
    tolerance: int = 1,
    database: str = "",
    memory: str = "1GB",
    **settings: int,
) -> tuple[dict[str, int], list[dict[str, str]]]:
    """Run *relation*; give the counts and the rows as they are written."""
    counts = run(
        Request(
            relation,
            files,
            out,
            engine,
            memory,
            {"tolerance": tolerance} | settings,
            database,
        ),
        Progress(io.StringIO()),
    )
    with out.open(encoding="utf-8", newline="") as file:
        return counts, list(csv.DictReader(file))
