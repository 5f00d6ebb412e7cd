"""An append-only file of JSON lines, from which the sandbox bank starts with its data again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol


class Journal(Protocol):
    def append(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Keep one fact; it is on the disk when this returns."""
        ...

    def read(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        """Give what was kept of *kinds* before the start, in order, each with its ``kind``."""
        ...


class MemoryJournal:
    """Forgets everything with the process."""

    def append(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Keep nothing."""

    def read(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        return iter(())


class FileJournal:
    """One line per fact, flushed to the disk before the bank says that it was done."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._known = _whole_lines(path)
        self._file = path.open("ab")

    def append(self, kind: str, fields: Mapping[str, Any]) -> None:
        line = json.dumps({"kind": kind, **fields}, ensure_ascii=False) + "\n"
        self._file.write(line.encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def read(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        return (line for line in self._known if line["kind"] in kinds)

    def close(self) -> None:
        self._file.close()


def _whole_lines(path: Path) -> tuple[Mapping[str, Any], ...]:
    """Read *path*, and cut off a last line that a crash left half written: it never happened."""
    if not path.exists():
        return ()
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    return tuple(json.loads(line) for line in whole.splitlines())
