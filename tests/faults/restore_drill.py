"""
C8, L6, acceptance 22: a backup made during payments comes back whole, and only with its key.

    python -m tests.faults.restore_drill --payments 2000 --seed 1

Payments go on while pg_dump runs. The backup is restored into an empty database, whose ledger sum,
chain and audit head are those of the backup. Without the key, with another, cut, altered, or into a
place that is used, nothing comes back. PostgreSQL, and the same on SQLite with a tenth.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from payments.kernel.errors import VienphiError
from payments.keys import Keys, write_new
from payments.operations.backups import recipients, service
from payments.operations.backups.recipients import FromRing, Opener, ToPublic
from payments.storage import roles
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import Cluster, prepare
from tests.support.hospital import Hospital
from tests.support.own_postgres import binaries, own_postgres
from tests.support.stage import in_memory_hospital, morning, stage

DAMAGED = 20


def run(seed: int, *, payments: int) -> Outcome:
    """Use a server of its own: tools and server are then of one version on every machine."""
    outcome, chance = Outcome(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="vienphi-drill-") as place, own_postgres() as server:
        folder, cluster = Path(place), prepare(server.url)
        outcome.figures["server"] = server.version
        with stage(cluster) as made:
            # A copy of the template lets in the programs only.
            name = made.database.engine.url.database or ""
            cluster.run(*roles.database_statements(name)[1:3], database=name)
            source = cluster.url_of(name, "vp_backup")
            drill = _Drill(made.hospital, source, folder / "server", outcome, chance, "PostgreSQL")
            drill.run(payments, lambda: _empty(cluster, f"{name}_back"))
        with in_memory_hospital(morning()) as hospital:
            url = hospital.runtime.settings.database_url.reveal()
            drill = _Drill(hospital, url, folder / "file", outcome, chance, "SQLite")
            drill.run(max(10, payments // 10), lambda: _no_file(folder / "back.db"))
    return outcome


@contextmanager
def _empty(cluster: Cluster, name: str) -> Iterator[str]:
    """Give an empty database as its owner reaches it; prepared as the runbook says."""
    cluster.run(f'CREATE DATABASE "{name}"')
    cluster.run(*roles.database_statements(name), database=name)
    yield cluster.url_of(name, "vp_owner")
    cluster.run(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _no_file(path: Path) -> Iterator[str]:
    yield f"sqlite:///{path}"
    path.unlink(missing_ok=True)


class _Drill:
    def __init__(
        self,
        hospital: Hospital,
        source: str,
        folder: Path,
        outcome: Outcome,
        chance: random.Random,
        name: str,
    ) -> None:
        self._hospital = hospital
        self._source = source
        self._folder = folder
        self._outcome = outcome
        self._chance = chance
        self._name = name
        folder.mkdir()
        write_new(folder / "keys.json")
        self._keys = Keys.read(folder / "keys.json")

    def run(self, payments: int, place: Callable[[], object]) -> None:
        for _ in range(payments):
            self._pay()
        self._hospital.work()
        whole = self._folder / "whole.backup"
        self._back_up(whole)
        with place() as url:  # type: ignore[attr-defined]
            self._come_back(whole, url)
            self._refused("into a used place", lambda: self._restore(whole, url))
        with place() as url:  # type: ignore[attr-defined]
            self._fail_closed(whole, url)
            self._for_a_pair(url)

    def _pay(self) -> None:
        intent = self._hospital.show(self._hospital.issue())
        self._hospital.arrive(self._hospital.transfer(intent.code, intent.amount))

    def _back_up(self, file: Path) -> None:
        """Pay as fast as one can while the backup is made; count what was paid meanwhile."""
        done, meanwhile = threading.Event(), [0]

        def go_on() -> None:
            while not done.is_set():
                self._pay()
                meanwhile[0] += 1

        paying = threading.Thread(target=go_on)
        paying.start()
        began = time.monotonic()
        try:
            made = service.create(self._source, file, FromRing(self._keys), tools=binaries())
        finally:
            seconds = time.monotonic() - began
            done.set()
            paying.join()
        self._note("backup, s", round(seconds, 2))
        self._note("backup, bytes", made.bytes)
        self._note("paid while it was made", meanwhile[0])
        self._note("rows", sum(made.facts.rows.values()))

    def _come_back(self, file: Path, url: str) -> None:
        began = time.monotonic()
        wanted, proof = self._restore(file, url)
        seconds = time.monotonic() - began
        [first, *_] = wanted.facilities
        self._expect("findings of the proof", list(proof.findings), [])
        self._expect("sum of the entries, đ", first.sum, 0)
        self._expect(
            "seals recomputed", proof.seals, sum(b.ledger_seals for b in wanted.facilities)
        )
        self._expect(
            "events recomputed", proof.events, sum(b.audit_seals for b in wanted.facilities)
        )
        self._expect("something was moved and sealed", first.moved > 0 and proof.seals > 0, True)
        self._note("restored and proven, s", round(seconds, 2))
        read = proof.postings + proof.events
        self._note("of this the proof, s", round(proof.seconds, 2))
        self._note("postings and events proven a second", round(read / proof.seconds))

    def _restore(self, file: Path, url: str) -> tuple[service.Facts, service.Proof]:
        return service.restore(file, url, Opener(keys=self._keys), tools=binaries())

    def _restorer(self, file: Path, url: str) -> Callable[[], object]:
        return lambda: self._restore(file, url)

    def _fail_closed(self, whole: Path, url: str) -> None:
        write_new(self._folder / "other.json")
        other = Keys.read(self._folder / "other.json")
        for what, opener in (
            ("without a key", Opener()),
            ("with another key", Opener(keys=other)),
            ("with a pair", Opener(private=recipients.X25519PrivateKey.generate())),
        ):
            self._refused(
                what,
                lambda o=opener: service.restore(whole, url, o, tools=binaries()),  # type: ignore[misc]
            )
        content = whole.read_bytes()
        for number in range(DAMAGED):
            broken = self._folder / "broken.backup"
            at = self._chance.randrange(len(content))
            flipped = bytes([content[at] ^ (1 << self._chance.randrange(8))])
            is_cut = number % 2
            broken.write_bytes(content[:at] + (b"" if is_cut else flipped + content[at + 1 :]))
            self._refused("cut" if is_cut else "altered", self._restorer(broken, url))

    def _for_a_pair(self, url: str) -> None:
        """The place is still empty after all refusals: a good backup goes in."""
        public = recipients.new_pair(self._folder / "pair")
        file = self._folder / "pair.backup"
        service.create(
            self._source, file, ToPublic(recipients.read_public(public)), tools=binaries()
        )
        opener = Opener(private=recipients.read_private(self._folder / "pair"))
        _, proof = service.restore(file, url, opener, tools=binaries())
        self._expect("findings after all refusals, with a pair", list(proof.findings), [])

    def _refused(self, what: str, attempt: Callable[[], object]) -> None:
        name = f"{self._name}: refused {what}"
        try:
            attempt()
        except VienphiError:
            self._outcome.figures[name] = int(str(self._outcome.figures.get(name, 0))) + 1
        else:
            self._outcome.failures.append(f"{name}: it came back")

    def _note(self, what: str, figure: object) -> None:
        self._outcome.figures[f"{self._name}: {what}"] = figure

    def _expect(self, what: str, found: object, wanted: object) -> None:
        self._outcome.expect(f"{self._name}: {what}", found, wanted)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "C8 restore drill", {"payments": 2_000}, needs_cluster=False))
