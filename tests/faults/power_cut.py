"""
C4: the power is cut at random instants while clients pay; each acknowledged payment is there after.

    python -m tests.faults.power_cut --cuts 20 --payments 2500 --seed 1

Between PostgreSQL and its files stands a disk (``tests/support/disk.c``) that keeps after a cut
what was flushed by fsync and nothing else. At each cut every process of the server is stopped, the
acknowledgements that clients have are noted, and what the disk has kept is copied; a second server
starts on each copy and recovers.

PASS: in every copy each acknowledged payment is posted, none twice, none that nobody sent, and the
oracle holds. Then the disk begins to lie of its flushes: the same judgement must find acknowledged
payments lost, or it would prove nothing.
"""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from tests.faults import script
from tests.faults.crash import Theatre, judge, performed
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.journal import Journal, Judgement
from tests.support.own_postgres import OwnPostgres
from tests.support.programs import until
from tests.support.stage import SCOPE, Address, runtime_at
from tests.support.weak_disk import NoCompiler, WeakDisk, weak_disk

#: So many acknowledgements must come after the disk has begun to lie.
_LIED_OF: Final = 60


@dataclass(frozen=True, slots=True)
class Cut:
    """What a machine finds after the power came back."""

    judgement: Judgement
    findings: list[str]
    recovered_s: float


def run(seed: int, *, cuts: int, payments: int, clients: int) -> Outcome:
    outcome = Outcome()
    try:
        with weak_disk() as disk:
            url = disk.server.url
            with performed(disk.server, url, payments, clients, seed) as programs:
                _cut_again_and_again(disk, programs, cuts, random.Random(seed), outcome)
    except NoCompiler as reason:
        outcome.failures.append(f"not run: {reason}")
    return outcome


def _cut_again_and_again(
    disk: WeakDisk, programs: Theatre, cuts: int, chance: random.Random, outcome: Outcome
) -> None:
    traffic = programs.traffic
    traffic.start()
    until(lambda: traffic.count() > 0, seconds=60, what="the first payment")
    images: list[OwnPostgres] = []
    while len(images) < cuts and traffic.is_running():
        time.sleep(chance.uniform(0.05, 1.5))
        images.append(_image(disk, programs, f"cut-{len(images)}"))
    if not traffic.is_running():
        outcome.failures.append("the payments were over before the cuts: take more")
    lied = _with_a_disk_that_lies(disk, programs, outcome)
    traffic.wait()
    judge(programs, outcome)
    found = [_cut(image, programs.made.address) for image in images]
    for number, cut in enumerate(found):
        outcome.failures += [f"cut {number}: lost {one}" for one in cut.judgement.lost]
        outcome.failures += [f"cut {number}: double {one}" for one in cut.judgement.double]
        outcome.failures += [f"cut {number}: phantom {one}" for one in cut.judgement.phantom]
        outcome.failures += [f"cut {number}: {one}" for one in cut.findings]
    outcome.figures["power cuts"] = len(found)
    acked = [cut.judgement.acknowledged for cut in found]
    outcome.figures["acknowledged at first and last cut"] = f"{acked[0]}, {acked[-1]}"
    outcome.figures["lost in all cuts"] = sum(len(cut.judgement.lost) for cut in found)
    worst = max(cut.recovered_s for cut in found)
    outcome.figures["seconds to recover, worst"] = round(worst, 1)
    lost = len(_cut(lied, programs.made.address).judgement.lost)
    outcome.figures["lost on a disk that lies"] = lost
    outcome.expect("the judgement sees a disk that lies", lost > 0, True)


def _with_a_disk_that_lies(disk: WeakDisk, programs: Theatre, outcome: Outcome) -> OwnPostgres:
    """Cut once more after payments that nothing has kept; then let the disk be honest again."""
    traffic, before = programs.traffic, programs.traffic.count()
    disk.lies(whether=True)
    until(
        lambda: traffic.count() >= before + _LIED_OF or not traffic.is_running(),
        seconds=120,
        what="payments after the disk began to lie",
    )
    if traffic.count() < before + _LIED_OF:
        outcome.failures.append("no payments were left for the disk that lies: take more")
    found = _image(disk, programs, "lied")
    disk.lies(whether=False)
    return found


def _image(disk: WeakDisk, programs: Theatre, name: str) -> OwnPostgres:
    """Keep what the disk holds at this instant, and beside it what clients knew."""
    with disk.stopped():
        # What they know by now was flushed before; what they learn later may not have been.
        said = programs.traffic.journal.path.read_text()
        found = disk.image(name)
    _journal_of(found).write_text(said[: said.rfind("\n") + 1])
    return found


def _journal_of(image: OwnPostgres) -> Path:
    return image.data.parent / "journal"


def _cut(image: OwnPostgres, known: Address) -> Cut:
    """Start on what a cut has left, and judge it."""
    recovered_s = image.start()
    try:
        url = make_url(known.url).set(port=image.port).render_as_string(hide_password=False)
        return _looked_at(Address(url, known.keys_file), _journal_of(image), recovered_s)
    finally:
        image.stop()
        shutil.rmtree(image.data.parent)


def _looked_at(address: Address, said: Path, recovered_s: float) -> Cut:
    runtime = runtime_at(address)
    journal = Journal(said)
    try:
        judgement = journal.judge(oracle.posted(runtime.database, SCOPE))
        # The worker of that moment was cut as well: what it owes is not owed yet.
        return Cut(judgement, oracle.findings(runtime, SCOPE, is_worked=False), recovered_s)
    finally:
        journal.close()
        runtime.database.close()


if __name__ == "__main__":
    sizes = {"cuts": 20, "payments": 2_500, "clients": 20}
    raise SystemExit(script.main(run, "C4 power cuts", sizes, needs_cluster=False))
