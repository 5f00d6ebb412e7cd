"""Those who send without a person: feeds, the gateway, the bank's statement; and our own worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from adapters._sandbox.bank import Transfer
from payments.bank.model import Arrival, Direction
from payments.gateway import RawNotification, Verdict
from payments.inbox.asking import ask_all
from payments.inbox.effects import apply_arrival
from payments.inbox.service import accept
from payments.kernel.money import vnd
from payments.runtime import Runtime
from payments.worker import Worker
from tests.simulation.people import People
from tests.simulation.world import WORKER, NoAnswer, World
from tests.support.doubles import DOUBLE
from tests.support.feeds import FURNISHED
from tests.support.stage import SCOPE

#: Pauses in which every question to a gateway comes due, up to the last one.
_REST_S: Final = (20, 60, 120, 300, 3_600)
#: The worker's loops. Questions to gateways are asked here in a row: its lanes are threads.
_LOOPS: Final[Mapping[str, Callable[[Runtime], int]]] = {
    "worker": lambda runtime: Worker(runtime).round(),
    "gateways": lambda runtime: ask_all(runtime, SCOPE),
}
_FEEDS: Final = ("sepay", "casso")


class Machines:
    def __init__(self, world: World) -> None:
        self.world = world
        self.people = People(world, self._tell)

    def begin(self) -> None:
        """Let everybody come; the bank's statement is read when the last one has gone."""
        self.people.come()
        self.world.scheduler.spawn("gateway's messages", self._deliver)
        self.world.scheduler.spawn("worker's loop", self._work)

    def _tell(self, name: str, paid: Transfer, copies: int) -> None:
        for copy in range(copies):
            feed = _FEEDS[copy % 2]
            self.people.start(f"{name}: {feed}", lambda f=feed: self._hear(name, f, paid))

    def _hear(self, name: str, feed: str, paid: Transfer) -> None:
        """Send a feed's message until it is heard, as SePay and Casso do for hours."""
        world = self.world
        world.scheduler.sleep(world.chance.randint(0, 90))

        def heard(runtime: Runtime) -> None:
            reply = accept(runtime, SCOPE, feed, FURNISHED[feed].raw(paid, world.clock.now()))
            if reply.status != 200:
                raise NoAnswer

        world.until_answered(f"{name}: {feed} tells", heard)

    @property
    def _is_over(self) -> bool:
        return self.people.are_gone and not self.world.inbox

    def _deliver(self) -> None:
        """Send what the gateway has to say until it is heard; some of it is never sent."""
        world = self.world
        while not self._is_over:
            while world.inbox:
                number = world.inbox.pop(0)
                copies = world.chance.choice((0, 1, 1, 1, 2))
                if world.gateway.is_certain(world.gateway.sent[number]):
                    copies = max(copies, 1)
                for _ in range(copies):
                    self.people.start(f"message {number}", lambda n=number: self._message(n))
            world.scheduler.sleep(1)

    def _message(self, number: int) -> None:
        world = self.world
        world.scheduler.sleep(world.chance.randint(0, 40))
        raw = RawNotification({}, {}, str(number).encode(), world.clock.now())

        def heard(runtime: Runtime) -> str:
            body = accept(runtime, SCOPE, DOUBLE, raw).body
            assert not isinstance(body, str)
            if body["verdict"] == Verdict.TRY_AGAIN:
                raise NoAnswer
            return str(body["verdict"])

        verdict = world.until_answered(f"message {number}", heard)
        world.note(f"message {number}: {verdict}")

    def _work(self) -> None:
        """The worker's own loop, in a process that may die; in the end until nothing is due."""
        world = self.world
        while not self._is_over:
            self._round(world.chance.choice(list(_LOOPS)))
            world.scheduler.sleep(world.chance.randint(3, 15))
        self._read_statement()
        for seconds in _REST_S:
            world.scheduler.sleep(seconds)
            for name in _LOOPS:
                self._round(name)
        world.is_calm = True
        for name in _LOOPS:
            self._round(name)

    def _round(self, name: str) -> None:
        try:
            self.world.do(WORKER, name, _LOOPS[name])
        except NoAnswer:
            # As systemd does: it is started again, and goes on from what is committed.
            self.world.scheduler.sleep(1)
        except Exception as error:
            self.people.journal.broken.append(f"worker: {type(error).__name__}: {error}")

    def _read_statement(self) -> None:
        """The bank's own list names each of its transfers once, whoever told of them before."""
        for paid in self.people.journal.transfers:
            arrival = Arrival(
                source="statement",
                source_id=f"line-{paid.number}",
                account=paid.account,
                direction=Direction.IN,
                amount=vnd(paid.amount),
                occurred_at=paid.at,
                reference=paid.reference,
                memo=paid.memo,
            )

            def read(runtime: Runtime, told: Arrival = arrival) -> None:
                runtime.database.run(SCOPE, lambda tx: apply_arrival(tx, runtime, told))

            self.world.until_answered(f"statement line {paid.number}", read)
