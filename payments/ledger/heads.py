"""
Heads of chains, kept outside the database: one that is rolled back or rebuilt is found.

One line a head, appended every few minutes to a file that is best on another machine:

    99001 ledger 1234 5f0c…e1 2026-11-24T00:30:00.000000Z

The chain alone does not show that its end is missing, nor that all of it was made anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from payments.kernel.errors import Rejected
from payments.ledger.invariants import Finding

_LINE: Final = re.compile(
    r"([0-9]{1,5}) (ledger|audit) ([0-9]{1,18}) ([0-9a-f]{64})"
    r" ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z)"
)


class WrongHeads(Rejected):
    """The file is missing or holds a line that no worker wrote: it proves nothing."""

    code = "wrong-heads"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal of a chain as it was at *at*; seal 0 is the empty chain."""

    facility: int
    chain: str
    seq: int
    hash: bytes
    at: str

    @classmethod
    def of(cls, facility: int, chain: str, newest: tuple[int, bytes], at: datetime) -> Head:
        told = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return cls(facility, chain, *newest, told)

    @property
    def line(self) -> str:
        return f"{self.facility} {self.chain} {self.seq} {self.hash.hex()} {self.at}\n"


def append(path: Path, heads: Sequence[Head]) -> None:
    """Add the lines of *heads* and flush them to the disk. Raises OSError."""
    given = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(given, "r+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(-1, os.SEEK_END)
            # A power cut in the middle of a line: the next one begins on its own.
            torn = b"" if file.read(1) == b"\n" else b"\n"
        else:
            torn = b""
        file.write(torn + "".join(one.line for one in heads).encode())
        os.fsync(file.fileno())


def read(path: Path) -> tuple[Head, ...]:
    """
    Read the heads of a file; a line that a power cut left unfinished is passed over.

    Raises:
        WrongHeads: there is no such file, or a whole line is none of ours.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongHeads(f"{path}: {error}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        told = _LINE.fullmatch(line)
        if told is not None:
            facility, chain, seq, digest, at = told.groups()
            found.append(Head(int(facility), chain, int(seq), bytes.fromhex(digest), at))
        elif len(line) >= _SHORTEST or not re.fullmatch("[0-9a-zTZ :.-]*", line):
            raise WrongHeads(f"{path}, line {number}: this is no head")
    if not found:
        raise WrongHeads(f"{path}: there is no head in it")
    return tuple(found)


#: A line that is shorter was cut off: a day, a chain, a number, 64 digits and a moment.
_SHORTEST: Final = len("1 audit 0 ") + 64 + len(" 2026-11-24T00:30:00.000000Z")


def findings(
    exported: Sequence[Head], facility: int, chain: str, hashes: Sequence[bytes]
) -> Iterator[Finding]:
    """Hold the *hashes* of a chain (the first is of seal 1) against what was exported of it."""
    for one in dict.fromkeys(exported):
        if one.facility != facility or one.chain != chain or one.seq == 0:
            continue
        if one.seq > len(hashes):
            yield Finding(
                len(hashes) + 1,
                f"seals {len(hashes) + 1} to {one.seq} are missing, which were there at {one.at}",
            )
        elif hashes[one.seq - 1] != one.hash:
            yield Finding(one.seq, f"the seal is not the one that was exported at {one.at}")
