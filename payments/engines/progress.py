"""A bar of progress on the terminal, on the line of errors; nothing where nobody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

_WIDTH: Final = 30
_BEAT_S: Final = 0.25


class Asked(Protocol):
    """What tells how far its running query is, in percent; -1 while it does not know."""

    def query_progress(self) -> float: ...


class Progress:
    """Steps of a long command, one after the other, and how far each is where that is known."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_seen = stream.isatty()
        self._began = time.monotonic()
        self._label = ""

    def step(self, label: str) -> None:
        self._label = label
        self.show(None)

    def show(self, share: float | None) -> None:
        """Show *share* (0 to 1) of the step as done; None where nobody knows."""
        if not self._is_seen:
            return
        seconds = time.monotonic() - self._began
        if share is None:
            bar, percent = "·" * _WIDTH, "    "
        else:
            done = round(max(0.0, min(1.0, share)) * _WIDTH)
            bar, percent = "█" * done + "·" * (_WIDTH - done), f"{share:4.0%}"
        self._stream.write(f"\r\x1b[K{bar} {percent} {seconds:5.0f} s  {self._label}")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line empty for what is said next."""
        if self._is_seen:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    @contextmanager
    def of_query(self, asked: Asked) -> Iterator[None]:
        """Show how far the query of a connection is, while the body runs it."""
        if not self._is_seen:
            yield
            return
        is_done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(asked, is_done), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            is_done.set()
            watcher.join()

    def _watch(self, asked: Asked, is_done: threading.Event) -> None:
        while not is_done.wait(_BEAT_S):
            percent = asked.query_progress()
            self.show(None if percent < 0 else percent / 100)
