"""CSV: UTF-8, comma, CR LF, ISO days, whole numbers; no cell is a formula, no zero is lost."""

from __future__ import annotations

import csv

from payments.statements.cells import BOM, identifier, text
from payments.statements.model import Kind, Row, Sums
from payments.statements.writers.heading import Heading, Sink, plain, total_title

_TEXTS = {Kind.TEXT: text, Kind.CODE: text, Kind.IDENTIFIER: identifier}


class _Out:
    """What the standard library's writer writes into."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, line: str) -> int:
        return self._sink.write(line.encode())


class CsvFile:
    def __init__(self, heading: Heading, sink: Sink, *, has_mark: bool = True) -> None:
        self._heading = heading
        self._harmless = [_TEXTS.get(one.kind) for one in heading.columns]
        if has_mark:
            sink.write(BOM.encode())
        self._writer = csv.writer(_Out(sink))
        self._writer.writerow([one.title for one in heading.columns])

    def row(self, cells: Row) -> None:
        self._writer.writerow(
            [
                plain(value) if harmless is None else harmless(plain(value))
                for value, harmless in zip(cells, self._harmless, strict=True)
            ]
        )

    def close(self, sums: Sums) -> None:
        if self._heading.statement.is_bare:
            return
        cells = [plain(sums.at(place)) for place in range(len(self._heading.columns))]
        self._writer.writerow([total_title(sums.rows), *cells[1:]])

    def drop(self) -> None:
        """Nothing is held."""
