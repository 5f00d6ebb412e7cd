"""Two PostgreSQL servers: one is written to, the other has each commit before it is told."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.own_postgres import OwnPostgres
from tests.support.programs import until

_FOLLOWS_MAX_S: Final = 60.0


class TwoNodes:
    """What a manager of failovers does, Patroni for one: it promotes, and lets the dead follow."""

    def __init__(self, place: Path) -> None:
        for name in ("a", "b"):
            (place / name).mkdir()
        place.chmod(0o755)
        self.primary = OwnPostgres(place / "a")
        self.standby = OwnPostgres(place / "b", is_copy=True)

    @property
    def url(self) -> str:
        """The superuser's; a program finds by it whichever of the two may be written to."""
        hosts = "&".join(f"host=127.0.0.1:{port}" for port in self.ports)
        return (
            f"postgresql+psycopg://postgres@/postgres?{hosts}"
            "&target_session_attrs=read-write&connect_timeout=2"
        )

    @property
    def ports(self) -> tuple[int, int]:
        first, second = sorted((self.primary.port, self.standby.port))
        return first, second

    def start(self) -> None:
        self.primary.start()
        self.follow()

    def fail_over(self) -> None:
        """Kill the primary as a power cut does, and promote the standby."""
        self.primary.kill()
        # Nobody follows it yet: it must not wait for a standby that is not there.
        self.standby.tell("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        self.standby.tell("SELECT pg_promote()")
        self.primary, self.standby = self.standby, self.primary

    def follow(self) -> None:
        """Let the other one follow, until no commit is told before both have it."""
        self.standby.copy(self.primary.port)
        self.standby.start()
        self.primary.tell(
            "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"
        )
        until(self._is_safe, seconds=_FOLLOWS_MAX_S, what="the standby has each commit")

    def stop(self) -> None:
        # First the one that waits for nobody.
        self.primary.stop_at_once()
        self.standby.stop()

    def _is_safe(self) -> bool:
        return bool(self.primary.asks("SELECT sync_state FROM pg_stat_replication") == "sync")


@contextmanager
def two_nodes() -> Iterator[TwoNodes]:
    """Make both, start them, and take them away at the end."""
    place = Path(tempfile.mkdtemp(prefix="vienphi-pg-"))
    nodes = TwoNodes(place)
    nodes.start()
    try:
        yield nodes
    finally:
        nodes.stop()
        shutil.rmtree(place, ignore_errors=True)
