"""What clients remember outside of the system under test: the intent before, the answer after."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Judgement:
    """*lost*: acknowledged and not posted; *double*: posted twice; *phantom*: nobody sent it."""

    intents: int
    acknowledged: int
    lost: tuple[str, ...]
    double: tuple[str, ...]
    phantom: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.double or self.phantom)


class Journal:
    """An append-only file; each line is written whole before the call returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._lock = threading.Lock()

    def intend(self, payment: str) -> None:
        """Call before the first byte is sent."""
        self._write(f"intent {payment}")

    def answered(self, payment: str, status: int) -> None:
        """Call after the whole answer was read; 0 stands for none."""
        self._write(f"answer {payment} {status}")

    def judge(self, posted: Mapping[str, int]) -> Judgement:
        """Join with what the ledger holds: how often each payment is *posted*."""
        intents, acknowledged = set(), set()
        for line in self.path.read_text().splitlines():
            kind, payment, *status = line.split()
            if kind == "intent":
                intents.add(payment)
            elif 200 <= int(status[0]) < 300:
                acknowledged.add(payment)
        return Judgement(
            intents=len(intents),
            acknowledged=len(acknowledged),
            lost=tuple(sorted(one for one in acknowledged if not posted.get(one))),
            double=tuple(sorted(one for one, count in posted.items() if count > 1)),
            phantom=tuple(sorted(posted.keys() - intents)),
        )

    def close(self) -> None:
        os.close(self._file)

    def _write(self, line: str) -> None:
        with self._lock:
            os.write(self._file, f"{line}\n".encode())
