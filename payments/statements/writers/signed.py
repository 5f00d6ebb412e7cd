"""Signed JSON: rows as they come, then a head with count, sums and hash, then its signature."""

from __future__ import annotations

import hashlib
from typing import Any

from payments.kernel.money import Money
from payments.keys import Keys
from payments.statements import signing
from payments.statements.model import Row, Sums, Value
from payments.statements.writers.heading import Heading, Sink, plain


class JsonFile:
    def __init__(self, heading: Heading, sink: Sink, keys: Keys) -> None:
        self._heading = heading
        self._sink = sink
        self._keys = keys
        self._digest = hashlib.sha256()
        self._names = [one.name for one in heading.columns]
        self._rows = 0
        sink.write(b'{"rows":[')

    def row(self, cells: Row) -> None:
        told = signing.canonical(
            {name: _told(value) for name, value in zip(self._names, cells, strict=True)}
        )
        self._digest.update(told + b"\n")
        self._sink.write((b",\n" if self._rows else b"\n") + told)
        self._rows += 1

    def close(self, sums: Sums) -> None:
        heading = self._heading
        head: dict[str, Any] = {
            "file": heading.statement.name,
            "facility": heading.facility,
            "first_day": str(heading.span.first),
            "last_day": str(heading.span.last),
            "made_at": heading.made_at.isoformat(),
            "rows": sums.rows,
            "sums": {name: amount.dong for name, amount in sums.amounts().items()},
            "currency": "VND",
            "rows_sha256": self._digest.hexdigest(),
            "is_trial": heading.is_trial,
            "key": signing.public_key(self._keys),
        }
        signature = signing.sign(self._keys, head)
        tail = b'],\n"head":' + signing.canonical(head)
        self._sink.write(b"\n" + tail + f',\n"signature":"{signature}"}}\n'.encode())

    def drop(self) -> None:
        """Nothing is held."""


def _told(value: Value) -> str | int | None:
    if isinstance(value, Money):
        return value.dong
    return value if value is None or isinstance(value, int) else plain(value)
