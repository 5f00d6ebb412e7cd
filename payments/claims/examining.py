"""
Checks many dossier files by several processes and tells them in the order in which they were named.

A visit that two files bring is found between them: the later file is checked once more, knowing it.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from payments.claims.dossiers import Reading, report_of
from payments.claims.findings import Verdict
from payments.claims.reporting import as_object, as_text

#: Each holds a file of 20 MB and what is read of it.
_PROCESSES_MAX: Final = 8
#: Rows refer to no other rows, so the search for cycles finds nothing in them.
_OBJECTS_BETWEEN_SEARCHES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Examined:
    """What is printed of a file (*told*) or said against it, and the visits that it brought."""

    told: str
    said: str
    is_refused: bool
    visits: frozenset[str]


def examine(reading: Reading, is_json: bool, file: Path, known: frozenset[str]) -> Examined:
    """Check one file and put what came of it into words."""
    report, said = report_of(reading, file, known)
    if report is None:
        return Examined("", said, True, frozenset())
    if is_json:
        lines = [json.dumps(as_object(file.name, report), separators=(",", ":"))]
    else:
        lines = list(as_text(file.name, report, reading.language))
    return Examined(
        "".join(f"{line}\n" for line in lines),
        "",
        report.verdict is Verdict.REJECT,
        frozenset(visit.ma_lk for visit in report.visits),
    )


def examine_all(reading: Reading, is_json: bool, files: Sequence[Path]) -> Iterator[Examined]:
    """Check *files* on all cores of the machine; each is given as soon as those before it are."""
    processes = min(_PROCESSES_MAX, os.cpu_count() or 1, len(files))
    work = partial(examine, reading, is_json, known=frozenset())
    seen: set[str] = set()
    if processes == 1:
        for file in files:
            found = examine(reading, is_json, file, frozenset(seen))
            seen |= found.visits
            yield found
        return
    with ProcessPoolExecutor(
        processes, initializer=gc.set_threshold, initargs=(_OBJECTS_BETWEEN_SEARCHES,)
    ) as pool:
        for file, found in zip(files, pool.map(work, files), strict=True):
            if found.visits & seen:
                found = examine(reading, is_json, file, frozenset(seen))
            seen |= found.visits
            yield found
