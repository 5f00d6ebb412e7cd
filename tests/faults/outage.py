"""
C2: the database is killed again and again while clients pay; the service comes back with it.

    python -m tests.faults.outage --kills 20 --payments 3000 --seed 1

Three ways by turns: SIGKILL of the server and all its processes, a stop without check point
(``pg_ctl -m immediate``), SIGKILL of one server process, after which the server recovers by itself.
gunicorn and the job worker are not started again, which their pids show. After each start the
service must acknowledge a payment within ten seconds. About *up_ms* later comes the next kill.
"""

from __future__ import annotations

import random
import time
from typing import Final

from tests.faults import script
from tests.faults.crash import Theatre, judge, theatre
from tests.faults.script import Outcome
from tests.support.programs import until

_BACK_MAX_S: Final = 10.0


def run(seed: int, *, kills: int, payments: int, clients: int, up_ms: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with theatre(payments, clients, seed) as all_of_it:
        workers = all_of_it.web.worker_pids()
        all_of_it.traffic.start()
        until(lambda: all_of_it.traffic.count() > 0, seconds=30, what="the first payment")
        back = _kill_by_turns(all_of_it, kills, up_ms, chance)
        all_of_it.traffic.wait()
        outcome.figures["kills"] = len(back)
        outcome.figures["seconds to be back, median and worst"] = (
            f"{sorted(back)[len(back) // 2]:.1f}, {max(back):.1f}" if back else "none"
        )
        outcome.expect("starts after which it took too long", sum(s > _BACK_MAX_S for s in back), 0)
        outcome.expect("web workers are the same", all_of_it.web.worker_pids() == workers, True)
        outcome.expect("the job worker is the same", all_of_it.worker.is_running(), True)
        if not all_of_it.worker.is_running():
            outcome.failures.append(f"the job worker ended: {all_of_it.worker.last_words()}")
        outcome.expect("kills while clients paid", len(back), kills)
        judge(all_of_it, outcome)
    return outcome


def _kill_by_turns(programs: Theatre, kills: int, up_ms: int, chance: random.Random) -> list[float]:
    """Return how long the service took to be back, after each kill that fell into the traffic."""
    back: list[float] = []
    for kill in range(kills):
        time.sleep(chance.uniform(0.5, 1.5) * up_ms / 1_000)
        if not programs.traffic.is_running():
            return back
        match kill % 3:
            case 0:
                programs.server.kill()
                programs.server.start()
            case 1:
                programs.server.stop_at_once()
                programs.server.start()
            case _:
                programs.server.kill_a_child(chance.randrange(1_000))
                until(programs.server.answers, seconds=30, what="PostgreSQL recovers")
        started = time.monotonic()
        until(
            lambda since=started: (
                programs.traffic.first_after(since) is not None  # type: ignore[misc]
                or not programs.traffic.is_running()
            ),
            seconds=60,
            what="a payment after the start",
        )
        first = programs.traffic.first_after(started)
        if first is not None:
            back.append(first - started)
    return back


if __name__ == "__main__":
    sizes = {"kills": 20, "payments": 3_000, "clients": 50, "up_ms": 2_000}
    raise SystemExit(script.main(run, "C2 killed database", sizes, needs_cluster=False))
