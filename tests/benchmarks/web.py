"""
CPU per request of the desk and the patient page, beside a bare Flask route in the same run.

    python -m tests.benchmarks.web [--requests 150]

Seconds of the process, not of the clock, through Flask's own client: no socket, no browser.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from payments.app import create_app
from payments.kernel.clock import SystemClock
from payments.keys import write_new
from tests.faults.ledgers import SCOPE
from tests.support.databases import fresh_sqlite
from tests.support.hospital import Hospital
from tests.support.stage import Address, runtime_at
from tests.support.web import Browser, add_user

_ROUNDS = 7


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=150)
    requests = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as folder:
        pages = _pages(Path(folder))
        floor = pages.pop("bare Flask route")
        print("| page | CPU ms | bare route ms | ratio |")
        print("|---|---|---|---|")
        for name, ask in pages.items():
            ours, bare = _paired(ask, floor, requests)
            print(f"| {name} | {ours:.2f} | {bare:.2f} | {ours / bare:.1f} |", flush=True)
    return 0


def _pages(folder: Path) -> dict[str, Callable[[], None]]:
    write_new(folder / "keys.json", demo=True)
    database = fresh_sqlite(folder / "vienphi.db", SystemClock())
    url = database.engine.url.render_as_string(hide_password=False)
    database.close()
    runtime = runtime_at(Address(url, str(folder / "keys.json")))
    hospital = Hospital(runtime, SCOPE)
    invoice = hospital.issue()
    hospital.show(invoice)
    login = add_user(runtime, SCOPE)
    staff = Browser(create_app(runtime).test_client())
    staff.sign_in(login)
    bare = Flask("bare")
    bare.add_url_rule("/", view_func=lambda: "<!doctype html><title>x</title>")
    client = bare.test_client()
    token = hospital.view(invoice).pay_token
    return {
        "bare Flask route": lambda: _ok(client.get("/").status_code),
        "desk": lambda: _ok(staff.client.get("/desk").status_code),
        "invoice with code": lambda: _ok(staff.client.get(f"/desk/invoices/{invoice}").status_code),
        "live status": lambda: _ok(
            staff.client.get(f"/desk/invoices/{invoice}/status?seen=0").status_code
        ),
        "patient page": lambda: _ok(staff.client.get(f"/p/{token}").status_code),
    }


def _ok(status: int) -> None:
    if status not in (200, 204):
        raise SystemExit(f"a page answered {status}: its time says nothing")


def _paired(
    ours: Callable[[], None], bare: Callable[[], None], requests: int
) -> tuple[float, float]:
    """Measure both in turns; the medians of the rounds, in milliseconds a request."""
    taken: dict[Callable[[], None], list[float]] = {ours: [], bare: []}
    for _ in range(_ROUNDS):
        for ask, times in taken.items():
            ask()
            began = time.process_time()
            for _ in range(requests):
                ask()
            times.append((time.process_time() - began) / requests * 1000)
    return statistics.median(taken[ours]), statistics.median(taken[bare])


if __name__ == "__main__":
    sys.exit(main())
