"""
W6: dossiers made to blow up a reader, in the envelope and in each packed table.

    python -m tests.faults.xml_bombs --rounds 3

Entities that multiply, that fetch a file or an address, inclusion, a million attributes, depth:
each is refused within 100 ms of processor time and 50 MB. Nobody is called, nothing is read or
written: a server and a file stand by that would tell.
"""

from __future__ import annotations

import base64
import ctypes
import multiprocessing
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from payments.claims.checking import check
from payments.claims.findings import Verdict
from payments.insurance.coverage import Rules
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.dossiers import dossier, envelope, file_of, sample

_BUDGET_S: Final = 0.1
_BUDGET_MB: Final = 50
_SECRET: Final = "canary-99001"
_ROOTS: Final = {"envelope": "GIAMDINHHS", "XML1": "TONG_HOP", "XML2": "CHITIEU_CHITIET_THUOC",
                 "XML3": "CHITIEU_CHITIET_DVKT_VTYT"}  # fmt: skip
_HEAD: Final = '<?xml version="1.0" encoding="utf-8"?>'


def bombs(root: str, url: str, file: str) -> dict[str, tuple[str, str]]:
    """Name → document, and the finding that it must be refused with; "" is any that refuses."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    heavy = "a" * 50_000
    dtd, limit, any_of_them = "XML_DTD_FORBIDDEN", "LIMIT_EXCEEDED", ""

    def declared(inside: str, body: str) -> str:
        return f"{_HEAD}<!DOCTYPE {root} [{inside}]><{root}>{body}</{root}>"

    return {
        "billion laughs": (declared(f'<!ENTITY l0 "ha">{laughs}', "&l11;"), dtd),
        "quadratic blow-up": (declared(f'<!ENTITY a "{heavy}">', "&a;" * 50_000), dtd),
        "external entity, file": (declared(f'<!ENTITY x SYSTEM "file://{file}">', "&x;"), dtd),
        "external entity, address": (declared(f'<!ENTITY x SYSTEM "{url}">', "&x;"), dtd),
        "parameter entity": (declared(f'<!ENTITY % p SYSTEM "{url}"> %p;', ""), dtd),
        "external DTD": (f'{_HEAD}<!DOCTYPE {root} SYSTEM "{url}"><{root}/>', dtd),
        "public DTD": (f'{_HEAD}<!DOCTYPE {root} PUBLIC "-//X//Y" "{url}"><{root}/>', dtd),
        "DTD in small letters": (f"{_HEAD}<!doctype {root}><{root}/>", dtd),
        "attribute of the DTD": (declared(f"<!ATTLIST {root} a CDATA '{heavy}'>", ""), dtd),
        "inclusion": (
            f'{_HEAD}<{root} xmlns:xi="http://www.w3.org/2001/XInclude">'
            f'<xi:include href="{url}" parse="text"/><xi:include href="file://{file}"/></{root}>',
            any_of_them,
        ),
        "schema from an address": (
            f'{_HEAD}<{root} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xsi:noNamespaceSchemaLocation="{url}"/>',
            any_of_them,
        ),
        "style sheet": (f'{_HEAD}<?xml-stylesheet href="{url}"?><{root}/>', any_of_them),
        "million attributes": (
            f"{_HEAD}<{root} " + " ".join(f'a{n}=""' for n in range(1_000_000)) + "/>",
            limit,
        ),
        "million elements": (f"{_HEAD}<{root}>{'<a/>' * 1_000_000}</{root}>", limit),
        "deep": (f"{_HEAD}<{root}>{'<a>' * 100_000}{'</a>' * 100_000}</{root}>", limit),
        "deep and open": (f"{_HEAD}<{root}>{'<a>' * 100_000}", limit),
        "deeper than a dossier": (f"{_HEAD}<{root}>{'<a>' * 30}{'</a>' * 30}</{root}>", limit),
        "long name": (f"{_HEAD}<{root}><{'a' * 4_000_000}/></{root}>", limit),
        "name spaces": (
            f"{_HEAD}<{root} " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(50_000)) + "/>",
            limit,
        ),
        "no end of a comment": (f"{_HEAD}<{root}><!--{'-' * 3_000_000}", any_of_them),
        "no end of a section": (f"{_HEAD}<{root}><![CDATA[{']' * 3_000_000}", any_of_them),
        "numbers of characters": (f"{_HEAD}<{root}>{'&#x10FFFF;' * 400_000}</{root}>", any_of_them),
        "too large": (f"{_HEAD}<{root}>{' ' * 21_000_000}</{root}>", limit),
    }  # fmt: skip


def cases(url: str, file: str) -> Iterator[tuple[str, bytes, str]]:
    """Name, file and finding: each bomb as the envelope itself, and packed as each table."""
    for where, root in _ROOTS.items():
        for name, (text, finding) in bombs(root, url, file).items():
            if where == "envelope":
                yield f"{name} in the envelope", text.encode(), finding
            else:
                tables = {one: text for one, text in sample("s1").items() if one != where}
                packed = file_of(where, base64.b64encode(text.encode()).decode())
                content = envelope(dossier(tables).replace("</HOSO>", f"{packed}</HOSO>"))
                # Above 20 MB the envelope is refused before its table is looked at.
                yield f"{name} in {where}", content, finding


def run(seed: int, *, rounds: int, step: int = 1) -> Outcome:
    """Check every *step*-th of the bombs *rounds* times; the best time of each counts."""
    del seed
    outcome = Outcome()
    with _listening() as (url, called), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "canary"
        file.write_text(_SECRET, encoding="utf-8")
        slowest, largest, sent = (0.0, ""), (0.0, ""), 0
        rules = Rules.shipped()
        check(envelope(dossier(sample("s1"))), rules)
        written = _written()
        for name, content, finding in islice(cases(url, str(file)), 0, None, step):
            took = float("inf")
            for _ in range(max(1, rounds)):
                began = time.thread_time()
                report = check(content, rules)
                took = min(took, time.thread_time() - began)
                sent += 1
                if took <= _BUDGET_S:
                    break
            told = repr(report.findings)
            codes = {one.code for one in report.findings}
            if (
                report.verdict is not Verdict.REJECT
                or finding not in codes | {""}
                or _SECRET in told
            ):
                outcome.failures.append(f"{name}: {report.verdict}, {sorted(codes)}")
            if took > _BUDGET_S:
                outcome.failures.append(f"{name}: {took:.3f} s")
            slowest = max(slowest, (took, name))
            size = _size_mb(content, rules)
            if size > _BUDGET_MB:
                outcome.failures.append(f"{name}: {size:.0f} MB")
            largest = max(largest, (size, name))
        outcome.expect("files opened to write", [*written], [])
        outcome.expect("calls to the address", called, [])
        outcome.expect("files beside the canary", len(list(Path(folder).iterdir())), 1)
    outcome.figures["dossiers checked"] = sent
    outcome.figures["slowest, s of processor"] = f"{slowest[0]:.3f} {slowest[1]}"
    outcome.figures["largest, MB beyond its bytes"] = f"{largest[0]:.0f} {largest[1]}"
    return outcome


def _written() -> list[str]:
    """Collect the names of files that the program opens to write, from now on."""
    found: list[str] = []

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
            found.append(str(args[0]))

    sys.addaudithook(hook)
    return found


def _size_mb(content: bytes, rules: Rules) -> float:
    """Measure in a process of its own what a check takes at most beyond the bytes of the file."""
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)

    def measure() -> None:
        # What was freed before is given back, and the high water set back to what is left.
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _high_water_kb()
        check(content, rules)
        theirs.send((_high_water_kb() - before) / 1024)

    child = multiprocessing.get_context("fork").Process(target=measure)
    child.start()
    size: float = ours.recv()
    child.join()
    return size


def _high_water_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1])


@contextmanager
def _listening() -> Iterator[tuple[str, list[str]]]:
    """Serve an address that notes who calls."""
    called: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                called.append(str(address))
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/canary", called
        finally:
            is_over.set()
            thread.join()


if __name__ == "__main__":
    raise SystemExit(script.main(run, "W6 XML bombs", {"rounds": 3}, needs_cluster=False))
