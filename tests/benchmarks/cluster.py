"""
A cluster of Spark on this machine, one master and two workers, against DuckDB on the same files.

    python -m tests.benchmarks.cluster --lines 100000

Needs the extra ``spark`` and Java 17. Everything listens on the loopback alone and ends with the
command. Both answers must be as planted, and the same rows; it says how long each took.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import duckdb

from tests.support import planted_lines

_HERE: Final = "127.0.0.1"
_STARTS_WITHIN_S: Final = 120
_DEPLOY: Final = "org.apache.spark.deploy"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if find_spec("pyspark") is None or shutil.which("java") is None:
        print("pyspark or Java is not installed: pip install 'vienphi[spark]', Java 17")
        return 2
    # The cluster ends with the command, however that ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="vienphi-cluster-") as place:
        folder = Path(place)
        planted_lines.make(folder, given.lines, given.seed)
        with _cluster(folder, given.workers) as master:
            took = {
                "spark": _compare(folder, "spark", ["--master", master]),
                "duckdb": _compare(folder, "duckdb", []),
            }
        bad = 0
        print("| lines a side | engine | wall s | rows not as planted |\n|---:|---|---:|---:|")
        for engine, seconds in took.items():
            wrong = planted_lines.wrong(folder / f"{engine}.parquet", given.lines, given.seed)
            bad += wrong
            print(f"| {given.lines:,} | {engine} | {seconds:.1f} | {wrong} |")
        bad += (differing := _differing(folder))
        print(f"rows that differ between the two: {differing}")
    return 1 if bad else 0


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator[str]:
    """Start a master and its workers; gives the master's address."""
    port = _free_port()
    master = f"spark://{_HERE}:{port}"
    log = folder / "cluster.log"
    started: list[subprocess.Popen[bytes]] = []
    try:
        with log.open("wb") as file:
            at = ["--host", _HERE, "--port", str(port), "--webui-port", "0"]
            started.append(_start([f"{_DEPLOY}.master.Master", *at], folder, file.fileno()))
            for _ in range(workers):
                own = ["--host", _HERE, "--cores", "1", "--memory", "1g", "--webui-port", "0"]
                started.append(
                    _start([f"{_DEPLOY}.worker.Worker", *own, master], folder, file.fileno())
                )
            _wait_for_workers(log, workers)
            yield master
    finally:
        for one in reversed(started):
            # The script that starts Java makes a group of its own; the group ends with it.
            os.killpg(one.pid, signal.SIGTERM)
            one.wait()


def _start(arguments: list[str], folder: Path, log: int) -> subprocess.Popen[bytes]:
    found = find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    home = Path(found.origin).parent
    environ = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": _HERE,
        "SPARK_WORKER_DIR": str(folder / "work"),
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [str(home / "bin" / "spark-class"), *arguments]
    return subprocess.Popen(
        command, stdout=log, stderr=log, env=environ, cwd=folder, start_new_session=True
    )


def _wait_for_workers(log: Path, workers: int) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while log.read_text("utf-8", "replace").count("Registering worker") < workers:
        if time.monotonic() > until:
            raise SystemExit(f"the cluster does not start:\n{log.read_text('utf-8', 'replace')}")
        time.sleep(0.5)


def _free_port() -> int:
    with socket.create_server((_HERE, 0)) as server:
        return int(server.getsockname()[1])


def _compare(folder: Path, engine: str, more: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(
        [
            sys.executable, "-m", "payments.cli", "reconcile", "compare",
            "--ledger", str(folder / planted_lines.LEDGER),
            "--channel", str(folder / planted_lines.CHANNEL),
            "--out", str(folder / f"{engine}.parquet"), "--engine", engine, *more,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"SPARK_LOCAL_IP": _HERE},
    )  # fmt: skip
    return time.monotonic() - began


def _differing(folder: Path) -> int:
    one, other = (f"read_parquet('{folder / name}.parquet')" for name in ("spark", "duckdb"))
    found = duckdb.execute(
        f"SELECT (SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other}))"
        f" + (SELECT count(*) FROM (FROM {other} EXCEPT ALL FROM {one}))"
    ).fetchall()
    return int(found[0][0])


if __name__ == "__main__":
    sys.exit(main())
