"""Plays one seed, or many; a seed that fails is made as small as it still fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation import judging
from tests.simulation.machines import Machines
from tests.simulation.plan import Plan
from tests.simulation.world import Prepared


@dataclass(frozen=True, slots=True)
class Result:
    plan: Plan
    failures: tuple[str, ...]
    trace: tuple[str, ...]
    #: Of every row that is left: a replay has the same.
    digest: str
    passed: Counter[str]
    done: Counter[str]


def play(prepared: Prepared, plan: Plan) -> Result:
    """Play *plan* from its first task to rest, then ask oracle, invariants and journals."""
    failures: list[str] = []
    with prepared.world(plan) as world:
        machines = Machines(world)
        world.on_crash.append(lambda: failures.extend(judging.now(world.quiet())))
        machines.begin()
        world.scheduler.run()
        failures += judging.at_rest(world, machines.people.journal)
        digest = judging.digest(world.quiet())
        return Result(plan, tuple(failures), tuple(world.trace), digest, world.passed, world.done)


def shrunk(prepared: Prepared, result: Result, *, tries_max: int = 60) -> Result:
    """Leave out visits, then troubles, as long as what is left fails too."""
    smallest, tries = result, 0
    again = True
    while again and tries < tries_max:
        again = False
        for less in _smaller(smallest.plan):
            tries += 1
            one = play(prepared, less())
            if one.failures:
                smallest, again = one, True
                break
            if tries >= tries_max:
                break
    return smallest


def _smaller(plan: Plan) -> list[Callable[[], Plan]]:
    visits = [lambda v=one: plan.without(visit=v) for one in plan.visits if len(plan.visits) > 1]
    return visits + [lambda t=one: plan.without(trouble=t) for one in plan.troubles]
