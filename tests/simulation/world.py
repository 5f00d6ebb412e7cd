"""The hospital of one run: its processes, its network, and all that chance may do to them."""

from __future__ import annotations

import random
import secrets
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar
from unittest import mock

import httpx
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from payments import worker
from payments.gateway import Gateways
from payments.keys import write_new
from payments.runtime import Runtime
from payments.storage import columns, unit_of_work
from payments.storage.engine import make_engine
from tests.simulation.gateway import GatewayBooks, build
from tests.simulation.plan import BEFORE_ANSWER, Fault, Plan
from tests.simulation.scheduling import Crashed, Process, Scheduler
from tests.simulation.storage import AFTER_COMMIT, STATEMENT, NoSleep, SimulatedDatabase, Turn, gone
from tests.support.databases import fresh_sqlite, in_memory
from tests.support.doubles import DOUBLE, double
from tests.support.hospital import SANDBOX, Hospital
from tests.support.stage import MORNING, SCOPE, Address, morning, runtime_at

T = TypeVar("T")
#: A task goes on at most points; where it does not, another one has its turn.
_GIVES_WAY: Final = 0.2
_WEB: Final = ("web 1", "web 2")
WORKER: Final = "worker"
#: How many requests and answers the network loses.
_LOST: Final = 0.04
CASHIER: Final = "user:cashier"


class NoAnswer(Exception):
    """The client got no answer, or one that says to try again: anything may have happened."""


@dataclass
class World:
    plan: Plan
    engine: Engine
    prepared: Runtime
    chance: random.Random = field(init=False)
    scheduler: Scheduler = field(init=False)
    passed: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)
    #: The troubles are over: what is left must come to rest.
    is_calm: bool = False
    #: Called after each crash, outside of every task's transaction.
    on_crash: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"run:{self.plan.seed}")
        self.clock = morning()
        self.scheduler = Scheduler(random.Random(f"turns:{self.plan.seed}"), self.clock)
        self._turn = Turn(self.scheduler)
        self._planned = {(one.point, one.nth): one for one in self.plan.troubles}
        self.gateway = GatewayBooks(
            random.Random(f"gateway:{self.plan.seed}"), self.clock, self, self._tell
        )
        self.inbox: list[int] = []
        self.processes = {name: Process(name) for name in (*_WEB, WORKER)}
        self.runtimes = {name: self._start() for name in self.processes}

    def note(self, told: str) -> None:
        seconds = (self.clock.now() - MORNING).total_seconds()
        self.trace.append(f"{seconds:9.1f} {told}")

    def reach(self, point: str) -> None:
        """A task has come to *point*: whatever the plan says happens there."""
        task = self.scheduler.current
        if task is None or task.process is None:
            return
        if task.process.is_dead:
            raise Crashed
        if self.is_calm:
            return
        self.passed[point] += 1
        trouble = self._planned.get((point, self.passed[point]))
        if trouble is not None:
            self.done[f"{trouble.fault}: {point}: {task.process.name.split()[0]}"] += 1
            self.note(f"{trouble.fault} of {task.process.name} at: {point} ({task.name})")
            if trouble.fault is Fault.DATABASE_GONE:
                raise gone(has_committed=point == AFTER_COMMIT)
            self._crash(task.process)
            raise Crashed
        if self.chance.random() < _GIVES_WAY:
            self.scheduler.pause()

    def call(self, name: str, work: Callable[[Runtime], T]) -> T:
        """
        Send a request as a client does; the answer, or the refusal that it raises, comes back.

        Raises:
            NoAnswer: it was lost on the way, its process died, or the database was gone.
        """
        if self.chance.random() < _LOST:
            self.note(f"{name}: lost on the way to us")
            raise NoAnswer
        where = self.chance.choice(_WEB)
        try:
            return self.do(where, name, work)
        finally:
            if self.chance.random() < _LOST:
                self.note(f"{name}: the answer is lost")
                raise NoAnswer

    def do(self, where: str, name: str, work: Callable[[Runtime], T]) -> T:
        """Do *work* in the process *where*. Raises NoAnswer, or the refusal that it raised."""

        def whole() -> T:
            result = work(self.runtimes[where])
            self.reach(BEFORE_ANSWER)
            return result

        task = self.scheduler.spawn(name, whole, self.processes[where])
        self.scheduler.wait_for(task)
        if task.has_crashed or isinstance(task.error, DBAPIError):
            self.note(f"{name}: no answer")
            raise NoAnswer
        if task.error is not None:
            self.note(f"{name}: {getattr(task.error, 'code', type(task.error).__name__)}")
            raise task.error
        self.note(f"{name}: answered")
        found: T = task.result
        return found

    def until_answered(self, name: str, work: Callable[[Runtime], T]) -> T:
        """Send the same request again until somebody answers, as every client of money does."""
        while True:
            try:
                return self.call(name, work)
            except NoAnswer:
                self.scheduler.sleep(self.chance.randint(1, 6))

    def quiet(self) -> Runtime:
        """A runtime for questions, when no task is under way."""
        return self.runtimes[WORKER]

    def _tell(self, told: Any) -> None:
        self.gateway.sent.append(told)
        self.inbox.append(len(self.gateway.sent) - 1)

    def _start(self) -> Runtime:
        database = SimulatedDatabase(self.engine, self.clock, self._turn, self)
        others = self.prepared.gateways
        known = {
            name: lambda told, transport, clock, name=name: others.build(
                name, told, transport, clock
            )
            for name in SANDBOX
        }
        return replace(
            self.prepared,
            database=database,
            clock=self.clock,
            gateways=Gateways({**known, DOUBLE: build(self.gateway)}),
            transport=httpx.MockTransport(lambda _: httpx.Response(503)),
        )

    def _crash(self, process: Process) -> None:
        self.scheduler.kill(process)
        again = Process(process.name, process.life + 1)
        self.processes[process.name] = again
        self.runtimes[process.name] = self._start()
        self.scheduler.spawn("judge", self._judge)

    def _judge(self) -> None:
        for look in self.on_crash:
            look()


class Prepared:
    """A furnished hospital in a file; each run has a copy, and nothing of the one before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys = folder / "keys.json"
        write_new(self._keys, demo=True)
        with _without_real_chance(0, first=0):
            self._runtime = self._furnished()
        # One for all runs, for it knows what it has compiled; each run has its own connections.
        self._engine = make_engine(self._address("run.db").url)
        self._points: list[World] = []
        event.listen(self._engine, "before_cursor_execute", self._at_a_statement)

    def _furnished(self) -> Runtime:
        clock = morning()
        fresh_sqlite(self._folder / "prepared.db", clock).close()
        runtime = runtime_at(self._address("prepared.db"), clock)
        desk = double(Hospital(runtime, SCOPE))
        desk.hospital.open_shift(by=CASHIER)
        desk.hospital.work()
        with runtime.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        runtime.database.close()
        return runtime

    @contextmanager
    def world(self, plan: Plan) -> Iterator[World]:
        shutil.copy(self._folder / "prepared.db", self._folder / "run.db")
        with _without_real_chance(plan.seed, first=1_000_000) as stack:
            world = World(plan, self._engine, self._runtime)
            pauses = NoSleep(world.scheduler.sleep, lambda: world.clock.now().timestamp())
            stack.enter_context(mock.patch.object(unit_of_work, "time", pauses))
            stack.enter_context(mock.patch.object(worker, "time", pauses))
            self._points.append(world)
            try:
                yield world
            finally:
                self._points.clear()
                self._engine.dispose()
                for left in self._folder.glob("run.db*"):
                    left.unlink()

    def _at_a_statement(self, *_: Any) -> None:
        for world in self._points:
            world.reach(STATEMENT)

    def _address(self, name: str) -> Address:
        return Address(f"sqlite:///{self._folder / name}", str(self._keys))


@contextmanager
def prepared() -> Iterator[Prepared]:
    with tempfile.TemporaryDirectory() as disk, in_memory(Path(disk)) as folder:
        yield Prepared(folder)


@contextmanager
def _without_real_chance(seed: int, *, first: int) -> Iterator[ExitStack]:
    """Let ids, from number *first*, and codes come from the seed: the same to the last letter."""
    chance = random.Random(f"ids:{seed}")
    count = first

    def next_id() -> uuid.UUID:
        nonlocal count
        count += 1
        # In the order of making, as the real ones: version 7, variant 2.
        return uuid.UUID(int=(count << 80) | (7 << 76) | (2 << 62) | chance.getrandbits(60))

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(columns, "uuid7", next_id))
        stack.enter_context(mock.patch.object(secrets, "_sysrand", chance))
        yield stack
