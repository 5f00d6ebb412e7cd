"""A terminal sees how far a long command is; a file or a pipe sees nothing."""

from __future__ import annotations

import io
import time

from payments.engines.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Query:
    def __init__(self, percent: float) -> None:
        self.percent = percent
        self.asked = 0

    def query_progress(self) -> float:
        self.asked += 1
        return self.percent


def test_a_bar_shows_share_and_step_and_leaves_an_empty_line() -> None:
    terminal = Terminal()
    progress = Progress(terminal)

    progress.step("ledger.csv")
    progress.show(0.5)
    progress.end()

    written = terminal.getvalue()
    assert "███████████████···············  50%" in written
    assert "ledger.csv" in written
    assert written.endswith("\r\x1b[K")


def test_a_running_query_is_asked_and_one_that_does_not_know_is_no_lie() -> None:
    terminal, query = Terminal(), Query(-1)
    progress = Progress(terminal)
    progress.step("duckdb")

    with progress.of_query(query):
        until = time.monotonic() + 5
        while not query.asked and time.monotonic() < until:
            time.sleep(0.01)

    assert query.asked
    assert "%" not in terminal.getvalue()


def test_nothing_is_written_where_nobody_looks() -> None:
    pipe, query = io.StringIO(), Query(50)
    progress = Progress(pipe)

    progress.step("duckdb")
    with progress.of_query(query):
        pass
    progress.end()

    assert pipe.getvalue() == ""
    assert query.asked == 0
