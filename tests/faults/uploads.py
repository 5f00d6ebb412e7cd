"""
W7: files that are no tables, sent to every form that takes one: refused, and nothing is written.

    python -m tests.faults.uploads --rounds 3

Zip bombs, other kinds of files under a table's name, files of two kinds at once, macros, names that
climb out of a folder, 200 MB. Each answer is 4xx; no file is opened to write, no table that holds
money, prices or people grows, and of what is too long almost nothing is read.
"""

from __future__ import annotations

import io
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from werkzeug.test import TestResponse

from payments.identity.permissions import Role
from payments.kernel.calendar import HospitalDay
from tests.faults import script
from tests.faults.bombs import rows_that_count
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.fields import Places
from tests.support.hospital import PAYEE
from tests.support.price_lists import as_csv, as_xlsx, with_member
from tests.support.stage import morning, stage

_BUDGET_S: Final = 0.1
_LONG_BYTES: Final = 200_000_000
#: What a server may have taken in before it says no.
_READ_MAX_BYTES: Final = 1_000_000
_ROW: Final = ("KB99", "Khám thử", "KB", 150_000)
_SHEET: Final = "xl/worksheets/sheet1.xml"
NAMES: Final = (
    "../../../../tmp/vienphi-out.csv",
    "..\\..\\vienphi-out.csv",
    "/etc/vienphi-out.csv",
    "C:\\vienphi-out.csv",
    "a\0.csv",
    "." * 3_000 + ".csv",
    "-rf *.csv",
    "<script>.csv",
)


def files() -> dict[str, bytes]:
    """Make each hostile file once."""
    book = as_xlsx(_ROW)
    zeros = b"0" * 30_000_000
    picture = b"\x89PNG\r\n\x1a\n" + b"\0" * 200
    evil = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>'
    )
    return {
        "zip bomb": with_member(book, _SHEET, zeros),
        "zip bomb beside the sheet": with_member(book, "xl/media/image1.png", zeros),
        "zip in a zip": with_member(book, "xl/embeddings/x.xlsx", with_member(book, _SHEET, zeros)),
        "zip that lies about its size": _lying(with_member(book, _SHEET, zeros)),
        "many members": _many(book),
        "members that climb": with_member(book, "../../tmp/vienphi-out", b"out"),
        "wrong magic: PDF": b"%PDF-1.7\n" + b"1 0 obj\n" * 50,
        "wrong magic: picture": picture,
        "wrong magic: program": b"MZ" + b"\0" * 400,
        "wrong magic: script": b"#!/bin/sh\nrm -rf /\n",
        "wrong magic: gzip": b"\x1f\x8b\x08" + b"\0" * 100,
        "wrong magic: old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "wrong magic: page": b"<html><script>alert(1)</script></html>",
        "polyglot: PDF and zip": b"%PDF-1.7\n" + book,
        "polyglot: picture and zip": picture + book,
        "polyglot: zip and script": book + b"\n<?php system($_GET[0]); ?>",
        "macros": with_member(book, "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0"),
        "macros under another case": with_member(book, "xl/VBAPROJECT.BIN", b"\xd0\xcf"),
        "controls": with_member(book, "xl/activeX/activeX1.xml", b"<ax/>"),
        "links to other files": with_member(book, "xl/externalLinks/externalLink1.xml", b"<x/>"),
        "entity in a sheet": with_member(book, _SHEET, evil),
        "formula": as_csv(("=cmd|' /C calc'!A0", "Khám", "KB", 1)),
        "cut off": book[: len(book) // 2],
        "nothing": b"",
    }  # fmt: skip


def _lying(book: bytes) -> bytes:
    """Say in the directory of the zip that the sheet unpacks to ten bytes."""
    out = bytearray(book)
    place = out.find(b"PK\x01\x02")
    while place >= 0:
        name = out[place + 46 : place + 46 + int.from_bytes(out[place + 28 : place + 30], "little")]
        if name == _SHEET.encode():
            out[place + 24 : place + 28] = (10).to_bytes(4, "little")
        place = out.find(b"PK\x01\x02", place + 4)
    return bytes(out)


def _many(book: bytes) -> bytes:
    out = io.BytesIO(book)
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(5_000):
            archive.writestr(f"xl/x{number}.xml", b"<x/>")
    return out.getvalue()


@dataclass(slots=True)
class _Long:
    """A body without end that counts what is taken of it."""

    read_bytes: int = field(default=0)

    def read(self, size: int = -1) -> bytes:
        taken = 64 * 1024 if size < 0 else min(size, 64 * 1024)
        self.read_bytes += taken
        return b"x" * taken

    def close(self) -> None:
        pass


def run(cluster: Cluster, seed: int, *, rounds: int) -> Outcome:
    del seed
    outcome = Outcome()
    with stage(cluster, morning()) as made:
        places = Places(made)
        forms = list(_forms(places))
        for path, role, form in forms:
            _send(places, path, role, form, b"?", "tep.csv")
        before, written = rows_that_count(made), _written()
        slowest, sent = (0.0, ""), 0
        for path, role, form in forms:
            for name, content in files().items():
                took = float("inf")
                for _ in range(max(1, rounds)):
                    began = time.thread_time()
                    status = _send(places, path, role, form, content, "tep.xlsx").status_code
                    took = min(took, time.thread_time() - began)
                    sent += 1
                    if took <= _BUDGET_S:
                        break
                if not 400 <= status < 500 or took > _BUDGET_S:
                    outcome.failures.append(f"{name} to {path}: {status}, {took:.3f} s")
                slowest = max(slowest, (took, f"{name} to {path}"))
            for name in NAMES:
                answer = _send(places, path, role, form, b"%PDF-1.7", name)
                sent += 1
                if not 400 <= answer.status_code < 500:
                    outcome.failures.append(f"named {name[:40]!r} to {path}: {answer.status_code}")
            status, taken = _long(places, path, role)
            if status != 413 or taken > _READ_MAX_BYTES:
                outcome.failures.append(f"200 MB to {path}: {status}, {taken} bytes read")
        after = rows_that_count(made)
        grown = {name: after[name] - was for name, was in before.items() if after[name] != was}
        outcome.expect("tables that grew", grown, {})
        outcome.expect("files opened to write", sorted(set(written)), [])
        outcome.figures["forms"] = len(forms)
        outcome.figures["files sent"] = sent
        outcome.figures["slowest, s of processor"] = f"{slowest[0]:.3f} {slowest[1]}"
    return outcome


def _forms(places: Places) -> Iterator[tuple[str, Role, dict[str, str]]]:
    since = str(HospitalDay.parse(places.day).plus(1))
    yield "/admin/prices/lists", Role.CHIEF_ACCOUNTANT, {"since": since}
    yield "/admin/users/import", Role.IT_ADMIN, {}
    statement = f"/finance/day/{places.day}/statement"
    yield statement, Role.ACCOUNTANT, {"account": PAYEE.account}


def _send(
    places: Places, path: str, role: Role, form: dict[str, str], content: bytes, name: str
) -> TestResponse:
    told: dict[str, Any] = {"file": (io.BytesIO(content), name), **form}
    return places.people[role].post(path, told)


def _long(places: Places, path: str, role: Role) -> tuple[int, int]:
    body = _Long()
    answer = places.people[role].client.post(
        path,
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": str(_LONG_BYTES)},
        content_type="multipart/form-data; boundary=x",
    )
    return answer.status_code, body.read_bytes


def _written() -> list[str]:
    """Collect the names of files that the program opens to write, from now on."""
    found: list[str] = []

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(args[1], str) or not set(args[1]) & set("wax+"):
            return
        # A long upload waits in a file without a name: Linux opens its folder for that.
        if not Path(str(args[0])).is_dir():
            found.append(str(args[0]))

    sys.addaudithook(hook)
    return found


if __name__ == "__main__":
    raise SystemExit(script.main(run, "W7 hostile uploads", {"rounds": 3}))
